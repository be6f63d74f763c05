/* SPDX-License-Identifier: MIT
 *
 * sys.h - system calls that libc does not wrap (or musl and glibc wrap
 * differently), one thin function each. The only file that may call
 * syscall(). Like libc: -1 and errno on failure.
 */
#ifndef PROBE_SYS_H
#define PROBE_SYS_H

#include <linux/openat2.h>
#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static inline int sys_openat2(int dirfd, const char *path, const struct open_how *how)
{
	return (int)syscall(SYS_openat2, dirfd, path, how, sizeof(*how));
}

static inline int sys_pidfd_open(pid_t pid, unsigned flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

/* statx(2) as the kernel has it: some libcs lack it, others declare it, and the
 * kernel's own header collides with theirs. */
struct sys_statx_time {
	int64_t sec;
	uint32_t nsec;
	int32_t reserved;
};
struct sys_statx {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, spare0;
	uint64_t ino, size, blocks, attributes_mask;
	struct sys_statx_time atime, btime, ctime, mtime;
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t mnt_id;
	uint64_t spare[13];
};
_Static_assert(sizeof(struct sys_statx) == 256, "the kernel's layout");

#define SYS_STATX_TYPE		  0x0001U
#define SYS_STATX_MODE		  0x0002U
#define SYS_STATX_NLINK		  0x0004U
#define SYS_STATX_UID		  0x0008U
#define SYS_STATX_GID		  0x0010U
#define SYS_STATX_INO		  0x0100U
#define SYS_STATX_SIZE		  0x0200U
#define SYS_STATX_BASIC		  0x07ffU
#define SYS_STATX_MNT_ID	  0x1000U /* since Linux 5.8 */
#define SYS_STATX_ATTR_IMMUTABLE  0x0010U
#define SYS_STATX_ATTR_APPEND	  0x0020U
#define SYS_STATX_ATTR_MOUNT_ROOT 0x2000U /* since Linux 5.8 */
#define SYS_AT_STATX_DONT_SYNC	  0x4000

static inline int sys_statx(int dirfd, const char *path, int flags, unsigned mask,
			    struct sys_statx *ret)
{
	return (int)syscall(SYS_statx, dirfd, path, flags, mask, ret);
}

/* struct linux_dirent64 */
struct sys_dirent {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

static inline ssize_t sys_getdents(int fd, void *buf, size_t size)
{
	return syscall(SYS_getdents64, fd, buf, size);
}

/* With AT_EACCESS libc may fork, or compute an answer of its own. */
static inline int sys_faccessat2(int dirfd, const char *path, int mode, int flags)
{
#ifdef SYS_faccessat2
	return (int)syscall(SYS_faccessat2, dirfd, path, mode, flags);
#else
	return (int)syscall(439, dirfd, path, mode, flags);
#endif
}

static inline int sys_close_range(unsigned first, unsigned last)
{
#ifdef SYS_close_range
	return (int)syscall(SYS_close_range, first, last, 0);
#else
	return (int)syscall(436, first, last, 0);
#endif
}

/* SECCOMP_GET_NOTIF_SIZES writes to 'args'. */
static inline int sys_seccomp(unsigned operation, unsigned flags, const void *args)
{
	return (int)syscall(SYS_seccomp, operation, flags, args);
}

/* 'info' is a siginfo_t, or NULL for what kill(2) would send. */
static inline int sys_pidfd_send_signal(int pidfd, int sig, void *info)
{
#ifdef SYS_pidfd_send_signal
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, info, 0);
#else
	return (int)syscall(424, pidfd, sig, info, 0);
#endif
}

/* A fork whose child sends no signal when it ends and that wait(2) does not see unless
 * asked for with __WALL. libc does not know of it: its child must not use raise(3). */
static inline pid_t sys_fork_unseen(void)
{
	return (pid_t)syscall(SYS_clone, 0L, 0L, 0L, 0L, 0L);
}

/* A fork whose child is our parent's, as unseen by it as we are (exit_signal is ours). */
static inline pid_t sys_fork_sibling(void)
{
	return (pid_t)syscall(SYS_clone, (long)CLONE_PARENT, 0L, 0L, 0L, 0L);
}

/* Our own capabilities, raw: the library's way allocates. */
struct sys_caps {
	uint64_t effective, permitted, inheritable;
};

static inline int sys_caps_get(struct sys_caps *ret)
{
	struct {
		uint32_t version;
		int pid;
	} header = { 0x20080522, 0 };
	struct {
		uint32_t effective, permitted, inheritable;
	} data[2] = { { 0 }, { 0 } };
	int r = (int)syscall(SYS_capget, &header, data);

	ret->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
	ret->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	ret->inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
	return r;
}

static inline int sys_cap_effective(uint64_t *ret)
{
	struct sys_caps caps;
	int r = sys_caps_get(&caps);

	*ret = caps.effective;
	return r;
}

static inline int sys_caps_set(const struct sys_caps *caps)
{
	struct {
		uint32_t version;
		int pid;
	} header = { 0x20080522, 0 };
	struct {
		uint32_t effective, permitted, inheritable;
	} data[2] = {
		{ (uint32_t)caps->effective, (uint32_t)caps->permitted,
		  (uint32_t)caps->inheritable },
		{ (uint32_t)(caps->effective >> 32), (uint32_t)(caps->permitted >> 32),
		  (uint32_t)(caps->inheritable >> 32) },
	};

	return (int)syscall(SYS_capset, &header, data);
}

/* Any call by number: for asking what a filter does with it. */
static inline long sys_call(long number, const long args[6])
{
	return syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
}

#endif
