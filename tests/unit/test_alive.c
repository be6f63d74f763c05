/* SPDX-License-Identifier: MIT */
#include "agent/alive.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "tests/unit/test.h"

/* In a child: the kernel shows a process its own open file description's lock as
 * none, so that the asking must be done through another one, as `health` does. */
TEST(a_promise_is_seen_kept_broken_and_gone)
{
	struct err err = ERR_INIT;
	int64_t left = 0;
	int fd = alive_open(&err);

	assert_true(fd >= 0);
	assert_int_equal(alive_ask(&left, &err), -ENOENT);
	assert_int_equal(alive_promise(fd, 100, &err), 0);
	assert_int_equal(alive_ask(&left, &err), 0);
	assert_true(left > 90 && left <= 100);
	assert_int_equal(alive_promise(fd, 50, &err),
			 0); /* an earlier one replaces it too */
	assert_int_equal(alive_ask(&left, &err), 0);
	assert_true(left <= 50);
	assert_int_equal(alive_promise(fd, -5, &err), 0);
	assert_int_equal(alive_ask(&left, &err), 0);
	assert_true(left < 0);
	(void)close(fd);
	assert_int_equal(alive_ask(&left, &err), -ENOENT);
}

TEST(the_promise_dies_with_the_process)
{
	struct err err = ERR_INIT;
	int64_t left;
	int ready[2], go[2];
	char c;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	pid_t pid = fork();
	if (pid == 0) {
		int fd = alive_open(&err);

		(void)alive_promise(fd, 60, &err);
		(void)!write(ready[1], "x", 1);
		(void)!read(go[0], &c, 1);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(alive_ask(&left, &err), 0);
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(alive_ask(&left, &err), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_promise_is_seen_kept_broken_and_gone),
		cmocka_unit_test(the_promise_dies_with_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
