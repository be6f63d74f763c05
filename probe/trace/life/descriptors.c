/* SPDX-License-Identifier: MIT */
#include "probe/trace/life/descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/num.h"

/* Where /proc is not there. */
#define FDS_MOST 1024

void descriptors_fill(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", O_RDWR | O_CLOEXEC);
}

static void leave(int fd, int null)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0 || (flags & FD_CLOEXEC))
		return;
	if (fd > 2 || null < 0)
		(void)close(fd);
	else
		(void)dup3(null, fd, O_CLOEXEC);
}

void descriptors_leave(void)
{
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	AUTO_CLOSEDIR DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	int64_t fd;

	for (fd = 0; !dir && fd < FDS_MOST; fd++)
		if (fd != 2)
			leave((int)fd, null);
	while (dir && (entry = readdir(dir)))
		if (num_i64(entry->d_name, &fd) == 0 && fd >= 0 && fd != 2 &&
		    fd <= INT32_MAX)
			leave((int)fd, null);
}

void descriptors_leave_stderr(void)
{
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0)
		(void)dup3(null, 2, O_CLOEXEC);
}
