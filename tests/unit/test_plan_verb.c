/* SPDX-License-Identifier: MIT
 *
 * test_plan_verb.c - the verb: whose inventories they are, what the definition and the
 * facts add, and words for what cannot be.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/verb.h"
#include "core/table.h"
#include "tests/unit/files.h"
#include "tests/unit/plan_forms.h"

#define RUN(id, container)                                                            \
	"{\"record\":\"run\",\"schema\":\"taskprobe.inventory/1\",\"id\":\"" id "\"," \
	"\"method\":\"trace\",\"container\":\"" container "\"}\n"
#define NAMELESS(id)                                                            \
	"{\"record\":\"run\",\"schema\":\"taskprobe.inventory/1\",\"id\":\"" id \
	"\",\"method\":\"watch\"}\n"
#define PATH(path)                                                                \
	"{\"record\":\"path\",\"path\":\"" path                                   \
	"\",\"ops\":{\"create\":{\"written\":1}},\"kind\":\"file\",\"in_image\":" \
	"false,\"exists\":false,\"mount\":\"/\",\"size\":10}\n"
#define DIR(path)                                                                   \
	"{\"record\":\"dir\",\"path\":\"" path                                      \
	"\",\"entries\":0,\"empty\":true,\"uid\":0,\"gid\":0,\"mode\":1023,\"peak_" \
	"bytes\":"                                                                  \
	"10}\n"
#define END                                                                \
	"{\"record\":\"end\",\"ended\":\"exit\",\"exit\":0,\"coverage\":{" \
	"\"events\":5,\"unresolved\":0,\"lost\":0,\"blind_spots\":[]}}\n"
#define WEB RUN("1", "web") PATH("/tmp/w") DIR("/tmp") END
#define API RUN("2", "api") PATH("/work/a") DIR("/work") END

static const char two[] =
	"{\"family\":\"f\",\"memory\":\"512\",\"containerDefinitions\":["
	"{\"name\":\"web\"},{\"name\":\"api\"}]}";

static char directory[] = "/tmp/taskprobe-plan-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d", "out", "said" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)unlink(names[i]);
	return chdir("/") == 0 && rmdir(directory) == 0 ? 0 : -1;
}

/* `taskprobe VERB` with these words; its status. The output is in "out", what it says
 * in "said". */
static int call(const struct verb *verb, const char *const *words, size_t n)
{
	AUTO(settings_done) struct settings settings = { 0 };
	AUTO(list_done) struct list rest = { 0 };
	char *argv[16] = { (char[]){ "plan" }, (char[]){ "-o" }, (char[]){ "out" } };
	struct err err = ERR_INIT;

	put("out", "");
	for (size_t i = 0; i < n; i++)
		argv[i + 3] = (char *)(uintptr_t)words[i];
	if (settings_read(&settings, verb->takes, (int)n + 3, argv, &rest, &err) < 0)
		return EXIT_USAGE;
	AUTO_CLOSE int saved = dup(STDERR_FILENO);
	AUTO_CLOSE int said =
		open("said", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(saved >= 0 && said >= 0 && dup2(said, STDERR_FILENO) >= 0);
	const int status = verb->run(&settings, &rest);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	return status;
}
#define CALL(verb, ...)                                       \
	({                                                    \
		const char *const words_[] = { __VA_ARGS__ }; \
		call(verb, words_, ARRAY_LEN(words_));        \
	})
#define PLAN(...) CALL(&verb_plan, __VA_ARGS__)

static void assert_out(const char *part)
{
	AUTO_FREE char *out = content("out");

	assert_has(out, part);
}

static void assert_said(const char *part)
{
	AUTO_FREE char *said = content("said");

	assert_has(said, part);
}

TEST(the_container_is_that_of_the_inventories)
{
	put("a", WEB);
	assert_int_equal(PLAN("a"), EXIT_CLEAN);
	assert_out("\"container\": \"web\"");
	assert_out("\"path\": \"/tmp\"");
	put("d", two);
	assert_int_equal(PLAN("a", "--task-definition", "d", "-f", "taskdef"),
			 EXIT_CLEAN);
	assert_out("\"readonlyRootFilesystem\": true");
}

TEST(inventories_that_do_not_say_are_of_the_one_that_is_named)
{
	put("a", NAMELESS("3") PATH("/tmp/w") DIR("/tmp") END);
	put("b", WEB);
	put("d", two);
	assert_int_equal(PLAN("a"), EXIT_CLEAN);
	assert_int_equal(PLAN("a", "--container", "api", "--task-definition", "d"),
			 EXIT_CLEAN);
	assert_out("\"container\": \"api\"");
	assert_int_equal(PLAN("a", "b", "--container", "web"), EXIT_CLEAN);
	assert_out("\"runs\": 2");
	assert_int_equal(PLAN("a", "--task-definition", "d"), EXIT_BLIND);
	assert_said("the definition has 2 containers");
	assert_int_equal(PLAN("a", "b"), EXIT_BLIND);
	assert_said("--container NAME");
	put("d", "{\"containerDefinitions\":[{\"name\":\"lone\"}]}");
	assert_int_equal(PLAN("a", "--task-definition", "d"), EXIT_CLEAN);
	assert_out("\"container\": \"lone\"");
}

TEST(another_container_is_an_error)
{
	put("a", WEB);
	put("d", two);
	assert_int_equal(PLAN("a", "--container", "api"), EXIT_BLIND);
	assert_said("'web'");
	put("b", RUN("4", "other") PATH("/x/y") END);
	assert_int_equal(PLAN("b", "--task-definition", "d"), EXIT_BLIND);
	assert_said("no container 'other'; it has web, api");
	assert_int_equal(PLAN("a", "--container", "", "--task-definition", "d"),
			 EXIT_BLIND);
	AUTO_FREE char *out = content("out");
	assert_string_equal(out, "");
}

TEST(a_name_that_no_container_has_is_an_error)
{
	put("a", RUN("1", "{{resolve:x}}") PATH("/x/y") END);
	assert_int_equal(PLAN("a", "-f", "cloudformation"), EXIT_BLIND);
	assert_said("'{{resolve:x}}' is no name of a container");
	AUTO_FREE char *out = content("out");
	assert_string_equal(out, "");
}

TEST(several_containers_are_one_document)
{
	put("a", WEB);
	put("b", API);
	put("c", API WEB);
	put("d", two);
	assert_int_equal(PLAN("a", "b", "--task-definition", "d"), EXIT_CLEAN);
	AUTO_FREE char *one = content("out");
	assert_has(one, "\"containers\": [");
	const char *api = strstr(one, "\"container\": \"api\"");
	const char *web = strstr(one, "\"container\": \"web\"");
	assert_true(api && web && api < web);
	assert_true(strstr(api, "\"path\": \"/work\"") < web);
	assert_non_null(strstr(web, "\"path\": \"/tmp\""));
	assert_null(strstr(web, "\"path\": \"/work\""));
	assert_int_equal(PLAN("c", "--task-definition", "d"), EXIT_CLEAN);
	AUTO_FREE char *log = content("out");
	assert_string_equal(log, one);
	assert_int_equal(PLAN("b", "a", "--task-definition", "d"), EXIT_CLEAN);
	AUTO_FREE char *turned = content("out");
	assert_string_equal(turned, one);
}

/* A merged inventory says of no path which run wrote it. */
TEST(a_merged_inventory_of_two_containers_is_refused)
{
	put("a", WEB);
	put("b", API);
	assert_int_equal(CALL(&verb_merge, "a", "b"), EXIT_CLEAN);
	AUTO_FREE char *merged = content("out");
	put("c", merged);
	assert_int_equal(PLAN("c"), EXIT_BLIND);
	assert_said("cannot be taken apart");
	assert_int_equal(PLAN("c", "--container", "web"), EXIT_BLIND);
}

TEST(a_truncated_inventory_is_the_first_risk)
{
	put("a", RUN("1", "web") PATH("/tmp/w") DIR("/tmp"));
	assert_int_equal(PLAN("a"), EXIT_CLEAN);
	AUTO_FREE char *out = content("out");
	const char *risks = strstr(out, "\"risks\": [");
	assert_non_null(risks);
	const char *first = strchr(risks, '\n');
	assert_true(first && strstr(first, "truncated") < strchr(first + 1, '\n'));
	assert_int_equal(PLAN("a", "-f", "text"), EXIT_CLEAN);
	AUTO_FREE char *text = content("out");
	const char *word = strstr(text, "truncated");
	assert_true(word && word < strchr(text, '\n'));
}

TEST(what_is_mounted_needs_nothing)
{
	put("a", WEB);
	put("d", "{\"containerDefinitions\":[{\"name\":\"web\",\"volumesFrom\":[{"
		 "\"sourceContainer\":\"side\"}]},{\"name\":\"side\",\"mountPoints\":[{"
		 "\"sourceVolume\":\"v\",\"containerPath\":\"/tmp\"}]}],\"volumes\":[{"
		 "\"name\":\"v\"}]}");
	assert_int_equal(PLAN("a", "--task-definition", "d"), EXIT_CLEAN);
	assert_out("\"mounts\": []");
	put("d",
	    "{\"containerDefinitions\":[{\"name\":\"web\",\"mountPoints\":[{"
	    "\"sourceVolume\":\"v\",\"containerPath\":\"/tmp\",\"readOnly\":true}]}],"
	    "\"volumes\":[{\"name\":\"v\"}]}");
	assert_int_equal(PLAN("a", "--task-definition", "d"), EXIT_FINDINGS);
	assert_out("read-only");
}

/* The runtime hands on what a container got from another itself; a cycle is no end. */
TEST(what_comes_by_way_of_others_is_mounted_too)
{
	put("a", WEB);
	put("d", "{\"containerDefinitions\":[{\"name\":\"web\",\"volumesFrom\":[{"
		 "\"sourceContainer\":\"one\"}]},{\"name\":\"one\",\"volumesFrom\":[{"
		 "\"sourceContainer\":\"two\"}]},{\"name\":\"two\",\"volumesFrom\":[{"
		 "\"sourceContainer\":\"three\"}]},{\"name\":\"three\",\"volumesFrom\":[{"
		 "\"sourceContainer\":\"one\"}],\"mountPoints\":[{"
		 "\"sourceVolume\":\"v\",\"containerPath\":\"/tmp\"}]}],\"volumes\":[{"
		 "\"name\":\"v\"}]}");
	assert_int_equal(PLAN("a", "--task-definition", "d"), EXIT_CLEAN);
	assert_out("\"mounts\": []");
}

TEST(a_tmpfs_that_is_read_only_is_a_miss)
{
	put("a", WEB);
	put("d", "{\"containerDefinitions\":[{\"name\":\"web\",\"linuxParameters\":{"
		 "\"tmpfs\":[{\"containerPath\":\"/tmp\",\"size\":5,\"mountOptions\":["
		 "\"ro\"]}]}}]}");
	assert_int_equal(PLAN("a", "--task-definition", "d"), EXIT_FINDINGS);
	assert_out("read-only");
}

TEST(another_user_than_the_definition_s_is_a_risk)
{
#define BY(uid)                                                         \
	"{\"record\":\"path\",\"path\":\"/work/"                        \
	"a\",\"ops\":{\"create\":{\"written\":1}},"                     \
	"\"processes\":[{\"exe\":\"/app\",\"uid\":" uid ",\"gid\":" uid \
	",\"count\":1}]}\n"
#define AS(user) "{\"containerDefinitions\":[{\"name\":\"api\",\"user\":\"" user "\"}]}"
	static const struct {
		const char *inventory, *definition;
		bool said;
	} all[] = {
		{ RUN("2", "api") BY("0") DIR("/work") END, AS("1000:1000"), true },
		{ RUN("2", "api") BY("5") DIR("/work") END, AS("1000"), true },
		{ RUN("2", "api") BY("1000") DIR("/work") END, AS("1000:5"), false },
		{ RUN("2", "api") BY("0") DIR("/work") END, AS("0"), false },
		{ RUN("2", "api") BY("0") DIR("/work") END, AS("node"), false },
		{ API, AS("1000"), false },
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		put("a", all[i].inventory);
		put("d", all[i].definition);
		assert_int_equal(PLAN("a", "--task-definition", "d"), EXIT_CLEAN);
		AUTO_FREE char *text = content("out");
		assert_int_equal(strstr(text, "the definition runs the app as") != NULL,
				 all[i].said);
	}
}

/* A definition says nothing of it. */
TEST(what_was_not_seen_is_said_beside_each_form)
{
	put("a", RUN("1", "web") PATH("/tmp/w")
			 DIR("/tmp") "{\"record\":\"end\",\"ended\":\"exit\",\"exit\":0,"
				     "\"coverage\":{"
				     "\"events\":5,\"unresolved\":3,\"lost\":2,\"blind_"
				     "spots\":[]}}\n");
	assert_int_equal(PLAN("a", "-f", "terraform"), EXIT_CLEAN);
	assert_said("; 3 unresolved; 2 lost");
}

TEST(facts_say_who_writes_and_where_it_runs)
{
	put("a", NAMELESS("3") PATH("/work/w") DIR("/work") END);
	put("b",
	    "{\"schema\":\"taskprobe.facts/1\",\"tool\":{},\"facts\":[{\"container\":"
	    "\"web\",\"identity\":{\"known\":true,\"uid\":77,\"euid\":77,\"suid\":77,"
	    "\"fsuid\":77,\"gid\":78,\"egid\":78,\"sgid\":78,\"fsgid\":78,\"groups\":"
	    "[],\"cap_inheritable\":\"0x0000000000000000\",\"cap_permitted\":"
	    "\"0x0000000000000000\",\"cap_effective\":\"0x0000000000000000\","
	    "\"cap_bounding\":\"0x0000000000000000\",\"cap_ambient\":"
	    "\"0x0000000000000000\",\"no_new_privs\":false,\"seccomp_mode\":0,"
	    "\"seccomp_filters\":0}}]}");
	assert_int_equal(PLAN("a", "--container", "web", "--facts", "b"), EXIT_CLEAN);
	assert_out("uid 77");
	put("c", WEB);
	assert_int_equal(PLAN("c", "--facts", "b"), EXIT_CLEAN);
	put("c", API);
	assert_int_equal(PLAN("c", "--facts", "b"), EXIT_CLEAN);
	assert_said("none of the facts are of api");
	put("c", "{\"schema\":\"other\"}");
	assert_int_equal(PLAN("a", "--facts", "c"), EXIT_BLIND);
	assert_said("neither a report nor facts");
}

/* ECS Exec's agent needs paths that no inventory of the app has. */
TEST(what_aws_prints_says_whether_exec_is_on)
{
	put("a", WEB);
	put("b", "{\"services\":[{\"serviceName\":\"s\",\"enableExecuteCommand\":true,"
		 "\"launchType\":\"FARGATE\"}],\"failures\":[]}");
	put("c", "{\"schema\":\"taskprobe.facts/1\",\"facts\":[{\"container\":\"web\","
		 "\"processes\":{\"known\":true,\"seen_by\":\"the sidecar\",\"count\":1,"
		 "\"uids\":[0],\"entered\":[],\"ssm_agent\":true}}]}");
	assert_int_equal(PLAN("a", "--facts", "c"), EXIT_CLEAN);
	assert_out("/var/lib/amazon/ssm");
	put("c", "{\"tasks\":[{\"enableExecuteCommand\":false}]}");
	assert_int_equal(PLAN("a", "--facts", "b"), EXIT_CLEAN);
	assert_out("/var/lib/amazon/ssm");
	assert_int_equal(PLAN("a", "--facts", "c"), EXIT_CLEAN);
	AUTO_FREE char *out = content("out");
	assert_lacks(out, "amazon");
}

/* The words of the options are those of the enumerations. */
TEST(what_is_preferred_and_where_it_runs_arrives)
{
	put("a",
	    RUN("1",
		"web") "{\"record\":\"path\",\"path\":\"/data/db\",\"ops\":{"
		       "\"create\":{\"written\":1}},\"kind\":\"file\",\"in_image\":false,"
		       "\"exists\":true,\"mount\":\"/\",\"size\":1000000}\n" DIR("/data")
			       END);
	assert_int_equal(PLAN("a", "--prefer", "volume"), EXIT_CLEAN);
	assert_out("\"kind\": \"volume\"");
	assert_int_equal(PLAN("a", "--prefer", "tmpfs"), EXIT_CLEAN);
	assert_out("\"kind\": \"tmpfs\"");
	assert_int_equal(PLAN("a", "--prefer", "efs", "--launch-type", "FARGATE"),
			 EXIT_CLEAN);
	assert_out("\"kind\": \"efs\"");
	/* External instances have none. */
	put("d", "{\"requiresCompatibilities\":[\"EXTERNAL\"],\"containerDefinitions\":[{"
		 "\"name\":\"web\"}]}");
	for (int i = 0; i < 2; i++) {
		const int status =
			i ? PLAN("a", "--prefer", "efs", "--task-definition", "d")
			  : PLAN("a", "--prefer", "efs", "--launch-type", "EXTERNAL");
		AUTO_FREE char *out = content("out");

		assert_true(status == EXIT_CLEAN || status == EXIT_FINDINGS);
		assert_lacks(out, "\"kind\": \"efs\"");
	}
}

TEST(what_was_not_meant_is_a_question_of_usage)
{
	put("a", WEB);
	put("d", two);
	assert_int_equal(PLAN("-f", "json"), EXIT_USAGE);
	assert_int_equal(PLAN("-", "-"), EXIT_USAGE);
	assert_int_equal(PLAN("-", "--task-definition", "-"), EXIT_USAGE);
	assert_int_equal(PLAN("a", "-f", "yaml"), EXIT_USAGE);
	assert_int_equal(PLAN("a", "-f", "taskdef"), EXIT_USAGE);
	assert_int_equal(PLAN("a", "--prefer", "disk"), EXIT_USAGE);
	assert_int_equal(PLAN("a", "--launch-type", "lambda"), EXIT_USAGE);
	assert_int_equal(PLAN("a", "--backout", "--task-definition", "d"), EXIT_USAGE);
}

TEST(what_cannot_be_read_is_named)
{
	static const char *const definitions[] = {
		"{\"containerDefinitions\":[{\"name\":\"web\"},{\"name\":\"web\"}]}",
		"{\"containerDefinitions\":7}",
		"[",
		"",
		"{\"containerDefinitions\":[{\"name\":\"web\",\"linuxParameters\":[]}]}",
	};

	put("a", WEB);
	for (size_t i = 0; i < ARRAY_LEN(definitions); i++) {
		put("d", definitions[i]);
		assert_int_equal(PLAN("a", "--task-definition", "d", "-f", "taskdef"),
				 EXIT_BLIND);
		assert_said("plan: d: ");
		AUTO_FREE char *out = content("out");
		assert_string_equal(out, "");
	}
	assert_int_equal(PLAN("missing"), EXIT_BLIND);
	put("b", "no record\n");
	assert_int_equal(PLAN("b"), EXIT_BLIND);
	assert_said("no inventory");
	put("b", WEB "{\"record\":\"path\",\"path\":7}\n");
	assert_int_equal(PLAN("b"), EXIT_BLIND);
	assert_said("b:");
	assert_int_equal(PLAN("a", "-f", "json=missing/x"), EXIT_BLIND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_container_is_that_of_the_inventories),
		cmocka_unit_test(
			inventories_that_do_not_say_are_of_the_one_that_is_named),
		cmocka_unit_test(another_container_is_an_error),
		cmocka_unit_test(a_name_that_no_container_has_is_an_error),
		cmocka_unit_test(several_containers_are_one_document),
		cmocka_unit_test(a_merged_inventory_of_two_containers_is_refused),
		cmocka_unit_test(a_truncated_inventory_is_the_first_risk),
		cmocka_unit_test(what_is_mounted_needs_nothing),
		cmocka_unit_test(what_comes_by_way_of_others_is_mounted_too),
		cmocka_unit_test(another_user_than_the_definition_s_is_a_risk),
		cmocka_unit_test(what_was_not_seen_is_said_beside_each_form),
		cmocka_unit_test(a_tmpfs_that_is_read_only_is_a_miss),
		cmocka_unit_test(facts_say_who_writes_and_where_it_runs),
		cmocka_unit_test(what_aws_prints_says_whether_exec_is_on),
		cmocka_unit_test(what_is_preferred_and_where_it_runs_arrives),
		cmocka_unit_test(what_was_not_meant_is_a_question_of_usage),
		cmocka_unit_test(what_cannot_be_read_is_named),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
