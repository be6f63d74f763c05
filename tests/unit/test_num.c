/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "core/num.h"
#include "core/table.h"
#include "tests/unit/test.h"

TEST(num_i64_takes_whole_numbers_alone)
{
	static const struct {
		const char *text;
		int result;
		int64_t value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "-7", 0, -7 },
		{ "007", 0, 7 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "-9223372036854775808", 0, INT64_MIN },
		{ "9223372036854775808", -ERANGE, 99 },
		{ "-9223372036854775809", -ERANGE, 99 },
		{ "99999999999999999999999", -ERANGE, 99 },
		{ "", -EINVAL, 99 },
		{ "-", -EINVAL, 99 },
		{ "--1", -EINVAL, 99 },
		{ "+1", -EINVAL, 99 },
		{ " 1", -EINVAL, 99 },
		{ "1 ", -EINVAL, 99 },
		{ "1.0", -EINVAL, 99 },
		{ "0x1", -EINVAL, 99 },
		{ "1a", -EINVAL, 99 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t v = 99;

		assert_int_equal(num_i64(cases[i].text, &v), cases[i].result);
		assert_true(v == cases[i].value);
	}
}

TEST(num_u64_knows_bases)
{
	uint64_t v = 0;

	assert_int_equal(num_u64("fFfFfFfFfFfFfFfF", 16, &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(num_u64("10000000000000000", 16, &v), -ERANGE);
	assert_int_equal(num_u64("18446744073709551615", 10, &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(num_u64("18446744073709551616", 10, &v), -ERANGE);
	assert_int_equal(num_u64("755", 8, &v), 0);
	assert_true(v == 0755);
	assert_int_equal(num_u64("8", 8, &v), -EINVAL);
	assert_int_equal(num_u64("-1", 10, &v), -EINVAL);
	assert_int_equal(num_u64("g", 16, &v), -EINVAL);
}

TEST(num_duration_has_units)
{
	static const struct {
		const char *text;
		int result;
		int64_t ms;
	} cases[] = {
		{ "0", 0, 0 },
		{ "5", 0, 5000 },
		{ "250ms", 0, 250 },
		{ "5s", 0, 5000 },
		{ "2m", 0, 120000 },
		{ "1h", 0, 3600000 },
		{ "8760h", 0, INT64_C(31536000000) },
		{ "8761h", -ERANGE, 1 },
		{ "999999999999999", -ERANGE, 1 },
		{ "9999999999999999", -EINVAL, 1 },
		{ "", -EINVAL, 1 },
		{ "s", -EINVAL, 1 },
		{ "-1s", -EINVAL, 1 },
		{ "1 s", -EINVAL, 1 },
		{ "1.5s", -EINVAL, 1 },
		{ "1d", -EINVAL, 1 },
		{ "1S", -EINVAL, 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t ms = 1;

		assert_int_equal(num_duration_ms(cases[i].text, &ms), cases[i].result);
		assert_true(ms == cases[i].ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(num_i64_takes_whole_numbers_alone),
		cmocka_unit_test(num_u64_knows_bases),
		cmocka_unit_test(num_duration_has_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
