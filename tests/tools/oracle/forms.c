/* SPDX-License-Identifier: MIT */
#include "tests/tools/oracle/forms.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "probe/sys.h"
#include "tests/tools/oracle/tree.h"

#define TMPFILE_ALONE ((unsigned)O_TMPFILE & ~(unsigned)O_DIRECTORY)
#define NO_FLAG	      0x40000000U

#define FORM(what, does, how, ...)                                      \
	{                                                               \
		.text = (what), .op = (does), .via = (how), __VA_ARGS__ \
	}
#define OPEN_AS(what, how, bits, ...) \
	FORM(what, ORACLE_OPEN, how, .flags = (unsigned)(bits), __VA_ARGS__)
#define OPEN(flags)   OPEN_AS("open " #flags, AT, flags, .mode = 0600)
#define OPEN2(flags)  OPEN_AS("openat2 " #flags, AT2, flags, .mode = 0600)
#define OPEN20(flags) OPEN_AS("openat2 mode 0 " #flags, AT2, flags, .mode = 0)
#define NOFOLLOW      AT_SYMLINK_NOFOLLOW
#define BY(flag)      .by = (flag)

const struct form forms[] = {
	OPEN(O_RDONLY),
	OPEN(O_WRONLY),
	FORM("open O_WRONLY, old", ORACLE_OPEN, PLAIN, .flags = O_WRONLY, .mode = 0600),
	FORM("open O_CREAT | O_TRUNC, old", ORACLE_OPEN, PLAIN,
	     .flags = O_CREAT | O_WRONLY | O_TRUNC, .mode = 0600),
	OPEN(O_RDWR),
	OPEN(3),
	OPEN(O_WRONLY | O_APPEND),
	OPEN(O_WRONLY | O_APPEND | O_TRUNC),
	OPEN(O_TRUNC),
	OPEN(3 | O_TRUNC),
	OPEN(O_WRONLY | O_TRUNC),
	OPEN(O_RDWR | O_TRUNC),
	OPEN(O_CREAT),
	OPEN(O_CREAT | O_WRONLY),
	OPEN(O_CREAT | O_RDWR),
	OPEN(O_CREAT | 3),
	OPEN(O_CREAT | O_TRUNC),
	OPEN(O_CREAT | O_WRONLY | O_TRUNC),
	OPEN(O_CREAT | O_WRONLY | O_APPEND),
	OPEN(O_CREAT | O_EXCL),
	OPEN(O_CREAT | O_EXCL | O_WRONLY),
	OPEN(O_CREAT | O_EXCL | O_RDWR | O_TRUNC),
	OPEN(O_EXCL | O_WRONLY),
	OPEN(O_NOFOLLOW | O_WRONLY),
	OPEN(O_NOFOLLOW | O_CREAT | O_WRONLY),
	OPEN(O_NOFOLLOW | O_CREAT | O_WRONLY | O_TRUNC),
	OPEN(O_DIRECTORY),
	OPEN(O_DIRECTORY | O_WRONLY),
	OPEN(O_DIRECTORY | O_TRUNC),
	OPEN(O_DIRECTORY | O_NOFOLLOW | O_RDWR),
	OPEN(O_DIRECTORY | O_CREAT),
	OPEN(O_DIRECTORY | O_CREAT | O_EXCL | O_WRONLY),
	OPEN(O_TMPFILE | O_RDWR),
	OPEN(O_TMPFILE | O_WRONLY | O_EXCL),
	OPEN(O_TMPFILE | O_WRONLY | O_NOFOLLOW),
	OPEN(O_TMPFILE),
	OPEN(O_TMPFILE | 3),
	OPEN(TMPFILE_ALONE | O_RDWR),
	OPEN(O_TMPFILE | O_CREAT | O_RDWR),
	OPEN(O_PATH),
	OPEN(O_PATH | O_CREAT | O_WRONLY | O_TRUNC),
	OPEN(O_PATH | O_NOFOLLOW | O_WRONLY),
	OPEN(O_PATH | O_DIRECTORY | O_CREAT),
	OPEN(O_NOATIME),
	OPEN(O_NOATIME | O_WRONLY | O_APPEND),
	OPEN(O_NOATIME | O_CREAT | O_WRONLY),
	OPEN(NO_FLAG | O_WRONLY),
	OPEN(NO_FLAG | O_CREAT | O_WRONLY | O_TRUNC),
	OPEN2(O_CREAT | O_WRONLY),
	OPEN2(O_CREAT | O_EXCL | O_RDWR),
	OPEN2(O_WRONLY),
	OPEN20(O_WRONLY),
	OPEN20(O_RDWR | O_TRUNC),
	OPEN2(NO_FLAG | O_CREAT | O_WRONLY),
	OPEN2(O_PATH | O_CREAT),
	OPEN20(O_PATH | O_NOFOLLOW),
	OPEN20(O_PATH | O_WRONLY),
	OPEN2(O_TMPFILE | O_WRONLY),
	FORM("openat2 bad mode", ORACLE_OPEN, AT2, .flags = O_CREAT | O_WRONLY,
	     .mode = 0200600),
	FORM("mkdir", ORACLE_MKDIR, PLAIN, .mode = 0700),
	FORM("mkdirat", ORACLE_MKDIR, AT, .mode = 0700),
	FORM("mknod file", ORACLE_MKNOD, AT, .mode = S_IFREG | 0600),
	FORM("mknod 0", ORACLE_MKNOD, AT, .mode = 0600),
	FORM("mknod fifo", ORACLE_MKNOD, AT, .mode = S_IFIFO | 0600),
	FORM("mknod socket", ORACLE_MKNOD, AT, .mode = S_IFSOCK | 0600),
	FORM("mknod char", ORACLE_MKNOD, AT, .mode = S_IFCHR | 0600),
	FORM("mknod block", ORACLE_MKNOD, AT, .mode = S_IFBLK | 0600),
	FORM("mknod whiteout", ORACLE_MKNOD, AT2, .mode = S_IFCHR | 0600),
	FORM("mknod directory", ORACLE_MKNOD, AT, .mode = S_IFDIR | 0600),
	FORM("mknod link", ORACLE_MKNOD, AT, .mode = S_IFLNK | 0600),
	FORM("mknod fifo, old", ORACLE_MKNOD, PLAIN, .mode = S_IFIFO | 0600),
	FORM("symlink", ORACLE_SYMLINK, PLAIN),
	FORM("symlinkat", ORACLE_SYMLINK, AT),
	FORM("symlink to nothing", ORACLE_SYMLINK, EMPTY),
	FORM("bind", ORACLE_BIND, PLAIN),
	FORM("unlink", ORACLE_UNLINK, PLAIN),
	FORM("unlinkat", ORACLE_UNLINK, AT),
	FORM("unlinkat bad flag", ORACLE_UNLINK, AT, .flags = 1),
	FORM("rmdir", ORACLE_RMDIR, PLAIN),
	FORM("unlinkat REMOVEDIR", ORACLE_RMDIR, AT, .flags = AT_REMOVEDIR),
	FORM("truncate", ORACLE_TRUNCATE, PLAIN),
	FORM("truncate -1", ORACLE_TRUNCATE, AT),
	FORM("chmod", ORACLE_CHMOD, PLAIN, .mode = 0640),
	FORM("fchmodat", ORACLE_CHMOD, AT, .mode = 0640),
	FORM("fchmodat2 NOFOLLOW", ORACLE_CHMOD, AT2, .flags = NOFOLLOW, .mode = 0640),
	FORM("fchmodat2 bad flag", ORACLE_CHMOD, AT2, .flags = 0x4000, .mode = 0640),
	FORM("fchmod reader", ORACLE_CHMOD, FD, .mode = 0640, BY(O_RDONLY)),
	FORM("fchmod writer", ORACLE_CHMOD, FD, .mode = 0640, BY(O_WRONLY)),
	FORM("fchmod O_PATH", ORACLE_CHMOD, FD, .mode = 0640, BY(O_PATH)),
	FORM("fchmodat2 empty", ORACLE_CHMOD, EMPTY, .flags = AT_EMPTY_PATH, .mode = 0640,
	     BY(O_PATH | O_NOFOLLOW)),
	FORM("chown root", ORACLE_CHOWN, AT, .owner = 0),
	FORM("chown ours", ORACLE_CHOWN, AT, .owner = STRANGER),
	FORM("chown nobody", ORACLE_CHOWN, AT, .owner = -1),
	FORM("lchown", ORACLE_CHOWN, AT, .flags = NOFOLLOW, .owner = STRANGER),
	FORM("fchownat bad flag", ORACLE_CHOWN, AT, .flags = 0x4000, .owner = 0),
	FORM("fchown reader", ORACLE_CHOWN, FD, .owner = STRANGER, BY(O_RDONLY)),
	FORM("fchown O_PATH", ORACLE_CHOWN, FD, .owner = STRANGER, BY(O_PATH)),
	FORM("fchownat empty", ORACLE_CHOWN, EMPTY, .flags = AT_EMPTY_PATH,
	     .owner = STRANGER, BY(O_PATH | O_NOFOLLOW)),
	FORM("utime now", ORACLE_UTIME, AT, .times = NOW),
	FORM("utime set", ORACLE_UTIME, AT, .times = SET),
	FORM("utime one omitted", ORACLE_UTIME, AT, .times = HALF),
	FORM("utime omitted", ORACLE_UTIME, AT, .times = OMIT),
	FORM("utime wrong", ORACLE_UTIME, AT, .times = WRONG),
	FORM("utime NOFOLLOW", ORACLE_UTIME, AT, .flags = NOFOLLOW, .times = SET),
	FORM("utime NOFOLLOW now", ORACLE_UTIME, AT, .flags = NOFOLLOW, .times = NOW),
	FORM("utime bad flag", ORACLE_UTIME, AT, .flags = 0x4000, .times = SET),
	FORM("utime bad flag omitted", ORACLE_UTIME, AT, .flags = 0x4000, .times = OMIT),
	FORM("futimens reader", ORACLE_UTIME, FD, .times = SET, BY(O_RDONLY)),
	FORM("futimens reader now", ORACLE_UTIME, FD, .times = NOW, BY(O_RDONLY)),
	FORM("futimens O_PATH", ORACLE_UTIME, FD, .times = SET, BY(O_PATH)),
	FORM("utimensat empty", ORACLE_UTIME, EMPTY, .flags = AT_EMPTY_PATH, .times = SET,
	     BY(O_PATH | O_NOFOLLOW)),
	FORM("setxattr user", ORACLE_XATTR, PLAIN, .attr = "user.t", .value = "x"),
	FORM("setxattr trusted", ORACLE_XATTR, PLAIN, .attr = "trusted.t", .value = "x"),
	FORM("setxattr security", ORACLE_XATTR, PLAIN, .attr = "security.t",
	     .value = "x"),
	FORM("setxattr acl", ORACLE_XATTR, PLAIN, .attr = "system.posix_acl_access",
	     .value = "acl"),
	FORM("lsetxattr user", ORACLE_XATTR, LINKS, .attr = "user.t", .value = "x"),
	FORM("lsetxattr trusted", ORACLE_XATTR, LINKS, .attr = "trusted.t", .value = "x"),
	FORM("setxattr bad flag", ORACLE_XATTR, PLAIN, .mode = 8, .attr = "user.t",
	     .value = "x"),
	FORM("setxattr no name", ORACLE_XATTR, PLAIN, .attr = "", .value = "x"),
	FORM("fsetxattr reader", ORACLE_XATTR, FD, .attr = "user.t", .value = "x",
	     BY(O_RDONLY)),
	FORM("fsetxattr O_PATH", ORACLE_XATTR, FD, .attr = "user.t", .value = "x",
	     BY(O_PATH)),
	FORM("setxattrat", ORACLE_XATTR, AT2, .attr = "user.t", .value = "x"),
	FORM("setxattrat NOFOLLOW", ORACLE_XATTR, AT2, .flags = NOFOLLOW,
	     .attr = "user.t", .value = "x"),
	FORM("setxattrat bad flag", ORACLE_XATTR, AT2, .flags = 0x4000, .attr = "user.t",
	     .value = "x"),
	FORM("setxattrat empty", ORACLE_XATTR, EMPTY, .flags = AT_EMPTY_PATH,
	     .attr = "trusted.t", .value = "x", BY(O_PATH)),
	FORM("setxattrat empty reader", ORACLE_XATTR, EMPTY, .flags = AT_EMPTY_PATH,
	     .attr = "trusted.t", .value = "x", BY(O_RDONLY)),
	FORM("removexattr user", ORACLE_XATTR, PLAIN, .attr = "user.t"),
	FORM("removexattr trusted", ORACLE_XATTR, PLAIN, .attr = "trusted.t"),
	FORM("lremovexattr", ORACLE_XATTR, LINKS, .attr = "trusted.t"),
	FORM("fremovexattr", ORACLE_XATTR, FD, .attr = "trusted.t", BY(O_RDONLY)),
	FORM("access W", ORACLE_ACCESS, PLAIN, .mode = W_OK),
	FORM("access RW", ORACLE_ACCESS, PLAIN, .mode = R_OK | W_OK),
	FORM("access WX", ORACLE_ACCESS, PLAIN, .mode = W_OK | X_OK),
	FORM("access RWX", ORACLE_ACCESS, PLAIN, .mode = R_OK | W_OK | X_OK),
	FORM("access F", ORACLE_ACCESS, PLAIN, .mode = F_OK),
	FORM("access bad mode", ORACLE_ACCESS, PLAIN, .mode = 8 | W_OK),
	FORM("faccessat2 W", ORACLE_ACCESS, AT2, .mode = W_OK),
	FORM("faccessat2 EACCESS", ORACLE_ACCESS, AT2, .flags = AT_EACCESS, .mode = W_OK),
	FORM("faccessat2 NOFOLLOW", ORACLE_ACCESS, AT2, .flags = NOFOLLOW, .mode = W_OK),
	FORM("faccessat2 bad flag", ORACLE_ACCESS, AT2, .flags = 0x4000, .mode = W_OK),
	FORM("faccessat2 empty", ORACLE_ACCESS, EMPTY, .flags = AT_EMPTY_PATH,
	     .mode = W_OK, BY(O_PATH | O_NOFOLLOW)),
	FORM("rename", ORACLE_RENAME, PLAIN),
	FORM("renameat2 NOREPLACE", ORACLE_RENAME, AT2, .flags = RENAME_NOREPLACE),
	FORM("renameat2 EXCHANGE", ORACLE_RENAME, AT2, .flags = RENAME_EXCHANGE),
	FORM("renameat2 WHITEOUT", ORACLE_RENAME, AT2, .flags = RENAME_WHITEOUT),
	FORM("renameat2 both", ORACLE_RENAME, AT2,
	     .flags = RENAME_EXCHANGE | RENAME_NOREPLACE),
	FORM("renameat2 bad flag", ORACLE_RENAME, AT2, .flags = 8),
	FORM("link", ORACLE_LINK, PLAIN),
	FORM("linkat FOLLOW", ORACLE_LINK, AT, .flags = AT_SYMLINK_FOLLOW),
	FORM("linkat bad flag", ORACLE_LINK, AT, .flags = 0x4000),
};
const int forms_count = sizeof(forms) / sizeof(*forms);

bool form_pairs(const struct form *form)
{
	return form->op == ORACLE_RENAME || form->op == ORACLE_LINK;
}

bool form_by_fd(const struct form *form)
{
	return form->via == FD || (form->via == EMPTY && form->op != ORACLE_SYMLINK);
}

bool form_changes(const struct form *form, int said)
{
	switch (form->op) {
	case ORACLE_OPEN:
		/* Before 6.4 this one is refused when the file has been made. */
		return form->flags & O_CREAT && (said == 0 || form->flags & O_DIRECTORY);
	case ORACLE_TRUNCATE:
	case ORACLE_UTIME:
	case ORACLE_ACCESS:
		return false;
	case ORACLE_XATTR: /* an ACL changes the mode */
		return said == 0 && form->value && form->value[1];
	case ORACLE_MKDIR:
	case ORACLE_MKNOD:
	case ORACLE_SYMLINK:
	case ORACLE_BIND:
	case ORACLE_LINK:
	case ORACLE_RENAME:
	case ORACLE_UNLINK:
	case ORACLE_RMDIR:
	case ORACLE_CHMOD:
	case ORACLE_CHOWN:
		break;
	}
	return said == 0;
}

static enum at_end open_end(const struct form *form)
{
	unsigned flags = form->flags;

	if ((flags & O_PATH) && form->via == AT)
		flags &= ~(unsigned)O_CREAT;
	if (flags & O_CREAT) /* a slash is an error of its own */
		return flags & (O_NOFOLLOW | O_EXCL) ? END_NAME : END_FOLLOW;
	return flags & O_NOFOLLOW ? END_LINK : END_FOLLOW;
}

enum at_end form_end(const struct form *form)
{
	switch (form->op) {
	case ORACLE_OPEN:
		return open_end(form);
	case ORACLE_LINK:
		return form->flags & AT_SYMLINK_FOLLOW ? END_FOLLOW : END_LINK;
	case ORACLE_TRUNCATE:
	case ORACLE_CHMOD:
	case ORACLE_CHOWN:
	case ORACLE_UTIME:
	case ORACLE_XATTR:
	case ORACLE_ACCESS:
		return form->flags & AT_SYMLINK_NOFOLLOW || form->via == LINKS
			       ? END_LINK
			       : END_FOLLOW;
	case ORACLE_MKDIR:
	case ORACLE_MKNOD:
	case ORACLE_SYMLINK:
	case ORACLE_BIND:
	case ORACLE_RENAME:
	case ORACLE_UNLINK:
	case ORACLE_RMDIR:
		break;
	}
	return END_NAME;
}

/* --- doing it --- */

#define RAW(name, ...) ((struct raw){ SYS_##name, { __VA_ARGS__ } })
#define CWD	       ((long)AT_FDCWD)
#define P(pointer)     ((long)(uintptr_t)(pointer))

/* Newer than some headers. */
#define SYS_fchmodat2_	452
#define SYS_setxattrat_ 463
#define SYS_faccessat2_ 439
#define SYS_openat2_	437

/* Where the calls with no directory are still there (x86), PLAIN is those. */
#ifdef SYS_open
#define OLD(form) ((form)->via == PLAIN)
#else
#define OLD(form)   false
#define SYS_open    -1
#define SYS_mkdir   -1
#define SYS_mknod   -1
#define SYS_symlink -1
#define SYS_unlink  -1
#define SYS_rmdir   -1
#define SYS_chmod   -1
#define SYS_access  -1
#define SYS_rename  -1
#define SYS_link    -1
#endif

static void raw_open(const struct form *form, const char *path, struct raw *ret)
{
	static struct open_how how;
	/* A FIFO without a reader, a terminal: nobody waits. */
	unsigned flags =
		form->flags | (form->flags & O_PATH && form->via == AT2 ? 0 : O_NONBLOCK);

	how = (struct open_how){ .flags = flags, .mode = form->mode };
	if (form->via == AT2)
		*ret = RAW(openat2_, CWD, P(path), P(&how), sizeof(how));
	else if (OLD(form))
		*ret = RAW(open, P(path), flags, form->mode);
	else
		*ret = RAW(openat, CWD, P(path), flags, form->mode);
}

static void raw_mknod(const struct form *form, const char *path, struct raw *ret)
{
	long dev = form->via == AT2 ? 0 : (long)makedev(1, 3);

	*ret = OLD(form) ? RAW(mknod, P(path), form->mode, dev)
			 : RAW(mknodat, CWD, P(path), form->mode, dev);
}

static bool raw_bind(const char *path, int fd, struct raw *ret)
{
	static struct sockaddr_un address;

	if (strlen(path) >= sizeof(address.sun_path) || path[0] == '\0')
		return false;
	address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	*ret = RAW(bind, fd, P(&address), sizeof(address));
	return true;
}

static void raw_chmod(const struct form *form, const char *path, int fd, struct raw *ret)
{
	if (form->via == FD)
		*ret = RAW(fchmod, fd, form->mode);
	else if (OLD(form))
		*ret = RAW(chmod, P(path), form->mode);
	else if (form->via == AT)
		*ret = RAW(fchmodat, CWD, P(path), form->mode);
	else
		*ret = RAW(fchmodat2_, form->via == EMPTY ? fd : CWD,
			   P(form->via == EMPTY ? "" : path), form->mode, form->flags);
}

static void raw_chown(const struct form *form, const char *path, int fd, struct raw *ret)
{
	if (form->via == FD)
		*ret = RAW(fchown, fd, form->owner, -1);
	else
		*ret = RAW(fchownat, form->via == EMPTY ? fd : CWD,
			   P(form->via == EMPTY ? "" : path), form->owner, -1,
			   form->flags);
}

static void raw_utime(const struct form *form, const char *path, int fd, struct raw *ret)
{
	static const struct timespec times[][2] = {
		[SET] = { { 1, 0 }, { 2, 0 } },
		[HALF] = { { 0, UTIME_OMIT }, { 0, UTIME_NOW } },
		[OMIT] = { { 0, UTIME_OMIT }, { 0, UTIME_OMIT } },
		[WRONG] = { { 1, 1000000000 }, { 2, 0 } },
	};
	long t = form->times == NOW ? 0 : P(times[form->times]);

	if (form->via == FD)
		*ret = RAW(utimensat, fd, 0, t);
	else
		*ret = RAW(utimensat, form->via == EMPTY ? fd : CWD,
			   P(form->via == EMPTY ? "" : path), t, form->flags);
}

/* u::rw-,g::rw-,o::rw- */
static const unsigned char acl[] = { 2,	  0,   0, 0, 1,	  0,   6,   0,	 255, 255,
				     255, 255, 4, 0, 6,	  0,   255, 255, 255, 255,
				     32,  0,   6, 0, 255, 255, 255, 255 };

static void raw_xattr(const struct form *form, const char *path, int fd, struct raw *ret)
{
	static struct {
		uint64_t value;
		uint32_t size, flags;
	} args;
	bool is_acl = form->value && form->value[1];
	long name = P(form->attr), value = P(is_acl ? (const void *)acl : form->value);
	long size = is_acl ? (long)sizeof(acl) : 1;

	args.value = (uint64_t)value;
	args.size = (uint32_t)size;
	args.flags = form->mode;
	if (form->via == AT2 || form->via == EMPTY)
		*ret = RAW(setxattrat_, form->via == EMPTY ? fd : CWD,
			   P(form->via == EMPTY ? "" : path), form->flags, name, P(&args),
			   sizeof(args));
	else if (form->via == FD)
		*ret = form->value ? RAW(fsetxattr, fd, name, value, size, form->mode)
				   : RAW(fremovexattr, fd, name);
	else if (form->via == LINKS)
		*ret = form->value
			       ? RAW(lsetxattr, P(path), name, value, size, form->mode)
			       : RAW(lremovexattr, P(path), name);
	else
		*ret = form->value ? RAW(setxattr, P(path), name, value, size, form->mode)
				   : RAW(removexattr, P(path), name);
}

static void raw_access(const struct form *form, const char *path, int fd, struct raw *ret)
{
	if (form->via == PLAIN)
		*ret = OLD(form) ? RAW(access, P(path), form->mode)
				 : RAW(faccessat, CWD, P(path), form->mode);
	else
		*ret = RAW(faccessat2_, form->via == EMPTY ? fd : CWD,
			   P(form->via == EMPTY ? "" : path), form->mode, form->flags);
}

bool form_raw(const struct form *form, const char *a, const char *b, int fd,
	      struct raw *ret)
{
	const char *target = form->via == EMPTY ? "" : "target";

	switch (form->op) {
	case ORACLE_OPEN:
		raw_open(form, a, ret);
		break;
	case ORACLE_MKDIR:
		*ret = OLD(form) ? RAW(mkdir, P(a), form->mode)
				 : RAW(mkdirat, CWD, P(a), form->mode);
		break;
	case ORACLE_MKNOD:
		raw_mknod(form, a, ret);
		break;
	case ORACLE_SYMLINK:
		*ret = OLD(form) ? RAW(symlink, P(target), P(a))
				 : RAW(symlinkat, P(target), CWD, P(a));
		break;
	case ORACLE_BIND:
		return raw_bind(a, fd, ret);
	case ORACLE_LINK:
		*ret = OLD(form) ? RAW(link, P(a), P(b))
				 : RAW(linkat, CWD, P(a), CWD, P(b), form->flags);
		break;
	case ORACLE_RENAME:
		*ret = OLD(form) ? RAW(rename, P(a), P(b))
				 : RAW(renameat2, CWD, P(a), CWD, P(b), form->flags);
		break;
	case ORACLE_UNLINK:
		*ret = OLD(form) ? RAW(unlink, P(a))
				 : RAW(unlinkat, CWD, P(a), form->flags);
		break;
	case ORACLE_RMDIR:
		*ret = OLD(form) ? RAW(rmdir, P(a))
				 : RAW(unlinkat, CWD, P(a), AT_REMOVEDIR);
		break;
	case ORACLE_TRUNCATE:
		*ret = RAW(truncate, P(a), form->via == PLAIN ? 0 : -1);
		break;
	case ORACLE_CHMOD:
		raw_chmod(form, a, fd, ret);
		break;
	case ORACLE_CHOWN:
		raw_chown(form, a, fd, ret);
		break;
	case ORACLE_UTIME:
		raw_utime(form, a, fd, ret);
		break;
	case ORACLE_XATTR:
		raw_xattr(form, a, fd, ret);
		break;
	case ORACLE_ACCESS:
		raw_access(form, a, fd, ret);
		break;
	}
	return true;
}

int raw_do(const struct raw *raw)
{
	long r = sys_call(raw->number, raw->args);

	if (r < 0)
		return errno == ENOSYS ? -1 : errno;
	if (r > 0)
		(void)close((int)r); /* of open */
	return 0;
}

/* --- telling it --- */

static enum oracle_attr attr_of(const char *name)
{
	return name[0] == 't'	? ATTR_TRUSTED
	       : name[1] == 'e' ? ATTR_SECURITY
	       : name[0] == 's' ? ATTR_SYSTEM
				: ATTR_USER;
}

static void tell_xattr(const struct form *form, const struct tree_limits *limits,
		       struct oracle_call *call)
{
	call->attr = attr_of(form->attr);
	call->privileged = geteuid() == 0;
	if (form->attr[0] == '\0')
		call->invalid = ERANGE;
	if (form->mode & 8)
		call->invalid = EINVAL;
	if (call->attr == ATTR_USER)
		call->late = limits->user_attr;
	else if (call->attr == ATTR_SYSTEM)
		call->late = limits->system_attr;
}

static bool create_directory(void)
{
	static int is = -1;

	if (is < 0)
		is = open("/", O_RDONLY | O_CREAT | O_DIRECTORY | O_CLOEXEC, 0) < 0 &&
		     errno == EISDIR;
	return is;
}

struct oracle_call form_call(const struct form *form, int on, unsigned kernel)
{
	const struct tree_limits *limits = &tree_limits[on];
	struct oracle_call call = {
		.op = form->op,
		.flags = form->via == LINKS ? NOFOLLOW : form->flags,
		.at = form->op != ORACLE_OPEN && form->via != PLAIN && form->via != FD,
		.strict = form->op == ORACLE_OPEN && form->via == AT2,
		.mode = form->mode,
		.kernel = kernel,
		.create_directory = create_directory(),
		.now = form->times == NOW,
		.omit = form->times == OMIT,
		.path_only = form->by & O_PATH,
		.privileged = geteuid() == 0,
	};

	if (form->op == ORACLE_MKNOD && form->via == AT2) {
		call.late = limits->mknod;
		call.privileged = true;
	}
	if (form->op == ORACLE_TRUNCATE && form->via == AT)
		call.early = EINVAL;
	if (form->op == ORACLE_UTIME && form->times == WRONG)
		call.invalid = EINVAL;
	if (form->op == ORACLE_SYMLINK && form->via == EMPTY)
		call.empty = true;
	if (form->op == ORACLE_XATTR)
		tell_xattr(form, limits, &call);
	if (form->op == ORACLE_OPEN && (form->flags & TMPFILE_ALONE))
		call.late = limits->tmpfile;
	if (form->op == ORACLE_RENAME && (form->flags & RENAME_WHITEOUT))
		call.late = limits->whiteout;
	return call;
}
