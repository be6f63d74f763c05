/* SPDX-License-Identifier: MIT
 *
 * Where a name leads, case by case; test_names_view.c has other views than ours, and
 * test_names_random.c does the same at random.
 */
#include "probe/trace/names/names.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "tests/unit/names_child.h"

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
};

int main(void)
{
	return cmocka_run_group_tests(tests, setup, teardown);
}
