/* SPDX-License-Identifier: MIT */
#include "probe/within/attempts.h"

#include "tests/unit/within.h"

#define ROWS 11

TEST(everything_is_tried)
{
	struct answers_facts f = { 0 };

	attempts_probe(&f, 0);
	assert_true(f.part.known);
	assert_null(f.part.why);
	assert_int_equal(f.list.len, ROWS);
	LIST_EACH (const struct answer_fact, a, &f.list) {
		assert_int_equal(a->allowed, strcmp(a->answer, "allowed") == 0);
		assert_string_not_equal(a->answer, "errno");
	}
	answers_free(&f);
}

TEST(nothing_is_changed_and_nobody_stays)
{
	static struct machine before, after;
	struct answers_facts f = { 0 };

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	machine_look(&before);
	attempts_probe(&f, 0);
	machine_look(&after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(waitpid(-1, NULL, 0), -1);
	assert_int_equal(errno, ECHILD);
	answers_free(&f);
}

TEST(root_may)
{
	struct answers_facts f = { 0 };

	if (geteuid() != 0 || within_a_filter()) {
		print_message("skipped: needs root, and no seccomp filter around it\n");
		skip();
	}
	attempts_probe(&f, 0);
	assert_true(answer_is(&f, "create a mount namespace", "allowed"));
	assert_true(answer_is(&f, "mount a tmpfs", "allowed"));
	assert_true(answer_is(&f, "make a device node", "allowed"));
	assert_true(answer_is(&f, "trace a process", "allowed"));
	assert_true(answer_is(&f, "open a raw socket", "allowed"));
	assert_true(answer_is(&f, "change the root directory", "allowed"));
	assert_true(answer_is(&f, "set the host name", "allowed"));
	assert_true(answer_is(&f, "become uid 0", "not tried: uid 0 already"));
	answers_free(&f);
}

static int as_somebody(void)
{
	struct answers_facts f = { 0 };
	bool right;

	if (geteuid() == 0 &&
	    (setresgid(1000, 1000, 1000) < 0 || setresuid(1000, 1000, 1000) < 0))
		return 1;
	attempts_probe(&f, 0);
	right = answer_is(&f, "create a mount namespace", "EPERM") &&
		answer_is(&f, "mount a tmpfs",
			  "not tried: no mounts of its own (EPERM)") &&
		answer_is(&f, "make a device node",
			  "not tried: no mounts of its own (EPERM)") &&
		answer_is(&f, "open a raw socket", "EPERM") &&
		answer_is(&f, "open a packet socket", "EPERM") &&
		answer_is(&f, "change the root directory", "EPERM") &&
		answer_is(&f, "become uid 0", "EPERM") &&
		answer_is(&f, "set the host name",
			  "not tried: no host name of its own (EPERM)") &&
		answer_is(&f, "trace a process", "allowed");
	answers_free(&f);
	return right ? 0 : 2;
}

TEST(an_ordinary_uid_may_not)
{
	assert_int_equal(within_child(as_somebody), 0);
}

static int with_filters(void)
{
	struct answers_facts f = { 0 };
	bool right;

	if (filter_call(SYS_ptrace, SECCOMP_RET_KILL_PROCESS) < 0 ||
	    filter_call(SYS_socket, SECCOMP_RET_ERRNO | EACCES) < 0 ||
	    filter_call(SYS_chroot, SECCOMP_RET_TRAP) < 0)
		return 1;
	attempts_probe(&f, 0);
	right = answer_is(&f, "trace a process", "killed") &&
		answer_is(&f, "open a raw socket", "EACCES") &&
		answer_is(&f, "change the root directory", "killed") &&
		f.list.len == ROWS;
	answers_free(&f);
	return right ? 0 : 2;
}

/* The process to be traced is orphaned when its tracer is killed, and must end too. */
TEST(a_filter_that_kills_leaves_no_orphan)
{
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	assert_int_equal(within_child(with_filters), 0);
	while (waitpid(-1, NULL, 0) > 0)
		;
	assert_int_equal(errno, ECHILD);
}

TEST(the_deadline_holds)
{
	struct answers_facts f = { 0 };

	attempts_probe(&f, 1);
	assert_false(f.part.known);
	assert_non_null(f.part.why);
	answers_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_tried),
		cmocka_unit_test(nothing_is_changed_and_nobody_stays),
		cmocka_unit_test(root_may),
		cmocka_unit_test(an_ordinary_uid_may_not),
		cmocka_unit_test(a_filter_that_kills_leaves_no_orphan),
		cmocka_unit_test(the_deadline_holds),
	};

	return cmocka_run_group_tests(tests, within_setup, NULL);
}
