/* SPDX-License-Identifier: MIT */
#include "agent/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/files.h"
#include "core/cleanup.h"
#include "tests/unit/test.h"

static char path[64];
static struct outlet outlet;

static int setup(void **state)
{
	(void)state;
	(void)snprintf(path, sizeof(path), "/tmp/test_outlet.%d", (int)getpid());
	(void)unlink(path);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	outlet_done(&outlet);
	(void)unlink(path);
	return 0;
}

static void start(void)
{
	struct err err = ERR_INIT;

	if (outlet_open(path, &outlet, &err) < 0)
		fail_msg("%s", err.msg);
}

static void add(const char *line)
{
	outlet_add(&outlet, line, strlen(line));
}

static void assert_file(const char *text)
{
	AUTO(str_done) struct str s = STR_INIT(1 << 20);
	struct err err = ERR_INIT;

	assert_int_equal(file_read(path, &s, &err), 0);
	assert_string_equal(s.s, text);
}

TEST(a_file_is_emptied_and_grows)
{
	struct err err = ERR_INIT;

	assert_int_equal(file_write(path, "old old old\n", 12, &err), 0);
	start();
	add("one\n");
	assert_file("");
	outlet_write(&outlet);
	assert_file("one\n");
	add("two\n");
	outlet_write(&outlet);
	assert_file("one\ntwo\n");
	assert_true(fcntl(outlet.fd, F_GETFD) & FD_CLOEXEC);
}

TEST(what_cannot_be_opened_is_said)
{
	struct err err = ERR_INIT;

	assert_int_equal(outlet_open("/nowhere/at/all", &outlet, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/nowhere/at/all"));
	assert_int_equal(outlet_open("/", &outlet, &err), -EISDIR);
	outlet.fd = -1;
}

/* The limit is the app's, and ours by inheritance; it stands for a full disk too. */
TEST(a_file_that_cannot_grow_is_tried_again)
{
	struct rlimit before, limit;

	start();
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 6;
	add("first\nsecond\n");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	outlet_write(&outlet); /* SIGXFSZ would end us */
	outlet_write(&outlet);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_true(outlet.failing);
	assert_false(outlet.gone);
	assert_file("first\n");
	add("third\n");
	outlet_write(&outlet);
	assert_false(outlet.failing);
	assert_file("first\nsecond\nthird\n");
	assert_true(outlet_finish(&outlet, 0));
}

TEST(a_full_device_keeps_what_waits)
{
	struct err err = ERR_INIT;

	assert_int_equal(outlet_open("/dev/full", &outlet, &err), 0);
	for (int i = 0; i < 100; i++) {
		add("a line\n");
		outlet_write(&outlet);
	}
	assert_true(outlet.failing);
	assert_int_equal(outlet.waiting.len, 700);
	assert_false(outlet_finish(&outlet, 60000)); /* no wait for what failed */
	assert_int_equal(outlet.dropped, 0);
}

TEST(too_much_is_dropped_by_whole_lines)
{
	AUTO_FREE char *line = malloc(1 << 20);
	struct err err = ERR_INIT;

	assert_int_equal(outlet_open("/dev/full", &outlet, &err), 0);
	memset(line, 'x', 1 << 20);
	assert_true(outlet_ready(&outlet));
	for (int i = 0; i < 70; i++)
		outlet_add(&outlet, line, 1 << 20);
	assert_false(outlet_ready(&outlet));
	assert_int_equal(outlet.dropped, 6);
	assert_int_equal(outlet.waiting.len, (size_t)64 << 20);
}

TEST(a_fifo_needs_no_reader_and_blocks_nobody)
{
	char buf[8192], last[8] = "";
	size_t got = 0;

	assert_int_equal(mkfifo(path, 0600), 0);
	start();
	for (int i = 0; i < 30000; i++)
		add("a line\n");
	outlet_write(&outlet);
	assert_true(outlet.waiting.len > 0);
	assert_false(outlet.failing);
	AUTO_CLOSE int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(reader >= 0);
	for (;;) {
		ssize_t n = read(reader, buf, sizeof(buf));

		if (n <= 0 && outlet.waiting.len == 0)
			break;
		if (n <= 0) {
			outlet_write(&outlet);
			continue;
		}
		got += (size_t)n;
		if (n >= 7)
			memcpy(last, buf + n - 7, 7);
	}
	assert_int_equal(got, 210000);
	assert_string_equal(last, "a line\n");
}

TEST(a_pipe_without_readers_is_given_up)
{
	int ends[2];
	char name[64];

	assert_int_equal(pipe(ends), 0);
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", ends[1]);
	AUTO_CLOSE int own = open(name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	outlet = (struct outlet){ .fd = own, .name = "pipe", .waiting = STR_INIT(4096) };
	(void)close(ends[0]);
	(void)close(ends[1]);
	add("a line\n");
	outlet_write(&outlet); /* SIGPIPE would end us */
	outlet.fd = -1;
	assert_true(outlet.gone);
	assert_int_equal(outlet.waiting.len, 0);
	assert_true(outlet_ready(&outlet));
}

TEST(signals_stay_as_they_were)
{
	sigset_t pending, mask;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	(void)close(ends[0]);
	outlet =
		(struct outlet){ .fd = ends[1], .name = "pipe", .waiting = STR_INIT(64) };
	add("a line\n");
	outlet_write(&outlet);
	(void)sigpending(&pending);
	(void)sigprocmask(SIG_SETMASK, NULL, &mask);
	assert_false(sigismember(&pending, SIGPIPE));
	assert_false(sigismember(&mask, SIGPIPE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_emptied_and_grows, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_opened_is_said, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_file_that_cannot_grow_is_tried_again,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_device_keeps_what_waits, setup,
						teardown),
		cmocka_unit_test_setup_teardown(too_much_is_dropped_by_whole_lines, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_fifo_needs_no_reader_and_blocks_nobody,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_pipe_without_readers_is_given_up, setup,
						teardown),
		cmocka_unit_test_setup_teardown(signals_stay_as_they_were, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
