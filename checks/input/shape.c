/* SPDX-License-Identifier: MIT */
#include "checks/input/shape.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/cleanup.h"
#include "core/task.h"

static void put_path(struct str *out, const struct shape_spot *at)
{
	if (!at)
		return;
	put_path(out, at->up);
	if (at->key)
		(void)str_printf(out, "%s%s", out->len ? "." : "", at->key);
	else
		(void)str_printf(out, "[%zu]", at->index);
}

int shape_fail(const struct shape_reader *r, const struct shape_spot *at,
	       const struct json *value, int code, const char *what)
{
	AUTO(str_done) struct str path = STR_INIT(200);
	struct place p = json_place(r->doc, value);

	put_path(&path, at);
	return err_set(r->err, code, "line %zu, column %zu: %s %s", p.line, p.column,
		       path.len ? path.s : "the document", what);
}

static const char *what_it_is(const struct json *value)
{
	switch (json_kind(value)) {
	case JSON_NULL:
		return "null";
	case JSON_BOOL:
		return json_is_true(value) ? "true" : "false";
	case JSON_NUMBER:
		return "a number";
	case JSON_TEXT:
		return "a string";
	case JSON_LIST:
		return "a list";
	case JSON_OBJECT:
		return "an object";
	}
	return "something else";
}

int shape_wrong(const struct shape_reader *r, const struct shape_spot *at,
		const struct json *value, const char *expected)
{
	char what[120];

	(void)snprintf(what, sizeof(what), "is %s; %s was expected", what_it_is(value),
		       expected);
	return shape_fail(r, at, value, -EINVAL, what);
}

void shape_quote(char *buf, size_t size, const char *text)
{
	AUTO(str_done) struct str s = STR_INIT(SHAPE_TEXT_MAX * 10);

	text_escape(&s, text);
	int n = snprintf(buf, size, "%s", s.s);
	if (n >= 0 && (size_t)n >= size && size > 3)
		memcpy(buf + size - 4, "...", 4);
}

static int no_memory(const struct shape_reader *r)
{
	return err_set(r->err, -ENOMEM, "out of memory");
}

int shape_text(const struct shape_reader *r, const struct shape_spot *at,
	       const struct json *value, char **ret)
{
	const char *text = value ? json_text(value) : NULL;

	if (!value)
		return 0;
	if (!text)
		return shape_wrong(r, at, value, "a string");
	if (strlen(text) > SHAPE_TEXT_MAX)
		return shape_fail(r, at, value, -E2BIG, "is longer than 64 KiB");
	if (r->empty_absent && !*text)
		return 0;
	return str_set(ret, text) < 0 ? no_memory(r) : 0;
}

static int read_bool(const struct shape_reader *r, const struct shape_spot *at,
		     const struct json *value, bool *ret)
{
	if (!value)
		return 0;
	if (json_kind(value) != JSON_BOOL)
		return shape_wrong(r, at, value, "true or false");
	*ret = json_is_true(value);
	return 0;
}

static int read_int(const struct shape_reader *r, const struct shape_spot *at,
		    const struct json *value, int64_t *ret)
{
	if (!value)
		return 0;
	if (json_kind(value) != JSON_NUMBER)
		return shape_wrong(r, at, value, "an integer");
	if (json_int(value, ret) < 0)
		return shape_fail(r, at, value, -EINVAL, "is no integer of 64 bits");
	return 0;
}

static int check_list(const struct shape_reader *r, const struct shape_spot *at,
		      const struct json *value, size_t most)
{
	size_t n = 0;

	if (json_kind(value) != JSON_LIST)
		return shape_wrong(r, at, value, "a list");
	for (const struct json *e = json_first(value); e; e = json_next(e))
		n++;
	if (n > (most ? most : SHAPE_LIST_MAX))
		return shape_fail(r, at, value, -E2BIG,
				  "has more entries than there can be");
	return 0;
}

static int read_texts(const struct shape_reader *r, const struct shape_spot *at,
		      const struct json *value, struct list *ret)
{
	struct shape_spot element = { .up = at };

	if (!value)
		return 0;
	int failed = check_list(r, at, value, 0);
	for (const struct json *e = json_first(value); e && !failed; e = json_next(e)) {
		AUTO_FREE char *text = NULL;

		failed = shape_text(r, &element, e, &text);
		if (!failed && text && texts_add(ret, text) < 0)
			failed = no_memory(r);
		element.index++;
	}
	return failed;
}

static int read_list(const struct shape_reader *r, const struct shape_spot *at,
		     const struct json *value, const struct shape *row, struct list *ret)
{
	struct shape_spot element = { .up = at };

	if (!value)
		return 0;
	int failed = check_list(r, at, value, row->most);
	for (const struct json *e = json_first(value); e && !failed; e = json_next(e)) {
		void *item = NULL;

		if (json_kind(e) != JSON_OBJECT)
			return shape_wrong(r, &element, e, "an object");
		item = list_add(ret, row->size);
		failed = item ? shape_read(r, &element, e, row->members, item)
			      : no_memory(r);
		element.index++;
	}
	return failed;
}

/* Both states are said in so many words: what stays zero is unknown. */
void shape_state(const struct shape_reader *r, const struct json *value,
		 struct value *ret)
{
	ret->state = VALUE_ABSENT;
	if (!value)
		return;
	struct place p = json_place(r->doc, value);
	ret->state = VALUE_DECLARED;
	ret->line = (int64_t)p.line;
	ret->column = (int64_t)p.column;
}

static void set_place(const struct shape_reader *r, const struct json *object,
		      int64_t *line_and_column)
{
	if (!object)
		return;
	struct place p = json_place(r->doc, object);
	line_and_column[0] = (int64_t)p.line;
	line_and_column[1] = (int64_t)p.column;
}

static int read_declared(const struct shape_reader *r, const struct shape_spot *at,
			 const struct json *value, enum shape_kind kind, void *to)
{
	struct decl_text *text = to;
	struct decl_bool *boolean = to;
	struct decl_int *integer = to;
	struct decl_texts *texts = to;

	shape_state(r, value, to);
	if (kind == SHAPE_DECL_TEXT)
		return shape_text(r, at, value, &text->value);
	if (kind == SHAPE_DECL_BOOL)
		return read_bool(r, at, value, &boolean->value);
	if (kind == SHAPE_DECL_INT)
		return read_int(r, at, value, &integer->value);
	if (kind == SHAPE_DECL_TEXTS)
		return read_texts(r, at, value, &texts->list);
	return 0;
}

static int read_row(const struct shape_reader *r, const struct shape_spot *at,
		    const struct json *object, const struct json *value,
		    const struct shape *row, void *record)
{
	void *to = (char *)record + row->offset;

	switch (row->kind) {
	case SHAPE_DECL_TEXT:
	case SHAPE_DECL_BOOL:
	case SHAPE_DECL_INT:
	case SHAPE_DECL_TEXTS:
	case SHAPE_DECL_ANY:
		return read_declared(r, at, value, row->kind, to);
	case SHAPE_TEXT:
		return shape_text(r, at, value, to);
	case SHAPE_BOOL:
		return read_bool(r, at, value, to);
	case SHAPE_INT:
		return read_int(r, at, value, to);
	case SHAPE_TEXTS:
		return read_texts(r, at, value, to);
	case SHAPE_PLACE:
		set_place(r, object, to);
		return 0;
	case SHAPE_OBJECT:
		return shape_read(r, at, value, row->members, record);
	case SHAPE_LIST:
		return read_list(r, at, value, row, to);
	case SHAPE_CALL:
		return row->call(r, at, value, row, to);
	}
	return 0;
}

/* "ReadonlyRootFilesystem" read as an unknown field would make the declared value
 * absent: whoever wrote it meant something. */
static int check_case(const struct shape_reader *r, const struct shape_spot *at,
		      const struct json *object, const struct shape *shape)
{
	for (const struct json *m = json_first(object); m; m = json_next(m))
		for (const struct shape *row = shape; row->key; row++) {
			char what[200];

			if (strcasecmp(row->key, json_name(m)) != 0 ||
			    strcmp(row->key, json_name(m)) == 0)
				continue;
			(void)snprintf(what, sizeof(what),
				       "has '%s', which is spelt '%s' here", json_name(m),
				       row->key);
			return shape_fail(r, at, m, -EINVAL, what);
		}
	return 0;
}

static int missing(const struct shape_reader *r, const struct shape_spot *at,
		   const struct json *object, const char *key)
{
	char what[80];

	(void)snprintf(what, sizeof(what), "has no '%s'", key);
	return shape_fail(r, at, object, -EINVAL, what);
}

static bool is_empty(const struct json *value)
{
	const char *text = value ? json_text(value) : NULL;

	return !value || (text && !*text);
}

int shape_read(const struct shape_reader *r, const struct shape_spot *at,
	       const struct json *object, const struct shape *shape, void *record)
{
	int failed = 0;

	if (object && json_kind(object) != JSON_OBJECT)
		return shape_wrong(r, at, object, "an object");
	if (r->exact_case)
		failed = check_case(r, at, object, shape);
	for (const struct shape *row = shape; row->key && !failed; row++) {
		const struct shape_spot spot = { .up = at, .key = row->key };
		const struct json *value = json_get(object, row->key);

		failed = read_row(r, &spot, object, value, row, record);
		if (!failed && row->required && object && is_empty(value))
			failed = missing(r, at, object, row->key);
	}
	return failed;
}
