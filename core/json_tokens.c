/* SPDX-License-Identifier: MIT
 *
 * json_tokens.c - the reading half of json_scan.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_scan.h"
#include "core/num.h"
#include "core/table.h"
#include "core/text.h"

/* Objects up to this size are searched for duplicates without sorting. */
#define FEW_MEMBERS 16

const struct json_token *json_scan_first(const struct json_scan *scan,
					 const struct json_token *in)
{
	return in && scan->tokens + in->next > in + 1 ? in + 1 : NULL;
}

const struct json_token *json_scan_next(const struct json_scan *scan,
					const struct json_token *in,
					const struct json_token *token)
{
	return token->next < in->next ? &scan->tokens[token->next] : NULL;
}

const struct json_token *json_scan_get(const struct json_scan *scan,
				       const struct json_token *object, const char *name)
{
	const size_t len = strlen(name);

	if (!object || object->kind != JSON_OBJECT)
		return NULL;
	for (const struct json_token *m = json_scan_first(scan, object); m;
	     m = json_scan_next(scan, object, m))
		if (m->name_len == len && memcmp(scan->text + m->name, name, len) == 0)
			return m->kind == JSON_NULL ? NULL : m;
	return NULL;
}

struct name {
	const char *text;
	size_t len;
	unsigned at;
};

static int by_name(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	const int order = memcmp(x->text, y->text, x->len < y->len ? x->len : y->len);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static int refuse(const struct json_scan *scan, size_t at, const char *what,
		  struct err *err)
{
	const struct place p = text_place(scan->text, scan->len, at);

	return err_set(err, -EINVAL, "line %zu, column %zu: %s", p.line, p.column, what);
}

/* 'names' has room for as many as there are tokens. */
static int refuse_names(const struct json_scan *scan, const struct json_token *object,
			struct name *names, struct err *err)
{
	size_t n = 0;

	for (const struct json_token *m = json_scan_first(scan, object); m;
	     m = json_scan_next(scan, object, m)) {
		if (m->name_escaped)
			return refuse(scan, m->at, "a key that is spelt with escapes",
				      err);
		names[n++] = (struct name){ scan->text + m->name, m->name_len, m->at };
	}
	if (n > FEW_MEMBERS)
		qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 1; i < n; i++)
		for (size_t k = n > FEW_MEMBERS ? i - 1 : 0; k < i; k++)
			if (by_name(&names[k], &names[i]) == 0)
				return refuse(scan,
					      names[names[k].at > names[i].at ? k : i].at,
					      "a key stands twice", err);
	return 0;
}

int json_scan_line(const char *text, size_t len, size_t most, struct json_scan *ret,
		   struct err *err)
{
	struct name few[FEW_MEMBERS * 4];
	int r = json_scan(text, len, most, ret, err);
	struct name *names = few;

	if (r < 0)
		return r;
	if (ret->count > ARRAY_LEN(few))
		names = malloc(ret->count * sizeof(*names));
	if (!names)
		r = err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < ret->count && r == 0; i++)
		if (ret->tokens[i].kind == JSON_OBJECT)
			r = refuse_names(ret, &ret->tokens[i], names, err);
	if (names != few)
		free(names);
	if (r < 0)
		json_scan_done(ret);
	return r;
}

/* --- texts and numbers --- */

/* Writes a character; at most four bytes, and never more than its escape takes. */
static char *put_utf8(char *to, unsigned v)
{
	if (v < 0x80) {
		*to++ = (char)v;
		return to;
	}
	const int more = v < 0x800 ? 1 : v < 0x10000 ? 2 : 3;
	static const unsigned lead[] = { 0, 0xc0, 0xe0, 0xf0 };

	*to++ = (char)(lead[more] | v >> 6 * more);
	for (int i = more - 1; i >= 0; i--)
		*to++ = (char)(0x80 | (v >> 6 * i & 0x3f));
	return to;
}

/* Four hexadecimal digits. */
static unsigned unit(const char *p)
{
	unsigned v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 4 | (unsigned)(p[i] <= '9' ? p[i] - '0' : (p[i] & 0xf) + 9);
	return v;
}

/* The escape at *from, which the scan has accepted. */
static char *put_escape(const char **from, char *to)
{
	static const char letters[] = "bfnrt", bytes[] = "\b\f\n\r\t";
	const char c = (*from)[1], *p = strchr(letters, c);

	if (c != 'u') {
		*to++ = p ? bytes[p - letters] : c;
		*from += 2;
		return to;
	}
	unsigned v = unit(*from + 2);
	*from += 6;
	if (v >= 0xd800 && v <= 0xdfff) { /* half of a pair */
		v = 0x10000 + ((v - 0xd800) << 10) + (unit(*from + 2) - 0xdc00);
		*from += 6;
	}
	return put_utf8(to, v);
}

char *json_scan_text(const struct json_scan *scan, const struct json_token *token)
{
	const char *from = scan->text + token->at + 1;
	const char *end = scan->text + token->end - 1;

	if (!token->escaped)
		return strndup(from, (size_t)(end - from));
	char *text = malloc((size_t)(end - from) + 1), *to = text;
	if (!text)
		return NULL;
	while (from < end) {
		if (*from == '\\')
			to = put_escape(&from, to);
		else
			*to++ = *from++;
	}
	*to = '\0';
	return text;
}

int json_scan_int(const struct json_scan *scan, const struct json_token *token,
		  int64_t *ret)
{
	char number[JSON_NUMBER_MAX + 1];
	const size_t len = token->end - token->at;

	if (token->kind != JSON_NUMBER || len > JSON_NUMBER_MAX)
		return -EINVAL;
	memcpy(number, scan->text + token->at, len);
	number[len] = '\0';
	return num_i64(number, ret);
}
