/* SPDX-License-Identifier: MIT
 *
 * Notifications are made up; the memory that they point to is our own, below 4 GiB where
 * callers of 32 bits find it as well.
 */
#include "probe/trace/tracee/request.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/table.h"
#include "probe/trace/tracee/tracee.h"
#include "tests/unit/test.h"

#define PAGE	((size_t)4096)
#define ADDR(p) ((uint64_t)(uintptr_t)(p))
#define GARBAGE (UINT64_C(0xdeadbeef) << 32)

static struct tracees *all;
static char *low; /* 16 pages, and none behind them */
static struct request got;

static int setup(void **state)
{
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	low = mmap((void *)0x20000000, 17 * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (low == MAP_FAILED || ADDR(low) > UINT32_MAX || proc < 0 ||
	    munmap(low + 16 * PAGE, PAGE) < 0)
		return -1;
	all = tracees_new(proc, 8);
	return all ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	tracees_done(all);
	return munmap(low, 16 * PAGE);
}

/* A text at 'offset' of the memory. */
static uint64_t put(size_t offset, const char *text)
{
	memcpy(low + offset, text, strlen(text) + 1);
	return ADDR(low + offset);
}

static uint64_t put_bytes(size_t offset, const void *data, size_t size)
{
	memcpy(low + offset, data, size);
	return ADDR(low + offset);
}

static const struct call *call_named(const char *name, enum abi abi)
{
	const struct call *call;

	for (size_t i = 0; (call = call_at(i)); i++)
		if (strcmp(call->name, name) == 0 && call->number[abi] >= 0)
			return call;
	fail_msg("no %s of %s", name, abi_name(abi));
	return NULL;
}

static int read_as(const struct tracee *tracee, enum abi abi, int nr,
		   const uint64_t args[6])
{
	struct seccomp_notif notif = { .pid = (uint32_t)getpid() };

	notif.data.arch = abi_arch(abi);
	notif.data.nr = nr;
	for (int i = 0; i < 6; i++)
		notif.data.args[i] = args[i] | (abi == ABI_I386 ? GARBAGE : 0);
	/* What the last one left must not be taken for this one's. */
	memset(&got, 0x5a, sizeof(got));
	return request_read(all, tracee, &notif, &got);
}

#define READ(abi, name, ...)                                          \
	assert_int_equal(read_as(tracees_get(all, getpid()), abi,     \
				 call_named(name, abi)->number[abi],  \
				 (const uint64_t[6]){ __VA_ARGS__ }), \
			 0)

#define AT_CWD ((uint64_t)(uint32_t)AT_FDCWD)

/* --- every row of the table --- */

static void fill(uint64_t args[6], int index, uint64_t value)
{
	if (index >= 0)
		args[index] = value;
}

static void assert_name(const struct request_name *name, const char *path, int dirfd)
{
	assert_true(name->given && !name->by_fd);
	assert_string_equal(name->path, path);
	assert_int_equal(name->len, strlen(path));
	assert_int_equal(name->dirfd, dirfd);
}

static void check_row(const struct call *call, enum abi abi)
{
	uint64_t args[6] = { 0 };

	memset(low, 0, 2 * PAGE);
	fill(args, call->dirfd, 7);
	fill(args, call->dirfd2, 8);
	fill(args, call->path, put(0, "first/name"));
	fill(args, call->path2, put(100, "second"));
	fill(args, call->fd, 9);
	fill(args, call->mode, 0640);
	fill(args, call->extra, ADDR(low + PAGE));
	if (call->kind == CALL_OPEN && call->extra >= 0)
		args[3] = sizeof(struct open_how);
	if (call->kind == CALL_XATTR) /* the attribute's name */
		args[call->flags >= 0 ? 3 : 1] = put(200, "user.x");
	if (strcmp(call->name, "setxattrat") == 0) {
		args[4] = ADDR(low + PAGE);
		args[5] = 16;
	}
	assert_int_equal(
		read_as(tracees_get(all, getpid()), abi, call->number[abi], args), 0);
	assert_ptr_equal(got.call, call);
	assert_int_equal(got.abi, abi);
	assert_int_equal(got.kind, call->kind);
	assert_int_equal(got.tid, getpid());
	assert_int_equal(got.early, 0);
	assert_false(got.unread);
	assert_int_equal(got.args[0], args[0]);
	if (call->path >= 0)
		assert_name(&got.name[0], "first/name", call->dirfd >= 0 ? 7 : AT_FDCWD);
	if (call->path2 >= 0)
		assert_name(&got.name[1], "second", call->dirfd2 >= 0 ? 8 : AT_FDCWD);
	assert_int_equal(got.name[1].given, call->path2 >= 0);
	if (call->fd >= 0 && call->kind != CALL_MMAP) {
		assert_true(got.name[0].given && got.name[0].by_fd);
		assert_int_equal(got.name[0].dirfd, 9);
	}
}

TEST(every_call_of_every_abi_is_taken_apart)
{
	const struct call *call;
	int rows = 0;

	for (size_t i = 0; (call = call_at(i)); i++)
		for (int abi = 0; abi < ABI_COUNT; abi++)
			if (call->number[abi] >= 0) {
				check_row(call, (enum abi)abi);
				rows++;
			}
	assert_true(rows > 200);
}

TEST(what_is_in_no_table_is_refused)
{
	const struct tracee *self = tracees_get(all, getpid());
	struct seccomp_notif notif = { .data = { .arch = 0x1234, .nr = 2 } };

	assert_int_equal(request_read(all, self, &notif, &got), -ENOSYS);
	assert_int_equal(read_as(self, ABI_X86_64, 39, (uint64_t[6]){ 0 }), -ENOSYS);
	assert_int_equal(read_as(self, ABI_ARM64, -1, (uint64_t[6]){ 0 }), -ENOSYS);
}

/* --- names --- */

TEST(a_name_that_cannot_be_read_ends_the_call)
{
	char *end = low + 16 * PAGE;

	READ(ABI_X86_64, "mkdir", 0, 0755);
	assert_int_equal(got.early, EFAULT);
	assert_false(got.name[0].given);
	memset(end - 4096, 'a', 4096);
	READ(ABI_X86_64, "mkdir", ADDR(end - 4096), 0755);
	assert_int_equal(got.early, ENAMETOOLONG);
	READ(ABI_X86_64, "mkdir", ADDR(end - 4095), 0755);
	assert_int_equal(got.early, EFAULT);
	end[-1] = '\0';
	READ(ABI_I386, "mkdir", ADDR(end - 4096), 0755);
	assert_int_equal(got.early, 0);
	assert_int_equal(got.name[0].len, 4095);
	assert_int_equal(got.name[0].path[4094], 'a');
	READ(ABI_X86_64, "rename", ADDR(end - 4096), 1);
	assert_int_equal(got.early, EFAULT);
	assert_true(got.name[0].given);
	/* Bytes are bytes. */
	READ(ABI_X86_64, "unlink", put(0, "\xff\n\"\x1b[31m/\xc3"));
	assert_name(&got.name[0], "\xff\n\"\x1b[31m/\xc3", AT_FDCWD);
}

TEST(memory_that_is_closed_to_us_is_no_fault_of_the_caller)
{
	const uint64_t args[6] = { ADDR("x"), 0755 };
	const int mkdir_nr = call_named("mkdir", ABI_X86_64)->number[ABI_X86_64];
	const int fchmod_nr = call_named("fchmod", ABI_X86_64)->number[ABI_X86_64];

	assert_int_equal(read_as(NULL, ABI_X86_64, mkdir_nr, args), 0);
	assert_true(got.unread && !got.early && !got.name[0].given);
	/* What needs no memory is known all the same. */
	assert_int_equal(read_as(NULL, ABI_X86_64, fchmod_nr, (uint64_t[6]){ 5 }), 0);
	assert_true(!got.unread && got.name[0].by_fd);
}

TEST(descriptors_may_be_the_object)
{
	const uint64_t empty = put(2000, ""), null = 0;

	READ(ABI_X86_64, "fchmod", (uint32_t)-1, 0);
	assert_int_equal(got.early, EBADF);
	READ(ABI_X86_64, "fchown", AT_CWD, 1, 2);
	assert_int_equal(got.early, EBADF);
	READ(ABI_X86_64, "fchownat", 5, empty, 1, 2, AT_EMPTY_PATH);
	assert_true(got.name[0].by_fd && got.name[0].dirfd == 5 && !got.early);
	READ(ABI_X86_64, "fchownat", AT_CWD, empty, 1, 2, AT_EMPTY_PATH);
	assert_true(got.name[0].by_fd && got.name[0].dirfd == AT_FDCWD && !got.early);
	READ(ABI_X86_64, "fchownat", (uint32_t)-9, empty, 1, 2, AT_EMPTY_PATH);
	assert_int_equal(got.early, EBADF);
	READ(ABI_X86_64, "fchownat", 5, empty, 1, 2, 0);
	assert_true(got.name[0].given && !got.name[0].by_fd && got.name[0].len == 0);
	READ(ABI_X86_64, "fchownat", 5, put(0, "x"), 1, 2, AT_EMPTY_PATH);
	assert_false(got.name[0].by_fd);
	READ(ABI_X86_64, "linkat", 5, empty, AT_CWD, put(9, "new"), AT_EMPTY_PATH);
	assert_true(got.name[0].by_fd);
	assert_name(&got.name[1], "new", AT_FDCWD);
	READ(ABI_X86_64, "unlinkat", 5, put(0, ""), AT_EMPTY_PATH);
	assert_false(got.name[0].by_fd);
	READ(ABI_X86_64, "fchownat", 5, null, 1, 2, AT_EMPTY_PATH);
	assert_int_equal(got.early, EFAULT);
	READ(ABI_X86_64, "removexattrat", 5, null, AT_EMPTY_PATH, put(20, "user.x"));
	assert_true(got.name[0].by_fd && !got.early);
	READ(ABI_X86_64, "execveat", 5, empty, 0, 0, AT_EMPTY_PATH);
	assert_true(got.name[0].by_fd);
}

TEST(links_at_the_end_are_followed_as_the_call_does)
{
	const uint64_t p = put(0, "x"), q = put(10, "y");
#define FOLLOWS(yes, ...)                          \
	do {                                       \
		READ(ABI_X86_64, __VA_ARGS__);     \
		assert_int_equal(got.follow, yes); \
	} while (0)

	FOLLOWS(1, "open", p, O_WRONLY);
	FOLLOWS(1, "open", p, O_WRONLY | O_CREAT);
	FOLLOWS(0, "open", p, O_WRONLY | O_CREAT | O_EXCL);
	FOLLOWS(0, "openat", AT_CWD, p, O_WRONLY | O_NOFOLLOW);
	FOLLOWS(1, "creat", p, 0644);
	FOLLOWS(0, "mkdir", p, 0755);
	FOLLOWS(0, "link", p, q);
	FOLLOWS(0, "linkat", AT_CWD, p, AT_CWD, q, 0);
	FOLLOWS(1, "linkat", AT_CWD, p, AT_CWD, q, AT_SYMLINK_FOLLOW);
	FOLLOWS(0, "rename", p, q);
	FOLLOWS(0, "unlink", p);
	FOLLOWS(1, "truncate", p, 5);
	FOLLOWS(1, "chmod", p, 0644);
	FOLLOWS(1, "fchmodat", AT_CWD, p, 0644, AT_SYMLINK_NOFOLLOW); /* no argument */
	FOLLOWS(0, "fchmodat2", AT_CWD, p, 0644, AT_SYMLINK_NOFOLLOW);
	FOLLOWS(1, "chown", p, 1, 1);
	FOLLOWS(0, "lchown", p, 1, 1);
	FOLLOWS(0, "fchownat", AT_CWD, p, 1, 1, AT_SYMLINK_NOFOLLOW);
	FOLLOWS(0, "utimensat", AT_CWD, p, 0, AT_SYMLINK_NOFOLLOW);
	FOLLOWS(1, "futimesat", AT_CWD, p, 0);
	FOLLOWS(1, "setxattr", p, q, 0, 0, 0);
	FOLLOWS(0, "lremovexattr", p, q);
	FOLLOWS(0, "setxattrat", AT_CWD, p, AT_SYMLINK_NOFOLLOW, q, 0, 16);
	FOLLOWS(1, "access", p, 2);
	FOLLOWS(1, "execve", p);
	FOLLOWS(1, "chdir", p);
#undef FOLLOWS
	READ(ABI_X86_64, "unlinkat", AT_CWD, p, AT_REMOVEDIR);
	assert_int_equal(got.kind, CALL_RMDIR);
	assert_true(got.at && got.flags == AT_REMOVEDIR);
	READ(ABI_X86_64, "unlink", p);
	assert_true(!got.at && got.flags == 0);
}

/* --- opening --- */

TEST(the_flags_of_open_are_those_of_this_machine)
{
	const uint64_t p = put(0, "x");

	READ(ABI_X86_64, "creat", p, 0100644);
	assert_int_equal(got.flags, O_CREAT | O_WRONLY | O_TRUNC);
	assert_int_equal(got.mode, 0644);
	assert_false(got.at);
	READ(ABI_I386, "open", p, O_RDWR | O_CREAT | 0100000, 0600);
	assert_int_equal(got.flags, O_RDWR | O_CREAT); /* no O_LARGEFILE */
	assert_int_equal(got.mode, 0600);
	assert_true(got.at);
	READ(ABI_X86_64, "open", p, O_WRONLY, 0600);
	assert_int_equal(got.mode, 0); /* not looked at */
	READ(ABI_X86_64, "open", p, 0200000 | 020000000 | O_WRONLY, 0600);
	assert_int_equal(got.flags, O_TMPFILE | O_WRONLY);
	assert_int_equal(got.mode, 0600);
	READ(ABI_ARM64, "openat", AT_CWD, p, 040000 | 020000000 | O_WRONLY, 0600);
	assert_int_equal(got.flags, O_TMPFILE | O_WRONLY);
	READ(ABI_ARM64, "openat", AT_CWD, p, 0100000 | 0200000 | 0400000 | O_RDWR);
	assert_int_equal(got.flags, O_NOFOLLOW | O_DIRECT | O_RDWR);
	assert_false(got.follow);
	READ(ABI_X86_64, "open", p, 0400000 | 040000 | 0100000 | O_RDWR);
	assert_int_equal(got.flags, O_NOFOLLOW | O_DIRECT | O_RDWR);
	READ(ABI_X86_64, "open", p, O_PATH | O_RDWR | O_CREAT | O_TRUNC | O_DIRECTORY);
	assert_int_equal(got.flags, O_PATH | O_DIRECTORY);
}

static int open_how(uint64_t flags, uint64_t mode, uint64_t resolve)
{
	const uint64_t how[3] = { flags, mode, resolve };

	READ(ABI_X86_64, "openat2", AT_CWD, put(0, "x"), put_bytes(64, how, sizeof(how)),
	     sizeof(how));
	return got.early;
}

TEST(an_open_how_is_checked_before_the_name)
{
	const uint64_t how[5] = { O_RDWR | O_CREAT, 0640, RESOLVE_IN_ROOT, 0, 1 };
	const uint64_t p = put(0, "x"), at = put_bytes(PAGE, how, sizeof(how));

	READ(ABI_I386, "openat2", 5, p, at, 24);
	assert_int_equal(got.early, 0);
	assert_int_equal(got.flags, O_RDWR | O_CREAT);
	assert_int_equal(got.mode, 0640);
	assert_int_equal(got.resolve, RESOLVE_IN_ROOT);
	assert_true(got.at);
	assert_name(&got.name[0], "x", 5);
	READ(ABI_X86_64, "openat2", 5, p, at, 32); /* the rest is zero */
	assert_int_equal(got.early, 0);
	READ(ABI_X86_64, "openat2", 5, p, at, 40);
	assert_int_equal(got.early, E2BIG);
	READ(ABI_X86_64, "openat2", 5, p, at, 4097);
	assert_int_equal(got.early, E2BIG);
	READ(ABI_X86_64, "openat2", 5, p, at, 23);
	assert_int_equal(got.early, EINVAL);
	READ(ABI_X86_64, "openat2", 5, p, 0, 24);
	assert_int_equal(got.early, EFAULT);
	READ(ABI_X86_64, "openat2", 5, p, ADDR(low + 16 * PAGE - 16), 24);
	assert_int_equal(got.early, EFAULT);

	assert_int_equal(open_how(O_RDWR, 0, 0), 0);
	assert_int_equal(open_how(O_RDWR, 0600, 0), EINVAL);
	assert_int_equal(open_how(O_RDWR | O_CREAT, 0100600, 0), EINVAL);
	assert_int_equal(open_how(O_RDWR | UINT64_C(1) << 33, 0, 0), EINVAL);
	assert_int_equal(open_how(O_RDWR | 1U << 31, 0, 0), EINVAL);
	assert_int_equal(open_how(O_RDWR, 0, 0x40), EINVAL);
	assert_int_equal(open_how(O_RDWR, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT), EINVAL);
	assert_int_equal(open_how(O_PATH | O_RDWR, 0, 0), EINVAL);
	assert_int_equal(open_how(O_PATH | O_NOFOLLOW, 0, 0), 0);
	assert_int_equal(open_how(O_RDWR | O_TRUNC, 0, 0x20), EAGAIN);
	assert_int_equal(open_how(O_RDWR, 0, 0x20), 0);
	assert_int_equal(open_how(O_RDWR | 0100000, 0, 0), 0);
}

/* --- times --- */

#define NOW  0x3fffffff
#define OMIT 0x3ffffffe

static void times64(const char *call, enum abi abi, int64_t a, int64_t b)
{
	const int64_t t[4] = { 1, a, 2, b };

	READ(abi, call, AT_CWD, put(0, "x"), put_bytes(64, t, sizeof(t)), 0);
}

static void times32(int32_t a, int32_t b)
{
	const int32_t t[4] = { 1, a, 2, b };

	READ(ABI_I386, "utimensat", AT_CWD, put(0, "x"), put_bytes(64, t, sizeof(t)), 0);
}

#define TIMES(now_, omit_, early_)                        \
	do {                                              \
		assert_int_equal(got.now, now_);          \
		assert_int_equal(got.omit, omit_);        \
		assert_int_equal(got.early, early_);      \
		assert_name(&got.name[0], "x", AT_FDCWD); \
	} while (0)

TEST(times_are_those_of_the_abi)
{
	static const enum abi wide[] = { ABI_X86_64, ABI_X32, ABI_ARM64 };

	for (size_t i = 0; i < ARRAY_LEN(wide); i++) {
		times64("utimensat", wide[i], 5, 6);
		TIMES(false, false, 0);
		times64("utimensat", wide[i], NOW, NOW);
		TIMES(true, false, 0);
		times64("utimensat", wide[i], OMIT, OMIT);
		TIMES(false, true, 0);
		times64("utimensat", wide[i], NOW, OMIT);
		TIMES(false, false, 0);
		times64("utimensat", wide[i], 5, 1000000000);
		TIMES(false, false, EINVAL);
	}
	times64("utimensat_time64", ABI_I386, (int64_t)GARBAGE | OMIT, OMIT);
	TIMES(false, true, 0);
	times64("utimensat", ABI_X86_64, (int64_t)GARBAGE | OMIT, OMIT);
	TIMES(false, false, EINVAL);
	times32(NOW, NOW);
	TIMES(true, false, 0);
	times32(OMIT, OMIT);
	TIMES(false, true, 0);
	times32(-1, 0);
	TIMES(false, false, EINVAL);
	READ(ABI_X86_64, "utimensat", AT_CWD, put(0, "x"), 0, 0);
	TIMES(true, false, 0);
	READ(ABI_X86_64, "utime", put(0, "x"), 0);
	TIMES(true, false, 0);
	READ(ABI_X86_64, "utime", put(0, "x"), put_bytes(64, "1234567812345678", 16));
	TIMES(false, false, 0);
	READ(ABI_X86_64, "utimes", put(0, "x"), 0);
	TIMES(true, false, 0);
	READ(ABI_X86_64, "utimes", put(0, "x"), ADDR(low + 16 * PAGE - 31));
	TIMES(false, false, EFAULT);
}

TEST(microseconds_are_checked_and_cannot_omit)
{
	const int64_t wide[4] = { 1, 999999, 2, 1000000 };
	const int32_t narrow[4] = { 1, OMIT, 2, OMIT };

	READ(ABI_X86_64, "utimes", put(0, "x"), put_bytes(64, wide, sizeof(wide)));
	TIMES(false, false, EINVAL);
	READ(ABI_I386, "utimes", put(0, "x"), put_bytes(64, narrow, sizeof(narrow)));
	TIMES(false, false, EINVAL);
}

TEST(times_of_a_descriptor_have_no_path)
{
	const int64_t omit[4] = { 0, OMIT, 0, OMIT };
	const uint64_t t = put_bytes(64, omit, sizeof(omit));

	READ(ABI_X86_64, "utimensat", 5, 0, 0, 0);
	assert_true(got.name[0].by_fd && got.name[0].dirfd == 5 && got.now && !got.early);
	READ(ABI_X86_64, "utimensat", 5, 0, 0, AT_SYMLINK_NOFOLLOW);
	assert_int_equal(got.early, EINVAL);
	READ(ABI_X86_64, "utimensat", (uint32_t)-1, 0, 0, 0);
	assert_int_equal(got.early, EBADF);
	READ(ABI_X86_64, "utimensat", AT_CWD, 0, 0, 0);
	assert_int_equal(got.early, EFAULT);
	READ(ABI_X86_64, "utimes", 0, 0);
	assert_int_equal(got.early, EFAULT);
	READ(ABI_X86_64, "futimesat", 5, 0, 0);
	assert_true(got.name[0].by_fd && !got.early);
	/* Both left alone: it does not even look at the path. */
	READ(ABI_X86_64, "utimensat", AT_CWD, 1, t, 0);
	assert_true(got.omit && !got.early && !got.unread);
}

/* --- sockets --- */

static void bind_as(enum abi abi, const void *address, uint32_t len)
{
	const uint64_t at = put_bytes(64, address, len > 128 ? 128 : len);
	const uint32_t args[3] = { 3, (uint32_t)at, len };

	if (abi == ABI_I386)
		READ(abi, "socketcall", 2, put_bytes(512, args, sizeof(args)));
	else
		READ(abi, "bind", 3, at, len);
}

TEST(only_a_unix_socket_with_a_path_is_bound_to_a_file)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "run/x.sock" };
	const uint32_t head = offsetof(struct sockaddr_un, sun_path);
	struct sockaddr_un in = un;
	unsigned char big[128] = { AF_UNIX, 0, 'x' };

	for (int abi = ABI_X86_64; abi <= ABI_I386; abi++) {
		bind_as((enum abi)abi, &un, sizeof(un));
		assert_false(got.other);
		assert_name(&got.name[0], "run/x.sock", AT_FDCWD);
		assert_false(got.follow);
		bind_as((enum abi)abi, &un, head + 3); /* no NUL in it */
		assert_name(&got.name[0], "run", AT_FDCWD);
		bind_as((enum abi)abi, &un, head); /* the kernel picks an abstract name */
		assert_true(got.other && !got.name[0].given);
		bind_as((enum abi)abi, &un, 1);
		assert_true(got.other);
		bind_as((enum abi)abi, big, 111);
		assert_true(got.other);
	}
	memset(un.sun_path, 'p', sizeof(un.sun_path));
	bind_as(ABI_X86_64, &un, sizeof(un));
	assert_int_equal(got.name[0].len, 108);
	un.sun_path[0] = '\0';
	bind_as(ABI_X86_64, &un, sizeof(un));
	assert_true(got.other);
	in.sun_family = AF_INET;
	bind_as(ABI_X86_64, &in, 16);
	assert_true(got.other);
	READ(ABI_X86_64, "bind", 3, 1, sizeof(un));
	assert_true(got.other);
	READ(ABI_I386, "socketcall", 2, 1);
	assert_true(got.other);
	READ(ABI_X86_64, "bind", 3, ADDR(low), (uint32_t)-1);
	assert_true(got.other);
}

/* --- the rest --- */

TEST(only_files_that_are_mapped_executable_count)
{
	const uint32_t old[6] = { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, 6, 0 };
	uint32_t anonymous[6];

	READ(ABI_X86_64, "mmap", 0, 4096, PROT_EXEC, MAP_PRIVATE, 5);
	assert_true(!got.other && got.name[0].by_fd && got.name[0].dirfd == 5);
	READ(ABI_X86_64, "mmap", 0, 4096, PROT_READ, MAP_PRIVATE, 5);
	assert_true(got.other);
	READ(ABI_X86_64, "mmap", 0, 4096, PROT_EXEC, MAP_ANONYMOUS, (uint32_t)-1);
	assert_true(got.other && !got.early);
	READ(ABI_I386, "mmap2", 0, 4096, PROT_EXEC, MAP_SHARED, 5);
	assert_true(!got.other && got.name[0].dirfd == 5);
	READ(ABI_I386, "mmap", put_bytes(0, old, sizeof(old)));
	assert_true(!got.other && got.name[0].dirfd == 6);
	memcpy(anonymous, old, sizeof(old));
	anonymous[3] |= MAP_ANONYMOUS;
	READ(ABI_I386, "mmap", put_bytes(0, anonymous, sizeof(anonymous)));
	assert_true(got.other);
}

TEST(lengths_and_ids_are_those_of_the_abi)
{
	const uint64_t p = put(0, "x");

	READ(ABI_X86_64, "truncate", p, (uint64_t)-1);
	assert_int_equal(got.early, EINVAL);
	READ(ABI_X86_64, "truncate", p, UINT32_MAX);
	assert_int_equal(got.early, 0);
	READ(ABI_I386, "truncate", p, UINT32_MAX);
	assert_int_equal(got.early, EINVAL);
	READ(ABI_I386, "truncate64", p, UINT32_MAX, 0);
	assert_int_equal(got.early, 0);
	READ(ABI_I386, "truncate64", p, 0, 0x80000000);
	assert_int_equal(got.early, EINVAL);
	READ(ABI_X32, "truncate", p, UINT32_MAX);
	assert_int_equal(got.early, 0);

	READ(ABI_X86_64, "chown", p, (uint32_t)-1, 70000);
	assert_int_equal(got.uid, UINT32_MAX);
	assert_int_equal(got.gid, 70000);
	READ(ABI_X86_64, "fchown", 5, 7, (uint32_t)-1);
	assert_int_equal(got.uid, 7);
	assert_int_equal(got.gid, UINT32_MAX);
	READ(ABI_X86_64, "fchownat", 5, p, 7, 8, 0);
	assert_int_equal(got.uid, 7);
	assert_int_equal(got.gid, 8);
	READ(ABI_I386, "chown", p, 0xffff, 8);
	assert_int_equal(got.uid, UINT32_MAX);
	assert_int_equal(got.gid, 8);
	READ(ABI_I386, "chown32", p, 0xffff, UINT32_MAX);
	assert_int_equal(got.uid, 0xffff);
	assert_int_equal(got.gid, UINT32_MAX);
	READ(ABI_X86_64, "mknod", p, 0020644, 0x103);
	assert_int_equal(got.mode, 0020644);
	READ(ABI_X86_64, "chmod", p, 0107777);
	assert_int_equal(got.mode, 07777);
	READ(ABI_X86_64, "faccessat2", AT_CWD, p, W_OK | R_OK, AT_EACCESS);
	assert_int_equal(got.mode, W_OK | R_OK);
	assert_int_equal(got.flags, AT_EACCESS);
	assert_int_equal(got.uid, UINT32_MAX);
}

TEST(the_target_of_a_symlink_is_a_text)
{
	READ(ABI_X86_64, "symlink", put(0, "no/such"), put(64, "link"));
	assert_name(&got.name[0], "link", AT_FDCWD);
	assert_true(!got.empty && !got.name[1].given);
	READ(ABI_X86_64, "symlinkat", put(0, ""), 5, put(64, "link"));
	assert_name(&got.name[0], "link", 5);
	assert_true(got.empty);
	READ(ABI_ARM64, "symlinkat", 1, 5, put(64, "link"));
	assert_int_equal(got.early, EFAULT);
	assert_false(got.empty);
	memset(low, 'x', PAGE);
	READ(ABI_X86_64, "symlink", ADDR(low), put(PAGE, ""));
	assert_int_equal(got.early, ENAMETOOLONG);
}

TEST(attributes_are_checked_before_the_name)
{
	const uint64_t p = put(0, "x"), n = put(16, "user.a"), e = put(32, "");
	const struct {
		uint64_t value;
		uint32_t size, flags;
	} good = { 0, 3, 1 }, bad = { 0, 3, 4 };

	READ(ABI_X86_64, "setxattr", p, n, 0, 4, 1);
	assert_int_equal(got.early, 0);
	assert_false(got.at);
	READ(ABI_X86_64, "setxattr", p, n, 0, 4, 4);
	assert_int_equal(got.early, EINVAL);
	READ(ABI_X86_64, "setxattr", p, n, 0, 65537, 0);
	assert_int_equal(got.early, E2BIG);
	READ(ABI_X86_64, "setxattr", p, e, 0, 4, 0);
	assert_int_equal(got.early, ERANGE);
	memset(low + PAGE, 'n', 256);
	READ(ABI_X86_64, "setxattr", p, ADDR(low + PAGE), 0, 4, 0);
	assert_int_equal(got.early, ERANGE);
	READ(ABI_X86_64, "removexattr", p, 1);
	assert_int_equal(got.early, EFAULT);
	READ(ABI_X86_64, "fsetxattr", 5, n, 0, 4, 0);
	assert_true(got.name[0].by_fd && !got.early);
	READ(ABI_X86_64, "setxattrat", 5, p, AT_SYMLINK_NOFOLLOW, n,
	     put_bytes(64, &good, sizeof(good)), 16);
	assert_name(&got.name[0], "x", 5);
	assert_true(!got.early && got.at && got.flags == AT_SYMLINK_NOFOLLOW);
	READ(ABI_X86_64, "setxattrat", 5, p, 0, n, put_bytes(64, &bad, sizeof(bad)), 16);
	assert_int_equal(got.early, EINVAL);
	READ(ABI_X86_64, "setxattrat", 5, p, 0, n, ADDR(low + 64), 15);
	assert_int_equal(got.early, EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_of_every_abi_is_taken_apart),
		cmocka_unit_test(what_is_in_no_table_is_refused),
		cmocka_unit_test(a_name_that_cannot_be_read_ends_the_call),
		cmocka_unit_test(memory_that_is_closed_to_us_is_no_fault_of_the_caller),
		cmocka_unit_test(descriptors_may_be_the_object),
		cmocka_unit_test(links_at_the_end_are_followed_as_the_call_does),
		cmocka_unit_test(the_flags_of_open_are_those_of_this_machine),
		cmocka_unit_test(an_open_how_is_checked_before_the_name),
		cmocka_unit_test(times_are_those_of_the_abi),
		cmocka_unit_test(microseconds_are_checked_and_cannot_omit),
		cmocka_unit_test(times_of_a_descriptor_have_no_path),
		cmocka_unit_test(only_a_unix_socket_with_a_path_is_bound_to_a_file),
		cmocka_unit_test(only_files_that_are_mapped_executable_count),
		cmocka_unit_test(lengths_and_ids_are_those_of_the_abi),
		cmocka_unit_test(the_target_of_a_symlink_is_a_text),
		cmocka_unit_test(attributes_are_checked_before_the_name),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
