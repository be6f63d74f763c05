/* SPDX-License-Identifier: MIT */
#include "probe/trace/record/look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "core/cleanup.h"

/* Small files may live in the inode and take no block. */
#define HOLES_FROM 65536

int look_root(void)
{
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static const char *below(const char *path)
{
	while (*path == '/')
		path++;
	return *path ? path : ".";
}

/* The names were without links when they were recorded. Where one is a link now, it is
 * another file. */
static int open_path(int root, const char *path, unsigned flags)
{
	const struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC | flags,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	int fd = sys_openat2(root, below(path), &how);

	/* Profiles of before 2020 refuse openat2. */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(root, below(path), (int)how.flags);
	return fd < 0 ? -errno : fd;
}

int look_directory(int root, const char *path)
{
	return open_path(root, path, O_DIRECTORY);
}

int look_stat(int root, const char *path, struct sys_statx *ret)
{
	AUTO_CLOSE int fd = open_path(root, path, 0);

	if (fd < 0)
		return fd;
	return sys_statx(fd, "", AT_EMPTY_PATH | SYS_AT_STATX_DONT_SYNC, SYS_STATX_BASIC,
			 ret) < 0
		       ? -errno
		       : 0;
}

static bool is_itself(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

static int64_t count(const char *buf, size_t len)
{
	int64_t n = 0;

	for (size_t at = 0; at < len;) {
		/* The kernel aligns each entry to 8 bytes. */
		const struct sys_dirent *d = (const void *)(buf + at);

		n += !is_itself(d->name);
		at += d->reclen;
	}
	return n;
}

int64_t look_entries(int dir, int64_t most)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	_Alignas(struct sys_dirent) char buf[32768];
	int64_t n = 0;

	/* Not even its access time shall change, where that is ours to say. */
	AUTO_CLOSE int fd = openat(dir, ".", flags | O_NOATIME);
	if (fd < 0 && errno == EPERM)
		fd = openat(dir, ".", flags);
	if (fd < 0)
		return -errno;
	while (n < most) {
		ssize_t len = sys_getdents(fd, buf, sizeof(buf));

		if (len < 0)
			return -errno;
		if (len == 0)
			break;
		n += count(buf, (size_t)len);
	}
	return n < most ? n : most;
}

int64_t look_bytes(const struct sys_statx *st)
{
	uint64_t bytes = st->size;

	if (bytes > HOLES_FROM && st->blocks < bytes / 512)
		bytes = st->blocks * 512;
	if (bytes > INT64_MAX / 2)
		bytes = INT64_MAX / 2;
	return (int64_t)(st->nlink > 1 ? bytes / st->nlink : bytes);
}
