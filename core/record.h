/* SPDX-License-Identifier: MIT
 *
 * record.h - one table per struct, from which it is written, read, released,
 * copied, and described by a JSON Schema.
 *
 * All that goes from one part of the program to another is plain data with a
 * JSON form (task, facts, report). A table row says what a member is called
 * there and what it is; nothing else in the tree spells these names.
 */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/json.h"
#include "core/list.h"

enum field_kind {
	FIELD_BOOL,   /* bool */
	FIELD_INT,    /* int64_t */
	FIELD_MASK,   /* uint64_t, as "0x00000000a80425fb" */
	FIELD_TEXT,   /* char *; NULL is left out */
	FIELD_PATH,   /* char * of any bytes; NAME_b64 beside it where it is not UTF-8 */
	FIELD_ENUM,   /* an enum as large as int, its spellings in 'names' */
	FIELD_TEXTS,  /* struct list of char * */
	FIELD_INTS,   /* struct list of int64_t */
	FIELD_STRUCT, /* a struct embedded in this one: an object */
	FIELD_INLINE, /* the same, its members among ours */
	FIELD_LIST,   /* struct list of structs */
};

struct type;

struct field {
	const char *name;
	enum field_kind kind;
	size_t offset;
	const struct type *type;  /* STRUCT, INLINE, LIST */
	const char *const *names; /* ENUM: NULL-terminated */
};

struct type {
	const char *name;
	size_t size;
	const struct field *fields; /* ends with a row whose name is NULL */
	bool part; /* begins with a 'struct part' (facts.h): written without the rest
		    * of its members where 'known' is false */
};

/* A row of the table of 'struct s': its member 'm', which has the same name in JSON. */
#define RECORD_ROW(s, m, kind_, ...)                                                    \
	{                                                                               \
		.name = #m, .kind = kind_, .offset = offsetof(struct s, m), __VA_ARGS__ \
	}
#define RECORD_BOOL(s, m)	RECORD_ROW(s, m, FIELD_BOOL)
#define RECORD_INT(s, m)	RECORD_ROW(s, m, FIELD_INT)
#define RECORD_MASK(s, m)	RECORD_ROW(s, m, FIELD_MASK)
#define RECORD_TEXT(s, m)	RECORD_ROW(s, m, FIELD_TEXT)
#define RECORD_PATH(s, m)	RECORD_ROW(s, m, FIELD_PATH)
#define RECORD_TEXTS(s, m)	RECORD_ROW(s, m, FIELD_TEXTS)
#define RECORD_INTS(s, m)	RECORD_ROW(s, m, FIELD_INTS)
#define RECORD_ENUM(s, m, nm)	RECORD_ROW(s, m, FIELD_ENUM, .names = (nm))
#define RECORD_STRUCT(s, m, ty) RECORD_ROW(s, m, FIELD_STRUCT, .type = (ty))
#define RECORD_INLINE(s, m, ty) RECORD_ROW(s, m, FIELD_INLINE, .type = (ty))
#define RECORD_LIST(s, m, ty)	RECORD_ROW(s, m, FIELD_LIST, .type = (ty))
#define RECORD_END           \
	{                    \
		.name = NULL \
	}

/* Writes the members of 'record' into the object that is open in 'o'. */
void record_write_members(struct json_out *o, const struct type *type,
			  const void *record);
/* The same as an object of its own. */
void record_write(struct json_out *o, const char *key, const struct type *type,
		  const void *record);

/* Reads 'value' into *record, which is zeroed or holds defaults. Members that it
 * lacks stay as they are, unknown ones are ignored; one of the wrong kind is
 * -EINVAL with its place. A part that says it is known and lacks a member of which
 * zero is a statement is read as not known. On failure 'record' may be half filled:
 * release it. */
int record_read(const struct json_doc *doc, const struct json *value,
		const struct type *type, void *record, struct err *err);

/* Releases what 'record' owns and zeroes it. */
void record_done(const struct type *type, void *record);

/* A deep copy into *to, which is overwritten (release it first). 0 or -ENOMEM. */
int record_copy(const struct type *type, void *to, const void *from);

/* Releases every item of a list of 'type' and the list. */
void record_list_done(const struct type *type, struct list *list);

#endif
