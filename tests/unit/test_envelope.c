/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "checks/input/taskdef.h"
#include "core/cleanup.h"
#include "core/table.h"
#include "core/text.h"
#include "tests/unit/test.h"

#define DOC "{\"family\":\"a\"}"

/* base64 of gzip of DOC, or of what the name says, as gzip -9n makes it. */
static const char packed[] = "H4sIAAAAAAACA6tWSkvMzcypVLJSSlSqBQDrnkuwDgAAAA==";
static const char bad_crc[] = "H4sIAAAAAAACA6tWSkvMzcypVLJSSlSqBQDqnkuwDgAAAA==";
static const char bad_length[] = "H4sIAAAAAAACA6tWSkvMzcypVLJSSlSqBQDrnkuwDwAAAA==";
static const char cut_trailer[] = "H4sIAAAAAAACA6tWSkvMzcypVLJSSlSqBQDrnkuwDg==";
static const char cut_data[] = "H4sIAAAAAAACA6tWSks=";
static const char cut_header[] = "H4sIAA==";
static const char garbage[] = "H4sIAAAAAAACA6tWSkvMzcypVLJSSlSqBQDrnkuwDgAAAHg=";
static const char two_members[] =
	"H4sIAAAAAAACA6tWSkvMzcypVLJSSlSqBQDrnkuwDgAAAB+LCAAAAAAAAgOrVkpL"
	"zM3MqVSyUkpUqgUA655LsA4AAAA=";
static const char bomb[] =
	"H4sIAAAAAAACA+3BQQkAIBAAsCrHxbDNfQRBA4jY3SBuiwAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAH51stca"
	"c2fLyvsAFRZ5Xk5CDwA=";
static const char packed_text[] = "H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAA==";
static const char packed_nothing[] = "H4sIAAAAAAACAwMAAAAAAAAAAAA=";
static const char packed_twice[] =
	"H4sIAAAAAAACA5Pv5mAAASbm1WFe3mfOnlkZsinIK2QVK8Pred4b+IAyABpBZxYi"
	"AAAA";
static const char zlib[] = "eJyrVkpLzM3MqVSyUkpUqgUAJHEEng==";
static const char bad_method[] = "H4sHAAAAAAACA6tWSkvMzcypVLJSSlSqBQDrnkuwDgAAAA==";
static const char named[] = "H4sICAAAAAAC/3RkLmpzb24Aq1ZKS8zNzKlUslJKVKoFAOueS7AOAAAA";

static int unwrap(const char *text, struct str *out, struct err *err)
{
	return envelope_open(text, strlen(text), out, err);
}

TEST(envelope_opens_every_wrapping)
{
	static const char *const texts[] = {
		DOC, packed, named, "eyJmYW1pbHkiOiJhIn0=", " eyJmYW1p\r\nbHkiOiJhIn0=\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(str_done) struct str out = STR_INIT(1000);
		struct err err = ERR_INIT;

		if (unwrap(texts[i], &out, &err) != 0)
			fail_msg("%s: %s", texts[i], err.msg);
		assert_string_equal(out.s, DOC);
	}
}

/* Places in messages are those of the text as it was given. */
TEST(envelope_leaves_json_as_it_is)
{
	static const char *const texts[] = { " \n\t" DOC "\n", "\xef\xbb\xbf" DOC,
					     "\xef\xbb\xbf\n" DOC, "{", "{}garbage" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(str_done) struct str out = STR_INIT(1000);
		struct err err = ERR_INIT;

		assert_int_equal(unwrap(texts[i], &out, &err), 0);
		assert_string_equal(out.s, texts[i]);
	}
}

static const struct {
	const char *text, *message;
} refused[] = {
	{ "", "empty" },
	{ " \n", "empty" },
	{ "[]", "neither a JSON object, nor base64" },
	{ "\"{}\"", "neither a JSON object, nor base64" },
	{ "family: a", "neither a JSON object, nor base64" },
	{ "eyJmYW1pbHkiOiJhIn0", "neither a JSON object, nor base64" }, /* no padding */
	{ "====", "neither a JSON object, nor base64" },
	{ "aGVsbG8=", "holds neither a JSON object nor gzip" },
	{ zlib, "holds neither a JSON object nor gzip" },
	{ bad_crc, "incorrect data check" },
	{ bad_length, "incorrect length check" },
	{ cut_trailer, "cut short" },
	{ cut_data, "cut short" },
	{ cut_header, "cut short" },
	{ bad_method, "damaged: unknown compression method" },
	{ garbage, "1 bytes follow" },
	{ two_members, "follow" },
	{ packed_text, "holds neither a JSON object nor gzip" },
	{ packed_nothing, "holds neither a JSON object nor gzip" },
	{ packed_twice, "holds neither a JSON object nor gzip" },
};

TEST(envelope_refuses_with_words)
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		AUTO(str_done) struct str out = STR_INIT(1000);
		struct err err = ERR_INIT;

		if (unwrap(refused[i].text, &out, &err) != -EINVAL)
			fail_msg("accepted: %s", refused[i].text);
		if (!strstr(err.msg, refused[i].message))
			fail_msg("%s gave: %s", refused[i].text, err.msg);
	}
}

TEST(envelope_bounds_what_a_gzip_grows_to)
{
	AUTO(str_done) struct str small = STR_INIT(999999), large = STR_INIT(1000100);
	struct err err = ERR_INIT;

	assert_true(sizeof(bomb) < 2000);
	assert_int_equal(unwrap(bomb, &small, &err), -E2BIG);
	assert_non_null(strstr(err.msg, "more than the 999999 bytes"));
	assert_true(small.len <= 999999);
	assert_int_equal(unwrap(bomb, &large, &err), 0);
	assert_int_equal(large.len, 1000000 + strlen(DOC));
}

TEST(envelope_bounds_json_and_base64_too)
{
	AUTO(str_done) struct str a = STR_INIT(5), b = STR_INIT(5);
	struct err err = ERR_INIT;

	assert_int_equal(unwrap(DOC, &a, &err), -E2BIG);
	assert_int_equal(unwrap("eyJmYW1pbHkiOiJhIn0=", &b, &err), -E2BIG);
}

/* Whatever byte is damaged: an error, or the same document (the header's time and
 * system say nothing). */
TEST(envelope_survives_any_damage)
{
	AUTO(str_done) struct str raw = STR_INIT(1000);

	assert_int_equal(base64_decode(&raw, packed, strlen(packed)), 0);
	for (size_t i = 0; i < raw.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			AUTO(str_done)
			struct str text = STR_INIT(1000), out = STR_INIT(1000);
			struct err err = ERR_INIT;

			raw.s[i] = (char)(raw.s[i] ^ (1 << bit));
			assert_int_equal(base64_encode(&text, raw.s, raw.len), 0);
			raw.s[i] = (char)(raw.s[i] ^ (1 << bit));
			if (unwrap(text.s, &out, &err) == 0)
				assert_string_equal(out.s, DOC);
			else
				assert_true(err.msg[0]);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(envelope_opens_every_wrapping),
		cmocka_unit_test(envelope_leaves_json_as_it_is),
		cmocka_unit_test(envelope_refuses_with_words),
		cmocka_unit_test(envelope_bounds_what_a_gzip_grows_to),
		cmocka_unit_test(envelope_bounds_json_and_base64_too),
		cmocka_unit_test(envelope_survives_any_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
