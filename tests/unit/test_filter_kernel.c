/* SPDX-License-Identifier: MIT
 *
 * The filter in the kernel that runs here; test_filter.c simulates the others.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "probe/trace/calls/filter.h"
#include "test.h"

#define X32_BIT 0x40000000

static void program_done(const struct sock_fprog *program)
{
	free(program->filter);
}

struct step {
	long nr;
	unsigned long args[4];
	bool notified;
};

/* Which notified calls a child made, in their order. Shares its descriptors, so that the
 * listener need not be sent. */
struct run {
	pid_t child;
	int listener;
	size_t n;
	struct seccomp_data seen[64];
};

static int install(const struct sock_fprog *program)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	int fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			      SECCOMP_FILTER_FLAG_NEW_LISTENER, program);
	return fd < 0 ? -errno : fd;
}

/* The last call, by which we see that there are no more. */
#define LAST_FD 12345

static void child(const struct sock_fprog *program, int tell, void (*steps)(void))
{
	int listener = install(program);

	if (write(tell, &listener, sizeof(listener)) != sizeof(listener) || listener < 0)
		_exit(1);
	steps();
	(void)syscall(SYS_fchdir, LAST_FD);
	_exit(0);
}

/* A container's own filter comes first: what it refuses is never notified. */
static bool is_filtered(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 0;
}

/* False: no notification here (an old kernel, a listener above us, a strict filter). */
static bool run_start(struct run *run, void (*steps)(void))
{
	static const struct filter_options options = { .refuse_io_uring = false };
	AUTO(program_done) struct sock_fprog program = { 0 };
	struct err err = ERR_INIT;
	int ends[2];

	if (filter_make(abi_native(), &options, &program, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(pipe(ends), 0);
	run->child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (run->child == 0)
		child(&program, ends[1], steps);
	assert_in_range(run->child, 1, INT32_MAX);
	assert_int_equal(read(ends[0], &run->listener, sizeof(run->listener)),
			 sizeof(run->listener));
	(void)close(ends[0]);
	(void)close(ends[1]);
	return run->listener >= 0;
}

/* Takes one notification and lets the call go on. False: there was none. */
static bool run_next(struct run *run)
{
	union {
		struct seccomp_notif notif;
		char room[512];
	} in = { 0 };
	union {
		struct seccomp_notif_resp answer;
		char room[512];
	} out = { 0 };
	struct pollfd ready = { .fd = run->listener, .events = POLLIN };

	if (poll(&ready, 1, 10000) != 1 || !(ready.revents & POLLIN) ||
	    ioctl(run->listener, SECCOMP_IOCTL_NOTIF_RECV, &in) < 0)
		return false;
	run->seen[run->n++] = in.notif.data;
	out.answer.id = in.notif.id;
	out.answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	return ioctl(run->listener, SECCOMP_IOCTL_NOTIF_SEND, &out) == 0;
}

static bool is_last(const struct seccomp_data *data)
{
	return data->arch == abi_arch(abi_native()) && data->nr == SYS_fchdir &&
	       data->args[0] == LAST_FD;
}

/* The child's wait status; *run has what it made before the last call. */
static int run_steps(struct run *run, void (*steps)(void))
{
	int status = 0;

	if (run_start(run, steps))
		while (run->n < ARRAY_LEN(run->seen) && run_next(run))
			if (is_last(&run->seen[run->n - 1])) {
				run->n--;
				break;
			}
	if (run->listener < 0)
		(void)printf("no listener here: %s\n", strerror(-run->listener));
	else
		(void)close(run->listener);
	assert_int_equal(waitpid(run->child, &status, 0), run->child);
	return status;
}

static const char nothing[] = "/nonexistent-of-test-filter";
static int flags_of_file;

#define AT	   (unsigned long)AT_FDCWD
#define AT_NOTHING AT, (unsigned long)nothing
#define HIGH	   0x100000000UL

static const struct step native_steps[] = {
	{ SYS_openat, { AT_NOTHING, O_RDONLY }, false },
	{ SYS_openat,
	  { AT_NOTHING, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW },
	  false },
	{ SYS_openat, { AT_NOTHING, O_RDONLY | HIGH *O_WRONLY }, false },
	{ SYS_openat, { AT_NOTHING, O_WRONLY }, true },
	{ SYS_openat, { AT_NOTHING, O_WRONLY | HIGH }, true },
	{ SYS_openat, { AT_NOTHING, O_RDWR | O_APPEND }, true },
	{ SYS_openat, { AT_NOTHING, O_ACCMODE }, true },
	{ SYS_openat, { AT_NOTHING, O_TRUNC }, true },
	{ SYS_openat, { AT, 0, O_CREAT }, true },
	{ SYS_openat, { AT_NOTHING, O_TMPFILE }, true },
	{ SYS_openat2, { AT_NOTHING, 0, 0 }, true },
	{ SYS_faccessat, { AT_NOTHING, R_OK | X_OK }, false },
	{ SYS_faccessat, { AT_NOTHING, W_OK }, true },
	{ SYS_mkdirat, { AT, 0, 0 }, true },
	{ SYS_fchmod, { -1UL, 0 }, true },
	{ SYS_ioctl, { -1UL, TCGETS, 0 }, false },
	{ SYS_ioctl, { -1UL, 0x40086602, (unsigned long)&flags_of_file }, true },
	{ SYS_ioctl, { -1UL, HIGH | 0x40086602, (unsigned long)&flags_of_file }, true },
	{ SYS_prctl, { PR_GET_DUMPABLE }, false },
	{ SYS_prctl, { PR_SET_DUMPABLE, 1 }, true },
	{ SYS_mmap,
	  { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS },
	  false },
	{ SYS_mmap, { 0, 4096, PROT_READ, MAP_PRIVATE }, false },
	{ SYS_mmap, { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE }, true },
	{ SYS_seccomp, { SECCOMP_GET_ACTION_AVAIL, 0, 0 }, false },
	{ SYS_seccomp, { SECCOMP_SET_MODE_FILTER, 0, 0 }, false },
	{ SYS_seccomp, { SECCOMP_SET_MODE_FILTER, 8, 0 }, true },
	{ SYS_bind, { -1UL, 0, 0 }, true },
	{ SYS_io_uring_setup, { 0, 0 }, true },
	{ 463, { -1UL, 0, 0, 0 }, true }, /* setxattrat */
	{ 466, { -1UL, 0, 0, 0 }, true }, /* removexattrat */
	{ 469, { -1UL, 0, 0, 0 }, true }, /* file_setattr */
#ifdef __x86_64__
	{ SYS_open, { (unsigned long)nothing, O_RDONLY }, false },
	{ SYS_open, { (unsigned long)nothing, O_RDWR }, true },
	{ SYS_access, { (unsigned long)nothing, R_OK }, false },
	{ SYS_access, { (unsigned long)nothing, W_OK }, true },
	{ SYS_unlink, { (unsigned long)nothing }, true },
	/* x32, be it that this kernel has none. */
	{ X32_BIT | 2, { (unsigned long)nothing, O_RDONLY }, false },
	{ X32_BIT | 2, { (unsigned long)nothing, O_WRONLY }, true },
	{ X32_BIT | 87, { (unsigned long)nothing }, true },
#endif
};

static void make_native(void)
{
	for (size_t i = 0; i < ARRAY_LEN(native_steps); i++) {
		const unsigned long *args = native_steps[i].args;

		(void)syscall(native_steps[i].nr, args[0], args[1], args[2], args[3],
			      -1UL, 0);
	}
}

TEST(the_kernel_stops_writes_and_lets_reads_pass)
{
	struct run run = { .listener = -1 };
	if (is_filtered()) {
		(void)printf("under a filter already, which answers before ours\n");
		skip();
	}
	int status = run_steps(&run, make_native);
	size_t seen = 0;

	if (run.listener < 0)
		skip();
	assert_int_equal(status, 0);
	for (size_t i = 0; i < ARRAY_LEN(native_steps); i++) {
		const struct step *step = &native_steps[i];

		if (!step->notified)
			continue;
		if (seen == run.n || run.seen[seen].nr != (int)step->nr ||
		    run.seen[seen].args[1] != step->args[1])
			fail_msg("step %zu (call %#lx) was not notified", i, step->nr);
		seen++;
	}
	assert_int_equal(seen, run.n);
}

#ifdef __x86_64__
/* Any 64-bit program may make an i386 call. Pointers are NULL: ours do not fit. */
static const struct step i386_steps[] = {
	{ 5, { 0, O_RDONLY }, false },
	{ 5, { 0, O_WRONLY }, true },
	{ 295, { AT, 0, O_RDONLY }, false },
	{ 295, { AT, 0, O_RDWR }, true },
	{ 39, { 0, 0 }, true },		       /* mkdir */
	{ 212, { 0, 0, 0 }, true },	       /* chown32 */
	{ 102, { 1, 0 }, false },	       /* socketcall: socket */
	{ 102, { 2, 0 }, true },	       /* bind */
	{ 361, { -1UL, 0, 0 }, true },	       /* bind */
	{ 33, { 0, W_OK }, true },	       /* access */
	{ 54, { -1UL, 0x40046602, 0 }, true }, /* ioctl */
	{ 463, { -1UL, 0, 0, 0 }, true },
	{ 20, { 0 }, false }, /* getpid */
};

static void make_i386(void)
{
	for (size_t i = 0; i < ARRAY_LEN(i386_steps); i++) {
		const unsigned long *args = i386_steps[i].args;
		long ret;

		__asm__ volatile("int $0x80"
				 : "=a"(ret)
				 : "a"(i386_steps[i].nr), "b"(args[0]), "c"(args[1]),
				   "d"(args[2]), "S"(args[3])
				 : "memory", "r8", "r9", "r10", "r11");
	}
}

TEST(the_kernel_stops_i386_calls_of_a_64_bit_program_too)
{
	struct run run = { .listener = -1 };
	if (is_filtered()) {
		(void)printf("under a filter already, which answers before ours\n");
		skip();
	}
	int status = run_steps(&run, make_i386);
	size_t seen = 0;

	/* A kernel without i386 answers int $0x80 with SIGSEGV. */
	if (run.listener < 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV))
		skip();
	assert_int_equal(status, 0);
	for (size_t i = 0; i < ARRAY_LEN(i386_steps); i++) {
		if (!i386_steps[i].notified)
			continue;
		if (seen == run.n || run.seen[seen].nr != (int)i386_steps[i].nr ||
		    run.seen[seen].arch != AUDIT_ARCH_I386)
			fail_msg("step %zu (call %ld) was not notified", i,
				 i386_steps[i].nr);
		seen++;
	}
	assert_int_equal(seen, run.n);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_stops_writes_and_lets_reads_pass),
#ifdef __x86_64__
		cmocka_unit_test(the_kernel_stops_i386_calls_of_a_64_bit_program_too),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
