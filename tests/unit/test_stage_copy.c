/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "probe/trace/stage_copy.h"
#include "tests/unit/fstree.h"

static void put(const char *name, const char *text)
{
	AUTO_CLOSE int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static int copy(const char *from, const char *to, const struct stage_limits *limits,
		struct err *err)
{
	AUTO_CLOSE int source = open(at(from), O_RDONLY | O_DIRECTORY);

	assert_int_equal(mkdir(at(to), 0700), 0);
	AUTO_CLOSE int copied = open(at(to), O_RDONLY | O_DIRECTORY);
	return stage_copy(source, copied, limits, err);
}

static void look(const char *name, struct stat *ret)
{
	assert_int_equal(lstat(at(name), ret), 0);
}

TEST(copy_is_like_its_source)
{
	static const char *const names[] = { "",      "/file", "/sub",	"/sub/empty",
					     "/link", "/fifo", "/holes" };
	static const struct stage_limits limits;
	const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000000 } };
	struct err err = ERR_INIT;
	struct stat a, b;
	char target[8] = "";

	assert_int_equal(mkdir(at("from"), 0755), 0);
	assert_int_equal(mkdir(at("from/sub"), 0750), 0);
	assert_int_equal(mkdir(at("from/sub/empty"), 0700), 0);
	put("from/file", "content");
	assert_int_equal(chmod(at("from/file"), 04711), 0);
	char file[PATH_MAX];
	memcpy(file, at("from/file"), sizeof(file));
	assert_int_equal(link(file, at("from/sub/same")), 0);
	assert_int_equal(utimensat(AT_FDCWD, file, old, 0), 0);
	assert_int_equal(symlink("file", at("from/link")), 0);
	assert_int_equal(mkfifo(at("from/fifo"), 0600), 0);
	put("from/holes", "x");
	assert_int_equal(truncate(at("from/holes"), INT64_C(1) << 33), 0);
	assert_int_equal(chmod(at("from"), 01777), 0);

	assert_int_equal(copy("from", "to", &limits, &err), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char from[64], to[64];

		(void)snprintf(from, sizeof(from), "from%s", names[i]);
		(void)snprintf(to, sizeof(to), "to%s", names[i]);
		look(from, &a);
		look(to, &b);
		assert_int_equal(a.st_mode, b.st_mode);
		assert_int_equal(a.st_uid, b.st_uid);
		assert_int_equal(a.st_mtime, b.st_mtime);
		assert_int_not_equal(a.st_ino, b.st_ino);
		if (!S_ISDIR(a.st_mode))
			assert_int_equal(a.st_size, b.st_size);
	}
	look("to/file", &a);
	look("to/sub/same", &b);
	assert_int_equal(a.st_ino, b.st_ino);
	look("to/holes", &a);
	assert_true(a.st_blocks < 1024);
	assert_int_equal(readlink(at("to/link"), target, sizeof(target) - 1), 4);
	assert_string_equal(target, "file");
}

TEST(copy_keeps_its_limits)
{
	const struct stage_limits few_bytes = { .bytes = 10 };
	const struct stage_limits few_entries = { .entries = 1 };
	struct err err = ERR_INIT;

	assert_int_equal(mkdir(at("big"), 0755), 0);
	put("big/a", "six bytes");
	assert_int_equal(mkdir(at("big/b"), 0755), 0);
	assert_int_equal(copy("big", "copy-1", &few_bytes, &err), -EFBIG);
	assert_non_null(strstr(err.msg, "a, more than a rehearsal copies"));
	assert_int_equal(copy("big", "copy-2", &few_entries, &err), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy_is_like_its_source),
		cmocka_unit_test(copy_keeps_its_limits),
	};

	return cmocka_run_group_tests(tests, tree_setup, tree_teardown);
}
