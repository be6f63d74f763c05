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
#define NOFOLLOW      AT_SYMLINK_NOFOLLOW

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
	if (name[0] == 't')
		return ATTR_TRUSTED;
	if (name[0] == 's')
		return name[1] == 'e' ? ATTR_SECURITY : ATTR_SYSTEM;
	return ATTR_USER;
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

static bool refuses_create_directory(void)
{
	static int is = -1;

	if (is < 0)
		is = open("/", O_RDONLY | O_CREAT | O_DIRECTORY | O_CLOEXEC, 0) < 0 &&
		     errno == EINVAL;
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
		.refuses_create_directory = refuses_create_directory(),
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
