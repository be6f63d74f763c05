/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <time.h>

#include "core/table.h"
#include "probe/fs/write.h"
#include "probe/sys.h"
#include "tests/unit/fstree.h"

#define KILLS 200

static void root_done_facts(struct root_facts *r)
{
	free(r->part.seen_by);
	free(r->part.why);
	free(r->part.grants);
	free(r->created);
	free(r->fstype);
	*r = (struct root_facts){ 0 };
}

/* A filter for this process: 'number' with these bits in argument 'arg' answers 'code'.
 */
static int refuse(uint32_t number, unsigned arg, uint32_t bits, uint32_t code)
{
	struct sock_filter code_lines[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args) + 8 * arg),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, bits, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_LEN(code_lines), code_lines };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int refuse_tmpfile(void)
{
	return refuse(SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, EOPNOTSUPP);
}

static size_t count_entries(const char *path)
{
	DIR *dir = opendir(at(path));
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n - 2;
}

static void ctime_of(const char *path, struct timespec *ret)
{
	struct stat st;

	assert_int_equal(lstat(at(path), &st), 0);
	*ret = st.st_ctim;
}

static struct root_facts probe(const char *path, enum write_mode mode,
			       const struct mounts_facts *mounts, uid_t uid,
			       uint64_t caps)
{
	struct target t = tree_target(path);
	struct identity_facts who = tree_who(uid, caps);
	struct root_facts ret = { 0 };

	write_probe(&t, mode, mounts, &who, &ret);
	(void)close(t.root.fd);
	return ret;
}

/* "/" of a type that the kernel's magic numbers say nothing about. */
static struct mounts_facts mounted;

TEST(a_writable_root_is_written)
{
	make_dir("plain", 0755, geteuid());
	make_dir("plain/sub", 0755, geteuid());
	make_file("plain/file", 0644, geteuid());
	struct timespec sub, file, after;
	ctime_of("plain/sub", &sub);
	ctime_of("plain/file", &file);
	struct root_facts r = probe("plain", WRITE_AUTO, &mounted, geteuid(), 0);

	assert_true(r.part.known);
	assert_true(r.writable);
	assert_int_equal(r.method, ROOT_CREATE);
	assert_string_equal(r.created, "created");
	assert_string_equal(r.part.seen_by, "itself");
	assert_int_equal(r.access, TRI_YES);
	assert_int_equal(count_entries("plain"), 2);
	ctime_of("plain/sub", &after);
	assert_memory_equal(&sub, &after, sizeof(sub));
	ctime_of("plain/file", &after);
	assert_memory_equal(&file, &after, sizeof(file));
	root_done_facts(&r);
}

TEST(none_changes_not_even_the_directory)
{
	struct timespec before, after;

	make_dir("none", 0755, geteuid());
	ctime_of("none", &before);
	struct root_facts r = probe("none", WRITE_NONE, &mounted, geteuid(), 0);
	ctime_of("none", &after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_true(r.part.known);
	assert_true(r.writable);
	assert_int_equal(r.method, ROOT_UNLINK);
	assert_null(r.created);
	root_done_facts(&r);
}

TEST(access_is_the_apps_not_ours)
{
	struct root_facts r;

	make_dir("owned", 0755, geteuid());
	r = probe("owned", WRITE_AUTO, &mounted, geteuid() + 1, 0);
	assert_true(r.writable);
	assert_string_equal(r.created, "created");
	assert_int_equal(r.access, TRI_NO);
	root_done_facts(&r);
	r = probe("owned", WRITE_AUTO, &mounted, geteuid() + 1, ROOT_CAPS);
	assert_int_equal(r.access, TRI_YES);
	root_done_facts(&r);
}

TEST(no_access_leaves_mountinfo)
{
	struct target t = TARGET_INIT;
	struct identity_facts who = tree_who(1000, 0);
	struct root_facts r = { 0 };
	struct mounts_facts mounts = { 0 };

	t.root_errno = EACCES;
	t.seen_by = "the sidecar";
	write_probe(&t, WRITE_AUTO, &mounts, &who, &r);
	assert_false(r.part.known);
	assert_non_null(r.part.why);
	root_done_facts(&r);

	tree_mount(&mounts, "/", "overlay", true);
	write_probe(&t, WRITE_AUTO, &mounts, &who, &r);
	assert_true(r.part.known);
	assert_false(r.writable);
	assert_int_equal(r.method, ROOT_MOUNTINFO);
	assert_string_equal(r.fstype, "overlay");
	assert_int_equal(r.access, TRI_UNKNOWN);
	assert_non_null(strstr(r.part.why, "only mountinfo"));
	assert_string_equal(r.part.seen_by, "the sidecar");
	root_done_facts(&r);
	tree_mounts_done(&mounts);
}

TEST(another_file_system_than_mountinfos_is_unknown)
{
	struct mounts_facts mounts = { 0 };

	make_dir("other", 0755, geteuid());
	tree_mount(&mounts, "/", "proc", false);
	struct root_facts r = probe("other", WRITE_AUTO, &mounts, geteuid(), 0);
	assert_false(r.part.known);
	assert_null(r.created);
	root_done_facts(&r);
	tree_mounts_done(&mounts);
}

TEST(the_attempt_beats_mountinfo)
{
	struct mounts_facts mounts = { 0 };

	make_dir("disagree", 0755, geteuid());
	tree_mount(&mounts, "/", "unheard-of", true);
	struct root_facts r = probe("disagree", WRITE_NONE, &mounts, geteuid(), 0);
	assert_true(r.part.known);
	assert_true(r.writable);
	assert_int_equal(r.method, ROOT_UNLINK);
	assert_non_null(strstr(r.part.why, "mountinfo says read-only"));
	root_done_facts(&r);
	tree_mounts_done(&mounts);
}

TEST(a_read_only_bind_mount_is_read_only)
{
	struct timespec before, after;

	NEEDS_ROOT();
	make_dir("ro", 0777, 0);
	assert_int_equal(mount(at("ro"), at("ro"), NULL, MS_BIND, NULL), 0);
	assert_int_equal(
		mount(NULL, at("ro"), NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
	ctime_of("ro", &before);
	struct root_facts r = probe("ro", WRITE_AUTO, &mounted, 0, ROOT_CAPS);
	ctime_of("ro", &after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_true(r.part.known);
	assert_false(r.writable);
	assert_int_equal(r.method, ROOT_UNLINK);
	assert_null(r.created);
	assert_int_equal(r.access, TRI_YES); /* the credentials' side is another thing */
	assert_int_equal(umount(at("ro")), 0);
	root_done_facts(&r);
}

TEST(a_full_tmpfs_is_writable_and_full)
{
	static const char zeros[65536];

	NEEDS_ROOT();
	make_dir("full", 0755, 0);
	assert_int_equal(mount("full", at("full"), "tmpfs", 0, "size=64k"), 0);
	int fd = open(at("full/filler"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	while (write(fd, zeros, sizeof(zeros)) > 0)
		;
	(void)close(fd);
	struct root_facts r = probe("full", WRITE_AUTO, &mounted, 0, ROOT_CAPS);
	assert_true(r.part.known);
	assert_true(r.writable);
	assert_int_equal(r.method, ROOT_UNLINK);
	assert_string_equal(r.created, "ENOSPC");
	assert_int_equal(count_entries("full"), 1);
	assert_int_equal(umount(at("full")), 0);
	root_done_facts(&r);
}

/* --- in children, because of filters and credentials --- */

static int in_child(int (*run)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(run());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200;
}

static int run_unlink_refused(void)
{
	struct mounts_facts mounts = { 0 };

	tree_mount(&mounts, "/", "unheard-of", false);
	if (refuse(SYS_unlinkat, 2, 0, EPERM) < 0)
		return 1;
	struct root_facts r = probe("filtered", WRITE_AUTO, &mounts, geteuid(), 0);
	bool right = r.part.known && r.writable && r.method == ROOT_MOUNTINFO &&
		     !r.created && r.part.why && strstr(r.part.why, "EPERM");

	root_done_facts(&r);
	tree_mounts_done(&mounts);
	return right ? 0 : 2;
}

TEST(a_filter_is_no_answer)
{
	make_dir("filtered", 0755, geteuid());
	assert_int_equal(in_child(run_unlink_refused), 0);
	assert_int_equal(count_entries("filtered"), 0);
}

static int run_named(void)
{
	char answer[16];
	int fd = open(at("named"), O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (refuse_tmpfile() < 0)
		return 1;
	if (write_create_probe(fd, answer) != 0 || strcmp(answer, "created") != 0)
		return 2;
	/* The janitor is gone too. */
	return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD ? 0 : 3;
}

TEST(without_o_tmpfile_a_name_is_used_and_removed)
{
	struct timespec before, after;

	make_dir("named", 0755, geteuid());
	ctime_of("named", &before);
	assert_int_equal(in_child(run_named), 0);
	ctime_of("named", &after);
	assert_int_equal(count_entries("named"), 0);
	assert_memory_not_equal(&before, &after, sizeof(before));
}

static int run_unprivileged(void)
{
	char answer[16];
	int fd = open(at("closed"), O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (geteuid() == 0 &&
	    (setresgid(1000, 1000, 1000) < 0 || setresuid(1000, 1000, 1000) < 0))
		return 1;
	return write_create_probe(fd, answer) == 0 && strcmp(answer, "EACCES") == 0 ? 0
										    : 2;
}

TEST(no_permission_is_eacces)
{
	make_dir("closed", 0555, geteuid());
	assert_int_equal(in_child(run_unprivileged), 0);
}

static int run_creator(void)
{
	char answer[16];
	int fd = open(at("killed"), O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (refuse_tmpfile() < 0)
		return 1;
	while (write_create_probe(fd, answer) == 0)
		;
	return 2;
}

/* Janitors of killed creators become ours: when none is left all have cleaned up. */
static void reap_all(void)
{
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

TEST(a_killed_creator_leaves_nothing)
{
	size_t caught = 0;

	make_dir("killed", 0755, geteuid());
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	for (int i = 0; i < KILLS; i++) {
		const struct timespec pause = { .tv_nsec = 1500000 +
							   (long)i * 9973 % 2000000 };
		pid_t pid = fork();

		if (pid == 0)
			_exit(run_creator());
		(void)nanosleep(&pause, NULL);
		(void)kill(pid, SIGKILL);
		caught += count_entries("killed");
		reap_all();
		assert_int_equal(count_entries("killed"), 0);
	}
	print_message("a file was there after %zu of %d kills\n", caught, KILLS);
}

TEST(mounts_are_written_where_asked_for)
{
	struct mounts_facts mounts = { 0 };
	struct identity_facts who = tree_who(1000, 0);

	NEEDS_ROOT();
	make_dir("vols", 0755, 0);
	make_dir("vols/data", 0755, 0);
	make_dir("vols/tiny", 0755, 0);
	make_dir("vols/ro", 0755, 0);
	assert_int_equal(mount("tiny", at("vols/tiny"), "tmpfs", 0, "size=4k"), 0);
	int fd = open(at("vols/tiny/filler"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "full", 4), 4);
	(void)close(fd);
	assert_int_equal(mount(at("vols/ro"), at("vols/ro"), NULL, MS_BIND, NULL), 0);
	assert_int_equal(
		mount(NULL, at("vols/ro"), NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL),
		0);
	tree_mount(&mounts, "/", "tmpfs", false);
	tree_mount(&mounts, "/data", "ext4", false);
	tree_mount(&mounts, "/gone", "ext4", false);
	tree_mount(&mounts, "/ro", "ext4", false); /* mountinfo is wrong, or was */
	tree_mount(&mounts, "/tiny", "tmpfs", false);
	struct target t = tree_target("vols");
	write_mounts_probe(&t, &who, &mounts);
	/* We are root, who is not: that we created says nothing of it. */
	assert_int_equal(LIST_AT(&mounts.list, struct mount_fact, 1)->access,
			 TRI_UNKNOWN);
	assert_int_equal(LIST_AT(&mounts.list, struct mount_fact, 3)->access, TRI_NO);
	assert_int_equal(LIST_AT(&mounts.list, struct mount_fact, 4)->access,
			 TRI_UNKNOWN);
	assert_non_null(strstr(mounts.part.why, "/tiny: ENOSPC"));
	assert_non_null(strstr(mounts.part.why, "/gone: ENOENT"));
	assert_int_equal(count_entries("vols/data"), 0);
	(void)close(t.root.fd);
	assert_int_equal(umount(at("vols/ro")), 0);
	assert_int_equal(umount(at("vols/tiny")), 0);
	tree_mounts_done(&mounts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_writable_root_is_written),
		cmocka_unit_test(none_changes_not_even_the_directory),
		cmocka_unit_test(access_is_the_apps_not_ours),
		cmocka_unit_test(no_access_leaves_mountinfo),
		cmocka_unit_test(another_file_system_than_mountinfos_is_unknown),
		cmocka_unit_test(the_attempt_beats_mountinfo),
		cmocka_unit_test(a_read_only_bind_mount_is_read_only),
		cmocka_unit_test(a_full_tmpfs_is_writable_and_full),
		cmocka_unit_test(a_filter_is_no_answer),
		cmocka_unit_test(without_o_tmpfile_a_name_is_used_and_removed),
		cmocka_unit_test(no_permission_is_eacces),
		cmocka_unit_test(a_killed_creator_leaves_nothing),
		cmocka_unit_test(mounts_are_written_where_asked_for),
	};

	tree_mount(&mounted, "/", "unheard-of", false);
	return cmocka_run_group_tests(tests, tree_setup, tree_teardown);
}
