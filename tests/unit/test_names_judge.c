/* SPDX-License-Identifier: MIT
 *
 * What names_find() says of permissions is put to the oracle, and its answer compared
 * with the kernel's: random calls on a random tree of owners and modes, in a child of
 * some uid. Nothing is read-only here; tests of the oracle have that.
 */
#include <sys/time.h>
#include <time.h>

#include "core/cleanup.h"
#include "core/num.h"
#include "core/table.h"
#include "probe/trace/names/walk.h"
#include "probe/trace/oracle.h"
#include "tests/unit/names_jail.h"

#define ROUNDS 3
#define CALLS  3000

/* struct ask: 'dirfd' is the row, 'flags' and 'resolve' its arguments. */
struct call_row {
	const char *name;
	enum call_kind kind;
	enum oracle_op op;
	bool pair;
};

enum row {
	ROW_OPEN,
	ROW_MKDIR,
	ROW_MKNOD,
	ROW_SYMLINK,
	ROW_LINK,
	ROW_RENAME,
	ROW_UNLINK,
	ROW_RMDIR,
	ROW_TRUNCATE,
	ROW_CHMOD,
	ROW_CHOWN,
	ROW_UTIME,
	ROW_TOUCH,
	ROW_ACCESS,
	ROWS
};

static const struct call_row rows[ROWS] = {
	[ROW_OPEN] = { "open", CALL_OPEN, ORACLE_OPEN, false },
	[ROW_MKDIR] = { "mkdir", CALL_MKDIR, ORACLE_MKDIR, false },
	[ROW_MKNOD] = { "mknod", CALL_MKNOD, ORACLE_MKNOD, false },
	[ROW_SYMLINK] = { "symlink", CALL_SYMLINK, ORACLE_SYMLINK, false },
	[ROW_LINK] = { "link", CALL_LINK, ORACLE_LINK, true },
	[ROW_RENAME] = { "rename", CALL_RENAME, ORACLE_RENAME, true },
	[ROW_UNLINK] = { "unlink", CALL_UNLINK, ORACLE_UNLINK, false },
	[ROW_RMDIR] = { "rmdir", CALL_RMDIR, ORACLE_RMDIR, false },
	[ROW_TRUNCATE] = { "truncate", CALL_TRUNCATE, ORACLE_TRUNCATE, false },
	[ROW_CHMOD] = { "chmod", CALL_CHMOD, ORACLE_CHMOD, false },
	[ROW_CHOWN] = { "chown", CALL_CHOWN, ORACLE_CHOWN, false },
	[ROW_UTIME] = { "utimensat", CALL_UTIME, ORACLE_UTIME, false },
	[ROW_TOUCH] = { "utimensat (now)", CALL_UTIME, ORACLE_UTIME, false },
	[ROW_ACCESS] = { "access", CALL_ACCESS, ORACLE_ACCESS, false },
};

static int do_open(const struct ask *a)
{
	const int fd = open(a->path, a->flags | O_NONBLOCK | O_CLOEXEC, 0644);

	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? -1 : 0;
}

/* In the child. */
static int do_call(const struct ask *a)
{
	static const struct timespec then[2] = { { .tv_sec = 1 }, { .tv_sec = 2 } };

	switch ((enum row)a->dirfd) {
	case ROW_OPEN:
		return do_open(a);
	case ROW_MKDIR:
		return mkdir(a->path, 0755);
	case ROW_MKNOD:
		return mknod(a->path, S_IFIFO | 0644, 0);
	case ROW_SYMLINK:
		return symlink("a", a->path);
	case ROW_LINK:
		return linkat(AT_FDCWD, a->path, AT_FDCWD, a->path2, a->flags);
	case ROW_RENAME:
		return rename(a->path, a->path2);
	case ROW_UNLINK:
		return unlink(a->path);
	case ROW_RMDIR:
		return rmdir(a->path);
	case ROW_TRUNCATE:
		return truncate(a->path, 0);
	case ROW_CHMOD:
		return chmod(a->path, (mode_t)a->flags);
	case ROW_CHOWN:
		return fchownat(AT_FDCWD, a->path, (uid_t)a->flags, (gid_t)a->resolve,
				AT_SYMLINK_NOFOLLOW);
	case ROW_UTIME:
		return utimensat(AT_FDCWD, a->path, then, 0);
	case ROW_TOUCH:
		return utimensat(AT_FDCWD, a->path, NULL, 0);
	case ROW_ACCESS:
		return access(a->path, a->flags);
	case ROWS:
		break;
	}
	return -1;
}

/* --- the prediction --- */

static void fill_name(struct request_name *name, const char *path)
{
	name->given = true;
	name->dirfd = AT_FDCWD;
	name->len = strlen(path);
	memcpy(name->path, path, name->len + 1);
}

static const struct request *call_request(pid_t tid, const struct ask *a)
{
	static struct request r;

	r.kind = rows[a->dirfd].kind;
	r.tid = tid;
	r.flags = a->dirfd == ROW_OPEN || a->dirfd == ROW_LINK ? (unsigned)a->flags : 0;
	r.follow = a->dirfd != ROW_CHOWN;
	if (a->dirfd == ROW_LINK)
		r.follow = a->flags & AT_SYMLINK_FOLLOW;
	r.uid = a->dirfd == ROW_CHOWN ? (uint32_t)a->flags : UINT32_MAX;
	r.gid = a->dirfd == ROW_CHOWN ? (uint32_t)a->resolve : UINT32_MAX;
	fill_name(&r.name[0], a->path);
	fill_name(&r.name[1], a->path2);
	return &r;
}

static bool is_below(const struct place_found *p, const struct place_found *top)
{
	return !p->nameless && !top->nameless && p->len > top->len &&
	       memcmp(p->path, top->path, top->len) == 0 && p->path[top->len] == '/';
}

/* For the message. */
static struct oracle_name last[2];

static int predict(pid_t tid, const struct ask *a)
{
	static struct place_found places[2] = { PLACE_FOUND_INIT, PLACE_FOUND_INIT };
	const struct request *r = call_request(tid, a);
	const struct tracee *tracee = tracees_get(tracees, tid);
	const struct names_view view = { tracees, surface, NULL };
	struct oracle_call call = { .op = rows[a->dirfd].op,
				    .flags = r->flags,
				    .mode = a->dirfd == ROW_MKNOD ? S_IFIFO : 0,
				    .now = a->dirfd == ROW_TOUCH,
				    .privileged = true };

	assert_non_null(tracee);
	if (a->dirfd == ROW_ACCESS)
		call.mode = (unsigned)a->flags;
	for (int i = 0; i < 1 + rows[a->dirfd].pair; i++) {
		names_find(&view, tracee, r, i, &places[i]);
		if (places[i].unresolved)
			fail_msg("%s: %s", a->path, places[i].unresolved);
		call.name[i] = last[i] = places[i].facts;
	}
	call.beneath = is_below(&places[1], &places[0]);
	call.above = is_below(&places[0], &places[1]);
	return oracle_answer(&call);
}

/* --- at random --- */

static uint64_t random_state;

static unsigned any(unsigned below)
{
	random_state = random_state * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(random_state >> 33) % below;
}

static const uid_t uids[] = { 0, 1000, 1001 };
static const mode_t modes[] = { 0755, 0777, 01777, 0700,  0750,	 0770, 0555, 0444, 0644,
				0600, 0666, 01775, 02755, 04755, 0111, 0,    0333 };

static void add_name(char *path, size_t size)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f", ".", ".." };
	const size_t n = strlen(path);

	(void)snprintf(path + n, size - n, "%s%s", n ? "/" : "",
		       names[any(any(6) ? 6 : ARRAY_LEN(names))]);
}

static void random_name(char *path, size_t size)
{
	path[0] = '\0';
	for (unsigned n = 1 + any(3); n > 0; n--)
		add_name(path, size);
	if (any(12) == 0)
		(void)snprintf(path + strlen(path), size - strlen(path), "/");
}

static void make_any(const char *path, unsigned deep)
{
	char target[64];

	switch (any(deep ? 7 : 4)) {
	case 0:
		random_name(target, sizeof(target));
		(void)symlink(target, path);
		return;
	case 1:
		(void)mknod(path, S_IFIFO | 0644, 0);
		break;
	case 2:
		(void)close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
		break;
	case 3:
		return;
	default:
		(void)mkdir(path, 0755);
		for (char c = 'a'; c <= 'f'; c++) {
			char below[PATH_MAX];

			(void)snprintf(below, sizeof(below), "%s/%c", path, c);
			make_any(below, deep - 1);
		}
	}
	(void)chown(path, uids[any(3)], uids[any(3)]);
	(void)chmod(path, modes[any(ARRAY_LEN(modes))]);
}

static void random_call(struct ask *a)
{
	static const int opens[] = { O_RDONLY,
				     O_WRONLY,
				     O_RDWR,
				     O_WRONLY | O_TRUNC,
				     O_RDONLY | O_TRUNC,
				     O_WRONLY | O_CREAT,
				     O_RDONLY | O_CREAT,
				     O_WRONLY | O_CREAT | O_TRUNC,
				     O_WRONLY | O_CREAT | O_EXCL,
				     O_WRONLY | O_NOFOLLOW,
				     O_WRONLY | O_DIRECTORY,
				     O_RDONLY | O_NOATIME,
				     O_RDWR | O_TMPFILE };

	*a = (struct ask){ .way = WAY_OTHER, .dirfd = (int)any(ROWS) };
	random_name(a->path, sizeof(a->path));
	random_name(a->path2, sizeof(a->path2));
	if (a->dirfd == ROW_OPEN)
		a->flags = opens[any(ARRAY_LEN(opens))];
	if (a->dirfd == ROW_LINK)
		a->flags = any(2) ? AT_SYMLINK_FOLLOW : 0;
	if (a->dirfd == ROW_CHMOD)
		a->flags = (int)modes[any(ARRAY_LEN(modes))];
	if (a->dirfd == ROW_ACCESS)
		a->flags = (int)any(8);
	if (a->dirfd == ROW_CHOWN) {
		a->flags = any(2) ? -1 : (int)uids[any(3)];
		a->resolve = any(2) ? UINT32_MAX : uids[any(3)];
	}
}

/* A FIFO's open waits for the other end, or is ENXIO for want of it: not ours to know;
 * nor is what a directory holds that we may not read either. */
static bool is_unknown(const struct ask *a, int error)
{
	const struct oracle_name *to = &last[rows[a->dirfd].pair];

	if (error == ENOTEMPTY)
		return to->kind == KIND_DIRECTORY && to->full < 0;
	return a->dirfd == ROW_OPEN && error == ENXIO;
}

static void one_call(const struct child *c, int counts[ROWS][2])
{
	static struct ask a;

	random_call(&a);
	const int predicted = predict(c->pid, &a);
	const int error = child_ask(c, &a).error;

	if (is_unknown(&a, error))
		return;
	if (predicted != error)
		fail_msg("%s(%s, %s, %#x, %#llx): %s, predicted %s (kind %d, write %d, "
			 "read %d, change %d, touch %d, enter %d, remove %d)",
			 rows[a.dirfd].name, a.path, a.path2, (unsigned)a.flags,
			 (unsigned long long)a.resolve, error ? err_name(error) : "0",
			 predicted ? err_name(predicted) : "0", (int)last[0].kind,
			 last[0].write, last[0].read, last[0].change, last[0].touch,
			 last[0].enter, last[0].remove);
	counts[a.dirfd][error != 0]++;
}

static void seed(void)
{
	const char *text = getenv("TASKPROBE_SEED");
	uint64_t n = (uint64_t)time(NULL);

	if (text)
		(void)num_u64(text, 10, &n);
	print_message("TASKPROBE_SEED=%llu\n", (unsigned long long)n);
	random_state = n;
}

static void rounds(uid_t uid)
{
	static unsigned trees;
	int counts[ROWS][2] = { 0 };

	seed();
	child_other = do_call;
	for (int i = 0; i < ROUNDS; i++) {
		char name[64], path[PATH_MAX];

		(void)snprintf(name, sizeof(name), "judge%u", ++trees);
		const char *top = in_nest(name);
		walk_search_forget(); /* of the last tree */
		make_dir(top, 0777, 0);
		for (char file = 'a'; file <= 'f'; file++) {
			(void)snprintf(path, sizeof(path), "%s/%c", at(top), file);
			make_any(path, 3);
		}
		struct child c = child_new();
		child_must(&c, WAY_CHDIR, 0, at(top), 0);
		if (uid != geteuid())
			child_must(&c, WAY_BE, 0, "", (int)uid);
		for (int j = 0; j < CALLS; j++)
			one_call(&c, counts);
		child_done(&c);
	}
	for (int i = 0; i < ROWS; i++)
		print_message("%s: %d worked, %d failed\n", rows[i].name, counts[i][0],
			      counts[i][1]);
}

TEST(another_uid_is_told_what_the_kernel_tells_it)
{
	NEEDS_ROOT();
	rounds(1000);
}

TEST(we_are_told_what_the_kernel_tells_us)
{
	rounds(geteuid());
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(another_uid_is_told_what_the_kernel_tells_it),
	cmocka_unit_test(we_are_told_what_the_kernel_tells_us),
};

int main(void)
{
	return cmocka_run_group_tests(tests, setup_jail, teardown_jail);
}
