/* SPDX-License-Identifier: MIT */
#include "agent/alive.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"

/* Locks may lie far beyond the end of the file. The base keeps the promises away
 * from offset 0, which other software may lock. */
#define PROMISE_BASE (INT64_C(1) << 40)
#define PROMISE_SPAN (INT64_C(1) << 32) /* seconds: 136 years of uptime */

static int64_t uptime(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec;
}

int alive_open(struct err *err)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? err_set(err, -errno, "open /proc/self/exe: %s", err_words(errno))
		      : fd;
}

int alive_promise(int fd, int64_t seconds, struct err *err)
{
	struct flock lock = { .l_type = F_UNLCK,
			      .l_whence = SEEK_SET,
			      .l_start = PROMISE_BASE,
			      .l_len = PROMISE_SPAN };
	struct flock next = { .l_type = F_RDLCK,
			      .l_whence = SEEK_SET,
			      .l_start = PROMISE_BASE + uptime() + seconds,
			      .l_len = 1 };

	/* The new promise first: `health` must never find none in between. A later one
	 * is not overwritten by an earlier: unlock what is before and behind it. */
	if (fcntl(fd, F_OFD_SETLK, &next) < 0)
		return err_set(err, -errno, "lock /proc/self/exe: %s", err_words(errno));
	lock.l_len = next.l_start - PROMISE_BASE;
	if (lock.l_len > 0) /* 0 would mean: to the end of the file */
		(void)fcntl(fd, F_OFD_SETLK, &lock);
	lock.l_start = next.l_start + 1;
	lock.l_len = PROMISE_BASE + PROMISE_SPAN - lock.l_start;
	(void)fcntl(fd, F_OFD_SETLK, &lock);
	return 0;
}

int alive_ask(int64_t *seconds, struct err *err)
{
	AUTO_CLOSE int fd = alive_open(err);
	struct flock lock = { .l_type = F_WRLCK,
			      .l_whence = SEEK_SET,
			      .l_start = PROMISE_BASE,
			      .l_len = PROMISE_SPAN };

	if (fd < 0)
		return fd;
	if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
		return err_set(err, -errno, "ask for the lock on /proc/self/exe: %s",
			       err_words(errno));
	if (lock.l_type == F_UNLCK)
		return err_set(err, -ENOENT, "no agent runs from this executable");
	*seconds = lock.l_start - PROMISE_BASE - uptime();
	return 0;
}
