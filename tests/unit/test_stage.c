/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/plan.h"
#include "probe/trace/stage.h"
#include "probe/trace/stage_options.h"
#include "tests/unit/fstree.h"

static void put(const char *name, const char *text)
{
	AUTO_CLOSE int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* --- the points --- */

struct staged {
	struct list mounts, blind, invalid;
	struct err err;
	int result;
};

static void stage(struct staged *s, const struct plan_mount *mount, const char *option)
{
	struct plan_mount *m;

	*s = (struct staged){ .err = ERR_INIT };
	m = LIST_ADD(&s->mounts, struct plan_mount);
	assert_non_null(m);
	*m = *mount;
	m->path = strdup(mount->path);
	if (option)
		assert_int_equal(texts_add(&m->options, option), 0);
	s->result = stage_points(&s->mounts, false, &s->blind, &s->invalid, &s->err);
}

static const char *path_of(const struct staged *s)
{
	return LIST_AT(&s->mounts, struct plan_mount, 0)->path;
}

static void unstage(struct staged *s)
{
	LIST_EACH (struct plan_mount, it, &s->mounts) {
		free(it->path);
		texts_done(&it->options);
	}
	list_done(&s->mounts);
	texts_done(&s->blind);
	texts_done(&s->invalid);
}

static bool says(const struct list *texts, const char *part)
{
	LIST_EACH (char *const, it, texts)
		if (strstr(*it, part))
			return true;
	return false;
}

TEST(point_is_made_as_a_runtime_makes_it)
{
	const struct plan_mount mount = {
		.path = (char *)(uintptr_t)at("new//deep/er/"),
		.mode = 01770,
		.uid = geteuid(),
		.gid = getegid(),
	};
	const mode_t mask = umask(077);
	struct staged s;
	struct stat st;

	stage(&s, &mount, NULL);
	assert_int_equal(s.result, 0);
	assert_int_equal(s.invalid.len, 0);
	assert_int_equal(umask(mask), 077);
	assert_string_equal(path_of(&s), at("new/deep/er"));
	assert_int_equal(stat(at("new/deep/er"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 01770);
	assert_int_equal(stat(at("new/deep"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	unstage(&s);
}

TEST(link_on_the_way_is_followed_and_one_to_nothing_refused)
{
	struct plan_mount mount = { .uid = -1, .gid = -1, .mode = -1 };
	struct staged s;

	assert_int_equal(mkdir(at("real"), 0755), 0);
	assert_int_equal(symlink("real", at("link")), 0);
	assert_int_equal(symlink("../nowhere", at("dangling")), 0);
	mount.path = (char *)(uintptr_t)at("link/below");
	stage(&s, &mount, NULL);
	assert_int_equal(s.result, 0);
	assert_string_equal(path_of(&s), at("real/below"));
	unstage(&s);
	mount.path = (char *)(uintptr_t)at("dangling");
	stage(&s, &mount, NULL);
	assert_int_equal(s.result, -ENOENT);
	assert_non_null(strstr(s.err.msg, "a link to what is not there"));
	unstage(&s);
	mount.path = (char *)(uintptr_t)at("dangling//below/");
	stage(&s, &mount, NULL);
	assert_int_equal(s.result, -ENOENT);
	unstage(&s);
}

TEST(nothing_is_mounted_on_proc)
{
	static const char *const bad[] = { "/proc", "/proc/", "/proc/sys/kernel",
					   "/proc/no/such", "/proc/self/fd" };
	struct plan_mount mount = { .uid = -1, .gid = -1, .mode = -1 };
	struct staged s;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		mount.path = (char *)(uintptr_t)bad[i];
		stage(&s, &mount, NULL);
		assert_int_equal(s.result, -EINVAL);
		unstage(&s);
	}
}

TEST(what_a_tmpfs_hides_is_said_whatever_its_plan_says)
{
	struct plan_mount mount = { .carries_image_content = true,
				    .uid = geteuid(),
				    .gid = getegid(),
				    .mode = 0755 };
	struct staged s;

	assert_int_equal(mkdir(at("full"), 0755), 0);
	put("full/a", "a");
	mount.path = (char *)(uintptr_t)at("full");
	mount.kind = PLAN_TMPFS;
	assert_false(stage_carries(&mount));
	stage(&s, &mount, NULL);
	assert_true(says(&s.invalid, "1 entry of "));
	unstage(&s);
	mount.kind = PLAN_VOLUME;
	assert_true(stage_carries(&mount));
	stage(&s, &mount, NULL);
	assert_int_equal(s.invalid.len, 0);
	unstage(&s);
}

TEST(mount_point_in_a_mount_is_not_hidden_by_it)
{
	static const char *const paths[] = { "outer", "outer/way/inner" };
	struct staged s = { .err = ERR_INIT };

	for (int full = 0; full < 2; full++) {
		s = (struct staged){ .err = ERR_INIT };
		for (size_t i = 0; i < 2; i++) {
			struct plan_mount *m = LIST_ADD(&s.mounts, struct plan_mount);

			assert_non_null(m);
			m->path = strdup(at(paths[i]));
			m->uid = m->gid = m->mode = -1;
		}
		/* The second time all of it is there. */
		if (full)
			put("outer/way/other", "");
		s.result = stage_points(&s.mounts, false, &s.blind, &s.invalid, &s.err);
		assert_int_equal(s.result, 0);
		assert_int_equal(s.invalid.len, full);
		unstage(&s);
	}
	assert_int_equal(unlink(at("outer/way/other")), 0);
}

TEST(options_are_those_that_a_tmpfs_has)
{
	struct plan_mount mount = { .uid = -1, .gid = -1, .mode = -1 };
	unsigned long flags = MS_NOEXEC | MS_NODEV;
	struct staged s;

	assert_int_equal(stage_option("exec", &flags), STAGE_OPTION_FLAG);
	assert_int_equal(flags, MS_NODEV);
	assert_int_equal(stage_option("ro", &flags), STAGE_OPTION_FLAG);
	assert_int_equal(flags, MS_NODEV | MS_RDONLY);
	assert_int_equal(stage_option("rprivate", &flags), STAGE_OPTION_IGNORED);
	assert_int_equal(stage_option("mode=1777", &flags), STAGE_OPTION_OWN);
	assert_int_equal(stage_option("size=1m,exec", &flags), STAGE_OPTION_UNKNOWN);
	assert_int_equal(stage_option("mode", &flags), STAGE_OPTION_UNKNOWN);
	assert_int_equal(stage_option("", &flags), STAGE_OPTION_UNKNOWN);
	assert_int_equal(flags, MS_NODEV | MS_RDONLY);
	mount.path = (char *)(uintptr_t)at("options");
	stage(&s, &mount, "bogus");
	assert_int_equal(s.result, -EINVAL);
	assert_int_equal(access(at("options"), F_OK), -1);
	unstage(&s);
	stage(&s, &mount, "size=1m");
	assert_int_equal(s.result, 0);
	unstage(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(point_is_made_as_a_runtime_makes_it),
		cmocka_unit_test(link_on_the_way_is_followed_and_one_to_nothing_refused),
		cmocka_unit_test(nothing_is_mounted_on_proc),
		cmocka_unit_test(what_a_tmpfs_hides_is_said_whatever_its_plan_says),
		cmocka_unit_test(mount_point_in_a_mount_is_not_hidden_by_it),
		cmocka_unit_test(options_are_those_that_a_tmpfs_has),
	};

	return cmocka_run_group_tests(tests, tree_setup, tree_teardown);
}
