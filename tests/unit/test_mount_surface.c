/* SPDX-License-Identifier: MIT */
#include "probe/trace/names/surface.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "probe/sys.h"
#include "tests/unit/fstree.h"

/* Docker's, with a volume, a tmpfs, an NFS volume, FUSE and what was mounted over. */
static const char container[] =
	"500 400 0:60 / / rw,relatime - overlay overlay rw,lowerdir=/l/A,upperdir=/u\n"
	"501 500 0:61 / /proc rw,nosuid,nodev,noexec - proc proc rw\n"
	"502 500 0:62 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755\n"
	"503 502 0:63 / /dev/pts rw,nosuid,noexec - devpts devpts rw,gid=5\n"
	"504 500 0:64 / /sys ro,nosuid,nodev,noexec - sysfs sysfs ro\n"
	"505 504 0:30 / /sys/fs/cgroup ro,nosuid,nodev,noexec - cgroup2 cgroup rw\n"
	"506 502 0:65 / /dev/mqueue rw,nosuid,nodev,noexec - mqueue mqueue rw\n"
	"507 502 0:66 / /dev/shm rw,nosuid,nodev,noexec - tmpfs shm rw,size=65536k\n"
	"508 500 8:1 /var/lib/docker/containers/c/hosts /etc/hosts rw - ext4 /dev/sda1 "
	"rw\n"
	"509 500 8:1 /var/lib/docker/containers/c/resolv.conf /etc/resolv.conf rw - ext4 "
	"/dev/sda1 rw\n"
	"510 500 8:1 /var/lib/docker/containers/c/hostname /etc/hostname rw - ext4 "
	"/dev/sda1 rw\n"
	"511 500 8:1 /var/lib/docker/volumes/data/_data /data rw - ext4 /dev/sda1 rw\n"
	"512 500 8:1 /srv/secret /secret ro - ext4 /dev/sda1 rw\n"
	"513 500 0:67 / /tmp rw,nosuid,nodev,noexec - tmpfs tmpfs rw\n"
	"514 500 0:68 / /efs rw - nfs4 fs:/ rw,vers=4.1\n"
	"515 500 0:69 / /readonly\\040efs ro - nfs4 fs:/ rw,vers=4.1\n"
	"516 500 0:70 / /fuse/deep rw - fuse.sshfs host: rw\n"
	"517 500 0:71 / /covered rw - tmpfs tmpfs rw\n"
	"518 517 0:72 / /covered rw - fuse.sshfs host: rw\n"
	"519 518 0:73 / /covered rw - tmpfs tmpfs rw\n"
	"520 500 8:1 /var/lib/ecs/deps/x /ecs-execute-command-1/log rw - ext4 /dev/sda1 "
	"rw\n"
	"521 501 0:61 /sys /proc/sys ro,nosuid,nodev,noexec - proc proc rw\n"
	"522 502 0:63 /0 /dev/console rw,nosuid,noexec - devpts devpts rw\n";

static void surface_done_p(struct surface **s)
{
	surface_done(*s);
}

static void write_list(const char *text)
{
	AUTO_CLOSE int fd =
		open(at("mountinfo"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static struct surface *surface_of(const char *text, bool every)
{
	struct surface *s = NULL;
	struct err err = ERR_INIT;

	write_list(text);
	AUTO_CLOSE int dir = open(tree_base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (surface_new(dir, every, &s, &err) < 0)
		fail_msg("%s", err.msg);
	return s;
}

static const struct surface_mount *find(struct surface *s, uint64_t id)
{
	const struct surface_mount *m = surface_find(s, id);

	if (!m)
		fail_msg("no mount %d", (int)id);
	assert_int_equal(m->id, id);
	return m;
}

TEST(docker_makes_its_own_mounts_read_only)
{
	static const struct {
		uint64_t id;
		const char *path;
		bool planned, readonly, may_hang;
	} want[] = {
		{ 500, "/", true, false, false },
		{ 501, "/proc", false, false, false },
		{ 502, "/dev", false, false, false },
		{ 503, "/dev/pts", false, false, false },
		{ 504, "/sys", true, true, false },
		{ 505, "/sys/fs/cgroup", true, true, false },
		{ 506, "/dev/mqueue", false, false, false },
		{ 507, "/dev/shm", false, false, false },
		{ 508, "/etc/hosts", true, false, false },
		{ 509, "/etc/resolv.conf", true, false, false },
		{ 510, "/etc/hostname", true, false, false },
		{ 511, "/data", false, false, false },
		{ 512, "/secret", true, true, false },
		{ 513, "/tmp", false, false, false },
		{ 514, "/efs", false, false, true },
		{ 515, "/readonly efs", true, true, true },
		{ 516, "/fuse/deep", false, false, true },
		{ 517, "/covered", false, false, false },
		{ 518, "/covered", false, false, true },
		{ 519, "/covered", false, false, false },
		{ 520, "/ecs-execute-command-1/log", false, false, false },
		{ 521, "/proc/sys", true, true, false },
		{ 522, "/dev/console", false, false, false },
	};
	AUTO(surface_done_p) struct surface *s = surface_of(container, false);

	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		const struct surface_mount *m = find(s, want[i].id);

		assert_string_equal(m->path, want[i].path);
		if (m->planned != want[i].planned || m->readonly != want[i].readonly ||
		    m->may_hang != want[i].may_hang)
			fail_msg("%s: planned %d, readonly %d, may_hang %d", m->path,
				 m->planned, m->readonly, m->may_hang);
	}
	assert_string_equal(find(s, 511)->fstype, "ext4");
	assert_true(find(s, 513)->noexec);
	assert_false(find(s, 511)->noexec);
	assert_null(surface_find(s, 499));
	assert_null(surface_find(s, 0));
	assert_null(surface_find(s, UINT64_MAX));
	assert_true(surface_is_container(s));
}

TEST(on_a_machine_each_mount_counts_but_the_kernels)
{
	AUTO(surface_done_p) struct surface *s = surface_of(container, true);

	for (uint64_t id = 500; id < 523; id++) {
		const struct surface_mount *m = find(s, id);
		const bool kernel = strncmp(m->path, "/proc", 5) == 0 ||
				    strncmp(m->path, "/dev", 4) == 0 ||
				    strncmp(m->path, "/sys", 4) == 0;

		assert_int_equal(m->planned, !kernel || m->readonly);
	}
	/* What has to be looked at may not be kept from hanging. */
	assert_false(surface_may_hang(s));
}

TEST(a_laptop_is_no_container)
{
	AUTO(surface_done_p)
	struct surface *s = surface_of("20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
				       "21 20 0:5 / /proc rw - proc proc rw\n",
				       true);

	assert_false(surface_is_container(s));
}

static bool hangs(const struct surface *s, const char *path)
{
	return surface_hangs(s, path, strlen(path)) != NULL;
}

TEST(what_may_hang_is_known_by_its_path)
{
	AUTO(surface_done_p) struct surface *s = surface_of(container, false);

	assert_true(surface_may_hang(s));
	assert_true(hangs(s, "/efs"));
	assert_true(hangs(s, "/efs/a/b"));
	assert_true(hangs(s, "/fuse/deep/x"));
	assert_false(hangs(s, "/fuse/deeper"));
	assert_false(hangs(s, "/fuse"));
	assert_false(hangs(s, "/efs2"));
	assert_false(hangs(s, "/"));
	/* A path does not lead into what is covered, and what is read-only already is
	 * judged like the root. */
	assert_false(hangs(s, "/covered/x"));
	assert_false(hangs(s, "/readonly efs/x"));
	assert_string_equal(surface_hangs(s, "/efs/x", 6)->path, "/efs");
	assert_null(surface_hangs(s, "/efs/x", 3));
}

TEST(a_later_mount_is_like_what_it_is_made_of)
{
	AUTO(surface_done_p) struct surface *s = surface_of(container, false);
	const struct surface_mount *root = find(s, 500), *gone = find(s, 513);

	/* /tmp is gone and its id is a bind of /etc now; a bind of the volume, of another
	 * part of the disk, of the hosts file; a new tmpfs over /etc; the root moved. */
	write_list("500 400 0:60 / /old rw - overlay overlay rw\n"
		   "511 500 8:1 /var/lib/docker/volumes/data/_data /data ro - ext4 x rw\n"
		   "513 500 0:60 /etc /mnt/etc rw - overlay overlay rw\n"
		   "600 500 8:1 /var/lib/docker/volumes/data/_data/a /mnt/a rw - ext4 x "
		   "rw\n"
		   "601 500 8:1 /home /mnt/home rw - ext4 x rw\n"
		   "602 500 8:1 /var/lib/docker/containers/c/hosts /mnt/h rw - ext4 x "
		   "rw\n"
		   "603 500 0:99 / /etc rw - tmpfs tmpfs rw\n"
		   "604 500 0:98 / / rw - tmpfs tmpfs rw\n");
	surface_changed(s);
	assert_true(find(s, 500)->planned);
	assert_string_equal(find(s, 500)->path, "/old");
	assert_true(find(s, 511)->readonly);
	assert_true(find(s, 511)->planned);
	assert_true(find(s, 513)->planned);
	assert_string_equal(find(s, 513)->path, "/mnt/etc");
	assert_false(find(s, 600)->planned);
	assert_false(find(s, 601)->planned);
	assert_true(find(s, 602)->planned);
	assert_false(find(s, 603)->planned);
	assert_false(find(s, 604)->planned);
	assert_null(surface_find(s, 514));
	assert_false(surface_may_hang(s));
	/* What was lent out is there still. */
	assert_string_equal(root->path, "/");
	assert_string_equal(gone->path, "/tmp");
}

TEST(a_list_that_became_unreadable_leaves_the_last_one)
{
	AUTO(surface_done_p) struct surface *s = surface_of(container, false);

	write_list("this is no list of mounts\n");
	surface_changed(s);
	assert_true(find(s, 500)->planned);
	assert_non_null(surface_find(s, 513));
}

TEST(what_is_no_list_is_an_error)
{
	static const char *const bad[] = { "1 2 0:1 / / rw - ext4 x\n",
					   "1 2 01 / / rw - ext4 x rw\n",
					   "1 2 0: / / rw - ext4 x rw\n",
					   "1 2 0:4294967296 / / rw - ext4 x rw\n",
					   "\n" };

	AUTO_CLOSE int dir = open(tree_base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct surface *s = NULL;
		struct err err = ERR_INIT;

		write_list(bad[i]);
		assert_true(surface_new(dir, false, &s, &err) < 0);
		assert_null(s);
		assert_non_null(strstr(err.msg, "mountinfo"));
	}
}

/* --- our own namespace, as it changes --- */

static uint64_t mount_at(const char *path)
{
	struct sys_statx st;

	assert_int_equal(sys_statx(AT_FDCWD, path, 0, SYS_STATX_MNT_ID, &st), 0);
	return st.mnt_id;
}

static struct surface *own_surface(bool every)
{
	struct surface *s = NULL;
	struct err err = ERR_INIT;

	if (surface_new(-1, every, &s, &err) < 0)
		fail_msg("%s", err.msg);
	return s;
}

TEST(mounting_is_noticed_without_a_word)
{
	NEEDS_ROOT();
	AUTO(surface_done_p) struct surface *s = own_surface(false);

	assert_true(find(s, mount_at("/"))->planned);
	assert_string_equal(find(s, mount_at("/"))->path, "/");
	make_dir("m", 0755, 0);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(mount("test", at("m"), "tmpfs", 0, NULL), 0);
		const uint64_t id = mount_at(at("m"));
		assert_string_equal(find(s, id)->path, at("m"));
		assert_false(find(s, id)->readonly);
		assert_int_equal(mount(NULL, at("m"), NULL,
				       MS_REMOUNT | MS_BIND | MS_RDONLY, NULL),
				 0);
		surface_changed(s);
		assert_true(find(s, id)->readonly);
		assert_true(find(s, id)->planned);
		/* Unmounted lazily it is in no list, and looked for in vain. */
		AUTO_CLOSE __attribute__((unused)) int fd =
			open(at("m"), O_PATH | O_CLOEXEC);
		assert_int_equal(umount2(at("m"), MNT_DETACH), 0);
		surface_changed(s);
		assert_null(surface_find(s, id));
	}
}

/* Each list is another one; reading all of them would leave no time for the app. */
TEST(a_storm_of_mounts_is_not_followed_all_the_time)
{
	AUTO(str_done) struct str text = STR_INIT(1 << 20);
	AUTO(surface_done_p)
	struct surface *s = surface_of("9 1 8:1 / / rw - ext4 x rw\n", false);
	uint64_t seen = 0, missed = 0;

	for (uint64_t i = 0; i < 4000; i++) {
		str_reset(&text);
		for (int line = 0; line < 100; line++)
			(void)str_printf(&text, "%d 9 0:9 / /%d rw - tmpfs x rw\n",
					 1000 + line, line);
		(void)str_printf(&text, "%d 9 0:9 / /n rw - tmpfs x rw\n",
				 (int)(5000 + i));
		write_list(text.s);
		surface_changed(s);
		*(surface_find(s, 5000 + i) ? &seen : &missed) += 1;
	}
	print_message("%d of 4,000 lists read\n", (int)seen);
	assert_true(seen > 0 && missed > 0);
	/* As soon as there is time again it is up to date. */
	for (int i = 0; i < 500 && !surface_find(s, 8999); i++)
		(void)usleep(10000);
	assert_non_null(surface_find(s, 8999));
}

/* Of a child in a chroot: no mount is at "/" for it, and the list leaves the one out
 * that its root lies on. */
TEST(in_a_chroot_the_root_is_the_mount_that_it_lies_on)
{
	NEEDS_ROOT();
	int pipes[2];
	struct err err = ERR_INIT;
	char path[64];

	make_dir("inner", 0755, 0);
	assert_int_equal(pipe(pipes), 0);
	const pid_t pid = fork();
	if (pid == 0) {
		(void)chroot(at("inner"));
		(void)write(pipes[1], "x", 1);
		(void)pause();
		_exit(0);
	}
	assert_int_equal(read(pipes[0], path, 1), 1);
	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	AUTO_CLOSE int proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO(surface_done_p) struct surface *s = NULL;
	const int r = surface_new(proc, false, &s, &err);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	(void)close(pipes[0]);
	(void)close(pipes[1]);
	assert_int_equal(r, 0);
	const struct surface_mount *m = find(s, mount_at(tree_base));
	assert_string_equal(m->path, "/");
	assert_true(m->planned);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(docker_makes_its_own_mounts_read_only),
	cmocka_unit_test(on_a_machine_each_mount_counts_but_the_kernels),
	cmocka_unit_test(a_laptop_is_no_container),
	cmocka_unit_test(what_may_hang_is_known_by_its_path),
	cmocka_unit_test(a_later_mount_is_like_what_it_is_made_of),
	cmocka_unit_test(a_list_that_became_unreadable_leaves_the_last_one),
	cmocka_unit_test(what_is_no_list_is_an_error),
	cmocka_unit_test(mounting_is_noticed_without_a_word),
	cmocka_unit_test(a_storm_of_mounts_is_not_followed_all_the_time),
	cmocka_unit_test(in_a_chroot_the_root_is_the_mount_that_it_lies_on),
};

int main(void)
{
	return cmocka_run_group_tests(tests, tree_setup, tree_teardown);
}
