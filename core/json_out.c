/* SPDX-License-Identifier: MIT
 *
 * json_out.c - the writing half of json.h.
 */
#include <inttypes.h>
#include <string.h>

#include "core/json.h"

/* Bytes from here on that stand for themselves. */
static size_t plain(const char *text, const char *end)
{
	const char *p = text;

	while (p < end && *p >= 0x20 && *p < 0x7f && *p != '"' && *p != '\\')
		p++;
	return (size_t)(p - text);
}

static void put_quoted(struct str *out, const char *text)
{
	const char *end = text + strlen(text);

	(void)str_add(out, "\"", 1);
	while (text < end) {
		size_t n = plain(text, end);

		if (n > 0) {
			(void)str_add(out, text, n);
			text += n;
			continue;
		}
		n = text_utf8(text, end);
		unsigned char c = (unsigned char)*text;

		if (n == 0)
			(void)str_puts(out, "\xef\xbf\xbd"); /* U+FFFD */
		else if (c == '"' || c == '\\')
			(void)str_printf(out, "\\%c", c);
		else if (c == '\n')
			(void)str_puts(out, "\\n");
		else if (c < 0x20 || c == 0x7f)
			(void)str_printf(out, "\\u%04x", c);
		else if (c == 0xc2 && (unsigned char)text[1] < 0xa0)
			/* U+009B starts an escape sequence just as ESC [ does. */
			(void)str_printf(out, "\\u%04x", (unsigned char)text[1]);
		else
			(void)str_add(out, text, n);
		text += n ? n : 1;
	}
	(void)str_add(out, "\"", 1);
}

static void new_line(struct json_out *o)
{
	if (!o->pretty)
		return;
	(void)str_add(o->out, "\n", 1);
	for (int i = 0; i < o->depth; i++)
		(void)str_add(o->out, "  ", 2);
}

static void lead(struct json_out *o, const char *key)
{
	if (o->comma)
		(void)str_add(o->out, ",", 1);
	if (o->depth > 0)
		new_line(o);
	if (key) {
		put_quoted(o->out, key);
		(void)str_puts(o->out, o->pretty ? ": " : ":");
	}
	o->comma = true;
}

void json_open(struct json_out *o, const char *key, char bracket)
{
	lead(o, key);
	(void)str_add(o->out, &bracket, 1);
	o->depth++;
	o->comma = false;
}

void json_close(struct json_out *o, char bracket)
{
	bool empty = !o->comma;

	o->depth--;
	if (!empty)
		new_line(o);
	(void)str_add(o->out, &bracket, 1);
	o->comma = true;
}

void json_put_text(struct json_out *o, const char *key, const char *text)
{
	lead(o, key);
	put_quoted(o->out, text);
}

void json_put_int(struct json_out *o, const char *key, int64_t v)
{
	lead(o, key);
	(void)str_printf(o->out, "%" PRId64, v);
}

void json_put_bool(struct json_out *o, const char *key, bool v)
{
	lead(o, key);
	(void)str_puts(o->out, v ? "true" : "false");
}

static void copy_members(struct json_out *o, const struct json *value, bool named)
{
	for (const struct json *v = json_first(value); v; v = json_next(v))
		json_copy(o, named ? json_name(v) : NULL, v);
}

void json_copy(struct json_out *o, const char *key, const struct json *value)
{
	switch (json_kind(value)) {
	case JSON_NULL:
		lead(o, key);
		(void)str_puts(o->out, "null");
		break;
	case JSON_BOOL:
		json_put_bool(o, key, json_is_true(value));
		break;
	case JSON_NUMBER:
		lead(o, key);
		(void)str_puts(o->out, json_number_text(value));
		break;
	case JSON_TEXT:
		json_put_text(o, key, json_text(value));
		break;
	case JSON_LIST:
		json_open(o, key, '[');
		copy_members(o, value, false);
		json_close(o, ']');
		break;
	case JSON_OBJECT:
		json_open(o, key, '{');
		copy_members(o, value, true);
		json_close(o, '}');
		break;
	}
}
