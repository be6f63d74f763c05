/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/trace/life/deputy.h"
#include "probe/trace/life/descriptors.h"
#include "probe/trace/life/shared.h"
#include "probe/trace/life/signals.h"
#include "probe/trace/life/wire.h"

static struct signalfd_siginfo from(uint32_t sig, int32_t code, uint32_t pid)
{
	struct signalfd_siginfo info = { 0 };

	info.ssi_signo = sig;
	info.ssi_code = code;
	info.ssi_pid = pid;
	return info;
}

/* The supervisor got the same one: it was for all. Another sender, another code, another
 * signal or a long time ago: it was not. Each is taken once. */
static void test_for_all(void **state)
{
	const struct signalfd_siginfo one = from(SIGINT, SI_USER, 7);
	const struct signalfd_siginfo others[] = {
		from(SIGINT, SI_USER, 8),
		from(SIGINT, SI_KERNEL, 7),
		from(SIGTERM, SI_USER, 7),
		from(200, SI_USER, 7),
	};
	struct signals_seen seen = { 0 };

	(void)state;
	assert_false(signals_was_for_all(&seen, &one, 5, 5));
	signals_saw(&seen, &one, 1000);
	assert_true(signals_was_for_all(&seen, &one, 1001, 1001));
	assert_false(signals_was_for_all(&seen, &one, 1001, 1001));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		signals_saw(&seen, &one, 1000);
		assert_false(signals_was_for_all(&seen, &others[i], 1001, 1001));
	}
	signals_saw(&seen, &others[3], 1000); /* no such signal: forgotten */
	signals_saw(&seen, &one, 1000);
	assert_false(signals_was_for_all(&seen, &one, 1001, 1001 + SIGNALS_SAME_MS));
}

/* Two for all: the one who is slower reads them as one. */
static void test_for_all_merged(void **state)
{
	const struct signalfd_siginfo one = from(SIGHUP, SI_USER, 7);
	struct signals_seen seen = { 0 };

	(void)state;
	/* the supervisor was slow: both were read by the standby before it read its one
	 */
	signals_saw(&seen, &one, 1000);
	assert_true(signals_was_for_all(&seen, &one, 990, 1002));
	assert_true(signals_was_for_all(&seen, &one, 995, 1002));
	/* and this one is the front's alone */
	assert_false(signals_was_for_all(&seen, &one, 1001, 1002));
	/* both read twice, the supervisor first */
	signals_saw(&seen, &one, 1010);
	signals_saw(&seen, &one, 1020);
	assert_true(signals_was_for_all(&seen, &one, 1012, 1022));
	assert_true(signals_was_for_all(&seen, &one, 1021, 1022));
	assert_false(signals_was_for_all(&seen, &one, 1021, 1022));
}

/* One of the two deals with a signal, and in their order. */
static void test_claim(void **state)
{
	struct life_shared *shared = shared_new();

	(void)state;
	assert_non_null(shared);
	assert_true(shared_claim(shared, 1));
	assert_false(shared_claim(shared, 1));
	assert_false(shared_claim(shared, 3));
	assert_true(shared_claim(shared, 2));
	assert_true(shared_claim(shared, 3));
	shared_done(shared);
}

static void test_wire(void **state)
{
	const struct wire sent = { .kind = WIRE_FAILED, .code = -2, .words = "no" };
	struct wire got = { 0 };
	int ends[2], fd = -1;

	(void)state;
	assert_int_equal(wire_pair(ends), 0);
	assert_int_equal(wire_send(ends[0], &sent, 1), 0);
	assert_int_equal(wire_send(ends[0], &sent, -1), 0);
	assert_int_equal(wire_receive(ends[1], &got, &fd), 0);
	assert_string_equal(got.words, "no");
	assert_true(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	(void)close(fd);
	assert_int_equal(wire_receive(ends[1], &got, &fd), 0);
	assert_int_equal(fd, -1);
	/* Half a message is none. */
	assert_int_equal(write(ends[0], "x", 1), 1);
	assert_int_equal(wire_receive(ends[1], &got, &fd), -EPROTO);
	(void)close(ends[0]);
	assert_int_equal(wire_receive(ends[1], &got, &fd), -EPIPE);
	assert_int_equal(wire_send(ends[1], &sent, -1), -EPIPE);
	(void)close(ends[1]);
}

/* A full socket never makes anybody wait. */
static void test_wire_full(void **state)
{
	const struct wire message = { .kind = WIRE_SIGNAL };
	int ends[2], r = 0;

	(void)state;
	assert_int_equal(wire_pair(ends), 0);
	for (int i = 0; i < 100000 && r == 0; i++)
		r = wire_send(ends[0], &message, -1);
	assert_int_equal(r, -EAGAIN);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

/* What was inherited goes, what is ours and stderr stay; 0 and 1 stay open. */
static void test_descriptors(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		int own = fcntl(1, F_DUPFD_CLOEXEC, 30), theirs = fcntl(1, F_DUPFD, 40);
		int bad = own < 0 || theirs < 0;

		descriptors_leave();
		bad += fcntl(own, F_GETFD) < 0;
		bad += fcntl(theirs, F_GETFD) >= 0;
		bad += fcntl(0, F_GETFD) < 0 || fcntl(1, F_GETFD) < 0;
		bad += fcntl(2, F_GETFD) < 0;
		bad += write(1, "x", 1) != 1; /* into /dev/null */
		(void)close(0);
		descriptors_fill();
		bad += fcntl(0, F_GETFD) != FD_CLOEXEC;
		_exit(bad);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* A supervisor that moves is not to be helped; one that does not, after seconds. */
static void test_deputy(void **state)
{
	struct life_shared *shared = shared_new();
	struct deputy deputy;

	(void)state;
	deputy_init(&deputy, shared);
	deputy.listener = fcntl(0, F_DUPFD_CLOEXEC, 3);
	for (int i = 0; i < 10; i++) {
		deputy.next_ms = 0;
		atomic_fetch_add(&shared->beat, 1);
		deputy_tick(&deputy);
		assert_int_equal(deputy_listens(&deputy), -1);
	}
	for (int i = 0; i < 10; i++) {
		assert_int_equal(deputy_listens(&deputy), -1);
		deputy.next_ms = 0;
		deputy_tick(&deputy);
	}
	assert_true(deputy_listens(&deputy) >= 0);
	atomic_fetch_add(&shared->beat, 1);
	deputy_tick(&deputy);
	assert_int_equal(deputy_listens(&deputy), -1);
	deputy_alone(&deputy);
	assert_true(deputy_listens(&deputy) >= 0);
	deputy_done(&deputy);
	assert_int_equal(deputy_listens(&deputy), -1);
	shared_done(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_for_all),	  cmocka_unit_test(test_for_all_merged),
		cmocka_unit_test(test_claim),	  cmocka_unit_test(test_wire),
		cmocka_unit_test(test_wire_full), cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_deputy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
