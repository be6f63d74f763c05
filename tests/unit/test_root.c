/* SPDX-License-Identifier: MIT */
#include "probe/root.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "tests/unit/test.h"

static char dir[64];

static void put(const char *path, const char *text)
{
	char full[256];

	(void)snprintf(full, sizeof(full), "%s/%s", dir, path);
	FILE *f = fopen(full, "w");
	assert_non_null(f);
	(void)fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void link_to(const char *target, const char *path)
{
	char full[256];

	(void)snprintf(full, sizeof(full), "%s/%s", dir, path);
	assert_int_equal(symlink(target, full), 0);
}

static void make_dir(const char *path)
{
	char full[256];

	(void)snprintf(full, sizeof(full), "%s/%s", dir, path);
	assert_int_equal(mkdir(full, 0755), 0);
}

/* outside: a file beside the root. in: the root, with links of every kind. */
static int set_up(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/taskprobe-root-XXXXXX");
	assert_non_null(mkdtemp(dir));
	put("outside", "outside");
	make_dir("in");
	make_dir("in/etc");
	make_dir("in/a");
	make_dir("in/a/b");
	put("in/etc/passwd", "inside");
	put("in/a/b/file", "deep");
	put("in/outside", "the one inside");
	link_to("etc/passwd", "in/relative");
	link_to("/etc/passwd", "in/absolute");
	link_to("/", "in/slash");
	link_to("/etc", "in/absolute-dir");
	link_to("../../../outside", "in/a/up");
	link_to("../outside", "in/up-one");
	link_to("loop-b", "in/loop-a");
	link_to("loop-a", "in/loop-b");
	link_to("nowhere", "in/dangling");
	link_to("a/b/..", "in/dots");
	char name[32] = "etc/passwd", full[128];
	for (int i = 0; i < 41; i++) {
		char next[32];

		(void)snprintf(next, sizeof(next), "in/chain-%d", i);
		link_to(name, next);
		(void)snprintf(name, sizeof(name), "chain-%d", i);
	}
	(void)snprintf(full, sizeof(full), "%s/in/fifo", dir);
	assert_int_equal(mkfifo(full, 0644), 0);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct root open_in(bool chroot)
{
	struct root root = { .fd = -1, .chroot = chroot };
	struct err err = ERR_INIT;
	char in[128];

	(void)snprintf(in, sizeof(in), "%s/in", dir);
	assert_int_equal(root_open(in, &root, &err), 0);
	return root;
}

struct read_case {
	const char *path;
	int beneath, chroot; /* results; 0: 'text' is read */
	const char *text;    /* the same in both */
};

static const struct read_case cases[] = {
	{ "etc/passwd", 0, 0, "inside" },
	{ "./etc//passwd", 0, 0, "inside" },
	{ "a/b/../../etc/passwd", 0, 0, "inside" },
	{ "relative", 0, 0, "inside" },
	{ "dots/b/file", 0, 0, "deep" },
	{ "chain-38", 0, 0, "inside" },
	{ "absolute", -EXDEV, 0, "inside" },
	{ "absolute-dir/passwd", -EXDEV, 0, "inside" },
	{ "slash/slash/etc/passwd", -EXDEV, 0, "inside" },
	{ "/etc/passwd", -EXDEV, 0, "inside" },
	{ "../outside", -EXDEV, 0, "the one inside" },
	{ "a/up", -EXDEV, 0, "the one inside" },
	{ "up-one", -EXDEV, 0, "the one inside" },
	{ "../../../../outside", -EXDEV, 0, "the one inside" },
	{ "loop-a", -ELOOP, -ELOOP, NULL },
	{ "chain-40", -ELOOP, -ELOOP, NULL },
	{ "dangling", -ENOENT, -ENOENT, NULL },
	{ "missing/file", -ENOENT, -ENOENT, NULL },
	{ "etc/passwd/x", -ENOTDIR, -ENOTDIR, NULL },
	{ "etc/passwd/", -ENOTDIR, -ENOTDIR, NULL },
	{ "etc/passwd/..", -ENOTDIR, -ENOTDIR, NULL },
	{ "", -ENOENT, -ENOENT, NULL },
	{ "a", -EPROTO, -EPROTO, NULL },
	{ ".", -EPROTO, -EPROTO, NULL },
	{ "fifo", -EPROTO, -EPROTO, NULL },
};

static bool reads_as(bool chroot, const struct read_case *c)
{
	AUTO(root_done) struct root root = open_in(chroot);
	AUTO(str_done) struct str text = STR_INIT(1024);
	struct err err = ERR_INIT;
	const int want = chroot ? c->chroot : c->beneath;
	const int got = root_read(&root, c->path, &text, &err);

	if (got != want)
		(void)fprintf(stderr, "'%s' (chroot %d): %d, not %d: %s\n", c->path,
			      chroot, got, want, err.msg);
	return got == want && (want != 0 || strcmp(text.s, c->text) == 0);
}

static bool all_cases(void)
{
	bool ok = true;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ok = reads_as(false, &cases[i]) && reads_as(true, &cases[i]) && ok;
	return ok;
}

static int open_proc(const char *path, int flags)
{
	AUTO(root_done) struct root proc = ROOT_INIT;
	struct err err = ERR_INIT;

	if (root_open("/proc", &proc, &err) < 0)
		return -ENOENT;
	return root_openat(&proc, path, flags);
}

static bool magic_links_are_refused(void)
{
	static const char *const magic[] = { "self/cwd",  "self/root",
					     "self/exe",  "self/ns/pid",
					     "self/fd/0", "self/root/etc/passwd",
					     "self/cwd/." };
	bool ok = true;

	for (size_t i = 0; i < ARRAY_LEN(magic); i++) {
		AUTO_CLOSE int fd = open_proc(magic[i], O_PATH);

		if (fd != -ELOOP)
			(void)fprintf(stderr, "%s: %d\n", magic[i], fd);
		ok = ok && fd == -ELOOP;
	}
	/* Its plain links are no magic. */
	AUTO_CLOSE int plain = open_proc("mounts", O_RDONLY);
	AUTO_CLOSE int self = open_proc("thread-self/status", O_RDONLY);
	return ok && plain >= 0 && self >= 0;
}

static bool links_are_read(void)
{
	AUTO(root_done) struct root root = open_in(true);
	AUTO(root_done) struct root proc = ROOT_INIT;
	struct err err = ERR_INIT;
	char target[128];

	return root_readlink(&root, "absolute", target, sizeof(target)) == 0 &&
	       strcmp(target, "/etc/passwd") == 0 &&
	       root_readlink(&root, "slash/a/up", target, sizeof(target)) == 0 &&
	       strcmp(target, "../../../outside") == 0 &&
	       root_readlink(&root, "etc/passwd", target, sizeof(target)) == -EINVAL &&
	       root_readlink(&root, "missing", target, sizeof(target)) == -ENOENT &&
	       root_readlink(&root, "absolute", target, 4) == -ENAMETOOLONG &&
	       root_open("/proc", &proc, &err) == 0 &&
	       root_readlink(&proc, "self/ns/pid", target, sizeof(target)) == 0 &&
	       strncmp(target, "pid:[", 5) == 0;
}

static bool opens_work(void)
{
	AUTO(root_done) struct root root = open_in(true);
	AUTO_CLOSE int link = root_openat(&root, "absolute", O_PATH | O_NOFOLLOW);
	AUTO_CLOSE int dir_fd = root_openat(&root, "absolute-dir/", O_PATH | O_NOFOLLOW);
	AUTO_CLOSE int fifo = root_openat(&root, "fifo", O_PATH);
	AUTO_CLOSE int top = root_openat(&root, "/", O_PATH | O_DIRECTORY);
	AUTO_CLOSE int over = root_openat(&root, "../..", O_PATH | O_DIRECTORY);
	AUTO_CLOSE int refused = root_openat(&root, "absolute", O_RDONLY | O_NOFOLLOW);
	AUTO_CLOSE int no_dir = root_openat(&root, "etc/passwd", O_PATH | O_DIRECTORY);
	struct stat a, b, c, st;

	return link >= 0 && fstat(link, &st) == 0 && S_ISLNK(st.st_mode) && dir_fd >= 0 &&
	       fstat(dir_fd, &st) == 0 && S_ISDIR(st.st_mode) && fifo >= 0 && top >= 0 &&
	       over >= 0 && fstat(root.fd, &a) == 0 && fstat(top, &b) == 0 &&
	       fstat(over, &c) == 0 && a.st_ino == b.st_ino && a.st_ino == c.st_ino &&
	       refused == -ELOOP && no_dir == -ENOTDIR;
}

static bool all(void)
{
	bool ok = all_cases();

	ok = magic_links_are_refused() && ok;
	ok = links_are_read() && ok;
	return opens_work() && ok;
}

TEST(a_path_stays_in_its_root)
{
	assert_true(all());
}

/* openat2 answers 'code' from here on. */
static void refuse_openat2(int code)
{
	struct sock_filter code_of[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)code),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { .len = ARRAY_LEN(code_of), .filter = code_of };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		_exit(77);
}

static int with_openat2_refused(int code)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		refuse_openat2(code);
		if (syscall(SYS_openat2, -1, "", NULL, 0) != -1 || errno != code)
			_exit(2);
		_exit(all() ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST(a_path_stays_in_its_root_without_openat2)
{
	assert_int_equal(with_openat2_refused(ENOSYS), 0);
	assert_int_equal(with_openat2_refused(EPERM), 0);
}

TEST(what_is_too_large_holds_what_fitted)
{
	AUTO(root_done) struct root root = open_in(true);
	AUTO(str_done) struct str text = STR_INIT(3);
	struct err err = ERR_INIT;

	assert_int_equal(root_read(&root, "etc/passwd", &text, &err), -E2BIG);
	assert_string_equal(text.s, "ins");
	assert_non_null(strstr(err.msg, "etc/passwd"));
}

TEST(a_text_of_exactly_the_limit_fits)
{
	AUTO(root_done) struct root root = open_in(false);
	AUTO(str_done) struct str text = STR_INIT(6);
	struct err err = ERR_INIT;

	assert_int_equal(root_read(&root, "etc/passwd", &text, &err), 0);
	assert_string_equal(text.s, "inside");
}

TEST(a_long_path_is_refused)
{
	AUTO(root_done) struct root root = open_in(true);
	char path[PATH_MAX + 16];

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(root_openat(&root, path, O_PATH), -ENAMETOOLONG);
	path[300] = '\0';
	assert_int_equal(root_openat(&root, path, O_PATH), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_stays_in_its_root),
		cmocka_unit_test(a_path_stays_in_its_root_without_openat2),
		cmocka_unit_test(what_is_too_large_holds_what_fitted),
		cmocka_unit_test(a_text_of_exactly_the_limit_fits),
		cmocka_unit_test(a_long_path_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
