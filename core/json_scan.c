/* SPDX-License-Identifier: MIT */
#include "core/json_scan.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

struct scan {
	const char *text;
	size_t len, at, most;
	int depth;
	bool escaped; /* the last string was spelt with a backslash */
	struct json_scan *found;
	struct err *err;
};

static int bad(const struct scan *s, const char *what)
{
	struct place p = text_place(s->text, s->len, s->at);

	return err_set(s->err, -EINVAL, "line %zu, column %zu: %s", p.line, p.column,
		       what);
}

static int too_big(const struct scan *s, const char *what)
{
	(void)bad(s, what);
	return s->err->code = -E2BIG;
}

static char peek(const struct scan *s)
{
	return s->at < s->len ? s->text[s->at] : '\0';
}

static void blanks(struct scan *s)
{
	for (; s->at < s->len; s->at++) {
		const char c = s->text[s->at];

		if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
			return;
	}
}

/* The value of \uXXXX at 'at'; -1 if there is none. */
static int escaped_unit(const struct scan *s, size_t at)
{
	int v = 0;

	if (s->len - s->at < 6 || at > s->len - 6 || s->text[at] != '\\' ||
	    s->text[at + 1] != 'u')
		return -1;
	for (size_t i = 2; i < 6; i++) {
		static const char hex[] = "0123456789abcdef";
		char c = s->text[at + i];
		const char *p = strchr(hex, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);

		if (!c || !p)
			return -1;
		v = v << 4 | (int)(p - hex);
	}
	return v;
}

static int scan_escape(struct scan *s)
{
	static const char plain[] = "\"\\/bfnrt";
	char c = s->at + 1 < s->len ? s->text[s->at + 1] : '\0';

	if (c && strchr(plain, c)) {
		s->at += 2;
		return 0;
	}
	int v = escaped_unit(s, s->at);
	if (v < 0)
		return bad(s, c == 'u' ? "bad \\u escape in a string"
				       : "bad escape in a string");
	/* cJSON would end the string there: "root\u0000x" would read as "root". */
	if (v == 0)
		return bad(s, "\\u0000 in a string");
	if (v >= 0xd800 && v <= 0xdfff) {
		int low = escaped_unit(s, s->at + 6);

		if (v >= 0xdc00 || low < 0xdc00 || low > 0xdfff)
			return bad(s, "half of a surrogate pair in a string");
		s->at += 6;
	}
	s->at += 6;
	return 0;
}

static int scan_string(struct scan *s)
{
	if (peek(s) != '"')
		return bad(s, "a string was expected");
	s->at++;
	s->escaped = false;
	while (s->at < s->len && s->text[s->at] != '"') {
		const unsigned char c = (unsigned char)s->text[s->at];

		if (c < 0x20)
			return bad(s, "a control character in a string");
		if (c == '\\') {
			int r = scan_escape(s);

			s->escaped = true;
			if (r < 0)
				return r;
		} else {
			s->at++;
		}
	}
	if (s->at >= s->len)
		return bad(s, "the document ends inside a string");
	s->at++;
	return 0;
}

static size_t digits(struct scan *s)
{
	size_t from = s->at;

	while (peek(s) >= '0' && peek(s) <= '9')
		s->at++;
	return s->at - from;
}

static int scan_number(struct scan *s)
{
	size_t from = s->at;

	if (peek(s) == '-')
		s->at++;
	bool zero = peek(s) == '0';
	size_t n = digits(s);
	if (n == 0 || (zero && n > 1))
		return bad(s, "not a value");
	if (peek(s) == '.') {
		s->at++;
		if (digits(s) == 0)
			return bad(s, "a number ends in its point");
	}
	if (peek(s) == 'e' || peek(s) == 'E') {
		s->at++;
		if (peek(s) == '+' || peek(s) == '-')
			s->at++;
		if (digits(s) == 0)
			return bad(s, "a number ends in its exponent");
	}
	if (s->at - from > JSON_NUMBER_MAX) {
		s->at = from;
		return bad(s, "a number of more than 63 characters");
	}
	return 0;
}

static int scan_word(struct scan *s)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);

		if (s->len - s->at >= n && memcmp(s->text + s->at, words[i], n) == 0) {
			s->at += n;
			return 0;
		}
	}
	return bad(s, s->at >= s->len ? "the document ends where a value was expected"
				      : "not a value");
}

static int scan_value(struct scan *s);

/* A token that begins here; its index, or a negative errno. */
static int note(struct scan *s, enum json_kind kind)
{
	struct json_scan *found = s->found;

	if (found->count >= s->most)
		return too_big(s, "more values than a document may have");
	if (found->count >= found->room) {
		const size_t room = found->room ? found->room * 2 : 48;
		struct json_token *tokens =
			realloc(found->tokens, room * sizeof(*tokens));

		if (!tokens)
			return err_set(s->err, -ENOMEM, "out of memory");
		found->tokens = tokens;
		found->room = room;
	}
	found->tokens[found->count] =
		(struct json_token){ .at = (unsigned)s->at, .kind = kind };
	return (int)found->count++;
}

static int scan_value(struct scan *s);

/* The name of a member, which goes into the token of its value. */
static int scan_name(struct scan *s, struct json_token *ret)
{
	const size_t from = s->at + 1;
	int r = scan_string(s);

	if (r < 0)
		return r;
	ret->name = (unsigned)from;
	ret->name_len = (unsigned)(s->at - 1 - from);
	ret->name_escaped = s->escaped;
	blanks(s);
	if (peek(s) != ':')
		return bad(s, "':' was expected");
	s->at++;
	return 0;
}

static int scan_item(struct scan *s, bool object)
{
	struct json_token name = { 0 };
	const size_t index = s->found->count;
	int r = 0;

	blanks(s);
	if (object)
		r = scan_name(s, &name);
	if (r == 0)
		r = scan_value(s);
	if (r < 0)
		return r;
	struct json_token *item = &s->found->tokens[index];
	item->name = name.name;
	item->name_len = name.name_len;
	item->name_escaped = name.name_escaped;
	return 0;
}

static int scan_items(struct scan *s, bool object, char end)
{
	s->at++;
	blanks(s);
	if (peek(s) == end) {
		s->at++;
		return 0;
	}
	for (;;) {
		int r = scan_item(s, object);

		if (r < 0)
			return r;
		if (peek(s) == end)
			break;
		if (peek(s) != ',')
			return bad(s, object ? "',' or '}' was expected"
					     : "',' or ']' was expected");
		s->at++;
	}
	s->at++;
	return 0;
}

static enum json_kind kind_of(char c)
{
	switch (c) {
	case '{':
		return JSON_OBJECT;
	case '[':
		return JSON_LIST;
	case '"':
		return JSON_TEXT;
	case 't':
	case 'f':
		return JSON_BOOL;
	default:
		return c == '-' || (c >= '0' && c <= '9') ? JSON_NUMBER : JSON_NULL;
	}
}

static int scan_inside(struct scan *s, enum json_kind kind)
{
	int r;

	switch (kind) {
	case JSON_OBJECT:
	case JSON_LIST:
		if (++s->depth > JSON_DEPTH_MAX)
			return too_big(s, "nested too deeply");
		r = scan_items(s, kind == JSON_OBJECT, kind == JSON_OBJECT ? '}' : ']');
		s->depth--;
		return r;
	case JSON_TEXT:
		return scan_string(s);
	case JSON_NUMBER:
		return scan_number(s);
	case JSON_BOOL:
	case JSON_NULL:
		break;
	}
	return scan_word(s);
}

/* One value with the blanks around it. */
static int scan_value(struct scan *s)
{
	blanks(s);
	const enum json_kind kind = kind_of(peek(s));
	const int index = note(s, kind);
	int r = index < 0 ? index : scan_inside(s, kind);

	if (r < 0)
		return r;
	struct json_token *token = &s->found->tokens[index];
	token->end = (unsigned)s->at;
	token->next = (unsigned)s->found->count;
	token->escaped = kind == JSON_TEXT && s->escaped;
	blanks(s);
	return 0;
}

/* What is not UTF-8 would be read differently by the next reader. */
static int require_utf8(struct scan *s)
{
	const char *end = s->text + s->len;

	for (s->at = 0; s->at < s->len;) {
		uint64_t eight = ~UINT64_C(0);

		if (s->len - s->at >= sizeof(eight))
			memcpy(&eight, s->text + s->at, sizeof(eight));
		if (!(eight & UINT64_C(0x8080808080808080))) {
			s->at += sizeof(eight);
			continue;
		}
		const bool ascii = (unsigned char)s->text[s->at] < 0x80;
		const size_t n = ascii ? 1 : text_utf8(s->text + s->at, end);

		if (n == 0)
			return bad(s, "not UTF-8");
		s->at += n;
	}
	return 0;
}

static int scan_document(struct scan *s)
{
	int r = scan_value(s);

	if (r == 0 && s->at != s->len)
		r = bad(s, "something follows the document");
	return r < 0 ? r : require_utf8(s);
}

int json_scan(const char *text, size_t len, size_t most, struct json_scan *ret,
	      struct err *err)
{
	struct json_scan found = { .text = text, .len = len };
	struct scan s = {
		.text = text, .len = len, .most = most, .found = &found, .err = err
	};

	if (len > INT_MAX - 1)
		return err_set(err, -E2BIG, "larger than 2 GiB");
	int r = scan_document(&s);
	if (r < 0)
		json_scan_done(&found);
	else
		*ret = found;
	return r;
}

void json_scan_done(struct json_scan *scan)
{
	free(scan->tokens);
	*scan = (struct json_scan)JSON_SCAN_INIT;
}
