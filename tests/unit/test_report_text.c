/* SPDX-License-Identifier: MIT */
#include "checks/report/text.h"

#include <string.h>

#include "core/text.h"
#include "tests/unit/given.h"
#include "tests/unit/golden.h"

/* Three containers: app breaks its promises, web keeps them, taskprobe looks on. */
static void three(struct report *r)
{
	given_good(r);
	for (int i = 0; i < 2; i++) {
		struct facts copy;

		assert_int_equal(record_copy(&facts_type, &copy, r->facts.items), 0);
		struct facts *slot = LIST_ADD(&r->facts, struct facts);
		assert_non_null(slot);
		*slot = copy;
	}
	assert_int_equal(str_set(&LIST_AT(&r->facts, struct facts, 1)->container, "web"),
			 0);
	struct facts *self = LIST_AT(&r->facts, struct facts, 2);
	assert_int_equal(str_set(&self->container, "taskprobe"), 0);
	self->self = true;
	self->identity.cap_bounding |= CAP_MASK(cap_bit("SYS_PTRACE"));
	given(r, "d.containers[+].name=web d.containers[$].user=1000");
	given(r, "d.containers[$].readonly_root=true d.containers[$].privileged=absent");
	given(r,
	      "d.containers[$].cap_add=absent d.containers[$].security_options=absent");
	given(r,
	      "d.containers[$].log_driver=awslogs d.containers[$].environment_at=absent");
	given(r, "d.containers[$].unknown_parts=absent d.containers[$].memory=256");
	given(r, "t.containers[+].name=web t.containers[$].known_status=RUNNING");
	given(r, "t.containers[$].log_driver=awslogs");
	given(r, "t.containers[+].name=taskprobe t.containers[$].known_status=RUNNING");
	given(r, "t.containers[$].log_driver=awslogs");
	given(r, "c.user=absent c.log_driver=absent f.root.writable=true");
	given(r, "f.started.uid=0 f.writable.directories=3 f.writable.files=2");
	given(r,
	      "f.environ.known=false f.environ.why=EACCES f.environ.grants=SYS_PTRACE");
}

static char *rendered(struct report *r, struct text_style style)
{
	struct str out = STR_INIT(GOLDEN_MAX);

	given_judged(r, NULL);
	report_text(r, &style, &out);
	assert_int_equal(out.error, 0);
	return str_take(&out);
}

static void check(struct report *r, struct text_style style, const char *file)
{
	AUTO_FREE char *text = rendered(r, style);

	golden_check(file, text);
	report_done(r);
}

TEST(a_log_gets_one_line_for_each_finding)
{
	struct report r;

	three(&r);
	check(&r, (struct text_style){ 0 }, "golden/report-log.txt");
}

TEST(a_terminal_of_80_columns_gets_no_longer_lines)
{
	struct report r;

	three(&r);
	AUTO_FREE char *text = rendered(&r, (struct text_style){ .width = 80 });
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 80);
	check(&r, (struct text_style){ .width = 80 }, "golden/report-80.txt");
}

TEST(a_terminal_gets_colours)
{
	struct report r;

	three(&r);
	check(&r, (struct text_style){ .width = 120, .color = true },
	      "golden/report-color.txt");
}

TEST(all_well_is_said_too)
{
	struct report r;

	given_good(&r);
	check(&r, (struct text_style){ 0 }, "golden/report-good.txt");
}

TEST(nothing_known_says_what_would_change_that)
{
	struct report r;

	given_good(&r);
	given(&r, "t.metadata.known=false d.known=false f.container=?1");
	for (const struct facts_part *p = facts_parts; p->name; p++)
		part_unknown(facts_part_of(r.facts.items, p), "EACCES",
			     "add SYS_PTRACE to linuxParameters.capabilities.add");
	given(&r, "t.containers=-");
	check(&r, (struct text_style){ .width = 80 }, "golden/report-blind.txt");
}

/* --- properties --- */

static const char *second_line(const char *text)
{
	return strchr(text, '\n') + 1;
}

TEST(the_worst_finding_follows_the_summary)
{
	struct report r;

	three(&r);
	AUTO_FREE char *text = rendered(&r, (struct text_style){ 0 });
	assert_memory_equal(text, "taskprobe: 2 contradicted", 20);
	assert_memory_equal(second_line(text), "contradicted", 12);
	report_done(&r);
}

TEST(our_own_findings_stand_apart)
{
	struct report r;

	three(&r);
	AUTO_FREE char *text = rendered(&r, (struct text_style){ 0 });
	const char *apart = strstr(text, "(taskprobe itself)");
	assert_non_null(apart);
	assert_non_null(strstr(apart, "| SYS_PTRACE"));
	*strstr(text, "(taskprobe itself)") = '\0';
	assert_null(strstr(text, "| SYS_PTRACE"));
	report_done(&r);
}

TEST(no_name_reaches_the_terminal_raw)
{
	static const char evil[] = "x\x1b[31m\n\xff\xe2\x80\xae";
	struct report r;

	given_good(&r);
	struct facts *f = LIST_AT(&r.facts, struct facts, 0);
	assert_int_equal(texts_add(&f->mounts.sockets, evil), 0);
	assert_int_equal(str_set(&f->identity.lsm_label, evil), 0);
	assert_int_equal(str_set(&f->environ.part.why, evil), 0);
	assert_int_equal(str_set(&f->environ.part.grants, evil), 0);
	assert_int_equal(
		str_set(&LIST_AT(&f->mounts.list, struct mount_fact, 1)->path, evil), 0);
	LIST_EACH (struct mount_fact, m, &f->mounts.list)
		assert_int_equal(str_set(&m->fstype, evil), 0);
	assert_int_equal(str_set(&r.task.family, evil), 0);
	assert_int_equal(
		str_set(&LIST_AT(&r.task.containers, struct running_container, 0)->name,
			evil),
		0);
	assert_int_equal(str_set(&r.task.definition.part.why, evil), 0);
	given(&r, "f.container=web");
	assert_int_equal(str_set(&f->container, evil), 0);
	AUTO_FREE char *text = rendered(&r, (struct text_style){ .width = 80 });
	assert_null(strchr(text, '\x1b'));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_true(text_is_utf8(text, strlen(text)));
	assert_non_null(strstr(text, "x\\e[31m\\n\\xff\\u{202e}"));
	report_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_gets_one_line_for_each_finding),
		cmocka_unit_test(a_terminal_of_80_columns_gets_no_longer_lines),
		cmocka_unit_test(a_terminal_gets_colours),
		cmocka_unit_test(all_well_is_said_too),
		cmocka_unit_test(nothing_known_says_what_would_change_that),
		cmocka_unit_test(the_worst_finding_follows_the_summary),
		cmocka_unit_test(our_own_findings_stand_apart),
		cmocka_unit_test(no_name_reaches_the_terminal_raw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
