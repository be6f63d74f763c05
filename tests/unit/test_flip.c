/* SPDX-License-Identifier: MIT
 *
 * test_flip.c - a report in which all is well, and every field of the facts: to
 * flip it either changes the standing that depends on it, or it is evidence
 * alone and changes none. A field in neither table fails the test.
 */
#include <stdio.h>

#include "checks/control.h"
#include "tests/unit/given.h"

/* An assignment (given.h), the control that must change, and to what. 'first' is
 * set up before, where the field matters only then. */
static const struct flip {
	const char *assign, *control, *standing, *observed, *first;
} flips[] = {
	{ "container=other", "ECS.5", "declared-only", "unknown", NULL },
	{ "identity.known=false", "TP.1", "declared-only", "unknown", NULL },
	{ "identity.uid=0", "ECS.20", "contradicted", "fail", NULL },
	{ "identity.euid=0", "ECS.20", "contradicted", "fail", NULL },
	{ "identity.suid=0", "ECS.20", "contradicted", "fail", NULL },
	{ "identity.fsuid=0", "ECS.20", "contradicted", "fail", NULL },
	{ "identity.cap_inheritable=0x200000", "TP.2", "contradicted", "fail", NULL },
	{ "identity.cap_permitted=0x200000", "TP.2", "contradicted", "fail", NULL },
	{ "identity.cap_permitted=0x400", "TP.11", "observed-only", "fail", NULL },
	{ "identity.cap_effective=0x200000", "TP.2", "contradicted", "fail", NULL },
	{ "identity.cap_effective=0x400", "TP.11", "observed-only", "fail", NULL },
	{ "identity.cap_bounding=0x1ffffffffff", "TP.2", "contradicted", "fail", NULL },
	{ "identity.cap_bounding=0x1ffffffffff", "ECS.4", "contradicted", "fail",
	  "f.mounts.masked=-" },
	{ "identity.cap_ambient=0x400", "TP.11", "observed-only", "fail", NULL },
	{ "identity.no_new_privs=false", "TP.1", "contradicted", "fail", NULL },
	{ "identity.seccomp_mode=0", "TP.3", "observed-only", "fail", NULL },
	{ "identity.lsm_label=unconfined", "TP.20", "contradicted", "fail", NULL },
	{ "started.known=false", "ECS.20", "declared-only", "unknown", NULL },
	{ "started.uid=0", "ECS.20", "contradicted", "fail", NULL },
	{ "namespaces.known=false", "ECS.3", "declared-only", "unknown", NULL },
	{ "namespaces.why=part", "TP.17", "declared-only", "unknown", NULL },
	{ "namespaces.list[0].kind=x", "ECS.3", "declared-only", "unknown", NULL },
	{ "namespaces.list[0].host=yes", "ECS.3", "contradicted", "fail", NULL },
	{ "namespaces.list[1].host=yes", "ECS.17", "contradicted", "fail", NULL },
	{ "namespaces.list[2].host=yes", "TP.13", "contradicted", "fail", NULL },
	{ "namespaces.list[0].shared_with=web", "TP.17", "contradicted", "fail", NULL },
	{ "namespaces.kernel_threads=true", "CIS.3.3", "contradicted", "fail", NULL },
	{ "namespaces.processes=3", "TP.17", "contradicted", "fail", NULL },
	{ "root.known=false", "ECS.5", "declared-only", "unknown", NULL },
	{ "root.writable=true", "ECS.5", "contradicted", "fail", NULL },
	{ "root.writable=true", "CIS.3.5", "contradicted", "fail", NULL },
	{ "root.method=untried", "ECS.5", "declared-only", "unknown", NULL },
	{ "root.created=created", "ECS.5", "contradicted", "fail", NULL },
	{ "mounts.known=false", "TP.14", "declared-only", "unknown", NULL },
	{ "mounts.why=part", "TP.4", "declared-only", "unknown", NULL },
	{ "mounts.list[1].path=/usr/lib", "TP.12", "contradicted", "fail", NULL },
	{ "mounts.list[2].fstype=ext4", "TP.5", "contradicted", "fail", NULL },
	{ "mounts.list[3].root=/srv/data", "TP.5", "contradicted", "fail", NULL },
	{ "mounts.list[4].kind=volume", "TP.12", "contradicted", "fail", NULL },
	{ "mounts.list[5].readonly=false", "TP.5", "contradicted", "fail", NULL },
	{ "mounts.list[1].nosuid=false", "TP.6", "contradicted", "fail", NULL },
	{ "mounts.list[1].noexec=false", "TP.6", "contradicted", "fail", NULL },
	{ "mounts.exposed=/proc/kcore", "TP.14", "contradicted", "fail", NULL },
	{ "mounts.exposed_known=false", "TP.14", "declared-only", "unknown", NULL },
	{ "mounts.masked=-", "ECS.4", "contradicted", "fail",
	  "f.identity.cap_bounding=0x1ffffffffff" },
	{ "mounts.sys_writable=true", "TP.14", "contradicted", "fail", NULL },
	{ "mounts.proc_sys_writable=true", "TP.14", "contradicted", "fail", NULL },
	{ "mounts.sockets=/run/docker.sock", "TP.4", "contradicted", "fail", NULL },
	{ "setuid.known=false", "TP.7", "unknown", "unknown",
	  "f.identity.no_new_privs=false" },
	{ "setuid.why=part", "TP.7", "unknown", "unknown",
	  "f.identity.no_new_privs=false" },
	{ "setuid.truncated=true", "TP.7", "unknown", "unknown",
	  "f.identity.no_new_privs=false" },
	{ "setuid.list[0].executable=true", "TP.7", "observed-only", "fail",
	  "f.identity.no_new_privs=false" },
	{ "setuid.list[1].nosuid=false", "TP.7", "observed-only", "fail",
	  "f.identity.no_new_privs=false" },
	{ "setuid.list[2].setuid=true", "TP.7", "observed-only", "fail",
	  "f.identity.no_new_privs=false" },
	{ "setuid.list[2].setgid=true", "TP.7", "observed-only", "fail",
	  "f.identity.no_new_privs=false" },
	{ "setuid.list[2].capabilities=true", "TP.7", "observed-only", "fail",
	  "f.identity.no_new_privs=false" },
	{ "devices.known=false", "TP.15", "declared-only", "unknown", NULL },
	{ "devices.why=part", "TP.15", "declared-only", "unknown", NULL },
	{ "devices.list[0].standard=false", "TP.15", "contradicted", "fail", NULL },
	{ "environ.known=false", "ECS.8", "declared-only", "unknown", NULL },
	{ "environ.why=part", "ECS.8", "declared-only", "unknown", NULL },
	{ "environ.names=AWS_ACCESS_KEY_ID", "ECS.8", "contradicted", "fail", NULL },
	{ "environ.names=AWS_ACCESS_KEY_ID", "CIS.3.6", "contradicted", "fail", NULL },
	{ "environ.secrets=DB_PASSWORD", "TP.16", "contradicted", "fail", NULL },
	{ "limits.known=false", "TP.18", "declared-only", "unknown", NULL },
	{ "limits.pids_limited=no", "TP.8", "observed-only", "fail", NULL },
	{ "limits.memory_limited=no", "TP.18", "contradicted", "fail", NULL },
	{ "processes.known=false", "ECS.20", "declared-only", "unknown", NULL },
	{ "processes.why=part", "ECS.20", "declared-only", "unknown", NULL },
	{ "processes.uids=1000,0", "ECS.20", "contradicted", "fail", NULL },
	{ "processes.ssm_agent=true", "TP.9", "contradicted", "fail", NULL },
	{ "attempts.known=false", "TP.19", "unknown", "unknown", NULL },
	{ "attempts.why=part", "TP.19", "unknown", "unknown", NULL },
	{ "attempts.list[0].what=x", "TP.19", "unknown", "unknown", NULL },
	{ "attempts.list[0].answer=-", "TP.19", "unknown", "unknown", NULL },
	{ "attempts.list[0].allowed=true", "TP.19", "observed-only", "fail", NULL },
	{ "instance_metadata.known=false", "TP.10", "unknown", "unknown", NULL },
	{ "instance_metadata.reachable=true", "TP.10", "observed-only", "fail", NULL },
};

/* "*." stands for any part. */
static const struct evidence {
	const char *path, *why;
} evidence[] = {
	{ "*.seen_by", "who saw it is said beside it" },
	{ "*.grants", "coverage says it" },
	{ "*.why", "a known part's reason matters only where a rule finds nothing" },
	{ "self", "decides what counts, not what is so" },
	{ "seen_by", "who saw it is said beside it" },
	{ "pid", "names the process" },
	{ "start_ticks", "names the process" },
	{ "command", "names the process" },
	{ "docker_id", "merging needs it" },
	{ "endpoint_id", "merging needs it" },
	{ "attribution", "says how its container is known" },
	{ "running", "--require-observed asks it" },
	{ "identity.gid", "a group is no user: said beside the verdict" },
	{ "identity.egid", "as gid" },
	{ "identity.sgid", "as gid" },
	{ "identity.fsgid", "as gid" },
	{ "identity.groups", "as gid" },
	{ "identity.seccomp_filters", "one is enough" },
	{ "started.evidence", "is quoted" },
	{ "securebits.known", "no control is about them" },
	{ "securebits.bits", "no control is about them" },
	{ "namespaces.list[].inode", "is quoted" },
	{ "namespaces.list[].evidence", "is quoted" },
	{ "root.access", "what the uid can do is said beside the mount's verdict" },
	{ "root.fstype", "is quoted" },
	{ "mounts.protected", "what is open among them is in exposed" },
	{ "mounts.list[].source", "the root of the mount tells" },
	{ "mounts.list[].nodev", "no new device can be made without MKNOD and a rule" },
	{ "mounts.list[].access",
	  "what the uid can do is said beside the mount's verdict" },
	{ "mounts.list[].bytes_total", "the inventory shows it" },
	{ "mounts.list[].bytes_free", "the inventory shows it" },
	{ "writable.known", "the verdict is about the mount" },
	{ "writable.list[].path", "the inventory shows it" },
	{ "writable.list[].kind", "the inventory shows it" },
	{ "writable.list[].entries", "the inventory shows it" },
	{ "writable.entries", "the inventory shows it" },
	{ "writable.directories", "said beside the mount's verdict" },
	{ "writable.files", "said beside the mount's verdict" },
	{ "writable.truncated", "said beside the mount's verdict" },
	{ "setuid.list[].path", "is quoted" },
	{ "setuid.list[].uid", "is quoted" },
	{ "setuid.list[].gid", "is quoted" },
	{ "devices.list[].path", "is quoted" },
	{ "devices.list[].block", "is quoted" },
	{ "devices.list[].major", "is quoted" },
	{ "devices.list[].minor", "is quoted" },
	{ "devices.list[].access", "is quoted" },
	{ "limits.pids_max", "is quoted" },
	{ "limits.memory_max", "is quoted" },
	{ "limits.nofile_soft", "no control is about it" },
	{ "limits.nofile_hard", "no control is about it" },
	{ "limits.nproc_soft", "root ignores it" },
	{ "limits.nproc_hard", "root ignores it" },
	{ "limits.core_soft", "no control is about it" },
	{ "processes.count", "is quoted" },
	{ "processes.entered[].pid", "what entered later is not judged with it" },
	{ "processes.entered[].uid", "what entered later is not judged with it" },
	{ "processes.entered[].command", "what entered later is not judged with it" },
	{ "processes.entered[].orphan", "what entered later is not judged with it" },
	{ "surface.known", "no control is about it" },
	{ "surface.list[].what", "no control is about it" },
	{ "surface.list[].answer", "no control is about it" },
	{ "surface.list[].allowed", "no control is about it" },

	{ "instance_metadata.evidence", "is quoted" },
	{ "traffic.known", "no control is about it" },
	{ "traffic.bytes_written", "no control is about it" },
	{ "traffic.bytes_read", "no control is about it" },
};

#define EACH(array) (size_t i = 0; i < sizeof(array) / sizeof(array[0]); i++)

/* Through the document and back: what is flipped is a field of a saved report. */
static void save_and_read(struct report *r)
{
	AUTO(str_done) struct str text = STR_INIT((size_t)16 << 20);
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	struct json_out o = JSON_OUT_INIT(&text, false);
	struct err err = ERR_INIT;

	record_write(&o, NULL, &report_type, r);
	report_done(r);
	assert_int_equal(json_parse(text.s, text.len, &doc, &err), 0);
	assert_int_equal(record_read(&doc, doc.root, &report_type, r, &err), 0);
}

static void judged(struct report *r, const char *first, const char *then)
{
	AUTO_FREE char *words = then ? str_format("f.%s", then) : NULL;

	given_good(r);
	if (first)
		given(r, first);
	if (words)
		given(r, words);
	save_and_read(r);
	given_judged(r, NULL);
}

TEST(all_is_well_to_begin_with)
{
	struct report r;

	judged(&r, NULL, NULL);
	LIST_EACH (const struct finding, f, &r.findings) {
		const bool windows = strcmp(f->control, "ECS.21") == 0;

		if (f->observed != (windows ? VERDICT_NOT_APPLICABLE : VERDICT_PASS))
			fail_msg("%s: %s", f->control, f->observed_text);
	}
	assert_int_equal(r.summary.exit_status, 0);
	report_done(&r);
}

TEST(each_flip_changes_its_standing)
{
	for
		EACH(flips)
		{
			const struct flip *flip = &flips[i];
			struct report before, after;

			judged(&before, flip->first, NULL);
			judged(&after, flip->first, flip->assign);
			const struct finding *was =
				given_finding(&before, flip->control, NULL);
			const struct finding *is =
				given_finding(&after, flip->control, NULL);

			if (strcmp(flip->assign, "container=other") == 0)
				is = given_finding(&after, flip->control, "app");
			assert_non_null(was);
			assert_non_null(is);
			if (was->standing == is->standing &&
			    was->observed == is->observed)
				fail_msg("%s does not change %s", flip->assign,
					 flip->control);
			if (strcmp(standing_names[is->standing], flip->standing) != 0 ||
			    strcmp(verdict_names[is->observed], flip->observed) != 0)
				fail_msg("%s: %s is %s, observed %s", flip->assign,
					 flip->control, standing_names[is->standing],
					 verdict_names[is->observed]);
			report_done(&before);
			report_done(&after);
		}
}

/* --- every field --- */

/* "mounts.list[3].path=/x" is about "mounts.list[].path". */
static bool flips_path(const char *assign, const char *path)
{
	while (*assign != '=' && *path) {
		if (isdigit((unsigned char)*assign) && assign[-1] == '[')
			assign++;
		if (*assign++ != *path++)
			return false;
	}
	return *assign == '=' && *path == '\0';
}

static bool is_flipped(const char *path)
{
	for
		EACH(flips)
	if (flips_path(flips[i].assign, path))
		return true;
	return false;
}

static bool met[sizeof(evidence) / sizeof(evidence[0])];

static bool is_evidence(const char *path)
{
	const char *dot = strchr(path, '.');

	for
		EACH(evidence)
		{
			const char *e = evidence[i].path;

			if (strcmp(e, path) == 0 ||
			    (e[0] == '*' && dot && strcmp(e + 1, dot) == 0))
				return met[i] = true;
		}
	return false;
}

/* A value that the field does not have. */
static char *other_value(const struct field *f, const void *at)
{
	switch (f->kind) {
	case FIELD_BOOL:
		return str_format("%s", *(const bool *)at ? "false" : "true");
	case FIELD_INT:
		return str_format("%d", *(const int64_t *)at == 0 ? 1 : 0);
	case FIELD_MASK:
		return str_format("0x%x", 0x400);
	case FIELD_ENUM:
		return str_format("%s", f->names[*(const int *)at == 1 ? 2 : 1]);
	case FIELD_TEXT:
	case FIELD_PATH:
		return str_format("flipped");
	case FIELD_TEXTS:
	case FIELD_INTS:
		return str_format("0");
	case FIELD_STRUCT:
	case FIELD_INLINE:
	case FIELD_LIST:
		break;
	}
	fail();
	return NULL;
}

static void changes_nothing(const char *assign)
{
	struct report before, after;

	judged(&before, NULL, NULL);
	judged(&after, NULL, assign);
	for (const struct control *const *c = controls; *c; c++) {
		const struct finding *was = given_finding(&before, (*c)->id, NULL);
		const struct finding *is = given_finding(&after, (*c)->id, NULL);

		if (was->standing != is->standing || was->observed != is->observed)
			fail_msg("%s is called evidence and changes %s", assign,
				 (*c)->id);
	}
	report_done(&before);
	report_done(&after);
}

static size_t walked;

static void walk(const struct type *type, const void *record, const char *path,
		 const char *indexed);

static void walk_field(const struct field *f, const void *record, const char *path,
		       const char *indexed)
{
	const void *at = (const char *)record + f->offset;
	AUTO_FREE char *name = str_format("%s%s", path, f->name);
	AUTO_FREE char *place = str_format("%s%s", indexed, f->name);

	if (f->kind == FIELD_INLINE) {
		walk(f->type, at, path, indexed);
	} else if (f->kind == FIELD_STRUCT) {
		AUTO_FREE char *p = str_format("%s.", name);
		AUTO_FREE char *q = str_format("%s.", place);

		walk(f->type, at, p, q);
	} else if (f->kind == FIELD_LIST) {
		const struct list *list = at;
		AUTO_FREE char *p = str_format("%s[].", name);

		/* An empty list would hide its members from this test. */
		if (list->len == 0)
			fail_msg("%s is empty in the good report", name);
		for (size_t i = 0; i < list->len; i++) {
			AUTO_FREE char *q = str_format("%s[%zu].", place, i);

			walk(f->type, (const char *)list->items + i * f->type->size, p,
			     q);
		}
	} else {
		AUTO_FREE char *value = other_value(f, at);
		AUTO_FREE char *assign = str_format("%s=%s", place, value);

		walked++;
		if (!is_flipped(name) && !is_evidence(name))
			fail_msg("%s is in neither table", name);
		if (!is_flipped(name))
			changes_nothing(assign);
	}
}

static void walk(const struct type *type, const void *record, const char *path,
		 const char *indexed)
{
	for (const struct field *f = type->fields; f->name; f++)
		walk_field(f, record, path, indexed);
}

TEST(every_field_is_flipped_or_evidence)
{
	struct report r;

	given_good(&r);
	walk(&facts_type, r.facts.items, "", "");
	assert_true(walked > 200);
	report_done(&r);
}

/* After the walk: a row that no field of the facts has met is about nothing. */
TEST(each_row_is_about_a_field_that_exists)
{
	for
		EACH(evidence)
		{
			if (!met[i])
				fail_msg("%s is no field of the facts", evidence[i].path);
			assert_non_null(evidence[i].why);
			assert_false(is_flipped(evidence[i].path));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_well_to_begin_with),
		cmocka_unit_test(each_flip_changes_its_standing),
		cmocka_unit_test(every_field_is_flipped_or_evidence),
		cmocka_unit_test(each_row_is_about_a_field_that_exists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
