/* SPDX-License-Identifier: MIT
 *
 * test_plan_fit.c - what cannot be written into a definition is said, not written.
 */
#include "checks/plan/fit.h"

#include <errno.h>
#include <string.h>

#include "checks/plan/options.h"
#include "core/table.h"
#include "tests/unit/plan_forms.h"

#define MOUNT(path, kind, more)                   \
	"{\"path\":\"" path "\",\"kind\":\"" kind \
	"\",\"uid\":-1,\"gid\":-1,\"mode\":-1" more "}"
#define WEB(mounts) "{\"container\":\"web\",\"mounts\":[" mounts "]}"

static int fitted(struct given_plans *g, enum launch_type launch, struct err *err)
{
	g->document.plans = &g->plans;
	return plan_fit(&g->plans, g->document.definition, launch, err);
}

static const struct plan *only(const struct given_plans *g)
{
	return g->plans.items;
}

static const struct plan_mount *mount_at(const struct given_plans *g, size_t i)
{
	assert_true(i < only(g)->mounts.len);
	return LIST_AT(&only(g)->mounts, struct plan_mount, i);
}

static bool has_risk(const struct plan *plan, const char *part)
{
	LIST_EACH (char *const, risk, &plan->risks)
		if (strstr(*risk, part))
			return true;
	return false;
}

TEST(volumes_have_names_that_nothing_else_has)
{
	GIVEN_PLANS g = GIVEN_PLANS_INIT;
	struct err err = ERR_INIT;

	given_definition(&g, "{\"containerDefinitions\":[{\"name\":\"web\"},{\"name\":"
			     "\"api\"}],\"volumes\":[{\"name\":\"data\"}]}");
	given_plan(&g, WEB(MOUNT("/data", "volume", ",\"volume\":\"data\"") "," MOUNT(
			       "/var/l\xc3\xb6g/x y", "volume", "")));
	given_plan(&g, "{\"container\":\"api\",\"mounts\":[" MOUNT(
			       "/data", "volume", ",\"volume\":\"data\"") "]}");
	assert_int_equal(fitted(&g, LAUNCH_FARGATE, &err), 0);
	assert_string_equal(mount_at(&g, 0)->volume, "web-data");
	assert_string_equal(mount_at(&g, 1)->volume, "var-l-g-x-y");
	const struct plan *api = LIST_AT(&g.plans, struct plan, 1);
	assert_string_equal(LIST_AT(&api->mounts, struct plan_mount, 0)->volume,
			    "api-data");
}

TEST(names_of_volumes_are_short_and_differ)
{
	GIVEN_PLANS g = GIVEN_PLANS_INIT;
	struct err err = ERR_INIT;
	char long_path[600];

	memset(long_path, 'a', sizeof(long_path));
	long_path[0] = '/';
	long_path[sizeof(long_path) - 1] = '\0';
	for (int i = 0; i < 3; i++) {
		AUTO_FREE char *plan =
			str_format(WEB(MOUNT("%s", "volume", "")), long_path);

		given_plan(&g, plan);
	}
	assert_int_equal(fitted(&g, LAUNCH_EC2, &err), 0);
	const char *names[3];
	for (size_t i = 0; i < 3; i++) {
		const struct plan *plan = LIST_AT(&g.plans, struct plan, i);

		names[i] = LIST_AT(&plan->mounts, struct plan_mount, 0)->volume;
		assert_true(strlen(names[i]) < 255);
	}
	assert_string_not_equal(names[0], names[1]);
	assert_string_not_equal(names[1], names[2]);
	assert_string_not_equal(names[0], names[2]);
}

TEST(a_tmpfs_gets_its_size_owner_and_mode)
{
	GIVEN_PLANS g = GIVEN_PLANS_INIT;
	AUTO(str_done) struct str line = STR_INIT(4096);
	struct err err = ERR_INIT;

	given_plan(&g, WEB("{\"path\":\"/t\",\"kind\":\"tmpfs\",\"uid\":7,\"gid\":8,"
			   "\"mode\":493,\"options\":[\"gid=9\"]}"));
	assert_int_equal(fitted(&g, LAUNCH_FARGATE, &err), 0);
	options_join(&line, mount_at(&g, 0));
	assert_string_equal(line.s, "size=64m,gid=9,uid=7,mode=0755");
	assert_true(has_risk(only(&g), "64 MiB is a guess"));
}

TEST(what_no_definition_can_say_is_left_to_people)
{
	static const char *const paths[] = {
		"/a:b",
		"/a\\nb",
		"/a/{{resolve:ssm:x}}",
	};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		GIVEN_PLANS g = GIVEN_PLANS_INIT;
		AUTO_FREE char *plan = str_format(
			WEB(MOUNT("/first", "volume", "") "," MOUNT(
				"%s", "tmpfs", "") "," MOUNT("/last", "volume", "")),
			paths[i]);
		struct err err = ERR_INIT;

		given_plan(&g, plan);
		assert_int_equal(fitted(&g, LAUNCH_FARGATE, &err), 0);
		assert_int_equal(only(&g)->mounts.len, 2);
		assert_string_equal(mount_at(&g, 0)->path, "/first");
		assert_string_equal(mount_at(&g, 1)->path, "/last");
		assert_int_equal(only(&g)->by_hand.len, 1);
	}
}

TEST(a_path_that_is_no_utf8_is_left_to_people)
{
	GIVEN_PLANS g = GIVEN_PLANS_INIT;
	struct err err = ERR_INIT;

	given_plan(&g, WEB(MOUNT("/a", "tmpfs", ",\"path_b64\":\"L2H/\"")));
	assert_string_equal(mount_at(&g, 0)->path, "/a\xff");
	assert_int_equal(fitted(&g, LAUNCH_EC2, &err), 0);
	assert_int_equal(only(&g)->mounts.len, 0);
	assert_int_equal(only(&g)->by_hand.len, 1);
}

TEST(paths_that_are_none_are_errors)
{
	static const char *const paths[] = { "",     "/",   "a",   "/a/../b", "/a/..",
					     "/./a", "//a", "/a/", "/a//b",   ".." };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		GIVEN_PLANS g = GIVEN_PLANS_INIT;
		AUTO_FREE char *plan =
			str_format(WEB(MOUNT("%s", "tmpfs", "")), paths[i]);
		struct err err = ERR_INIT;

		given_plan(&g, plan);
		assert_int_equal(fitted(&g, LAUNCH_EC2, &err), -EINVAL);
		assert_has(err.msg, "no clean absolute path");
	}
	GIVEN_PLANS g = GIVEN_PLANS_INIT;
	struct err err = ERR_INIT;
	given_plan(&g, WEB(MOUNT("/..a/...", "tmpfs", "")));
	assert_int_equal(fitted(&g, LAUNCH_EC2, &err), 0);
}

TEST(a_volume_that_is_mounted_read_only_is_a_miss)
{
	GIVEN_PLANS g = GIVEN_PLANS_INIT;
	struct err err = ERR_INIT;

	given_definition(&g, "{\"containerDefinitions\":[{\"name\":\"web\","
			     "\"mountPoints\":[{\"sourceVolume\":\"c\",\"containerPath\":"
			     "\"/conf/\",\"readOnly\":true}]}]}");
	given_plan(&g,
		   WEB(MOUNT("/conf", "tmpfs", "") "," MOUNT(
			   "/conf/a/b", "tmpfs", "") "," MOUNT("/config", "tmpfs", "")));
	assert_int_equal(fitted(&g, LAUNCH_EC2, &err), 0);
	assert_int_equal(only(&g)->mounts.len, 1);
	assert_string_equal(mount_at(&g, 0)->path, "/config");
	assert_int_equal(only(&g)->by_hand.len, 2);
	const struct plan_by_hand *b = only(&g)->by_hand.items;
	assert_string_equal(b->path, "/conf");
	assert_has(b->reason, "read-only");
}

TEST(external_instances_have_no_efs)
{
	GIVEN_PLANS g = GIVEN_PLANS_INIT;
	struct err err = ERR_INIT;

	given_plan(&g, WEB(MOUNT("/a", "efs", "")));
	assert_int_equal(fitted(&g, LAUNCH_EXTERNAL, &err), 0);
	assert_int_equal(only(&g)->by_hand.len, 1);
	GIVEN_PLANS h = GIVEN_PLANS_INIT;
	given_plan(&h, WEB(MOUNT("/a", "efs", "")));
	assert_int_equal(fitted(&h, LAUNCH_FARGATE, &err), 0);
	assert_int_equal(only(&h)->by_hand.len, 0);
	assert_true(has_risk(only(&h), "fs-REPLACE-ME"));
}

/* ECS refuses a name that is a secret's and a variable's. */
TEST(a_secret_is_not_set_twice)
{
	GIVEN_PLANS g = GIVEN_PLANS_INIT;
	struct err err = ERR_INIT;

	given_definition(&g,
			 "{\"containerDefinitions\":[{\"name\":\"web\",\"secrets\":[{"
			 "\"name\":\"HOME\",\"valueFrom\":\"arn\"}],\"environment\":[{"
			 "\"name\":\"TMPDIR\",\"value\":\"/data\"}]}]}");
	given_plan(&g, "{\"container\":\"web\",\"environment\":[{\"name\":\"HOME\","
		       "\"value\":\"/tmp/h\",\"reason\":\"r\"},{\"name\":\"TMPDIR\","
		       "\"value\":\"/tmp\",\"reason\":\"r\"}]}");
	assert_int_equal(fitted(&g, LAUNCH_EC2, &err), 0);
	assert_int_equal(only(&g)->environment.len, 1);
	assert_int_equal(only(&g)->by_hand.len, 1);
	const struct plan_by_hand *miss = only(&g)->by_hand.items;
	assert_string_equal(miss->path, "HOME");
	assert_true(has_risk(only(&g), "sets TMPDIR to something else"));
}

TEST(a_definition_that_is_still_wrapped_is_said)
{
	GIVEN_PLANS g = GIVEN_PLANS_INIT;
	struct err err = ERR_INIT;

	given_definition(&g, "{\"containerDefinitions\":[{\"name\":\"web\","
			     "\"dockerLabels\":{\"taskprobe.wrapped\":\"{}\"}}]}");
	given_plan(&g, WEB(""));
	assert_int_equal(fitted(&g, LAUNCH_EC2, &err), 0);
	assert_true(has_risk(only(&g), "install --unwrap"));
}

TEST(who_inherits_the_volumes_is_said)
{
	GIVEN_PLANS g = GIVEN_PLANS_INIT;
	struct err err = ERR_INIT;

	given_definition(&g, "{\"containerDefinitions\":[{\"name\":\"web\"},{\"name\":"
			     "\"side\",\"volumesFrom\":[{\"sourceContainer\":\"web\"}]}]"
			     "}");
	given_plan(&g, WEB(MOUNT("/a", "volume", "")));
	assert_int_equal(fitted(&g, LAUNCH_EC2, &err), 0);
	assert_true(has_risk(only(&g), "side has volumesFrom web"));
}

TEST(the_memory_of_the_task_is_everybodys)
{
	static const struct {
		const char *memory;
		bool said;
	} cases[] = { { "\"memory\":\"512\",", true },
		      { "\"memory\":\"1GB\",", false },
		      { "\"memory\":\"0\",", false },
		      { "\"memory\":\"1 TB\",", false },
		      { "\"memory\":\"\",", false },
		      { "", false },
		      { "\"memory\":\"99999999999999999999\",", false } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		GIVEN_PLANS g = GIVEN_PLANS_INIT;
		AUTO_FREE char *definition =
			str_format("{%s\"containerDefinitions\":[{\"name\":\"web\"},{"
				   "\"name\":\"api\"}]}",
				   cases[i].memory);
		struct err err = ERR_INIT;

		given_definition(&g, definition);
		given_plan(&g, WEB(MOUNT("/a", "tmpfs", ",\"size_mib\":200")));
		given_plan(&g, "{\"container\":\"api\",\"mounts\":[" MOUNT(
				       "/a", "tmpfs", ",\"size_mib\":200") "]}");
		assert_int_equal(fitted(&g, LAUNCH_FARGATE, &err), 0);
		assert_int_equal(has_risk(only(&g), "400 MiB together"), cases[i].said);
	}
}

TEST(a_task_that_cannot_have_it_is_an_error)
{
	static const char *const cases[][2] = {
		{ "{\"containerDefinitions\":[{\"name\":\"api\"}]}",
		  "no container 'web'" },
		{ "{\"runtimePlatform\":{\"operatingSystemFamily\":"
		  "\"WINDOWS_SERVER_2022_CORE\"},\"containerDefinitions\":[{\"name\":"
		  "\"web\"}]}",
		  "Windows" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		GIVEN_PLANS g = GIVEN_PLANS_INIT;
		struct err err = ERR_INIT;

		given_definition(&g, cases[i][0]);
		given_plan(&g, WEB(""));
		assert_int_equal(fitted(&g, LAUNCH_UNKNOWN, &err), -EINVAL);
		assert_has(err.msg, cases[i][1]);
	}
}

TEST(options_know_what_they_are_about)
{
	static const struct {
		const char *have, *option;
		bool overrides;
	} cases[] = {
		{ "exec", "noexec", true },
		{ "noexec", "exec", true },
		{ "uid=7", "uid=8", true },
		{ "uid=7", "gid=8", false },
		{ "rw", "ro", true },
		{ "nosuid", "suid", true },
		{ "mode=700", "mode", true },
		{ "noexec", "nodev", false },
		{ "nr_inodes=1", "nr_blocks=1", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(texts_done) struct list options = { 0 };

		assert_int_equal(texts_add(&options, cases[i].have), 0);
		assert_int_equal(options_override(&options, cases[i].option),
				 cases[i].overrides);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(volumes_have_names_that_nothing_else_has),
		cmocka_unit_test(names_of_volumes_are_short_and_differ),
		cmocka_unit_test(a_tmpfs_gets_its_size_owner_and_mode),
		cmocka_unit_test(what_no_definition_can_say_is_left_to_people),
		cmocka_unit_test(a_path_that_is_no_utf8_is_left_to_people),
		cmocka_unit_test(paths_that_are_none_are_errors),
		cmocka_unit_test(a_volume_that_is_mounted_read_only_is_a_miss),
		cmocka_unit_test(external_instances_have_no_efs),
		cmocka_unit_test(a_secret_is_not_set_twice),
		cmocka_unit_test(a_definition_that_is_still_wrapped_is_said),
		cmocka_unit_test(who_inherits_the_volumes_is_said),
		cmocka_unit_test(the_memory_of_the_task_is_everybodys),
		cmocka_unit_test(a_task_that_cannot_have_it_is_an_error),
		cmocka_unit_test(options_know_what_they_are_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
