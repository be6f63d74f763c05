/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "core/err.h"
#include "tests/unit/test.h"

TEST(err_says_outermost_first)
{
	struct err err = ERR_INIT;

	assert_int_equal(err_set(&err, -ENOENT, "open %s", "8/status"), -ENOENT);
	assert_int_equal(err_wrap(&err, "pid %d", 8), -ENOENT);
	assert_int_equal(err_wrap(&err, "peers"), -ENOENT);
	assert_string_equal(err.msg, "peers: pid 8: open 8/status");
	assert_int_equal(err.code, -ENOENT);
}

TEST(err_cuts_what_is_too_long)
{
	struct err err = ERR_INIT;

	(void)err_set(&err, -EIO, "%01000d", 7);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	for (int i = 0; i < 200; i++) {
		(void)err_wrap(&err, "level %d", i);
		assert_in_range(strlen(err.msg), 1, sizeof(err.msg) - 1);
	}
	assert_memory_equal(err.msg, "level 199: level 198: ", 22);
	(void)err_wrap(&err, "%01000d", 7); /* the context alone is longer */
	assert_in_range(strlen(err.msg), 1, sizeof(err.msg) - 1);
}

/* Every length of context around the end of the buffer. */
TEST(err_wrap_holds_at_the_edge)
{
	for (int n = (int)sizeof(((struct err *)0)->msg) - 10; n < 420; n++) {
		struct err err = ERR_INIT;

		(void)err_set(&err, -EIO, "inner");
		(void)err_wrap(&err, "%0*d", n, 7);
		assert_in_range(strlen(err.msg), 1, sizeof(err.msg) - 1);
	}
}

TEST(err_words_are_ours)
{
	assert_string_equal(err_words(EROFS), "EROFS (read-only file system)");
	assert_string_equal(err_words(-EROFS), "EROFS (read-only file system)");
	assert_string_equal(err_name(EACCES), "EACCES");
	assert_string_equal(err_name(99999), "errno");
	assert_non_null(err_words(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_says_outermost_first),
		cmocka_unit_test(err_cuts_what_is_too_long),
		cmocka_unit_test(err_wrap_holds_at_the_edge),
		cmocka_unit_test(err_words_are_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
