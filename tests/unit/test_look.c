/* SPDX-License-Identifier: MIT */
#include "probe/look.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "probe/target.h"
#include "tests/unit/test.h"

static const struct look_options options = { .timeout_ms = 20000,
					     .write_mode = WRITE_NONE };

static struct root proc_root(void)
{
	struct root proc = ROOT_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(root_open("/proc", &proc, &err), 0);
	return proc;
}

static _Noreturn void wait_for_the_end(void)
{
	for (;;)
		(void)pause();
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0)
		wait_for_the_end();
	assert_true(pid > 0);
	return pid;
}

/* A child with this PID; -1 where that takes a capability that we lack. */
static pid_t sleeper_as(pid_t pid)
{
	const struct clone_args args = { .exit_signal = SIGCHLD,
					 .set_tid = (uintptr_t)&pid,
					 .set_tid_size = 1 };
	const pid_t child = (pid_t)syscall(SYS_clone3, &args, sizeof(args));

	if (child == 0)
		wait_for_the_end();
	return child;
}

static void end(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static int64_t start_of(const struct root *proc, pid_t pid)
{
	AUTO(target_done) struct target t = TARGET_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(target_open(proc, pid, &t, &err), 0);
	return t.start_ticks;
}

static void look(const struct root *proc, pid_t pid, int64_t start, struct facts *facts)
{
	struct look_job job = { .pid = pid, .start_ticks = start, .facts = facts };

	memset(facts, 0, sizeof(*facts));
	look_at(proc, &job, 1, &options);
}

static void check_nothing_known(struct facts *facts, const char *why)
{
	for (const struct facts_part *p = facts_parts; p->name; p++)
		assert_false(facts_part_of(facts, p)->known);
	assert_non_null(facts->identity.part.why);
	assert_non_null(strstr(facts->identity.part.why, why));
	assert_null(facts->endpoint_id);
	record_done(&facts_type, facts);
}

TEST(a_process_is_looked_at)
{
	AUTO(root_done) struct root proc = proc_root();
	const pid_t pid = sleeper();
	struct facts facts;

	look(&proc, pid, start_of(&proc, pid), &facts);
	assert_true(facts.identity.part.known);
	assert_int_equal(facts.identity.uid, getuid());
	assert_true(facts.mounts.part.known);
	record_done(&facts_type, &facts);
	end(pid);
}

TEST(another_start_is_another_process)
{
	AUTO(root_done) struct root proc = proc_root();
	const pid_t pid = sleeper();
	struct facts facts;

	look(&proc, pid, start_of(&proc, pid) + 1, &facts);
	check_nothing_known(&facts, "its PID is another's");
	end(pid);
}

TEST(a_process_that_ended_is_not_looked_at)
{
	AUTO(root_done) struct root proc = proc_root();
	const pid_t pid = sleeper();
	const int64_t start = start_of(&proc, pid);
	struct facts facts;

	end(pid);
	look(&proc, pid, start, &facts);
	check_nothing_known(&facts, "ended");
}

TEST(a_reused_pid_is_not_taken_for_the_first_process)
{
	AUTO(root_done) struct root proc = proc_root();
	AUTO(target_done) struct target first = TARGET_INIT;
	const pid_t pid = sleeper();
	struct err err = ERR_INIT;
	struct facts facts;

	assert_int_equal(target_open(&proc, pid, &first, &err), 0);
	const int64_t start = first.start_ticks;
	end(pid);
	/* Start times have a resolution of 10 ms. */
	(void)usleep(30 * 1000);
	if (sleeper_as(pid) != pid)
		skip(); /* EPERM, ENOSYS, or somebody else has it */
	assert_false(target_is_same(&first));
	look(&proc, pid, start, &facts);
	check_nothing_known(&facts, "its PID is another's");
	look(&proc, pid, start_of(&proc, pid), &facts);
	assert_true(facts.identity.part.known);
	record_done(&facts_type, &facts);
	end(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_is_looked_at),
		cmocka_unit_test(another_start_is_another_process),
		cmocka_unit_test(a_process_that_ended_is_not_looked_at),
		cmocka_unit_test(a_reused_pid_is_not_taken_for_the_first_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
