/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>

#include "probe/trace/oracle/rules.h"

/* libc's own values may be 0 (O_LARGEFILE) or hold more bits (O_ACCMODE). */
#define ACCESS_MODE 3U
#define TMPFILE_BIT ((unsigned)O_TMPFILE & ~(unsigned)O_DIRECTORY)
#ifdef __aarch64__
#define LARGEFILE 0400000
#else
#define LARGEFILE 0100000
#endif
#define O_PATH_FLAGS ((unsigned)(O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC))
#define O_KNOWN                                                                     \
	(O_PATH_FLAGS | TMPFILE_BIT | ACCESS_MODE |                                 \
	 (unsigned)(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | \
		    O_SYNC | O_DSYNC | O_ASYNC | O_DIRECT | LARGEFILE | O_NOATIME))

/* build_open_how(), build_open_flags() */
static int open_flags(const struct oracle_call *call, unsigned *ret)
{
	unsigned flags = call->flags;

	if (call->strict) {
		if ((flags & ~O_KNOWN) || ((flags & O_PATH) && (flags & ~O_PATH_FLAGS)))
			return EINVAL;
		if (call->mode & (flags & (O_CREAT | TMPFILE_BIT) ? ~07777U : ~0U))
			return EINVAL;
	}
	flags &= flags & O_PATH ? O_PATH_FLAGS : O_KNOWN;
	if ((flags & O_CREAT) && (flags & O_DIRECTORY) && call->refuses_create_directory)
		return EINVAL;
	if (flags & TMPFILE_BIT)
		if (!(flags & O_DIRECTORY) || (flags & O_CREAT) ||
		    (flags & ACCESS_MODE) == O_RDONLY)
			return EINVAL;
	*ret = flags;
	return 0;
}

/* do_tmpfile() */
static int open_tmpfile(const struct oracle_call *call)
{
	const struct oracle_name *name = &call->name[0];
	int r = rules_find(name);

	if (r)
		return r;
	if (name->kind != KIND_DIRECTORY)
		return ENOTDIR;
	if (name->readonly)
		return EROFS;
	return name->inside ? name->inside : call->late;
}

/* do_o_path() */
static int open_path(const struct oracle_name *name, unsigned flags)
{
	int r = rules_find(name);

	if (r)
		return r;
	return (flags & O_DIRECTORY) && name->kind != KIND_DIRECTORY ? ENOTDIR : 0;
}

/* lookup_open() of a name that is free. Where O_DIRECTORY is not refused before, it is
 * when the file has been made. */
static int open_new(const struct oracle_call *call, unsigned flags)
{
	const struct oracle_name *name = &call->name[0];

	if (!(flags & O_CREAT))
		return ENOENT;
	if (name->parent_readonly)
		return EROFS;
	if (name->enter)
		return name->enter;
	return flags & O_DIRECTORY ? ENOTDIR : call->late;
}

/* may_open(): credentials alone. */
static int may_open(const struct oracle_name *name, unsigned flags)
{
	unsigned access = flags & ACCESS_MODE;

	if ((access != O_RDONLY || (flags & O_TRUNC)) && name->write)
		return name->write;
	if (access != O_WRONLY && name->read)
		return name->read;
	if (name->append && access != O_RDONLY && !(flags & O_APPEND))
		return EPERM;
	if (name->append && name->kind == KIND_FILE && (flags & O_TRUNC))
		return EPERM;
	return (flags & O_NOATIME) && name->stranger ? EPERM : 0;
}

/* do_dentry_open(). Access mode 3 asks for both permissions and opens for neither: no
 * read-only mount minds, and a FIFO cannot. */
static int open_for_writing(const struct oracle_name *name, unsigned flags)
{
	unsigned access = flags & ACCESS_MODE;
	bool writes = access == O_WRONLY || access == O_RDWR;

	if (name->kind == KIND_SOCKET)
		return ENXIO;
	if (name->kind == KIND_FIFO && access == ACCESS_MODE)
		return EINVAL;
	if (name->kind != KIND_FILE)
		return 0;
	if (name->busy && (writes || (flags & O_TRUNC)))
		return ETXTBSY;
	return writes && name->readonly ? EROFS : 0;
}

/* What O_CREAT says to a name that is not free: do_open() */
static int open_taken(const struct oracle_name *name, unsigned flags)
{
	if (flags & O_EXCL)
		return EEXIST;
	if (name->kind == KIND_DIRECTORY)
		return EISDIR;
	return name->create;
}

/* do_open() */
static int open_existing(const struct oracle_call *call, unsigned flags)
{
	const struct oracle_name *name = &call->name[0];
	bool directory = name->kind == KIND_DIRECTORY;
	int r = flags & O_CREAT ? open_taken(name, flags) : 0;

	if (r)
		return r;
	if (!directory && ((flags & O_DIRECTORY) || name->slash))
		return ENOTDIR;
	if (name->kind == KIND_FILE && (flags & O_TRUNC) && name->readonly)
		return EROFS;
	if (name->kind == KIND_SYMLINK)
		return ELOOP;
	if (directory && ((flags & ACCESS_MODE) != O_RDONLY || (flags & O_TRUNC)))
		return EISDIR;
	r = may_open(name, flags);
	if (r == 0)
		r = open_for_writing(name, flags);
	return r ? r : call->late;
}

int rule_open(const struct oracle_call *call)
{
	const struct oracle_name *name = &call->name[0];
	unsigned flags;
	int r = open_flags(call, &flags);

	if (r == 0)
		r = rules_arguments(call, ~0U);
	if (r)
		return r;
	if (flags & TMPFILE_BIT)
		return open_tmpfile(call);
	if (flags & O_PATH)
		return open_path(name, flags);
	if (name->walk)
		return name->walk;
	if (name->last == LAST_NAME && !name->by_fd) {
		if (name->slash && (flags & O_CREAT))
			return EISDIR;
		if (name->gone)
			return ENOENT;
		if (name->lookup)
			return name->lookup;
	}
	return name->kind == KIND_NONE ? open_new(call, flags)
				       : open_existing(call, flags);
}
