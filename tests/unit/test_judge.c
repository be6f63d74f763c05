/* SPDX-License-Identifier: MIT */
#include "checks/judge.h"

#include <stdio.h>

#include "checks/control.h"
#include "core/record.h"
#include "tests/unit/given.h"

static const struct finding *must(const struct report *r, const char *control,
				  const char *name)
{
	const struct finding *f = given_finding(r, control, name);

	if (!f)
		fail_msg("no finding of %s on %s", control, name ? name : "anything");
	return f;
}

static const struct coverage *row(const struct report *r, const char *container,
				  const char *what)
{
	LIST_EACH (const struct coverage, c, &r->coverage)
		if (strcmp(c->container, container) == 0 && strstr(c->what, what))
			return c;
	return NULL;
}

/* --- the containers --- */

TEST(an_injected_container_is_not_held_to_the_definition)
{
	struct report r;

	given_good(&r);
	given(&r, "t.containers[+].name=relay t.containers[$].known_status=RUNNING");
	given_judged(&r, NULL);
	const struct finding *f = must(&r, "ECS.5", "relay");
	assert_int_equal(f->declared, VERDICT_NOT_APPLICABLE);
	assert_string_equal(f->declared_text, "not in the definition: injected");
	assert_int_equal(f->observed, VERDICT_UNKNOWN);
	report_done(&r);
}

TEST(pause_containers_are_left_out)
{
	struct report r;

	given_good(&r);
	given(&r,
	      "t.containers[+].name=~internal~ecs~pause t.containers[$].type=CNI_PAUSE");
	assert_non_null(LIST_ADD(&r.facts, struct facts));
	assert_int_equal(str_set(&LIST_AT(&r.facts, struct facts, 1)->container,
				 "~internal~ecs~pause"),
			 0);
	given_judged(&r, NULL);
	assert_null(given_finding(&r, "ECS.5", "~internal~ecs~pause"));
	assert_int_equal(r.summary.containers, 1);
	report_done(&r);
}

TEST(a_declared_container_that_nobody_saw_is_declared_only)
{
	struct report r;

	given_good(&r);
	given(&r, "d.containers[+].name=job d.containers[$].readonly_root=true");
	given(&r, "d.containers[$].user=absent d.containers[$].unknown_parts=absent");
	given_judged(&r, NULL);
	assert_int_equal(must(&r, "ECS.5", "job")->standing, STANDING_DECLARED_ONLY);
	assert_string_equal(must(&r, "ECS.5", "job")->observed_text,
			    "no process of it was seen");
	assert_non_null(must(&r, "ECS.20", "job")->remedy);
	assert_non_null(row(&r, "job", "everything"));
	assert_int_equal(r.summary.containers, 2);
	assert_int_equal(r.summary.containers_observed, 1);
	report_done(&r);
}

TEST(a_nameless_container_gets_observed_rules_alone)
{
	struct report r;

	given_good(&r);
	assert_non_null(LIST_ADD(&r.facts, struct facts));
	struct facts *f = LIST_AT(&r.facts, struct facts, 1);
	assert_int_equal(str_set(&f->container, "?1"), 0);
	f->root.part.known = f->root.writable = true;
	given_judged(&r, NULL);
	assert_int_equal(must(&r, "ECS.5", "?1")->declared, VERDICT_UNKNOWN);
	assert_int_equal(must(&r, "ECS.5", "?1")->standing, STANDING_OBSERVED_ONLY);
	assert_int_equal(r.summary.exit_status, 1);
	report_done(&r);
}

/* Its parent is gone: a daemon of the app's own, or left behind by who entered. */
TEST(a_stray_process_of_roots_leaves_the_user_open)
{
	static const struct {
		bool orphan;
		int64_t uid;
		enum verdict observed;
	} cases[] = { { true, 0, VERDICT_UNKNOWN },
		      { true, -1, VERDICT_UNKNOWN },
		      { true, 1000, VERDICT_PASS },
		      { false, 0, VERDICT_PASS } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct report r;

		given_good(&r);
		struct facts *f = LIST_AT(&r.facts, struct facts, 0);
		struct entered_fact *e =
			LIST_ADD(&f->processes.entered, struct entered_fact);
		assert_non_null(e);
		e->pid = 77;
		e->orphan = cases[i].orphan;
		e->uid = cases[i].uid;
		given_judged(&r, NULL);
		assert_int_equal(must(&r, "ECS.20", NULL)->observed, cases[i].observed);
		report_done(&r);
	}
}

TEST(two_sights_of_one_name_are_both_judged)
{
	struct report r;

	given_good(&r);
	assert_non_null(LIST_ADD(&r.facts, struct facts));
	struct facts *f = LIST_AT(&r.facts, struct facts, 1);
	assert_int_equal(str_set(&f->container, "app"), 0);
	f->root.part.known = f->root.writable = true;
	given_judged(&r, NULL);
	/* The worst comes first. */
	assert_int_equal(must(&r, "ECS.5", "app")->standing, STANDING_CONTRADICTED);
	assert_int_equal(r.summary.exit_status, 1);
	report_done(&r);
}

/* --- the definition --- */

static void all_declared_unknown(const char *words, const char *text)
{
	struct report r;

	given_good(&r);
	given(&r, words);
	given_judged(&r, NULL);
	LIST_EACH (const struct finding, f, &r.findings) {
		assert_int_equal(f->declared, VERDICT_UNKNOWN);
		if (control_find(f->control)->declared && !strstr(f->declared_text, text))
			fail_msg("%s: %s", f->control, f->declared_text);
	}
	assert_non_null(row(&r, "task", "the task definition"));
	report_done(&r);
}

TEST(without_a_definition_nothing_is_declared)
{
	all_declared_unknown("d.known=false d.why=none_given", "none_given");
	all_declared_unknown("d.known=false", "none was given");
}

TEST(a_stale_definition_declares_nothing)
{
	all_declared_unknown("d.stale=true d.why=web:6", "stale: web:6");
	all_declared_unknown("d.stale=true c.readonly_root=false", "stale");
}

TEST(a_definition_that_could_not_be_compared_is_said)
{
	struct report r;

	given_good(&r);
	given(&r, "d.why=no_revision");
	given_judged(&r, NULL);
	assert_int_equal(must(&r, "ECS.5", "app")->standing, STANDING_CONFIRMED);
	assert_non_null(row(&r, "task", "the task definition (in part)"));
	report_done(&r);
}

/* --- remedies --- */

TEST(the_remedy_is_that_of_the_standing)
{
	struct report r;

	given_good(&r);
	given(&r, "c.user=absent c.readonly_root=false f.root.writable=true");
	given_judged(&r, NULL);
	assert_non_null(
		strstr(must(&r, "ECS.20", NULL)->remedy, "Security Hub goes on failing"));
	assert_int_equal(must(&r, "ECS.20", NULL)->standing, STANDING_UNDECLARED);
	assert_non_null(
		strstr(must(&r, "ECS.5", NULL)->remedy, "Set readonlyRootFilesystem"));
	assert_null(must(&r, "ECS.4", NULL)->remedy);
	report_done(&r);
}

TEST(what_the_uid_can_write_stands_beside_the_mount)
{
	static const struct {
		const char *words, *text;
	} cases[] = {
		{ "f.writable.list=- f.writable.directories=3 f.writable.files=2",
		  "uid 1000 can write 3 directories and 2 files in it" },
		{ "f.writable.list[0].path=/ f.writable.list[0].kind=tree",
		  "uid 1000 can write everything in it" },
		{ "f.writable.list=-", "uid 1000 can write nothing in it" },
		{ "f.writable.known=false", "could not be looked at" },
		{ "f.root.method=mountinfo", "only mountinfo could be read" },
		{ "f.root.fstype=overlay", "/ is mounted rw (overlay)" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct report r;
		bool found = false;

		given_good(&r);
		given(&r, "f.root.writable=true");
		given(&r, cases[i].words);
		given_judged(&r, NULL);
		LIST_EACH (char *const, text, &must(&r, "ECS.5", NULL)->evidence)
			found |= strstr(*text, cases[i].text) != NULL;
		if (!found)
			fail_msg("no evidence: %s", cases[i].text);
		report_done(&r);
	}
}

TEST(an_attempt_that_was_not_made_is_no_refusal)
{
	static const struct {
		const char *answer;
		enum verdict verdict;
	} cases[] = {
		{ "EPERM", VERDICT_PASS },
		{ "killed", VERDICT_PASS },
		{ "no answer in time", VERDICT_UNKNOWN },
		{ "not tried: no mounts of its own (EPERM)", VERDICT_UNKNOWN },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct report r;

		given_good(&r);
		struct facts *f = LIST_AT(&r.facts, struct facts, 0);
		assert_int_equal(
			str_set(&LIST_AT(&f->attempts.list, struct answer_fact, 0)
					 ->answer,
				cases[i].answer),
			0);
		given_judged(&r, NULL);
		assert_int_equal(must(&r, "TP.19", NULL)->observed, cases[i].verdict);
		report_done(&r);
	}
}

/* --- what counts --- */

static const struct {
	const char *words;
	struct judge_options options;
	int64_t status;
} exits[] = {
	{ "", { .fail_on = SEVERITY_LOW, .require_observed = true }, 0 },
	{ "f.root.writable=true", { .fail_on = SEVERITY_HIGH }, 1 },
	{ "f.root.writable=true", { .fail_on = SEVERITY_CRITICAL }, 0 },
	{ "f.root.writable=true", { .fail_on = SEVERITY_NONE }, 0 },
	{ "f.root.writable=true f.self=true", { .fail_on = SEVERITY_HIGH }, 0 },
	{ "f.root.writable=true r.self=true", { .fail_on = SEVERITY_HIGH }, 0 },
	{ "f.root.writable=true f.self=true",
	  { .fail_on = SEVERITY_HIGH, .include_self = true },
	  1 },
	/* undeclared does not count */
	{ "c.readonly_root=absent", { .fail_on = SEVERITY_LOW }, 0 },
	/* a known half that fails does */
	{ "c.readonly_root=absent f.root.known=false", { .fail_on = SEVERITY_HIGH }, 1 },
	{ "d.known=false f.root.writable=true", { .fail_on = SEVERITY_HIGH }, 1 },
	{ "f.limits.pids_limited=no", { .fail_on = SEVERITY_HIGH }, 0 },
	{ "f.limits.pids_limited=no", { .fail_on = SEVERITY_LOW }, 1 },
	{ "f.root.known=false", { .fail_on = SEVERITY_HIGH }, 0 },
	{ "f.root.known=false",
	  { .fail_on = SEVERITY_HIGH, .require_observed = true },
	  3 },
	{ "f.root.known=false f.self=true",
	  { .fail_on = SEVERITY_HIGH, .require_observed = true },
	  0 },
	{ "f.root.known=false f.self=true",
	  { .fail_on = SEVERITY_HIGH, .require_observed = true, .include_self = true },
	  3 },
	/* it has stopped: nobody can look */
	{ "f.root.known=false f.running=false r.known_status=STOPPED",
	  { .fail_on = SEVERITY_HIGH, .require_observed = true },
	  0 },
	/* asked for or from within alone */
	{ "f.instance_metadata.known=false f.attempts.known=false",
	  { .fail_on = SEVERITY_HIGH, .require_observed = true },
	  0 },
	/* findings win */
	{ "f.root.known=false f.mounts.sockets=/run/docker.sock",
	  { .fail_on = SEVERITY_HIGH, .require_observed = true },
	  1 },
	{ "", { .fail_on = SEVERITY_HIGH, .container = "nobody" }, 3 },
};

TEST(the_exit_status_is_that_of_the_rules)
{
	for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++) {
		struct report r;

		given_good(&r);
		given(&r, exits[i].words);
		given_judged(&r, &exits[i].options);
		if (r.summary.exit_status != exits[i].status)
			fail_msg("%s: %d", exits[i].words, (int)r.summary.exit_status);
		report_done(&r);
	}
}

TEST(nothing_at_all_is_a_three)
{
	struct report r = { 0 };

	given_judged(&r, NULL);
	assert_int_equal(r.summary.exit_status, 3);
	report_done(&r);
}

TEST(only_and_skip_choose_controls)
{
	struct report r;
	struct list only = { 0 }, skip = { 0 };

	assert_int_equal(texts_add(&only, "ecs.5"), 0);
	assert_int_equal(texts_add(&only, "TP.1"), 0);
	assert_int_equal(texts_add(&skip, "tp.1"), 0);
	given_good(&r);
	given_judged(&r, &(struct judge_options){ .only = &only });
	assert_int_equal(r.findings.len, 2);
	given_judged(&r, &(struct judge_options){ .only = &only, .skip = &skip });
	assert_int_equal(r.findings.len, 1);
	assert_string_equal(must(&r, "ECS.5", NULL)->control, "ECS.5");
	texts_done(&only);
	texts_done(&skip);
	report_done(&r);
}

TEST(one_container_can_be_chosen)
{
	struct report r;

	given_good(&r);
	given(&r, "t.containers[+].name=web");
	given_judged(&r, &(struct judge_options){ .container = "web" });
	assert_null(given_finding(&r, "ECS.5", "app"));
	assert_non_null(given_finding(&r, "ECS.5", "web"));
	assert_int_equal(r.summary.containers, 1);
	report_done(&r);
}

/* --- order --- */

static int rank_of(const struct finding *f)
{
	const bool fails = f->declared == VERDICT_FAIL || f->observed == VERDICT_FAIL;

	switch (f->standing) {
	case STANDING_CONTRADICTED:
		return 0;
	case STANDING_FAILED:
		return 1;
	case STANDING_DECLARED_ONLY:
	case STANDING_OBSERVED_ONLY:
		return fails ? 2 : 5;
	case STANDING_UNDECLARED:
		return 3;
	case STANDING_UNKNOWN:
		return 4;
	case STANDING_CONFIRMED:
		return 6;
	case STANDING_NOT_APPLICABLE:
	case STANDING_COUNT:
		break;
	}
	return 7;
}

static const char mixed[] =
	"t.containers[+].name=web f.root.writable=true c.user=absent c.log_driver=absent "
	"c.privileged=true f.environ.known=false f.limits.pids_limited=no "
	"f.setuid.known=false f.identity.no_new_privs=false "
	"f.mounts.sockets=/run/docker.sock";

TEST(the_worst_comes_first)
{
	struct report r;

	given_good(&r);
	given(&r, mixed);
	given_judged(&r, NULL);
	for (size_t i = 1; i < r.findings.len; i++) {
		const struct finding *a = LIST_AT(&r.findings, struct finding, i - 1);
		const struct finding *b = LIST_AT(&r.findings, struct finding, i);

		assert_true(rank_of(a) <= rank_of(b));
		assert_true(rank_of(a) < rank_of(b) || a->severity >= b->severity);
	}
	assert_string_equal(r.summary.worst, "contradicted");
	assert_string_equal(LIST_AT(&r.findings, struct finding, 0)->control, "TP.4");
	report_done(&r);
}

static char *bytes(const struct report *r)
{
	struct str s = STR_INIT(8 << 20);
	struct json_out o = JSON_OUT_INIT(&s, true);

	record_write(&o, NULL, &report_type, r);
	assert_int_equal(s.error, 0);
	return str_take(&s);
}

TEST(the_same_report_twice_gives_the_same_bytes)
{
	struct report r;

	given_good(&r);
	given(&r, mixed);
	given_judged(&r, NULL);
	AUTO_FREE char *first = bytes(&r);
	given_judged(&r, NULL);
	AUTO_FREE char *second = bytes(&r);
	assert_string_equal(first, second);
	report_done(&r);
}

TEST(the_order_of_facts_and_metadata_changes_no_finding)
{
	struct report a, b;

	given_good(&a);
	given(&a, "t.containers[+].name=web t.containers[+].name=db");
	given_good(&b);
	given(&b, "t.containers[+].name=db t.containers[+].name=web");
	given_judged(&a, NULL);
	given_judged(&b, NULL);
	assert_int_equal(a.findings.len, b.findings.len);
	for (size_t i = 0; i < a.findings.len; i++) {
		const struct finding *x = LIST_AT(&a.findings, struct finding, i);
		const struct finding *y = LIST_AT(&b.findings, struct finding, i);

		assert_string_equal(x->control, y->control);
		assert_string_equal(x->resource.name, y->resource.name);
		assert_int_equal(x->standing, y->standing);
	}
	report_done(&a);
	report_done(&b);
}

/* --- coverage and what can be written --- */

TEST(parts_that_lack_the_same_are_one_row)
{
	struct report r;

	given_good(&r);
	given(&r,
	      "f.environ.known=false f.environ.why=EACCES f.environ.grants=SYS_PTRACE");
	given(&r,
	      "f.devices.known=false f.devices.why=EACCES f.devices.grants=SYS_PTRACE");
	given(&r, "f.limits.known=false f.limits.why=EIO");
	given(&r, "f.setuid.why=limit");
	given_judged(&r, NULL);
	const struct coverage *c = row(&r, "app", "devices");
	assert_non_null(c);
	assert_string_equal(c->what, "devices, names in the environment");
	assert_string_equal(c->grants, "SYS_PTRACE");
	assert_string_equal(row(&r, "app", "limits")->why, "EIO");
	assert_string_equal(row(&r, "app", "setuid")->what, "setuid files (in part)");
	assert_int_equal(r.coverage.len, 3);
	report_done(&r);
}

TEST(missing_metadata_is_said)
{
	struct report r;

	given_good(&r);
	given(&r, "t.metadata.known=false t.metadata.why=refused");
	given_judged(&r, NULL);
	assert_string_equal(row(&r, "task", "the task metadata")->why, "refused");
	report_done(&r);
}

TEST(writable_places_are_mounts_and_what_the_root_leaves_open)
{
	struct report r;

	given_good(&r);
	given_judged(&r, NULL);
	/* The root is read-only, /efs, /data and /etc/hosts are not the app's. */
	assert_int_equal(r.writable.len, 1);
	assert_string_equal(LIST_AT(&r.writable, struct writable_place, 0)->path, "/tmp");
	given(&r, "f.root.writable=true f.writable.list[+].path=/srv");
	given_judged(&r, NULL);
	assert_int_equal(r.writable.len, 3);
	assert_int_equal(LIST_AT(&r.writable, struct writable_place, 0)->bytes_free, -1);
	report_done(&r);
}

TEST(long_and_hostile_names_are_cut_not_refused)
{
	struct report r;
	char name[4000];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memcpy(name, "\xc3\xa9\x1b\n", 4);
	given_good(&r);
	assert_int_equal(
		texts_add(&LIST_AT(&r.facts, struct facts, 0)->mounts.sockets, name), 0);
	given_judged(&r, NULL);
	assert_int_equal(must(&r, "TP.4", NULL)->observed, VERDICT_FAIL);
	assert_true(strlen(must(&r, "TP.4", NULL)->observed_text) <= 200);
	report_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_injected_container_is_not_held_to_the_definition),
		cmocka_unit_test(pause_containers_are_left_out),
		cmocka_unit_test(a_declared_container_that_nobody_saw_is_declared_only),
		cmocka_unit_test(a_nameless_container_gets_observed_rules_alone),
		cmocka_unit_test(a_stray_process_of_roots_leaves_the_user_open),
		cmocka_unit_test(two_sights_of_one_name_are_both_judged),
		cmocka_unit_test(without_a_definition_nothing_is_declared),
		cmocka_unit_test(a_stale_definition_declares_nothing),
		cmocka_unit_test(a_definition_that_could_not_be_compared_is_said),
		cmocka_unit_test(the_remedy_is_that_of_the_standing),
		cmocka_unit_test(what_the_uid_can_write_stands_beside_the_mount),
		cmocka_unit_test(an_attempt_that_was_not_made_is_no_refusal),
		cmocka_unit_test(the_exit_status_is_that_of_the_rules),
		cmocka_unit_test(nothing_at_all_is_a_three),
		cmocka_unit_test(only_and_skip_choose_controls),
		cmocka_unit_test(one_container_can_be_chosen),
		cmocka_unit_test(the_worst_comes_first),
		cmocka_unit_test(the_same_report_twice_gives_the_same_bytes),
		cmocka_unit_test(the_order_of_facts_and_metadata_changes_no_finding),
		cmocka_unit_test(parts_that_lack_the_same_are_one_row),
		cmocka_unit_test(missing_metadata_is_said),
		cmocka_unit_test(
			writable_places_are_mounts_and_what_the_root_leaves_open),
		cmocka_unit_test(long_and_hostile_names_are_cut_not_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
