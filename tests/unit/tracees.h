/* SPDX-License-Identifier: MIT
 *
 * tracees.h - processes that go on step by step, and questions about them, for the tests
 * of probe/trace/tracee. 'text' is at the same address in each child, with a text of its
 * own.
 */
#ifndef TESTS_TRACEES_H
#define TESTS_TRACEES_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "probe/trace/tracee/state.h"
#include "probe/trace/tracee/tracee.h"
#include "tests/unit/test.h"

/* A child and the two pipes that hold it back. */
struct actor {
	pid_t pid;
	int says, hears;   /* ours */
	int says_, hears_; /* its own */
};

/* In the actor: a step is done, with a number for the test; waits for the next. */
static inline void did(const struct actor *self, int number)
{
	char go;

	if (write(self->says_, &number, sizeof(number)) != sizeof(number) ||
	    read(self->hears_, &go, 1) != 1)
		_exit(1);
}

/* In the actor: 'ok' or the test hears nothing more. */
static inline void must(bool ok)
{
	if (!ok)
		_exit(2);
}

static inline struct actor actor_start(void (*play)(const struct actor *self, void *arg),
				       void *arg)
{
	struct actor a;
	int up[2], down[2];

	assert_int_equal(pipe2(up, O_CLOEXEC), 0);
	assert_int_equal(pipe2(down, O_CLOEXEC), 0);
	a = (struct actor){ 0, up[0], down[1], up[1], down[0] };
	a.pid = fork();
	if (a.pid == 0) {
		(void)alarm(120);
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		(void)close(up[0]);
		(void)close(down[1]);
		a.pid = getpid();
		play(&a, arg);
		for (;;)
			(void)pause();
	}
	(void)close(up[1]);
	(void)close(down[0]);
	return a;
}

/* Waits until it did the step; what it said. */
static inline int step(const struct actor *a)
{
	int number = -1;

	assert_int_equal(read(a->says, &number, sizeof(number)), sizeof(number));
	return number;
}

static inline void go(const struct actor *a)
{
	assert_int_equal(write(a->hears, "g", 1), 1);
}

static inline int next(const struct actor *a)
{
	go(a);
	return step(a);
}

static inline void actor_end(const struct actor *a)
{
	(void)kill(a->pid, SIGKILL);
	(void)waitpid(a->pid, NULL, 0);
	(void)close(a->says);
	(void)close(a->hears);
}

/* Drops to 'uid' as a daemon does, without an exec: it is closed from then on. */
static inline void drop_to(uid_t uid)
{
	must(setgroups(0, NULL) == 0 && setresgid(uid, uid, uid) == 0 &&
	     setresuid(uid, uid, uid) == 0);
}

#define PAGE	((size_t)4096)
#define ADDR(p) ((uint64_t)(uintptr_t)(p))

/* The same address in each child, with a text of its own. */
static char text[64] __attribute__((unused)) = "ours";

static inline int proc_fd(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static inline struct tracees *table(size_t most)
{
	struct tracees *all = tracees_new(proc_fd(), most);

	assert_non_null(all);
	return all;
}

static inline size_t open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n;
}

static const struct tracee *get(struct tracees *all, pid_t tid)
{
	const struct tracee *t = tracees_get(all, tid);

	assert_non_null(t);
	assert_int_equal(t->tid, tid);
	assert_true(t->who.part.known);
	return t;
}

static inline void assert_text(struct tracees *all, const struct tracee *t,
			       const char *want)
{
	char buf[64] = "";

	assert_int_equal(tracee_read_text(all, t, ADDR(text), buf, sizeof(buf)),
			 strlen(want));
	assert_string_equal(buf, want);
}

/* What tracee_open answers is that file. */
static inline void assert_leads(struct tracees *all, const struct tracee *t,
				const char *link, const char *path)
{
	AUTO_CLOSE int fd = tracee_open(all, t, link);
	struct stat a, b;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &a), 0);
	assert_int_equal(stat(path, &b), 0);
	assert_true(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	assert_int_equal(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

static inline void assert_refused(struct tracees *all, const struct tracee *t,
				  const char *link, int code)
{
	char buf[PATH_MAX];

	assert_int_equal(tracee_open(all, t, link), code);
	assert_int_equal(tracee_readlink(all, t, link, buf, sizeof(buf)), code);
}

/* A call of 't' that is let through. */
static inline void before(struct tracees *all, const struct tracee *t,
			  enum call_kind kind, const char *name, uint64_t arg, int to)
{
	static const struct call calls[] = { { .name = "x" } };
	struct call call = calls[0];
	static struct request request;

	call.name = name;
	call.kind = kind;
	request.call = &call;
	request.kind = kind;
	request.tid = t->tid;
	request.args[0] = arg;
	tracee_before(all, t, &request, to);
}

static inline void before_creds(struct tracees *all, const struct tracee *t)
{
	before(all, t, CALL_CREDS, "setresuid", 0, -1);
}

static inline int opened(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

#define NEED_ROOT()             \
	do {                    \
		if (geteuid())  \
			skip(); \
	} while (0)

static inline void *thread_waits(void *arg)
{
	*(pid_t *)arg = gettid();
	for (;;)
		(void)pause();
	return NULL;
}

static inline pid_t a_thread(void)
{
	volatile pid_t tid = 0;
	pthread_t thread;

	must(pthread_create(&thread, NULL, thread_waits, (void *)(uintptr_t)&tid) == 0);
	while (!tid)
		(void)sched_yield();
	return tid;
}

static inline uint64_t own_caps(void)
{
	struct sys_caps caps;

	assert_int_equal(sys_caps_get(&caps), 0);
	return caps.effective;
}

/* What Docker gives, of what we have. */
static inline void drop_to_docker(void)
{
	static const unsigned given[] = {
		CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FSETID,	     CAP_FOWNER,
		CAP_MKNOD,   CAP_NET_RAW,      CAP_SETGID,	     CAP_SETUID,
		CAP_SETFCAP, CAP_SETPCAP,      CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT,
		CAP_KILL,    CAP_AUDIT_WRITE,
	};
	struct sys_caps caps;
	uint64_t mask = 0;

	for (size_t i = 0; i < ARRAY_LEN(given); i++)
		mask |= CAP_MASK(given[i]);
	/* Or an exec as root would bring the others back. */
	for (unsigned i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if (!(mask & CAP_MASK(i)))
			(void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	assert_int_equal(sys_caps_get(&caps), 0);
	caps.effective = caps.permitted &= mask;
	caps.inheritable = 0;
	assert_int_equal(sys_caps_set(&caps), 0);
}

#endif
