/* SPDX-License-Identifier: MIT
 *
 * Plans beside what the definition mounts already.
 */
#include "tests/unit/plan_given.h"

/* Paths with blanks between them; it takes the inventory. */
static struct plan planned_beside(struct inventory *inventory, const char *writable,
				  const char *readonly)
{
	const char *const paths[] = { writable, readonly };
	AUTO(texts_done) struct list first = { 0 };
	AUTO(texts_done) struct list second = { 0 };
	struct list *const lists[] = { &first, &second };

	for (size_t i = 0; i < 2; i++)
		for (const char *p = paths[i]; *p;) {
			const size_t n = strcspn(p, " ");
			AUTO_FREE char *path = strndup(p, n);

			assert_non_null(path);
			assert_int_equal(texts_add(lists[i], path), 0);
			p += n + (p[n] == ' ');
		}
	const struct plan_options options = { .memory_mib = -1,
					      .mounted = &first,
					      .readonly = &second };
	return planned_with(inventory, &options);
}

static void misses_are(const struct plan *plan, const char *path, const char *words)
{
	assert_int_equal(plan->by_hand.len, 1);
	const struct plan_by_hand *miss = plan->by_hand.items;
	assert_string_equal(miss->path, path);
	assert_non_null(strstr(miss->reason, words));
}

TEST(what_is_mounted_read_only_is_a_miss_within_any_other_mount)
{
	struct inventory *i = given_run();

	given_dir(i, "/app", 3, 0, 0755, 0);
	given_path(i, "/app/x", "create");
	given_path(i, "/app/certs/x", "create");
	AUTO(plan_done) struct plan plan = planned_beside(i, "", "/app/certs/");
	MOUNTS_ARE(&plan, "/app");
	misses_are(&plan, "/app/certs/x", "read-only");
	i = given_run();
	given_path(i, "/app/certs/x", "create");
	AUTO(plan_done) struct plan other = planned_beside(i, "/app", "/app/certs");
	MOUNTS_ARE(&other);
	misses_are(&other, "/app/certs/x", "read-only");
}

/* Two mounts of one path are refused. */
TEST(a_path_is_the_same_in_other_words)
{
	static const char *const words[] = { "/data/",	   "//data",
					     "/data/.",	   "/x/../data",
					     "/../data//", "/./x/y/../../data" };

	for (size_t n = 0; n < ARRAY_LEN(words); n++) {
		struct inventory *i = given_run();

		given_path(i, "/data/x", "create");
		AUTO(plan_done) struct plan plan = planned_beside(i, words[n], "");
		MOUNTS_ARE(&plan);
	}
	struct inventory *i = given_run();
	given_path(i, "/data/x", "create");
	AUTO(plan_done)
	struct plan plan = planned_beside(i, "/ /.. /data/x/../.. data", "");
	MOUNTS_ARE(&plan, "/data");
}

TEST(a_writable_mount_within_a_read_only_one_is_writable)
{
	struct inventory *i = given_run();

	given_path(i, "/app/data/x", "create");
	AUTO(plan_done) struct plan plan = planned_beside(i, "/app/data", "/app");
	MOUNTS_ARE(&plan);
	assert_int_equal(plan.by_hand.len, 0);
}

/* Recorded without the volume, the app made the directory itself. */
TEST(a_mount_point_is_not_made_by_the_app)
{
	struct inventory *i = given_run();

	given_dir(i, "/srv", 1, 0, 0755, 0);
	given_path(i, "/srv/data/", "mkdir,chown");
	given_path(i, "/srv/data/x", "create");
	given_path(i, "/made/", "mkdir");
	given_path(i, "/made/data/", "mkdir");
	given_path(i, "/made/data/x", "create");
	AUTO(plan_done)
	struct plan plan = planned_beside(i, "/srv/data /made /made/data", "");
	MOUNTS_ARE(&plan);
	assert_int_equal(plan.by_hand.len, 0);
}

/* A container instance can mount single files. */
TEST(a_file_that_is_mounted_needs_nothing)
{
	struct inventory *i = given_run();

	given_dir(i, "/etc", 90, 0, 0755, 0);
	given_path(i, "/etc/app.conf", "+write");
	given_line(i, str_format("{\"record\":\"path\",\"path\":\"/etc/hosts\",\"kind\":"
				 "\"file\",\"in_image\":true,\"mount\":\"/etc/hosts\","
				 "\"ops\":{\"write\":{\"written\":1}}}"));
	AUTO(plan_done)
	struct plan plan = planned_beside(i, "/etc/app.conf /etc/hosts", "");
	MOUNTS_ARE(&plan);
	assert_int_equal(plan.by_hand.len, 0);
}

TEST(a_rename_into_a_mount_within_is_a_miss)
{
	struct inventory *i = given_run();

	given_dir(i, "/app", 3, 0, 0755, 0);
	given_rename(i, "/app/x", "/app/data/x");
	AUTO(plan_done) struct plan plan = planned_beside(i, "/app/data", "");
	MOUNTS_ARE(&plan, "/app");
	misses_are(&plan, "/app/x", "EXDEV");
}

/* The runtime mounts /one/shared first, and the volume that /one leads to over it. */
TEST(a_directory_with_a_mount_in_it_does_not_move)
{
	struct inventory *i = given_run();

	given_dir(i, "/one", 3, 0, 0755, 0);
	given_dir(i, "/two", 3, 0, 0755, 0);
	given_rename(i, "/one/x", "/two/x");
	given_path(i, "/one/shared/x", "create");
	AUTO(plan_done) struct plan plan = planned_beside(i, "/one/shared", "");
	MOUNTS_ARE(&plan, "/one", "/two");
	misses_are(&plan, "/one/x", "EXDEV");
}

/* The image has the lines of an earlier plan already, and is recorded again. */
TEST(what_moves_does_not_go_where_something_is)
{
	struct inventory *i = given_run();

	given_dir(i, "/etc", 90, 0, 0755, 0);
	given_dir(i, "/var/lib/taskprobe/etc", 1, 0, 0755, 0);
	given_path(i, "/var/lib/taskprobe/etc/one", "+write,chown");
	given_path(i, "/etc/two", "+write");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/var/lib/taskprobe-2/etc", "/var/lib/taskprobe/etc");
	LINE_IS(&plan, "RUN mkdir -p '/var/lib/taskprobe-2/etc' && mv '/etc/two' "
		       "'/var/lib/taskprobe-2/etc/two' && ln -s "
		       "'/var/lib/taskprobe-2/etc/two' '/etc/two'");
}

TEST(what_is_joined_does_not_go_where_the_definition_mounts)
{
	struct inventory *i = given_run();

	given_dir(i, "/one", 3, 0, 0755, 0);
	given_dir(i, "/two", 3, 0, 0755, 0);
	given_rename(i, "/one/x", "/two/x");
	AUTO(plan_done)
	struct plan plan = planned_beside(i, "/var/lib/taskprobe-joined", "");
	MOUNTS_ARE(&plan, "/var/lib/taskprobe-joined-2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_is_mounted_read_only_is_a_miss_within_any_other_mount),
		cmocka_unit_test(a_path_is_the_same_in_other_words),
		cmocka_unit_test(a_writable_mount_within_a_read_only_one_is_writable),
		cmocka_unit_test(a_mount_point_is_not_made_by_the_app),
		cmocka_unit_test(a_file_that_is_mounted_needs_nothing),
		cmocka_unit_test(a_rename_into_a_mount_within_is_a_miss),
		cmocka_unit_test(a_directory_with_a_mount_in_it_does_not_move),
		cmocka_unit_test(what_moves_does_not_go_where_something_is),
		cmocka_unit_test(what_is_joined_does_not_go_where_the_definition_mounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
