/* SPDX-License-Identifier: MIT */
#include "probe/trace/names/judge.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "probe/fs/access.h"
#include "probe/trace/names/sticky.h"

#define FROZEN (SYS_STATX_ATTR_IMMUTABLE | SYS_STATX_ATTR_APPEND)

static enum file_kind kind_of(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return KIND_DIRECTORY;
	case S_IFLNK:
		return KIND_SYMLINK;
	case S_IFSOCK:
		return KIND_SOCKET;
	case S_IFIFO:
		return KIND_FIFO;
	case S_IFCHR:
	case S_IFBLK:
		return KIND_DEVICE;
	default:
		return KIND_FILE; /* also what has no type: an eventfd, a memfd */
	}
}

static bool has(const struct identity_facts *who, int cap)
{
	return who->cap_effective & CAP_MASK(cap);
}

/* inode_owner_or_capable() */
static bool owns(const struct identity_facts *who, const struct sys_statx *st)
{
	return !who->part.known || who->fsuid == st->uid || has(who, CAP_FOWNER);
}

static int permission(const struct identity_facts *who, int dir, const char *name,
		      const struct sys_statx *st, unsigned want)
{
	if (dir == JUDGE_NOWHERE) {
		const struct access_object plain = access_object(st);

		return access_check(who, &plain, want) == TRI_NO ? EACCES : 0;
	}
	return access_check_at(who, dir, name, st, want) == TRI_NO ? EACCES : 0;
}

static int write_of(const struct identity_facts *who, int dir, const char *name,
		    const struct sys_statx *st)
{
	if (st->attributes & SYS_STATX_ATTR_IMMUTABLE)
		return EPERM;
	return permission(who, dir, name, st, W_OK);
}

/* may_linkat(), safe_hardlink_source() */
static int link_of(const struct judge *j, int dir, const char *name,
		   const struct sys_statx *st)
{
	const bool setgid = (st->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);

	if (j->request->kind != CALL_LINK || j->which != 0 || owns(j->who, st) ||
	    !sticky_protects_links())
		return 0;
	if (!S_ISREG(st->mode) || (st->mode & S_ISUID) || setgid)
		return EPERM;
	return permission(j->who, dir, name, st, R_OK | W_OK) ? EPERM : 0;
}

static int inside_of(const struct judge *j, int dir, const char *name,
		     const struct sys_statx *st)
{
	if (j->request->kind != CALL_OPEN || !S_ISDIR(st->mode))
		return 0;
	if (st->attributes & SYS_STATX_ATTR_IMMUTABLE)
		return EPERM;
	return permission(j->who, dir, name, st, W_OK | X_OK);
}

/* setattr_should_drop_suidgid(): a new owner, and even the old one named again, takes
 * these away, which is a change of the mode. */
static bool loses_setid(const struct identity_facts *who, const struct sys_statx *st)
{
	if (S_ISDIR(st->mode))
		return false;
	if (st->mode & S_ISUID)
		return true;
	return (st->mode & S_ISGID) &&
	       ((st->mode & S_IXGRP) ||
		!(access_in_group(who, st->gid) || has(who, CAP_FSETID)));
}

static int chown_of(const struct judge *j, const struct sys_statx *st)
{
	const struct identity_facts *who = j->who;
	const uint32_t uid = j->request->uid, gid = j->request->gid;
	const bool owner = who->fsuid == st->uid;

	const bool mode = loses_setid(who, st);

	if (uid == UINT32_MAX && gid == UINT32_MAX && !mode)
		return 0;
	if (st->attributes & FROZEN || (mode && !owns(who, st)))
		return EPERM;
	if (!who->part.known || has(who, CAP_CHOWN))
		return 0;
	if (uid != UINT32_MAX && !(owner && uid == st->uid))
		return EPERM;
	if (gid != UINT32_MAX &&
	    !(owner && (gid == st->gid || access_in_group(who, gid))))
		return EPERM;
	return 0;
}

/* --- is a directory empty --- */

static bool is_itself(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* The first entries tell. An O_PATH descriptor cannot be read, and where it is not ours
 * to leave the access time alone we do not look. */
static int full_of(int dir, const char *name)
{
	_Alignas(struct sys_dirent) char buf[2048];
	AUTO_CLOSE int fd = openat(dir, name[0] ? name : ".",
				   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME |
					   O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -1;
	for (;;) {
		const ssize_t len = sys_getdents(fd, buf, sizeof(buf));

		if (len <= 0)
			return len < 0 ? -1 : 0;
		for (ssize_t at = 0; at < len;) {
			const struct sys_dirent *d = (const void *)(buf + at);

			if (!is_itself(d->name))
				return 1;
			at += d->reclen;
		}
	}
}

static bool asks_for_entries(const struct judge *j)
{
	return j->request->kind == CALL_RMDIR ||
	       (j->request->kind == CALL_RENAME && j->which == 1);
}

/* --- the object, the parent --- */

/* To ask for an ACL is the dearest question of all: only where the answer matters. */
static bool reads(const struct request *r)
{
	return r->kind == CALL_ACCESS ||
	       (r->kind == CALL_OPEN && (r->flags & O_ACCMODE) != O_WRONLY);
}

void judge_object(const struct judge *j, int dir, const char *name,
		  const struct sys_statx *st, struct oracle_name *ret)
{
	const struct identity_facts *who = j->who;
	const bool frozen = st->attributes & FROZEN;

	ret->kind = kind_of(st->mode);
	ret->stranger = !owns(who, st);
	ret->sticky = S_ISDIR(st->mode) && st->mode & S_ISVTX;
	ret->append = st->attributes & SYS_STATX_ATTR_APPEND;
	ret->write = write_of(who, dir, name, st);
	ret->inside = inside_of(j, dir, name, st);
	ret->link = link_of(j, dir, name, st);
	if (j->request->kind == CALL_ACCESS)
		ret->execute = permission(who, dir, name, st, X_OK);
	if (reads(j->request))
		ret->read = permission(who, dir, name, st, R_OK);
	ret->change = frozen || ret->stranger ? EPERM : 0;
	if (st->attributes & SYS_STATX_ATTR_IMMUTABLE)
		ret->touch = EPERM;
	else
		ret->touch = !ret->stranger ? 0 : permission(who, dir, name, st, W_OK);
	ret->chown = j->request->kind == CALL_CHOWN ? chown_of(j, st) : 0;
	ret->mount_point = st->attributes & SYS_STATX_ATTR_MOUNT_ROOT;
	ret->inode = st->ino;
	ret->device = (uint64_t)st->dev_major << 32 | st->dev_minor;
	ret->full = -1;
	if (ret->kind == KIND_DIRECTORY && asks_for_entries(j) && dir != JUDGE_NOWHERE)
		ret->full = st->nlink > 2 ? 1 : full_of(dir, name);
}

bool judge_needs_parent(const struct judge *j, const struct sys_statx *st)
{
	const uint64_t kinds = CALL_BIT(UNLINK) | CALL_BIT(RMDIR) | CALL_BIT(RENAME);

	return st->attributes & SYS_STATX_ATTR_MOUNT_ROOT ||
	       (kinds >> j->request->kind & 1) ||
	       (j->request->kind == CALL_OPEN && j->request->flags & O_CREAT);
}

static int remove_of(const struct judge *j, const struct sys_statx *parent,
		     const struct sys_statx *st)
{
	const struct identity_facts *who = j->who;

	if ((parent->attributes | st->attributes) & SYS_STATX_ATTR_APPEND)
		return EPERM;
	if (st->attributes & SYS_STATX_ATTR_IMMUTABLE)
		return EPERM;
	if ((parent->mode & S_ISVTX) && who->part.known && who->fsuid != st->uid &&
	    who->fsuid != parent->uid && !has(who, CAP_FOWNER))
		return EPERM;
	return 0;
}

void judge_parent(const struct judge *j, int dir, const struct sys_statx *parent,
		  const struct sys_statx *st, struct oracle_name *ret)
{
	const struct identity_facts *who = j->who;

	ret->enter = parent->attributes & SYS_STATX_ATTR_IMMUTABLE
			     ? EPERM
			     : permission(who, dir, "", parent, W_OK | X_OK);
	ret->remove = ret->enter || !st ? ret->enter : remove_of(j, parent, st);
	ret->parent_inode = parent->ino;
	if (st && j->request->kind == CALL_OPEN && j->request->flags & O_CREAT &&
	    !sticky_may_open(who, parent, st))
		ret->create = EACCES;
}
