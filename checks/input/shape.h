/* SPDX-License-Identifier: MIT
 *
 * shape.h - JSON documents of others, read by tables: one row per member that we
 * use, with its kind and where it goes. What a document says and what it leaves
 * out is told apart; what is of the wrong kind is an error that names line,
 * column and path ("containerDefinitions[2].user").
 *
 * core/record.h does the same for our own documents, and writes them too.
 */
#ifndef CHECKS_INPUT_SHAPE_H
#define CHECKS_INPUT_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/json.h"

/* AWS's longest text is a few KiB; environment values, which we do not read, more. */
#define SHAPE_TEXT_MAX (64 * 1024)

/* Members of one list, where its row does not say. */
#define SHAPE_LIST_MAX 10000

struct shape_reader {
	const struct json_doc *doc;
	struct err *err;
	bool exact_case;   /* a key of ours in other case is an error, not unknown */
	bool empty_absent; /* "" says no more than a missing text */
};

/* Where we are, for messages; each on its caller's stack. */
struct shape_spot {
	const struct shape_spot *up; /* NULL: the document */
	const char *key;	     /* NULL: an element of a list */
	size_t index;
};

enum shape_kind {
	SHAPE_DECL_TEXT, /* struct decl_text and so on (core/task.h): state and place */
	SHAPE_DECL_BOOL,
	SHAPE_DECL_INT,
	SHAPE_DECL_TEXTS,
	SHAPE_DECL_ANY, /* struct value: that it is there, and where */
	SHAPE_TEXT,	/* char * */
	SHAPE_BOOL,	/* bool */
	SHAPE_INT,	/* int64_t */
	SHAPE_TEXTS,	/* struct list of char * */
	SHAPE_PLACE,	/* two int64_t, line and column of the object itself; no key */
	SHAPE_OBJECT,	/* an object whose 'members' go to the same record */
	SHAPE_LIST,	/* struct list: objects of 'members', 'size' bytes each */
	SHAPE_CALL,	/* 'call' reads it */
};

struct shape {
	const char *key;
	enum shape_kind kind;
	size_t offset;
	const struct shape *members; /* OBJECT, LIST; ends with SHAPE_END */
	size_t size;
	size_t most;   /* of a list; 0: SHAPE_LIST_MAX */
	bool required; /* and a text not empty */
	/* 'value' is NULL where it is absent; 'to' is record + offset. */
	int (*call)(const struct shape_reader *r, const struct shape_spot *at,
		    const struct json *value, const struct shape *row, void *to);
	const char *note; /* for 'call' */
};

#define SHAPE_END           \
	{                   \
		.key = NULL \
	}

/* A row of a table over 'struct S', with S a macro of the file that has the table. */
#define SHAPE_ROW(key_, kind_, member, ...)                                       \
	{                                                                         \
		.key = key_, .kind = kind_, .offset = offsetof(struct S, member), \
		__VA_ARGS__                                                       \
	}
#define SHAPE_ITEMS(key_, member, rows, item, ...)                                     \
	{                                                                              \
		.key = key_, .kind = SHAPE_LIST, .offset = offsetof(struct S, member), \
		.members = rows, .size = sizeof(struct item), __VA_ARGS__              \
	}
#define SHAPE_INSIDE(key_, rows)                                   \
	{                                                          \
		.key = key_, .kind = SHAPE_OBJECT, .members = rows \
	}
/* For the members 'line' and 'column', which stand together. */
#define SHAPE_HERE SHAPE_ROW("", SHAPE_PLACE, line)

/* Reads 'object' into *record by the rows of 'shape'. 'object' may be NULL: then
 * every row is absent. 0, -EINVAL (wrong kind, missing), -E2BIG (a limit), -ENOMEM.
 * On failure *record may be half filled. */
int shape_read(const struct shape_reader *r, const struct shape_spot *at,
	       const struct json *object, const struct shape *shape, void *record);

/* The readers of single values, for 'call': NULL leaves *ret as it is. */
int shape_text(const struct shape_reader *r, const struct shape_spot *at,
	       const struct json *value, char **ret);

/* Says that a value is declared, and where, or absent (NULL). */
struct value;
void shape_state(const struct shape_reader *r, const struct json *value,
		 struct value *ret);

/* Fails with "line 3, column 9: containerDefinitions[2].user WHAT"; 'code'. */
int shape_fail(const struct shape_reader *r, const struct shape_spot *at,
	       const struct json *value, int code, const char *what);
/* The same for a value of the wrong kind; -EINVAL. */
int shape_wrong(const struct shape_reader *r, const struct shape_spot *at,
		const struct json *value, const char *expected);

/* A document's text for a message: escaped, and cut to 'size'. */
void shape_quote(char *buf, size_t size, const char *text);

#endif
