/* SPDX-License-Identifier: MIT
 *
 * Names in another view than ours: /proc/self, openat2's scopes, a chroot, a mount
 * namespace, mounts.
 */
#include <signal.h>
#include <sys/syscall.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "tests/unit/names_child.h"

/* --- /proc --- */

TEST(proc_self_is_the_one_who_asks)
{
	static const char *const heads[] = { "/proc/self", "/proc/thread-self",
					     "/proc/self/task/../../self" };
	char path[PATH_MAX], own[64], thread[64];

	make_top("self");
	make_dir("self/d", 0755, 0);
	make_file("self/f", 0644, 0);
	make_link("self/l", "/proc/self/cwd/f");
	struct child c = child_in("self");
	const int f = child_must(&c, WAY_OPEN, AT_FDCWD, "f", O_RDONLY);
	const int d = child_must(&c, WAY_OPEN, AT_FDCWD, "d", O_RDONLY);
	(void)snprintf(own, sizeof(own), "/proc/%d", (int)c.pid);
	(void)snprintf(thread, sizeof(thread), "/proc/%d/task/%d", (int)c.pid,
		       (int)c.pid);
	const char *all[] = { heads[0], heads[1], heads[2], own, thread };
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		(void)snprintf(path, sizeof(path), "%s/fd/%d", all[i], f);
		assert_true(compare_path(&c, WAY_FOLLOW, AT_FDCWD, path));
		assert_true(compare_path(&c, WAY_CREATE, AT_FDCWD, path));
		assert_place(find_path(&c, WAY_CREATE, AT_FDCWD, path), KIND_FILE,
			     at("self/f"));
		assert_true(compare_path(&c, WAY_NOFOLLOW, AT_FDCWD, path));
		assert_false(compare_path(&c, WAY_MKDIR, AT_FDCWD, path));
		(void)snprintf(path, sizeof(path), "%s/fd/%d/", all[i], f);
		assert_false(compare_path(&c, WAY_FOLLOW, AT_FDCWD, path));
		(void)snprintf(path, sizeof(path), "%s/fd/%d/new", all[i], d);
		assert_true(compare_path(&c, WAY_CREATE, AT_FDCWD, path));
		assert_place(find_path(&c, WAY_CREATE, AT_FDCWD, path), KIND_NONE,
			     at("self/d/new"));
		(void)snprintf(path, sizeof(path), "%s/fd/900", all[i]);
		assert_false(compare_path(&c, WAY_FOLLOW, AT_FDCWD, path));
		(void)snprintf(path, sizeof(path), "%s/cwd/d/../new", all[i]);
		assert_true(compare_path(&c, WAY_CREATE, AT_FDCWD, path));
		(void)snprintf(path, sizeof(path), "%s/root%s", all[i], at("self/new"));
		assert_true(compare_path(&c, WAY_CREATE, AT_FDCWD, path));
		(void)snprintf(path, sizeof(path), "%s/ns/mnt", all[i]);
		assert_nameless(find_path(&c, WAY_FOLLOW, AT_FDCWD, path), KIND_FILE);
		(void)snprintf(path, sizeof(path), "%s/status/x", all[i]);
		assert_false(compare_path(&c, WAY_FOLLOW, AT_FDCWD, path));
		(void)snprintf(path, sizeof(path), "%s/oom_score_adj", all[i]);
		assert_false(find_path(&c, WAY_CREATE, AT_FDCWD, path)->planned);
		assert_int_equal(place.facts.kind, KIND_FILE);
	}
	assert_true(compare_path(&c, WAY_CREATE, AT_FDCWD, "l"));
	assert_true(compare_path(&c, WAY_FOLLOW, AT_FDCWD, "/proc/mounts"));
	assert_true(compare_path(&c, WAY_NOFOLLOW, AT_FDCWD, "/proc/self"));
	assert_true(compare_path(&c, WAY_FOLLOW, AT_FDCWD, "/proc/self"));
	assert_true(compare_path(&c, WAY_FOLLOW, AT_FDCWD, "/proc/self/"));
	assert_true(compare_path(&c, WAY_FOLLOW, AT_FDCWD, "/proc/net/"));
	child_done(&c);
}

TEST(openat2_keeps_to_what_it_promises)
{
	static const uint64_t resolves[] = {
		RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS,
		RESOLVE_BENEATH, RESOLVE_IN_ROOT,	RESOLVE_IN_ROOT | RESOLVE_NO_XDEV,
	};
	static const char *const paths[] = {
		"d/f",
		"/d/f",
		"../d/f",
		"d/../../d/f",
		"up/d/f",
		"abs",
		"abs/f",
		"d/../..",
		"..",
		".",
		"proc/self/fd/0",
		"proc/self/cwd/d",
		"proc/self",
		"proc",
		"proc/../d/f",
		"missing",
		"/",
		"l",
		"d/",
		"/../../d/f/",
		"proc/self/root",
		"d/./../d/f",
	};
	static struct ask a;

	NEEDS_ROOT();
	make_top("open2");
	make_dir("open2/d", 0755, 0);
	make_file("open2/d/f", 0644, 0);
	make_dir("open2/proc", 0755, 0);
	make_link("open2/up", "../open2");
	make_link("open2/abs", "/d");
	make_link("open2/l", "d/f");
	assert_int_equal(mount("proc", at("open2/proc"), "proc", 0, NULL), 0);
	struct child c = child_in("open2");
	const int top = child_must(&c, WAY_OPEN, AT_FDCWD, ".", O_PATH);
	int worked = 0;
	for (size_t i = 0; i < ARRAY_LEN(resolves); i++)
		for (size_t j = 0; j < ARRAY_LEN(paths); j++)
			for (int from = 0; from < 2; from++) {
				a = ask_of(WAY_RESOLVE, from ? top : AT_FDCWD, paths[j]);
				a.resolve = resolves[i];
				worked += compare(&c, &a);
			}
	assert_true(worked > 40);
	child_done(&c);
	assert_int_equal(umount2(at("open2/proc"), MNT_DETACH), 0);
}

/* --- another root --- */

TEST(a_chroot_is_the_root_of_its_names)
{
	static const char *const paths[] = {
		"/f",
		"/../f",
		"../../f",
		"/d/up/f",
		"d/abs",
		"d/../../../f",
		"/proc/self/cwd/x",
		"/proc/self/root/f",
		"/new",
		"../outside",
		"/proc/thread-self/fd",
		"/",
		"..",
		"/..",
	};

	NEEDS_ROOT();
	make_top("jail");
	make_file("outside", 0644, 0);
	make_dir("jail/d", 0755, 0);
	make_dir("jail/proc", 0755, 0);
	make_file("jail/f", 0644, 0);
	make_link("jail/d/up", "../..");
	make_link("jail/d/abs", "/f");
	assert_int_equal(mount("proc", at("jail/proc"), "proc", 0, NULL), 0);
	struct child c = child_in("jail");
	/* From beyond its root ".." goes up to the real one. */
	const int beyond = child_must(&c, WAY_OPEN, AT_FDCWD, at("jail"), O_PATH);
	const int top = child_must(&c, WAY_OPEN, AT_FDCWD, tree_base, O_PATH);
	child_must(&c, WAY_CHROOT, 0, ".", 0);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		for (enum way way = WAY_FOLLOW; way <= WAY_MKDIR; way++)
			if (way != WAY_RESOLVE)
				(void)compare_path(&c, way, AT_FDCWD, paths[i]);
	assert_place(find_path(&c, WAY_FOLLOW, AT_FDCWD, "/d/abs"), KIND_FILE,
		     at("jail/f"));
	assert_place(find_path(&c, WAY_FOLLOW, AT_FDCWD, "/../../.."), KIND_DIRECTORY,
		     at("jail"));
	assert_true(compare_path(&c, WAY_FOLLOW, beyond, ".."));
	assert_true(compare_path(&c, WAY_FOLLOW, top, "outside"));
	assert_true(compare_path(&c, WAY_FOLLOW, top, "../."));
	assert_true(compare_path(&c, WAY_FOLLOW, top, "jail/../../"));
	child_done(&c);
	assert_int_equal(umount2(at("jail/proc"), MNT_DETACH), 0);
}

TEST(in_another_mount_namespace_its_mounts_count)
{
	NEEDS_ROOT();
	make_top("ns");
	make_dir("ns/m", 0777, 0);
	struct surface *const every = surface;
	struct err err = ERR_INIT;
	assert_int_equal(surface_new(-1, false, &surface, &err), 0);
	struct child c = child_in("ns");
	child_must(&c, WAY_UNSHARE, 0, "", CLONE_NEWNS);
	assert_true(compare_path(&c, WAY_CREATE, AT_FDCWD, "f"));
	/* A copy of our tmpfs, which is nobody's root; of our root; of /proc. */
	assert_false(find_path(&c, WAY_CREATE, AT_FDCWD, "f")->planned);
	assert_string_equal(place.mount->path, tree_base);
	assert_true(find_path(&c, WAY_CREATE, AT_FDCWD, "/f")->planned);
	assert_false(find_path(&c, WAY_CREATE, AT_FDCWD, "/proc/f")->planned);
	assert_int_equal(place.facts.walk, 0);
	child_done(&c);
	surface_done(surface);
	surface = every;
}

/* What was opened before the namespace was left is no file of the container's, unless its
 * file system is one that a read-only root would take. */
TEST(a_descriptor_from_another_namespace_leads_out)
{
	NEEDS_ROOT();
	make_top("brought");
	make_dir("brought/m", 0777, 0);
	assert_int_equal(mount("test", at("brought/m"), "tmpfs", 0, NULL), 0);
	make_file("brought/m/f", 0644, 0);
	AUTO_CLOSE int theirs = open(at("brought/m/f"), O_RDWR | O_CLOEXEC);
	struct child d = child_new();
	assert_int_equal(umount2(at("brought/m"), MNT_DETACH), 0);
	struct surface *const before = surface;
	struct err err = ERR_INIT;
	assert_int_equal(surface_new(-1, false, &surface, &err), 0);
	assert_nameless(find_fd(&d, theirs), KIND_FILE);
	assert_false(place.planned || place.parent_planned);
	assert_null(place.mount);
	surface_done(surface);
	surface = before;
	/* Where every mount counts that cannot be said. */
	static struct ask a;
	static struct request r;
	a = ask_of(WAY_FOLLOW, theirs, "");
	r = *request_of(d.pid, &a);
	r.name[0].by_fd = true;
	surface_changed(surface);
	find_as(d.pid, &r, &place);
	assert_non_null(place.unresolved);
	child_done(&d);
}

/* --- mounts --- */

TEST(mounts_are_told_apart)
{
	NEEDS_ROOT();
	make_top("mounts");
	make_dir("mounts/m", 0777, 0);
	make_dir("mounts/ro", 0777, 0);
	assert_int_equal(mount("test", at("mounts/m"), "tmpfs", 0, NULL), 0);
	assert_int_equal(mount("test", at("mounts/ro"), "tmpfs", MS_RDONLY, NULL), 0);
	struct child c = child_in("mounts");
	const struct place_found *p = find_path(&c, WAY_MKDIR, AT_FDCWD, "m");
	assert_true(p->facts.mount_point);
	assert_string_equal(p->mount->path, at("mounts/m"));
	assert_int_not_equal(p->facts.mount, p->facts.parent_mount);
	const uint64_t inner = p->facts.mount, outer = p->facts.parent_mount;
	p = find_path(&c, WAY_MKDIR, AT_FDCWD, "m/new");
	assert_int_equal(p->facts.mount, inner);
	assert_int_equal(p->facts.parent_mount, inner);
	assert_string_equal(p->mount->path, at("mounts/m"));
	p = find_path(&c, WAY_FOLLOW, AT_FDCWD, "m/..");
	assert_int_equal(p->facts.mount, outer);
	p = find_path(&c, WAY_MKDIR, AT_FDCWD, "ro/new");
	assert_true(p->facts.readonly && p->facts.parent_readonly);
	assert_true(p->planned && p->parent_planned);
	p = find_path(&c, WAY_RMDIR, AT_FDCWD, "ro");
	assert_true(p->facts.readonly && !p->facts.parent_readonly);
	/* Where one is while another is mounted over it. */
	child_must(&c, WAY_CHDIR, 0, "m", 0);
	assert_int_equal(mount("test", at("mounts/m"), "tmpfs", 0, NULL), 0);
	p = find_path(&c, WAY_MKDIR, AT_FDCWD, "new");
	assert_int_equal(p->facts.mount, inner);
	/* And after it was unmounted behind one's back it is in no list. */
	assert_int_equal(umount2(at("mounts/m"), MNT_DETACH), 0);
	assert_int_equal(umount2(at("mounts/m"), MNT_DETACH), 0);
	static struct ask a;
	a = ask_of(WAY_MKDIR, AT_FDCWD, "new");
	surface_changed(surface);
	find_as(c.pid, request_of(c.pid, &a), &place);
	assert_non_null(place.unresolved);
	assert_int_equal(umount2(at("mounts/ro"), MNT_DETACH), 0);
	child_done(&c);
}

/* And at the mount itself, which O_PATH opens without a question. */
static void look_from_inside(struct child *c)
{
	const int inside = child_must(c, WAY_OPEN, AT_FDCWD, "m", O_PATH);
	const struct place_found *p = find_path(c, WAY_CREATE, inside, "x/y");
	char link[64];

	assert_string_equal(p->path, at("hang/m/x/y"));
	assert_false(p->planned);
	p = find_fd(c, inside);
	assert_string_equal(p->path, at("hang/m"));
	assert_false(p->planned);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d/x", inside);
	p = find_path(c, WAY_CREATE, AT_FDCWD, link);
	assert_string_equal(p->path, at("hang/m/x"));
	assert_false(p->planned);
}

/* A FUSE file system whose server never says a word: only its mount point's parent may be
 * looked at. */
TEST(a_mount_that_never_answers_is_not_asked)
{
	char options[64];

	NEEDS_ROOT();
	AUTO_CLOSE int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fuse < 0) {
		print_message("skipped: no /dev/fuse\n");
		skip();
	}
	make_top("hang");
	make_dir("hang/m", 0777, 0);
	make_dir("hang/d", 0777, 0);
	make_link("hang/l", "m/x");
	make_link("hang/a", at("hang/m/x"));
	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
	struct child c = child_in("hang");
	assert_int_equal(mount("test", at("hang/m"), "fuse.test", 0, options), 0);
	struct surface *const every = surface;
	struct err err = ERR_INIT;
	assert_int_equal(surface_new(-1, false, &surface, &err), 0);
	static const char *const paths[] = { "m/x", "m/x/y/z",	"l",
					     "a",   "d/../m/x", "./m//x/.",
					     "l/y", "m/x/",	"../hang/m/x" };
	(void)alarm(60);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		const struct place_found *p =
			find_path(&c, WAY_CREATE, AT_FDCWD, paths[i]);

		assert_int_equal(p->facts.walk, 0);
		assert_false(p->planned || p->parent_planned || p->facts.readonly);
		assert_string_equal(p->mount->path, at("hang/m"));
		assert_memory_equal(p->path, at("hang/m/x"), strlen(at("hang/m/x")));
	}
	assert_place(find_path(&c, WAY_MKDIR, AT_FDCWD, "m"), KIND_DIRECTORY,
		     at("hang/m"));
	assert_true(place.facts.mount_point && place.parent >= 0);
	assert_int_not_equal(place.facts.mount, place.facts.parent_mount);
	static struct ask a;
	a = ask_of(WAY_CREATE, AT_FDCWD, "m/../x");
	find_as(c.pid, request_of(c.pid, &a), &place);
	assert_non_null(place.unresolved);
	look_from_inside(&c);
	/* What lies beside it is found as ever. */
	assert_true(compare_path(&c, WAY_CREATE, AT_FDCWD, "d/x"));
	(void)alarm(0);
	child_done(&c);
	assert_int_equal(umount2(at("hang/m"), MNT_DETACH), 0);
	surface_done(surface);
	surface = every;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(proc_self_is_the_one_who_asks),
	cmocka_unit_test(openat2_keeps_to_what_it_promises),
	cmocka_unit_test(a_chroot_is_the_root_of_its_names),
	cmocka_unit_test(in_another_mount_namespace_its_mounts_count),
	cmocka_unit_test(a_descriptor_from_another_namespace_leads_out),
	cmocka_unit_test(mounts_are_told_apart),
	cmocka_unit_test(a_mount_that_never_answers_is_not_asked),
};

int main(void)
{
	return cmocka_run_group_tests(tests, setup, teardown);
}
