/* SPDX-License-Identifier: MIT */
#include <linux/fs.h>
#include <sys/stat.h>

#include "tests/unit/oracle_rows.h"

/* mkdir, mknod, symlink, bind and link look for the same of a new name. */
static const struct row new_names[] = {
	ONE("free", 0, N(FREE), 0, EROFS),
	ONE("no permission", 0, N(FREE, .enter = EACCES), EACCES, EROFS),
	ONE("no parent", 0, N(FREE, .walk = ENOENT), ENOENT, ENOENT),
	ONE("taken by a file", 0, N(FILE_ON), EEXIST, EEXIST),
	ONE("taken by a directory", 0, N(DIR_ON, .slash = true), EEXIST, EEXIST),
	ONE("taken by a link", 0, N(LINK_ON), EEXIST, EEXIST),
	ONE("taken, no permission", 0, N(DIR_ON, .enter = EACCES), EEXIST, EEXIST),
	ONE(".", 0, N(DIR_ON, .last = LAST_DOT), EEXIST, EEXIST),
	ONE("..", 0, N(DIR_ON, .last = LAST_DOTDOT), EEXIST, EEXIST),
	ONE("/", 0, N(DIR_ON, .last = LAST_ROOT), EEXIST, EEXIST),
	ONE("a removed parent", 0, N(FREE, .gone = true), ENOENT, ENOENT),
	ONE("too long", 0, N(FREE, .lookup = ENAMETOOLONG), ENAMETOOLONG, ENAMETOOLONG),
	ONE("a bad address", 0, N(FREE), EFAULT, EFAULT, .early = EFAULT),
	ONE("empty", 0, N(FREE), ENOENT, ENOENT, .empty = true),
	ONE("on a writable mount", 0, N(ELSEWHERE), 0, 0),
};

/* Only a directory may have a slash behind its name-to-be. */
static const struct row new_slash[] = {
	ONE("slash", 0, N(FREE, .slash = true), ENOENT, ENOENT),
};

TEST(mkdir_)
{
	static const struct row rows[] = {
		ONE("slash", 0, N(FREE, .slash = true), 0, EROFS),
	};
	CHECK(ORACLE_MKDIR, new_names);
	CHECK(ORACLE_MKDIR, rows);
}

TEST(symlink_)
{
	CHECK(ORACLE_SYMLINK, new_names);
	CHECK(ORACLE_SYMLINK, new_slash);
}

TEST(bind_)
{
	struct row row;

	CHECK(ORACLE_BIND, new_slash);
	for (size_t i = 0; i < ARRAY_LEN(new_names); i++) {
		row = new_names[i];
		if (row.writable == EEXIST)
			row.writable = row.readonly = EADDRINUSE;
		check(ORACLE_BIND, &row, 1);
	}
}

TEST(mknod_)
{
	static const struct row rows[] = {
		ONE("fifo", 0, N(FREE), 0, EROFS, .mode = S_IFIFO),
		ONE("socket", 0, N(FREE), 0, EROFS, .mode = S_IFSOCK),
		ONE("file", 0, N(FREE), 0, EROFS, .mode = S_IFREG | 0600),
		ONE("device", 0, N(FREE), EPERM, EROFS, .mode = S_IFCHR),
		ONE("device, no permission", 0, N(FREE, .enter = EACCES), EACCES, EROFS,
		    .mode = S_IFBLK),
		ONE("device, CAP_MKNOD", 0, N(FREE), 0, EROFS, .mode = S_IFBLK,
		    .privileged = true),
		ONE("directory", 0, N(FREE), EPERM, EPERM, .mode = S_IFDIR),
		ONE("link", 0, N(FREE), EINVAL, EINVAL, .mode = S_IFLNK),
	};
	CHECK(ORACLE_MKNOD, new_names);
	CHECK(ORACLE_MKNOD, new_slash);
	CHECK(ORACLE_MKNOD, rows);
}

TEST(link_)
{
	static const struct row rows[] = {
		TWO("a file", 0, N(FILE_ON), N(FREE), 0, EROFS),
		TWO("a link", 0, N(LINK_ON), N(FREE), 0, EROFS),
		TWO("missing", 0, N(FREE), N(FREE), ENOENT, ENOENT),
		TWO("slash", 0, N(FILE_ON, .slash = true), N(FREE), ENOTDIR, ENOTDIR),
		TWO("a directory", 0, N(DIR_ON), N(FREE), EPERM, EROFS),
		TWO("to a name taken", 0, N(FILE_ON), N(FILE_ON), EEXIST, EEXIST),
		TWO("to .", 0, N(FILE_ON), N(DIR_ON, .last = LAST_DOT), EEXIST, EEXIST),
		TWO("to a slash", 0, N(FILE_ON), N(FREE, .slash = true), ENOENT, ENOENT),
		TWO("no permission", 0, N(FILE_ON), N(FREE, .enter = EACCES), EACCES,
		    EROFS),
		TWO("from elsewhere", 0, N(ELSEWHERE, .kind = KIND_FILE), N(FREE), EXDEV,
		    EROFS),
		TWO("to elsewhere", 0, N(FILE_ON), N(ELSEWHERE), EXDEV, EXDEV),
		TWO("to elsewhere, no permission", 0, N(FILE_ON),
		    N(ELSEWHERE, .enter = EACCES), EXDEV, EXDEV),
		TWO("another's", 0, N(FILE_ON, .link = EPERM), N(FREE), EPERM, EROFS),
		TWO("another's before no permission", 0, N(FILE_ON, .link = EPERM),
		    N(FREE, .enter = EACCES), EPERM, EROFS),
		TWO("immutable", 0, N(FILE_ON, .write = EPERM), N(FREE), EPERM, EROFS),
		TWO("append-only", 0, N(FILE_ON, .append = true), N(FREE), EPERM, EROFS),
		TWO("by descriptor", 0, N(FILE_ON, .by_fd = true), N(FREE), 0, EROFS),
		TWO("a bad flag", 1, N(FILE_ON), N(FREE), EINVAL, EINVAL, .at = true),
		TWO("good flags", AT_SYMLINK_FOLLOW | AT_EMPTY_PATH, N(FILE_ON), N(FREE),
		    0, EROFS, .at = true),
	};
	CHECK(ORACLE_LINK, rows);
}

TEST(unlink_)
{
	static const struct row rows[] = {
		ONE("a file", 0, N(FILE_ON), 0, EROFS),
		ONE("a device", 0, N(DEVICE_ON), 0, EROFS),
		ONE("missing", 0, N(FREE), ENOENT, EROFS),
		ONE("no parent", 0, N(FREE, .walk = ENOENT), ENOENT, ENOENT),
		ONE("a parent that is no directory", 0, N(FREE, .walk = ENOTDIR), ENOTDIR,
		    ENOTDIR),
		ONE("a directory", 0, N(DIR_ON), EISDIR, EROFS),
		ONE("slash", 0, N(FILE_ON, .slash = true), ENOTDIR, EROFS),
		ONE("directory, slash", 0, N(DIR_ON, .slash = true), EISDIR, EROFS),
		ONE(".", 0, N(DIR_ON, .last = LAST_DOT), EISDIR, EISDIR),
		ONE("/", 0, N(DIR_ON, .last = LAST_ROOT), EISDIR, EISDIR),
		ONE("no permission", 0, N(FILE_ON, .enter = EACCES, .remove = EACCES),
		    EACCES, EROFS),
		ONE("sticky", 0, N(FILE_ON, .remove = EPERM), EPERM, EROFS),
		ONE("a directory in a sticky one", 0, N(DIR_ON, .remove = EPERM), EPERM,
		    EROFS),
		ONE("a mount point", 0, N(FILE_ON, .mount_point = true), EBUSY, EROFS),
		ONE("a mount point that shows an immutable file", 0,
		    N(FILE_ON, .mount_point = true, .remove = EPERM), EBUSY, EROFS),
		ONE("a mount point, no permission", 0,
		    N(FILE_ON, .mount_point = true, .remove = EACCES, .enter = EACCES),
		    EACCES, EROFS),
		ONE("a mount point that is writable", 0,
		    N(.mount = 2, .parent_mount = 1, .kind = KIND_FILE,
		      .mount_point = true),
		    EBUSY, EROFS),
		ONE("too long", 0, N(FREE, .lookup = ENAMETOOLONG), ENAMETOOLONG, EROFS),
		ONE("a removed parent", 0, N(FREE, .gone = true), ENOENT, EROFS),
		ONE("a bad flag", 1, N(FILE_ON), EINVAL, EINVAL, .at = true),
	};
	CHECK(ORACLE_UNLINK, rows);
}

TEST(rmdir_)
{
	static const struct row rows[] = {
		ONE("a directory", 0, N(DIR_ON), 0, EROFS),
		ONE("slash", 0, N(DIR_ON, .slash = true), 0, EROFS),
		ONE("nobody looked", 0, N(DIR_ON, .full = -1), 0, EROFS),
		ONE("not empty", 0, N(DIR_ON, .full = 1), ENOTEMPTY, EROFS),
		ONE("missing", 0, N(FREE), ENOENT, EROFS),
		ONE("a file", 0, N(FILE_ON), ENOTDIR, EROFS),
		ONE("a link", 0, N(LINK_ON, .slash = true), ENOTDIR, EROFS),
		ONE("no parent", 0, N(FREE, .walk = ENOENT), ENOENT, ENOENT),
		ONE(".", 0, N(DIR_ON, .last = LAST_DOT), EINVAL, EINVAL),
		ONE("..", 0, N(DIR_ON, .last = LAST_DOTDOT), ENOTEMPTY, ENOTEMPTY),
		ONE("/", 0, N(DIR_ON, .last = LAST_ROOT), EBUSY, EBUSY),
		ONE("a mount point", 0, N(DIR_ON, .mount_point = true, .full = 1), EBUSY,
		    EROFS),
		ONE("no permission", 0, N(DIR_ON, .remove = EACCES), EACCES, EROFS),
		ONE("AT_REMOVEDIR", AT_REMOVEDIR, N(DIR_ON), 0, EROFS, .at = true),
		ONE("a bad flag", AT_REMOVEDIR | 1, N(DIR_ON), EINVAL, EINVAL,
		    .at = true),
	};
	CHECK(ORACLE_RMDIR, rows);
}

TEST(rename_of_names)
{
	static const struct row rows[] = {
		TWO("a file", 0, N(FILE_ON), N(FREE), 0, EROFS),
		TWO("over a file", 0, N(FILE_ON, .inode = 1), N(FILE_ON, .inode = 2), 0,
		    EROFS),
		TWO("missing", 0, N(FREE), N(FREE), ENOENT, EROFS),
		TWO("no parent", 0, N(FREE, .walk = ENOENT), N(FREE), ENOENT, ENOENT),
		TWO("no other parent", 0, N(FILE_ON), N(.walk = ENOENT), ENOENT, ENOENT),
		TWO("to elsewhere", 0, N(FILE_ON), N(ELSEWHERE), EXDEV, EXDEV),
		TWO("missing, to elsewhere", 0, N(FREE), N(ELSEWHERE), EXDEV, EXDEV),
		TWO(". to elsewhere", 0, N(DIR_ON, .last = LAST_DOT), N(ELSEWHERE), EXDEV,
		    EXDEV),
		TWO(".", 0, N(DIR_ON, .last = LAST_DOT), N(FREE), EBUSY, EBUSY),
		TWO("to ..", 0, N(FILE_ON), N(DIR_ON, .last = LAST_DOTDOT), EBUSY, EBUSY),
		TWO("not over ..", RENAME_NOREPLACE, N(FILE_ON),
		    N(DIR_ON, .last = LAST_DOTDOT), EEXIST, EEXIST),
		TWO("not over a file", RENAME_NOREPLACE, N(FILE_ON), N(FILE_ON), EEXIST,
		    EROFS),
		TWO("exchange", RENAME_EXCHANGE, N(FILE_ON), N(DIR_ON, .full = 1), 0,
		    EROFS),
		TWO("exchange with nothing", RENAME_EXCHANGE, N(FILE_ON), N(FREE), ENOENT,
		    EROFS),
		TWO("exchange with file/", RENAME_EXCHANGE, N(FILE_ON),
		    N(FILE_ON, .slash = true), ENOTDIR, EROFS),
		TWO("exchange with directory/", RENAME_EXCHANGE, N(FILE_ON),
		    N(DIR_ON, .slash = true), 0, EROFS),
		TWO("slash", 0, N(FILE_ON, .slash = true), N(FREE), ENOTDIR, EROFS),
		TWO("to a slash", 0, N(FILE_ON), N(FREE, .slash = true), ENOTDIR, EROFS),
		TWO("slashes", 0, N(DIR_ON, .slash = true), N(FREE, .slash = true), 0,
		    EROFS),
		TWO("into itself", 0, N(DIR_ON), N(FREE), EINVAL, EROFS, .beneath = true),
		TWO("over what holds it", 0, N(FILE_ON), N(DIR_ON, .full = 1), ENOTEMPTY,
		    EROFS, .above = true),
		TWO("exchange with what holds it", RENAME_EXCHANGE, N(FILE_ON),
		    N(DIR_ON, .full = 1), EINVAL, EROFS, .above = true),
		TWO("too long", 0, N(FILE_ON), N(FREE, .lookup = ENAMETOOLONG),
		    ENAMETOOLONG, EROFS),
		TWO("from a removed parent", 0, N(FREE, .gone = true), N(FREE), ENOENT,
		    EROFS),
		TWO("into a removed parent", 0, N(FILE_ON), N(FREE, .gone = true), ENOENT,
		    EROFS),
		TWO("a bad flag", 8, N(FILE_ON), N(FREE), EINVAL, EINVAL, .at = true),
		TWO("flags that exclude each other", RENAME_EXCHANGE | RENAME_NOREPLACE,
		    N(FILE_ON), N(FILE_ON), EINVAL, EINVAL),
	};
	CHECK(ORACLE_RENAME, rows);
}

TEST(rename_and_permission)
{
	static const struct row rows[] = {
		TWO("onto its own link", 0, N(FILE_ON, .inode = 1, .remove = EACCES),
		    N(FILE_ON, .inode = 1, .remove = EACCES), 0, EROFS),
		TWO("onto the same inode of another device", 0,
		    N(FILE_ON, .inode = 1, .remove = EACCES),
		    N(FILE_ON, .inode = 1, .device = 2), EACCES, EROFS),
		TWO("onto what only looks like its link", 0, N(FILE_ON, .inode = 1),
		    N(FILE_ON, .inode = 1, .mount_point = true), EBUSY, EROFS),
		TWO("two files nobody knows", 0, N(FILE_ON, .remove = EACCES), N(FILE_ON),
		    EACCES, EROFS),
		TWO("no permission", 0, N(FILE_ON, .remove = EACCES), N(FREE), EACCES,
		    EROFS),
		TWO("sticky target", 0, N(FILE_ON, .inode = 1),
		    N(FILE_ON, .inode = 2, .remove = EPERM), EPERM, EROFS),
		TWO("target not to be entered", 0, N(FILE_ON), N(FREE, .enter = EACCES),
		    EACCES, EROFS),
		TWO("a directory over a file", 0, N(DIR_ON), N(FILE_ON), ENOTDIR, EROFS),
		TWO("a file over a directory", 0, N(FILE_ON), N(DIR_ON), EISDIR, EROFS),
		TWO("over an empty directory", 0, N(DIR_ON), N(DIR_ON), 0, EROFS),
		TWO("over a full directory", 0, N(DIR_ON), N(DIR_ON, .full = 1),
		    ENOTEMPTY, EROFS),
		TWO("a mount point", 0, N(DIR_ON, .mount_point = true), N(FREE), EBUSY,
		    EROFS),
		TWO("over a mount point", 0, N(DIR_ON),
		    N(DIR_ON, .full = 1, .mount_point = true), EBUSY, EROFS),
		TWO("a directory that may not be written, elsewhere", 0,
		    N(DIR_ON, .write = EACCES, .parent_inode = 1),
		    N(FREE, .parent_inode = 2), EACCES, EROFS),
		TWO("the same, within its parent", 0,
		    N(DIR_ON, .write = EACCES, .parent_inode = 1),
		    N(FREE, .parent_inode = 1), 0, EROFS),
		TWO("such a file", 0, N(FILE_ON, .write = EACCES, .parent_inode = 1),
		    N(FREE, .parent_inode = 2), 0, EROFS),
		TWO("exchanged with such a directory", RENAME_EXCHANGE,
		    N(FILE_ON, .parent_inode = 1),
		    N(DIR_ON, .write = EACCES, .parent_inode = 2), EACCES, EROFS),
		TWO("whiteouts that are not of this file system", RENAME_WHITEOUT,
		    N(FILE_ON), N(FREE), EINVAL, EROFS, .late = EINVAL),
	};
	CHECK(ORACLE_RENAME, rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mkdir_),
		cmocka_unit_test(symlink_),
		cmocka_unit_test(bind_),
		cmocka_unit_test(mknod_),
		cmocka_unit_test(link_),
		cmocka_unit_test(unlink_),
		cmocka_unit_test(rmdir_),
		cmocka_unit_test(rename_of_names),
		cmocka_unit_test(rename_and_permission),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
