/* SPDX-License-Identifier: MIT */
#include "probe/trace/oracle/rules.h"

#include <errno.h>
#include <fcntl.h>

bool rules_since(const struct oracle_call *call, unsigned major, unsigned minor)
{
	return call->kernel == 0 || call->kernel >= ORACLE_KERNEL(major, minor);
}

int rules_arguments(const struct oracle_call *call, unsigned known)
{
	if (call->at && (call->flags & ~known))
		return EINVAL;
	if (call->early)
		return call->early;
	return call->empty ? ENOENT : 0;
}

int rules_find(const struct oracle_name *name)
{
	if (name->walk)
		return name->walk;
	if (name->by_fd)
		return 0;
	if (name->lookup)
		return name->lookup;
	if (name->kind == KIND_NONE)
		return ENOENT;
	return name->slash && name->kind != KIND_DIRECTORY ? ENOTDIR : 0;
}

/* fchmod() and its like refuse an O_PATH descriptor; an empty path takes one. */
int rules_find_object(const struct oracle_call *call, unsigned known)
{
	const struct oracle_name *name = &call->name[0];
	int r = rules_arguments(call, known);

	if (r)
		return r;
	if (name->by_fd && call->path_only && !(call->flags & AT_EMPTY_PATH))
		return EBADF;
	return rules_find(name);
}

int rules_find_free(const struct oracle_name *name, bool directory)
{
	if (name->walk)
		return name->walk;
	if (name->last != LAST_NAME)
		return EEXIST;
	if (name->gone)
		return ENOENT;
	if (name->lookup)
		return name->lookup;
	if (name->kind != KIND_NONE)
		return EEXIST;
	if (name->slash && !directory)
		return ENOENT;
	return name->parent_readonly ? EROFS : 0;
}

int rules_find_entry(const struct oracle_name *name)
{
	if (name->gone)
		return ENOENT;
	if (name->lookup)
		return name->lookup;
	return name->kind == KIND_NONE ? ENOENT : 0;
}

int rules_may_remove(const struct oracle_name *name, bool directory)
{
	/* Of a mount point it is the inode below that counts, and nobody can see it: its
	 * parent alone decides, and then it is busy. */
	int r = name->mount_point ? name->enter : name->remove;

	if (r)
		return r;
	if (directory)
		return name->kind == KIND_DIRECTORY ? 0 : ENOTDIR;
	return name->kind == KIND_DIRECTORY ? EISDIR : 0;
}
