/* SPDX-License-Identifier: MIT
 *
 * The numbers stand here as data: a machine's kernel headers have its own alone, and
 * may be older than the kernel.
 *
 * What is not here, and why:
 *
 * - write, ftruncate, fallocate and the like: the open was the event.
 * - mprotect and pkey_mprotect with PROT_EXEC: JIT compilers call them all day for
 *   memory without a file, which BPF cannot tell. Loaders map code executable.
 * - clone and clone3 with a new mount namespace: the mounts that follow are notified.
 * - acct, swapon, quotactl, bpf's pins: they take privileges that no container has by
 *   default. A core dump is written by no call at all.
 * - the ioctls of encryption, verity and deduplication: not on overlayfs.
 */
#include "probe/trace/calls/calls.h"

#include <linux/audit.h>

#define NO	(-1)
#define X32_BIT 0x40000000

/* x86-64, i386, x32, arm64. */
#define NR(x86_64, i386, x32, arm64)                                   \
	.number = {                                                    \
		[ABI_X86_64] = (x86_64),                               \
		[ABI_I386] = (i386),                                   \
		[ABI_X32] = (x32) == NO ? NO : (X32_BIT | (int)(x32)), \
		[ABI_ARM64] = (arm64),                                 \
	}
/* The usual case: x32 has the number of x86-64. */
#define NRS(x86_64, i386, arm64) NR(x86_64, i386, x86_64, arm64)
#define NR_ALL(nr)		 NR(nr, nr, nr, nr)
#define NR_I386(nr)		 NR(NO, nr, NO, NO)

#define ARGS(dirfd_, path_, dirfd2_, path2_, fd_, flags_, mode_, extra_)            \
	.dirfd = (dirfd_), .path = (path_), .dirfd2 = (dirfd2_), .path2 = (path2_), \
	.fd = (fd_), .flags = (flags_), .mode = (mode_), .extra = (extra_)
#define NAME(path, flags, mode, extra) ARGS(NO, path, NO, NO, NO, flags, mode, extra)
#define AT(flags, mode, extra)	       ARGS(0, 1, NO, NO, NO, flags, mode, extra)
#define FD(mode, extra)		       ARGS(NO, NO, NO, NO, 0, NO, mode, extra)
#define TWO_NAMES		       ARGS(NO, 0, NO, 1, NO, NO, NO, NO)
#define TWO_AT(flags)		       ARGS(0, 1, 2, 3, NO, flags, NO, NO)
#define EXTRA(extra)		       ARGS(NO, NO, NO, NO, NO, NO, NO, extra)
#define NOTHING			       EXTRA(NO)

#define CALL(name_, kind_, test_, ...)                                                   \
	{                                                                                \
		.name = (name_), .kind = CALL_##kind_, .test = TEST_##test_, __VA_ARGS__ \
	}
#define ON(name, kind, ...) CALL(name, kind, ALWAYS, __VA_ARGS__)
#define CREDS(name, ...)    CALL(name, CREDS, ALWAYS, __VA_ARGS__, NOTHING)
#define MOUNT(name, ...)    CALL(name, MOUNT, ALWAYS, __VA_ARGS__, NOTHING)
#define NOFOLLOW	    .nofollow = true
#define IDS16		    .ids16 = true
#define TIMES(c)	    .times = (c)

static const struct call calls[] = {
	/* The filter tests in this order; this one is the most frequent. */
	CALL("openat", OPEN, OPEN, NRS(257, 295, 56), AT(2, 3, NO)),
	CALL("open", OPEN, OPEN, NRS(2, 5, NO), NAME(0, 1, 2, NO)),
	ON("openat2", OPEN, NR_ALL(437), AT(NO, NO, 2)),
	ON("creat", OPEN, NRS(85, 8, NO), NAME(0, NO, 1, NO)),
	CALL("open_by_handle_at", BLIND, OPEN, NRS(304, 342, 265),
	     ARGS(NO, NO, NO, NO, NO, 2, NO, 1)),

	ON("mkdir", MKDIR, NRS(83, 39, NO), NAME(0, NO, 1, NO), NOFOLLOW),
	ON("mkdirat", MKDIR, NRS(258, 296, 34), AT(NO, 2, NO), NOFOLLOW),
	ON("mknod", MKNOD, NRS(133, 14, NO), NAME(0, NO, 1, NO), NOFOLLOW),
	ON("mknodat", MKNOD, NRS(259, 297, 33), AT(NO, 2, NO), NOFOLLOW),
	ON("symlink", SYMLINK, NRS(88, 83, NO), NAME(1, NO, NO, 0), NOFOLLOW),
	ON("symlinkat", SYMLINK, NRS(266, 304, 36), ARGS(1, 2, NO, NO, NO, NO, NO, 0),
	   NOFOLLOW),
	ON("link", LINK, NRS(86, 9, NO), TWO_NAMES, NOFOLLOW),
	ON("linkat", LINK, NRS(265, 303, 37), TWO_AT(4)),
	ON("rename", RENAME, NRS(82, 38, NO), TWO_NAMES, NOFOLLOW),
	ON("renameat", RENAME, NRS(264, 302, 38), TWO_AT(NO), NOFOLLOW),
	ON("renameat2", RENAME, NRS(316, 353, 276), TWO_AT(4), NOFOLLOW),
	ON("unlink", UNLINK, NRS(87, 10, NO), NAME(0, NO, NO, NO), NOFOLLOW),
	ON("unlinkat", UNLINK, NRS(263, 301, 35), AT(2, NO, NO), NOFOLLOW),
	ON("rmdir", RMDIR, NRS(84, 40, NO), NAME(0, NO, NO, NO), NOFOLLOW),

	ON("truncate", TRUNCATE, NRS(76, 92, 45), NAME(0, NO, NO, NO)),
	ON("truncate64", TRUNCATE, NR_I386(193), NAME(0, NO, NO, NO)),
	ON("chmod", CHMOD, NRS(90, 15, NO), NAME(0, NO, 1, NO)),
	ON("fchmod", CHMOD, NRS(91, 94, 52), FD(1, NO)),
	ON("fchmodat", CHMOD, NRS(268, 306, 53), AT(NO, 2, NO)),
	ON("fchmodat2", CHMOD, NR_ALL(452), AT(3, 2, NO)),
	ON("file_setattr", CHMOD, NR_ALL(469), AT(4, NO, 2)),
	CALL("ioctl", CHMOD, IOCTL, NR(16, 54, 514, 29), FD(NO, 2)),
	ON("chown", CHOWN, NR(92, NO, 92, NO), NAME(0, NO, NO, NO)),
	ON("lchown", CHOWN, NR(94, NO, 94, NO), NAME(0, NO, NO, NO), NOFOLLOW),
	ON("fchown", CHOWN, NR(93, NO, 93, 55), FD(NO, NO)),
	ON("fchownat", CHOWN, NRS(260, 298, 54), AT(4, NO, NO)),
	ON("chown32", CHOWN, NR_I386(212), NAME(0, NO, NO, NO)),
	ON("lchown32", CHOWN, NR_I386(198), NAME(0, NO, NO, NO), NOFOLLOW),
	ON("fchown32", CHOWN, NR_I386(207), FD(NO, NO)),
	ON("chown", CHOWN, NR_I386(182), NAME(0, NO, NO, NO), IDS16),
	ON("lchown", CHOWN, NR_I386(16), NAME(0, NO, NO, NO), NOFOLLOW, IDS16),
	ON("fchown", CHOWN, NR_I386(95), FD(NO, NO), IDS16),
	ON("utime", UTIME, NRS(132, 30, NO), NAME(0, NO, NO, 1), TIMES('u')),
	ON("utimes", UTIME, NRS(235, 271, NO), NAME(0, NO, NO, 1), TIMES('v')),
	ON("futimesat", UTIME, NRS(261, 299, NO), AT(NO, NO, 2), TIMES('v')),
	ON("utimensat", UTIME, NRS(280, 320, 88), AT(3, NO, 2), TIMES('t')),
	ON("utimensat_time64", UTIME, NR_I386(412), AT(3, NO, 2), TIMES('T')),
	ON("setxattr", XATTR, NRS(188, 226, 5), NAME(0, NO, NO, NO)),
	ON("lsetxattr", XATTR, NRS(189, 227, 6), NAME(0, NO, NO, NO), NOFOLLOW),
	ON("fsetxattr", XATTR, NRS(190, 228, 7), FD(NO, NO)),
	ON("setxattrat", XATTR, NR_ALL(463), AT(2, NO, NO)),
	ON("removexattr", XATTR, NRS(197, 235, 14), NAME(0, NO, NO, NO)),
	ON("lremovexattr", XATTR, NRS(198, 236, 15), NAME(0, NO, NO, NO), NOFOLLOW),
	ON("fremovexattr", XATTR, NRS(199, 237, 16), FD(NO, NO)),
	ON("removexattrat", XATTR, NR_ALL(466), AT(2, NO, NO)),
	CALL("access", ACCESS, W_OK, NRS(21, 33, NO), NAME(0, NO, 1, NO)),
	CALL("faccessat", ACCESS, W_OK, NRS(269, 307, 48), AT(NO, 2, NO)),
	CALL("faccessat2", ACCESS, W_OK, NR_ALL(439), AT(3, 2, NO)),
	ON("bind", BIND, NRS(49, 361, 200), EXTRA(1)),
	CALL("socketcall", BIND, SOCKETCALL, NR_I386(102), EXTRA(1)),

	ON("execve", EXEC, NR(59, 11, 520, 221), NAME(0, NO, NO, NO)),
	ON("execveat", EXEC, NR(322, 358, 545, 281), AT(4, NO, NO)),
	CALL("mmap", MMAP, MAP, NR(9, NO, 9, 222), ARGS(NO, NO, NO, NO, 4, NO, NO, NO)),
	CALL("mmap2", MMAP, MAP, NR_I386(192), ARGS(NO, NO, NO, NO, 4, NO, NO, NO)),
	ON("mmap", MMAP, NR_I386(90), EXTRA(0)),
	ON("chdir", CHDIR, NRS(80, 12, 49), NAME(0, NO, NO, NO)),
	ON("fchdir", FCHDIR, NRS(81, 133, 50), FD(NO, NO)),
	ON("chroot", CHROOT, NRS(161, 61, 51), NAME(0, NO, NO, NO)),

	CREDS("setuid", NRS(105, 23, 146)),
	CREDS("setgid", NRS(106, 46, 144)),
	CREDS("setreuid", NRS(113, 70, 145)),
	CREDS("setregid", NRS(114, 71, 143)),
	CREDS("setresuid", NRS(117, 164, 147)),
	CREDS("setresgid", NRS(119, 170, 149)),
	CREDS("setgroups", NRS(116, 81, 159)),
	CREDS("setfsuid", NRS(122, 138, 151)),
	CREDS("setfsgid", NRS(123, 139, 152)),
	CREDS("setuid32", NR_I386(213)),
	CREDS("setgid32", NR_I386(214)),
	CREDS("setreuid32", NR_I386(203)),
	CREDS("setregid32", NR_I386(204)),
	CREDS("setresuid32", NR_I386(208)),
	CREDS("setresgid32", NR_I386(210)),
	CREDS("setgroups32", NR_I386(206)),
	CREDS("setfsuid32", NR_I386(215)),
	CREDS("setfsgid32", NR_I386(216)),
	CREDS("capset", NRS(126, 185, 91)),
	CALL("prctl", PRCTL, DUMPABLE, NRS(157, 172, 167), NOTHING),

	MOUNT("mount", NRS(165, 21, 40)),
	MOUNT("umount", NR_I386(22)),
	MOUNT("umount2", NRS(166, 52, 39)),
	MOUNT("pivot_root", NRS(155, 217, 41)),
	MOUNT("open_tree", NR_ALL(428)),
	MOUNT("open_tree_attr", NR_ALL(467)),
	MOUNT("move_mount", NR_ALL(429)),
	MOUNT("fsmount", NR_ALL(432)),
	MOUNT("fspick", NR_ALL(433)),
	MOUNT("mount_setattr", NR_ALL(442)),
	MOUNT("setns", NRS(308, 346, 268)),
	MOUNT("unshare", NRS(272, 310, 97)),
	ON("io_uring_setup", IO_URING, NR_ALL(425), NOTHING),
	CALL("seccomp", LISTENER, LISTENER, NRS(317, 354, 277), NOTHING),
};

static const struct {
	const char *name;
	uint32_t arch;
} abis[ABI_COUNT] = {
	[ABI_X86_64] = { "x86-64", AUDIT_ARCH_X86_64 },
	[ABI_I386] = { "i386", AUDIT_ARCH_I386 },
	[ABI_X32] = { "x32", AUDIT_ARCH_X86_64 },
	[ABI_ARM64] = { "arm64", AUDIT_ARCH_AARCH64 },
};

int abi_of(uint32_t arch, int nr)
{
	switch (arch) {
	case AUDIT_ARCH_X86_64:
		/* -1 is what a tracer leaves of a call that it forbids. */
		return nr != -1 && nr & X32_BIT ? ABI_X32 : ABI_X86_64;
	case AUDIT_ARCH_I386:
		return ABI_I386;
	case AUDIT_ARCH_AARCH64:
		return ABI_ARM64;
	default:
		return -1;
	}
}

const char *abi_name(enum abi abi)
{
	return abis[abi].name;
}

uint32_t abi_arch(enum abi abi)
{
	return abis[abi].arch;
}

const struct call *call_find(enum abi abi, int nr)
{
	for (size_t i = 0; nr >= 0 && i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].number[abi] == nr)
			return &calls[i];
	return NULL;
}

const struct call *call_at(size_t i)
{
	return i < sizeof(calls) / sizeof(calls[0]) ? &calls[i] : NULL;
}
