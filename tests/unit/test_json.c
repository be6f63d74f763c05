/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include "core/cleanup.h"
#include "core/json.h"
#include "core/table.h"
#include "tests/unit/test.h"

static int parse(const char *text, struct err *err)
{
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;

	return json_parse(text, strlen(text), &doc, err);
}

TEST(json_refuses_what_parsers_read_differently)
{
	static const char *const bad[] = {
		"",
		" ",
		"nul",
		"truex",
		"{\"a\":1,\"a\":2}",
		"{\"a\":{\"b\":1,\"c\":2,\"b\":3}}",
		"{\"\\u0061\":1,\"a\":2}", /* one key, spelt in two ways */
		"\"root\\u0000x\"",
		"\"\\ud800\"",
		"\"\\ud800\\u0041\"",
		"\"\\udc00\"",
		"\"\\u12g4\"",
		"\"\\u12",
		"\"\\x41\"",
		"\"a\nb\"",
		"\"a\tb\"",
		"\"\xff\"",
		"\"\xed\xa0\x80\"", /* a surrogate in UTF-8 */
		"\"\xc0\xaf\"",	    /* an overlong slash */
		"01",
		"-",
		"+1",
		".5",
		"1.",
		"1e",
		"1e+",
		"0x10",
		"NaN",
		"Infinity",
		"[1,]",
		"[,1]",
		"[1 2]",
		"{\"a\":1,}",
		"{\"a\"}",
		"{\"a\" 1}",
		"{a:1}",
		"{'a':1}",
		"// x\n{}",
		"{} {}",
		"{}x",
		"[",
		"{",
		"[1",
		"{\"a\":",
		"\"",
		"\"\\",
		"\f1",
		"1000000000000000000000000000000000000000000000000000000000000000",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = ERR_INIT;

		if (parse(bad[i], &err) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
		assert_non_null(strstr(err.msg, "line "));
	}
}

TEST(json_refuses_a_nul_byte_anywhere)
{
	static const char text[] = "{\"a\":\"b\0c\"}", after[] = "{}\0",
			  before[] = "\0{}";
	struct json_doc doc = JSON_DOC_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(json_parse(text, sizeof(text) - 1, &doc, &err), -EINVAL);
	assert_int_equal(json_parse(after, sizeof(after) - 1, &doc, &err), -EINVAL);
	assert_int_equal(json_parse(before, sizeof(before) - 1, &doc, &err), -EINVAL);
}

TEST(json_accepts_what_is_sound)
{
	static const char *const good[] = {
		"null",
		" true\r\n",
		"0",
		"-0",
		"-1.5e+10",
		"\"\"",
		"[]",
		"{}",
		"[ ]",
		"{ }",
		"{\"\":1}",
		"[[],[{}],{\"a\":[]}]",
		"\xef\xbb\xbf{}",
		"\"\\ud83d\\ude00 \\u00e9 \\/ \\b\\f\\n\\r\\t\\\\\\\"\"",
		"\"\x7f\"",
		"{\"a\":1,\"A\":2}",
		"100000000000000000000000000000000000000000000000000000000000000",
	};

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct err err = ERR_INIT;

		if (parse(good[i], &err) != 0)
			fail_msg("%s: %s", good[i], err.msg);
	}
}

static int parse_nested(int depth, char bracket)
{
	AUTO(str_done) struct str text = STR_INIT(1 << 20);
	struct err err = ERR_INIT;

	for (int i = 0; i < depth; i++)
		(void)str_puts(&text, bracket == '[' ? "[" : "{\"a\":");
	(void)str_puts(&text, "1");
	for (int i = 0; i < depth; i++)
		(void)str_puts(&text, bracket == '[' ? "]" : "}");
	return parse(text.s, &err);
}

TEST(json_depth_is_bounded)
{
	static const char brackets[] = "[{";

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(parse_nested(JSON_DEPTH_MAX, brackets[i]), 0);
		assert_int_equal(parse_nested(JSON_DEPTH_MAX + 1, brackets[i]), -E2BIG);
		assert_int_equal(parse_nested(100000, brackets[i]), -E2BIG);
	}
}

TEST(json_values_are_bounded)
{
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(json_parse_most("[1,2,3]", 7, 3, &doc, &err), -E2BIG);
	assert_int_equal(json_parse_most("[1,2,3]", 7, 4, &doc, &err), 0);
}

TEST(json_integers_are_exact)
{
	static const struct {
		const char *text;
		int result;
		int64_t value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "-0", 0, 0 },
		{ "9007199254740993", 0, INT64_C(9007199254740993) }, /* 2^53 + 1 */
		{ "-9007199254740993", 0, INT64_C(-9007199254740993) },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "-9223372036854775808", 0, INT64_MIN },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "-9223372036854775809", -ERANGE, 0 },
		{ "1.0", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "\"1\"", -EINVAL, 0 },
		{ "true", -EINVAL, 0 },
		{ "null", -EINVAL, 0 },
		{ "[1]", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
		struct err err = ERR_INIT;
		int64_t v = 0;

		assert_int_equal(
			json_parse(cases[i].text, strlen(cases[i].text), &doc, &err), 0);
		assert_int_equal(json_int(doc.root, &v), cases[i].result);
		assert_true(v == cases[i].value);
	}
}

TEST(json_numbers_keep_their_text)
{
	static const char text[] = "[1.50e3, -0.25,true]";
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(json_parse(text, strlen(text), &doc, &err), 0);
	const struct json *v = json_first(doc.root);
	assert_string_equal(json_number_text(v), "1.50e3");
	v = json_next(v);
	assert_string_equal(json_number_text(v), "-0.25");
	v = json_next(v);
	assert_null(json_number_text(v));
}

static void check_place(const struct json_doc *doc, const struct json *v, size_t line,
			size_t column)
{
	struct place p = json_place(doc, v);

	assert_int_equal(p.line, line);
	assert_int_equal(p.column, column);
}

TEST(json_places_are_those_of_the_values)
{
	static const char text[] =
		"\xef\xbb\xbf { \"a\" :\t[ 1,\n  {\"b\\\"]\": \"x,}\"} ,"
		"null],\r\n\n\"c\":-2.5e3 , \"d\" : {} }\n";
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(json_parse(text, strlen(text), &doc, &err), 0);
	check_place(&doc, doc.root, 1, 2);
	const struct json *a = json_get(doc.root, "a");
	check_place(&doc, a, 1, 10);
	const struct json *e = json_first(a);
	check_place(&doc, e, 1, 12);
	e = json_next(e);
	check_place(&doc, e, 2, 3);
	check_place(&doc, json_first(e), 2, 12);
	assert_string_equal(json_name(json_first(e)), "b\"]");
	check_place(&doc, json_next(e), 2, 20);
	check_place(&doc, json_get(doc.root, "c"), 4, 5);
	check_place(&doc, json_get(doc.root, "d"), 4, 20);
}

/* The marks that make places cheap lie 1 KiB apart: cross many of them. */
TEST(json_places_are_right_in_long_documents)
{
	AUTO(str_done) struct str text = STR_INIT(1 << 20);
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	struct err err = ERR_INIT;

	(void)str_puts(&text, "[0");
	for (int i = 1; i < 5000; i++)
		(void)str_printf(&text, ",%s%*d", i % 7 ? "" : "\n", i % 13, i);
	(void)str_puts(&text, "]");
	assert_int_equal(json_parse(text.s, text.len, &doc, &err), 0);
	size_t at = 1;
	for (const struct json *v = json_first(doc.root); v; v = json_next(v)) {
		size_t n = strlen(json_number_text(v));

		at += strspn(text.s + at, ", \n");
		assert_memory_equal(text.s + at, json_number_text(v), n);
		struct place p = text_place(text.s, text.len, at);
		check_place(&doc, v, p.line, p.column);
		at += n;
	}
}

TEST(json_errors_name_line_and_column)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "{\n  \"a\": 01\n}", "line 2, column 10: not a value" },
		{ "{\"a\":1,\n \"a\":2}", "line 2, column 6: a key stands twice" },
		{ "[1,\n2", "line 2, column 2: ',' or ']' was expected" },
		{ "\"ab\\u0000\"", "line 1, column 4: \\u0000 in a string" },
		{ "{}\n x", "line 2, column 2: something follows the document" },
		{ "[\n\"\xff\"]", "line 2, column 2: not UTF-8" },
		{ "[\"\\udc00\"]",
		  "line 1, column 3: half of a surrogate pair in a string" },
		{ "[", "line 1, column 2: the document ends where a value was expected" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(parse(cases[i].text, &err), -EINVAL);
		assert_string_equal(err.msg, cases[i].message);
	}
}

TEST(json_null_is_absent_and_nothing_is_not_an_object)
{
	static const char text[] = "{\"n\":null,\"f\":false,\"l\":[1]}";
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(json_parse(text, strlen(text), &doc, &err), 0);
	assert_null(json_get(doc.root, "n"));
	assert_null(json_get(doc.root, "N"));
	assert_non_null(json_get(doc.root, "f"));
	assert_null(json_get(json_get(doc.root, "l"), "x"));
	assert_null(json_get(NULL, "x"));
	assert_null(json_first(NULL));
	assert_null(json_first(json_get(doc.root, "f")));
	assert_int_equal(json_kind(json_get(doc.root, "f")), JSON_BOOL);
	assert_false(json_is_true(json_get(doc.root, "f")));
}

TEST(json_failure_leaves_the_result_alone)
{
	struct json_doc doc = { .len = 7 };
	struct err err = ERR_INIT;

	assert_int_equal(json_parse("[1,2", 4, &doc, &err), -EINVAL);
	assert_int_equal(doc.len, 7);
	assert_null(doc.root);
}

TEST(json_writes_what_it_reads)
{
	static const char nasty[] = "\"\\/\n\t\x01\x1b\x7f \xc2\x9b[31m \xc3\xa9 "
				    "\xf0\x9f\x98\x80 \xe2\x80\xa8 {}[]";
	AUTO(str_done) struct str s = STR_INIT(10000);
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	struct json_out o = JSON_OUT_INIT(&s, true);
	struct err err = ERR_INIT;
	int64_t v = 0;

	json_open(&o, NULL, '{');
	json_put_text(&o, "t", nasty);
	json_put_text(&o, nasty, "key");
	json_put_int(&o, "i", INT64_MIN);
	json_put_bool(&o, "b", true);
	json_open(&o, "empty", '[');
	json_close(&o, ']');
	json_open(&o, "list", '[');
	json_put_int(&o, NULL, 1);
	json_put_int(&o, NULL, 2);
	json_close(&o, ']');
	json_close(&o, '}');
	assert_int_equal(s.error, 0);
	for (const char *p = s.s; *p; p++)
		assert_true((unsigned char)*p >= 0x20 || *p == '\n');
	assert_null(strstr(s.s, "\x7f"));
	assert_null(strstr(s.s, "\xc2\x9b")); /* CSI */
	assert_int_equal(json_parse(s.s, s.len, &doc, &err), 0);
	assert_string_equal(json_text(json_get(doc.root, "t")), nasty);
	assert_string_equal(json_text(json_get(doc.root, nasty)), "key");
	assert_int_equal(json_int(json_get(doc.root, "i"), &v), 0);
	assert_true(v == INT64_MIN);
	assert_true(json_is_true(json_get(doc.root, "b")));
}

TEST(json_writes_no_bad_utf8)
{
	AUTO(str_done) struct str s = STR_INIT(100);
	struct json_out o = JSON_OUT_INIT(&s, false);

	json_put_text(&o, NULL, "a\xff\xc3z\xe2\x82");
	assert_string_equal(s.s,
			    "\"a\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_refuses_what_parsers_read_differently),
		cmocka_unit_test(json_refuses_a_nul_byte_anywhere),
		cmocka_unit_test(json_accepts_what_is_sound),
		cmocka_unit_test(json_depth_is_bounded),
		cmocka_unit_test(json_values_are_bounded),
		cmocka_unit_test(json_integers_are_exact),
		cmocka_unit_test(json_numbers_keep_their_text),
		cmocka_unit_test(json_places_are_those_of_the_values),
		cmocka_unit_test(json_places_are_right_in_long_documents),
		cmocka_unit_test(json_errors_name_line_and_column),
		cmocka_unit_test(json_null_is_absent_and_nothing_is_not_an_object),
		cmocka_unit_test(json_failure_leaves_the_result_alone),
		cmocka_unit_test(json_writes_what_it_reads),
		cmocka_unit_test(json_writes_no_bad_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
