/* SPDX-License-Identifier: MIT */
#include "probe/within/surface.h"

#include "tests/unit/within.h"

#define ROWS_AT_LEAST 40

TEST(every_call_is_answered)
{
	struct answers_facts f = { 0 };

	surface_probe(&f, 0);
	assert_true(f.part.known);
	assert_null(f.part.why);
	assert_string_equal(f.part.seen_by, "itself");
	assert_true(f.list.len >= ROWS_AT_LEAST);
	LIST_EACH (const struct answer_fact, a, &f.list) {
		assert_string_not_equal(a->answer, "no answer in time");
		assert_string_not_equal(a->answer, "errno");
		assert_int_equal(a->allowed, strcmp(a->answer, "allowed") == 0);
	}
	/* No filter forbids these anywhere, or nothing would run. */
	assert_true(answer_is(&f, "memfd_create", "allowed"));
	assert_true(answer_is(&f, "seccomp", "allowed"));
	answers_free(&f);
}

TEST(nothing_is_changed)
{
	static struct machine before, after;
	struct answers_facts f = { 0 };

	machine_look(&before);
	surface_probe(&f, 0);
	machine_look(&after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	answers_free(&f);
}

static int with_filters(void)
{
	struct answers_facts f = { 0 };
	bool right;

	if (filter_call(SYS_setns, SECCOMP_RET_ERRNO | EPERM) < 0 ||
	    filter_call(SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS) < 0 ||
	    filter_call(SYS_kcmp, SECCOMP_RET_ERRNO | EACCES) < 0 ||
	    filter_call(SYS_mount, SECCOMP_RET_KILL_PROCESS) < 0 ||
	    filter_call(SYS_keyctl, SECCOMP_RET_TRAP) < 0 ||
	    filter_call(SYS_memfd_create, SECCOMP_RET_KILL_THREAD) < 0)
		return 1;
	surface_probe(&f, 0);
	right = answer_is(&f, "setns", "EPERM") && answer_is(&f, "clone3", "ENOSYS") &&
		answer_is(&f, "kcmp", "EACCES") && answer_is(&f, "mount", "killed") &&
		answer_is(&f, "keyctl", "killed") &&
		answer_is(&f, "memfd_create", "killed") &&
		answer_is(&f, "umount2", "allowed") &&
		answer_is(&f, "unshare", "allowed") &&
		answer_is(&f, "ptrace", "allowed") &&
		answer_is(&f, "quotactl", "allowed") && f.list.len >= ROWS_AT_LEAST &&
		f.part.known;
	answers_free(&f);
	return right ? 0 : 2;
}

TEST(a_filter_shows)
{
	if (within_a_filter()) {
		print_message("skipped: there is another seccomp filter around it\n");
		skip();
	}
	assert_int_equal(within_child(with_filters), 0);
}

/* Allowed means that the filter let it through: the same for any credentials, but
 * for those rows where the kernel asks for a capability first. */
static int without_capabilities(void)
{
	static const char *const before_caps[] = {
		"mount",
		"umount2",
		"unshare",
		"setns",
		"clone3",
		"ptrace",
		"process_vm_readv",
		"kcmp",
		"perf_event_open",
		"userfaultfd",
		"keyctl",
		"add_key",
		"request_key",
		"name_to_handle_at",
		"open_tree",
		"swapon",
		"settimeofday",
		"clock_settime",
		"quotactl",
		"personality",
		"chroot",
		"clone(CLONE_NEWUSER)",
		"pidfd_getfd",
	};
	struct answers_facts f = { 0 };
	bool right = true;

	if (geteuid() == 0 &&
	    (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
		return 1;
	surface_probe(&f, 0);
	for (size_t i = 0; i < ARRAY_LEN(before_caps); i++)
		right = answer_is(&f, before_caps[i], "allowed") && right;
	right = answer_is(&f, "swapoff", "EPERM") && right;
	answers_free(&f);
	return right ? 0 : 2;
}

TEST(arguments_are_looked_at_before_capabilities)
{
	if (prctl(PR_GET_SECCOMP) != 0) {
		print_message("skipped: a filter is on this machine already\n");
		skip();
	}
	assert_int_equal(within_child(without_capabilities), 0);
}

TEST(the_deadline_holds)
{
	struct answers_facts f = { 0 };

	surface_probe(&f, 1);
	assert_false(f.part.known);
	assert_non_null(strstr(f.part.why, "time"));
	answers_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_is_answered),
		cmocka_unit_test(nothing_is_changed),
		cmocka_unit_test(a_filter_shows),
		cmocka_unit_test(arguments_are_looked_at_before_capabilities),
		cmocka_unit_test(the_deadline_holds),
	};

	return cmocka_run_group_tests(tests, within_setup, NULL);
}
