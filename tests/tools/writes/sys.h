/* SPDX-License-Identifier: MIT
 *
 * sys.h - system calls, bare: no libc stands between what the program says that it
 * does and what the kernel is asked. The same source is a program of a libc (dynamic or
 * static) and, with WRITES_BARE, one of none: so it builds for i386 without libraries.
 *
 * Every call returns what the kernel returns: a negative errno, or the result.
 */
#ifndef WRITES_SYS_H
#define WRITES_SYS_H

#include <stddef.h>
#include <stdint.h>
#ifdef WRITES_BARE
#include <asm/unistd.h>
#else
#include <sys/syscall.h>
#endif

#if !defined(__x86_64__) && !defined(__i386__)
#error "constants and calling conventions are those of x86"
#endif

/* Newer than some headers; the same everywhere. */
#ifndef __NR_clone3
#define __NR_clone3 435
#endif
#ifndef __NR_openat2
#define __NR_openat2 437
#endif
#ifndef __NR_faccessat2
#define __NR_faccessat2 439
#endif
#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif
#ifndef __NR_setxattrat
#define __NR_setxattrat	   463
#define __NR_removexattrat 466
#endif

/* Headers of libcs differ in what they define, and for i386 there are none. */
enum {
	FD_CWD = -100,
	READ = 0,
	WRITE = 1,
	BOTH = 2,
	CREATE = 0100,
	EXCLUSIVE = 0200,
	TRUNCATE = 01000,
	DIRECTORY = 0200000,
	NO_FOLLOW = 0400000,
	PATH_ONLY = 010000000,
	TMPFILE = 020200000,
	SYMLINK_NOFOLLOW = 0x100,
	REMOVE_DIR = 0x200,
	EACCESS = 0x200,
	SYMLINK_FOLLOW = 0x400,
	EMPTY_PATH = 0x1000,
	NOREPLACE = 1,
	EXCHANGE = 2,
	W = 2,
	R = 4,
	TYPE_FILE = 0100000,
	TYPE_FIFO = 010000,
	TYPE_CHAR = 020000,
	TYPE_SOCKET = 0140000,
	FAMILY_UNIX = 1,
	SOCKET_STREAM = 1,
	SIGNAL_CHILD = 17,
	SET_DUMPABLE = 4,
	MAP_SHARED = 1,
	MAP_PRIVATE = 2,
	MAP_ANONYMOUS = 0x20,
	MAP_LOW = 0x40,
	PROT_READ = 1,
	PROT_WRITE = 2,
	PROT_EXEC = 4,
};
/* clone(2) */
#define SHARE_VM      0x00000100ul
#define SHARE_FS      0x00000200ul
#define SHARE_FILES   0x00000400ul
#define SHARE_SIGHAND 0x00000800ul
#define SHARE_VFORK   0x00004000ul
#define SHARE_THREAD  0x00010000ul
#define CLEAR_TID     0x00200000ul
#define NOW_NSEC      0x3fffffff
#define OMIT_NSEC     0x3ffffffe

/* errno(3) as far as the program has to know them itself */
enum {
	EPERM_ = 1,
	ENOENT_ = 2,
	EINTR_ = 4,
	EACCES_ = 13,
	EFAULT_ = 14,
	EEXIST_ = 17,
	EXDEV_ = 18,
	ENOTDIR_ = 20,
	EISDIR_ = 21,
	EINVAL_ = 22,
	ENAMETOOLONG_ = 36,
	ENOSYS_ = 38,
	ELOOP_ = 40,
};

long sys_call(long number, long a, long b, long c, long d, long e, long f);
/* Calls take numbers and pointers alike. */
#define ARG(x)		       ((long)(x))
#define SYS0(n)		       sys_call(n, 0, 0, 0, 0, 0, 0)
#define SYS1(n, a)	       sys_call(n, ARG(a), 0, 0, 0, 0, 0)
#define SYS2(n, a, b)	       sys_call(n, ARG(a), ARG(b), 0, 0, 0, 0)
#define SYS3(n, a, b, c)       sys_call(n, ARG(a), ARG(b), ARG(c), 0, 0, 0)
#define SYS4(n, a, b, c, d)    sys_call(n, ARG(a), ARG(b), ARG(c), ARG(d), 0, 0)
#define SYS5(n, a, b, c, d, e) sys_call(n, ARG(a), ARG(b), ARG(c), ARG(d), ARG(e), 0)
#define SYS6(n, a, b, c, d, e, f) \
	sys_call(n, ARG(a), ARG(b), ARG(c), ARG(d), ARG(e), ARG(f))

#ifdef __x86_64__
/* A call of the i386 ABI from a 64-bit program: pointers must be below 4 GiB. */
long sys_int80(long number, long a, long b, long c, long d);
#endif

/* A child that begins in 'run' on a stack of its own; 'flags' of clone(2). Returns its
 * TID. */
long sys_spawn(unsigned long flags, void *stack_top, int *tid, void (*run)(void *arg),
	       void *arg);
/* The same by clone3; the child goes on from here as after fork. */
long sys_clone3(unsigned long flags);
long sys_fork(void);
void sys_exit(int status) __attribute__((noreturn));
/* Ends the calling thread alone. */
void sys_exit_thread(void) __attribute__((noreturn));
/* The status as wait(2) gives it. */
int sys_wait(long pid);

/* 100 * major + minor of the kernel that runs. */
int sys_release(void);

size_t text_len(const char *text);
int text_equal(const char *a, const char *b);
/* Both cut off at 'size'; they return where the text ends. */
char *text_copy(char *to, const char *end, const char *from);
char *text_number(char *to, const char *end, long value);

/* The program, in main.c. */
int run(int argc, char **argv, char **environment);

#endif
