/* SPDX-License-Identifier: MIT */
/* Where names lead after something moved; who may not. */
#include "acts.h"
#include "say.h"
#include "special.h"

static void setup_deleted(void)
{
	make_directory("gone", 0755);
	make_directory("gone-fd", 0755);
}

static void run_deleted(void)
{
	long fd = do_open("gone-fd", READ | DIRECTORY);

	(void)SYS1(__NR_chdir, "gone");
	say_effect("rmdir", "rmdir", here("gone"), SYS1(__NR_rmdir, here("gone")));
	say_effect("rmdir", "rmdir", here("gone-fd"), SYS1(__NR_rmdir, here("gone-fd")));
	say_after = 1;
	open_nothing("create", "n", WRITE | CREATE);
	say_nothing("mkdir", SYS2(__NR_mkdir, "n", 0755));
	say_nothing("mkdirat", SYS3(__NR_mkdirat, fd, "n", 0755));
	say_nothing("chmod", SYS2(__NR_chmod, "n", 0755));
	open_nothing("proc", "/proc/self/cwd/n", WRITE | CREATE);
	open_effect("absolute", "create", here("a"), here("a"), WRITE | CREATE);
	/* Its parent is still the one that it had. */
	open_effect("up", "create", here("u"), "../u", WRITE | CREATE);
	say_effect("mkdir-again", "mkdir", here("gone"),
		   SYS2(__NR_mkdir, here("gone"), 0755));
	open_nothing("another", "n", WRITE | CREATE);
}

static void setup_moved(void)
{
	make_file("f", 0644);
}

static void run_moved(void)
{
	long dir, fd = do_open("f", READ);

	/* Not there before: an overlay does not rename what came with the image. */
	say_effect("mkdir", "mkdir", here("a"), SYS2(__NR_mkdir, "a", 0755));
	say_after = 1;
	say_effect("mkdir", "mkdir", here("a/b"), SYS2(__NR_mkdir, "a/b", 0755));
	dir = do_open("a", READ | DIRECTORY);
	(void)SYS1(__NR_chdir, "a/b");
	open_effect("before", "create", here("a/b/n"), "n", WRITE | CREATE);
	say_pair("directory", "rename", here("a"), here("z"),
		 SYS2(__NR_rename, here("a"), here("z")));
	open_effect("cwd", "create", here("z/b/m"), "m", WRITE | CREATE);
	open_effect("up", "create", here("z/k"), "../k", WRITE | CREATE);
	say_effect("dirfd", "mkdir", here("z/d"), SYS3(__NR_mkdirat, dir, "d", 0755));
	say_pair("file", "rename", here("f"), here("z/f"),
		 SYS4(__NR_renameat, FD_CWD, "../../f", dir, "f"));
	say_effect("fd", "chmod", here("z/f"), SYS2(__NR_fchmod, fd, 0600));
	say_effect("mkdir", "mkdir", here("a"), SYS2(__NR_mkdir, "../../a", 0755));
	say_pair("exchange", "rename", here("a"), here("z"),
		 SYS5(__NR_renameat2, FD_CWD, here("a"), FD_CWD, here("z"), EXCHANGE));
	open_effect("exchanged", "create", here("a/b/x"), "x", WRITE | CREATE);
}

/* What root owns, and the app may not change. */
static void setup_refused(void)
{
	make_as_root(1);
	make_directory("dir", 0755);
	make_file("dir/f", 0644);
	make_directory("dir/d", 0755);
	make_directory("secret", 0700);
	make_directory("sticky", 01777);
	make_file("sticky/f", 0666);
	make_file("open", 0666);
	make_as_root(0);
	make_file("mine", 0400);
}

static const long old_times[4] = { 1000000000, 0, 1000000000, 0 };

static void run_refused(void)
{
	open_effect("create", "create", here("dir/n"), "dir/n", WRITE | CREATE);
	open_effect("truncate-open", "truncate", here("dir/f"), "dir/f",
		    WRITE | TRUNCATE);
	say_effect("mkdir", "mkdir", here("dir/n"), SYS2(__NR_mkdir, "dir/n", 0755));
	say_effect("unlink", "unlink", here("dir/f"), SYS1(__NR_unlink, "dir/f"));
	say_effect("rmdir", "rmdir", here("dir/d"), SYS1(__NR_rmdir, "dir/d"));
	say_effect("chmod", "chmod", here("dir/f"), SYS2(__NR_chmod, "dir/f", 0600));
	say_effect("chown", "chown", here("dir/f"),
		   SYS3(__NR_chown, "dir/f", 1000, 1000));
	say_effect("utimes-now", "utime", here("dir/f"),
		   SYS4(__NR_utimensat, FD_CWD, "dir/f", NULL, 0));
	say_effect("utimes", "utime", here("open"),
		   SYS4(__NR_utimensat, FD_CWD, "open", old_times, 0));
	say_effect("utimes-now-writable", "utime", here("open"),
		   SYS4(__NR_utimensat, FD_CWD, "open", NULL, 0));
	say_effect("setxattr", "xattr", here("dir/f"),
		   SYS5(__NR_setxattr, "dir/f", "user.taskprobe", "x", 1, 0));
	say_effect("sticky", "unlink", here("sticky/f"), SYS1(__NR_unlink, "sticky/f"));
	say_pair("sticky-rename", "rename", here("sticky/f"), here("sticky/g"),
		 SYS2(__NR_rename, "sticky/f", "sticky/g"));
	say_pair("rename-out", "rename", here("dir/f"), here("f"),
		 SYS2(__NR_rename, "dir/f", "f"));
	say_effect("symlink", "symlink", here("dir/n"), SYS2(__NR_symlink, "x", "dir/n"));
	open_nothing("write", "dir/f", WRITE);
	open_nothing("write-mine", "mine", WRITE);
	open_nothing("search", "secret/n", WRITE | CREATE);
	say_nothing("search-unlink", SYS1(__NR_unlink, "secret/n"));
	long r = SYS2(__NR_truncate, "dir/f", 1);
	if (sys_release() < 614) /* the mount was looked at first */
		say_effect("truncate", "truncate", here("dir/f"), r);
	else
		say_nothing("truncate", r);
	say_nothing("access", SYS2(__NR_access, "dir/f", W));
	say_nothing("access-directory", SYS2(__NR_access, "dir", W));
	say_nothing("mkdir-there", SYS2(__NR_mkdir, "dir/d", 0755));
}

/* Other mounts, which a read-only root leaves as they are. */
static void setup_mounts(void)
{
	make_file("f", 0644);
	make_file("/etc/hosts", 0644);
}

static void nothing_on(const char *dir)
{
	char file[64], other[64];
	char *end = text_copy(file, file + sizeof(file), dir);
	long fd = do_open(dir, PATH_ONLY | DIRECTORY);

	if (fd < 0) {
		say_skipped(dir, "it is not there");
		return;
	}
	(void)text_copy(end, file + sizeof(file), "/taskprobe-writes");
	(void)text_copy(text_copy(other, other + sizeof(other), file),
			other + sizeof(other), "-2");
	open_nothing("create", file, WRITE | CREATE);
	open_nothing("trunc", file, WRITE | TRUNCATE);
	say_nothing("chmod", SYS2(__NR_chmod, file, 0600));
	say_nothing("rename", SYS2(__NR_rename, file, other));
	say_nothing("rename-between", SYS2(__NR_rename, other, "n"));
	say_nothing("rename-between-missing", SYS2(__NR_rename, "missing", other));
	/* A name is to be made on the root. */
	long r = SYS2(__NR_link, other, "n");
	if (r == -ENOENT_)
		say_nothing("link-between", r);
	else
		say_pair("link-between", "link", other, here("n"), r);
	say_nothing("unlink", SYS1(__NR_unlink, other));
	say_nothing("mkdirat", SYS3(__NR_mkdirat, fd, "taskprobe-d", 0755));
	say_nothing("rmdir", SYS3(__NR_unlinkat, fd, "taskprobe-d", REMOVE_DIR));
	(void)do_close(fd);
}

static void run_mounts(void)
{
	say_context = "mounts/vol";
	nothing_on("/vol");
	say_context = "mounts/shm";
	nothing_on("/dev/shm");
	say_context = "mounts/etc";
	long fd = do_open("/etc/hosts", WRITE);
	/* Root may, and would be refused. */
	if (fd >= 0 || fd != -EACCES_)
		say_effect("hosts", "write", "/etc/hosts", fd);
	else
		say_nothing("hosts", fd);
	(void)do_close(fd);
	say_effect("hosts-times", "utime", "/etc/hosts",
		   SYS4(__NR_utimensat, FD_CWD, "/etc/hosts", NULL, 0));
}

const struct special special_order[] = {
	{ "deleted", setup_deleted, run_deleted, 0 },
	{ "moved", setup_moved, run_moved, 0 },
	{ "refused", setup_refused, run_refused, -1 },
	{ "mounts", setup_mounts, run_mounts, 0 },
	{ 0 },
};
