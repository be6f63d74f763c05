/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "checks/plan/read.h"
#include "core/str.h"
#include "tests/unit/test.h"

#define HEAD "{\"schema\": \"taskprobe.plan/1\", "

static struct plan plan;
static struct err err;

static int read_as(const char *text, const char *container)
{
	plan_done(&plan);
	plan = (struct plan){ 0 };
	err = (struct err)ERR_INIT;
	return plan_read(text, strlen(text), container, &plan, &err);
}

/* Of a plan with this mount alone; its path is /a. */
static int read_mount(const char *members)
{
	char *text = str_format(HEAD "\"mounts\": [{\"path\": \"/a\", %s}]}", members);
	int r;

	assert_non_null(text);
	r = read_as(text, NULL);
	free(text);
	return r;
}

static const struct plan_mount *mount(void)
{
	assert_int_equal(plan.mounts.len, 1);
	return LIST_AT(&plan.mounts, struct plan_mount, 0);
}

static void assert_owner(int64_t uid, int64_t gid, int64_t mode)
{
	assert_int_equal(mount()->uid, uid);
	assert_int_equal(mount()->gid, gid);
	assert_int_equal(mount()->mode, mode);
}

static int teardown(void **state)
{
	(void)state;
	plan_done(&plan);
	return 0;
}

TEST(what_is_left_out_is_not_known)
{
	assert_int_equal(read_mount("\"kind\": \"volume\""), 0);
	assert_owner(-1, -1, -1);
	assert_string_equal(mount()->reason, "");
	assert_int_equal(read_mount("\"kind\": \"volume\", \"uid\": 0, \"gid\": 0"), 0);
	assert_owner(0, 0, -1);
	assert_int_equal(read_mount("\"kind\": \"volume\", \"uid\": 101"), 0);
	assert_owner(101, -1, -1);
	assert_int_equal(read_mount("\"kind\": \"efs\", \"mode\": 493"), 0);
	assert_owner(-1, -1, 0755);
	assert_int_equal(read_mount("\"kind\": \"efs\", \"uid\": -1, \"mode\": -1"), 0);
	assert_owner(-1, -1, -1);
}

TEST(each_mount_has_its_own_members)
{
	assert_int_equal(read_as(HEAD
				 "\"mounts\": [{\"path\": \"/a\", \"kind\": \"volume\"}, "
				 "{\"path\": \"/b\", \"kind\": \"volume\", \"uid\": 7}]}",
				 NULL),
			 0);
	assert_int_equal(plan.mounts.len, 2);
	assert_int_equal(LIST_AT(&plan.mounts, struct plan_mount, 0)->uid, -1);
	assert_int_equal(LIST_AT(&plan.mounts, struct plan_mount, 1)->uid, 7);
}

TEST(tmpfs_is_what_its_options_say)
{
	assert_int_equal(read_mount("\"kind\": \"tmpfs\""), 0);
	assert_owner(0, 0, -1);
	assert_int_equal(read_mount("\"kind\": \"tmpfs\", \"uid\": 5, \"gid\": 6, "
				    "\"mode\": 448"),
			 0);
	assert_owner(5, 6, 0700);
	assert_int_equal(read_mount("\"kind\": \"tmpfs\", \"uid\": 5, \"options\": "
				    "[\"uid=7\", \"gid=8\", \"mode=1777\", \"uid=9\"]"),
			 0);
	assert_owner(9, 8, 01777);
	assert_int_equal(read_mount("\"kind\": \"volume\", \"options\": [\"uid=7\"]"), 0);
	assert_owner(-1, -1, -1);
}

TEST(owners_and_modes_are_such)
{
	static const char *const bad[] = {
		"\"kind\": \"volume\", \"uid\": 4294967295",
		"\"kind\": \"volume\", \"gid\": 4294967296",
		"\"kind\": \"volume\", \"uid\": -2",
		"\"kind\": \"volume\", \"mode\": 4096",
		"\"kind\": \"volume\", \"mode\": -7",
		"\"kind\": \"volume\", \"uid\": \"0\"",
		"\"kind\": \"volume\", \"uid\": 1e99",
		"\"kind\": \"tmpfs\", \"uid\": -7",
		"\"kind\": \"nfs\"",
		"\"kind\": \"tmpfs\", \"options\": [\"uid=root\"]",
		"\"kind\": \"tmpfs\", \"options\": [\"uid=-1\"]",
		"\"kind\": \"tmpfs\", \"options\": [\"uid=4294967295\"]",
		"\"kind\": \"tmpfs\", \"options\": [\"mode=999\"]",
		"\"kind\": \"tmpfs\", \"options\": [\"mode=10000\"]",
		"\"kind\": \"tmpfs\", \"options\": \"exec\"",
		"\"kind\": \"tmpfs\", \"options\": [7]",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (read_mount(bad[i]) != -EINVAL)
			fail_msg("%s was taken", bad[i]);
		assert_string_not_equal(err.msg, "");
	}
}

TEST(of_several_containers_one_is_chosen)
{
	static const char several[] =
		HEAD "\"containers\": [{\"container\": \"app\", \"mounts\": [{\"path\": "
		     "\"/a\", \"uid\": 3}]}, {\"container\": \"web\", \"mounts\": []}]}";

	assert_int_equal(read_as(several, "app"), 0);
	assert_string_equal(mount()->path, "/a");
	assert_int_equal(mount()->uid, 3);
	assert_int_equal(read_as(several, "web"), 0);
	assert_int_equal(plan.mounts.len, 0);
	assert_int_equal(read_as(several, NULL), -EINVAL);
	assert_non_null(strstr(err.msg, "of 2 containers"));
	assert_int_equal(read_as(several, "other"), -EINVAL);
	assert_non_null(strstr(err.msg, "no container 'other'"));
	assert_int_equal(
		read_as(HEAD "\"containers\": [{\"container\": \"app\"}]}", NULL), 0);
	assert_string_equal(plan.container, "app");
	assert_int_equal(read_as(HEAD "\"containers\": []}", NULL), -EINVAL);
	assert_int_equal(read_as(HEAD "\"containers\": [7]}", NULL), -EINVAL);
	assert_int_equal(read_as(HEAD "\"containers\": 7}", "app"), -EINVAL);
}

TEST(another_containers_is_refused)
{
	assert_int_equal(read_as(HEAD "\"container\": \"app\"}", "web"), -EINVAL);
	assert_non_null(strstr(err.msg, "'app', not 'web'"));
	assert_int_equal(read_as(HEAD "\"container\": \"app\"}", "app"), 0);
	assert_int_equal(read_as(HEAD "\"mounts\": []}", "web"), 0);
}

TEST(what_is_no_plan_is_refused)
{
	static const char *const bad[] = {
		"",
		"[]",
		"7",
		"null",
		"{}",
		"{\"schema\": \"taskprobe.plan/2\"}",
		"{\"schema\": \"taskprobe.inventory/1\"}",
		"{\"schema\": 1}",
		HEAD "\"mounts\": 7}",
		HEAD "\"mounts\": [7]}",
		HEAD "\"mounts\": [{}]}",
		HEAD "\"mounts\": [{\"path\": 7}]}",
		HEAD "\"mounts\": [{\"path\": \"/a\\u0000b\"}]}",
		HEAD "\"mounts\": [], \"mounts\": []}",
		HEAD "\"mounts\": [",
		HEAD "\"environment\": [7]}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (read_as(bad[i], NULL) >= 0)
			fail_msg("%s was taken", bad[i]);
}

TEST(what_is_not_known_is_passed_over)
{
	assert_int_equal(read_as(HEAD "\"later\": {\"a\": [1]}, \"mounts\": [{\"path\": "
				      "\"/a\", \"kind\": \"efs\", \"later\": 1}]}",
				 NULL),
			 0);
	assert_int_equal(mount()->kind, PLAN_EFS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_out_is_not_known),
		cmocka_unit_test(each_mount_has_its_own_members),
		cmocka_unit_test(tmpfs_is_what_its_options_say),
		cmocka_unit_test(owners_and_modes_are_such),
		cmocka_unit_test(of_several_containers_one_is_chosen),
		cmocka_unit_test(another_containers_is_refused),
		cmocka_unit_test(what_is_no_plan_is_refused),
		cmocka_unit_test(what_is_not_known_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
