/* SPDX-License-Identifier: MIT */
#include "probe/trace/names/nameless.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "core/facts.h"
#include "probe/trace/names/walk.h"

/* A removed directory has no entries any more, not even its own; overlayfs goes on saying
 * that it has one link. To be asked only of what looks removed: it takes a real open. */
static enum tri is_removed_directory(int fd)
{
	_Alignas(struct sys_dirent) char buf[1024];
	AUTO_CLOSE int dir = openat(
		fd, ".", O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_NOATIME | O_CLOEXEC);

	if (dir < 0)
		return TRI_UNKNOWN;
	return sys_getdents(dir, buf, sizeof(buf)) < 0 && errno == ENOENT ? TRI_YES
									  : TRI_NO;
}

bool nameless_is_deleted(const char *text, size_t len, int fd, const struct sys_statx *st)
{
	static const char tail[] = " (deleted)";
	const size_t n = sizeof(tail) - 1;
	struct sys_statx there;

	if (len < n || memcmp(text + len - n, tail, n) != 0)
		return false;
	if (st->nlink == 0)
		return true;
	const enum tri removed =
		S_ISDIR(st->mode) ? is_removed_directory(fd) : TRI_UNKNOWN;
	if (removed != TRI_UNKNOWN)
		return removed == TRI_YES;
	return sys_statx(AT_FDCWD, text, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, WALK_STAT,
			 &there) < 0 ||
	       there.ino != st->ino || there.dev_major != st->dev_major ||
	       there.dev_minor != st->dev_minor;
}

bool nameless_is(const char *text, size_t len, int fd, const struct sys_statx *st)
{
	return (len > 0 && text[0] != '/') || nameless_is_deleted(text, len, fd, st);
}
