/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "probe/trace/oracle/rules.h"

/* --- new names --- */

int rule_mkdir(const struct oracle_call *call)
{
	int r = rules_arguments(call, ~0U);

	if (r == 0)
		r = rules_find_free(&call->name[0], true);
	if (r == 0)
		r = call->name[0].enter;
	return r ? r : call->late;
}

/* may_mknod(), vfs_mknod() */
int rule_mknod(const struct oracle_call *call)
{
	unsigned type = call->mode & S_IFMT;
	bool device = type == S_IFCHR || type == S_IFBLK;

	if (type == S_IFDIR)
		return EPERM;
	if (type && type != S_IFREG && !device && type != S_IFIFO && type != S_IFSOCK)
		return EINVAL;
	int r = rules_arguments(call, ~0U);
	if (r == 0)
		r = rules_find_free(&call->name[0], false);
	if (r == 0)
		r = call->name[0].enter;
	if (r == 0 && device && !call->privileged)
		r = EPERM;
	return r ? r : call->late;
}

int rule_symlink(const struct oracle_call *call)
{
	int r = rules_arguments(call, ~0U);

	if (r == 0)
		r = rules_find_free(&call->name[0], false);
	if (r == 0)
		r = call->name[0].enter;
	return r ? r : call->late;
}

int rule_bind(const struct oracle_call *call)
{
	int r = rule_symlink(call);

	return r == EEXIST ? EADDRINUSE : r;
}

/* do_linkat(): the mounts are compared after the new name was found free and writable. */
int rule_link(const struct oracle_call *call)
{
	const struct oracle_name *from = &call->name[0], *to = &call->name[1];
	int r = rules_arguments(call, AT_SYMLINK_FOLLOW | AT_EMPTY_PATH);

	if (r == 0)
		r = rules_find(from);
	if (r == 0)
		r = rules_find_free(to, false);
	if (r)
		return r;
	if (from->mount != to->parent_mount)
		return EXDEV;
	if (from->link)
		return from->link;
	if (to->enter)
		return to->enter;
	if (from->append || from->write == EPERM || from->kind == KIND_DIRECTORY)
		return EPERM;
	return call->late;
}

/* --- names that go --- */

int rule_unlink(const struct oracle_call *call)
{
	const struct oracle_name *name = &call->name[0];
	bool directory = name->kind == KIND_DIRECTORY;
	int r = rules_arguments(call, AT_REMOVEDIR);

	if (r == 0)
		r = name->walk;
	if (r)
		return r;
	if (name->last != LAST_NAME)
		return EISDIR;
	if (name->parent_readonly)
		return EROFS;
	r = rules_find_entry(name);
	if (r == 0 && name->slash)
		r = directory ? EISDIR : ENOTDIR;
	if (r == 0)
		r = rules_may_remove(name, false);
	if (r)
		return r;
	return name->mount_point ? EBUSY : call->late;
}

int rule_rmdir(const struct oracle_call *call)
{
	static const int unnamed[] = {
		[LAST_DOT] = EINVAL, [LAST_DOTDOT] = ENOTEMPTY, [LAST_ROOT] = EBUSY
	};
	const struct oracle_name *name = &call->name[0];
	int r = rules_arguments(call, AT_REMOVEDIR);

	if (r == 0)
		r = name->walk;
	if (r)
		return r;
	if (name->last != LAST_NAME)
		return unnamed[name->last];
	if (name->parent_readonly)
		return EROFS;
	r = rules_find_entry(name);
	if (r == 0)
		r = rules_may_remove(name, true);
	if (r)
		return r;
	if (name->mount_point)
		return EBUSY;
	return name->full == 1 ? ENOTEMPTY : call->late;
}
