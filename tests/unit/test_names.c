/* SPDX-License-Identifier: MIT
 *
 * Where a name leads, case by case; test_names_random.c does the same at random.
 */
#include "probe/trace/names/names.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "tests/unit/names_child.h"

static struct place_found place = PLACE_FOUND_INIT;

static struct ask ask_of(enum way way, int dirfd, const char *path)
{
	struct ask a = { .way = way, .dirfd = dirfd };

	(void)snprintf(a.path, sizeof(a.path), "%s", path);
	return a;
}

/* What is found of it, without the child's doing anything. */
static const struct place_found *find_path(const struct child *c, enum way way, int dirfd,
					   const char *path)
{
	static struct ask a;

	a = ask_of(way, dirfd, path);
	find_as(c->pid, request_of(c->pid, &a), &place);
	if (place.unresolved)
		fail_msg("%s: %s", path, place.unresolved);
	return &place;
}

static const struct place_found *find_fd(const struct child *c, int fd)
{
	static struct ask a;
	static struct request r;

	a = ask_of(WAY_FOLLOW, fd, "");
	r = *request_of(c->pid, &a);
	r.name[0].by_fd = true;
	find_as(c->pid, &r, &place);
	if (place.unresolved)
		fail_msg("descriptor %d: %s", fd, place.unresolved);
	assert_true(place.facts.by_fd);
	assert_int_equal(place.parent, -1);
	return &place;
}

static void assert_place(const struct place_found *p, enum file_kind kind,
			 const char *path)
{
	assert_int_equal(p->facts.walk, 0);
	assert_int_equal(p->facts.kind, kind);
	assert_false(p->nameless);
	assert_string_equal(p->path, path);
	assert_int_equal(p->len, strlen(path));
}

static void assert_nameless(const struct place_found *p, enum file_kind kind)
{
	assert_int_equal(p->facts.walk, 0);
	assert_int_equal(p->facts.kind, kind);
	assert_true(p->nameless);
	assert_string_equal(p->path, "");
	assert_int_equal(p->len, 0);
}

/* Where nothing is ever made; each test has its own below. */
static void make_top(const char *name)
{
	make_dir(name, 0777, 0);
}

static struct child child_in(const char *name)
{
	struct child c = child_new();

	child_must(&c, WAY_CHDIR, 0, at(name), 0);
	return c;
}

static void make_link(const char *path, const char *target)
{
	assert_int_equal(symlink(target, at(path)), 0);
}

/* --- names --- */

TEST(dots_and_slashes_are_taken_out)
{
	static const char *const paths[] = {
		"d/f",	    "./d/f",	   "d//f",	  "d/./f",
		"d/../d/f", "../t/d/f",	   "d/f/",	  "d/f/.",
		"d/f/..",   ".",	   "..",	  "d/",
		"d/.",	    "d/..",	   "missing",	  "d/none/",
		"none/..",  "./missing/.", "/..",	  "/../../..",
		"/",	    "//",	   "/.",	  "///tmp///",
		"d/../..",  "...",	   "d/.../../..", "",
	};

	make_top("t");
	make_dir("t/d", 0755, 0);
	make_file("t/d/f", 0644, 0);
	struct child c = child_in("t");
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		for (enum way way = WAY_FOLLOW; way <= WAY_MKDIR; way++)
			if (way != WAY_RESOLVE)
				(void)compare_path(&c, way, AT_FDCWD, paths[i]);
	assert_place(find_path(&c, WAY_FOLLOW, AT_FDCWD, "/"), KIND_DIRECTORY, "/");
	assert_int_equal(place.facts.last, LAST_ROOT);
	assert_place(find_path(&c, WAY_FOLLOW, AT_FDCWD, ".."), KIND_DIRECTORY,
		     tree_base);
	assert_int_equal(place.facts.last, LAST_DOTDOT);
	assert_true(place.parent >= 0);
	assert_place(find_path(&c, WAY_FOLLOW, AT_FDCWD, "d/."), KIND_DIRECTORY,
		     at("t/d"));
	assert_int_equal(place.facts.last, LAST_DOT);
	assert_place(find_path(&c, WAY_MKDIR, AT_FDCWD, "d/new//"), KIND_NONE,
		     at("t/d/new"));
	assert_true(place.facts.slash);
	assert_string_equal(place.name, "new");
	child_done(&c);
}

TEST(bytes_are_bytes)
{
	static const char *const names[] = {
		"\xff\xfe\x80", "a\nb",	      "a\x1b[31m", "\"quoted\" \\", " ",
		"a (deleted)",	" (deleted)",
	};

	make_top("bytes");
	struct child c = child_in("bytes");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char path[PATH_MAX];

		assert_true(compare_path(&c, WAY_CREATE, AT_FDCWD, names[i]));
		assert_true(compare_path(&c, WAY_MKDIR, AT_FDCWD, names[i]));
		(void)snprintf(path, sizeof(path), "bytes/%s", names[i]);
		make_dir(path, 0777, 0);
		child_must(&c, WAY_CHDIR, 0, at(path), 0);
		assert_true(compare_path(&c, WAY_CREATE, AT_FDCWD, "f"));
		assert_true(compare_path(&c, WAY_FOLLOW, AT_FDCWD, "."));
		child_must(&c, WAY_CHDIR, 0, at("bytes"), 0);
	}
	child_done(&c);
}

static char *repeat(char *to, const char *part, size_t count)
{
	const size_t n = strlen(part);

	for (size_t i = 0; i < count; i++)
		memcpy(to + i * n, part, n);
	to[count * n] = '\0';
	return to;
}

TEST(the_longest_names_are_found)
{
	char path[PATH_MAX + 2], *end;

	make_top("long");
	struct child c = child_in("long");
	repeat(path, "n", 255);
	assert_true(compare_path(&c, WAY_CREATE, AT_FDCWD, path));
	assert_true(compare_path(&c, WAY_MKDIR, AT_FDCWD, path));
	repeat(path, "n", 256);
	for (enum way way = WAY_FOLLOW; way <= WAY_MKDIR; way++)
		assert_false(compare_path(&c, way, AT_FDCWD, path));
	(void)snprintf(path + 256, 8, "/x");
	assert_false(compare_path(&c, WAY_CREATE, AT_FDCWD, path));
	/* 4,095 bytes, absolute: full of slashes, then of names. */
	end = path + snprintf(path, sizeof(path), "%s", at("long"));
	repeat(end, "/", (size_t)(path + 4095 - end) - 1);
	path[4094] = 'x';
	path[4095] = '\0';
	assert_true(compare_path(&c, WAY_CREATE, AT_FDCWD, path));
	end = path + snprintf(path, sizeof(path), "%s", at("long"));
	while (end - path < 4095 - 2 * 120) {
		end += snprintf(end, 121, "/%0*d", 119, 0);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	end += snprintf(end, 4096 - (size_t)(end - path), "/%0*d",
			(int)(4095 - (end - path) - 1), 0);
	assert_int_equal(strlen(path), 4095);
	assert_true(compare_path(&c, WAY_CREATE, AT_FDCWD, path));
	child_done(&c);
}

/* Deeper than any one path can say; the kernel cannot name such a directory any more. */
TEST(a_path_of_more_than_4095_bytes_is_found_from_where_it_starts)
{
	static char deep[PATH_MAX];
	char *end = deep;

	make_top("deep");
	struct child c = child_in("deep");
	end += snprintf(deep, sizeof(deep), "%s", at("deep"));
	while (end - deep < 3800) {
		end += snprintf(end, 101, "/%099d", 0);
		assert_int_equal(mkdir(deep, 0755), 0);
	}
	child_must(&c, WAY_CHDIR, 0, deep, 0);
	static char rest[PATH_MAX];
	repeat(rest, "p", 250);
	child_must(&c, WAY_CHDIR, 0, deep, 0);
	const struct answer made = child_ask(&c, &(struct ask){ .way = WAY_MKDIR,
								.dirfd = AT_FDCWD,
								.path = "pppppppppp" });
	assert_int_equal(made.error, 0);
	(void)snprintf(rest, sizeof(rest), "pppppppppp/%0250d", 0);
	const struct place_found *p = find_path(&c, WAY_CREATE, AT_FDCWD, rest);
	assert_int_equal(p->facts.walk, 0);
	assert_int_equal(p->facts.kind, KIND_NONE);
	assert_int_equal(p->len, strlen(deep) + 1 + strlen(rest));
	assert_memory_equal(p->path, deep, strlen(deep));
	assert_string_equal(p->path + strlen(deep) + 1, rest);
	child_done(&c);
}

TEST(what_is_no_directory_ends_the_walk)
{
	make_top("nodir");
	make_file("nodir/f", 0644, 0);
	struct child c = child_in("nodir");
	const int file = child_must(&c, WAY_OPEN, AT_FDCWD, "f", O_RDONLY);
	assert_false(compare_path(&c, WAY_FOLLOW, AT_FDCWD, "f/x"));
	assert_false(compare_path(&c, WAY_FOLLOW, AT_FDCWD, "f/.."));
	assert_false(compare_path(&c, WAY_CREATE, AT_FDCWD, "f/x"));
	assert_false(compare_path(&c, WAY_FOLLOW, file, "x"));
	assert_false(compare_path(&c, WAY_CREATE, file, "x"));
	assert_false(compare_path(&c, WAY_FOLLOW, file, "."));
	assert_false(compare_path(&c, WAY_FOLLOW, 900, "x"));
	assert_int_equal(place.facts.walk, 0);
	assert_int_equal(find_path(&c, WAY_FOLLOW, 900, "x")->facts.walk, EBADF);
	assert_int_equal(find_path(&c, WAY_FOLLOW, -7, "x")->facts.walk, EBADF);
	/* An absolute path does not look at it. */
	assert_true(compare_path(&c, WAY_FOLLOW, 900, at("nodir/f")));
	assert_true(compare_path(&c, WAY_FOLLOW, file, at("nodir/f")));
	child_done(&c);
}

/* --- links --- */

static void make_chain(const char *dir, int length)
{
	char path[PATH_MAX], target[64];

	for (int i = 1; i <= length; i++) {
		(void)snprintf(path, sizeof(path), "%s/l%d", dir, i);
		(void)snprintf(target, sizeof(target), i == 1 ? "end" : "l%d", i - 1);
		make_link(path, target);
	}
}

TEST(forty_links_are_followed_and_no_more)
{
	make_top("links");
	make_dir("links/end", 0755, 0);
	make_chain("links", 42);
	make_link("links/self", "self");
	make_link("links/a", "b");
	make_link("links/b", "a/x");
	struct child c = child_in("links");
	assert_true(compare_path(&c, WAY_FOLLOW, AT_FDCWD, "l40"));
	assert_true(compare_path(&c, WAY_CREATE, AT_FDCWD, "l40/new"));
	assert_false(compare_path(&c, WAY_FOLLOW, AT_FDCWD, "l41"));
	assert_int_equal(find_path(&c, WAY_FOLLOW, AT_FDCWD, "l41")->facts.walk, ELOOP);
	assert_true(compare_path(&c, WAY_FOLLOW, AT_FDCWD, "l20/../l20"));
	assert_false(compare_path(&c, WAY_FOLLOW, AT_FDCWD, "l20/../l21"));
	assert_true(compare_path(&c, WAY_NOFOLLOW, AT_FDCWD, "l42"));
	assert_false(compare_path(&c, WAY_FOLLOW, AT_FDCWD, "self"));
	assert_false(compare_path(&c, WAY_FOLLOW, AT_FDCWD, "a/x"));
	assert_false(compare_path(&c, WAY_MKDIR, AT_FDCWD, "self"));
	child_done(&c);
}

TEST(a_dangling_link_is_its_target_to_those_who_follow)
{
	make_top("dangle");
	make_dir("dangle/d", 0755, 0);
	make_link("dangle/l", "d/new");
	make_link("dangle/m", "l");
	make_link("dangle/nowhere", "none/new");
	make_link("dangle/slash", "d/");
	make_link("dangle/newslash", "d/new/");
	struct child c = child_in("dangle");
	for (enum way way = WAY_FOLLOW; way <= WAY_MKDIR; way++) {
		static const char *const names[] = { "l",	 "m",	    "nowhere",
						     "l/",	 "slash",   "slash/",
						     "newslash", "nowhere/" };

		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			(void)compare_path(&c, way, AT_FDCWD, names[i]);
	}
	assert_place(find_path(&c, WAY_CREATE, AT_FDCWD, "m"), KIND_NONE,
		     at("dangle/d/new"));
	assert_true(place.facts.dangling);
	assert_place(find_path(&c, WAY_MKDIR, AT_FDCWD, "m"), KIND_SYMLINK,
		     at("dangle/m"));
	assert_false(place.facts.dangling);
	assert_place(find_path(&c, WAY_UNLINK, AT_FDCWD, "m"), KIND_SYMLINK,
		     at("dangle/m"));
	assert_int_equal(find_path(&c, WAY_CREATE, AT_FDCWD, "nowhere")->facts.walk,
			 ENOENT);
	child_done(&c);
}

/* --- permission --- */

/* An ACL that lets uid 1000 search what its mode does not. */
static void allow_search(const char *path)
{
	static const unsigned char acl[] = {
		2,    0, 0, 0,					   /* version */
		1,    0, 7, 0, 0xff,	    0xff,      0xff, 0xff, /* the owner */
		2,    0, 1, 0, 1000 & 0xff, 1000 >> 8, 0,    0,	   /* uid 1000 */
		4,    0, 0, 0, 0xff,	    0xff,      0xff, 0xff, /* the group */
		0x10, 0, 1, 0, 0xff,	    0xff,      0xff, 0xff, /* the mask */
		0x20, 0, 0, 0, 0xff,	    0xff,      0xff, 0xff, /* others */
	};

	if (setxattr(at(path), "system.posix_acl_access", acl, sizeof(acl), 0) < 0)
		fail_msg("%s: %s", path, strerror(errno));
}

TEST(directories_are_searched_by_those_who_may)
{
	static const char *const paths[] = { "open/f",	       "closed/f", "acl/f",
					     "closed/..",      "closed",   "closed/none",
					     "acl/none",       "acl/..",   "link/f",
					     "acl/../closed/f" };

	NEEDS_ROOT();
	make_top("search");
	static const char *const dirs[] = { "open", "closed", "acl" };
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "search/%s", dirs[i]);
		make_dir(path, i ? 0700 : 0711, 0);
		(void)snprintf(path, sizeof(path), "search/%s/f", dirs[i]);
		make_file(path, 0666, 0);
	}
	make_link("search/link", "acl");
	allow_search("search/acl");
	struct child c = child_in("search");
	child_must(&c, WAY_BE, 0, "", 1000);
	/* Twice: what was granted is remembered, and by an absolute path too. */
	for (int i = 0; i < 4; i++)
		for (size_t j = 0; j < ARRAY_LEN(paths); j++) {
			char path[PATH_MAX];

			(void)snprintf(path, sizeof(path), "%s/%s", at("search"),
				       paths[j]);
			(void)compare_path(&c, i % 2 ? WAY_FOLLOW : WAY_CREATE, AT_FDCWD,
					   i < 2 ? paths[j] : path);
		}
	assert_int_equal(find_path(&c, WAY_FOLLOW, AT_FDCWD, "closed/f")->facts.walk,
			 EACCES);
	assert_int_equal(find_path(&c, WAY_FOLLOW, AT_FDCWD, "acl/f")->facts.walk, 0);
	child_done(&c);
}

/* --- what is gone --- */

TEST(in_a_removed_directory_nothing_is_made)
{
	make_top("gone");
	make_dir("gone/d", 0755, 0);
	make_dir("gone/kept", 0755, 0);
	struct child c = child_in("gone/d");
	const int fd = child_must(&c, WAY_OPEN, AT_FDCWD, ".", O_RDONLY);
	assert_int_equal(rmdir(at("gone/d")), 0);
	for (int i = 0; i < 2; i++) {
		const int from = i ? fd : AT_FDCWD;

		assert_false(compare_path(&c, WAY_CREATE, from, "x"));
		assert_false(compare_path(&c, WAY_MKDIR, from, "x"));
		assert_false(compare_path(&c, WAY_FOLLOW, from, "x"));
		assert_true(find_path(&c, WAY_CREATE, from, "x")->facts.gone);
		assert_true(place.nameless);
		assert_true(compare_path(&c, WAY_FOLLOW, from, "."));
		assert_nameless(find_path(&c, WAY_FOLLOW, from, "."), KIND_DIRECTORY);
		assert_true(compare_path(&c, WAY_FOLLOW, from, ".."));
		assert_true(compare_path(&c, WAY_CREATE, from, "../kept/x"));
		assert_place(find_path(&c, WAY_CREATE, from, "../kept/x"), KIND_NONE,
			     at("gone/kept/x"));
		assert_true(compare_path(&c, WAY_CREATE, from, at("gone/x")));
	}
	assert_nameless(find_fd(&c, fd), KIND_DIRECTORY);
	assert_nameless(find_fd(&c, AT_FDCWD), KIND_DIRECTORY);
	child_done(&c);
}

TEST(descriptors_are_what_they_are)
{
	make_top("fds");
	make_file("fds/f", 0644, 0);
	make_file("fds/x (deleted)", 0644, 0);
	make_file("fds/two", 0644, 0);
	assert_int_equal(link(at("fds/two"), at("fds/names")), 0);
	make_link("fds/l", "f");
	struct child c = child_in("fds");
	const int f = child_must(&c, WAY_OPEN, AT_FDCWD, "f", O_RDONLY);
	const int named = child_must(&c, WAY_OPEN, AT_FDCWD, "x (deleted)", O_RDONLY);
	const int two = child_must(&c, WAY_OPEN, AT_FDCWD, "two", O_RDONLY);
	const int link = child_must(&c, WAY_OPEN, AT_FDCWD, "l", O_PATH | O_NOFOLLOW);
	const int tmp = child_must(&c, WAY_TMPFILE, AT_FDCWD, ".", 0);
	assert_place(find_fd(&c, f), KIND_FILE, at("fds/f"));
	assert_string_equal(place.name, "f");
	assert_place(find_fd(&c, named), KIND_FILE, at("fds/x (deleted)"));
	assert_place(find_fd(&c, link), KIND_SYMLINK, at("fds/l"));
	assert_place(find_fd(&c, AT_FDCWD), KIND_DIRECTORY, at("fds"));
	assert_nameless(find_fd(&c, tmp), KIND_FILE);
	assert_true(place.planned);
	/* One of its names is gone, and the kernel knows only that one. */
	assert_int_equal(unlink(at("fds/two")), 0);
	assert_nameless(find_fd(&c, two), KIND_FILE);
	assert_int_equal(unlink(at("fds/f")), 0);
	assert_nameless(find_fd(&c, f), KIND_FILE);
	find_as(c.pid, &(struct request){ .kind = CALL_CHMOD }, &place);
	assert_non_null(place.unresolved);
	assert_int_equal(find_fd(&c, 900)->facts.walk, EBADF);
	child_done(&c);
}

TEST(what_was_never_a_file_has_no_name)
{
	int fds[2], pair[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	const int memory = memfd_create("x", MFD_CLOEXEC);
	struct child c = child_new();
	assert_nameless(find_fd(&c, fds[0]), KIND_FIFO);
	assert_false(place.planned || place.facts.readonly);
	assert_nameless(find_fd(&c, pair[0]), KIND_SOCKET);
	assert_nameless(find_fd(&c, memory), KIND_FILE);
	assert_false(place.planned);
	char link[64];
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fds[1]);
	assert_nameless(find_path(&c, WAY_CREATE, AT_FDCWD, link), KIND_FIFO);
	(void)snprintf(link, sizeof(link), "/dev/fd/%d", memory);
	assert_nameless(find_path(&c, WAY_CREATE, AT_FDCWD, link), KIND_FILE);
	(void)snprintf(link, sizeof(link), "/proc/%d/fd/%d/x", (int)c.pid, fds[1]);
	assert_int_equal(find_path(&c, WAY_CREATE, AT_FDCWD, link)->facts.walk, ENOTDIR);
	child_done(&c);
	for (int i = 0; i < 2; i++) {
		(void)close(fds[i]);
		(void)close(pair[i]);
	}
	(void)close(memory);
}

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
	/* From outside its root ".." goes up to the real one. */
	const int outside = child_must(&c, WAY_OPEN, AT_FDCWD, at("jail"), O_PATH);
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
	assert_true(compare_path(&c, WAY_FOLLOW, outside, ".."));
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
	/* What lies beside it is found as ever. */
	assert_true(compare_path(&c, WAY_CREATE, AT_FDCWD, "d/x"));
	(void)alarm(0);
	child_done(&c);
	assert_int_equal(umount2(at("hang/m"), MNT_DETACH), 0);
	surface_done(surface);
	surface = every;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(dots_and_slashes_are_taken_out),
	cmocka_unit_test(bytes_are_bytes),
	cmocka_unit_test(the_longest_names_are_found),
	cmocka_unit_test(a_path_of_more_than_4095_bytes_is_found_from_where_it_starts),
	cmocka_unit_test(what_is_no_directory_ends_the_walk),
	cmocka_unit_test(forty_links_are_followed_and_no_more),
	cmocka_unit_test(a_dangling_link_is_its_target_to_those_who_follow),
	cmocka_unit_test(directories_are_searched_by_those_who_may),
	cmocka_unit_test(in_a_removed_directory_nothing_is_made),
	cmocka_unit_test(descriptors_are_what_they_are),
	cmocka_unit_test(what_was_never_a_file_has_no_name),
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
