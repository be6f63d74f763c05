/* SPDX-License-Identifier: MIT */
#include "tests/tools/oracle/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

/* In the namespace a tmpfs covers /tmp: nothing is left behind. */
#define BASE "/tmp/fs"
#define TOP  BASE "/w/c"
#define HOLD BASE "/hold"
#define PROG "../../hold/prog" /* from there, whatever the root is */

struct entry {
	const char *path;
	mode_t mode; /* with the type */
	uid_t uid;
	const char *target; /* of a link; "" for a hard link to the running program */
};

/* What the calls may change or remove. */
static const struct entry entries[] = {
	{ "f", S_IFREG | 0666, 0, NULL },
	{ "f600", S_IFREG | 0600, 0, NULL },
	{ "f444", S_IFREG | 0444, 0, NULL },
	{ "f222", S_IFREG | 0222, 0, NULL },
	{ "mine", S_IFREG | 0644, STRANGER, NULL },
	{ "locked", S_IFREG | 0444, STRANGER, NULL },
	{ "setuid", S_IFREG | 04777, 0, NULL },
	{ "script", S_IFREG | 0755, 0, NULL },
	{ "hard1", S_IFREG | 0666, 0, NULL },
	{ "prog", 0, 0, "" },
	{ "d", S_IFDIR | 0777, 0, NULL },
	{ "d755", S_IFDIR | 0755, 0, NULL },
	{ "d755/x", S_IFREG | 0666, STRANGER, NULL },
	{ "mydir", S_IFDIR | 0755, STRANGER, NULL },
	{ "mydir/sub", S_IFDIR | 0777, 0, NULL },
	{ "full", S_IFDIR | 0777, 0, NULL },
	{ "full/x", S_IFREG | 0666, 0, NULL },
	{ "full/sub", S_IFDIR | 0777, 0, NULL },
	{ "full/sub/deep", S_IFDIR | 0777, 0, NULL },
	{ "closed", S_IFDIR | 0700, 0, NULL },
	{ "closed/x", S_IFREG | 0666, 0, NULL },
	{ "noexec", S_IFDIR | 0666, 0, NULL },
	{ "rodir", S_IFDIR | 0555, 0, NULL },
	{ "rodir/f", S_IFREG | 0666, 0, NULL },
	{ "rodir/d", S_IFDIR | 0777, 0, NULL },
	{ "rodir/mine", S_IFREG | 0600, STRANGER, NULL },
	{ "sticky", S_IFDIR | 01777, 0, NULL },
	{ "sticky/theirs", S_IFREG | 0666, OTHER, NULL },
	{ "sticky/mine", S_IFREG | 0666, STRANGER, NULL },
	{ "sticky/fifo", S_IFIFO | 0666, OTHER, NULL },
	{ "sticky/d", S_IFDIR | 0777, OTHER, NULL },
	{ "sticky/l", S_IFLNK, OTHER, "../f" },
	{ "sticky/dangling", S_IFLNK, OTHER, "../nowhere" },
	{ "l", S_IFLNK, 0, "f" },
	{ "labsolute", S_IFLNK, 0, "/c/f" },
	{ "lmine", S_IFLNK, STRANGER, "f600" },
	{ "ll", S_IFLNK, 0, "l" },
	{ "ld", S_IFLNK, 0, "d" },
	{ "lfull", S_IFLNK, 0, "full" },
	{ "lslash", S_IFLNK, 0, "f/" },
	{ "ldslash", S_IFLNK, 0, "d/" },
	{ "ldot", S_IFLNK, 0, "d/." },
	{ "ldangling", S_IFLNK, 0, "nowhere" },
	{ "ldangling2", S_IFLNK, 0, "ldangling" },
	{ "ldanglingslash", S_IFLNK, 0, "nowhere/" },
	{ "ldeep", S_IFLNK, 0, "nowhere/x" },
	{ "lnew", S_IFLNK, 0, "d/new" },
	{ "lnewro", S_IFLNK, 0, "rodir/new" },
	{ "lclosed", S_IFLNK, 0, "closed/x" },
	{ "lloop", S_IFLNK, 0, "lloop" },
	{ "lmnt", S_IFLNK, 0, "mnt/f" },
	{ "lmntnew", S_IFLNK, 0, "mnt/new" },
	{ "lfifo", S_IFLNK, 0, "fifo" },
	{ "fifo", S_IFIFO | 0666, 0, NULL },
	{ "fifo600", S_IFIFO | 0600, 0, NULL },
	{ "sock", S_IFSOCK | 0666, 0, NULL },
	{ "sock600", S_IFSOCK | 0600, 0, NULL },
	{ "null", S_IFCHR | 0666, 0, NULL },
	{ "null600", S_IFCHR | 0600, 0, NULL },
	{ "mnt/f", S_IFREG | 0666, 0, NULL },
	{ "mnt/d", S_IFDIR | 0777, 0, NULL },
	{ "mnt/l", S_IFLNK, 0, "../f" },
	{ NULL, 0, 0, NULL },
};

/* What stays: mount points, what cannot be changed, and what lies below it. */
static const struct entry kept[] = {
	{ "mnt", S_IFDIR | 0777, 0, NULL },
	{ "romnt", S_IFDIR | 0777, 0, NULL },
	{ "bound", S_IFREG | 0666, 0, NULL },
	{ "twin", S_IFREG | 0666, 0, NULL },
	{ "fixed", S_IFDIR | 0777, 0, NULL },
	{ "fixed/imm", S_IFREG | 0666, 0, NULL },
	{ "fixed/mine", S_IFREG | 0666, STRANGER, NULL },
	{ "fixed/app", S_IFREG | 0666, 0, NULL },
	{ "fixed/appmine", S_IFREG | 0666, STRANGER, NULL },
	{ "fixed/dir", S_IFDIR | 0777, 0, NULL },
	{ "fixed/dir/f", S_IFREG | 0666, 0, NULL },
	{ "fixed/appdir", S_IFDIR | 0777, 0, NULL },
	{ "fixed/appdir/f", S_IFREG | 0666, 0, NULL },
	{ NULL, 0, 0, NULL },
};

static const struct {
	const char *path;
	int flag;
} flags[] = {
	{ "fixed/imm", FS_IMMUTABLE_FL }, { "fixed/mine", FS_IMMUTABLE_FL },
	{ "fixed/app", FS_APPEND_FL },	  { "fixed/appmine", FS_APPEND_FL },
	{ "fixed/dir", FS_IMMUTABLE_FL }, { "fixed/appdir", FS_APPEND_FL },
};

struct tree_limits tree_limits[2];

static ino_t running;
static unsigned device;
static int top_dir;
static int gone;    /* the directory that is removed */
static int held[4]; /* readers of the FIFOs: an open for writing does not wait */

void fail(const char *format, ...)
{
	va_list args;
	int error = errno;

	va_start(args, format);
	(void)fputs("oracle_peer: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fprintf(stderr, ": %s\n", strerror(error));
	va_end(args);
	_exit(2);
}

static void must(int r, const char *what)
{
	if (r < 0)
		fail("%s", what);
}

const char *tree_root(enum world world)
{
	return world == WRITABLE ? "/tmp/w" : "/tmp/r";
}

ino_t tree_running(void)
{
	return running;
}

unsigned tree_device(void)
{
	return device;
}

/* --- making it --- */

static void make_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd, "socket");
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	must(bind(fd, (const void *)&address, sizeof(address)), path);
	(void)close(fd);
}

static void make(const struct entry *entry)
{
	int fd;

	switch (entry->mode & S_IFMT) {
	case S_IFREG:
		fd = open(entry->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		must(fd, entry->path);
		must(write(fd, "x", 1) == 1 ? 0 : -1, entry->path);
		(void)close(fd);
		break;
	case S_IFDIR:
		must(mkdir(entry->path, 0700), entry->path);
		break;
	case S_IFLNK:
		must(symlink(entry->target, entry->path), entry->path);
		must(lchown(entry->path, entry->uid, entry->uid), entry->path);
		return;
	case S_IFSOCK:
		make_socket(entry->path);
		break;
	case S_IFIFO:
	case S_IFCHR:
		must(mknod(entry->path, entry->mode, makedev(1, 3)), entry->path);
		break;
	default:
		must(link(PROG, entry->path), entry->path);
		return;
	}
	must(chown(entry->path, entry->uid, entry->uid), entry->path);
	must(chmod(entry->path, entry->mode & 07777), entry->path);
}

static bool is_kept(const char *name)
{
	for (const struct entry *e = kept; e->path; e++)
		if (strcmp(e->path, name) == 0)
			return true;
	return strcmp(name, "gone") == 0;
}

/* Everything in 'path' but, at the top, what is kept. */
static void empty(const char *path, bool top)
{
	DIR *dir = opendir(path);

	if (!dir)
		fail("%s", path);
	for (const struct dirent *e; (e = readdir(dir));) {
		char name[4096];

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (top && is_kept(e->d_name))
			continue;
		(void)snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (unlink(name) == 0)
			continue;
		if (errno != EISDIR)
			fail("removing %s", name);
		empty(name, false);
		must(rmdir(name), name);
	}
	(void)closedir(dir);
}

static void hold_fifos(void)
{
	static const char *const fifos[] = { "fifo", "fifo600", "sticky/fifo",
					     "romnt/fifo" };

	for (size_t i = 0; i < sizeof(fifos) / sizeof(*fifos); i++) {
		if (held[i] > 0)
			(void)close(held[i]);
		held[i] = open(fifos[i], O_RDWR | O_NONBLOCK | O_CLOEXEC);
		must(held[i], fifos[i]);
	}
}

static void reset_kept(void)
{
	for (const struct entry *e = kept; e->path; e++) {
		if (strchr(e->path, '/')) /* cannot be changed, or is not */
			continue;
		(void)chown(e->path, e->uid, e->uid);
		(void)chmod(e->path, e->mode & 07777);
	}
	(void)chown("fixed/dir/f", 0, 0);
	(void)chmod("fixed/dir/f", 0666);
	(void)chown("fixed/appdir/f", 0, 0);
	(void)chmod("fixed/appdir/f", 0666);
}

void tree_build(void)
{
	must(fchdir(top_dir), TOP);
	empty(".", true);
	empty("mnt", false);
	reset_kept();
	for (const char *const *p = (const char *const[]){ ".", "..", NULL }; *p; p++) {
		must(chown(*p, 0, 0), *p);
		must(chmod(*p, 0777), *p);
	}
	for (const struct entry *e = entries; e->path; e++)
		make(e);
	must(link("hard1", "hard2"), "hard2");
	must(chmod(PROG, 0777), "prog");
	must(chown(PROG, 0, 0), "prog");
	hold_fifos();
	must(fchown(gone, 0, 0), "gone");
	must(fchmod(gone, 0777), "gone");
}

void tree_remove_gone(void)
{
	must(fchdir(top_dir), TOP);
	must(rmdir("gone"), "gone");
}

/* --- mounting it --- */

static void run_program(void)
{
	ssize_t n;
	char none[1];
	int from, to, ready[2];
	struct stat st;

	from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	to = open(HOLD "/prog", O_WRONLY | O_CREAT | O_CLOEXEC, 0777);
	must(from, "/proc/self/exe");
	must(to, "prog");
	for (char buf[65536]; (n = read(from, buf, sizeof(buf))) > 0;)
		must(write(to, buf, (size_t)n) == n ? 0 : -1, "prog");
	must(fstat(to, &st), "prog");
	running = st.st_ino;
	device = minor(st.st_dev);
	(void)close(from);
	(void)close(to);
	must(pipe2(ready, O_CLOEXEC), "pipe");
	if (fork() == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)execl(HOLD "/prog", "prog", "pause", NULL);
		_exit(1);
	}
	(void)close(ready[1]);
	(void)!read(ready[0], none, 1); /* ends with the exec */
	(void)close(ready[0]);
}

static void set_flags(void)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		int fd = open(flags[i].path, O_RDONLY | O_CLOEXEC);
		int value = flags[i].flag;

		must(fd, flags[i].path);
		/* Without it (tmpfs before 6.6) these are files like others. */
		(void)ioctl(fd, FS_IOC_SETFLAGS, &value);
		(void)close(fd);
	}
}

static void look_at_limits(struct tree_limits *limits, const char *scratch)
{
	static const unsigned char acl[] = { 2,	  0,   0, 0, 1,	  0,   6,   0,	 255, 255,
					     255, 255, 4, 0, 6,	  0,   255, 255, 255, 255,
					     32,  0,   6, 0, 255, 255, 255, 255 };
	char other[64];
	int fd = open(scratch, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	must(fd, scratch);
	(void)snprintf(other, sizeof(other), "%s.other", scratch);
	limits->user_attr = setxattr(scratch, "user.t", "x", 1, 0) < 0 ? errno : 0;
	limits->system_attr =
		setxattr(scratch, "system.posix_acl_access", acl, sizeof(acl), 0) < 0
			? errno
			: 0;
	limits->whiteout = syscall(SYS_renameat2, AT_FDCWD, scratch, AT_FDCWD, other,
				   RENAME_WHITEOUT) < 0
				   ? errno
				   : 0;
	(void)unlink(scratch);
	(void)unlink(other);
	must(seteuid(STRANGER), "seteuid");
	limits->mknod = mknod(scratch, S_IFCHR | 0600, 0) < 0 ? errno : 0;
	must(seteuid(0), "seteuid");
	(void)unlink(scratch);
	(void)close(fd);
	*strrchr(other, '/') = '\0';
	fd = open(other, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	limits->tmpfile = fd < 0 ? errno : 0;
	if (fd >= 0)
		(void)close(fd);
}

static void bind_tree(const char *to)
{
	must(mkdir(to, 0755), to);
	must(mount(BASE "/w", to, NULL, MS_BIND | MS_REC, NULL), to);
}

static void make_readonly(const char *path)
{
	must(mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), path);
}

static void mount_inside(void)
{
	must(mount("mnt", "mnt", "tmpfs", 0, "mode=0777"), "mnt");
	must(mount("romnt", "romnt", "tmpfs", 0, "mode=0777"), "romnt");
	must(mount("mnt", HOLD "/sub", "tmpfs", 0, "mode=0777"), "sub");
	make(&(struct entry){ HOLD "/bound", S_IFREG | 0666, 0, NULL });
	must(mount(HOLD "/bound", "bound", NULL, MS_BIND, NULL), "bound");
	must(mount("fixed/imm", "twin", NULL, MS_BIND, NULL), "twin");
	make(&(struct entry){ "romnt/f", S_IFREG | 0666, 0, NULL });
	make(&(struct entry){ "romnt/d", S_IFDIR | 0777, 0, NULL });
	make(&(struct entry){ "romnt/fifo", S_IFIFO | 0666, 0, NULL });
	look_at_limits(&tree_limits[1], HOLD "/sub/scratch");
	make_readonly("romnt");
}

bool tree_mount(enum tree_on on)
{
	must(unshare(CLONE_NEWNS), "a mount namespace of our own");
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mounts private");
	must(mount("oracle", "/tmp", "tmpfs", 0, "mode=0755"), "/tmp");
	(void)umask(0);
	must(mkdir(BASE, 0755), BASE);
	must(mkdir("/tmp/lower", 0755), "lower");
	must(mkdir("/tmp/upper", 0755), "upper");
	must(mkdir("/tmp/work", 0755), "work");
	if (on == ON_OVERLAY &&
	    mount("oracle", BASE, "overlay", 0,
		  "lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work") < 0)
		return false;
	must(mkdir(BASE "/w", 0777), "w");
	must(mkdir(TOP, 0777), TOP);
	must(mkdir(HOLD, 0777), HOLD);
	must(mkdir(HOLD "/sub", 0755), HOLD);
	run_program();
	top_dir = open(TOP, O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(top_dir, TOP);
	must(fchdir(top_dir), TOP);
	must(mkdir("../proc", 0755), "proc");
	must(mount("proc", "../proc", "proc", 0, NULL), "proc");
	for (const struct entry *e = kept; e->path; e++)
		make(e);
	must(mkdir("gone", 0777), "gone");
	gone = open("gone", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(gone, "gone");
	set_flags();
	look_at_limits(&tree_limits[0], HOLD "/scratch");
	mount_inside();
	bind_tree("/tmp/w");
	bind_tree("/tmp/r");
	make_readonly("/tmp/r");
	tree_build();
	return true;
}
