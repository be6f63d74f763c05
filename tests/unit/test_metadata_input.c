/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include "checks/input/metadata.h"
#include "core/cleanup.h"
#include "core/table.h"
#include "tests/unit/test.h"

static int parse(const char *text, struct task *ret, struct err *err)
{
	return metadata_parse_task(text, strlen(text), ret, err);
}

static const char full[] =
	"{\"Cluster\":\"arn:aws:ecs:eu-west-1:111122223333:cluster/blue\",\n"
	"\"TaskARN\":\"arn:aws:ecs:eu-west-1:111122223333:task/blue/0123\",\n"
	"\"Family\":\"shop\",\"Revision\":\"12\",\"ServiceName\":\"web\",\n"
	"\"LaunchType\":\"FARGATE\",\"AvailabilityZone\":\"eu-west-1a\",\n"
	"\"KnownStatus\":\"RUNNING\",\"DesiredStatus\":\"STOPPED\",\n"
	"\"Limits\":{\"CPU\":0.25,\"Memory\":512},\"ClockDrift\":{\"ClockErrorBound\":0."
	"4},\n"
	"\"Containers\":[\n"
	" {\"Name\":\"web\",\"DockerId\":\"0123-2\",\"DockerName\":\"ecs-web\",\"Image\":"
	"\"i:1\",\n"
	"  \"ImageID\":\"sha256:ab\",\"Type\":\"NORMAL\",\"KnownStatus\":\"RUNNING\",\n"
	"  \"DesiredStatus\":\"RUNNING\",\"LogDriver\":\"awslogs\",\"RestartCount\":3,\n"
	"  \"Limits\":{\"CPU\":2,\"Memory\":128},\"Ports\":[{\"HostPort\":0}],\n"
	"  \"Networks\":[{\"NetworkMode\":\"awsvpc\",\"IPv4Addresses\":[\"10.0.0.7\"],\n"
	"   \"IPv6Addresses\":[\"fd00::7\"]},{\"NetworkMode\":\"other\",\n"
	"   \"IPv4Addresses\":[\"10.0.0.8\"]}]},\n"
	" {\"Name\":\"app\",\"DockerId\":\"0123-1\"}]}\n";

TEST(metadata_task_has_every_field)
{
	AUTO(task_done) struct task t = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(parse(full, &t, &err), 0);
	assert_true(t.metadata.known);
	assert_true(t.containers_part.known);
	assert_string_equal(t.cluster, "blue");
	assert_string_equal(t.arn, "arn:aws:ecs:eu-west-1:111122223333:task/blue/0123");
	assert_string_equal(t.family, "shop");
	assert_string_equal(t.revision, "12");
	assert_string_equal(t.service, "web");
	assert_string_equal(t.launch_type, "FARGATE");
	assert_string_equal(t.availability_zone, "eu-west-1a");
	assert_string_equal(t.known_status, "RUNNING");
	assert_string_equal(t.desired_status, "STOPPED");
	assert_int_equal(t.containers.len, 2);

	const struct running_container *c = task_running(&t, "web");
	assert_string_equal(c->docker_id, "0123-2");
	assert_string_equal(c->docker_name, "ecs-web");
	assert_string_equal(c->image, "i:1");
	assert_string_equal(c->image_id, "sha256:ab");
	assert_string_equal(c->type, "NORMAL");
	assert_string_equal(c->known_status, "RUNNING");
	assert_string_equal(c->desired_status, "RUNNING");
	assert_string_equal(c->log_driver, "awslogs");
	assert_string_equal(c->network_mode, "awsvpc");
	assert_int_equal(c->addresses.len, 3);
	assert_true(texts_have(&c->addresses, "fd00::7"));
	assert_int_equal(c->memory_mib, 128);
	assert_int_equal(c->restart_count, 3);
	assert_false(c->self);
	c = task_running(&t, "app");
	assert_int_equal(c->restart_count, -1);
	assert_int_equal(c->memory_mib, 0);
	assert_null(c->network_mode);
}

/* The endpoint lists them in the order of a hash table, another one each time. */
TEST(metadata_containers_are_sorted)
{
	AUTO(task_done) struct task t = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(parse("{\"Containers\":[{\"Name\":\"c\"},{\"Name\":\"a\"},"
			       "{\"Name\":\"b\"},{\"Name\":\"B\"}]}",
			       &t, &err),
			 0);
	static const char *const order[] = { "B", "a", "b", "c" };
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		assert_string_equal(
			LIST_AT(&t.containers, struct running_container, i)->name,
			order[i]);
}

TEST(metadata_missing_containers_are_not_no_containers)
{
	static const char *const texts[] = { "{\"Family\":\"a\"}",
					     "{\"Family\":\"a\",\"Containers\":null}",
					     "{\"Family\":\"a\",\"Containers\":[]}" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(task_done) struct task t = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(parse(texts[i], &t, &err), 0);
		assert_true(t.metadata.known);
		assert_false(t.containers_part.known);
		assert_non_null(t.containers_part.why);
	}
}

/* An id that is not there yet must not be equal to another one that is not. */
TEST(metadata_empty_texts_are_absent)
{
	AUTO(task_done) struct task t = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(parse("{\"TaskARN\":\"\",\"Cluster\":\"\",\"Revision\":7,"
			       "\"Containers\":[{\"Name\":\"a\",\"DockerId\":\"\","
			       "\"ImageID\":\"\",\"Networks\":[{\"NetworkMode\":\"host\","
			       "\"IPv4Addresses\":[\"\"]}]}]}",
			       &t, &err),
			 0);
	const struct running_container *c =
		LIST_AT(&t.containers, struct running_container, 0);
	assert_null(t.arn);
	assert_null(t.cluster);
	assert_string_equal(t.revision, "7");
	assert_null(c->docker_id);
	assert_null(c->image_id);
	assert_int_equal(c->addresses.len, 0);
	assert_string_equal(c->network_mode, "host");
}

TEST(metadata_container_without_a_name_has_one)
{
	AUTO(task_done) struct task t = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(
		parse("{\"Containers\":[{\"DockerId\":\"ab\"},{},{}]}", &t, &err), 0);
	assert_int_equal(t.containers.len, 3);
	assert_non_null(task_running(&t, "ab"));
	assert_non_null(task_running(&t, "?"));
}

TEST(metadata_listed_twice_is_one)
{
	AUTO(task_done) struct task t = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(
		parse("{\"Containers\":[{\"Name\":\"b\",\"DockerId\":\"2\"},"
		      "{\"Name\":\"a\",\"DockerId\":\"1\"},{\"Name\":\"b\",\"DockerId\":"
		      "\"2\"},{\"Name\":\"a\",\"DockerId\":\"1\"},{\"Name\":\"c\"}]}",
		      &t, &err),
		0);
	assert_int_equal(t.containers.len, 3);
	assert_non_null(task_running(&t, "c"));
}

TEST(metadata_two_of_one_name_are_refused)
{
	AUTO(task_done) struct task t = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(
		parse("{\"Containers\":[{\"Name\":\"a\",\"DockerId\":\"2\"},{\"Name\":"
		      "\"b\"},{\"Name\":\"a\",\"DockerId\":\"1\"}]}",
		      &t, &err),
		-EINVAL);
	assert_non_null(strstr(err.msg, "two different ones named 'a'"));
	assert_false(t.metadata.known);
}

TEST(metadata_keeps_the_definition)
{
	AUTO(task_done) struct task t = { 0 };
	struct err err = ERR_INIT;

	t.definition.part.known = true;
	t.definition.source = strdup("td.json");
	t.execute_command.at.state = VALUE_DECLARED;
	assert_int_equal(parse(full, &t, &err), 0);
	assert_int_equal(parse("{\"Family\":\"b\"}", &t, &err), 0); /* again */
	assert_string_equal(t.family, "b");
	assert_null(t.service);
	assert_int_equal(t.containers.len, 0);
	assert_string_equal(t.definition.source, "td.json");
	assert_int_equal(t.execute_command.at.state, VALUE_DECLARED);
	assert_int_equal(parse("{\"Family\":7}", &t, &err), -EINVAL);
	assert_string_equal(t.family, "b"); /* left alone */
	assert_true(t.metadata.known);
}

/* --- wrong kinds --- */

enum { NOTHING = 1, BOOL = 2, NUMBER = 4, TEXT = 8, LIST = 16, OBJECT = 32 };

static const struct {
	int kind;
	const char *text;
} kinds[] = {
	{ NOTHING, "null" },  { BOOL, "true" }, { NUMBER, "7" },
	{ TEXT, "\"text\"" }, { LIST, "[]" },	{ OBJECT, "{}" },
};

#define C0 "Containers[0]"

static const struct {
	const char *before, *after;
	int accepted;
	const char *path;
} fields[] = {
	{ "", "", 0, "the document" },
	{ "{\"Family\":\"f\",\"TaskARN\":", "}", NOTHING | TEXT, "TaskARN" },
	{ "{\"TaskARN\":\"x\",\"Cluster\":", "}", NOTHING | TEXT, "Cluster" },
	{ "{\"TaskARN\":\"x\",\"Family\":", "}", NOTHING | TEXT, "Family" },
	{ "{\"TaskARN\":\"x\",\"Revision\":", "}", NOTHING | TEXT | NUMBER, "Revision" },
	{ "{\"TaskARN\":\"x\",\"ServiceName\":", "}", NOTHING | TEXT, "ServiceName" },
	{ "{\"TaskARN\":\"x\",\"LaunchType\":", "}", NOTHING | TEXT, "LaunchType" },
	{ "{\"TaskARN\":\"x\",\"AvailabilityZone\":", "}", NOTHING | TEXT,
	  "AvailabilityZone" },
	{ "{\"TaskARN\":\"x\",\"KnownStatus\":", "}", NOTHING | TEXT, "KnownStatus" },
	{ "{\"TaskARN\":\"x\",\"DesiredStatus\":", "}", NOTHING | TEXT, "DesiredStatus" },
	{ "{\"TaskARN\":\"x\",\"Containers\":", "}", NOTHING | LIST, "Containers" },
	{ "{\"Containers\":[", "]}", OBJECT, C0 },
	{ "{\"Containers\":[{\"Name\":", "}]}", NOTHING | TEXT, C0 ".Name" },
	{ "{\"Containers\":[{\"DockerId\":", "}]}", NOTHING | TEXT, C0 ".DockerId" },
	{ "{\"Containers\":[{\"DockerName\":", "}]}", NOTHING | TEXT, C0 ".DockerName" },
	{ "{\"Containers\":[{\"Image\":", "}]}", NOTHING | TEXT, C0 ".Image" },
	{ "{\"Containers\":[{\"ImageID\":", "}]}", NOTHING | TEXT, C0 ".ImageID" },
	{ "{\"Containers\":[{\"Type\":", "}]}", NOTHING | TEXT, C0 ".Type" },
	{ "{\"Containers\":[{\"KnownStatus\":", "}]}", NOTHING | TEXT,
	  C0 ".KnownStatus" },
	{ "{\"Containers\":[{\"DesiredStatus\":", "}]}", NOTHING | TEXT,
	  C0 ".DesiredStatus" },
	{ "{\"Containers\":[{\"LogDriver\":", "}]}", NOTHING | TEXT, C0 ".LogDriver" },
	{ "{\"Containers\":[{\"RestartCount\":", "}]}", NOTHING | NUMBER,
	  C0 ".RestartCount" },
	{ "{\"Containers\":[{\"Limits\":", "}]}", NOTHING | OBJECT, C0 ".Limits" },
	{ "{\"Containers\":[{\"Limits\":{\"Memory\":", "}}]}", NOTHING | NUMBER,
	  C0 ".Limits.Memory" },
	{ "{\"Containers\":[{\"Networks\":", "}]}", NOTHING | LIST, C0 ".Networks" },
	{ "{\"Containers\":[{\"Networks\":[", "]}]}", OBJECT, C0 ".Networks[0]" },
	{ "{\"Containers\":[{\"Networks\":[{\"NetworkMode\":", "}]}]}", NOTHING | TEXT,
	  C0 ".Networks[0].NetworkMode" },
	{ "{\"Containers\":[{\"Networks\":[{\"IPv4Addresses\":", "}]}]}", NOTHING | LIST,
	  C0 ".Networks[0].IPv4Addresses" },
	{ "{\"Containers\":[{\"Networks\":[{\"IPv4Addresses\":[", "]}]}]}", TEXT,
	  C0 ".Networks[0].IPv4Addresses[0]" },
	{ "{\"Containers\":[{\"Networks\":[{\"IPv6Addresses\":", "}]}]}", NOTHING | LIST,
	  C0 ".Networks[0].IPv6Addresses" },
};

TEST(metadata_wrong_kinds_are_errors_that_name_the_field)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
			AUTO(task_done) struct task t = { 0 };
			AUTO(str_done) struct str text = STR_INIT(1000);
			struct err err = ERR_INIT;

			(void)str_printf(&text, "%s%s%s", fields[i].before, kinds[k].text,
					 fields[i].after);
			int r = parse(text.s, &t, &err);
			if (fields[i].accepted & kinds[k].kind) {
				if (r != 0)
					fail_msg("%s: %s", text.s, err.msg);
				continue;
			}
			if (r != -EINVAL)
				fail_msg("accepted: %s", text.s);
			if (!strstr(err.msg, fields[i].path) && *fields[i].before)
				fail_msg("'%s' does not name %s", err.msg,
					 fields[i].path);
			assert_false(t.metadata.known);
		}
}

TEST(metadata_of_something_else_is_an_error)
{
	static const char *const texts[] = {
		"{}",
		"{\"Error\":\"x\"}",
		"{\"DockerId\":\"ab\",\"Name\":\"a\"}",
		"\"unable to generate metadata for v4 task: 'x'\"",
		"[]",
		"null",
		"404 page not found",
		"",
		"{\"TaskARN\":\"x\"}{}",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(task_done) struct task t = { 0 };
		struct err err = ERR_INIT;

		if (parse(texts[i], &t, &err) != -EINVAL)
			fail_msg("accepted: %s", texts[i]);
		assert_memory_equal(err.msg, "line 1, column ", 15);
	}
}

TEST(metadata_container_stands_alone)
{
	static const char text[] = "{\"DockerId\":\"ab-1\",\"Name\":\"a\",\"Limits\":{}}";
	struct running_container c = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(metadata_parse_container(text, strlen(text), &c, &err), 0);
	assert_string_equal(c.docker_id, "ab-1");
	assert_int_equal(metadata_parse_container("{}", 2, &c, &err), -EINVAL);
	assert_int_equal(metadata_parse_container("\"x\"", 3, &c, &err), -EINVAL);
	assert_string_equal(c.docker_id, "ab-1"); /* left alone */
	record_done(&running_container_type, &c);
}

TEST(metadata_bounds_containers)
{
	for (int n = 1000; n <= 1001; n++) {
		AUTO(task_done) struct task t = { 0 };
		AUTO(str_done) struct str text = STR_INIT(1 << 20);
		struct err err = ERR_INIT;

		(void)str_puts(&text, "{\"Containers\":[");
		for (int i = 0; i < n; i++)
			(void)str_printf(&text, "%s{\"Name\":\"c%d\"}", i ? "," : "", i);
		(void)str_puts(&text, "]}");
		assert_int_equal(parse(text.s, &t, &err), n == 1000 ? 0 : -E2BIG);
	}
}

/* A small answer must not become hundreds of megabytes of tree. */
TEST(metadata_bounds_values)
{
	AUTO(task_done) struct task t = { 0 };
	AUTO(str_done) struct str text = STR_INIT(4 << 20);
	struct err err = ERR_INIT;

	(void)str_puts(&text, "{\"TaskARN\":\"x\",\"y\":[0");
	for (int i = 0; i < 1000000; i++)
		(void)str_puts(&text, ",0");
	(void)str_puts(&text, "]}");
	assert_int_equal(parse(text.s, &t, &err), -E2BIG);
}

/* --- statistics --- */

static void stats_done(struct list *list)
{
	record_list_done(&container_stats_type, list);
}

TEST(stats_sums_both_generations_of_cgroups)
{
	static const char text[] =
		"{\"v1\":{\"blkio_stats\":{\"io_service_bytes_recursive\":["
		"{\"major\":259,\"minor\":0,\"op\":\"Read\",\"value\":10},"
		"{\"major\":259,\"minor\":0,\"op\":\"Write\",\"value\":9007199254740993},"
		"{\"major\":259,\"minor\":0,\"op\":\"Sync\",\"value\":5},"
		"{\"major\":259,\"minor\":0,\"op\":\"Total\",\"value\":15},"
		"{\"major\":8,\"minor\":0,\"op\":\"Write\",\"value\":2}]}},"
		"\"v2\":{\"blkio_stats\":{\"io_service_bytes_recursive\":["
		"{\"major\":259,\"minor\":0,\"op\":\"read\",\"value\":1},"
		"{\"major\":259,\"minor\":0,\"op\":\"write\",\"value\":0}],\"x\":null}}}";
	AUTO(stats_done) struct list list = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(metadata_parse_stats(text, strlen(text), &list, &err), 0);
	assert_int_equal(list.len, 2);
	const struct container_stats *s = LIST_AT(&list, struct container_stats, 0);
	assert_string_equal(s->docker_id, "v1");
	assert_true(s->known);
	assert_true(s->bytes_written == INT64_C(9007199254740995)); /* past 2^53 */
	assert_true(s->bytes_read == 10);
	s = LIST_AT(&list, struct container_stats, 1);
	assert_true(s->known);
	assert_true(s->bytes_written == 0);
	assert_true(s->bytes_read == 1);
}

TEST(stats_that_say_nothing_are_not_known)
{
	static const char text[] =
		"{\"a\":null,\"b\":{},\"c\":{\"blkio_stats\":null},\"d\":{\"blkio_"
		"stats\":{}},"
		"\"e\":{\"blkio_stats\":{\"io_service_bytes_recursive\":null}},"
		"\"f\":{\"blkio_stats\":{\"io_service_bytes_recursive\":[]}}}";
	AUTO(stats_done) struct list list = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(metadata_parse_stats(text, strlen(text), &list, &err), 0);
	assert_int_equal(list.len, 6);
	LIST_EACH (const struct container_stats, s, &list)
		assert_false(s->known);
}

TEST(stats_refuses_what_cannot_be)
{
#define COUNTERS(inside) \
	"{\"a\":{\"blkio_stats\":{\"io_service_bytes_recursive\":" inside "}}}"
	static const char *const texts[] = {
		"[]",
		"null",
		"\"x\"",
		"{\"a\":7}",
		"{\"a\":[]}",
		"{\"a\":{\"blkio_stats\":7}}",
		COUNTERS("{}"),
		COUNTERS("[null]"),
		COUNTERS("[7]"),
		COUNTERS("[{\"op\":7}]"),
		COUNTERS("[{\"op\":\"Write\",\"value\":\"7\"}]"),
		COUNTERS("[{\"op\":\"Write\",\"value\":1.5}]"),
		COUNTERS("[{\"op\":\"Write\",\"value\":-1}]"),
		COUNTERS("[{\"op\":\"Write\",\"value\":18446744073709551615}]"),
		COUNTERS("[{\"op\":\"Write\",\"value\":9223372036854775807},"
			 "{\"op\":\"Write\",\"value\":1}]"),
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct list list = { 0 };
		struct err err = ERR_INIT;

		if (metadata_parse_stats(texts[i], strlen(texts[i]), &list, &err) !=
		    -EINVAL)
			fail_msg("accepted: %s", texts[i]);
		assert_int_equal(list.len, 0);
		assert_memory_equal(err.msg, "line 1, column ", 15);
	}
}

TEST(metadata_cut_anywhere_is_an_error)
{
	for (size_t n = 0; n < strlen(full) - 2; n++) {
		struct task t = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(metadata_parse_task(full, n, &t, &err), -EINVAL);
		assert_false(t.metadata.known);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metadata_task_has_every_field),
		cmocka_unit_test(metadata_containers_are_sorted),
		cmocka_unit_test(metadata_missing_containers_are_not_no_containers),
		cmocka_unit_test(metadata_empty_texts_are_absent),
		cmocka_unit_test(metadata_container_without_a_name_has_one),
		cmocka_unit_test(metadata_listed_twice_is_one),
		cmocka_unit_test(metadata_two_of_one_name_are_refused),
		cmocka_unit_test(metadata_keeps_the_definition),
		cmocka_unit_test(metadata_wrong_kinds_are_errors_that_name_the_field),
		cmocka_unit_test(metadata_of_something_else_is_an_error),
		cmocka_unit_test(metadata_container_stands_alone),
		cmocka_unit_test(metadata_bounds_containers),
		cmocka_unit_test(metadata_bounds_values),
		cmocka_unit_test(stats_sums_both_generations_of_cgroups),
		cmocka_unit_test(stats_that_say_nothing_are_not_known),
		cmocka_unit_test(stats_refuses_what_cannot_be),
		cmocka_unit_test(metadata_cut_anywhere_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
