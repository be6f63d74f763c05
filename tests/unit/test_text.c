/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "core/text.h"
#include "tests/unit/test.h"

TEST(text_escape_leaves_nothing_that_acts)
{
	static const struct {
		const char *text, *escaped;
	} cases[] = {
		{ "", "" },
		{ "plain /path with blanks", "plain /path with blanks" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		  "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "a\nb\tc\rd", "a\\nb\\tc\\x0dd" },
		{ "\x1b[2J", "\\e[2J" },
		{ "\x7f", "\\x7f" },
		{ "back\\slash", "back\\\\slash" },
		{ "\\n", "\\\\n" }, /* not to be taken for a newline */
		{ "\xc2\x9b"
		  "31m",
		  "\\u{009b}31m" }, /* CSI in one character */
		{ "\xe2\x80\xae"
		  "gpj",
		  "\\u{202e}gpj" }, /* right-to-left override */
		{ "\xe2\x80\x8b", "\\u{200b}" },
		{ "\xef\xbb\xbf", "\\u{feff}" },
		{ "\xff\xfe", "\\xff\\xfe" },
		{ "\xc0\xaf", "\\xc0\\xaf" },			/* overlong */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },		/* surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" }, /* past the last */
		{ "\xe2\x82", "\\xe2\\x82" },			/* cut short */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(str_done) struct str out = STR_INIT(1000);

		text_escape(&out, cases[i].text);
		assert_string_equal(out.s, cases[i].escaped);
	}
}

/* Every byte and every pair of them: printable ASCII or well-formed UTF-8 comes out. */
TEST(text_escape_holds_for_all_pairs_of_bytes)
{
	for (int a = 1; a < 256; a++)
		for (int b = 1; b < 256; b++) {
			AUTO(str_done) struct str out = STR_INIT(100);
			const char text[] = { (char)a, (char)b, '\0' };

			text_escape(&out, text);
			assert_true(text_is_utf8(out.s, out.len));
			for (size_t i = 0; i < out.len; i++) {
				unsigned char c = (unsigned char)out.s[i];

				assert_true(c >= 0x20 && c != 0x7f);
				assert_false(c == 0xc2 &&
					     (unsigned char)out.s[i + 1] < 0xa0);
			}
		}
}

TEST(text_utf8_knows_its_bounds)
{
	static const char euro[] = "\xe2\x82\xac";

	assert_int_equal(text_utf8(euro, euro + 3), 3);
	assert_int_equal(text_utf8(euro, euro + 2), 0);
	assert_int_equal(text_utf8(euro, euro), 0);
	assert_true(text_is_utf8("", 0));
	assert_false(text_is_utf8("a\x80", 2));
	assert_true(text_is_utf8("a\0b", 3));
}

TEST(text_place_counts_lines_and_bytes)
{
	static const char text[] = "ab\n\ncd";
	static const size_t expected[][2] = { { 1, 1 }, { 1, 2 }, { 1, 3 }, { 2, 1 },
					      { 3, 1 }, { 3, 2 }, { 3, 3 }, { 3, 3 } };

	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		struct place p = text_place(text, sizeof(text) - 1, i);

		assert_int_equal(p.line, expected[i][0]);
		assert_int_equal(p.column, expected[i][1]);
	}
}

static const struct {
	const char *plain, *base64;
} vectors[] = {
	/* RFC 4648, section 10 */
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xff\xfe\xfb", "//77" },
};

TEST(base64_has_the_vectors_of_the_standard)
{
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		AUTO(str_done) struct str to = STR_INIT(100), from = STR_INIT(100);

		assert_int_equal(
			base64_encode(&to, vectors[i].plain, strlen(vectors[i].plain)),
			0);
		assert_string_equal(to.s, vectors[i].base64);
		assert_int_equal(base64_decode(&from, to.s, to.len), 0);
		assert_string_equal(from.s, vectors[i].plain);
	}
}

TEST(base64_round_trips_every_length_and_byte)
{
	char data[600];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7 + i / 256);
	for (size_t n = 0; n <= sizeof(data); n++) {
		AUTO(str_done) struct str to = STR_INIT(1000), from = STR_INIT(1000);

		assert_int_equal(base64_encode(&to, data, n), 0);
		assert_int_equal(to.len, (n + 2) / 3 * 4);
		assert_int_equal(base64_decode(&from, to.s, to.len), 0);
		assert_int_equal(from.len, n);
		assert_memory_equal(from.s, data, n);
	}
}

TEST(base64_skips_blanks_and_refuses_the_rest)
{
	static const char *const bad[] = {
		"Z",	 "Zg",	   "Zg=",  "Zg===", "=",    "====", "Zg==Zg==",
		"Zm8=v", "Zm 9!v", "Zm-_", "Zm9v=", "Z===", "Z=g=", "Zm9v\x80"
	};
	AUTO(str_done) struct str out = STR_INIT(100);

	assert_int_equal(base64_decode(&out, " Zm\r\n9v\tYg =\n= ", 15), 0);
	assert_string_equal(out.s, "foob");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(str_done) struct str none = STR_INIT(100);

		if (base64_decode(&none, bad[i], strlen(bad[i])) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
	}
}

TEST(base64_keeps_to_the_limit)
{
	AUTO(str_done) struct str out = STR_INIT(5);

	assert_int_equal(base64_decode(&out, "Zm9vYmFy", 8), -E2BIG);
	assert_true(out.len <= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_escape_leaves_nothing_that_acts),
		cmocka_unit_test(text_escape_holds_for_all_pairs_of_bytes),
		cmocka_unit_test(text_utf8_knows_its_bounds),
		cmocka_unit_test(text_place_counts_lines_and_bytes),
		cmocka_unit_test(base64_has_the_vectors_of_the_standard),
		cmocka_unit_test(base64_round_trips_every_length_and_byte),
		cmocka_unit_test(base64_skips_blanks_and_refuses_the_rest),
		cmocka_unit_test(base64_keeps_to_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
