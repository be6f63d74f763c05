/* SPDX-License-Identifier: MIT */
#include "core/inventory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/moment.h"
#include "core/table.h"
#include "tests/unit/test.h"

static int get(const char *line, struct inventory_record *ret, struct err *err)
{
	return inventory_read(line, strlen(line), ret, err);
}

/* What a record that was read is written as, without its newline. */
static char *again(const char *line)
{
	AUTO(inventory_record_done) struct inventory_record record = { 0 };
	AUTO(str_done) struct str out = STR_INIT(2 * INVENTORY_LINE_MAX);
	struct err err = ERR_INIT;

	if (get(line, &record, &err) < 0)
		fail_msg("%s: %s", line, err.msg);
	inventory_write(&out, &record);
	assert_int_equal(out.error, 0);
	assert_int_equal(out.s[out.len - 1], '\n');
	out.s[--out.len] = '\0';
	return str_take(&out);
}

static const char *const lines[] = {
	"{\"record\":\"run\",\"schema\":\"taskprobe.inventory/1\",\"id\":\"00ff\","
	"\"tool\":\"taskprobe "
	"0\",\"method\":\"trace\",\"command\":[\"sh\",\"-c\",\"x\\n\"],"
	"\"container\":\"app\",\"image\":\"nginx:1\",\"task\":\"arn\","
	"\"started\":\"2026-01-31T12:00:00Z\"}",
	"{\"record\":\"run\",\"schema\":\"taskprobe.inventory/1\",\"id\":\"00ff\","
	"\"command\":[],\"ended\":\"truncated\",\"records\":7,\"merged\":2}",
	"{\"record\":\"path\",\"path\":\"/a\",\"kind\":\"file\",\"ops\":{\"create\":"
	"{\"written\":1,\"failed\":{\"EACCES\":2,\"EROFS\":3}},\"unlink\":{\"written\":0,"
	"\"failed\":{\"errno 133\":1}}},\"processes\":[{\"uid\":0,\"gid\":0,\"count\":1},"
	"{\"exe\":\"/bin/sh\",\"uid\":1000,\"gid\":1000,\"count\":4}],"
	"\"first\":\"2026-01-31T12:00:00.001Z\",\"last\":\"2026-01-31T12:00:01.999Z\","
	"\"size\":9223372036854775807,\"in_image\":false,\"exists\":true,\"mount\":\"/\","
	"\"executed\":true,\"runs\":3}",
	"{\"record\":\"path\",\"path\":\"/x\xef\xbf\xbd\",\"path_b64\":\"L3j/"
	"\",\"ops\":{},"
	"\"processes\":[]}",
	"{\"record\":\"pair\",\"op\":\"rename\",\"from\":\"/a\",\"to\":\"/\xef\xbf\xbd\","
	"\"to_b64\":\"L/8=\",\"count\":2}",
	"{\"record\":\"dir\",\"path\":\"/a\",\"entries\":3,\"empty\":false,\"uid\":0,"
	"\"gid\":0,\"mode\":493,\"peak_bytes\":4096}",
	"{\"record\":\"end\",\"ended\":\"exit\",\"exit\":143,\"coverage\":{\"events\":9,"
	"\"unresolved\":1,\"lost\":0,\"blind_spots\":[\"io_uring\"]}}",
};

TEST(each_record_comes_back_as_it_was_written)
{
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		AUTO_FREE char *text = again(lines[i]);

		assert_string_equal(text, lines[i]);
	}
}

TEST(what_one_does_not_know_yet_is_ignored)
{
	AUTO_FREE char *text = again(
		"{ \"later\": {\"a\":[1]}, \"record\":\"pair\",\"from\":\"/a\",\"op\":"
		"\"link\",\"to\":\"\\/\\u0062\\ud83d\\ude00\",\"count\":1} ");

	assert_string_equal(text, "{\"record\":\"pair\",\"op\":\"link\",\"from\":\"/a\","
				  "\"to\":\"/b\xf0\x9f\x98\x80\",\"count\":1}");
}

#define PATH(rest) "{\"record\":\"path\",\"path\":\"/a\"," rest "}"
#define RUN(rest) \
	"{\"record\":\"run\",\"schema\":\"taskprobe.inventory/1\",\"id\":\"1\"," rest "}"

TEST(what_is_wrong_is_refused_with_words)
{
	static const struct {
		const char *line, *words;
		int code;
	} cases[] = {
		{ "{\"a\":1}", "no 'record'", -ENOMSG },
		{ "{\"record\":\"plan\"}", "kind that we know", -ENOMSG },
		{ "{\"record\":7}", "kind that we know", -ENOMSG },
		{ "[]", "no object", -ENOMSG },
		{ "", "ends where a value", -EINVAL },
		{ "{\"record\":\"path\",\"pa", "ends inside", -EINVAL },
		{ "{\"record\":\"path\"}{\"record\":\"path\"}", "follows", -EINVAL },
		{ "{\"record\":\"path\",\"ops\":{}}", "no 'path'", -EINVAL },
		{ "{\"record\":\"path\",\"path\":\"a\",\"ops\":{}}", "absolute",
		  -EINVAL },
		{ "{\"record\":\"path\",\"path\":\"\",\"ops\":{}}", "absolute", -EINVAL },
		{ "{\"record\":\"path\",\"path\":7,\"ops\":{}}", "a string", -EINVAL },
		{ PATH("\"kind\":\"file\""), "no 'ops'", -EINVAL },
		{ PATH("\"ops\":[]"), "an object", -EINVAL },
		{ PATH("\"ops\":{\"fly\":{}}"), "known operation", -EINVAL },
		{ PATH("\"ops\":{\"write\":1}"), "known operation", -EINVAL },
		{ PATH("\"ops\":{\"write\":{\"written\":-1}}"), "from 0 on", -EINVAL },
		{ PATH("\"ops\":{\"write\":{\"written\":1.5}}"), "integer", -EINVAL },
		{ PATH("\"ops\":{\"write\":{\"written\":1e3}}"), "integer", -EINVAL },
		{ PATH("\"ops\":{\"write\":{\"written\":9223372036854775808}}"),
		  "integer", -EINVAL },
		{ PATH("\"ops\":{\"write\":{\"failed\":{\"EWHAT\":1}}}"), "errno",
		  -EINVAL },
		{ PATH("\"ops\":{\"write\":{\"failed\":{\"errno 0\":1}}}"), "errno",
		  -EINVAL },
		{ PATH("\"ops\":{\"write\":{\"failed\":{\"errno 99999\":1}}}"), "errno",
		  -EINVAL },
		{ PATH("\"ops\":{\"write\":{\"failed\":{\"EACCES\":-1}}}"), "from 0",
		  -EINVAL },
		{ PATH("\"ops\":{},\"ops\":{}"), "twice", -EINVAL },
		{ PATH("\"ops\":{},\"\\u006fps\":{}"), "escapes", -EINVAL },
		{ PATH("\"ops\":{},\"kind\":\"dir\""), "its words", -EINVAL },
		{ PATH("\"ops\":{},\"path_b64\":\"L2EA\""), "base64", -EINVAL },
		{ PATH("\"ops\":{},\"path_b64\":\"*\""), "base64", -EINVAL },
		{ PATH("\"ops\":{},\"first\":\"2026-02-30T00:00:00Z\""), "a time",
		  -EINVAL },
		{ PATH("\"ops\":{},\"first\":7"), "a time", -EINVAL },
		{ PATH("\"ops\":{},\"exists\":\"yes\""), "true or false", -EINVAL },
		{ PATH("\"ops\":{},\"processes\":[7]"), "objects", -EINVAL },
		{ PATH("\"ops\":{},\"mount\":\"\\u0000\""), "u0000", -EINVAL },
		{ PATH("\"ops\":{},\"mount\":\"\xff\""), "UTF-8", -EINVAL },
		{ "{\"record\":\"pair\",\"op\":\"write\",\"from\":\"/a\",\"to\":\"/b\"}",
		  "rename", -EINVAL },
		{ "{\"record\":\"pair\",\"op\":\"link\",\"from\":\"/a\"}", "no 'to'",
		  -EINVAL },
		{ "{\"record\":\"run\",\"id\":\"1\"}", "no 'schema'", -EINVAL },
		{ "{\"record\":\"run\",\"schema\":\"taskprobe.inventory/2\"}",
		  "inventory/1", -EINVAL },
		{ "{\"record\":\"run\",\"schema\":\"taskprobe.inventory/1\"}", "no 'id'",
		  -EINVAL },
		{ RUN("\"command\":[1]"), "strings", -EINVAL },
		{ "{\"record\":\"end\",\"ended\":\"exit\"}", "no 'coverage'", -EINVAL },
		{ "{\"record\":\"end\",\"ended\":\"exit\",\"coverage\":{}}", "events",
		  -EINVAL },
		{ "{\"record\":\"end\",\"coverage\":{}}", "no 'ended'", -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(inventory_record_done) struct inventory_record record = { 0 };
		struct err err = ERR_INIT;
		const int r = get(cases[i].line, &record, &err);

		if (r != cases[i].code || !strstr(err.msg, cases[i].words))
			fail_msg("%s: %d %s", cases[i].line, r, err.msg);
	}
}

TEST(a_line_is_bounded)
{
	AUTO_FREE char *line = malloc(INVENTORY_LINE_MAX + 2);
	struct inventory_record record = { 0 };
	struct err err = ERR_INIT;

	assert_non_null(line);
	memset(line, ' ', INVENTORY_LINE_MAX + 1);
	assert_int_equal(inventory_read(line, INVENTORY_LINE_MAX + 1, &record, &err),
			 -E2BIG);
	/* As many values as a line has room for are more than are wanted. */
	memset(line, '[', INVENTORY_LINE_MAX);
	assert_int_equal(inventory_read(line, INVENTORY_LINE_MAX, &record, &err), -E2BIG);
	line[0] = '[';
	for (size_t i = 1; i + 1 < INVENTORY_LINE_MAX; i += 2)
		memcpy(line + i, "0,", 2);
	assert_int_equal(inventory_read(line, INVENTORY_LINE_MAX, &record, &err), -E2BIG);
}

TEST(no_line_is_written_that_is_not_read)
{
	AUTO(str_done) struct str out = STR_INIT(4 * INVENTORY_LINE_MAX);
	AUTO(inventory_record_done) struct inventory_record back = { 0 };
	struct inventory_record record = { .kind = RECORD_PATH };
	struct err err = ERR_INIT;
	char name[4096];

	memset(name, '\x01', sizeof(name) - 1);
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	name[sizeof(name) - 2] = '\xff';
	record.path.size = -1;
	assert_int_equal(str_set(&record.path.path, name), 0);
	assert_int_equal(str_set(&record.path.mount, name), 0);
	for (int i = 0; i < 1500; i++) {
		(void)snprintf(name + 1, 16, "%05d", i);
		name[6] = '\x01';
		assert_int_equal(inventory_path_process(&record.path, name, i, i, 1), 0);
	}
	for (int op = 0; op < OP_COUNT; op++)
		for (int code = 0; code < 512; code++)
			assert_int_equal(inventory_path_count(&record.path,
							      (enum inventory_op)op, code,
							      INT64_MAX),
					 0);
	inventory_write(&out, &record);
	assert_int_equal(out.error, 0);
	assert_true(out.len - 1 <= INVENTORY_LINE_MAX);
	assert_int_equal(inventory_read(out.s, out.len - 1, &back, &err), 0);
	assert_int_equal(back.path.counts.len, OP_COUNT * 512);
	int64_t count = 0;
	LIST_EACH (const struct inventory_process, p, &back.path.processes)
		count += p->count;
	assert_int_equal(count, 1500);
	inventory_record_done(&record);
}

TEST(a_command_that_is_too_long_is_summed_up)
{
	AUTO(str_done) struct str out = STR_INIT(4 * INVENTORY_LINE_MAX);
	AUTO(inventory_record_done)
	struct inventory_record record = { .kind = RECORD_RUN };
	AUTO(inventory_record_done) struct inventory_record back = { 0 };
	struct err err = ERR_INIT;
	AUTO_FREE char *argument = calloc(1, 200001);

	assert_non_null(argument);
	memset(argument, '\x01', 200000);
	assert_int_equal(str_set(&record.run.id, "1"), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(texts_add(&record.run.command, argument), 0);
	inventory_write(&out, &record);
	assert_true(out.len - 1 <= INVENTORY_LINE_MAX);
	assert_int_equal(inventory_read(out.s, out.len - 1, &back, &err), 0);
	assert_in_range(back.run.command.len, 2, 20);
	assert_string_equal(*LIST_AT(&back.run.command, char *, back.run.command.len - 1),
			    "...");
}

TEST(counts_add_up_and_the_rest_is_replaced)
{
	AUTO(inventory_path_done)
	struct inventory_path a = { .size = 5,
				    .first = 20,
				    .last = 30,
				    .kind = INVENTORY_FILE,
				    .exists = TRI_YES,
				    .in_image = TRI_YES };
	AUTO(inventory_path_done)
	struct inventory_path b = {
		.size = 3, .first = 10, .last = 25, .exists = TRI_NO, .executed = true
	};

	assert_int_equal(inventory_path_count(&a, OP_WRITE, 0, 2), 0);
	assert_int_equal(inventory_path_count(&b, OP_WRITE, 0, 3), 0);
	assert_int_equal(inventory_path_count(&b, OP_WRITE, EACCES, INT64_MAX), 0);
	assert_int_equal(inventory_path_count(&b, OP_WRITE, EACCES, 1), 0);
	assert_int_equal(inventory_path_process(&a, "/b", 1, 1, 1), 0);
	assert_int_equal(inventory_path_process(&b, "/a", 1, 1, 1), 0);
	assert_int_equal(inventory_path_process(&b, "/b", 1, 1, 6), 0);
	assert_int_equal(inventory_path_process(&b, NULL, 1, 1, 6), 0);
	assert_int_equal(str_set(&b.mount, "/m"), 0);
	assert_int_equal(inventory_path_join(&a, &b), 0);
	assert_int_equal(a.counts.len, 2);
	assert_int_equal(LIST_AT(&a.counts, struct inventory_count, 0)->count, 5);
	assert_true(LIST_AT(&a.counts, struct inventory_count, 1)->count == INT64_MAX);
	assert_int_equal(a.processes.len, 3);
	assert_null(LIST_AT(&a.processes, struct inventory_process, 0)->exe);
	assert_string_equal(LIST_AT(&a.processes, struct inventory_process, 1)->exe,
			    "/a");
	assert_int_equal(LIST_AT(&a.processes, struct inventory_process, 2)->count, 7);
	assert_int_equal(a.size, 5);
	assert_int_equal(a.first, 10);
	assert_int_equal(a.last, 30);
	assert_int_equal(a.kind, INVENTORY_FILE);
	assert_int_equal(a.in_image, TRI_YES);
	assert_int_equal(a.exists, TRI_NO);
	assert_string_equal(a.mount, "/m");
	assert_true(a.executed);
}

TEST(an_app_that_renames_itself_takes_no_memory)
{
	AUTO(inventory_path_done) struct inventory_path path = { 0 };
	char exe[32];

	for (int i = 0; i < 5000; i++) {
		(void)snprintf(exe, sizeof(exe), "/x/%d", i);
		assert_int_equal(inventory_path_process(&path, exe, i, i, 2), 0);
	}
	assert_in_range(path.processes.len, 500, 1001);
	int64_t count = 0;
	LIST_EACH (const struct inventory_process, p, &path.processes)
		count += p->count;
	assert_int_equal(count, 10000);
}

static void add_line(struct inventory *inventory, const char *line)
{
	AUTO(inventory_record_done) struct inventory_record record = { 0 };
	struct err err = ERR_INIT;

	if (get(line, &record, &err) < 0)
		fail_msg("%s: %s", line, err.msg);
	assert_int_equal(inventory_add(inventory, &record), 0);
}

TEST(a_set_is_written_sorted_whatever_came_first)
{
	AUTO(str_done) struct str one = STR_INIT(1 << 20), other = STR_INIT(1 << 20);
	struct inventory *a = inventory_new(), *b = inventory_new();

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		add_line(a, lines[i]);
		add_line(b, lines[ARRAY_LEN(lines) - 1 - i]);
	}
	/* The same run twice: the later record has replaced the earlier. */
	add_line(b, lines[1]);
	for (int i = 0; i < 1000; i++) {
		AUTO_FREE char *path = str_format("/dir/%d", i * 7 % 1000);
		AUTO_FREE char *reverse = str_format("/dir/%d", 999 - i);

		assert_non_null(inventory_path(a, path));
		assert_non_null(inventory_path(b, reverse));
	}
	assert_int_equal(inventory_paths(a), 1002);
	assert_null(inventory_find(a, "/dir/1000"));
	assert_string_equal(inventory_find(a, "/dir/999")->path, "/dir/999");
	assert_ptr_equal(inventory_path(a, "/a"), inventory_find(a, "/a"));
	assert_int_equal(inventory_find_dir(a, "/a")->peak_bytes, 4096);
	assert_int_equal(inventory_ended(a)->exit, 143);
	assert_int_equal(inventory_write_all(a, &one), 0);
	assert_int_equal(inventory_write_all(b, &other), 0);
	assert_string_equal(one.s, other.s);
	assert_int_equal(strncmp(one.s, "{\"record\":\"run\"", 15), 0);
	inventory_done(a);
	inventory_done(b);
}

TEST(records_of_one_path_complete_each_other)
{
	struct inventory *set = inventory_new();

	add_line(set,
		 PATH("\"ops\":{\"create\":{\"written\":1}},\"exists\":true,\"size\":9"));
	add_line(set, PATH("\"ops\":{\"unlink\":{\"written\":1}},\"exists\":false"));
	const struct inventory_path *path = inventory_find(set, "/a");
	assert_int_equal(path->counts.len, 2);
	assert_int_equal(path->exists, TRI_NO);
	assert_int_equal(path->size, 9);
	assert_null(inventory_ended(set));
	inventory_done(set);
}

TEST(moments_come_back)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 951782400000, "2000-02-29T00:00:00.000Z" },
		{ 1709251199999, "2024-02-29T23:59:59.999Z" },
		{ 1740787200000, "2025-03-01T00:00:00.000Z" },
		{ 4107542399000, "2100-02-28T23:59:59.000Z" },
		{ 4107542400000, "2100-03-01T00:00:00.000Z" },
		{ MOMENT_MAX, "9999-12-31T23:59:59.999Z" },
	};
	char text[MOMENT_TEXT_MAX];
	int64_t ms;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		moment_write(text, cases[i].ms);
		assert_string_equal(text, cases[i].text);
		assert_int_equal(moment_read(text, &ms), 0);
		assert_int_equal(ms, cases[i].ms);
	}
	for (ms = 0; ms < MOMENT_MAX - 86400000; ms += 86400000 * INT64_C(13) + 12345) {
		int64_t back = -1;

		moment_write(text, ms);
		assert_int_equal(moment_read(text, &back), 0);
		assert_int_equal(back, ms);
	}
	moment_write(text, -1);
	assert_string_equal(text, cases[0].text);
	moment_write(text, INT64_MAX);
	assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

TEST(what_is_no_moment_is_refused)
{
	static const char *const bad[] = {
		"",
		"2026",
		"2026-01-31",
		"2026-01-31T23:59:59",
		"2026-01-31T23:59:59+01:00",
		"2026-01-31 23:59:59Z",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-04-31T00:00:00Z",
		"2026-02-29T00:00:00Z",
		"2026-01-00T00:00:00Z",
		"2026-01-31T24:00:00Z",
		"2026-01-31T23:60:00Z",
		"2026-01-31T23:59:60Z",
		"2026-01-31T23:59:59.Z",
		"2026-01-31T23:59:59.1234567890Z",
		"2026-01-31T23:59:59.1Zx",
		"1969-12-31T23:59:59Z",
		"-026-01-31T23:59:59Z",
	};
	int64_t ms = 0;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (moment_read(bad[i], &ms) == 0)
			fail_msg("%s", bad[i]);
	assert_int_equal(moment_read("2026-01-31T23:59:59.1Z", &ms), 0);
	assert_int_equal(ms % 1000, 100);
	assert_int_equal(moment_read("2026-01-31T23:59:59.123456789Z", &ms), 0);
	assert_int_equal(ms % 1000, 123);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_record_comes_back_as_it_was_written),
		cmocka_unit_test(what_one_does_not_know_yet_is_ignored),
		cmocka_unit_test(what_is_wrong_is_refused_with_words),
		cmocka_unit_test(a_line_is_bounded),
		cmocka_unit_test(no_line_is_written_that_is_not_read),
		cmocka_unit_test(a_command_that_is_too_long_is_summed_up),
		cmocka_unit_test(counts_add_up_and_the_rest_is_replaced),
		cmocka_unit_test(an_app_that_renames_itself_takes_no_memory),
		cmocka_unit_test(a_set_is_written_sorted_whatever_came_first),
		cmocka_unit_test(records_of_one_path_complete_each_other),
		cmocka_unit_test(moments_come_back),
		cmocka_unit_test(what_is_no_moment_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
