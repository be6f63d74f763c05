/* SPDX-License-Identifier: MIT */
#include "acts.h"

#include "say.h"
#include "sys.h"

/* Past times, so that a change shows. */
static const long timespecs[4] = { 1000000000, 0, 1000000000, 0 };
static const long timevals[4] = { 1000000000, 0, 1000000000, 0 };
static const long half[4] = { 0, OMIT_NSEC, 1000000000, 0 };
static const long now[4] = { 0, NOW_NSEC, 0, NOW_NSEC };
static const long omit[4] = { 0, OMIT_NSEC, 0, OMIT_NSEC };
static const long utimbuf[2] = { 1000000000, 1000000000 };
#ifdef __i386__
static const int64_t timespecs64[4] = { 1000000000, 0, 1000000000, 0 };
static const int64_t omit64[4] = { 0, OMIT_NSEC, 0, OMIT_NSEC };
#endif
static const uint64_t how_write[3] = { WRITE, 0, 0 };
static const uint64_t how_create[3] = { WRITE | CREATE, 0644, 0 };
static const uint64_t how_read[3] = { READ, 0, 0 };
struct xattr_args {
	uint64_t value;
	uint32_t size, flags;
};
static struct xattr_args xattr_args; /* a pointer in 64 bits is no constant on i386 */

#define XATTR	 "user.taskprobe"
#define P(x)	 ((long)(x))
#define CONST(x) P((const void *)(x))

const struct act acts[] = {
	{ "open", "write", 'f', 0, __NR_open, "p..", { WRITE, 0 } },
	{ "open-both", "write", 'f', 0, __NR_open, "p..", { BOTH, 0 } },
	{ "open-creat", "create", 'n', 0, __NR_open, "p..", { WRITE | CREATE, 0644 } },
	{ "open-excl",
	  "create",
	  'n',
	  0,
	  __NR_open,
	  "p..",
	  { WRITE | CREATE | EXCLUSIVE, 0644 } },
	{ "open-creat-read",
	  "create",
	  'n',
	  0,
	  __NR_open,
	  "p..",
	  { READ | CREATE, 0644 } },
	{ "open-creat-there",
	  "write",
	  'f',
	  0,
	  __NR_open,
	  "p..",
	  { WRITE | CREATE, 0644 } },
	{ "open-trunc", "truncate", 'f', 0, __NR_open, "p..", { WRITE | TRUNCATE, 0 } },
	{ "open-trunc-read",
	  "truncate",
	  'f',
	  0,
	  __NR_open,
	  "p..",
	  { READ | TRUNCATE, 0 } },
	{ "creat", "create", 'n', 0, __NR_creat, "p.", { 0644 } },
	{ "creat-there", "truncate", 'f', 0, __NR_creat, "p.", { 0644 } },
	{ "openat", "write", 'f', 0, __NR_openat, "dp..", { WRITE, 0 } },
	{ "openat-creat",
	  "create",
	  'n',
	  0,
	  __NR_openat,
	  "dp..",
	  { WRITE | CREATE, 0600 } },
	{ "openat-tmpfile",
	  "create",
	  'd',
	  0,
	  __NR_openat,
	  "dp..",
	  { WRITE | TMPFILE, 0600 } },
	{ "openat2", "write", 'f', 0, __NR_openat2, "dp..", { CONST(how_write), 24 } },
	{ "openat2-creat",
	  "create",
	  'n',
	  0,
	  __NR_openat2,
	  "dp..",
	  { CONST(how_create), 24 } },
	{ "openat2-read", NULL, 'f', 0, __NR_openat2, "dp..", { CONST(how_read), 24 } },
	{ "open-read", NULL, 'f', 0, __NR_open, "p..", { READ, 0 } },
	{ "open-path", NULL, 'f', 0, __NR_open, "p..", { PATH_ONLY | BOTH, 0 } },
	{ "open-creat-read-there",
	  NULL,
	  'f',
	  0,
	  __NR_open,
	  "p..",
	  { READ | CREATE, 0644 } },
	{ "open-excl-there",
	  NULL,
	  'f',
	  0,
	  __NR_open,
	  "p..",
	  { WRITE | CREATE | EXCLUSIVE, 0 } },
	{ "open-directory", NULL, 'd', 0, __NR_open, "p..", { WRITE, 0 } },
	{ "open-missing", NULL, 'n', 0, __NR_open, "p..", { WRITE, 0 } },
	{ "mkdir", "mkdir", 'n', 0, __NR_mkdir, "p.", { 0755 } },
	{ "mkdirat", "mkdir", 'n', 0, __NR_mkdirat, "dp.", { 0755 } },
	{ "mkdir-there", NULL, 'd', 0, __NR_mkdir, "p.", { 0755 } },
	{ "mknod", "mknod", 'n', 0, __NR_mknod, "p..", { TYPE_FILE | 0644, 0 } },
	{ "mknod-fifo", "mknod", 'n', 0, __NR_mknod, "p..", { TYPE_FIFO | 0644, 0 } },
	{ "mknodat-socket",
	  "mknod",
	  'n',
	  0,
	  __NR_mknodat,
	  "dp..",
	  { TYPE_SOCKET | 0644, 0 } },
	{ "mknodat-device",
	  "mknod",
	  'n',
	  0,
	  __NR_mknodat,
	  "dp..",
	  { TYPE_CHAR | 0644, 0x103 } },
	{ "mknod-there", NULL, 'f', 0, __NR_mknod, "p..", { TYPE_FILE | 0644, 0 } },
	{ "symlink", "symlink", 'n', 0, __NR_symlink, ".p", { CONST("target") } },
	{ "symlinkat", "symlink", 'n', 0, __NR_symlinkat, ".dp", { CONST("/target") } },
	{ "symlink-there", NULL, 'f', 0, __NR_symlink, ".p", { CONST("target") } },
	{ "link", "link", 'f', 'n', __NR_link, "pq", { 0 } },
	{ "linkat", "link", 'f', 'n', __NR_linkat, "dpdq.", { 0 } },
	{ "linkat-follow", "link", 'f', 'n', __NR_linkat, "dpdq.", { SYMLINK_FOLLOW } },
	{ "link-link", "link", 's', 'n', __NR_link, "pq", { 0 } },
	{ "link-there", NULL, 'f', 't', __NR_link, "pq", { 0 } },
	{ "link-missing", NULL, 'n', 'o', __NR_link, "pq", { 0 } },
	{ "rename", "rename", 'f', 'n', __NR_rename, "pq", { 0 } },
	{ "rename-over", "rename", 'f', 't', __NR_rename, "pq", { 0 } },
	{ "rename-directory", "rename", 'd', 'n', __NR_rename, "pq", { 0 } },
	{ "rename-link", "rename", 's', 'n', __NR_rename, "pq", { 0 } },
	{ "rename-missing", "rename", 'n', 'o', __NR_rename, "pq", { 0 } },
	{ "renameat", "rename", 'f', 'n', __NR_renameat, "dpdq", { 0 } },
	{ "renameat2", "rename", 'f', 'n', __NR_renameat2, "dpdq.", { NOREPLACE } },
	{ "renameat2-exchange",
	  "rename",
	  'f',
	  't',
	  __NR_renameat2,
	  "dpdq.",
	  { EXCHANGE } },
	{ "renameat2-invalid", NULL, 'f', 'n', __NR_renameat2, "dpdq.", { 0x80 } },
	{ "unlink", "unlink", 'f', 0, __NR_unlink, "p", { 0 } },
	{ "unlink-link", "unlink", 's', 0, __NR_unlink, "p", { 0 } },
	{ "unlink-missing", "unlink", 'n', 0, __NR_unlink, "p", { 0 } },
	{ "unlink-directory", "unlink", 'd', 0, __NR_unlink, "p", { 0 } },
	{ "unlinkat", "unlink", 'f', 0, __NR_unlinkat, "dp.", { 0 } },
	{ "unlinkat-rmdir", "rmdir", 'd', 0, __NR_unlinkat, "dp.", { REMOVE_DIR } },
	{ "unlinkat-invalid", NULL, 'f', 0, __NR_unlinkat, "dp.", { 0x10000 } },
	{ "rmdir", "rmdir", 'd', 0, __NR_rmdir, "p", { 0 } },
	{ "rmdir-file", "rmdir", 'f', 0, __NR_rmdir, "p", { 0 } },
	{ "truncate", "truncate", 'f', 0, __NR_truncate, "p.", { 2 } },
	{ "truncate-directory", NULL, 'd', 0, __NR_truncate, "p.", { 2 } },
	{ "truncate-negative", NULL, 'f', 0, __NR_truncate, "p.", { -1 } },
	{ "chmod", "chmod", 'f', 0, __NR_chmod, "p.", { 0640 } },
	{ "chmod-link", "chmod", 's', 0, __NR_chmod, "p.", { 0640 } },
	{ "fchmod", "chmod", 'f', 0, __NR_fchmod, "f.", { 0640 } },
	{ "fchmod-directory", "chmod", 'd', 0, __NR_fchmod, "f.", { 0750 } },
	{ "fchmodat", "chmod", 'd', 0, __NR_fchmodat, "dp.", { 0750 } },
	{ "fchmodat2", "chmod", 'f', 0, __NR_fchmodat2, "dp..", { 0640, 0 } },
	{ "fchmodat2-empty",
	  "chmod",
	  'f',
	  0,
	  __NR_fchmodat2,
	  "f...",
	  { CONST(""), 0640, EMPTY_PATH } },
	{ "chown", "chown", 'f', 0, __NR_chown, "pug", { 0 } },
	{ "chown-root", "chown", 'f', 0, __NR_chown, "p..", { 0, 0 } },
	{ "chown-nothing", "chown", 'f', 0, __NR_chown, "p..", { -1, -1 } },
	{ "lchown", "chown", 's', 0, __NR_lchown, "pug", { 0 } },
	{ "fchown", "chown", 'f', 0, __NR_fchown, "fug", { 0 } },
	{ "fchownat", "chown", 's', 0, __NR_fchownat, "dpug.", { SYMLINK_NOFOLLOW } },
	{ "fchownat-empty",
	  "chown",
	  'f',
	  0,
	  __NR_fchownat,
	  "f.ug.",
	  { CONST(""), EMPTY_PATH } },
	{ "utime", "utime", 'f', 0, __NR_utime, "p.", { CONST(utimbuf) } },
	{ "utime-now", "utime", 'f', 0, __NR_utime, "p.", { 0 } },
	{ "utimes", "utime", 'f', 0, __NR_utimes, "p.", { CONST(timevals) } },
	{ "futimesat", "utime", 'f', 0, __NR_futimesat, "dp.", { CONST(timevals) } },
	{ "futimesat-fd",
	  "utime",
	  'f',
	  0,
	  __NR_futimesat,
	  "f..",
	  { 0, CONST(timevals) } },
	{ "utimensat", "utime", 'd', 0, __NR_utimensat, "dp..", { CONST(timespecs), 0 } },
	{ "utimensat-now", "utime", 'f', 0, __NR_utimensat, "dp..", { CONST(now), 0 } },
	{ "utimensat-half", "utime", 'f', 0, __NR_utimensat, "dp..", { CONST(half), 0 } },
	{ "utimensat-link",
	  "utime",
	  's',
	  0,
	  __NR_utimensat,
	  "dp..",
	  { CONST(timespecs), SYMLINK_NOFOLLOW } },
	{ "utimensat-fd",
	  "utime",
	  'f',
	  0,
	  __NR_utimensat,
	  "f...",
	  { 0, CONST(timespecs), 0 } },
	{ "utimensat-omit", NULL, 'f', 0, __NR_utimensat, "dp..", { CONST(omit), 0 } },
	{ "setxattr",
	  "xattr",
	  'f',
	  0,
	  __NR_setxattr,
	  "p....",
	  { CONST(XATTR), CONST("x"), 1, 0 } },
	{ "lsetxattr",
	  "xattr",
	  'f',
	  0,
	  __NR_lsetxattr,
	  "p....",
	  { CONST(XATTR), CONST("x"), 1, 0 } },
	{ "fsetxattr",
	  "xattr",
	  'd',
	  0,
	  __NR_fsetxattr,
	  "f....",
	  { CONST(XATTR), CONST("x"), 1, 0 } },
	{ "setxattr-invalid",
	  NULL,
	  'f',
	  0,
	  __NR_setxattr,
	  "p....",
	  { CONST(XATTR), CONST("x"), 1, 64 } },
	{ "removexattr", "xattr", 'f', 0, __NR_removexattr, "p.", { CONST(XATTR) } },
	{ "lremovexattr", "xattr", 'f', 0, __NR_lremovexattr, "p.", { CONST(XATTR) } },
	{ "fremovexattr", "xattr", 'f', 0, __NR_fremovexattr, "f.", { CONST(XATTR) } },
	{ "setxattrat",
	  "xattr",
	  'f',
	  0,
	  __NR_setxattrat,
	  "dp....",
	  { 0, CONST(XATTR), CONST(&xattr_args), 16 } },
	{ "removexattrat",
	  "xattr",
	  'f',
	  0,
	  __NR_removexattrat,
	  "dp..",
	  { 0, CONST(XATTR) } },
	{ "access", "access", 'f', 0, __NR_access, "p.", { W } },
	{ "access-directory", "access", 'd', 0, __NR_access, "p.", { W | R } },
	{ "faccessat", "access", 'f', 0, __NR_faccessat, "dp.", { W } },
	{ "faccessat2", "access", 'f', 0, __NR_faccessat2, "dp..", { W, EACCESS } },
	{ "access-read", NULL, 'f', 0, __NR_access, "p.", { R } },
	{ "bind", "bind", 'n', 0, __NR_bind, "b", { 0 } },
	{ "bind-there", NULL, 'f', 0, __NR_bind, "b", { 0 } },
#ifdef __i386__
	{ "truncate64", "truncate", 'f', 0, __NR_truncate64, "p..", { 2, 0 } },
	{ "chown32", "chown", 'f', 0, __NR_chown32, "pug", { 0 } },
	{ "lchown32", "chown", 's', 0, __NR_lchown32, "pug", { 0 } },
	{ "fchown32", "chown", 'f', 0, __NR_fchown32, "fug", { 0 } },
	{ "utimensat64",
	  "utime",
	  'f',
	  0,
	  __NR_utimensat_time64,
	  "dp..",
	  { CONST(timespecs64), 0 } },
	{ "utimensat64-omit",
	  NULL,
	  'f',
	  0,
	  __NR_utimensat_time64,
	  "dp..",
	  { CONST(omit64), 0 } },
	{ "socketcall", "bind", 'n', 0, __NR_socketcall, "b", { 0 } },
#endif
	{ 0 },
};

/* A kernel or a profile without the call: bad flags get EINVAL where it is there. */
static int ask(int number)
{
	switch (number) {
	case __NR_openat2:
		return SYS4(number, -1, "", NULL, 0) != -EINVAL_;
	case __NR_fchmodat2:
		return SYS4(number, -1, "", 0, 1) != -EINVAL_;
	case __NR_setxattrat:
		return SYS6(number, -1, "", 1, "", NULL, 0) != -EINVAL_;
	case __NR_removexattrat:
		return SYS4(number, -1, "", 1, "") != -EINVAL_;
	default:
		return 0;
	}
}

int act_lacks(const struct act *act)
{
	static signed char known[512]; /* 1: there, 2: not */

	xattr_args.value = (uint64_t)(uintptr_t) "x";
	xattr_args.size = 1;
	if (act->number >= 512)
		return 0;
	if (!known[act->number])
		known[act->number] = ask(act->number) ? 2 : 1;
	return known[act->number] == 2;
}
