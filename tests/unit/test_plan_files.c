/* SPDX-License-Identifier: MIT
 *
 * test_plan_files.c - single files among many, questions, and what needs nothing.
 */
#include "tests/unit/plan_given.h"

/* --- single files --- */

TEST(a_file_that_is_rewritten_in_etc_is_moved)
{
	struct inventory *i = given_run();

	given_dir(i, "/etc", 90, 0, 0755, 0);
	given_path_more(i, "/etc/app.conf", "+write,truncate,chmod",
			GIVEN_BY("/bin/sh", 0));
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/var/lib/taskprobe/etc");
	LINE_IS(&plan, "RUN mkdir -p '/var/lib/taskprobe/etc' && mv '/etc/app.conf' "
		       "'/var/lib/taskprobe/etc/app.conf' && ln -s "
		       "'/var/lib/taskprobe/etc/app.conf' '/etc/app.conf'");
	LINE_IS(&plan, "VOLUME [\"/var/lib/taskprobe/etc\"]");
	assert_int_equal(plan.entries, 1);
	assert_int_equal(plan.by_hand.len, 0);
	assert_true(has_risk(&plan, "O_NOFOLLOW"));
}

TEST(entries_that_are_made_in_etc_need_all_of_it)
{
	struct inventory *i = given_run();

	given_dir(i, "/etc", 90, 0, 0755, 0);
	given_path(i, "/etc/app.conf", "+write");
	given_path(i, "/etc/.pwd.lock", "create");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/etc");
	assert_int_equal(plan.entries, 90);
	assert_true(has_risk(&plan, "all of /etc becomes writable"));
}

TEST(a_change_of_owner_does_not_follow_a_link)
{
	struct inventory *i = given_run();

	given_dir(i, "/etc", 90, 0, 0755, 0);
	given_path(i, "/etc/app.conf", "+write,chown");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/etc");
}

TEST(a_link_stands_for_files_with_plain_names_alone)
{
	struct inventory *i = given_run();

	given_dir(i, "/etc", 90, 0, 0755, 0);
	given_path(i, "/etc/app$conf", "+write");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/etc");
}

TEST(a_file_right_below_the_root_is_moved)
{
	struct inventory *i = given_run();

	given_dir(i, "/", 20, 0, 0755, 0);
	given_path_more(i, "/app.log", "create,write", GIVEN_BY("/bin/sh", 7));
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/var/lib/taskprobe-root");
	LINE_IS(&plan, "RUN mkdir -p '/var/lib/taskprobe-root' && ln -s "
		       "'/var/lib/taskprobe-root/app.log' '/app.log' && chown 7:7 "
		       "'/var/lib/taskprobe-root'");
	assert_int_equal(mount_of(&plan, "/var/lib/taskprobe-root")->uid, 7);
	assert_int_equal(plan.by_hand.len, 0);
}

TEST(what_nothing_gives_is_left_to_a_human)
{
	struct inventory *i = given_run();

	given_path(i, "/x.pid", "create,unlink");
	given_path(i, "/dir/", "mkdir,rmdir");
	given_path(i, "/sys/kernel/x", "+write");
	given_path_more(i, "/etc/hosts", "+write", "");
	given_line(i, str_format("{\"record\":\"path\",\"path\":\"/etc/hosts\",\"kind\":"
				 "\"file\",\"ops\":{},\"mount\":\"/etc/hosts\"}"));
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan);
	assert_int_equal(plan.by_hand.len, 4);
	const struct plan_by_hand *miss = plan.by_hand.items;
	assert_string_equal(miss[0].path, "/dir");
	assert_string_equal(miss[1].path, "/etc/hosts");
	assert_non_null(strstr(miss[1].change, "extraHosts"));
	assert_string_equal(miss[2].path, "/sys/kernel/x");
	assert_string_equal(miss[3].path, "/x.pid");
}

/* Erlang asks of each file whether it may write it. */
TEST(programs_are_not_made_writable_for_a_question)
{
	struct inventory *i = given_run();

	given_dir(i, "/usr/lib/erlang/ebin", 3, 0, 0755, 0);
	given_dir(i, "/usr/local/app", 3, 0, 0755, 0);
	given_dir(i, "/var/lib/app", 3, 0, 0755, 0);
	given_path(i, "/usr/lib/erlang/ebin/", "+access");
	given_path(i, "/usr/lib/erlang/ebin/x", "+access");
	given_path(i, "/usr/local/app/x", "+access");
	given_path(i, "/var/lib/app/", "+access");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/usr/local/app", "/var/lib/app");
	assert_int_equal(plan.ignored.len, 2);
	assert_int_equal(plan.by_hand.len, 0);
}

TEST(programs_that_are_written_are_made_writable)
{
	struct inventory *i = given_run();

	given_dir(i, "/usr/lib/erlang/ebin", 3, 0, 0755, 0);
	given_path(i, "/usr/lib/erlang/ebin/x", "access");
	given_path(i, "/usr/lib/erlang/ebin/y", "create");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/usr/lib/erlang/ebin");
	assert_int_equal(plan.ignored.len, 0);
}

#define PYTHON GIVEN_BY("/usr/bin/python3.11", 0)

TEST(byte_code_is_left_unwritten)
{
	struct inventory *i = given_run();

	given_dir(i, "/app", 4, 0, 0755, 0);
	given_path_more(i, "/app/__pycache__/", "mkdir", PYTHON);
	given_path_more(i, "/app/__pycache__/a.cpython-311.pyc", "rename", PYTHON);
	given_path_more(i, "/app/__pycache__/a.cpython-311.pyc.140", "create,rename",
			PYTHON);
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan);
	assert_int_equal(plan.environment.len, 1);
	const struct plan_variable *v = plan.environment.items;
	assert_string_equal(v->name, "PYTHONDONTWRITEBYTECODE");
	assert_string_equal(v->value, "1");
	assert_int_equal(plan.by_hand.len, 0);
}

TEST(byte_code_in_a_directory_that_is_mounted_anyway_is_no_matter)
{
	struct inventory *i = given_run();

	given_path_more(i, "/app/__pycache__/", "mkdir", PYTHON);
	given_path_more(i, "/app/__pycache__/a.pyc", "create", PYTHON);
	given_path_more(i, "/app/x", "create", PYTHON);
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/app");
	assert_int_equal(plan.environment.len, 0);
}

/* The variable does not keep it from that. */
TEST(byte_code_that_the_app_removes_needs_its_directory)
{
	struct inventory *i = given_run();

	given_path_more(i, "/app/__pycache__/a.pyc", "+unlink", PYTHON);
	given_path_more(i, "/plugins/__pycache__/", "mkdir,rmdir", PYTHON);
	given_path_more(i, "/lib3/__pycache__/a.cpython-311.pyc.1234", "create,unlink",
			PYTHON);
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/app/__pycache__", "/plugins");
	assert_int_equal(plan.environment.len, 1);
}

TEST(other_files_beside_byte_code_need_their_directory)
{
	struct inventory *i = given_run();

	given_path_more(i, "/app/__pycache__/", "mkdir", PYTHON);
	given_path_more(i, "/app/__pycache__/a.nbi", "create", PYTHON);
	given_path_more(i, "/lib2/__pycache__/", "mkdir", GIVEN_BY("/usr/bin/make", 0));
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/app", "/lib2");
	assert_int_equal(plan.environment.len, 0);
}

/* --- what needs nothing --- */

TEST(what_failed_anyway_is_left_alone)
{
	struct inventory *i = given_run();

	given(i, "{\"record\":\"path\",\"path\":\"/usr/lib/x/__pycache__\",\"ops\":{"
		 "\"mkdir\":{\"written\":0,\"failed\":{\"EACCES\":4}}}}");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan);
	assert_int_equal(plan.ignored.len, 1);
	const struct plan_ignored *ignored = plan.ignored.items;
	assert_string_equal(ignored->path, "/usr/lib/x/__pycache__");
	assert_non_null(strstr(ignored->reason, "EACCES"));
	assert_int_equal(plan.by_hand.len, 0);
}

TEST(what_worked_once_is_needed)
{
	struct inventory *i = given_run();

	given(i, "{\"record\":\"path\",\"path\":\"/data/x\",\"ops\":{"
		 "\"mkdir\":{\"written\":1,\"failed\":{\"EACCES\":4}}}}");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/data");
	assert_int_equal(plan.ignored.len, 0);
}

TEST(a_question_gets_a_mount_where_that_is_cheap)
{
	struct inventory *i = given_run();

	given_dir(i, "/var/lib/app", 2, 0, 0755, 0);
	given_path(i, "/var/lib/app/", "+access");
	given_path(i, "/", "+access");
	given_path(i, "/usr/lib/", "+access");
	given(i,
	      "{\"record\":\"path\",\"path\":\"/etc/hosts\",\"kind\":\"file\",\"mount\":"
	      "\"/etc/hosts\",\"ops\":{\"access\":{\"written\":1}}}");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/var/lib/app");
	assert_int_equal(plan.ignored.len, 3);
	assert_int_equal(plan.by_hand.len, 0);
}

/* --- ECS Exec --- */

TEST(ecs_exec_gets_its_paths)
{
	const struct plan_options options = { .memory_mib = -1, .exec = true };
	const struct plan_options on_ec2 = { .memory_mib = -1,
					     .exec = true,
					     .launch = LAUNCH_EC2 };
	AUTO(plan_done) struct plan plan = planned_with(given_run(), &options);
	MOUNTS_ARE(&plan, "/managed-agents", "/var/lib/amazon/ssm",
		   "/var/log/amazon/ssm");
	assert_true(has_risk(&plan, "isn't supported"));
	/* There the agent brings the others, and two mounts at one place are refused. */
	AUTO(plan_done) struct plan other = planned_with(given_run(), &on_ec2);
	MOUNTS_ARE(&other, "/var/lib/amazon/ssm");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_is_rewritten_in_etc_is_moved),
		cmocka_unit_test(entries_that_are_made_in_etc_need_all_of_it),
		cmocka_unit_test(a_change_of_owner_does_not_follow_a_link),
		cmocka_unit_test(a_link_stands_for_files_with_plain_names_alone),
		cmocka_unit_test(a_file_right_below_the_root_is_moved),
		cmocka_unit_test(what_nothing_gives_is_left_to_a_human),
		cmocka_unit_test(programs_are_not_made_writable_for_a_question),
		cmocka_unit_test(programs_that_are_written_are_made_writable),
		cmocka_unit_test(byte_code_is_left_unwritten),
		cmocka_unit_test(
			byte_code_in_a_directory_that_is_mounted_anyway_is_no_matter),
		cmocka_unit_test(byte_code_that_the_app_removes_needs_its_directory),
		cmocka_unit_test(other_files_beside_byte_code_need_their_directory),
		cmocka_unit_test(what_failed_anyway_is_left_alone),
		cmocka_unit_test(what_worked_once_is_needed),
		cmocka_unit_test(a_question_gets_a_mount_where_that_is_cheap),
		cmocka_unit_test(ecs_exec_gets_its_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
