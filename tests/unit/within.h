/* SPDX-License-Identifier: MIT
 *
 * within.h - for the tests of what is asked of the kernel in children: filters, and
 * what must be as it was afterwards.
 */
#ifndef TESTS_WITHIN_H
#define TESTS_WITHIN_H

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/facts.h"
#include "core/table.h"
#include "tests/unit/test.h"

static inline int filter_call(uint32_t number, uint32_t action)
{
	struct sock_filter lines[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_LEN(lines), lines };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* Is there a filter already (an image is built in a container)? Then what we ask for is
 * what it answers. */
static inline bool within_a_filter(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 0;
}

static inline const struct answer_fact *answer_of(const struct answers_facts *f,
						  const char *what)
{
	LIST_EACH (const struct answer_fact, it, &f->list)
		if (strcmp(it->what, what) == 0)
			return it;
	return NULL;
}

static inline bool answer_is(const struct answers_facts *f, const char *what,
			     const char *answer)
{
	const struct answer_fact *a = answer_of(f, what);

	if (a && strcmp(a->answer, answer) == 0)
		return a->allowed == (strcmp(answer, "allowed") == 0);
	print_message("%s: %s, not %s\n", what, a ? a->answer : "(no row)", answer);
	return false;
}

static inline void answers_free(struct answers_facts *f)
{
	LIST_EACH (struct answer_fact, it, &f->list) {
		free(it->what);
		free(it->answer);
	}
	list_done(&f->list);
	free(f->part.seen_by);
	free(f->part.why);
	free(f->part.grants);
	*f = (struct answers_facts){ 0 };
}

/* Runs 'run' in a child: its filter and credentials end with it. */
static inline int within_child(int (*run)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(run());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200;
}

static bool within_own_mounts;

/* Others mount and unmount while we compare: as root, look at mounts of our own. */
static int within_setup(void **state)
{
	(void)state;
	within_own_mounts = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
			    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
	return 0;
}

struct machine {
	struct utsname name;
	char mounts[65536];
	ssize_t mounts_len;
	char limits[16384];
	ssize_t limits_len;
	char accounting[256];
	int64_t clock_minus_boot;
};

static inline ssize_t machine_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	while (fd >= 0 && len < size && (n = read(fd, buf + len, size - len)) > 0)
		len += (size_t)n;
	if (fd >= 0)
		(void)close(fd);
	return (ssize_t)len;
}

/* What a call of the tables could have changed, had it acted. */
static inline void machine_look(struct machine *m)
{
	struct timespec real, boot;

	memset(m, 0, sizeof(*m));
	(void)uname(&m->name);
	assert_int_equal(access("/proc/self/mountinfo", R_OK), 0); /* not covered */
	if (within_own_mounts)
		m->mounts_len = machine_read("/proc/self/mountinfo", m->mounts,
					     sizeof(m->mounts));
	m->limits_len = machine_read("/proc/swaps", m->limits, sizeof(m->limits));
	m->limits_len += machine_read("/proc/modules", m->limits + m->limits_len,
				      sizeof(m->limits) - (size_t)m->limits_len);
	(void)machine_read("/proc/self/personality", m->accounting,
			   sizeof(m->accounting));
	(void)clock_gettime(CLOCK_REALTIME, &real);
	(void)clock_gettime(CLOCK_BOOTTIME, &boot);
	/* In steps of ten minutes: the two are not read at once. */
	m->clock_minus_boot = (real.tv_sec - boot.tv_sec + 300) / 600;
}

#endif
