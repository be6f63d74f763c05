/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <linux/fs.h> /* RENAME_* */

#include "probe/trace/oracle/rules.h"

static int rename_flags(const struct oracle_call *call)
{
	unsigned one = RENAME_NOREPLACE | RENAME_WHITEOUT, other = RENAME_EXCHANGE;

	if ((call->flags & one) && (call->flags & other))
		return EINVAL;
	return rules_arguments(call, one | other);
}

/* What comes before the parents are locked. */
static int rename_parents(const struct oracle_call *call)
{
	const struct oracle_name *from = &call->name[0], *to = &call->name[1];

	if (from->walk)
		return from->walk;
	if (to->walk)
		return to->walk;
	if (from->parent_mount != to->parent_mount)
		return EXDEV;
	if (from->last != LAST_NAME)
		return EBUSY;
	if (to->last != LAST_NAME)
		return call->flags & RENAME_NOREPLACE ? EEXIST : EBUSY;
	return from->parent_readonly ? EROFS : 0;
}

static int rename_entries(const struct oracle_call *call)
{
	const struct oracle_name *from = &call->name[0], *to = &call->name[1];
	bool exchange = call->flags & RENAME_EXCHANGE;
	int r = rules_find_entry(from);

	if (r)
		return r;
	r = rules_find_entry(to);
	if (r && (r != ENOENT || exchange || to->gone))
		return r;
	if ((call->flags & RENAME_NOREPLACE) && to->kind != KIND_NONE)
		return EEXIST;
	if (exchange && to->slash && to->kind != KIND_DIRECTORY)
		return ENOTDIR;
	if (from->kind != KIND_DIRECTORY && (from->slash || (!exchange && to->slash)))
		return ENOTDIR;
	if (call->beneath)
		return EINVAL;
	return !call->above ? 0 : exchange ? EINVAL : ENOTEMPTY;
}

/* A mount covers another inode than the one that is seen, so only two names that are
 * both covered, or both not, can be links of one file. */
static bool same_file(const struct oracle_name *a, const struct oracle_name *b)
{
	return a->inode != 0 && a->inode == b->inode && a->device == b->device &&
	       a->mount_point == b->mount_point;
}

/* A directory that changes its parent is written: its "..". */
static int may_move(const struct oracle_name *name, const struct oracle_name *other)
{
	if (name->kind != KIND_DIRECTORY || name->mount_point ||
	    name->parent_inode == 0 || other->parent_inode == 0 ||
	    name->parent_inode == other->parent_inode)
		return 0;
	return name->write;
}

/* vfs_rename() */
static int may_rename(const struct oracle_call *call)
{
	const struct oracle_name *from = &call->name[0], *to = &call->name[1];
	bool exchange = call->flags & RENAME_EXCHANGE;
	bool directory = from->kind == KIND_DIRECTORY;
	int r = rules_may_remove(from, directory);

	if (r == 0 && to->kind == KIND_NONE)
		r = to->enter;
	else if (r == 0)
		r = rules_may_remove(to,
				     exchange ? to->kind == KIND_DIRECTORY : directory);
	if (r == 0)
		r = may_move(from, to);
	if (r == 0 && exchange)
		r = may_move(to, from);
	if (r)
		return r;
	if (from->mount_point || to->mount_point)
		return EBUSY;
	if (call->late) /* the file system has no such flag */
		return call->late;
	return !exchange && to->kind == KIND_DIRECTORY && to->full == 1 ? ENOTEMPTY : 0;
}

int rule_rename(const struct oracle_call *call)
{
	int r = rename_flags(call);

	if (r == 0)
		r = rename_parents(call);
	if (r == 0)
		r = rename_entries(call);
	if (r || same_file(&call->name[0], &call->name[1]))
		return r;
	return may_rename(call);
}
