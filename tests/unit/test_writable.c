/* SPDX-License-Identifier: MIT */
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <time.h>

#include "core/table.h"
#include "probe/fs/devices.h"
#include "probe/fs/writable.h"
#include "tests/unit/fstree.h"

#define APP 1000 /* the uid whose view is taken; the trees belong to others too */

struct found {
	struct writable_facts writable;
	struct setuid_facts setuid;
	struct devices_facts devices;
};

static void part_free(struct part *p)
{
	free(p->seen_by);
	free(p->why);
	free(p->grants);
}

static void found_done(struct found *f)
{
	LIST_EACH (struct writable_fact, w, &f->writable.list)
		free(w->path);
	LIST_EACH (struct setuid_fact, s, &f->setuid.list)
		free(s->path);
	LIST_EACH (struct device_fact, d, &f->devices.list)
		free(d->path);
	list_done(&f->writable.list);
	list_done(&f->setuid.list);
	list_done(&f->devices.list);
	part_free(&f->writable.part);
	part_free(&f->setuid.part);
	part_free(&f->devices.part);
	*f = (struct found){ 0 };
}

static struct found look_with(const char *path, const struct mounts_facts *mounts,
			      const struct identity_facts *who,
			      const struct writable_limits *limits, int64_t deadline_ms)
{
	struct target t = tree_target(path);
	struct found f = { 0 };

	t.deadline_ms = deadline_ms;
	writable_probe(&t, mounts, who, limits, &f.writable, &f.setuid, &f.devices);
	(void)close(t.root.fd);
	return f;
}

static struct found look_as(const char *path, uid_t uid, uint64_t caps)
{
	static const struct mounts_facts none;
	const struct identity_facts who = tree_who(uid, caps);
	const struct writable_limits limits = WRITABLE_LIMITS;

	return look_with(path, &none, &who, &limits, 0);
}

/* "T /tmp, D /var, F /etc/x": the list in words. */
static const char *words(const struct found *f)
{
	static char text[4096];
	size_t len = 0;

	text[0] = '\0';
	LIST_EACH (const struct writable_fact, w, &f->writable.list)
		len += (size_t)snprintf(
			text + len, len < sizeof(text) ? sizeof(text) - len : 0,
			"%s%c %s", len ? ", " : "", "TDF"[w->kind], w -> path);
	return text;
}

/* Whoever runs the test: the owner of what it makes. */
static uid_t app(void)
{
	return geteuid() == 0 ? APP : geteuid();
}

/* --- folding --- */

TEST(folds_to_the_fewest)
{
	make_dir("fold", 0755, app());
	make_dir("fold/tree", 0755, app());
	make_dir("fold/tree/deep", 0755, app());
	make_file("fold/tree/deep/file", 0644, app());
	assert_int_equal(symlink("/etc/passwd", at("fold/tree/link")), 0);
	assert_int_equal(mkfifo(at("fold/tree/fifo"), 0000), 0);
	make_dir("fold/part", 0755, app());
	make_file("fold/part/mine", 0644, app());
	make_file("fold/part/not", 0444, app());
	make_dir("fold/closed", 0755, app());
	make_file("fold/closed/mine", 0600, app());
	assert_int_equal(chmod(at("fold/closed"), 0555), 0);
	assert_int_equal(chmod(at("fold"), 0555), 0);
	struct found f = look_as("fold", app(), 0);
	assert_true(f.writable.part.known);
	assert_null(f.writable.part.why);
	assert_string_equal(words(&f), "F /closed/mine, D /part, F /part/mine, T /tree");
	assert_int_equal(LIST_AT(&f.writable.list, struct writable_fact, 3)->entries, 5);
	assert_int_equal(f.writable.entries, 11);
	assert_int_equal(f.writable.directories, 3);
	assert_int_equal(f.writable.files, 3);
	assert_false(f.writable.truncated);
	found_done(&f);
}

TEST(root_with_dac_override_is_one_tree)
{
	struct found f = look_as("fold", 0, ROOT_CAPS);

	assert_string_equal(words(&f), "T /");
	assert_int_equal(LIST_AT(&f.writable.list, struct writable_fact, 0)->entries, 11);
	found_done(&f);
	f = look_as("fold", app() + 1, 0);
	assert_true(f.writable.part.known);
	assert_string_equal(words(&f), "");
	found_done(&f);
}

TEST(nothing_is_reachable_below_a_closed_directory)
{
	NEEDS_ROOT();
	make_dir("closed", 0755, 0);
	make_dir("closed/secret", 0700, 0);
	make_dir("closed/secret/world", 0777, 0);
	make_file("closed/secret/su", 04755, 0);
	struct found f = look_as("closed", APP, 0);
	assert_string_equal(words(&f), "");
	assert_null(f.writable.part.why);
	assert_int_equal(f.setuid.list.len, 1);
	assert_false(LIST_AT(&f.setuid.list, struct setuid_fact, 0)->executable);
	found_done(&f);
}

TEST(sticky_directories_fold_by_what_is_in_them)
{
	NEEDS_ROOT();
	make_dir("sticky", 0755, 0);
	make_dir("sticky/empty", 01777, 0);
	make_dir("sticky/tmp", 01777, 0);
	make_file("sticky/tmp/roots", 0600, 0);
	struct found f = look_as("sticky", APP, 0);
	assert_string_equal(words(&f), "T /empty, D /tmp");
	found_done(&f);
}

TEST(an_acl_grants_and_denies)
{
	/* user::rwx user:1000:rwx group::r-x mask::rwx other::r-x, and 1000 denied */
	static const unsigned char grant[] =
		"\2\0\0\0\1\0\7\0\377\377\377\377\2\0\7\0\350\3\0\0"
		"\4\0\5\0\377\377\377\377\20\0\7\0\377\377\377\377"
		"\40\0\5\0\377\377\377\377";
	static const unsigned char deny[] =
		"\2\0\0\0\1\0\7\0\377\377\377\377\2\0\0\0\350\3\0\0"
		"\4\0\7\0\377\377\377\377\20\0\7\0\377\377\377\377"
		"\40\0\7\0\377\377\377\377";

	NEEDS_ROOT();
	make_dir("acl", 0755, 0);
	make_dir("acl/granted", 0755, 0);
	make_dir("acl/denied", 0777, 0);
	make_dir("acl/denied/below", 0777, 0);
	make_file("acl/file", 0644, 0);
	if (setxattr(at("acl/granted"), "system.posix_acl_access", grant,
		     sizeof(grant) - 1, 0) < 0) {
		print_message("skipped: no ACLs on this tmpfs\n");
		skip();
	}
	assert_int_equal(setxattr(at("acl/file"), "system.posix_acl_access", grant,
				  sizeof(grant) - 1, 0),
			 0);
	assert_int_equal(setxattr(at("acl/denied"), "system.posix_acl_access", deny,
				  sizeof(deny) - 1, 0),
			 0);
	struct found f = look_as("acl", APP, 0);
	assert_string_equal(words(&f), "F /file, T /granted");
	found_done(&f);
	f = look_as("acl", APP + 1, 0);
	assert_string_equal(words(&f), "T /denied");
	found_done(&f);
}

TEST(an_immutable_file_breaks_a_tree)
{
	int flags = FS_IMMUTABLE_FL;

	NEEDS_ROOT();
	make_dir("chattr", 0755, 0);
	make_file("chattr/file", 0644, 0);
	int fd = open(at("chattr/file"), O_RDONLY | O_CLOEXEC);
	if (ioctl(fd, FS_IOC_SETFLAGS, &flags) < 0) {
		print_message("skipped: no file attributes on this tmpfs\n");
		(void)close(fd);
		skip();
	}
	struct found f = look_as("chattr", 0, ROOT_CAPS);
	assert_string_equal(words(&f), "D /");
	found_done(&f);
	flags = 0;
	assert_int_equal(ioctl(fd, FS_IOC_SETFLAGS, &flags), 0);
	(void)close(fd);
}

TEST(a_read_only_root_has_nothing_writable_but_setuid_files)
{
	NEEDS_ROOT();
	make_dir("ro", 0777, 0);
	make_dir("ro/tmp", 0777, 0);
	make_file("ro/su", 04755, 0);
	assert_int_equal(mount(at("ro"), at("ro"), NULL, MS_BIND, NULL), 0);
	assert_int_equal(mount(NULL, at("ro"), NULL,
			       MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID, NULL),
			 0);
	struct found f = look_as("ro", 0, ROOT_CAPS);
	assert_true(f.writable.part.known);
	assert_int_equal(f.writable.list.len, 0);
	assert_int_equal(f.setuid.list.len, 1);
	assert_true(LIST_AT(&f.setuid.list, struct setuid_fact, 0)->nosuid);
	assert_int_equal(umount(at("ro")), 0);
	found_done(&f);
}

TEST(without_credentials_or_root_it_is_unknown)
{
	const struct identity_facts nobody = { 0 }, who = tree_who(APP, 0);
	const struct mounts_facts none = { 0 };
	const struct writable_limits limits = WRITABLE_LIMITS;
	struct target t = TARGET_INIT;
	struct found f = look_with(".", &none, &nobody, &limits, 0);

	assert_false(f.writable.part.known);
	assert_false(f.setuid.part.known);
	found_done(&f);
	t.root_errno = EACCES;
	writable_probe(&t, &none, &who, &limits, &f.writable, &f.setuid, &f.devices);
	assert_false(f.writable.part.known);
	assert_false(f.setuid.part.known);
	assert_false(f.devices.part.known);
	assert_non_null(f.writable.part.why);
	found_done(&f);
}

/* --- what must not be looked into --- */

TEST(mounts_proc_and_sys_are_passed_over)
{
	struct mounts_facts mounts = { 0 };
	const struct identity_facts who = tree_who(app(), 0);
	const struct writable_limits limits = WRITABLE_LIMITS;

	make_dir("over", 0755, app());
	make_dir("over/proc", 0755, app());
	make_file("over/proc/su", 04555, app());
	make_dir("over/sys", 0755, app());
	make_file("over/sys/su", 04555, app());
	make_dir("over/var", 0755, app());
	make_dir("over/var/data", 0755, app());
	make_file("over/var/data/su", 04555, app());
	make_file("over/var/hosts", 0444, app());
	tree_mount(&mounts, "/", "overlay", false);
	tree_mount(&mounts, "/var/data", "fuse", false);
	tree_mount(&mounts, "/var/hosts", "ext4", false);
	struct found f = look_with("over", &mounts, &who, &limits, 0);
	assert_string_equal(words(&f), "T /");
	assert_int_equal(f.setuid.list.len, 0);
	found_done(&f);
	tree_mounts_done(&mounts);
}

TEST(a_mount_that_nobody_told_of_is_passed_over)
{
	NEEDS_ROOT();
	make_dir("late", 0755, APP);
	make_dir("late/vol", 0755, APP);
	make_file("late/file", 0644, APP);
	assert_int_equal(mount("vol", at("late/vol"), "tmpfs", 0, NULL), 0);
	make_file("late/vol/su", 04755, 0);
	assert_int_equal(mount(at("late/vol/su"), at("late/file"), NULL, MS_BIND, NULL),
			 0);
	struct found f = look_as("late", APP, 0);
	assert_string_equal(words(&f), "T /");
	assert_int_equal(f.setuid.list.len, 0);
	found_done(&f);
	assert_int_equal(umount(at("late/file")), 0);
	assert_int_equal(umount(at("late/vol")), 0);
}

/* A FUSE mount that nobody serves: whoever asks it anything waits for ever. */
TEST(a_hung_fuse_mount_is_not_touched)
{
	struct mounts_facts mounts = { 0 };
	const struct identity_facts who = tree_who(APP, 0);
	const struct writable_limits limits = WRITABLE_LIMITS;
	char options[100];

	NEEDS_ROOT();
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	make_dir("hung", 0755, APP);
	make_dir("hung/fuse", 0755, APP);
	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fuse);
	if (fuse < 0 || mount("hung", at("hung/fuse"), "fuse", 0, options) < 0) {
		print_message("skipped: no FUSE\n");
		if (fuse >= 0)
			(void)close(fuse);
		skip();
	}
	tree_mount(&mounts, "/", "tmpfs", false);
	tree_mount(&mounts, "/fuse", "fuse", false);
	(void)alarm(60); /* a hang is a failure */
	struct found f = look_with("hung", &mounts, &who, &limits, 0);
	(void)alarm(0);
	assert_string_equal(words(&f), "T /");
	found_done(&f);
	tree_mounts_done(&mounts);
	(void)close(fuse);
	assert_int_equal(umount2(at("hung/fuse"), MNT_DETACH), 0);
}

/* --- setuid files and devices --- */

TEST(setuid_files_and_capabilities)
{
	/* VFS_CAP_REVISION_2, effective, CAP_NET_RAW */
	static const unsigned char caps[20] = { 1, 0, 0, 2, 0, 0x20 };

	NEEDS_ROOT();
	make_dir("setuid", 0755, 0);
	make_file("setuid/caps", 0755, 0);
	make_file("setuid/locking", 02644, 0);
	make_file("setuid/none", 0755, 0);
	make_file("setuid/no-x", 04644, 0);
	make_file("setuid/sg", 02755, 0);
	make_file("setuid/su", 04755, 0);
	make_file("setuid/team", 04750, 0);
	bool has_caps = setxattr(at("setuid/caps"), "security.capability", caps,
				 sizeof(caps), 0) == 0;
	struct found f = look_as("setuid", APP, 0);
	size_t i = 0;
	if (has_caps) {
		struct setuid_fact *s = LIST_AT(&f.setuid.list, struct setuid_fact, i++);

		assert_string_equal(s->path, "/caps");
		assert_true(s->capabilities && !s->setuid && !s->setgid && s->executable);
	}
	assert_int_equal(f.setuid.list.len, i + 3);
	assert_string_equal(LIST_AT(&f.setuid.list, struct setuid_fact, i)->path, "/sg");
	assert_true(LIST_AT(&f.setuid.list, struct setuid_fact, i)->setgid);
	assert_string_equal(LIST_AT(&f.setuid.list, struct setuid_fact, i + 1)->path,
			    "/su");
	assert_true(LIST_AT(&f.setuid.list, struct setuid_fact, i + 1)->executable);
	assert_false(LIST_AT(&f.setuid.list, struct setuid_fact, i + 1)->nosuid);
	assert_false(LIST_AT(&f.setuid.list, struct setuid_fact, i + 2)->executable);
	found_done(&f);
}

/* Files of one name in several directories, also after coming back from one. */
TEST(capabilities_are_those_of_the_right_file)
{
	static const unsigned char caps[20] = { 1, 0, 0, 2, 0, 0x20 };

	NEEDS_ROOT();
	make_dir("where", 0755, 0);
	make_dir("where/one", 0755, 0);
	make_dir("where/two", 0755, 0);
	make_file("where/tool", 0755, 0);
	make_file("where/one/tool", 0755, 0);
	make_file("where/two/tool", 0755, 0);
	if (setxattr(at("where/one/tool"), "security.capability", caps, sizeof(caps), 0) <
	    0) {
		print_message("skipped: no file capabilities on this tmpfs\n");
		skip();
	}
	struct found f = look_as("where", APP, 0);
	assert_int_equal(f.setuid.list.len, 1);
	assert_string_equal(LIST_AT(&f.setuid.list, struct setuid_fact, 0)->path,
			    "/one/tool");
	found_done(&f);
}

TEST(the_working_directory_is_kept)
{
	char before[PATH_MAX], after[PATH_MAX];

	make_dir("cwd", 0755, geteuid());
	make_file("cwd/tool", 0755, geteuid());
	assert_non_null(getcwd(before, sizeof(before)));
	struct found f = look_as("cwd", app(), 0);
	assert_non_null(getcwd(after, sizeof(after)));
	assert_string_equal(before, after);
	found_done(&f);
}

TEST(devices_are_listed_standard_by_number)
{
	NEEDS_ROOT();
	make_dir("d", 0755, 0);
	make_dir("d/dev", 0755, 0);
	make_dir("d/dev/net", 0755, 0);
	make_dir("d/dev/pts", 0755, 0);
	assert_int_equal(mknod(at("d/dev/null"), S_IFCHR | 0666, makedev(1, 3)), 0);
	assert_int_equal(mknod(at("d/dev/zero"), S_IFCHR | 0666, makedev(8, 0)), 0);
	assert_int_equal(mknod(at("d/dev/sda"), S_IFBLK | 0600, makedev(8, 0)), 0);
	assert_int_equal(mknod(at("d/dev/net/tun"), S_IFCHR | 0666, makedev(10, 200)), 0);
	assert_int_equal(mknod(at("d/dev/pts/0"), S_IFCHR | 0666, makedev(136, 0)), 0);
	assert_int_equal(chmod(at("d/dev/null"), 0666), 0);
	assert_int_equal(mkfifo(at("d/dev/fifo"), 0600), 0);
	assert_int_equal(symlink("pts/ptmx", at("d/dev/ptmx")), 0);
	struct found f = look_as("d", APP, 0);
	const struct device_fact *d = f.devices.list.items;
	assert_true(f.devices.part.known);
	assert_int_equal(f.devices.list.len, 4);
	assert_string_equal(d[0].path, "/dev/net/tun");
	assert_false(d[0].standard);
	assert_string_equal(d[1].path, "/dev/null");
	assert_true(d[1].standard);
	assert_int_equal(d[1].access, TRI_YES);
	assert_string_equal(d[2].path, "/dev/sda");
	assert_true(d[2].block && !d[2].standard);
	assert_int_equal(d[2].access, TRI_NO);
	assert_string_equal(d[3].path, "/dev/zero");
	assert_false(d[3].standard); /* a disk that calls itself zero */
	found_done(&f);
}

TEST(a_dev_that_is_a_link_is_unknown)
{
	make_dir("devlink", 0755, geteuid());
	assert_int_equal(symlink("/dev", at("devlink/dev")), 0);
	struct found f = look_as("devlink", app(), 0);
	assert_false(f.devices.part.known);
	assert_int_equal(f.devices.list.len, 0);
	found_done(&f);
}

/* --- hostile trees --- */

TEST(a_hundred_thousand_entries)
{
	enum { COUNT = 100000 };
	char name[64];

	make_dir("many", 0755, app());
	for (int i = 0; i < COUNT; i++) {
		(void)snprintf(name, sizeof(name), "many/%d", i);
		int fd = open(at(name), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

		assert_true(fd >= 0);
		if (geteuid() == 0)
			assert_int_equal(fchown(fd, APP, APP), 0);
		(void)close(fd);
	}
	struct found f = look_as("many", app(), 0);
	assert_string_equal(words(&f), "T /");
	assert_int_equal(f.writable.entries, COUNT + 1);
	assert_int_equal(f.writable.files, COUNT);
	assert_false(f.writable.truncated);
	found_done(&f);

	/* One that is not: now each is a row, and the list has an end. */
	assert_int_equal(chmod(at("many/77777"), 0444), 0);
	f = look_as("many", app(), 0);
	assert_true(f.writable.truncated);
	assert_int_equal(f.writable.list.len, 4096);
	assert_int_equal(f.writable.files, COUNT - 1);
	assert_non_null(strstr(f.writable.part.why, "4096 rows"));
	found_done(&f);
	tree_remove(at("many"));
}

static void make_chain(const char *name, int depth, char *step)
{
	make_dir(name, 0755, app());
	int fd = open(at(name), O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < depth; i++) {
		assert_int_equal(mkdirat(fd, step, 0755), 0);
		if (geteuid() == 0)
			assert_int_equal(fchownat(fd, step, APP, APP, 0), 0);
		int next = openat(fd, step, O_PATH | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		(void)close(fd);
		fd = next;
		/* a second one, so that each level is come back to */
		if (i == depth / 2)
			assert_int_equal(mkdirat(fd, "beside", 0755), 0);
	}
	(void)close(fd);
}

/* Paths of 250 KB, with the descriptors of a small container. */
TEST(five_thousand_levels)
{
	static const struct mounts_facts none;
	const struct identity_facts who = tree_who(APP, 0);
	struct writable_limits limits = WRITABLE_LIMITS;
	char step[51];
	struct rlimit old, small;

	NEEDS_ROOT(); /* on a tmpfs that goes away: no path reaches the end for removal */
	memset(step, 'd', sizeof(step) - 1);
	step[sizeof(step) - 1] = '\0';
	make_chain("chain", 5000, step);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	small = (struct rlimit){ 128, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
	struct found f = look_as("chain", 0, ROOT_CAPS);
	assert_string_equal(words(&f), "T /");
	assert_int_equal(f.writable.entries, 5002);
	assert_null(f.writable.part.why);
	found_done(&f);
	/* "beside" belongs to root: the directories above it are no trees. Their paths
	 * together are 160 MB, of which nobody wants to hear. */
	f = look_as("chain", APP, 0);
	assert_int_equal(f.writable.directories, 5001);
	assert_true(f.writable.truncated);
	assert_non_null(strstr(f.writable.part.why, "bytes of paths"));
	assert_true(f.writable.list.len < 20);
	found_done(&f);
	limits.text = SIZE_MAX;
	f = look_with("chain", &none, &who, &limits, 0);
	assert_false(f.writable.truncated);
	assert_int_equal(f.writable.list.len, 2502 + 1);
	assert_int_equal(
		strlen(LIST_AT(&f.writable.list, struct writable_fact, 2502)->path),
		2502 * 51);
	assert_int_equal(LIST_AT(&f.writable.list, struct writable_fact, 2502)->kind,
			 WRITABLE_TREE);
	found_done(&f);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

/* A directory of several buffers, closed while we are far below, is gone on with where
 * it was left. */
TEST(a_wide_directory_above_a_deep_one)
{
	enum { COUNT = 6000, DEPTH = 100 };
	char step[] = "d", name[64];

	make_dir("wide", 0755, app());
	make_chain("wide/first", DEPTH, step);
	for (int i = 0; i < COUNT; i++) {
		(void)snprintf(name, sizeof(name), "wide/%d", i);
		make_file(name, 0644, app());
	}
	make_chain("wide/last", DEPTH, step);
	struct found f = look_as("wide", 0, ROOT_CAPS);
	assert_string_equal(words(&f), "T /");
	/* each chain is its top, its levels, and "beside" */
	assert_int_equal(f.writable.entries, 1 + COUNT + 2 * (1 + DEPTH + 1));
	assert_int_equal(f.writable.files, COUNT);
	found_done(&f);
}

TEST(limits_are_said)
{
	static const struct mounts_facts none;
	const struct identity_facts who = tree_who(app(), 0);
	struct writable_limits limits = WRITABLE_LIMITS;
	char step[] = "d";

	make_chain("limits", 100, step);
	limits.entries = 50;
	struct found f = look_with("limits", &none, &who, &limits, 0);
	assert_true(f.writable.part.known);
	assert_true(f.writable.truncated);
	assert_true(f.setuid.truncated);
	assert_non_null(strstr(f.writable.part.why, "more entries"));
	LIST_EACH (const struct writable_fact, w, &f.writable.list)
		assert_int_equal(w->kind,
				 WRITABLE_DIRECTORY); /* nothing is promised below */
	found_done(&f);

	limits = (struct writable_limits)WRITABLE_LIMITS;
	limits.depth = 10;
	f = look_with("limits", &none, &who, &limits, 0);
	assert_true(f.writable.truncated);
	assert_non_null(strstr(f.writable.part.why, "10 levels"));
	assert_int_equal(LIST_AT(&f.writable.list, struct writable_fact, 0)->kind,
			 WRITABLE_DIRECTORY);
	found_done(&f);

	limits = (struct writable_limits)WRITABLE_LIMITS;
	f = look_with("limits", &none, &who, &limits, 1); /* long ago */
	assert_true(f.writable.truncated);
	assert_non_null(strstr(f.writable.part.why, "time"));
	found_done(&f);
}

TEST(names_are_bytes)
{
	make_dir("bytes", 0555, app());
	int dir = open(at("bytes"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	static const char *const names[] = { "a\nb", "\033[2J", "\377\376",
					     "with space" };

	assert_int_equal(chmod(at("bytes"), 0755), 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		int fd = openat(dir, names[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

		assert_true(fd >= 0);
		if (geteuid() == 0)
			assert_int_equal(fchown(fd, APP, APP), 0);
		(void)close(fd);
	}
	assert_int_equal(chmod(at("bytes"), 0555), 0);
	(void)close(dir);
	struct found f = look_as("bytes", app(), 0);
	assert_string_equal(words(&f), "F /\033[2J, F /a\nb, F /with space, F /\377\376");
	found_done(&f);
	assert_int_equal(chmod(at("bytes"), 0755), 0);
}

TEST(entries_that_come_and_go_do_no_harm)
{
	make_dir("busy", 0755, app());
	pid_t pid = fork();
	if (pid == 0) {
		(void)chdir(at("busy"));
		for (unsigned i = 0;; i++) {
			char a[32], b[32];

			(void)snprintf(a, sizeof(a), "d%u", i % 64);
			(void)snprintf(b, sizeof(b), "d%u/%u", i % 64, i % 7);
			(void)mkdir(a, 0755);
			(void)mkdir(b, 0755);
			if (i % 3 == 0)
				(void)rename(b, "moved");
			(void)rmdir("moved");
			(void)rmdir(b);
			(void)rmdir(a);
			if (i % 5 == 0)
				(void)symlink("/", a);
			else
				(void)unlink(a);
		}
	}
	for (int i = 0; i < 300; i++) {
		struct found f = look_as("busy", app(), 0);

		assert_true(f.writable.part.known);
		LIST_EACH (const struct writable_fact, w, &f.writable.list)
			assert_true(w->path[0] == '/');
		found_done(&f);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

/* --- and it changes nothing --- */

static void times_of(const char *path, struct timespec ret[3])
{
	struct stat st;

	assert_int_equal(lstat(at(path), &st), 0);
	ret[0] = st.st_atim;
	ret[1] = st.st_mtim;
	ret[2] = st.st_ctim;
}

TEST(nothing_changes_not_even_access_times)
{
	static const char *const paths[] = { "still", "still/sub", "still/sub/file",
					     "still/su" };
	struct timespec before[ARRAY_LEN(paths)][3], after[3];
	const struct timespec old[2] = { { 1000000, 0 }, { 2000000, 0 } };

	make_dir("still", 0755, geteuid());
	make_dir("still/sub", 0755, geteuid());
	make_file("still/sub/file", 0664, geteuid());
	make_file("still/su", 04755, geteuid());
	for (size_t i = ARRAY_LEN(paths); i-- > 0;) {
		assert_int_equal(utimensat(AT_FDCWD, at(paths[i]), old, 0), 0);
		times_of(paths[i], before[i]);
	}
	struct found f = look_as("still", geteuid(), 0);
	found_done(&f);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		times_of(paths[i], after);
		assert_memory_equal(before[i], after, sizeof(after));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folds_to_the_fewest),
		cmocka_unit_test(root_with_dac_override_is_one_tree),
		cmocka_unit_test(nothing_is_reachable_below_a_closed_directory),
		cmocka_unit_test(sticky_directories_fold_by_what_is_in_them),
		cmocka_unit_test(an_acl_grants_and_denies),
		cmocka_unit_test(an_immutable_file_breaks_a_tree),
		cmocka_unit_test(a_read_only_root_has_nothing_writable_but_setuid_files),
		cmocka_unit_test(without_credentials_or_root_it_is_unknown),
		cmocka_unit_test(mounts_proc_and_sys_are_passed_over),
		cmocka_unit_test(a_mount_that_nobody_told_of_is_passed_over),
		cmocka_unit_test(a_hung_fuse_mount_is_not_touched),
		cmocka_unit_test(setuid_files_and_capabilities),
		cmocka_unit_test(capabilities_are_those_of_the_right_file),
		cmocka_unit_test(the_working_directory_is_kept),
		cmocka_unit_test(devices_are_listed_standard_by_number),
		cmocka_unit_test(a_dev_that_is_a_link_is_unknown),
		cmocka_unit_test(a_hundred_thousand_entries),
		cmocka_unit_test(five_thousand_levels),
		cmocka_unit_test(a_wide_directory_above_a_deep_one),
		cmocka_unit_test(limits_are_said),
		cmocka_unit_test(names_are_bytes),
		cmocka_unit_test(entries_that_come_and_go_do_no_harm),
		cmocka_unit_test(nothing_changes_not_even_access_times),
	};

	return cmocka_run_group_tests(tests, tree_setup, tree_teardown);
}
