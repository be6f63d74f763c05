/* SPDX-License-Identifier: MIT
 *
 * test_plan_patch.c - the definition with a plan in it differs in nothing but that.
 */
#include <string.h>

#include "core/table.h"
#include "tests/unit/plan_forms.h"

/* As DescribeTaskDefinition prints it: with what we do not know, and what it adds. */
static const char described[] =
	"{\"taskDefinition\":{\"taskDefinitionArn\":\"arn:x\",\"family\":\"f\","
	"\"revision\":3,\"unheardOf\":{\"z\":1.50,\"a\":[null,true]},"
	"\"containerDefinitions\":[{\"name\":\"web\",\"image\":\"w\",\"mountPoints\":[],"
	"\"newField\":12345678901234567890,\"readonlyRootFilesystem\":false,"
	"\"linuxParameters\":{\"unknown\":7,\"initProcessEnabled\":true},"
	"\"environment\":[{\"value\":\"v\",\"name\":\"K\"}]},"
	"{\"name\":\"other\",\"image\":\"o\",\"readonlyRootFilesystem\":null}],"
	"\"volumes\":[{\"name\":\"data\",\"host\":{}}],\"status\":\"ACTIVE\","
	"\"requiresAttributes\":[{\"name\":\"x\"}],\"compatibilities\":[\"EC2\"],"
	"\"registeredAt\":1.5,\"registeredBy\":\"r\",\"deregisteredAt\":2,"
	"\"cpu\":\"256\"},\"tags\":[{\"key\":\"team\",\"value\":\"x\"}]}";

#define TMPFS(path, size, options)                                         \
	"{\"path\":\"" path "\",\"kind\":\"tmpfs\",\"uid\":-1,\"gid\":-1," \
	"\"mode\":-1,\"size_mib\":" size ",\"seen_bytes\":-1,\"options\":[" options "]}"
#define VOLUME(path, kind, name) \
	"{\"path\":\"" path "\",\"kind\":\"" kind "\",\"volume\":\"" name "\"}"

static char *patched(const char *definition, const char *const *plans, size_t n)
{
	GIVEN_PLANS g = GIVEN_PLANS_INIT;
	AUTO(str_done) struct str out = STR_INIT(PLAN_TEXT_MAX);

	given_definition(&g, definition);
	for (size_t i = 0; i < n; i++)
		given_plan(&g, plans[i]);
	g.document.plans = &g.plans;
	plan_taskdef(&g.document, &out);
	assert_int_equal(out.error, 0);
	return compact(out.s);
}
#define PATCHED(definition, ...)                                \
	({                                                      \
		const char *const plans_[] = { __VA_ARGS__ };   \
		patched(definition, plans_, ARRAY_LEN(plans_)); \
	})

TEST(nothing_else_is_changed)
{
	AUTO_FREE char *got = PATCHED(
		described,
		"{\"container\":\"web\",\"mounts\":[" TMPFS(
			"/tmp", "64",
			"\"noexec\",\"uid=7\"") "," VOLUME("/var/lib/a", "volume",
							   "a") "],\"environment\":[{"
								"\"name\":"
								"\"TMPDIR\",\"value\":\"/"
								"t\"}]}");

	assert_string_equal(
		got,
		"{\"family\":\"f\",\"unheardOf\":{\"z\":1.50,\"a\":[null,true]},"
		"\"containerDefinitions\":[{\"name\":\"web\",\"image\":\"w\","
		"\"mountPoints\":[{\"sourceVolume\":\"a\",\"containerPath\":\"/var/lib/"
		"a\",\"readOnly\":false}],\"newField\":12345678901234567890,"
		"\"readonlyRootFilesystem\":true,\"linuxParameters\":{\"unknown\":7,"
		"\"initProcessEnabled\":true,\"tmpfs\":[{\"containerPath\":\"/tmp\","
		"\"size\":64,\"mountOptions\":[\"noexec\",\"uid=7\"]}]},"
		"\"environment\":[{\"value\":\"v\",\"name\":\"K\"},{\"name\":\"TMPDIR\","
		"\"value\":\"/t\"}]},"
		"{\"name\":\"other\",\"image\":\"o\",\"readonlyRootFilesystem\":null}],"
		"\"volumes\":[{\"name\":\"data\",\"host\":{}},{\"name\":\"a\"}],"
		"\"cpu\":\"256\",\"tags\":[{\"key\":\"team\",\"value\":\"x\"}]}");
}

TEST(what_was_not_there_comes_last)
{
	AUTO_FREE char *got = PATCHED(
		"{\"containerDefinitions\":[{\"name\":\"web\"}],\"family\":\"f\"}",
		"{\"container\":\"web\",\"mounts\":[" TMPFS("/t", "1", "") "," VOLUME(
			"/a", "volume", "a") "],\"environment\":[{\"name\":\"A\","
					     "\"value\":\"\"}]}");

	assert_string_equal(
		got,
		"{\"containerDefinitions\":[{\"name\":\"web\",\"environment\":[{\"name\":"
		"\"A\",\"value\":\"\"}],\"mountPoints\":[{\"sourceVolume\":\"a\","
		"\"containerPath\":\"/a\",\"readOnly\":false}],\"linuxParameters\":{"
		"\"tmpfs\":[{\"containerPath\":\"/t\",\"size\":1}]},"
		"\"readonlyRootFilesystem\":true}],\"family\":\"f\",\"volumes\":[{"
		"\"name\":\"a\"}]}");
}

/* A null member is one that is there, and is replaced in its place. */
TEST(null_is_filled_in_its_place)
{
	AUTO_FREE char *got = PATCHED(
		"{\"volumes\":null,\"containerDefinitions\":[{\"mountPoints\":null,"
		"\"environment\":null,\"linuxParameters\":null,"
		"\"readonlyRootFilesystem\":null,\"name\":\"web\"}]}",
		"{\"container\":\"web\",\"mounts\":[" TMPFS("/t", "1", "") "," VOLUME(
			"/a", "volume", "a") "],\"environment\":[{\"name\":\"A\","
					     "\"value\":\"b\"}]}");

	assert_string_equal(
		got,
		"{\"volumes\":[{\"name\":\"a\"}],\"containerDefinitions\":[{"
		"\"mountPoints\":[{\"sourceVolume\":\"a\",\"containerPath\":\"/a\","
		"\"readOnly\":false}],\"environment\":[{\"name\":\"A\",\"value\":\"b\"}],"
		"\"linuxParameters\":{\"tmpfs\":[{\"containerPath\":\"/t\",\"size\":1}]},"
		"\"readonlyRootFilesystem\":true,\"name\":\"web\"}]}");
}

TEST(a_plan_without_mounts_sets_the_root_alone)
{
	AUTO_FREE char *got =
		PATCHED("{\"containerDefinitions\":[{\"name\":\"a\",\"environment\":[],"
			"\"mountPoints\":null},{\"name\":\"b\"}]}",
			"{\"container\":\"a\"}");

	assert_string_equal(got,
			    "{\"containerDefinitions\":[{\"name\":\"a\",\"environment\":["
			    "],\"mountPoints\":null,\"readonlyRootFilesystem\":true},"
			    "{\"name\":\"b\"}]}");
}

/* Two mounts of one path are refused by every runtime. */
TEST(what_is_mounted_already_is_not_mounted_twice)
{
	static const char definition[] =
		"{\"containerDefinitions\":[{\"name\":\"web\",\"mountPoints\":[{"
		"\"sourceVolume\":\"v\",\"containerPath\":\"/data/\",\"readOnly\":false,"
		"\"new\":1}],\"linuxParameters\":{\"tmpfs\":[{\"containerPath\":\"//"
		"tmp\","
		"\"size\":16,\"mountOptions\":[\"noexec\",\"mode=700\",\"uid=1\"],"
		"\"new\":2}]}}],\"volumes\":[{\"name\":\"v\"}]}";
	AUTO_FREE char *volume =
		PATCHED(definition, "{\"container\":\"web\",\"mounts\":[" VOLUME(
					    "/data", "volume",
					    "x") "," VOLUME("/tmp", "volume", "y") "]}");
	AUTO_FREE char *tmpfs = PATCHED(
		definition,
		"{\"container\":\"web\",\"mounts\":[" TMPFS("/data", "8", "") "," TMPFS(
			"/tmp", "32", "\"exec\",\"uid=7\"") "]}");

	assert_lacks(volume, "\"x\"");
	assert_lacks(volume, "\"y\"");
	assert_has(volume, "\"volumes\":[{\"name\":\"v\"}]");
	assert_has(volume, "\"mountOptions\":[\"noexec\",\"mode=700\",\"uid=1\"]");
	assert_has(tmpfs, "\"mountPoints\":[{\"sourceVolume\":\"v\",\"containerPath\":"
			  "\"/data/\",\"readOnly\":false,\"new\":1}]");
	assert_has(tmpfs,
		   "\"tmpfs\":[{\"containerPath\":\"//tmp\",\"size\":32,"
		   "\"mountOptions\":[\"mode=700\",\"exec\",\"uid=7\"],\"new\":2}]");
}

TEST(a_variable_is_set_in_its_place)
{
	AUTO_FREE char *got = PATCHED(
		"{\"containerDefinitions\":[{\"name\":\"web\",\"environment\":[{\"x\":1,"
		"\"value\":\"old\",\"name\":\"A\"},{\"name\":\"B\"},{\"name\":\"C\","
		"\"value\":\"c\"}]}]}",
		"{\"container\":\"web\",\"environment\":[{\"name\":\"B\",\"value\":\"b\"}"
		","
		"{\"name\":\"A\",\"value\":\"new\"}]}");

	assert_has(got,
		   "\"environment\":[{\"x\":1,\"value\":\"new\",\"name\":\"A\"},"
		   "{\"name\":\"B\",\"value\":\"b\"},{\"name\":\"C\",\"value\":\"c\"}"
		   "]");
}

TEST(efs_has_ids_that_nobody_takes_for_real)
{
	AUTO_FREE char *got = PATCHED(
		"{\"containerDefinitions\":[{\"name\":\"web\"}]}",
		"{\"container\":\"web\",\"mounts\":[" VOLUME("/a", "efs", "a") "]}");

	assert_has(got,
		   "\"volumes\":[{\"name\":\"a\",\"efsVolumeConfiguration\":{"
		   "\"fileSystemId\":\"fs-REPLACE-ME\",\"transitEncryption\":\"ENABLED\","
		   "\"authorizationConfig\":{\"accessPointId\":\"fsap-REPLACE-ME\"}}}]");
}

TEST(several_containers_are_one_definition)
{
	AUTO_FREE char *got = PATCHED(
		"{\"containerDefinitions\":[{\"name\":\"a\"},{\"name\":\"b\"},"
		"{\"name\":\"c\"}]}",
		"{\"container\":\"c\",\"mounts\":[" VOLUME("/x", "volume", "cx") "]}",
		"{\"container\":\"a\",\"mounts\":[" VOLUME("/x", "volume", "ax") "]}");

	assert_string_equal(
		got, "{\"containerDefinitions\":[{\"name\":\"a\",\"mountPoints\":[{"
		     "\"sourceVolume\":\"ax\",\"containerPath\":\"/x\",\"readOnly\":"
		     "false}],\"readonlyRootFilesystem\":true},{\"name\":\"b\"},"
		     "{\"name\":\"c\",\"mountPoints\":[{\"sourceVolume\":\"cx\","
		     "\"containerPath\":\"/x\",\"readOnly\":false}],"
		     "\"readonlyRootFilesystem\":true}],\"volumes\":[{\"name\":\"ax\"},"
		     "{\"name\":\"cx\"}]}");
}

/* The way back is what was given, ready to be registered: to the byte. */
TEST(backout_gives_the_definition_before)
{
	GIVEN_PLANS g = GIVEN_PLANS_INIT;
	AUTO(str_done) struct str out = STR_INIT(PLAN_TEXT_MAX);

	given_definition(&g, described);
	given_plan(&g,
		   "{\"container\":\"web\",\"mounts\":[" TMPFS("/tmp", "64", "") "]}");
	g.document.plans = &g.plans;
	plan_backout(&g.document, &out);
	AUTO_FREE char *got = compact(out.s);
	assert_string_equal(
		got,
		"{\"family\":\"f\",\"unheardOf\":{\"z\":1.50,\"a\":[null,true]},"
		"\"containerDefinitions\":[{\"name\":\"web\",\"image\":\"w\","
		"\"mountPoints\":[],"
		"\"newField\":12345678901234567890,\"readonlyRootFilesystem\":false,"
		"\"linuxParameters\":{\"unknown\":7,\"initProcessEnabled\":true},"
		"\"environment\":[{\"value\":\"v\",\"name\":\"K\"}]},"
		"{\"name\":\"other\",\"image\":\"o\",\"readonlyRootFilesystem\":null}],"
		"\"volumes\":[{\"name\":\"data\",\"host\":{}}],"
		"\"cpu\":\"256\",\"tags\":[{\"key\":\"team\",\"value\":\"x\"}]}");
}

TEST(a_hundred_containers_are_no_more_than_one)
{
	AUTO(str_done) struct str definition = STR_INIT(PLAN_TEXT_MAX);

	(void)str_puts(&definition, "{\"containerDefinitions\":[");
	for (int i = 0; i < 100; i++)
		(void)str_printf(&definition, "%s{\"name\":\"c%d\"}", i ? "," : "", i);
	(void)str_puts(&definition, "]}");
	AUTO_FREE char *got = PATCHED(definition.s, "{\"container\":\"c57\"}");
	assert_has(got, "{\"name\":\"c56\"},{\"name\":\"c57\",\"readonlyRootFilesystem\":"
			"true},{\"name\":\"c58\"}");
	assert_has(got, "{\"name\":\"c99\"}]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_else_is_changed),
		cmocka_unit_test(what_was_not_there_comes_last),
		cmocka_unit_test(null_is_filled_in_its_place),
		cmocka_unit_test(a_plan_without_mounts_sets_the_root_alone),
		cmocka_unit_test(what_is_mounted_already_is_not_mounted_twice),
		cmocka_unit_test(a_variable_is_set_in_its_place),
		cmocka_unit_test(efs_has_ids_that_nobody_takes_for_real),
		cmocka_unit_test(several_containers_are_one_definition),
		cmocka_unit_test(backout_gives_the_definition_before),
		cmocka_unit_test(a_hundred_containers_are_no_more_than_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
