/* SPDX-License-Identifier: MIT */
#include "probe/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "probe/root_walk.h"
#include "probe/sys.h"

/* With RESOLVE_IN_ROOT and BENEATH a rename anywhere makes ".." answer EAGAIN;
 * someone who renames all the time shall not keep us here. */
#define AGAIN_MAX 64

int root_open(const char *dir, struct root *ret, struct err *err)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(err, -errno, "open directory %s", dir);
	ret->fd = fd;
	return 0;
}

void root_done(struct root *root)
{
	cleanup_close(&root->fd);
	root->fd = -1;
}

static int open_openat2(const struct root *root, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (unsigned)flags,
		.mode = root_wants_mode(flags) ? ROOT_MODE : 0,
		.resolve = RESOLVE_NO_MAGICLINKS |
			   (root->chroot ? RESOLVE_IN_ROOT : RESOLVE_BENEATH),
	};

	for (int i = 0; i < AGAIN_MAX; i++) {
		int fd = sys_openat2(root->fd, path, &how);

		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			return fd < 0 ? -errno : fd;
	}
	return -EAGAIN;
}

int root_openat(const struct root *root, const char *path, int flags)
{
	/* openat2 refuses what O_PATH ignores. */
	flags |= flags & O_PATH ? O_CLOEXEC : O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd = open_openat2(root, path, flags);

	/* EPERM is what a filter that does not know openat2 answers (Docker's before
	 * 20.10); where it was meant, the walk gets it too. */
	return fd == -ENOSYS || fd == -EPERM ? root_walk(root, path, flags) : fd;
}

/* Opens for reading what 'fd' (O_PATH) is, past all links: its path may be another
 * file by now, and opening a device can do harm (a watchdog starts). */
static int reopen(const struct root *root, const char *path, int fd)
{
	char self[40];

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	int ret = open(self, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (ret >= 0 || errno != ENOENT)
		return ret < 0 ? -errno : ret;
	return root_openat(root, path, O_RDONLY); /* no /proc here */
}

static int open_regular(const struct root *root, const char *path)
{
	AUTO_CLOSE int fd = root_openat(root, path, root->chroot ? O_PATH : O_RDONLY);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EPROTO;
	if (!root->chroot)
		return TAKE_FD(fd);
	AUTO_CLOSE int file = reopen(root, path, fd);
	if (file < 0)
		return file;
	if (fstat(file, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? TAKE_FD(file) : -EPROTO;
}

/* Room for 'want' more bytes is asked of 'out' by str_add; the last chunk is cut to
 * the limit, so that 'out' holds what fitted. */
static int add_chunk(struct str *out, const char *buf, size_t n)
{
	size_t room = out->max - out->len;

	if (n <= room)
		return str_add(out, buf, n);
	int r = str_add(out, buf, room);
	return r < 0 ? r : -E2BIG;
}

static int read_all(int fd, struct str *out)
{
	char buf[8192];
	ssize_t n;
	int r = 0;

	do {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		r = n < 0 ? -errno : add_chunk(out, buf, (size_t)n);
	} while (n != 0 && r == 0);
	/* It may have been an environ: no copy of a secret stays on the stack. */
	explicit_bzero(buf, sizeof(buf));
	return r;
}

int root_read(const struct root *root, const char *path, struct str *out, struct err *err)
{
	AUTO_CLOSE int fd = open_regular(root, path);

	if (fd == -EPROTO)
		return err_set(err, fd, "%s is not a regular file", path);
	if (fd < 0)
		return err_set(err, fd, "open %s", path);
	int r = read_all(fd, out);
	return r < 0 ? err_set(err, r, "read %s", path) : 0;
}

int root_readlink(const struct root *root, const char *path, char *ret, size_t size)
{
	/* A magic link may be looked at, only not be followed: O_NOFOLLOW. */
	AUTO_CLOSE int fd = root_openat(root, path, O_PATH | O_NOFOLLOW);

	if (fd < 0)
		return fd;
	ssize_t n = readlinkat(fd, "", ret, size);
	if (n < 0)
		return errno == ENOENT ? -EINVAL : -errno; /* not a link */
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	ret[n] = '\0';
	return 0;
}
