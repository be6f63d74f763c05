/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "probe/trace/oracle/rules.h"

/* vfs_truncate(): EROFS came before EACCES once. */
int rule_truncate(const struct oracle_call *call)
{
	const struct oracle_name *name = &call->name[0];
	int r = rules_find_object(call, ~0U);

	if (r)
		return r;
	if (name->kind != KIND_FILE)
		return name->kind == KIND_DIRECTORY ? EISDIR : EINVAL;
	if (name->readonly && !rules_since(call, 6, 14))
		return EROFS;
	if (name->write)
		return name->write;
	if (name->readonly)
		return EROFS;
	if (name->append)
		return EPERM;
	return name->busy ? ETXTBSY : call->late;
}

/* chmod_common(): nobody changes the mode of a link. */
int rule_chmod(const struct oracle_call *call)
{
	const struct oracle_name *name = &call->name[0];
	int r = rules_find_object(call, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);

	if (r)
		return r;
	if (name->readonly)
		return EROFS;
	if (name->kind == KIND_SYMLINK)
		return EOPNOTSUPP;
	return name->change ? name->change : call->late;
}

int rule_chown(const struct oracle_call *call)
{
	const struct oracle_name *name = &call->name[0];
	int r = rules_find_object(call, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);

	if (r)
		return r;
	if (name->readonly)
		return EROFS;
	return name->chown ? name->chown : call->late;
}

/* vfs_utimes() */
int rule_utime(const struct oracle_call *call)
{
	const struct oracle_name *name = &call->name[0];

	if (call->omit)
		return 0;
	int r = rules_find_object(call, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
	if (r == 0)
		r = call->invalid;
	if (r)
		return r;
	if (name->readonly)
		return EROFS;
	r = call->now ? name->touch : name->change;
	return r ? r : call->late;
}

/* xattr_permission(), cap_inode_setxattr(), set_posix_acl() */
static int may_set_attribute(const struct oracle_call *call)
{
	const struct oracle_name *name = &call->name[0];

	if (name->append || name->write == EPERM)
		return EPERM;
	switch (call->attr) {
	case ATTR_TRUSTED:
	case ATTR_SECURITY:
		return call->privileged ? 0 : EPERM;
	case ATTR_SYSTEM:
		return name->kind == KIND_SYMLINK ? EOPNOTSUPP : name->change;
	case ATTR_UNKNOWN:
	case ATTR_USER:
		break;
	}
	if (name->kind != KIND_FILE && name->kind != KIND_DIRECTORY)
		return EPERM;
	if (name->sticky && name->stranger)
		return EPERM;
	return name->write;
}

int rule_xattr(const struct oracle_call *call)
{
	const struct oracle_name *name = &call->name[0];
	int r = rules_since(call, 6, 12) ? call->invalid : 0;

	if (r == 0)
		r = rules_arguments(call, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
	/* setxattrat() wants a real descriptor even with AT_EMPTY_PATH. */
	if (r == 0 && name->by_fd && call->path_only)
		r = EBADF;
	if (r == 0)
		r = rules_find(name);
	if (r)
		return r;
	if (name->readonly)
		return EROFS;
	r = call->invalid ? call->invalid : may_set_attribute(call);
	return r ? r : call->late;
}

static bool is_special(enum file_kind kind)
{
	return kind == KIND_SOCKET || kind == KIND_FIFO || kind == KIND_DEVICE;
}

/* do_faccessat() */
int rule_access(const struct oracle_call *call)
{
	const struct oracle_name *name = &call->name[0];

	if (call->mode & ~(unsigned)(R_OK | W_OK | X_OK))
		return EINVAL;
	int r = rules_arguments(call, AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
	if (r == 0)
		r = rules_find(name);
	if (r == 0 && (call->mode & W_OK))
		r = name->write;
	if (r == 0 && (call->mode & R_OK))
		r = name->read;
	if (r == 0 && (call->mode & X_OK))
		r = name->execute;
	if (r == 0 && (call->mode & W_OK) && name->readonly && !is_special(name->kind))
		r = EROFS;
	return r;
}
