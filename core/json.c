/* SPDX-License-Identifier: MIT
 *
 * json.c - see json.h. The scanner walks the bytes in lockstep with the tree
 * that cJSON made of them: cJSON keeps members in their order, so the n-th
 * value of the text is the n-th node of the tree.
 *
 * Two fields of cJSON's node are put to another use: 'valueint' (which cJSON
 * keeps for numbers only, as a copy of the double) holds the value's offset,
 * and 'valuestring' of a number its text. cJSON_Delete() frees the latter.
 */
#include "core/json.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/num.h"

/* cJSON reads no more of a number than this, and its versions differ in what they
 * make of the rest. */
#define NUMBER_MAX 63

/* Distance of the marks from which places are counted. */
#define MARK_EVERY 1024

struct scan {
	const char *text;
	size_t len, at;
	size_t values, most;
	int depth;
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
	while (s->at < s->len && strchr(" \t\r\n", s->text[s->at]) && s->text[s->at])
		s->at++;
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
	while (s->at < s->len && s->text[s->at] != '"') {
		if ((unsigned char)s->text[s->at] < 0x20)
			return bad(s, "a control character in a string");
		if (s->text[s->at] == '\\') {
			int r = scan_escape(s);

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
	if (s->at - from > NUMBER_MAX) {
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

static int scan_items(struct scan *s, bool object, char end)
{
	s->at++;
	blanks(s);
	if (peek(s) == end) {
		s->at++;
		return 0;
	}
	for (;;) {
		int r = 0;

		blanks(s);
		if (object) {
			r = scan_string(s);
			if (r < 0)
				return r;
			blanks(s);
			if (peek(s) != ':')
				return bad(s, "':' was expected");
			s->at++;
		}
		r = scan_value(s);
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

/* One value with the blanks around it. */
static int scan_value(struct scan *s)
{
	int r;

	blanks(s);
	char c = peek(s);
	if (++s->values > s->most)
		return too_big(s, "more values than a document may have");
	if (c == '{' || c == '[') {
		if (++s->depth > JSON_DEPTH_MAX)
			return too_big(s, "nested too deeply");
		r = scan_items(s, c == '{', c == '{' ? '}' : ']');
		s->depth--;
	} else if (c == '"') {
		r = scan_string(s);
	} else if (c == '-' || (c >= '0' && c <= '9')) {
		r = scan_number(s);
	} else {
		r = scan_word(s);
	}
	if (r < 0)
		return r;
	blanks(s);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const cJSON *const *x = a, *const *y = b;

	return strcmp((*x)->string, (*y)->string);
}

/* Two members of one name: which of them counts differs between parsers. */
static int refuse_duplicates(struct scan *s, const cJSON *object)
{
	size_t n = 0;

	for (const cJSON *m = object->child; m; m = m->next)
		n++;
	if (n < 2)
		return 0;
	const cJSON **members = malloc(n * sizeof(*members));
	if (!members)
		return err_set(s->err, -ENOMEM, "out of memory");
	n = 0;
	for (const cJSON *m = object->child; m; m = m->next)
		members[n++] = m;
	qsort(members, n, sizeof(*members), by_name);
	int r = 0;
	for (size_t i = 1; i < n && r == 0; i++)
		if (strcmp(members[i - 1]->string, members[i]->string) == 0) {
			int a = members[i - 1]->valueint, b = members[i]->valueint;

			s->at = (size_t)(a > b ? a : b);
			r = bad(s, "a key stands twice");
		}
	free(members);
	return r;
}

/* The scan has passed, so that from here on the text is known to be sound. */
static int annotate(struct scan *s, cJSON *node)
{
	blanks(s);
	size_t from = s->at;
	node->valueint = (int)from;
	if (cJSON_IsObject(node) || cJSON_IsArray(node)) {
		s->at++;
		blanks(s);
		for (cJSON *c = node->child; c; c = c->next) {
			if (cJSON_IsObject(node)) {
				blanks(s);
				(void)scan_string(s);
				blanks(s);
				s->at++; /* ':' */
			}
			int r = annotate(s, c);
			if (r < 0)
				return r;
			if (c->next)
				s->at++; /* ',' */
		}
		s->at++; /* the closing bracket */
		blanks(s);
		if (!cJSON_IsObject(node))
			return 0;
		size_t end = s->at;
		int r = refuse_duplicates(s, node);
		if (r == 0)
			s->at = end;
		return r;
	}
	(void)scan_value(s);
	if (cJSON_IsNumber(node)) {
		size_t n = strspn(s->text + from, "+-.0123456789eE");

		node->valuestring = strndup(s->text + from, n);
		if (!node->valuestring)
			return err_set(s->err, -ENOMEM, "out of memory");
	}
	return 0;
}

/* What is not UTF-8 would be read differently by the next reader. */
static int require_utf8(struct scan *s)
{
	const char *end = s->text + s->len;

	for (s->at = 0; s->at < s->len;) {
		size_t n = text_utf8(s->text + s->at, end);

		if (n == 0)
			return bad(s, "not UTF-8");
		s->at += n;
	}
	return 0;
}

static struct place place_from(struct place p, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		p.column++;
		if (text[i] == '\n')
			p = (struct place){ p.line + 1, 1 };
	}
	return p;
}

/* Counting from the start for every value of a large document takes minutes. */
static int set_marks(struct json_doc *doc)
{
	size_t n = doc->len / MARK_EVERY + 1;

	doc->marks = malloc(n * sizeof(*doc->marks));
	if (!doc->marks)
		return -ENOMEM;
	doc->marks[0] = (struct place){ 1, 1 };
	for (size_t i = 1; i < n; i++)
		doc->marks[i] = place_from(doc->marks[i - 1],
					   doc->text + (i - 1) * MARK_EVERY, MARK_EVERY);
	return 0;
}

/* The tree of a text that the scan has accepted. */
static int build(const char *text, size_t len, struct json_doc *doc, struct err *err)
{
	struct scan s = { .len = len, .most = SIZE_MAX, .err = err };

	doc->len = len;
	doc->text = malloc(len + 1);
	if (!doc->text)
		return err_set(err, -ENOMEM, "out of memory");
	memcpy(doc->text, text, len);
	doc->text[len] = '\0';
	s.text = doc->text;
	cJSON *root = cJSON_ParseWithLengthOpts(doc->text, len + 1, NULL, 1);
	doc->root = (struct json *)root;
	if (!root)
		return err_set(err, -EINVAL, "cJSON refuses it, or memory is short");
	if (set_marks(doc) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	return annotate(&s, root);
}

int json_parse_most(const char *text, size_t len, size_t most, struct json_doc *ret,
		    struct err *err)
{
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	if (len > INT_MAX - 1)
		return err_set(err, -E2BIG, "larger than 2 GiB");
	struct scan s = { .text = text, .len = len, .most = most, .err = err };
	int r = scan_value(&s);
	if (r < 0)
		return r;
	if (s.at != len)
		return bad(&s, "something follows the document");
	r = require_utf8(&s);
	if (r == 0)
		r = build(text, len, &doc, err);
	if (r < 0)
		return r;
	*ret = doc;
	doc = (struct json_doc)JSON_DOC_INIT;
	return 0;
}

int json_parse(const char *text, size_t len, struct json_doc *ret, struct err *err)
{
	return json_parse_most(text, len, JSON_VALUES_MAX, ret, err);
}

void json_doc_done(struct json_doc *doc)
{
	cJSON_Delete((cJSON *)doc->root);
	free(doc->text);
	free(doc->marks);
	*doc = (struct json_doc)JSON_DOC_INIT;
}

enum json_kind json_kind(const struct json *value)
{
	const cJSON *node = (const cJSON *)value;

	if (cJSON_IsObject(node))
		return JSON_OBJECT;
	if (cJSON_IsArray(node))
		return JSON_LIST;
	if (cJSON_IsString(node))
		return JSON_TEXT;
	if (cJSON_IsNumber(node))
		return JSON_NUMBER;
	return cJSON_IsBool(node) ? JSON_BOOL : JSON_NULL;
}

const char *json_kind_name(enum json_kind kind)
{
	static const char *const names[] = {
		[JSON_NULL] = "null",	  [JSON_BOOL] = "true or false",
		[JSON_NUMBER] = "number", [JSON_TEXT] = "string",
		[JSON_LIST] = "list",	  [JSON_OBJECT] = "object",
	};

	return names[kind];
}

struct place json_place(const struct json_doc *doc, const struct json *value)
{
	size_t at = (size_t)((const cJSON *)value)->valueint;
	size_t mark = at / MARK_EVERY;

	return place_from(doc->marks[mark], doc->text + mark * MARK_EVERY,
			  at - mark * MARK_EVERY);
}

const struct json *json_get(const struct json *value, const char *key)
{
	const cJSON *m = cJSON_GetObjectItemCaseSensitive((const cJSON *)value, key);

	return m && !cJSON_IsNull(m) ? (const struct json *)m : NULL;
}

const struct json *json_first(const struct json *value)
{
	return value ? (const struct json *)((const cJSON *)value)->child : NULL;
}

const struct json *json_next(const struct json *value)
{
	return (const struct json *)((const cJSON *)value)->next;
}

const char *json_name(const struct json *value)
{
	return ((const cJSON *)value)->string;
}

const char *json_text(const struct json *value)
{
	return cJSON_IsString((const cJSON *)value) ? ((const cJSON *)value)->valuestring
						    : NULL;
}

bool json_is_true(const struct json *value)
{
	return cJSON_IsTrue((const cJSON *)value);
}

const char *json_number_text(const struct json *value)
{
	return cJSON_IsNumber((const cJSON *)value) ? ((const cJSON *)value)->valuestring
						    : NULL;
}

int json_int(const struct json *value, int64_t *ret)
{
	const char *text = json_number_text(value);

	return text ? num_i64(text, ret) : -EINVAL;
}
