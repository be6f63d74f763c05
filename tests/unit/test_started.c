/* SPDX-License-Identifier: MIT */
#include "probe/proc/started.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "tests/unit/test.h"

static void done(struct started_facts *facts)
{
	free(facts->evidence);
	free(facts->part.seen_by);
	free(facts->part.why);
	free(facts->part.grants);
	*facts = (struct started_facts){ 0 };
}

#define NONE               \
	{                  \
		NULL, 0, 0 \
	}
#define PIPE(uid)                \
	{                        \
		"a pipe", uid, 0 \
	}

struct judge_case {
	struct started_stream streams[3];
	int64_t euid;
	int64_t uid;	      /* -1: unknown */
	const char *evidence; /* or why */
};

/* `chown app:app /dev/stdout` in a root entry point looks like this, and crun too. */
TEST(a_changed_group_is_a_doubt)
{
	static const struct started_stream away[3] = { NONE,
						       { "a pipe", 999, 999 },
						       { "a pipe", 999, 999 } };
	static const struct started_stream terminal[3] = { { "a terminal", 999, 5 },
							   { "a terminal", 999, 5 },
							   { "a terminal", 999, 5 } };
	AUTO(done) struct started_facts facts = { .uid = -1 };
	AUTO(done) struct started_facts other = { .uid = -1 };
	const char *why = NULL;

	assert_true(started_judge(away, 999, &facts, &why));
	assert_non_null(why);
	assert_true(started_judge(terminal, 999, &other, &why));
	assert_null(why);
}

TEST(the_streams_tell_who_started)
{
	static const struct judge_case cases[] = {
		{ { NONE, PIPE(0), PIPE(0) },
		  999,
		  0,
		  "stdout is a pipe, stderr is a pipe owned by uid 0" },
		{ { NONE, PIPE(1000), PIPE(1000) },
		  1000,
		  1000,
		  "stdout is a pipe, stderr is a pipe owned by uid 1000" },
		{ { PIPE(1000), NONE, NONE },
		  1000,
		  1000,
		  "stdin is a pipe owned by uid 1000" },
		/* root's entry point gave one away */
		{ { NONE, PIPE(999), PIPE(0) },
		  999,
		  0,
		  "stderr is a pipe owned by uid 0" },
		{ { PIPE(0), PIPE(999), PIPE(999) },
		  999,
		  0,
		  "stdin is a pipe owned by uid 0" },
		{ { NONE, PIPE(999), PIPE(1000) }, 999, -1, "different owners" },
		{ { PIPE(5), PIPE(6), PIPE(5) }, 5, -1, "different owners" },
		{ { NONE, NONE, NONE }, 1000, -1, "none of" },
		{ { NONE, NONE, NONE }, 0, 0, "runs as uid 0 now" },
		{ { PIPE(1000), PIPE(1000), PIPE(1000) }, 0, 0, "runs as uid 0 now" },
		{ { PIPE(1000), PIPE(1000), PIPE(1000) }, -1, 1000, "uid 1000" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(done) struct started_facts facts = { .uid = -1 };
		const char *why = NULL;
		const bool sure =
			started_judge(cases[i].streams, cases[i].euid, &facts, &why);

		if (sure != (cases[i].uid >= 0) || facts.uid != cases[i].uid)
			fail_msg("case %zu: uid %lld", i, (long long)facts.uid);
		assert_non_null(strstr(sure ? facts.evidence : why, cases[i].evidence));
		assert_true(!sure || !why);
	}
}

/* --- real processes: needs root, to become and to give away --- */

static void report(int fd)
{
	AUTO(root_done) struct root proc = ROOT_INIT;
	AUTO(target_done) struct target self = TARGET_INIT;
	struct started_facts facts = { .uid = -1 };
	struct err err = ERR_INIT;
	char line[64];

	if (root_open("/proc", &proc, &err) < 0 ||
	    target_open(&proc, getpid(), &self, &err) < 0)
		_exit(3);
	started_probe(&self, &facts);
	const int n = snprintf(line, sizeof(line), "%lld",
			       facts.part.known ? (long long)facts.uid : -1LL);
	if (write(fd, line, (size_t)n) != n)
		_exit(4);
	done(&facts);
	_exit(0);
}

/* What a process of uid 4242 finds whose stdout and stderr are pipes of these owners;
 * -1 for one that does not know; -2: /dev/null instead of the pipe. */
static int64_t found(int out_owner, int err_owner)
{
	int result[2], out[2], err_pipe[2], status;
	char text[64] = "";

	assert_int_equal(pipe(result), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(err_pipe), 0);
	const pid_t pid = fork();
	if (pid == 0) {
		const int null = open("/dev/null", O_RDWR);

		(void)dup2(null, 0);
		(void)dup2(out_owner == -2 ? null : out[1], 1);
		(void)dup2(err_owner == -2 ? null : err_pipe[1], 2);
		if ((out_owner >= 0 && fchown(1, (uid_t)out_owner, (gid_t)-1) < 0) ||
		    (err_owner >= 0 && fchown(2, (uid_t)err_owner, (gid_t)-1) < 0) ||
		    setresuid(4242, 4242, 4242) < 0)
			_exit(2);
		report(result[1]);
	}
	(void)close(result[1]);
	const ssize_t n = read(result[0], text, sizeof(text) - 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	const int ends[] = { result[0], out[0], out[1], err_pipe[0], err_pipe[1] };
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		(void)close(ends[i]);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0 && n > 0);
	return strcmp(text, "-1") == 0	   ? -1
	       : strcmp(text, "0") == 0	   ? 0
	       : strcmp(text, "4242") == 0 ? 4242
					   : 1;
}

TEST(real_streams_are_read)
{
	if (geteuid() != 0)
		skip();
	assert_int_equal(found(4242, 4242), 4242);
	assert_int_equal(found(0, 0), 0);
	assert_int_equal(found(4242, 0), 0);
	assert_int_equal(found(-2, 4242), 4242);
	assert_int_equal(found(-2, -2), -1);
	assert_int_equal(found(4242, 4243), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_streams_tell_who_started),
		cmocka_unit_test(a_changed_group_is_a_doubt),
		cmocka_unit_test(real_streams_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
