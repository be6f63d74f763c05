/* SPDX-License-Identifier: MIT */
#include "probe/within/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "core/cleanup.h"
#include "probe/monotonic.h"

/* A shell's own handlers and masks are not for the child: SIGSYS must kill it. */
static void child_prepare(pid_t parent)
{
	const struct rlimit none = { 0, 0 };
	sigset_t empty;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before the line above */
		_exit(1);
	/* A core pattern that is a pipe ignores the limit, but not this. */
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
	for (int sig = 1; sig < 32; sig++)
		(void)signal(sig, SIG_DFL);
	sigemptyset(&empty);
	(void)sigprocmask(SIG_SETMASK, &empty, NULL);
}

int child_start(void (*run)(int to, const void *arg), const void *arg, struct child *ret)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid_t pid = fork();
	if (pid < 0) {
		int code = -errno;

		(void)close(ends[0]);
		(void)close(ends[1]);
		return code;
	}
	if (pid == 0) {
		(void)close(ends[0]);
		child_prepare(parent);
		run(ends[1], arg);
		_exit(0);
	}
	(void)close(ends[1]);
	*ret = (struct child){ .pid = pid, .answers = ends[0] };
	return 0;
}

/* Smaller than PIPE_BUF: arrives whole or not at all. */
void child_say(int to, int32_t about, int32_t code)
{
	const struct child_answer answer = { about, code };

	(void)!write(to, &answer, sizeof(answer));
}

enum child_end child_hear(const struct child *child, int64_t until_ms,
			  struct child_answer *ret)
{
	struct pollfd p = { .fd = child->answers, .events = POLLIN };

	for (;;) {
		int64_t left = until_ms - monotonic_ms();
		int r = poll(&p, 1, left > 0 ? (int)left : 0);

		if (r == 0)
			return CHILD_SILENT;
		if (r < 0 && errno != EINTR)
			return CHILD_SILENT;
		if (r > 0)
			return read(child->answers, ret, sizeof(*ret)) == sizeof(*ret)
				       ? CHILD_SAID
				       : CHILD_DIED;
	}
}

void child_done(struct child *child)
{
	(void)close(child->answers);
	(void)kill(child->pid, SIGKILL);
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*child = (struct child){ .pid = -1, .answers = -1 };
}
