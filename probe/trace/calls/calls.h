/* SPDX-License-Identifier: MIT
 *
 * calls.h - the system calls that are notified, in every ABI that has a table,
 * and where their arguments stand: data, from which the filter is made and a
 * notification is taken apart.
 */
#ifndef PROBE_TRACE_CALLS_CALLS_H
#define PROBE_TRACE_CALLS_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum abi { ABI_X86_64, ABI_I386, ABI_X32, ABI_ARM64, ABI_COUNT };

/* What a call does, whatever its name, ABI and age. */
enum call_kind {
	CALL_OPEN, /* open, openat, openat2, creat */
	CALL_MKDIR,
	CALL_MKNOD,
	CALL_SYMLINK,
	CALL_LINK,
	CALL_RENAME,
	CALL_UNLINK, /* unlinkat with AT_REMOVEDIR is a rmdir */
	CALL_RMDIR,
	CALL_TRUNCATE,
	CALL_CHMOD, /* and fchmod, fchmodat, fchmodat2 */
	CALL_CHOWN,
	CALL_UTIME,
	CALL_XATTR, /* set and remove */
	CALL_ACCESS,
	CALL_BIND, /* counts for AF_UNIX alone */
	/* what is no operation on a name, and why it is notified: */
	CALL_EXEC,   /* marks written files that are executed; new memory, credentials */
	CALL_MMAP,   /* marks written files that are mapped executable */
	CALL_CHDIR,  /* for processes whose /proc links are closed to us */
	CALL_FCHDIR, /* the same */
	CALL_CHROOT, /* another root from now on */
	CALL_CREDS,  /* set*id, setgroups, capset: the last moment to open its memory */
	CALL_PRCTL,  /* PR_SET_DUMPABLE: the same */
	CALL_MOUNT,  /* mount and its friends, pivot_root, setns, unshare: a note */
	CALL_IO_URING, /* io_uring_setup: a blind spot from now on */
	CALL_LISTENER, /* seccomp with NEW_LISTENER: gets EBUSY, a note */
	CALL_BLIND, /* open_by_handle_at for writing: a file without a name: unresolved */
};

/* When a call is notified: what BPF can see of it. */
enum call_test {
	TEST_ALWAYS,
	/* argument 'flags' asks for more than reading: an access mode other than
	 * O_RDONLY, O_CREAT, O_TRUNC, or the bit of O_TMPFILE that is not O_DIRECTORY */
	TEST_OPEN,
	TEST_W_OK,	 /* argument 'mode' has W_OK */
	TEST_MAP,	 /* argument 2 has PROT_EXEC, argument 3 not MAP_ANONYMOUS */
	TEST_DUMPABLE,	 /* argument 0 is PR_SET_DUMPABLE */
	TEST_LISTENER,	 /* argument 0 is SECCOMP_SET_MODE_FILTER and argument 1 has
			    NEW_LISTENER */
	TEST_SOCKETCALL, /* argument 0 is SYS_BIND; the rest is behind a pointer */
	/* argument 1 sets a file's flags (chattr): the one ioctl that a read-only mount
	 * refuses on a descriptor opened for reading */
	TEST_IOCTL,
};

struct call {
	const char *name; /* as in section 2 of the manual */
	enum call_kind kind;
	enum call_test test;
	/* As seccomp_data.nr has it (x32: with bit 30); -1: this ABI has no such call, or
	 * it is another row: i386 has an mmap and a chown of its own. */
	int number[ABI_COUNT];
	/* Which argument (0 to 5) holds it; -1: none. 'fd' is a descriptor of the object
	 * itself (fchmod); 'flags' are open's, or the AT_ and RENAME_ ones; 'extra' is
	 * the call's own pointer: open_how, times, sockaddr, the text of a symlink, the
	 * arguments of socketcall and of the old mmap. A chown's uid and gid follow the
	 * name or descriptor. */
	int8_t dirfd, path, dirfd2, path2, fd, flags, mode, extra;
	/* Never follows a link at the end, whatever its flags (lchown, lsetxattr, rename,
	 * unlink). */
	bool nofollow;
	/* 'extra' of UTIME points to: 0 none, 't' struct timespec[2] of this ABI, 'T' of
	 * 64 bit on every ABI, 'v' timeval[2], 'u' utimbuf. Only timespecs can say
	 * OMIT. */
	char times;
	/* CHOWN with a uid and gid of 16 bits, 0xffff for "leave it": i386's first. */
	bool ids16;
};

/* The ABI of a call, from seccomp_data.arch and .nr (x32 is bit 30 of the number);
 * -1: one without a table. */
int abi_of(uint32_t arch, int nr);
const char *abi_name(enum abi abi);
/* AUDIT_ARCH_* of it. */
uint32_t abi_arch(enum abi abi);
/* The call with this number ('nr' as seccomp_data has it); NULL: not ours. */
const struct call *call_find(enum abi abi, int nr);

/* All of them, for the filter and for tests; NULL at the end. */
const struct call *call_at(size_t i);

#endif
