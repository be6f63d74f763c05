/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "core/cleanup.h"
#include "core/list.h"
#include "core/str.h"
#include "tests/unit/test.h"

TEST(str_is_never_null)
{
	AUTO(str_done) struct str s = STR_INIT(10);

	assert_string_equal(s.s, "");
	assert_int_equal(str_add(&s, "", 0), 0);
	assert_string_equal(s.s, "");
	assert_int_equal(str_puts(&s, "abc"), 0);
	str_reset(&s);
	assert_string_equal(s.s, "");
	str_done(&s);
	assert_string_equal(s.s, "");
	assert_int_equal(s.max, 10);
}

TEST(str_keeps_to_its_limit_and_remembers)
{
	AUTO(str_done) struct str s = STR_INIT(5);

	assert_int_equal(str_puts(&s, "abc"), 0);
	assert_int_equal(str_puts(&s, "def"), -E2BIG);
	assert_string_equal(s.s, "abc");
	assert_int_equal(str_puts(&s, "d"), -E2BIG); /* the first failure sticks */
	assert_string_equal(s.s, "abc");
	str_reset(&s);
	assert_int_equal(str_puts(&s, "vwxyz"), 0);
	assert_string_equal(s.s, "vwxyz");
	assert_int_equal(s.error, 0);
}

TEST(str_holds_any_bytes)
{
	AUTO(str_done) struct str s = STR_INIT(100);

	assert_int_equal(str_add(&s, "a\0b", 3), 0);
	assert_int_equal(str_add(&s, "\xff", 1), 0);
	assert_int_equal(s.len, 4);
	assert_memory_equal(s.s, "a\0b\xff", 5);
}

TEST(str_printf_grows)
{
	AUTO(str_done) struct str s = STR_INIT(100000);

	assert_int_equal(str_printf(&s, "%s-%d", "x", 7), 0);
	assert_int_equal(str_printf(&s, "%05000d", 1), 0);
	assert_int_equal(s.len, 5003);
	assert_int_equal(str_printf(&s, "%0100000d", 1), -E2BIG);
	assert_int_equal(s.len, 5003);
}

TEST(str_take_empties)
{
	struct str s = STR_INIT(10);
	AUTO_FREE char *none = str_take(&s);

	assert_string_equal(none, "");
	assert_int_equal(str_puts(&s, "abc"), 0);
	AUTO_FREE char *abc = str_take(&s);
	assert_string_equal(abc, "abc");
	assert_string_equal(s.s, "");
	assert_int_equal(s.cap, 0);
}

TEST(str_set_and_equal_know_null)
{
	AUTO_FREE char *slot = NULL;

	assert_true(str_equal(NULL, NULL));
	assert_false(str_equal(NULL, ""));
	assert_false(str_equal("", NULL));
	assert_true(str_equal("a", "a"));
	assert_int_equal(str_set(&slot, "abc"), 0);
	assert_int_equal(str_set(&slot, slot + 1), 0); /* of itself */
	assert_string_equal(slot, "bc");
	assert_int_equal(str_set(&slot, NULL), 0);
	assert_null(slot);
}

TEST(list_grows_zeroed)
{
	struct list list = { 0 };

	for (int64_t i = 0; i < 1000; i++) {
		int64_t *slot = LIST_ADD(&list, int64_t);

		assert_non_null(slot);
		assert_true(*slot == 0);
		*slot = i;
	}
	int64_t next = 0;
	LIST_EACH (int64_t, v, &list)
		assert_true(*v == next++);
	assert_int_equal(next, 1000);
	list_done(&list);
	assert_int_equal(list.len, 0);
	LIST_EACH (int64_t, v, &list)
		assert_null(v); /* never reached */
}

TEST(texts_are_copies)
{
	AUTO(texts_done) struct list texts = { 0 };
	char name[] = "abc";

	assert_int_equal(texts_add(&texts, name), 0);
	name[0] = 'x';
	assert_true(texts_have(&texts, "abc"));
	assert_false(texts_have(&texts, "xbc"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(str_is_never_null),
		cmocka_unit_test(str_keeps_to_its_limit_and_remembers),
		cmocka_unit_test(str_holds_any_bytes),
		cmocka_unit_test(str_printf_grows),
		cmocka_unit_test(str_take_empties),
		cmocka_unit_test(str_set_and_equal_know_null),
		cmocka_unit_test(list_grows_zeroed),
		cmocka_unit_test(texts_are_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
