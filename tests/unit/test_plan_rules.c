/* SPDX-License-Identifier: MIT
 *
 * test_plan_rules.c - each rule by which a plan is made, on its own: where the mounts
 * are.
 */
#include "tests/unit/plan_given.h"

/* --- where --- */

TEST(a_mount_is_at_the_directory_that_is_written_in)
{
	struct inventory *i = given_run();

	given_dir(i, "/", 20, 0, 0755, 0);
	given_dir(i, "/var", 9, 0, 0755, 0);
	given_dir(i, "/var/cache", 3, 0, 0755, 0);
	given_dir(i, "/var/cache/app", 0, 101, 0750, 100);
	given_path(i, "/var/cache/app/x", "create,write");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/var/cache/app");
	assert_int_equal(plan.entries, 0);
	assert_int_equal(plan.by_hand.len, 0);
	assert_string_equal(plan.container, "web");
}

TEST(siblings_stay_apart_when_the_parent_holds_more)
{
	struct inventory *i = given_run();

	given_dir(i, "/srv/app", 7, 0, 0755, 0);
	given_dir(i, "/srv/app/a", 2, 0, 0755, 0);
	given_dir(i, "/srv/app/b", 3, 0, 0755, 0);
	given_path(i, "/srv/app/a/x", "create");
	given_path(i, "/srv/app/b/x", "create");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app/a", "/srv/app/b");
	assert_int_equal(plan.entries, 5);
}

TEST(siblings_that_are_all_there_is_become_one_mount)
{
	struct inventory *i = given_run();

	given_dir(i, "/srv/app", 2, 0, 0755, 0);
	given_dir(i, "/srv/app/a", 2, 0, 0755, 0);
	given_dir(i, "/srv/app/b", 3, 0, 0755, 0);
	given_path(i, "/srv/app/a/x", "create");
	given_path(i, "/srv/app/b/x", "create");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app");
}

TEST(a_mount_above_saves_those_below)
{
	struct inventory *i = given_run();

	given_dir(i, "/srv/app", 4, 0, 0755, 0);
	given_dir(i, "/srv/app/a", 2, 0, 0755, 0);
	given_path(i, "/srv/app/a/x", "create");
	given_path(i, "/srv/app/pid", "create");
	given_path(i, "/srv/app.d/pid", "create"); /* sorts between them */
	given_dir(i, "/srv/app.d", 0, 0, 0755, 0);
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app", "/srv/app.d");
	assert_int_equal(mount_of(&plan, "/srv/app")->entries, 6);
}

TEST(what_the_app_made_lies_in_what_the_image_has)
{
	struct inventory *i = given_run();

	given_dir(i, "/srv/app", 0, 101, 0755, 0);
	given_dir(i, "/srv/app/new", 0, 101, 0700, 0);
	given_path(i, "/srv/app/new/", "mkdir");
	given_path(i, "/srv/app/new/deep/", "mkdir,chmod");
	given_path(i, "/srv/app/new/deep/f", "create,write,chown");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app");
	assert_int_equal(mount_of(&plan, "/srv/app")->path_count, 3);
}

TEST(a_directory_whose_owner_is_changed_needs_itself)
{
	struct inventory *i = given_run();

	given_dir(i, "/srv/app", 5, 0, 0755, 0);
	given_dir(i, "/srv/app/data", 0, 0, 0755, 0);
	given_path(i, "/srv/app/data/", "+chown");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app/data");
}

TEST(a_directory_that_is_removed_needs_its_parent)
{
	struct inventory *i = given_run();

	given_dir(i, "/srv/app", 5, 0, 0755, 0);
	given_path(i, "/srv/app/data/", "+rmdir,mkdir");
	given_path(i, "/srv/app/data/x", "create");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app");
}

TEST(a_file_without_a_name_is_made_in_the_directory_itself)
{
	struct inventory *i = given_run();

	given_dir(i, "/srv/app", 5, 0, 0755, 0);
	given_dir(i, "/srv/app/data", 0, 0, 0755, 0);
	given_path(i, "/srv/app/data/", "+create");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app/data");
}

TEST(what_is_mounted_already_needs_nothing)
{
	AUTO(texts_done) struct list mounted = { 0 };
	struct inventory *i = given_run();

	assert_int_equal(texts_add(&mounted, "/data/"), 0);
	given_path(i, "/data/x", "create");
	given_path(i, "/data/sub/x", "create");
	given_path(i, "/database/x", "create");
	given_dir(i, "/database", 0, 0, 0755, 0);
	const struct plan_options options = { .memory_mib = -1, .mounted = &mounted };
	AUTO(plan_done) struct plan plan = planned_with(i, &options);
	MOUNTS_ARE(&plan, "/database");
	assert_int_equal(plan.by_hand.len, 0);
}

/* --- nothing is hidden --- */

TEST(any_entry_of_the_image_is_carried_over)
{
	struct inventory *i = given_run();

	given_dir(i, "/run", 1, 0, 0755, 5);
	given_path(i, "/run/app.pid", "create,unlink");
	const struct plan_options options = { .memory_mib = -1, .prefer = PREFER_TMPFS };
	AUTO(plan_done) struct plan plan = planned_with(i, &options);
	const struct plan_mount *m = mount_of(&plan, "/run");
	assert_int_equal(m->kind, PLAN_VOLUME);
	assert_true(m->carries_image_content);
	assert_int_equal(m->entries, 1);
	LINE_IS(&plan, "VOLUME [\"/run\"]");
}

TEST(what_is_not_known_is_carried_over)
{
	struct inventory *i = given_run();

	given_path(i, "/run/app.pid", "create,unlink");
	AUTO(plan_done) struct plan plan = planned(i);
	const struct plan_mount *m = mount_of(&plan, "/run");
	assert_int_equal(m->kind, PLAN_VOLUME);
	assert_true(m->carries_image_content);
	assert_int_equal(m->entries, -1);
	assert_int_equal(m->uid, -1);
	LINE_IS(&plan, "VOLUME [\"/run\"]");
	assert_true(has_risk(&plan, "is not known"));
}

TEST(docker_on_the_instance_copies_without_a_line)
{
	struct inventory *i = given_run();

	given_dir(i, "/run", 1, 0, 0755, 5);
	given_path(i, "/run/app.pid", "create");
	const struct plan_options options = { .memory_mib = -1, .launch = LAUNCH_EC2 };
	AUTO(plan_done) struct plan plan = planned_with(i, &options);
	assert_true(mount_of(&plan, "/run")->carries_image_content);
	assert_int_equal(plan.image_changes.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mount_is_at_the_directory_that_is_written_in),
		cmocka_unit_test(siblings_stay_apart_when_the_parent_holds_more),
		cmocka_unit_test(siblings_that_are_all_there_is_become_one_mount),
		cmocka_unit_test(a_mount_above_saves_those_below),
		cmocka_unit_test(what_the_app_made_lies_in_what_the_image_has),
		cmocka_unit_test(a_directory_whose_owner_is_changed_needs_itself),
		cmocka_unit_test(a_directory_that_is_removed_needs_its_parent),
		cmocka_unit_test(a_file_without_a_name_is_made_in_the_directory_itself),
		cmocka_unit_test(what_is_mounted_already_needs_nothing),
		cmocka_unit_test(any_entry_of_the_image_is_carried_over),
		cmocka_unit_test(what_is_not_known_is_carried_over),
		cmocka_unit_test(docker_on_the_instance_copies_without_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
