/* SPDX-License-Identifier: MIT */
#include "checks/report/inventory.h"

#include <errno.h>
#include <string.h>

#include "checks/report/fold.h"
#include "checks/report/words.h"
#include "core/table.h"
#include "core/text.h"
#include "tests/unit/golden.h"

static void add(struct inventory *inventory, const char *line)
{
	AUTO(inventory_record_done) struct inventory_record record = { 0 };
	struct err err = ERR_INIT;

	if (inventory_read(line, strlen(line), &record, &err) < 0)
		fail_msg("%s: %s", line, err.msg);
	assert_int_equal(inventory_add(inventory, &record), 0);
}

static void add_path(struct inventory *inventory, const char *path, const char *rest)
{
	AUTO_FREE char *line =
		str_format("{\"record\":\"path\",\"path\":\"%s\",%s}", path, rest);

	assert_non_null(line);
	add(inventory, line);
}

#define WRITTEN "\"ops\":{\"create\":{\"written\":1},\"write\":{\"written\":2}}"
#define NODE                                  \
	"\"processes\":[{\"exe\":\"/usr/bin/" \
	"node\",\"uid\":1000,\"gid\":1000,\"count\":3}]"
#define NEW "\"kind\":\"file\",\"in_image\":false,\"exists\":true,\"mount\":\"/\"," NODE
#define RUN                                                                        \
	"{\"record\":\"run\",\"schema\":\"taskprobe.inventory/1\",\"id\":\"1\","   \
	"\"method\":\"trace\",\"command\":[\"node\",\"server.js\"],\"container\":" \
	"\"app\","                                                                 \
	"\"started\":\"2026-01-31T12:00:00Z\"}"
#define END(n, more)                                                                    \
	"{\"record\":\"end\",\"ended\":\"exit\",\"exit\":0,\"coverage\":{\"events\":" n \
	",\"unresolved\":" more "}}"

/* An app as they are: a cache, a pid file, a configuration that is made at the start. */
static struct inventory *app(void)
{
	struct inventory *i = inventory_new();

	assert_non_null(i);
	add(i, RUN);
	for (int n = 0; n < 1203; n++) {
		AUTO_FREE char *path =
			str_format("/var/lib/app/cache/%02x/%d", n % 16, n);

		add_path(i, path, WRITTEN "," NEW ",\"size\":10803");
	}
	for (int n = 0; n < 5; n++) {
		AUTO_FREE char *path = str_format("/var/log/app/%d.log", n);

		add_path(i, path, WRITTEN "," NEW ",\"size\":100");
	}
	add_path(i, "/run/app.pid",
		 "\"ops\":{\"create\":{\"written\":1},\"unlink\":{\"written\":1}},"
		 "\"kind\":\"file\",\"in_image\":false,\"exists\":false,\"mount\":\"/\","
		 "\"size\":5,\"processes\":[{\"exe\":\"/bin/sh\",\"uid\":0,\"gid\":0,"
		 "\"count\":2}]");
	add_path(i, "/run/app.sock",
		 "\"ops\":{\"bind\":{\"written\":1}},\"kind\":\"socket\",\"in_image\":"
		 "false,"
		 "\"mount\":\"/\"," NODE);
	add_path(i, "/tmp/v8-compiled.so",
		 WRITTEN "," NEW ",\"size\":70000,\"executed\":true");
	add_path(i, "/etc/app/app.conf",
		 "\"ops\":{\"write\":{\"written\":1},\"chmod\":{\"written\":1}},"
		 "\"kind\":\"file\",\"in_image\":true,\"exists\":true,\"mount\":\"/\","
		 "\"size\":1234,\"processes\":[{\"exe\":\"/bin/sh\",\"uid\":0,\"gid\":0,"
		 "\"count\":1},{\"exe\":\"/usr/bin/"
		 "sed\",\"uid\":0,\"gid\":0,\"count\":1}]");
	add_path(
		i, "/etc/hosts",
		"\"ops\":{\"write\":{\"written\":1}},\"kind\":\"file\",\"in_image\":true,"
		"\"exists\":true,\"mount\":\"/etc/hosts\",\"size\":100,"
		"\"processes\":[{\"exe\":\"/bin/sh\",\"uid\":0,\"gid\":0,\"count\":1}]");
	add_path(i, "/opt/app",
		 "\"ops\":{\"access\":{\"written\":2}},\"kind\":\"directory\","
		 "\"in_image\":true,\"mount\":\"/\"," NODE);
	add_path(i, "/usr/lib/node_modules/.cache",
		 "\"ops\":{\"mkdir\":{\"written\":0,\"failed\":{\"EACCES\":4}}},"
		 "\"in_image\":false,\"exists\":false,\"mount\":\"/\"," NODE);
	add_path(i, "/var/spool/unknown",
		 WRITTEN ",\"kind\":\"file\",\"mount\":\"/\"," NODE);
	add(i, "{\"record\":\"dir\",\"path\":\"/var/log/app\",\"entries\":2,"
	       "\"empty\":false,\"uid\":0,\"gid\":0,\"mode\":493,\"peak_bytes\":500}");
	add(i, "{\"record\":\"pair\",\"op\":\"rename\",\"from\":\"/run/app.pid.new\","
	       "\"to\":\"/run/app.pid\",\"count\":1}");
	for (int n = 0; n < 9; n++) {
		AUTO_FREE char *pair = str_format(
			"{\"record\":\"pair\",\"op\":\"rename\",\"from\":\"/tmp/x%d\","
			"\"to\":\"/var/lib/app/cache/00/%d\",\"count\":2}",
			n, n);

		add(i, pair);
	}
	return i;
}

static char *rendered(const struct inventory *inventory, struct text_style style)
{
	struct str out = STR_INIT(GOLDEN_MAX);

	report_inventory_text(inventory, &style, &out);
	assert_int_equal(out.error, 0);
	return str_take(&out);
}

static void check(struct inventory *inventory, struct text_style style, const char *file)
{
	AUTO_FREE char *text = rendered(inventory, style);

	inventory_done(inventory);
	golden_check(file, text);
}

TEST(a_log_gets_a_line_for_each_row)
{
	struct inventory *i = app();

	add(i,
	    END("45678", "2,\"lost\":3,\"blind_spots\":[\"io_uring: its writes are not "
			 "seen; refuse it with --refuse-io-uring\"]"));
	check(i, (struct text_style){ 0 }, "golden/inventory-log.txt");
}

TEST(a_terminal_of_80_columns_gets_no_longer_lines)
{
	struct inventory *i = app();

	add(i, END("45678", "0,\"lost\":0,\"blind_spots\":[]"));
	AUTO_FREE char *text = rendered(i, (struct text_style){ .width = 80 });
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 80);
	check(i, (struct text_style){ .width = 80, .color = true },
	      "golden/inventory-color.txt");
}

TEST(a_truncated_inventory_says_so_first)
{
	struct inventory *i = app();
	AUTO_FREE char *text = rendered(i, (struct text_style){ 0 });

	assert_int_equal(strncmp(text, "taskprobe: TRUNCATED", 20), 0);
	assert_non_null(strstr(text, "to change that: let the app end"));
	inventory_done(i);
}

TEST(nothing_written_is_said_with_how_much_was_looked_at)
{
	struct inventory *i = inventory_new();

	add(i, RUN);
	add(i, END("1204", "0,\"lost\":0,\"blind_spots\":[]"));
	check(i, (struct text_style){ 0 }, "golden/inventory-nothing.txt");
}

TEST(the_runs_of_a_merged_inventory_are_counted)
{
	struct inventory *i = inventory_new();

	for (int n = 0; n < 12; n++) {
		AUTO_FREE char *run = str_format(
			"{\"record\":\"run\",\"schema\":\"taskprobe.inventory/1\","
			"\"id\":\"%d\",\"method\":\"trace\",\"command\":[\"a\"],"
			"\"ended\":\"%s\",\"merged\":12}",
			n, n % 4 ? "exit" : "truncated");

		add(i, run);
	}
	add_path(i, "/a", WRITTEN "," NEW ",\"runs\":12");
	add_path(i, "/b", WRITTEN "," NEW ",\"runs\":1");
	add(i, END("10", "0,\"lost\":0,\"blind_spots\":[]"));
	check(i, (struct text_style){ 0 }, "golden/inventory-merged.txt");
}

static const char *verdict_of(struct inventory *i, struct str *out)
{
	str_reset(out);
	report_inventory_verdict(i, out);
	return out->s;
}

TEST(the_verdict_says_the_worst)
{
	AUTO(str_done) struct str out = STR_INIT(4096);
	struct inventory *i = inventory_new();

	add(i, RUN);
	add_path(i, "/f", "\"ops\":{\"write\":{\"failed\":{\"EACCES\":9}}}");
	add_path(i, "/g", "\"ops\":{\"access\":{\"written\":1}}");
	add(i, END("7", "1,\"lost\":0,\"blind_spots\":[]"));
	assert_string_equal(verdict_of(i, &out),
			    "nothing is written that a read-only root would refuse, in 7 "
			    "calls; 1 operation could not be resolved");
	add_path(i, "/i", WRITTEN ",\"in_image\":true");
	add_path(i, "/n", WRITTEN ",\"in_image\":false");
	add_path(i, "/u", WRITTEN);
	assert_string_equal(
		verdict_of(i, &out),
		"3 paths are written that a read-only root would refuse: 1 of "
		"the image's own, 1 perhaps the image's, 1 new; 1 operation "
		"could not be resolved");
	inventory_done(i);
}

TEST(no_name_reaches_the_terminal_raw)
{
	static const char evil[] = "/x\x1b[31m\n\xff\xe2\x80\xae";
	struct inventory *i = inventory_new();
	struct inventory_record run = { .kind = RECORD_RUN },
				pair = { .kind = RECORD_PAIR };
	char *text_of_evil = strdup(evil);

	assert_int_equal(str_set(&run.run.id, evil), 0);
	assert_int_equal(str_set(&run.run.method, evil), 0);
	assert_int_equal(str_set(&run.run.container, evil), 0);
	assert_int_equal(str_set(&run.run.started, evil), 0);
	assert_int_equal(str_set(&run.run.ended, evil), 0);
	assert_int_equal(texts_add(&run.run.command, evil), 0);
	assert_int_equal(inventory_add(i, &run), 0);
	inventory_record_done(&run);
	pair.pair = (struct inventory_pair){ OP_LINK, text_of_evil, text_of_evil, 1 };
	assert_int_equal(inventory_add(i, &pair), 0);
	free(text_of_evil);
	for (int n = 0; n < 6; n++) {
		AUTO_FREE char *path = str_format("%s/%d", evil, n);
		struct inventory_path *p = inventory_path(i, path);

		assert_non_null(p);
		assert_int_equal(inventory_path_count(p, OP_WRITE, 0, 1), 0);
		assert_int_equal(inventory_path_process(p, evil, 0, 0, 1), 0);
		assert_int_equal(str_set(&p->mount, evil), 0);
	}
	add_path(i, "/\\u001b[31m", WRITTEN);
	add(i, END("7", "1,\"lost\":0,\"blind_spots\":[\"\\u001b[0m\"]"));
	AUTO_FREE char *text = rendered(i, (struct text_style){ .width = 80 });
	assert_null(strchr(text, '\x1b'));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_true(text_is_utf8(text, strlen(text)));
	assert_non_null(strstr(text, "x\\e[31m\\n\\xff\\u{202e}"));
	inventory_done(i);
}

/* --- folding --- */

static size_t by_bytes(const char *const *names, size_t n, struct list *rows)
{
	struct inventory_path paths[64] = { 0 };
	AUTO(list_done) struct list list = { 0 };

	assert_true(n <= ARRAY_LEN(paths));
	for (size_t i = 0; i < n; i++) {
		paths[i].path = (char *)(uintptr_t)names[i];
		*LIST_ADD(&list, struct inventory_path *) = &paths[i];
		if (i > 0)
			assert_true(strcmp(names[i - 1], names[i]) < 0);
	}
	assert_int_equal(fold_paths(&list, rows), 0);
	/* Each path is in one row, and no more. */
	for (size_t i = 0; i < n; i++) {
		size_t in = 0;

		LIST_EACH (const struct fold_row, row, rows)
			in += i >= row->from && i < row->to && fold_has(&list, row, i);
		if (in != 1)
			fail_msg("%s is in %zu rows", names[i], in);
	}
	return rows->len;
}

TEST(each_path_is_in_one_row)
{
	static const char *const names[] = {
		"/",	      "/a",	  "/a-b",     "/a-b/1",	  "/a-b/2",   "/a-b/3",
		"/a-b/4",     "/a/b",	  "/a/b-c",   "/a/b/1",	  "/a/b/2",   "/a/b/3/x",
		"/a/b/3/y/z", "/a/b/4",	  "/a/b/5",   "/a/b0",	  "/m/1/a/1", "/m/1/a/2",
		"/m/1/b/1",   "/m/1/b/2", "/m/1/c/1", "/m/1/c/2", "/m/1/d/1", "/m/1/d/2",
		"/m/1/e/1",   "/m/2",
	};
	AUTO(list_done) struct list rows = { 0 };

	assert_in_range(by_bytes(names, ARRAY_LEN(names), &rows), 8, 20);
}

TEST(few_stay_as_they_are_and_many_become_one)
{
	static const char *const few[] = { "/d/1", "/d/2", "/d/3" };
	static const char *const many[] = { "/d/1", "/d/2", "/d/3", "/d/4" };
	static const char *const deep[] = { "/d/a/1", "/d/b/1", "/d/c/1",
					    "/d/d/1", "/d/e/1", "/d/f/1",
					    "/d/g/1", "/d/h/1", "/d/i/1" };
	AUTO(list_done) struct list a = { 0 };
	AUTO(list_done) struct list b = { 0 };
	AUTO(list_done) struct list c = { 0 };

	assert_int_equal(by_bytes(few, ARRAY_LEN(few), &a), 3);
	assert_int_equal(by_bytes(many, ARRAY_LEN(many), &b), 1);
	assert_true(LIST_AT(&b, struct fold_row, 0)->direct);
	assert_int_equal(by_bytes(deep, ARRAY_LEN(deep), &c), 1);
	assert_false(LIST_AT(&c, struct fold_row, 0)->direct);
	assert_int_equal(LIST_AT(&c, struct fold_row, 0)->len, strlen("/d/"));
}

TEST(a_deep_path_does_not_exhaust_the_stack)
{
	struct inventory *i = inventory_new();
	char path[8001];

	for (size_t n = 0; n < sizeof(path) - 1; n += 2)
		memcpy(path + n, "/a", 3);
	for (size_t n = 8000; n > 2000; n -= 1000) {
		path[n] = '\0';
		struct inventory_path *p = inventory_path(i, path);
		assert_non_null(p);
		assert_int_equal(inventory_path_count(p, OP_WRITE, 0, 1), 0);
	}
	AUTO_FREE char *text = rendered(i, (struct text_style){ 0 });
	assert_non_null(strstr(text, "6 paths; write 6"));
	inventory_done(i);
}

TEST(numbers_are_words)
{
	static const struct {
		int64_t n;
		const char *number, *size;
	} cases[] = {
		{ 0, "0", "0 bytes" },
		{ 1, "1", "1 byte" },
		{ 999, "999", "999 bytes" },
		{ 1023, "1,023", "1,023 bytes" },
		{ 1024, "1,024", "1.0 KiB" },
		{ 1048575, "1,048,575", "1023.9 KiB" },
		{ 1048576, "1,048,576", "1.0 MiB" },
		{ INT64_MAX, "9,223,372,036,854,775,807", "7.9 EiB" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(str_done) struct str number = STR_INIT(64), size = STR_INIT(64);

		words_number(&number, cases[i].n);
		words_size(&size, cases[i].n);
		assert_string_equal(number.s, cases[i].number);
		assert_string_equal(size.s, cases[i].size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_gets_a_line_for_each_row),
		cmocka_unit_test(a_terminal_of_80_columns_gets_no_longer_lines),
		cmocka_unit_test(a_truncated_inventory_says_so_first),
		cmocka_unit_test(nothing_written_is_said_with_how_much_was_looked_at),
		cmocka_unit_test(the_runs_of_a_merged_inventory_are_counted),
		cmocka_unit_test(the_verdict_says_the_worst),
		cmocka_unit_test(no_name_reaches_the_terminal_raw),
		cmocka_unit_test(each_path_is_in_one_row),
		cmocka_unit_test(few_stay_as_they_are_and_many_become_one),
		cmocka_unit_test(a_deep_path_does_not_exhaust_the_stack),
		cmocka_unit_test(numbers_are_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
