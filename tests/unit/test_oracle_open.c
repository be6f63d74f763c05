/* SPDX-License-Identifier: MIT */
#include <sys/stat.h>

#include "tests/unit/oracle_rows.h"

#define O_CREATX (O_CREAT | O_EXCL | O_WRONLY)
#define O_NEW	 (O_CREAT | O_WRONLY)
#define TMPFILE	 ((unsigned)O_TMPFILE & ~(unsigned)O_DIRECTORY)

TEST(open_of_a_file)
{
	static const struct row rows[] = {
		ONE("read", O_RDONLY, N(FILE_ON), 0, 0),
		ONE("write", O_WRONLY, N(FILE_ON), 0, EROFS),
		ONE("both", O_RDWR, N(FILE_ON), 0, EROFS),
		ONE("neither", 3, N(FILE_ON), 0, 0),
		ONE("O_CREAT to read", O_CREAT, N(FILE_ON), 0, 0),
		ONE("O_CREAT to write", O_NEW, N(FILE_ON), 0, EROFS),
		ONE("O_TRUNC to read", O_TRUNC, N(FILE_ON), 0, EROFS),
		ONE("O_EXCL", O_CREATX, N(FILE_ON), EEXIST, EEXIST),
		ONE("O_EXCL alone", O_EXCL | O_WRONLY, N(FILE_ON), 0, EROFS),
		ONE("no permission", O_WRONLY, N(FILE_ON, .write = EACCES), EACCES,
		    EACCES),
		ONE("no permission for neither", 3, N(FILE_ON, .write = EACCES), EACCES,
		    EACCES),
		ONE("O_TRUNC before permission", O_WRONLY | O_TRUNC,
		    N(FILE_ON, .write = EACCES), EACCES, EROFS),
		ONE("not to be read", O_RDWR, N(FILE_ON, .read = EACCES), EACCES, EACCES),
		ONE("not to be read, for writing", O_WRONLY, N(FILE_ON, .read = EACCES),
		    0, EROFS),
		ONE("a program that runs", O_WRONLY, N(FILE_ON, .busy = true), ETXTBSY,
		    ETXTBSY),
		ONE("a program that runs, O_TRUNC", O_WRONLY | O_TRUNC,
		    N(FILE_ON, .busy = true), ETXTBSY, EROFS),
		ONE("a program that runs, to be read", O_CREAT, N(FILE_ON, .busy = true),
		    0, 0),
		ONE("immutable", O_RDWR, N(FILE_ON, .write = EPERM, .read = EACCES),
		    EPERM, EPERM),
		ONE("append-only", O_WRONLY, N(FILE_ON, .append = true), EPERM, EPERM),
		ONE("append-only, appending", O_WRONLY | O_APPEND,
		    N(FILE_ON, .append = true), 0, EROFS),
		ONE("append-only, truncated", O_WRONLY | O_APPEND | O_TRUNC,
		    N(FILE_ON, .append = true), EPERM, EROFS),
		ONE("O_NOATIME of another's", O_WRONLY | O_NOATIME,
		    N(FILE_ON, .stranger = true), EPERM, EPERM),
		ONE("another's in /tmp", O_NEW, N(FILE_ON, .create = EACCES), EACCES,
		    EACCES),
		ONE("another's in /tmp without O_CREAT", O_WRONLY,
		    N(FILE_ON, .create = EACCES), 0, EROFS),
		ONE("slash", O_WRONLY, N(FILE_ON, .slash = true), ENOTDIR, ENOTDIR),
		ONE("slash, O_TRUNC", O_TRUNC, N(FILE_ON, .slash = true), ENOTDIR,
		    ENOTDIR),
		ONE("slash, O_CREAT", O_NEW, N(FILE_ON, .slash = true), EISDIR, EISDIR),
		ONE("O_DIRECTORY", O_DIRECTORY, N(FILE_ON), ENOTDIR, ENOTDIR),
		ONE("by /proc/self/fd", O_WRONLY, N(FILE_ON, .by_fd = true), 0, EROFS),
		ONE("its mount alone is read-only", O_NEW,
		    N(.kind = KIND_FILE, .mount = 1, .parent_mount = 2), 0, EROFS),
		ONE("its mount alone is writable", O_NEW,
		    N(.kind = KIND_FILE, .mount = 2, .parent_mount = 1), 0, 0),
	};
	CHECK(ORACLE_OPEN, rows);
}

TEST(open_of_what_is_not_there)
{
	static const struct row rows[] = {
		ONE("without O_CREAT", O_WRONLY, N(FREE), ENOENT, ENOENT),
		ONE("O_CREAT", O_NEW, N(FREE), 0, EROFS),
		ONE("O_CREAT to read", O_CREAT, N(FREE), 0, EROFS),
		ONE("O_EXCL", O_CREATX, N(FREE), 0, EROFS),
		ONE("O_CREAT and mode 3", O_CREAT | 3, N(FREE), 0, EROFS),
		ONE("a dangling link", O_NEW, N(FREE, .dangling = true), 0, EROFS),
		ONE("no permission", O_NEW, N(FREE, .enter = EACCES), EACCES, EROFS),
		ONE("no parent", O_NEW, N(FREE, .walk = ENOENT), ENOENT, ENOENT),
		ONE("a closed parent", O_NEW, N(FREE, .walk = EACCES), EACCES, EACCES),
		ONE("slash", O_NEW, N(FREE, .slash = true), EISDIR, EISDIR),
		ONE("slash, no O_CREAT", O_WRONLY, N(FREE, .slash = true), ENOENT,
		    ENOENT),
		ONE("a name too long", O_NEW, N(FREE, .lookup = ENAMETOOLONG),
		    ENAMETOOLONG, ENAMETOOLONG),
		ONE("a removed parent", O_NEW, N(FREE, .gone = true), ENOENT, ENOENT),
		ONE("O_DIRECTORY", O_NEW | O_DIRECTORY, N(FREE), EINVAL, EINVAL,
		    .refuses_create_directory = true),
		/* The file is there all the same. */
		ONE("O_DIRECTORY on an old kernel", O_NEW | O_DIRECTORY, N(FREE), ENOTDIR,
		    EROFS),
		ONE("the file system refuses it", O_NEW | O_DIRECT, N(FREE), EINVAL,
		    EROFS, .late = EINVAL),
	};
	CHECK(ORACLE_OPEN, rows);
}

TEST(open_of_what_is_no_file)
{
	static const struct row rows[] = {
		ONE("a directory", O_RDONLY, N(DIR_ON), 0, 0),
		ONE("a directory to write", O_WRONLY, N(DIR_ON), EISDIR, EISDIR),
		ONE("a directory, O_TRUNC", O_TRUNC, N(DIR_ON), EISDIR, EISDIR),
		ONE("a directory, O_CREAT", O_CREAT, N(DIR_ON), EISDIR, EISDIR),
		ONE("a directory, O_EXCL", O_CREATX, N(DIR_ON), EEXIST, EEXIST),
		ONE("/, O_EXCL", O_CREATX, N(DIR_ON, .last = LAST_ROOT, .slash = true),
		    EEXIST, EEXIST),
		ONE("./, O_CREAT", O_CREAT, N(DIR_ON, .last = LAST_DOT, .slash = true),
		    EISDIR, EISDIR),
		ONE("a device", O_WRONLY, N(DEVICE_ON), 0, 0),
		ONE("a device, O_TRUNC", O_NEW | O_TRUNC, N(DEVICE_ON), 0, 0),
		ONE("a FIFO", O_RDWR | O_TRUNC, N(FIFO_ON), 0, 0),
		ONE("a FIFO, mode 3", 3, N(FIFO_ON), EINVAL, EINVAL),
		ONE("a device, no permission", O_WRONLY, N(DEVICE_ON, .write = EACCES),
		    EACCES, EACCES),
		ONE("a socket", O_WRONLY, N(SOCK_ON), ENXIO, ENXIO),
		ONE("a socket, no permission", O_WRONLY, N(SOCK_ON, .write = EACCES),
		    EACCES, EACCES),
		ONE("a link", O_WRONLY | O_NOFOLLOW, N(LINK_ON), ELOOP, ELOOP),
		ONE("a link, O_TRUNC", O_NEW | O_TRUNC | O_NOFOLLOW, N(LINK_ON), ELOOP,
		    ELOOP),
		ONE("a link, O_EXCL", O_CREATX, N(LINK_ON), EEXIST, EEXIST),
		ONE("a link, O_DIRECTORY", O_RDWR | O_DIRECTORY | O_NOFOLLOW, N(LINK_ON),
		    ENOTDIR, ENOTDIR),
		ONE("O_PATH", O_PATH | O_NEW, N(FILE_ON, .write = EACCES), 0, 0),
		ONE("O_PATH, missing", O_PATH | O_NEW, N(FREE), ENOENT, ENOENT),
		ONE("O_PATH, slash", O_PATH, N(FILE_ON, .slash = true), ENOTDIR, ENOTDIR),
		ONE("O_PATH and O_DIRECTORY", O_PATH | O_DIRECTORY, N(FILE_ON), ENOTDIR,
		    ENOTDIR),
	};
	CHECK(ORACLE_OPEN, rows);
}

TEST(open_without_a_name)
{
	static const struct row rows[] = {
		ONE("a directory", O_TMPFILE | O_RDWR, N(DIR_ON), 0, EROFS),
		ONE("the cwd", O_TMPFILE | O_WRONLY, N(DIR_ON, .last = LAST_DOT), 0,
		    EROFS),
		ONE("no permission", O_TMPFILE | O_RDWR, N(DIR_ON, .inside = EACCES),
		    EACCES, EROFS),
		ONE("not of this file system", O_TMPFILE | O_RDWR, N(DIR_ON), EOPNOTSUPP,
		    EROFS, .late = EOPNOTSUPP),
		ONE("a file", O_TMPFILE | O_RDWR, N(FILE_ON), ENOTDIR, ENOTDIR),
		ONE("missing", O_TMPFILE | O_RDWR, N(FREE), ENOENT, ENOENT),
		ONE("to read", O_TMPFILE, N(DIR_ON), EINVAL, EINVAL),
		ONE("half of it", TMPFILE | O_RDWR, N(DIR_ON), EINVAL, EINVAL),
		ONE("with O_CREAT", O_TMPFILE | O_RDWR | O_CREAT, N(DIR_ON), EINVAL,
		    EINVAL),
	};
	CHECK(ORACLE_OPEN, rows);
}

/* openat2() refuses what open() ignores. */
TEST(open_flags_that_are_none)
{
	static const struct row rows[] = {
		ONE("open", 0x40000000U | O_NEW, N(FREE), 0, EROFS),
		ONE("open, 'at'", 0x40000000U | O_NEW, N(FREE), 0, EROFS, .at = true),
		ONE("openat2", 0x40000000U | O_NEW, N(FREE), EINVAL, EINVAL,
		    .strict = true),
		ONE("openat2 O_PATH", O_PATH | O_NEW, N(FREE), EINVAL, EINVAL,
		    .strict = true),
		ONE("openat2 mode", O_WRONLY, N(FILE_ON), EINVAL, EINVAL, .strict = true,
		    .mode = 0600),
		ONE("openat2 file type", O_NEW, N(FREE), EINVAL, EINVAL, .strict = true,
		    .mode = S_IFREG | 0600),
		ONE("openat2",
		    O_NEW | O_CLOEXEC | O_LARGEFILE | O_SYNC | O_NOCTTY | O_NONBLOCK,
		    N(FREE), 0, EROFS, .strict = true, .mode = 0600),
		ONE("a bad address", O_NEW, N(FREE), EFAULT, EFAULT, .early = EFAULT),
	};
	CHECK(ORACLE_OPEN, rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_of_a_file),
		cmocka_unit_test(open_of_what_is_not_there),
		cmocka_unit_test(open_of_what_is_no_file),
		cmocka_unit_test(open_without_a_name),
		cmocka_unit_test(open_flags_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
