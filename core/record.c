/* SPDX-License-Identifier: MIT */
#include "core/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/facts.h"
#include "core/num.h"

/* The member that a row describes. */
#define MEMBER(type, record, f) ((type *)(void *)((char *)(record) + (f)->offset))
#define CONST_MEMBER(type, record, f) \
	((__typeof__(type) const *)(const void *)((const char *)(record) + (f)->offset))

static void write_path(struct json_out *o, const char *name, const char *path)
{
	AUTO(str_done) struct str b64 = STR_INIT(64 * 1024);
	char key[64];

	json_put_text(o, name, path);
	if (text_is_utf8(path, strlen(path)))
		return;
	(void)snprintf(key, sizeof(key), "%s_b64", name);
	if (base64_encode(&b64, path, strlen(path)) == 0)
		json_put_text(o, key, b64.s);
}

static void write_list(struct json_out *o, const struct field *f, const struct list *list)
{
	json_open(o, f->name, '[');
	for (size_t i = 0; i < list->len; i++) {
		if (f->kind == FIELD_TEXTS)
			json_put_text(o, NULL, *LIST_AT(list, char *, i));
		else if (f->kind == FIELD_INTS)
			json_put_int(o, NULL, *LIST_AT(list, int64_t, i));
		else
			record_write(o, NULL, f->type,
				     (char *)list->items + i * f->type->size);
	}
	json_close(o, ']');
}

static void write_field(struct json_out *o, const struct field *f, const void *record)
{
	char mask[24];
	char *const *text = CONST_MEMBER(char *, record, f);

	switch (f->kind) {
	case FIELD_BOOL:
		json_put_bool(o, f->name, *CONST_MEMBER(bool, record, f));
		break;
	case FIELD_INT:
		json_put_int(o, f->name, *CONST_MEMBER(int64_t, record, f));
		break;
	case FIELD_MASK:
		(void)snprintf(mask, sizeof(mask), "0x%016" PRIx64,
			       *CONST_MEMBER(uint64_t, record, f));
		json_put_text(o, f->name, mask);
		break;
	case FIELD_TEXT:
		if (*text)
			json_put_text(o, f->name, *text);
		break;
	case FIELD_PATH:
		if (*text)
			write_path(o, f->name, *text);
		break;
	case FIELD_ENUM:
		json_put_text(o, f->name, f->names[*CONST_MEMBER(int, record, f)]);
		break;
	case FIELD_TEXTS:
	case FIELD_INTS:
	case FIELD_LIST:
		write_list(o, f, CONST_MEMBER(struct list, record, f));
		break;
	case FIELD_STRUCT:
		record_write(o, f->name, f->type, CONST_MEMBER(char, record, f));
		break;
	case FIELD_INLINE:
		record_write_members(o, f->type, CONST_MEMBER(char, record, f));
		break;
	}
}

static bool is_unknown_part(const struct type *type, const void *record)
{
	return type->part && !((const struct part *)record)->known;
}

void record_write_members(struct json_out *o, const struct type *type, const void *record)
{
	for (const struct field *f = type->fields; f->name; f++) {
		write_field(o, f, record);
		if (f == type->fields && is_unknown_part(type, record))
			return;
	}
}

void record_write(struct json_out *o, const char *key, const struct type *type,
		  const void *record)
{
	json_open(o, key, '{');
	record_write_members(o, type, record);
	json_close(o, '}');
}

/* --- reading --- */

static int wrong(const struct json_doc *doc, const struct json *v, const char *name,
		 const char *expected, struct err *err)
{
	struct place at = json_place(doc, v);

	return err_set(err, -EINVAL,
		       "line %zu, column %zu: '%s' is a %s; %s was expected", at.line,
		       at.column, name, json_kind_name(json_kind(v)), expected);
}

static int out_of_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "out of memory");
}

static int read_enum(const struct json_doc *doc, const struct json *v,
		     const struct field *f, int *ret, struct err *err)
{
	const char *text = json_text(v);

	for (int i = 0; text && f->names[i]; i++)
		if (strcmp(f->names[i], text) == 0) {
			*ret = i;
			return 0;
		}
	return wrong(doc, v, f->name, "one of its words", err);
}

static int read_mask(const struct json_doc *doc, const struct json *v,
		     const struct field *f, uint64_t *ret, struct err *err)
{
	const char *text = json_text(v);

	if (!text || strncmp(text, "0x", 2) != 0 || num_u64(text + 2, 16, ret) < 0)
		return wrong(doc, v, f->name, "a string like \"0x2f\"", err);
	return 0;
}

static int read_path(const struct json_doc *doc, const struct json *object,
		     const struct json *v, const struct field *f, char **ret,
		     struct err *err)
{
	AUTO(str_done) struct str bytes = STR_INIT(64 * 1024);
	char key[64];

	(void)snprintf(key, sizeof(key), "%s_b64", f->name);
	const struct json *b64 = json_get(object, key);
	const char *text = json_text(v);
	if (!text)
		return wrong(doc, v, f->name, "a string", err);
	if (b64) {
		const char *b = json_text(b64);

		if (!b || base64_decode(&bytes, b, strlen(b)) < 0 ||
		    strlen(bytes.s) != bytes.len)
			return wrong(doc, b64, key, "base64 of a path", err);
		text = bytes.s;
	}
	return str_set(ret, text) < 0 ? out_of_memory(err) : 0;
}

static int read_element(const struct json_doc *doc, const struct json *v,
			const struct field *f, struct list *list, struct err *err)
{
	if (f->kind == FIELD_TEXTS) {
		const char *text = json_text(v);

		if (!text)
			return wrong(doc, v, f->name, "a list of strings", err);
		return texts_add(list, text) < 0 ? out_of_memory(err) : 0;
	}
	if (f->kind == FIELD_INTS) {
		int64_t number;

		if (json_int(v, &number) < 0)
			return wrong(doc, v, f->name, "a list of integers", err);
		int64_t *slot = LIST_ADD(list, int64_t);
		if (!slot)
			return out_of_memory(err);
		*slot = number;
		return 0;
	}
	void *item = list_add(list, f->type->size);
	return item ? record_read(doc, v, f->type, item, err) : out_of_memory(err);
}

static int read_list(const struct json_doc *doc, const struct json *v,
		     const struct field *f, struct list *list, struct err *err)
{
	if (json_kind(v) != JSON_LIST)
		return wrong(doc, v, f->name, "a list", err);
	for (const struct json *e = json_first(v); e; e = json_next(e)) {
		int r = read_element(doc, e, f, list, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int read_field(const struct json_doc *doc, const struct json *object,
		      const struct field *f, void *record, struct err *err)
{
	const struct json *v = json_get(object, f->name);

	if (f->kind == FIELD_INLINE)
		return record_read(doc, object, f->type, MEMBER(char, record, f), err);
	if (!v)
		return 0;
	switch (f->kind) {
	case FIELD_BOOL:
		if (json_kind(v) != JSON_BOOL)
			return wrong(doc, v, f->name, "true or false", err);
		*MEMBER(bool, record, f) = json_is_true(v);
		return 0;
	case FIELD_INT:
		if (json_int(v, MEMBER(int64_t, record, f)) < 0)
			return wrong(doc, v, f->name, "an integer", err);
		return 0;
	case FIELD_MASK:
		return read_mask(doc, v, f, MEMBER(uint64_t, record, f), err);
	case FIELD_TEXT:
		if (!json_text(v))
			return wrong(doc, v, f->name, "a string", err);
		return str_set(MEMBER(char *, record, f), json_text(v)) < 0
			       ? out_of_memory(err)
			       : 0;
	case FIELD_PATH:
		return read_path(doc, object, v, f, MEMBER(char *, record, f), err);
	case FIELD_ENUM:
		return read_enum(doc, v, f, MEMBER(int, record, f), err);
	case FIELD_TEXTS:
	case FIELD_INTS:
	case FIELD_LIST:
		return read_list(doc, v, f, MEMBER(struct list, record, f), err);
	case FIELD_STRUCT:
	case FIELD_INLINE:
		break;
	}
	return record_read(doc, v, f->type, MEMBER(char, record, f), err);
}

/* Zero of these is a statement ("no capability", "not writable"), so that a document
 * which leaves one out must not make it. The writer always writes them. */
static bool must_be_said(enum field_kind kind)
{
	return kind == FIELD_BOOL || kind == FIELD_INT || kind == FIELD_MASK ||
	       kind == FIELD_TEXTS || kind == FIELD_INTS || kind == FIELD_LIST;
}

/* A part that claims to be known without saying all of it is not known. */
static int doubt_part(const struct json *value, const struct type *type, void *record,
		      struct err *err)
{
	struct part *part = record;

	for (const struct field *f = type->fields; part->known && f->name; f++) {
		if (!must_be_said(f->kind) || json_get(value, f->name))
			continue;
		part->known = false;
		free(part->why);
		part->why = str_format("the document does not say '%s'", f->name);
		if (!part->why)
			return out_of_memory(err);
	}
	return 0;
}

int record_read(const struct json_doc *doc, const struct json *value,
		const struct type *type, void *record, struct err *err)
{
	if (json_kind(value) != JSON_OBJECT)
		return wrong(doc, value, type->name, "an object", err);
	for (const struct field *f = type->fields; f->name; f++) {
		int r = read_field(doc, value, f, record, err);

		if (r < 0)
			return r;
	}
	return type->part ? doubt_part(value, type, record, err) : 0;
}

/* --- releasing and copying --- */

void record_list_done(const struct type *type, struct list *list)
{
	for (size_t i = 0; i < list->len; i++)
		record_done(type, (char *)list->items + i * type->size);
	list_done(list);
}

static void field_done(const struct field *f, void *record)
{
	switch (f->kind) {
	case FIELD_TEXT:
	case FIELD_PATH:
		free(*MEMBER(char *, record, f));
		break;
	case FIELD_TEXTS:
		texts_done(MEMBER(struct list, record, f));
		break;
	case FIELD_INTS:
		list_done(MEMBER(struct list, record, f));
		break;
	case FIELD_LIST:
		record_list_done(f->type, MEMBER(struct list, record, f));
		break;
	case FIELD_STRUCT:
	case FIELD_INLINE:
		record_done(f->type, MEMBER(char, record, f));
		break;
	case FIELD_BOOL:
	case FIELD_INT:
	case FIELD_MASK:
	case FIELD_ENUM:
		break;
	}
}

void record_done(const struct type *type, void *record)
{
	for (const struct field *f = type->fields; f->name; f++)
		field_done(f, record);
	memset(record, 0, type->size);
}

static int copy_list(const struct field *f, struct list *to, const struct list *from)
{
	*to = (struct list){ 0 };
	for (size_t i = 0; i < from->len; i++) {
		int r = 0;

		if (f->kind == FIELD_TEXTS) {
			r = texts_add(to, *LIST_AT(from, char *, i));
		} else if (f->kind == FIELD_INTS) {
			int64_t *slot = LIST_ADD(to, int64_t);

			if (slot)
				*slot = *LIST_AT(from, int64_t, i);
			r = slot ? 0 : -ENOMEM;
		} else {
			void *item = list_add(to, f->type->size);

			r = item ? record_copy(f->type, item,
					       (char *)from->items + i * f->type->size)
				 : -ENOMEM;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int copy_field(const struct field *f, void *to, const void *from)
{
	switch (f->kind) {
	case FIELD_TEXT:
	case FIELD_PATH:
		*MEMBER(char *, to, f) = NULL;
		return str_set(MEMBER(char *, to, f), *CONST_MEMBER(char *, from, f));
	case FIELD_TEXTS:
	case FIELD_INTS:
	case FIELD_LIST:
		return copy_list(f, MEMBER(struct list, to, f),
				 CONST_MEMBER(struct list, from, f));
	case FIELD_STRUCT:
	case FIELD_INLINE:
		return record_copy(f->type, MEMBER(char, to, f),
				   CONST_MEMBER(char, from, f));
	case FIELD_BOOL:
		*MEMBER(bool, to, f) = *CONST_MEMBER(bool, from, f);
		return 0;
	case FIELD_INT:
		*MEMBER(int64_t, to, f) = *CONST_MEMBER(int64_t, from, f);
		return 0;
	case FIELD_MASK:
		*MEMBER(uint64_t, to, f) = *CONST_MEMBER(uint64_t, from, f);
		return 0;
	case FIELD_ENUM:
		*MEMBER(int, to, f) = *CONST_MEMBER(int, from, f);
		return 0;
	}
	return 0;
}

int record_copy(const struct type *type, void *to, const void *from)
{
	int failed = 0;

	memset(to, 0, type->size);
	for (const struct field *f = type->fields; f->name; f++) {
		int r = copy_field(f, to, from);

		if (r < 0)
			failed = r;
	}
	if (failed < 0)
		record_done(type, to);
	return failed;
}
