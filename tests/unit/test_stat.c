/* SPDX-License-Identifier: MIT */
#include "probe/proc/stat.h"

#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/str.h"
#include "core/table.h"
#include "tests/unit/test.h"

#define TAIL                                                                      \
	" S 12 34 56 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 987654 3133440 399 " \
	"18446744073709551615"                                                    \
	" 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"

static int parse(const char *text, struct stat_line *ret)
{
	struct err err = ERR_INIT;

	return stat_parse(text, strlen(text), ret, &err);
}

TEST(the_fields_are_taken)
{
	struct stat_line stat;

	assert_int_equal(parse("78 (nginx)" TAIL, &stat), 0);
	assert_string_equal(stat.comm, "nginx");
	assert_int_equal(stat.state, 'S');
	assert_int_equal(stat.ppid, 12);
	assert_int_equal(stat.pgrp, 34);
	assert_int_equal(stat.session, 56);
	assert_int_equal(stat.flags, 4194560);
	assert_int_equal(stat.start_ticks, 987654);
}

TEST(a_process_cannot_forge_fields_by_its_name)
{
	static const char *const names[] = {
		"x) R 1 (y", ") S 1 1 1", "a\nb", "((((", "))))", "", " ", "(sd-pam)"
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_FREE char *text = str_format("78 (%s)" TAIL, names[i]);
		struct stat_line stat;

		assert_int_equal(parse(text, &stat), 0);
		assert_string_equal(stat.comm, names[i]);
		assert_int_equal(stat.ppid, 12);
		assert_int_equal(stat.start_ticks, 987654);
	}
}

TEST(malformed_lines_are_refused)
{
	static const char *const bad[] = {
		"",
		"78",
		"78 (x",
		"78 x)",
		") (",
		"78 (x)",
		"78 (x) ",
		"78 (x)S 1 2 3",
		"78 (x) S",
		"78 (x) S 1 2 3 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0",
		"78 (x) SS 1 2 3 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 5",
		"78 (x) S one 2 3 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 5",
		"78 (x) S 1 2 3 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 "
		"99999999999999999999",
		"78 "
		"(0123456789012345678901234567890123456789012345678901234567890123)" TAIL,
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct stat_line stat;

		if (parse(bad[i], &stat) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
	}
}

TEST(what_is_cut_off_before_the_start_time_is_refused)
{
	static const char text[] = "78 (nginx)" TAIL;
	const size_t needed = (size_t)(strstr(text, "987654") - text);
	struct err err = ERR_INIT;
	struct stat_line stat;

	for (size_t n = 0; n <= needed; n++)
		assert_int_equal(stat_parse(text, n, &stat, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fields_are_taken),
		cmocka_unit_test(a_process_cannot_forge_fields_by_its_name),
		cmocka_unit_test(malformed_lines_are_refused),
		cmocka_unit_test(what_is_cut_off_before_the_start_time_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
