/* SPDX-License-Identifier: MIT */
#include "probe/proc/patience.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "probe/monotonic.h"

/* Numbers of descriptors have few gaps; so many free ones are the end. */
#define GAP_MAX 16

#define REAP_TRIES 25

void patience_reap(pid_t pid, int tries)
{
	struct timespec pause = { .tv_nsec = 50 * 1000 };

	for (int i = 0; i < tries; i++) {
		const pid_t r = waitpid(pid, NULL, WNOHANG);

		if (r == pid || (r < 0 && errno != EINTR))
			return;
		(void)nanosleep(&pause, NULL);
		if (pause.tv_nsec < 2 * 1000 * 1000)
			pause.tv_nsec *= 2;
	}
}

/* Waits for 'fd' to be closed by the child, by its end or exec. */
static bool ended(int fd, int timeout_ms)
{
	const int64_t until = monotonic_ms() + timeout_ms;
	struct pollfd end = { .fd = fd };
	int r;

	do {
		const int64_t left = until - monotonic_ms();

		r = poll(&end, 1, left > 0 ? (int)left : 0);
	} while (r < 0 && errno == EINTR);
	return r > 0;
}

/* Descriptors of ours are below that: three for each of 64 observers, and some. */
#define FD_MAX 256

/* What a sanitizer says of a child must still be heard. */
#if defined(__SANITIZE_ADDRESS__)
#define STANDARD_LAST 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STANDARD_LAST 1
#endif
#endif
#ifndef STANDARD_LAST
#define STANDARD_LAST 2
#endif

void patience_let_go(int keep)
{
	/* In their place stands what can be neither read nor written: their numbers must
	 * not become those of files that we open later. */
	AUTO_CLOSE int nothing = open("/", O_PATH | O_CLOEXEC);
	struct stat st;

	for (int fd = 0; fd <= STANDARD_LAST && nothing >= 0; fd++)
		(void)dup2(nothing, fd);
	for (int fd = 3, gap = 0; fd < FD_MAX && gap < GAP_MAX; fd++) {
		if (fstat(fd, &st) < 0)
			gap++;
		else if (fd != keep && S_ISFIFO(st.st_mode))
			(void)close(fd);
	}
}

int patience_ask(void (*ask)(const void *arg, void *answer, size_t size), const void *arg,
		 void *answer, size_t size, int timeout_ms)
{
	int ends[2];
	const pid_t parent = getpid();

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	AUTO_CLOSE int mine = ends[0];
	AUTO_CLOSE int its = ends[1];
	void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return -errno;
	memcpy(shared, answer, size);
	const pid_t pid = fork();
	const int code = pid < 0 ? -errno : 0;
	if (pid == 0) {
		/* Whoever is killed meanwhile leaves nothing behind. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		patience_let_go(its);
		if (getppid() == parent)
			ask(arg, shared, size);
		_exit(0);
	}
	cleanup_close(&its);
	its = -1;
	const bool in_time = pid > 0 && ended(mine, timeout_ms);
	if (pid > 0) {
		(void)kill(pid, SIGKILL);
		patience_reap(pid, REAP_TRIES);
		memcpy(answer, shared, size);
	}
	(void)munmap(shared, size);
	if (code < 0)
		return code;
	return in_time ? 0 : -ETIMEDOUT;
}
