/* SPDX-License-Identifier: MIT */
#include "probe/target.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "probe/caps.h"
#include "probe/proc/environ.h"
#include "probe/proc/namespaces.h"
#include "probe/proc/securebits.h"
#include "probe/proc/started.h"
#include "probe/proc/status.h"
#include "tests/unit/test.h"

static struct root proc_root(void)
{
	struct root proc = ROOT_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(root_open("/proc", &proc, &err), 0);
	return proc;
}

/* A child that waits to be killed; as 'uid' where that is not negative. */
static pid_t sleeper(int uid)
{
	int ready[2];
	char c;

	assert_int_equal(pipe(ready), 0);
	const pid_t pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		if (uid >= 0 && (setgroups(0, NULL) < 0 ||
				 setresgid((gid_t)uid, (gid_t)uid, (gid_t)uid) < 0 ||
				 setresuid((uid_t)uid, (uid_t)uid, (uid_t)uid) < 0))
			_exit(1);
		/* As after an exec. */
		(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	(void)close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void part_done(struct part *part)
{
	free(part->seen_by);
	free(part->why);
	free(part->grants);
}

TEST(we_ourselves_are_opened)
{
	AUTO(root_done) struct root proc = proc_root();
	AUTO(target_done) struct target self = TARGET_INIT;
	struct err err = ERR_INIT;

	self.seen_by = "itself";
	self.deadline_ms = 77;
	assert_int_equal(target_open(&proc, getpid(), &self, &err), 0);
	assert_true(self.self);
	assert_true(self.root.fd >= 0 && self.root.chroot);
	assert_true(self.start_ticks > 0);
	assert_string_equal(self.seen_by, "itself");
	assert_int_equal(self.deadline_ms, 77);
	assert_true(target_is_same(&self));
}

TEST(a_process_that_ends_is_not_the_same)
{
	AUTO(root_done) struct root proc = proc_root();
	AUTO(target_done) struct target target = TARGET_INIT;
	AUTO(part_done) struct part part = { 0 };
	struct err err = ERR_INIT;
	const pid_t pid = sleeper(-1);

	assert_int_equal(target_open(&proc, pid, &target, &err), 0);
	assert_false(target.self);
	assert_true(target_is_same(&target));
	assert_int_equal(kill(pid, SIGKILL), 0);
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	/* A zombie: with a pidfd, and without. */
	assert_false(target_is_same(&target));
	cleanup_close(&target.pidfd);
	target.pidfd = -1;
	assert_false(target_is_same(&target));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(target_is_same(&target));
	target_refused(&target, &part, "the root file system", ENOENT);
	assert_false(part.known);
	assert_string_equal(part.why, "the process ended while it was looked at");
	assert_null(part.grants);
}

TEST(what_is_gone_is_not_opened)
{
	AUTO(root_done) struct root proc = proc_root();
	struct target target = TARGET_INIT;
	struct err err = ERR_INIT;
	const pid_t pid = fork();
	siginfo_t info;

	if (pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(target_open(&proc, pid, &target, &err), -ESRCH); /* a zombie */
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(target_open(&proc, pid, &target, &err), -ESRCH);
	assert_int_equal(target_open(&proc, -1, &target, &err), -ESRCH);
	assert_int_equal(target.proc.fd, -1);
}

/* The PID is the same, the process is another: its start tells. */
TEST(a_reused_pid_is_not_the_same)
{
	char dir[] = "/tmp/taskprobe-target-XXXXXX", path[64];
	struct target target = TARGET_INIT;
	struct root fixture = ROOT_INIT;
	struct err err = ERR_INIT;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/7", dir);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/7/stat", dir);
	for (int start = 42; start <= 43; start++) {
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		(void)fprintf(f, "7 (x) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 0\n",
			      start);
		assert_int_equal(fclose(f), 0);
		if (start == 42) {
			assert_int_equal(root_open(dir, &fixture, &err), 0);
			assert_int_equal(target_open(&fixture, 7, &target, &err), 0);
			assert_int_equal(target.root.fd, -1);
			assert_int_equal(target.root_errno, ENOENT);
			assert_true(target_is_same(&target));
		}
	}
	assert_false(target_is_same(&target));
	target_done(&target);
	root_done(&fixture);
	assert_int_equal(unlink(path), 0);
	(void)snprintf(path, sizeof(path), "%s/7", dir);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static bool says(const struct part *part, const char *why, const char *grants)
{
	const bool ok = !part->known && part->why && strstr(part->why, why) &&
			part->grants && strstr(part->grants, grants);

	if (!ok)
		(void)fprintf(stderr, "why: %s\ngrants: %s\n",
			      part->why ? part->why : "-",
			      part->grants ? part->grants : "-");
	return ok;
}

/* What uid 'uid' sees of 'pid', with no capability: 0 all of it, 1 nothing but with the
 * reasons, else where they were wrong. */
static int look_as(int uid, pid_t pid)
{
	AUTO(root_done) struct root proc = proc_root();
	AUTO(target_done) struct target target = TARGET_INIT;
	struct identity_facts me = { .euid = uid, .egid = uid }, who = { 0 };
	struct namespaces_facts namespaces = { 0 };
	struct environ_facts env = { 0 };
	struct started_facts started = { 0 };
	struct part part = { 0 };
	struct err err = ERR_INIT;

	if (caps_become(&me, 0, &err) < 0 || target_open(&proc, pid, &target, &err) < 0)
		return 10;
	status_probe(&target, &who);
	namespaces_probe(&target, &namespaces);
	environ_probe(&target, &env);
	started_probe(&target, &started);
	if (!who.part.known || who.euid != 4242)
		return 11;
	if (target.root.fd >= 0)
		return namespaces.part.known && env.part.known ? 0 : 12;
	if (target.root_errno != EACCES)
		return 13;
	target_refused(&target, &part, "the root file system", target.root_errno);
	if (!says(&part, "refuses the root file system of pid",
		  "run the sidecar as uid 4242 and gid 4242") ||
	    !says(&part, "(uid 4242, gid 4242) to uid 4343, gid 4343",
		  "as root with Docker's default capabilities") ||
	    !says(&part, "", "SYS_PTRACE") || !says(&part, "", "taskprobe probe --exec"))
		return 14;
	if (!says(&namespaces.part, "refuses the namespaces", "uid 4242") ||
	    !says(&env.part, "refuses the environment", "uid 4242") ||
	    !says(&started.part, "refuses the standard streams", "uid 4242"))
		return 15;
	return 1;
}

static int seen_as(int uid, pid_t pid)
{
	int status;
	const pid_t child = fork();

	if (child == 0)
		_exit(look_as(uid, pid));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST(a_peer_opens_to_its_own_uid_alone)
{
	if (geteuid() != 0)
		skip();
	const pid_t pid = sleeper(4242);

	assert_int_equal(seen_as(4242, pid), 0);
	assert_int_equal(seen_as(4343, pid), 1);
	end(pid);
}

TEST(securebits_are_our_own)
{
	AUTO(root_done) struct root proc = proc_root();
	AUTO(target_done) struct target self = TARGET_INIT;
	struct securebits_facts own = { 0 }, other = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(target_open(&proc, getpid(), &self, &err), 0);
	securebits_probe(&self, &own);
	assert_true(own.part.known);
	assert_int_equal(own.bits, prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	self.self = false;
	securebits_probe(&self, &other);
	assert_true(says(&other.part, "nobody else", "probe --exec"));
	part_done(&own.part);
	part_done(&other.part);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(we_ourselves_are_opened),
		cmocka_unit_test(a_process_that_ends_is_not_the_same),
		cmocka_unit_test(what_is_gone_is_not_opened),
		cmocka_unit_test(a_reused_pid_is_not_the_same),
		cmocka_unit_test(a_peer_opens_to_its_own_uid_alone),
		cmocka_unit_test(securebits_are_our_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
