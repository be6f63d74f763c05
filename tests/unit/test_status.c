/* SPDX-License-Identifier: MIT */
#include "probe/proc/status.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "tests/unit/test.h"

static const char good[] = "Name:\tnginx\n"
			   "Umask:\t0022\n"
			   "Uid:\t1000\t1001\t1002\t1003\n"
			   "Gid:\t100\t101\t102\t103\n"
			   "Groups:\t4 24 4294967294 \n"
			   "CapInh:\t0000000000000001\n"
			   "CapPrm:\t0000000000000003\n"
			   "CapEff:\t0000000000000002\n"
			   "CapBnd:\t00000000a80425fb\n"
			   "CapAmb:\t0000000000000004\n"
			   "NoNewPrivs:\t1\n"
			   "Seccomp:\t2\n"
			   "Seccomp_filters:\t3\n"
			   "Threads:\t1\n";

static int parse(const char *text, struct identity_facts *ret)
{
	struct err err = ERR_INIT;

	return status_parse(text, ret, &err);
}

TEST(every_line_is_taken)
{
	AUTO(identity_done) struct identity_facts who = { 0 };

	assert_int_equal(parse(good, &who), 0);
	assert_int_equal(who.uid, 1000);
	assert_int_equal(who.euid, 1001);
	assert_int_equal(who.suid, 1002);
	assert_int_equal(who.fsuid, 1003);
	assert_int_equal(who.gid, 100);
	assert_int_equal(who.fsgid, 103);
	assert_int_equal(who.groups.len, 3);
	assert_int_equal(*LIST_AT(&who.groups, int64_t, 2), 4294967294);
	assert_int_equal(who.cap_inheritable, 1);
	assert_int_equal(who.cap_permitted, 3);
	assert_int_equal(who.cap_effective, 2);
	assert_int_equal(who.cap_bounding, CAPS_DOCKER_DEFAULT);
	assert_int_equal(who.cap_ambient, 4);
	assert_true(who.no_new_privs);
	assert_int_equal(who.seccomp_mode, 2);
	assert_int_equal(who.seccomp_filters, 3);
	assert_false(who.part.known);
}

/* The text without, or with two of, the line that begins with 'head'. */
static char *edited(const char *head, int copies)
{
	AUTO(str_done) struct str s = STR_INIT(4096);

	for (const char *at = good; *at;) {
		const size_t n = strcspn(at, "\n") + 1;
		const bool it = strncmp(at, head, strlen(head)) == 0;

		for (int i = 0; i < (it ? copies : 1); i++)
			(void)str_add(&s, at, n);
		at += n;
	}
	return str_take(&s);
}

static const char *const required[] = { "Uid:",	       "Gid:",	  "Groups:", "CapInh:",
					"CapPrm:",     "CapEff:", "CapBnd:", "CapAmb:",
					"NoNewPrivs:", "Seccomp:" };

TEST(a_missing_line_is_an_error)
{
	for (size_t i = 0; i < ARRAY_LEN(required); i++) {
		AUTO_FREE char *text = edited(required[i], 0);
		struct identity_facts who = { 0 };

		assert_int_equal(parse(text, &who), -ENODATA);
		assert_null(who.groups.items);
	}
}

TEST(a_line_twice_is_an_error)
{
	for (size_t i = 0; i < ARRAY_LEN(required); i++) {
		AUTO_FREE char *text = edited(required[i], 2);
		struct identity_facts who = { 0 };

		assert_int_equal(parse(text, &who), -EINVAL);
		assert_null(who.groups.items);
	}
}

TEST(an_old_kernel_does_not_count_filters)
{
	AUTO(identity_done) struct identity_facts who = { 0 };
	AUTO_FREE char *text = edited("Seccomp_filters:", 0);

	assert_int_equal(parse(text, &who), 0);
	assert_int_equal(who.seccomp_filters, -1);
}

static char *replaced(const char *old, const char *new)
{
	const char *at = strstr(good, old);

	assert_non_null(at);
	return str_format("%.*s%s%s", (int)(at - good), good, new, at + strlen(old));
}

TEST(a_malformed_value_is_an_error)
{
	static const char *const bad[][2] = {
		{ "Uid:\t1000\t1001\t1002\t1003", "Uid:\t1000\t1001\t1002" },
		{ "Uid:\t1000\t1001\t1002\t1003", "Uid:\t1000\t1001\t1002\t1003\t1" },
		{ "Uid:\t1000", "Uid:\t-1" },
		{ "Uid:\t1000", "Uid:\t4294967296" },
		{ "Uid:\t1000", "Uid:\tx" },
		{ "4 24 ", "4 x24 " },
		{ "4 24 ", "4 99999999999999999999 " },
		{ "CapEff:\t0000000000000002", "CapEff:\t2" },
		{ "CapEff:\t0000000000000002", "CapEff:\t" },
		{ "CapEff:\t0000000000000002", "CapEff:\t000000000000000g" },
		{ "CapEff:\t0000000000000002", "CapEff:\t0000000000000002 1" },
		{ "NoNewPrivs:\t1", "NoNewPrivs:\t2" },
		{ "NoNewPrivs:\t1", "NoNewPrivs:\t" },
		{ "Seccomp:\t2", "Seccomp:\t3" },
		{ "Seccomp:\t2", "Seccomp:\t-1" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_FREE char *text = replaced(bad[i][0], bad[i][1]);
		struct identity_facts who = { 0 };

		if (parse(text, &who) != -EINVAL)
			fail_msg("taken: %s", bad[i][1]);
	}
}

TEST(no_groups_is_no_error)
{
	AUTO(identity_done) struct identity_facts who = { 0 };
	AUTO_FREE char *text = replaced("Groups:\t4 24 4294967294 ", "Groups:\t ");

	assert_int_equal(parse(text, &who), 0);
	assert_int_equal(who.groups.len, 0);
}

TEST(a_cut_off_text_never_parses)
{
	/* All that is needed ends with "Seccomp:\t2\n". */
	const size_t needed = (size_t)(strstr(good, "Seccomp:\t2") - good) + 10;

	for (size_t n = 0; n < needed; n++) {
		AUTO_FREE char *text = strndup(good, n);
		struct identity_facts who = { 0 };

		assert_true(parse(text, &who) < 0);
	}
}

TEST(our_own_identity_is_the_one_we_have)
{
	AUTO(identity_done) struct identity_facts who = { 0 };
	AUTO(target_done) struct target self = TARGET_INIT;
	AUTO(root_done) struct root proc = ROOT_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(root_open("/proc", &proc, &err), 0);
	self.seen_by = "itself";
	assert_int_equal(target_open(&proc, getpid(), &self, &err), 0);
	status_probe(&self, &who);
	assert_true(who.part.known);
	assert_string_equal(who.part.seen_by, "itself");
	assert_int_equal(who.euid, geteuid());
	assert_int_equal(who.egid, getegid());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_is_taken),
		cmocka_unit_test(a_missing_line_is_an_error),
		cmocka_unit_test(a_line_twice_is_an_error),
		cmocka_unit_test(an_old_kernel_does_not_count_filters),
		cmocka_unit_test(a_malformed_value_is_an_error),
		cmocka_unit_test(no_groups_is_no_error),
		cmocka_unit_test(a_cut_off_text_never_parses),
		cmocka_unit_test(our_own_identity_is_the_one_we_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
