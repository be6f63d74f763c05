/* SPDX-License-Identifier: MIT */
#include "probe/trace/tracee/open_flags.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stddef.h>

#define TMPFILE 020000000U /* the bit of O_TMPFILE that is not O_DIRECTORY */

/* The kernel's values; libc's O_LARGEFILE may be 0. */
struct moved {
	unsigned directory, nofollow, direct, largefile;
};
static const struct moved on_x86 = { 0200000, 0400000, 040000, 0100000 };
static const struct moved on_arm64 = { 040000, 0100000, 0200000, 0400000 };

static const struct moved *moved_of(enum abi abi)
{
	return abi == ABI_ARM64 ? &on_arm64 : &on_x86;
}

unsigned open_flags(enum abi abi, unsigned flags)
{
	const struct moved *m = moved_of(abi);
	unsigned ret = flags & ~(m->directory | m->nofollow | m->direct | m->largefile);

	if (flags & m->directory)
		ret |= O_DIRECTORY;
	if (flags & m->nofollow)
		ret |= O_NOFOLLOW;
	if (flags & m->direct)
		ret |= O_DIRECT;
	return ret;
}

unsigned open_flags_plain(enum abi abi, unsigned flags)
{
	unsigned ret = open_flags(abi, flags);

	return ret & O_PATH ? ret & (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : ret;
}

bool open_creates(unsigned flags)
{
	return flags & (O_CREAT | TMPFILE);
}

/* FASYNC is O_ASYNC, __O_SYNC and O_DSYNC are O_SYNC. */
static unsigned known_flags(void)
{
	return O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK |
	       O_SYNC | O_DSYNC | O_ASYNC | O_DIRECT | O_DIRECTORY | O_NOFOLLOW |
	       O_NOATIME | O_CLOEXEC | O_PATH | TMPFILE;
}

int open_how_check(enum abi abi, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	const unsigned f = open_flags(abi, (unsigned)flags);
	const uint64_t both = RESOLVE_BENEATH | RESOLVE_IN_ROOT, cached = 0x20;

	if (flags > UINT32_MAX || f & ~known_flags() || resolve & ~UINT64_C(0x3f) ||
	    (resolve & both) == both)
		return EINVAL;
	if (open_creates(f) ? mode & ~UINT64_C(07777) : mode)
		return EINVAL;
	if (f & O_PATH && f & ~(unsigned)(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
		return EINVAL;
	return resolve & cached && f & (O_TRUNC | O_CREAT | TMPFILE) ? EAGAIN : 0;
}
