/* SPDX-License-Identifier: MIT
 *
 * test_plan_joins.c - what is renamed or linked lies within one mount.
 */
#include "tests/unit/plan_given.h"

/* --- pairs --- */

TEST(renames_stay_within_one_mount)
{
	struct inventory *i = given_run();

	given_dir(i, "/srv/app", 4, 0, 0755, 0);
	given_dir(i, "/srv/app/tmp", 0, 0, 0755, 0);
	given_dir(i, "/srv/app/data", 0, 0, 0755, 0);
	given_rename(i, "/srv/app/tmp/x", "/srv/app/data/x");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app");
	assert_true(mount_of(&plan, "/srv/app")->carries_image_content);
}

TEST(links_stay_within_one_mount)
{
	struct inventory *i = given_run();

	given_path(i, "/srv/app/tmp/x", "create,link");
	given_path(i, "/srv/app/data/x", "link");
	given_pair(i, "link", "/srv/app/tmp/x", "/srv/app/data/x");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app");
}

/* The file that it is linked from needs not be written itself. */
TEST(a_link_from_what_is_in_no_mount_is_a_miss)
{
	struct inventory *i = given_run();

	given_path(i, "/srv/app/data/x", "link");
	given_pair(i, "link", "/usr/share/app/x", "/srv/app/data/x");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app/data");
	assert_int_equal(plan.by_hand.len, 1);
	const struct plan_by_hand *miss = plan.by_hand.items;
	assert_string_equal(miss->path, "/usr/share/app/x");
	assert_non_null(strstr(miss->reason, "EXDEV"));
}

/* The mount that joins one pair swallows a mount of another, whose other end follows. */
TEST(pairs_pull_each_other_along)
{
	struct inventory *i = given_run();

	given_rename(i, "/app/a/b/x", "/app/a/c/x");
	given_rename(i, "/app/a/d/y", "/app/e/y");
	given_rename(i, "/app/e/z", "/app/f/g/z");
	given_path(i, "/opt/x/y", "create");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/app", "/opt/x");
}

TEST(nothing_above_is_mounted_that_is_half_an_image)
{
	struct inventory *i = given_run();

	given_dir(i, "/var", 30, 0, 0755, 0);
	given_dir(i, "/var/lib/nginx/proxy", 0, 33, 0700, 0);
	given_dir(i, "/var/cache/nginx", 0, 33, 0755, 0);
	given_rename(i, "/var/lib/nginx/proxy/1", "/var/cache/nginx/1");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/var/lib/taskprobe-joined");
	assert_int_equal(plan.entries, 0);
}

TEST(a_rename_that_never_worked_joins_nothing)
{
	struct inventory *i = given_run();
	static const char failed[] = ",\"processes\":[]"; /* EXDEV, and then it copied */

	given_path_more(i, "/srv/app/tmp/x", "create,unlink", failed);
	given_path_more(i, "/srv/app/data/x", "create,write", failed);
	given_pair(i, "rename", "/srv/app/tmp/x", "/srv/app/data/x");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app/data", "/srv/app/tmp");
}

TEST(where_nothing_can_be_mounted_above_both_they_move_into_one_volume)
{
	struct inventory *i = given_run();

	given_dir(i, "/tmp", 0, 0, 01777, 50);
	given_dir(i, "/data", 3, 101, 0755, 50);
	given_rename(i, "/tmp/x", "/data/x");
	given_path_more(i, "/tmp/r", "create", GIVEN_BY("/bin/sh", 0));
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/var/lib/taskprobe-joined");
	LINE_IS(&plan, "RUN mkdir -p '/var/lib/taskprobe-joined' && mv '/data' "
		       "'/var/lib/taskprobe-joined/data' && ln -s "
		       "'/var/lib/taskprobe-joined/data' '/data'");
	LINE_IS(&plan, "RUN mkdir -p '/var/lib/taskprobe-joined' && mv '/tmp' "
		       "'/var/lib/taskprobe-joined/tmp' && ln -s "
		       "'/var/lib/taskprobe-joined/tmp' '/tmp'");
	LINE_IS(&plan, "VOLUME [\"/var/lib/taskprobe-joined\"]");
	assert_int_equal(plan.by_hand.len, 0);
	assert_int_equal(plan.entries, 3);
}

/* /srv/a joins d and e, and takes b and c in, each with a partner elsewhere. */
TEST(volumes_that_a_mount_brings_together_become_one)
{
	struct inventory *i = given_run();

	given_rename(i, "/srv/a/b/x", "/tmp/x");
	given_rename(i, "/srv/a/c/x", "/data/x");
	given_rename(i, "/srv/a/d/x", "/srv/a/e/x");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/var/lib/taskprobe-joined");
	LINE_IS(&plan, "RUN mkdir -p '/var/lib/taskprobe-joined/srv' && mv '/srv/a' "
		       "'/var/lib/taskprobe-joined/srv/a' && ln -s "
		       "'/var/lib/taskprobe-joined/srv/a' '/srv/a'");
	assert_int_equal(mount_of(&plan, "/var/lib/taskprobe-joined")->path_count, 6);
	assert_int_equal(plan.by_hand.len, 0);
}

TEST(a_directory_of_every_image_does_not_move)
{
	struct inventory *i = given_run();

	given_dir(i, "/tmp", 0, 0, 01777, 50);
	given_dir(i, "/etc", 90, 0, 0755, 50);
	given_rename(i, "/tmp/x", "/etc/x");
	given_path_more(i, "/tmp/r", "create", GIVEN_BY("/bin/sh", 0));
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/etc");
	LINE_IS(&plan,
		"RUN mkdir -p '/etc/.taskprobe' && mv '/tmp' '/etc/.taskprobe/tmp' "
		"&& ln -s '/etc/.taskprobe/tmp' '/tmp'");
	LINE_IS(&plan, "VOLUME [\"/etc\"]");
	assert_int_equal(plan.by_hand.len, 0);
}

TEST(an_empty_one_carries_what_moves_into_it)
{
	struct inventory *i = given_run();

	given_dir(i, "/tmp", 0, 0, 01777, 50);
	given_dir(i, "/srv", 0, 0, 0755, 50);
	given_rename(i, "/tmp/x", "/srv/x");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv");
	assert_int_equal(mount_of(&plan, "/srv")->kind, PLAN_VOLUME);
	LINE_IS(&plan, "VOLUME [\"/srv\"]");
}

TEST(two_of_them_never_become_one)
{
	struct inventory *i = given_run();

	given_rename(i, "/srv/x", "/etc/x");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/etc", "/srv");
	assert_int_equal(plan.by_hand.len, 1);
	assert_non_null(
		strstr(LIST_AT(&plan.by_hand, struct plan_by_hand, 0)->reason, "EXDEV"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(renames_stay_within_one_mount),
		cmocka_unit_test(links_stay_within_one_mount),
		cmocka_unit_test(a_link_from_what_is_in_no_mount_is_a_miss),
		cmocka_unit_test(pairs_pull_each_other_along),
		cmocka_unit_test(nothing_above_is_mounted_that_is_half_an_image),
		cmocka_unit_test(a_rename_that_never_worked_joins_nothing),
		cmocka_unit_test(
			where_nothing_can_be_mounted_above_both_they_move_into_one_volume),
		cmocka_unit_test(volumes_that_a_mount_brings_together_become_one),
		cmocka_unit_test(a_directory_of_every_image_does_not_move),
		cmocka_unit_test(an_empty_one_carries_what_moves_into_it),
		cmocka_unit_test(two_of_them_never_become_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
