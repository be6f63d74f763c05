/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "tests/unit/oracle_rows.h"

/* Calls that change what a name leads to. */
static const struct row objects[] = {
	ONE("a file", 0, N(FILE_ON), 0, EROFS),
	ONE("missing", 0, N(FREE), ENOENT, ENOENT),
	ONE("a dangling link", 0, N(FREE, .dangling = true), ENOENT, ENOENT),
	ONE("no parent", 0, N(FREE, .walk = ENOENT), ENOENT, ENOENT),
	ONE("a loop", 0, N(LINK_ON, .walk = ELOOP), ELOOP, ELOOP),
	ONE("slash", 0, N(FILE_ON, .slash = true), ENOTDIR, ENOTDIR),
	ONE("too long", 0, N(FREE, .lookup = ENAMETOOLONG), ENAMETOOLONG, ENAMETOOLONG),
	ONE("a bad address", 0, N(FILE_ON), EFAULT, EFAULT, .early = EFAULT),
	ONE("empty", 0, N(FILE_ON), ENOENT, ENOENT, .empty = true),
	ONE("on a writable mount", 0, N(ELSEWHERE, .kind = KIND_FILE), 0, 0),
	ONE("its parent's mount does not matter", 0,
	    N(.kind = KIND_FILE, .mount = 2, .parent_mount = 1), 0, 0),
};

/* Those that all but truncate() take; on descriptors, too. */
static const struct row any_object[] = {
	ONE("a bad flag", 0x4000, N(FILE_ON), EINVAL, EINVAL, .at = true),
	ONE("a device", 0, N(DEVICE_ON), 0, EROFS),
	ONE("a socket", 0, N(SOCK_ON), 0, EROFS),
	ONE("a directory", 0, N(DIR_ON, .slash = true), 0, EROFS),
	ONE("/", 0, N(DIR_ON, .last = LAST_ROOT, .slash = true), 0, EROFS),
	ONE("by descriptor", 0, N(FILE_ON, .by_fd = true), 0, EROFS),
	ONE("by none", 0, N(.walk = EBADF, .by_fd = true), EBADF, EBADF),
	ONE("by O_PATH", 0, N(FILE_ON, .by_fd = true), EBADF, EBADF, .path_only = true),
	ONE("by O_PATH and an empty path", AT_EMPTY_PATH, N(FILE_ON, .by_fd = true), 0,
	    EROFS, .path_only = true, .at = true),
};

TEST(truncate_)
{
	static const struct row rows[] = {
		ONE("a directory", 0, N(DIR_ON), EISDIR, EISDIR),
		ONE("a device", 0, N(DEVICE_ON), EINVAL, EINVAL),
		ONE("no permission", 0, N(FILE_ON, .write = EACCES), EACCES, EACCES),
		ONE("no permission, before 6.14", 0, N(FILE_ON, .write = EACCES), EACCES,
		    EROFS, .kernel = ORACLE_KERNEL(6, 13)),
		ONE("immutable", 0, N(FILE_ON, .write = EPERM), EPERM, EPERM),
		ONE("append-only", 0, N(FILE_ON, .append = true), EPERM, EROFS),
		ONE("a program that runs", 0, N(FILE_ON, .busy = true), ETXTBSY, EROFS),
		ONE("a length that is none", 0, N(FILE_ON), EINVAL, EINVAL,
		    .early = EINVAL),
	};
	CHECK(ORACLE_TRUNCATE, objects);
	CHECK(ORACLE_TRUNCATE, rows);
}

TEST(chmod_)
{
	static const struct row rows[] = {
		ONE("not the owner", 0, N(FILE_ON, .change = EPERM), EPERM, EROFS),
		ONE("a link", AT_SYMLINK_NOFOLLOW, N(LINK_ON), EOPNOTSUPP, EROFS,
		    .at = true),
		ONE("not to be written, but ours", 0, N(FILE_ON, .write = EACCES), 0,
		    EROFS),
	};
	CHECK(ORACLE_CHMOD, objects);
	CHECK(ORACLE_CHMOD, any_object);
	CHECK(ORACLE_CHMOD, rows);
}

TEST(chown_)
{
	static const struct row rows[] = {
		ONE("not allowed", 0, N(FILE_ON, .chown = EPERM), EPERM, EROFS),
		ONE("a link", AT_SYMLINK_NOFOLLOW, N(LINK_ON), 0, EROFS, .at = true),
	};
	CHECK(ORACLE_CHOWN, objects);
	CHECK(ORACLE_CHOWN, any_object);
	CHECK(ORACLE_CHOWN, rows);
}

TEST(utime_)
{
	static const struct row rows[] = {
		ONE("not the owner", 0, N(FILE_ON, .change = EPERM), EPERM, EROFS),
		ONE("now", 0, N(FILE_ON, .change = EPERM), 0, EROFS, .now = true),
		ONE("now, no writer", 0, N(FILE_ON, .change = EPERM, .touch = EACCES),
		    EACCES, EROFS, .now = true),
		ONE("both omitted", 0, N(FILE_ON), 0, 0, .omit = true),
		ONE("both omitted, no file", 0x4000, N(FREE, .walk = ENOENT), 0, 0,
		    .omit = true, .at = true),
		ONE("no time", 0, N(FILE_ON), EINVAL, EINVAL, .invalid = EINVAL),
		ONE("no time, no file", 0, N(FREE), ENOENT, ENOENT, .invalid = EINVAL),
	};
	CHECK(ORACLE_UTIME, objects);
	CHECK(ORACLE_UTIME, any_object);
	CHECK(ORACLE_UTIME, rows);
}

#define USERS	   .attr = ATTR_USER
#define TRUSTED	   .attr = ATTR_TRUSTED
#define SECURITY   .attr = ATTR_SECURITY
#define SYSTEM	   .attr = ATTR_SYSTEM
#define PRIVILEGED .privileged = true

TEST(xattr_)
{
	static const struct row rows[] = {
		ONE("by descriptor", 0, N(FILE_ON, .by_fd = true), 0, EROFS),
		ONE("by O_PATH and an empty path", AT_EMPTY_PATH,
		    N(FILE_ON, .by_fd = true), EBADF, EBADF, .path_only = true,
		    .at = true),
		ONE("no permission", 0, N(FILE_ON, .write = EACCES), EACCES, EROFS),
		ONE("a device", 0, N(DEVICE_ON), EPERM, EROFS, USERS),
		ONE("a directory", 0, N(DIR_ON), 0, EROFS, USERS),
		ONE("a stranger's sticky directory", 0,
		    N(DIR_ON, .sticky = true, .stranger = true), EPERM, EROFS, USERS),
		ONE("our sticky directory", 0, N(DIR_ON, .sticky = true), 0, EROFS,
		    USERS),
		ONE("trusted", 0, N(FILE_ON), EPERM, EROFS, TRUSTED),
		ONE("trusted, by root", 0, N(DEVICE_ON), 0, EROFS, TRUSTED, PRIVILEGED),
		ONE("security", 0, N(FILE_ON), EPERM, EROFS, SECURITY),
		ONE("security, by root", 0, N(FILE_ON), 0, EROFS, SECURITY, PRIVILEGED),
		ONE("security, immutable", 0, N(FILE_ON, .write = EPERM), EPERM, EROFS,
		    SECURITY, PRIVILEGED),
		ONE("an ACL", 0, N(FIFO_ON), 0, EROFS, SYSTEM),
		ONE("an ACL of another's", 0, N(FILE_ON, .change = EPERM), EPERM, EROFS,
		    SYSTEM),
		ONE("an ACL of a link", 0, N(LINK_ON), EOPNOTSUPP, EROFS, SYSTEM),
		ONE("append-only", 0, N(FILE_ON, .append = true), EPERM, EROFS, USERS),
		ONE("a bad flag", 0x4000, N(FILE_ON), EINVAL, EINVAL, .at = true),
		ONE("none such", 0, N(FILE_ON), ENODATA, EROFS, .late = ENODATA),
		ONE("a bad flag of its own", 0, N(FREE, .walk = ENOENT), EINVAL, EINVAL,
		    .invalid = EINVAL),
		ONE("a bad flag, before 6.12", 0, N(FILE_ON), EINVAL, EROFS,
		    .invalid = EINVAL, .kernel = ORACLE_KERNEL(6, 11)),
		ONE("a bad flag, before 6.12, no file", 0, N(FREE), ENOENT, ENOENT,
		    .invalid = EINVAL, .kernel = ORACLE_KERNEL(6, 11)),
	};
	CHECK(ORACLE_XATTR, objects);
	CHECK(ORACLE_XATTR, rows);
}

#define MODE(bits)             \
	{                      \
		.mode = (bits) \
	}

TEST(access_)
{
	static const struct row rows[] = {
		ONE("W", 0, N(FILE_ON), 0, EROFS, .mode = W_OK),
		ONE("R", 0, N(FILE_ON), 0, 0, .mode = R_OK),
		ONE("F", 0, N(FILE_ON, .write = EACCES), 0, 0, .mode = F_OK),
		ONE("a directory", 0, N(DIR_ON), 0, EROFS, .mode = W_OK | X_OK),
		ONE("a link", 0, N(LINK_ON), 0, EROFS, .mode = W_OK),
		ONE("a device", 0, N(DEVICE_ON), 0, 0, .mode = W_OK),
		ONE("a FIFO", 0, N(FIFO_ON), 0, 0, .mode = W_OK),
		ONE("a socket", 0, N(SOCK_ON), 0, 0, .mode = W_OK),
		ONE("not W", 0, N(FILE_ON, .write = EACCES), EACCES, EACCES,
		    .mode = W_OK),
		ONE("not R", 0, N(FILE_ON, .read = EACCES), EACCES, EACCES,
		    .mode = R_OK | W_OK),
		ONE("not X", 0, N(FILE_ON, .execute = EACCES), EACCES, EACCES,
		    .mode = W_OK | X_OK),
		ONE("immutable", 0, N(FILE_ON, .write = EPERM), EPERM, EPERM,
		    .mode = W_OK),
		ONE("O_PATH", AT_EMPTY_PATH, N(FILE_ON, .by_fd = true), 0, EROFS,
		    .mode = W_OK, .at = true, .path_only = true),
		ONE("good flags", AT_EACCESS | AT_SYMLINK_NOFOLLOW, N(FILE_ON), 0, EROFS,
		    .mode = W_OK, .at = true),
		ONE("no such mode", 0, N(FILE_ON), EINVAL, EINVAL, .mode = 8 | W_OK),
		ONE("missing", 0, N(FREE), ENOENT, ENOENT, .mode = W_OK),
		ONE("slash", 0, N(FILE_ON, .slash = true), ENOTDIR, ENOTDIR,
		    .mode = W_OK),
		ONE("a bad flag", 0x4000, N(FILE_ON), EINVAL, EINVAL, .mode = W_OK,
		    .at = true),
	};
	CHECK(ORACLE_ACCESS, rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truncate_), cmocka_unit_test(chmod_),
		cmocka_unit_test(chown_),    cmocka_unit_test(utime_),
		cmocka_unit_test(xattr_),    cmocka_unit_test(access_),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
