/* SPDX-License-Identifier: MIT
 *
 * What did not work, and would be answered in another way with a read-only root.
 */
#include "tests/unit/plan_given.h"

static void given_failed(struct inventory *inventory, const char *path, const char *op,
			 const char *code)
{
	given_line(inventory,
		   str_format("{\"record\":\"path\",\"path\":\"%s\",\"exists\":false,"
			      "\"in_image\":false,\"mount\":\"/\",\"ops\":{\"%s\":{"
			      "\"written\":0,\"failed\":{\"%s\":1}}}}",
			      path, op, code));
}

/* unlink(2), rmdir(2) and rename(2) answer EROFS before they look for the name. */
TEST(what_is_missing_stays_missing_where_that_is_cheap)
{
	struct inventory *i = given_run();

	given_dir(i, "/app/tmp", 1, 0, 0755, 0);
	given_failed(i, "/app/tmp/server.pid", "unlink", "ENOENT");
	given_dir(i, "/app/cache", 2, 0, 0755, 0);
	given_failed(i, "/app/cache", "rmdir", "ENOTEMPTY");
	given_dir(i, "/app", 7, 0, 0755, 0);
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/app");
	assert_int_equal(plan.ignored.len, 0);
	assert_int_equal(plan.by_hand.len, 0);
}

/* Nobody removes all that they look at, as some ask whether they may write it. */
TEST(what_is_missing_among_programs_is_no_matter_of_asking)
{
	struct inventory *i = given_run();

	given_dir(i, "/usr/src/app/tmp", 1, 0, 0755, 0);
	given_failed(i, "/usr/src/app/tmp/server.pid", "unlink", "ENOENT");
	given_dir(i, "/usr/src/app/lib", 1, 0, 0755, 0);
	given_path(i, "/usr/src/app/lib/a", "+access");
	given_dir(i, "/usr/lib", 90, 0, 0755, 0);
	given_line(i,
		   str_format("{\"record\":\"path\",\"path\":\"/usr/lib/a\",\"in_image\":"
			      "false,\"ops\":{\"access\":{\"written\":1},\"unlink\":{"
			      "\"written\":0,\"failed\":{\"ENOENT\":1}}}}"));
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/usr/src/app/tmp");
	assert_int_equal(plan.ignored.len, 2);
	assert_int_equal(plan.by_hand.len, 0);
}

TEST(what_is_missing_elsewhere_is_a_risk)
{
	struct inventory *i = given_run();

	given_dir(i, "/etc", 90, 0, 0755, 0);
	given_failed(i, "/etc/app.old", "rename", "ENOENT");
	given_failed(i, "/.lock", "unlink", "ENOENT");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan);
	assert_int_equal(plan.ignored.len, 2);
	assert_int_equal(plan.by_hand.len, 0);
	assert_true(has_risk(&plan, "2 paths that the app tries to remove"));
}

TEST(who_was_denied_is_denied_again)
{
	struct inventory *i = given_run();

	given_dir(i, "/app", 7, 0, 0755, 0);
	given_failed(i, "/app/x", "unlink", "EACCES");
	given_failed(i, "/app/y", "create", "EPERM");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan);
	assert_int_equal(plan.ignored.len, 2);
	assert_false(has_risk(&plan, "tries to remove"));
}

TEST(what_is_missing_once_and_there_later_is_a_write)
{
	struct inventory *i = given_run();

	given_dir(i, "/run", 0, 0, 0755, 0);
	given_failed(i, "/run/app.pid", "unlink", "ENOENT");
	given_path(i, "/run/app.pid", "create");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/run");
	assert_non_null(strstr(mount_of(&plan, "/run")->reason, "1 path written"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_missing_stays_missing_where_that_is_cheap),
		cmocka_unit_test(what_is_missing_among_programs_is_no_matter_of_asking),
		cmocka_unit_test(what_is_missing_elsewhere_is_a_risk),
		cmocka_unit_test(who_was_denied_is_denied_again),
		cmocka_unit_test(what_is_missing_once_and_there_later_is_a_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
