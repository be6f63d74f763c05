/* SPDX-License-Identifier: MIT
 *
 * test_merge.c - the verb: files and pipes in, a file or a page out.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/input.h"
#include "agent/verb.h"
#include "core/cleanup.h"
#include "core/inventory.h"
#include "tests/unit/files.h"
#include "tests/unit/test.h"

#define RUN(id) \
	"{\"record\":\"run\",\"schema\":\"taskprobe.inventory/1\",\"id\":\"" id "\"}\n"
#define PATH(path)                              \
	"{\"record\":\"path\",\"path\":\"" path \
	"\",\"ops\":{\"write\":{\"written\":1}}}\n"
#define END                                                                \
	"{\"record\":\"end\",\"ended\":\"exit\",\"exit\":0,\"coverage\":{" \
	"\"events\":5,\"unresolved\":0,\"lost\":0,\"blind_spots\":[]}}\n"

static char directory[] = "/tmp/taskprobe-merge-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "a", "b", "c", "out", "fifo", "one", "big" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlink(names[i]);
	return chdir("/") == 0 && rmdir(directory) == 0 ? 0 : -1;
}

/* `taskprobe merge` with these words; its status. What it says goes nowhere. */
static int merge(const char *const *words, size_t n)
{
	AUTO(settings_done) struct settings settings = { 0 };
	AUTO(list_done) struct list rest = { 0 };
	char *argv[16] = { (char[]){ "merge" } };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < n; i++)
		argv[i + 1] = (char *)(uintptr_t)words[i];
	if (settings_read(&settings, verb_merge.takes, (int)n + 1, argv, &rest, &err) < 0)
		return EXIT_USAGE;
	AUTO_CLOSE int saved = dup(STDERR_FILENO);
	AUTO_CLOSE int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_true(saved >= 0 && null >= 0 && dup2(null, STDERR_FILENO) >= 0);
	const int status = verb_merge.run(&settings, &rest);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	return status;
}
#define MERGE(...)                                                 \
	({                                                         \
		const char *const words_[] = { __VA_ARGS__ };      \
		merge(words_, sizeof(words_) / sizeof(words_[0])); \
	})

/* Standard input is a pipe with this text, as long as it fits into one. */
static void feed_stdin(const char *text)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fd_write(ends[1], text, strlen(text)), 0);
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(close(ends[0]), 0);
}

TEST(files_and_pipes_give_the_same)
{
	put("a", RUN("a") PATH("/a") END);
	put("b", RUN("b") PATH("/b") END);
	assert_int_equal(MERGE("a", "b", "-o", "one"), EXIT_CLEAN);
	AUTO_FREE char *one = content("one");
	assert_non_null(strstr(one, "\"path\":\"/b\""));
	feed_stdin(RUN("b") PATH("/b") END);
	assert_int_equal(MERGE("-", "a", "-o", "out"), EXIT_CLEAN);
	AUTO_FREE char *out = content("out");
	assert_string_equal(out, one);
	feed_stdin(RUN("b") PATH("/b") END RUN("a") PATH("/a") END);
	assert_int_equal(MERGE("-", "-f", "json=out"), EXIT_CLEAN);
	AUTO_FREE char *again = content("out");
	assert_string_equal(again, one);
}

TEST(the_output_may_be_an_input)
{
	put("a", RUN("a") PATH("/a") END);
	put("b", RUN("b") PATH("/b") END);
	assert_int_equal(MERGE("a", "b", "-o", "one"), EXIT_CLEAN);
	assert_int_equal(MERGE("a", "b", "-o", "a"), EXIT_CLEAN);
	assert_int_equal(MERGE("a", "-o", "a"), EXIT_CLEAN);
	AUTO_FREE char *one = content("one"), *a = content("a");
	assert_string_equal(a, one);
}

TEST(what_fails_leaves_the_output_alone)
{
	put("a", RUN("a") PATH("/a") END);
	put("b", RUN("b") "{\"record\":\"path\",\"path\":7}\n" END);
	put("out", "before");
	assert_int_equal(MERGE("a", "b", "-o", "out"), EXIT_BLIND);
	assert_int_equal(MERGE("a", "missing", "-o", "out"), EXIT_BLIND);
	assert_int_equal(MERGE("a", "/", "-o", "out"), EXIT_BLIND);
	AUTO_FREE char *out = content("out");
	assert_string_equal(out, "before");
	assert_int_equal(MERGE("a", "-o", "/dev/full"), EXIT_BLIND);
	assert_int_equal(MERGE("a", "-f", "text=/dev/full"), EXIT_BLIND);
	assert_int_equal(MERGE("a", "-o", "missing/out"), EXIT_BLIND);
}

TEST(what_was_not_meant_is_a_question_of_usage)
{
	put("a", RUN("a") END);
	assert_int_equal(MERGE("-o", "out"), EXIT_USAGE);
	assert_int_equal(MERGE("-", "-"), EXIT_USAGE);
	assert_int_equal(MERGE("a", "-f", "xml"), EXIT_USAGE);
	assert_int_equal(MERGE("a", "--once"), EXIT_USAGE);
}

TEST(a_page_may_stand_beside_the_lines)
{
	put("a", RUN("a") PATH("/a"));
	assert_int_equal(MERGE("a", "-f", "json=one", "-f", "text=out"), EXIT_CLEAN);
	AUTO_FREE char *page = content("out"), *lines = content("one");
	assert_int_equal(strncmp(page, "taskprobe: TRUNCATED", 20), 0);
	assert_int_equal(strncmp(lines, "{\"record\":\"run\"", 15), 0);
}

TEST(a_long_line_is_an_error_only_if_it_is_a_record)
{
	AUTO(str_done) struct str text = STR_INIT(32 << 20);
	AUTO_FREE char *filler = malloc(5 * INVENTORY_LINE_MAX + 1);

	assert_non_null(filler);
	memset(filler, 'x', 5 * INVENTORY_LINE_MAX);
	filler[5 * INVENTORY_LINE_MAX] = '\0';
	put("a", RUN("a") PATH("/a") PATH("/z") END);
	assert_int_equal(str_puts(&text, RUN("a") PATH("/a")), 0);
	assert_int_equal(
		str_printf(&text, "log %s\n" PATH("/z") END "%s", filler, filler), 0);
	put("big", text.s);
	assert_int_equal(MERGE("a", "-o", "one"), EXIT_CLEAN);
	assert_int_equal(MERGE("big", "-o", "out"), EXIT_CLEAN);
	AUTO_FREE char *one = content("one"), *out = content("out");
	assert_string_equal(one, out);
	str_reset(&text);
	assert_int_equal(str_printf(&text,
				    RUN("a") "{\"record\":\"path\",\"path\":\"/%s\","
					     "\"ops\":{}}\n" END,
				    filler),
			 0);
	put("big", text.s);
	assert_int_equal(MERGE("big", "-o", "out"), EXIT_BLIND);
}

/* --- lines of any length, in buffers of any size --- */

TEST(lines_come_whole_whatever_the_buffer)
{
	static const char text[] = "one\n\nthree\r\n0123456789abcdef0123456789\nlast";
	static const char *const lines[] = { "one", "", "three\r",
					     "0123456789abcdef0123456789", "last" };
	char buffer[64];
	struct err err = ERR_INIT;
	bool once = true;

	put("c", text);
	AUTO_CLOSE int fd = input_open("c", &once, &err);
	assert_true(fd >= 0);
	assert_false(once);
	for (size_t size = 8; size <= sizeof(buffer); size++) {
		struct input input;
		struct input_line line;
		int64_t at = 0;

		input_start(&input, fd, "c", buffer, size);
		input_range(&input, 0, -1, 1);
		for (size_t i = 0; i < 5; i++) {
			const size_t whole = strlen(lines[i]);

			assert_int_equal(input_next(&input, &line, &err), 1);
			assert_int_equal(line.number, i + 1);
			assert_int_equal(line.at, at);
			assert_int_equal(line.len, whole < size ? whole : size);
			assert_memory_equal(line.text, lines[i], line.len);
			assert_int_equal(line.cut, i == 4);
			at += (int64_t)whole + 1;
		}
		assert_int_equal(input_next(&input, &line, &err), 0);
		/* "three" and half of the next one */
		input_range(&input, 5, 15, 3);
		assert_int_equal(input_next(&input, &line, &err), 1);
		assert_int_equal(line.number, 3);
		assert_int_equal(line.len, 6);
		assert_int_equal(input_next(&input, &line, &err), 1);
		assert_int_equal(line.len, 3);
		assert_true(line.cut);
		assert_int_equal(input_next(&input, &line, &err), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_and_pipes_give_the_same),
		cmocka_unit_test(the_output_may_be_an_input),
		cmocka_unit_test(what_fails_leaves_the_output_alone),
		cmocka_unit_test(what_was_not_meant_is_a_question_of_usage),
		cmocka_unit_test(a_page_may_stand_beside_the_lines),
		cmocka_unit_test(a_long_line_is_an_error_only_if_it_is_a_record),
		cmocka_unit_test(lines_come_whole_whatever_the_buffer),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
