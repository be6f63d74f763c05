/* SPDX-License-Identifier: MIT
 *
 * json.h - the one door to cJSON, and a writer.
 *
 * Reading is stricter than cJSON: a first pass over the bytes refuses what a
 * second parser could read differently (duplicate keys, \u0000, control
 * characters, numbers like 01, anything after the document) and bounds the
 * depth; it also remembers where each value stands, and numbers as their
 * text, so that 64-bit integers never pass through a double.
 *
 * Writing appends to a 'struct str', whose first error sticks.
 */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/str.h"
#include "core/text.h"

/* Deeper than any document that we read (a report: 8); AWS's own are below 10. */
#define JSON_DEPTH_MAX 64

/* A value costs about 150 bytes here and as few as 2 in the document. Enough for
 * a report of several hundred thousand paths. */
#define JSON_VALUES_MAX 1000000

struct json; /* a value inside a document; borrowed from it */

struct json_doc {
	struct json *root;
	char *text; /* a copy, for places */
	size_t len;
	struct place *marks; /* places of every so many bytes: finding one is cheap */
};
#define JSON_DOC_INIT        \
	{                    \
		.root = NULL \
	}

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_TEXT, JSON_LIST, JSON_OBJECT };

/* Parses 'len' bytes (a UTF-8 byte order mark is skipped). The error names line
 * and column. 0, -EINVAL (not JSON), -E2BIG (too deep, too many values), -ENOMEM. */
int json_parse(const char *text, size_t len, struct json_doc *ret, struct err *err);
/* The same for at most 'most' values in all: -E2BIG before memory is taken. */
int json_parse_most(const char *text, size_t len, size_t most, struct json_doc *ret,
		    struct err *err);
void json_doc_done(struct json_doc *doc);

enum json_kind json_kind(const struct json *value);
const char *json_kind_name(enum json_kind kind); /* "object", "list", ... */
struct place json_place(const struct json_doc *doc, const struct json *value);

/* The member 'key' of an object (exact spelling); NULL where 'value' is no object,
 * has no such member, or it is null: an explicit null means absent everywhere. */
const struct json *json_get(const struct json *value, const char *key);

/* Elements of a list or members of an object, in their order; NULL at the end
 * and for what has none. */
const struct json *json_first(const struct json *value);
const struct json *json_next(const struct json *value);
const char *json_name(const struct json *value); /* of a member; NULL for elements */

const char *json_text(const struct json *value); /* NULL if not a string */
bool json_is_true(const struct json *value);
int json_int(const struct json *value, int64_t *ret);	/* 0, -EINVAL, -ERANGE */
const char *json_number_text(const struct json *value); /* as written; NULL if not one */

/* --- writing --- */

struct json_out {
	struct str *out;
	bool pretty; /* one member a line, two blanks a level */
	bool comma;  /* something stands before at this level */
	int depth;
};
#define JSON_OUT_INIT(str, is_pretty)               \
	{                                           \
		.out = (str), .pretty = (is_pretty) \
	}

/* 'key' is NULL for the document itself and inside lists. */
void json_open(struct json_out *o, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json_out *o, char bracket);		   /* '}' or ']' */
/* What is not UTF-8 becomes U+FFFD. */
void json_put_text(struct json_out *o, const char *key, const char *text);
void json_put_int(struct json_out *o, const char *key, int64_t v);
void json_put_bool(struct json_out *o, const char *key, bool v);
/* A value that was read, whole, with its members in their order; numbers as they stood.
 */
void json_copy(struct json_out *o, const char *key, const struct json *value);

#endif
