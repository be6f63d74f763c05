/* SPDX-License-Identifier: MIT
 *
 * Where a name leads is compared with the kernel's own answer, for random trees of
 * directories and links and for random paths, from a seed that is printed.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <time.h>

#include "core/num.h"
#include "core/table.h"
#include "probe/trace/names/walk.h"
#include "tests/unit/names_jail.h"

/* Of each state: trees, and paths in each. */
#define ROUNDS 3
#define PATHS  1500

/* --- random trees, random paths --- */

static uint64_t random_state;

static unsigned any(unsigned below)
{
	random_state = random_state * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(random_state >> 33) % below;
}

static const char *const parts[] = {
	"a", "b", "c",		 "d",	     "l",	  "m",
	"n", "o", "x (deleted)", "\xff\xfe", "new\nline", "...",
};

static void add_part(char *path, size_t size, bool dots)
{
	const size_t n = strlen(path);
	const char *part = parts[any(ARRAY_LEN(parts))];

	if (dots && any(4) == 0)
		part = any(2) ? ".." : ".";
	(void)snprintf(path + n, size - n, "%s%s%s", n && path[n - 1] != '/' ? "/" : "",
		       n && any(12) == 0 ? "/" : "", part);
}

static void random_path(char *path, size_t size, const char *const *tops, size_t count)
{
	(void)snprintf(path, size, "%s", tops[any((unsigned)count)]);
	for (unsigned n = 1 + any(5); n > 0; n--)
		add_part(path, size, true);
	if (any(10) == 0) {
		const size_t n = strlen(path);

		(void)snprintf(path + n, size - n, "%s", any(2) ? "/" : "//");
	}
}

static void grow_link(const char *path, const char *const *tops, size_t count)
{
	char target[PATH_MAX] = "";

	random_path(target, sizeof(target), tops, count);
	if (any(3) == 0) {
		target[0] = '\0';
		add_part(target, sizeof(target), false);
	}
	(void)symlink(target, path);
}

static void grow(const char *top, const char *const *tops, size_t count, unsigned deep)
{
	for (unsigned i = 0; i < ARRAY_LEN(parts); i++) {
		char path[PATH_MAX];

		(void)snprintf(path, sizeof(path), "%s/%s", top, parts[i]);
		switch (any(deep ? 5 : 4)) {
		case 0:
			grow_link(path, tops, count);
			break;
		case 1:
			(void)close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0666));
			break;
		case 2:
		case 3:
			break;
		default:
			(void)mkdir(path, 0777);
			(void)chmod(path, any(8) ? 0777 : 0700);
			grow(path, tops, count, deep - 1);
		}
	}
}

static bool no_openat2; /* the children have none either */

static void random_ask(struct ask *a, const char *const *tops, size_t count,
		       const int *dirs, size_t dirs_count)
{
	static const uint64_t resolves[] = { RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS,
					     RESOLVE_BENEATH, RESOLVE_IN_ROOT,
					     RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS };

	*a = (struct ask){ .way = (enum way)any(5), .dirfd = AT_FDCWD };
	random_path(a->path, sizeof(a->path), tops, count);
	if (any(2))
		a->dirfd = dirs[any((unsigned)dirs_count)];
	if (a->way == WAY_RESOLVE && no_openat2)
		a->way = WAY_FOLLOW;
	if (a->way == WAY_RESOLVE)
		a->resolve = resolves[any(ARRAY_LEN(resolves))];
	if (a->way == WAY_CREATE && any(3) == 0)
		a->flags = O_NOFOLLOW;
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

/* What the child is when it is asked. */
enum state { AS_WE_ARE, ANOTHER_UID, CHROOTED, CHROOTED_UID, OWN_NAMESPACE };

struct random_run {
	char top[PATH_MAX];
	const char *tops[4];
	size_t count;
	int dirs[4];
	size_t dirs_count;
	struct child child;
};

static void add_dir(struct random_run *r, const char *path)
{
	static struct ask a;

	a = (struct ask){ .way = WAY_OPEN, .dirfd = AT_FDCWD, .flags = O_PATH };
	(void)snprintf(a.path, sizeof(a.path), "%s", path);
	const struct answer answer = child_ask(&r->child, &a);
	if (answer.error == 0)
		r->dirs[r->dirs_count++] = answer.fd;
}

static void begin(struct random_run *r, enum state state)
{
	r->child = child_new();
	child_must(&r->child, WAY_CHDIR, 0, r->top, 0);
	r->dirs[r->dirs_count++] = AT_FDCWD;
	add_dir(r, r->top);
	if (state == OWN_NAMESPACE)
		child_must(&r->child, WAY_UNSHARE, 0, "", CLONE_NEWNS);
	if (state == CHROOTED || state == CHROOTED_UID)
		child_must(&r->child, WAY_CHROOT, 0, ".", 0);
	add_dir(r, "a");
	add_dir(r, "d/b");
	if (state == ANOTHER_UID || state == CHROOTED_UID)
		child_must(&r->child, WAY_BE, 0, "", 1000);
}

static void run(struct random_run *r, int count)
{
	static struct ask a;
	int worked = 0;

	for (int i = 0; i < count; i++) {
		random_ask(&a, r->tops, r->count, r->dirs, r->dirs_count);
		worked += compare(&r->child, &a);
	}
	print_message("%d paths, %d led somewhere\n", count, worked);
	assert_true(worked > count / 50);
}

/* In a chroot "/" is the top of the tree, else that is an ordinary directory. */
static void round_of(enum state state, int count)
{
	static struct random_run r;
	static unsigned trees;
	char name[32];
	char slash[PATH_MAX + 1];

	walk_search_forget(); /* of the last tree */
	(void)snprintf(name, sizeof(name), "random%u", ++trees);
	const char *top = in_nest(name);
	make_dir(top, 0777, 0);
	r = (struct random_run){ .tops = { slash, "", "../..", "/" }, .count = 4 };
	(void)snprintf(r.top, sizeof(r.top), "%s", at(top));
	(void)snprintf(slash, sizeof(slash), "%s/", r.top);
	if (state == CHROOTED || state == CHROOTED_UID)
		(void)snprintf(slash, sizeof(slash), "/");
	grow(r.top, r.tops, r.count, 3);
	begin(&r, state);
	run(&r, count);
	child_done(&r.child);
}

static void rounds(enum state state)
{
	seed();
	for (int i = 0; i < ROUNDS; i++)
		round_of(state, PATHS);
}

TEST(as_the_kernel_leads_us)
{
	rounds(AS_WE_ARE);
}

TEST(as_it_leads_another_uid)
{
	NEEDS_ROOT();
	rounds(ANOTHER_UID);
}

TEST(as_it_leads_in_a_chroot)
{
	NEEDS_ROOT();
	rounds(CHROOTED);
	rounds(CHROOTED_UID);
}

TEST(as_it_leads_in_another_mount_namespace)
{
	NEEDS_ROOT();
	rounds(OWN_NAMESPACE);
}

static int forbid(uint32_t number)
{
	struct sock_filter lines[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_LEN(lines), lines };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* Last: it is for good. */
TEST(without_openat2_as_well)
{
	assert_int_equal(forbid(SYS_openat2), 0);
	no_openat2 = true;
	rounds(AS_WE_ARE);
	if (tree_private)
		rounds(ANOTHER_UID);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(as_the_kernel_leads_us),
	cmocka_unit_test(as_it_leads_another_uid),
	cmocka_unit_test(as_it_leads_in_a_chroot),
	cmocka_unit_test(as_it_leads_in_another_mount_namespace),
	cmocka_unit_test(without_openat2_as_well),
};

int main(void)
{
	return cmocka_run_group_tests(tests, setup_jail, teardown_jail);
}
