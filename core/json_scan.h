/* SPDX-License-Identifier: MIT
 *
 * json_scan.h - the strict pass over the bytes that core/json.c makes before cJSON
 * sees them, and small documents without a tree: a table of tokens, read where they
 * stand. An inventory has a million of such lines; a tree takes sixty allocations
 * for each, the table one.
 */
#ifndef CORE_JSON_SCAN_H
#define CORE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/json.h"

/* cJSON reads no more of a number than this, and its versions differ in what they
 * make of the rest. */
#define JSON_NUMBER_MAX 63

/* A value; those inside it follow. */
struct json_token {
	unsigned at, end;  /* bytes of it: from, and behind */
	unsigned name;	   /* of a member: where its name begins, in the quotes */
	unsigned name_len; /* as it is spelt */
	unsigned next;	   /* the token behind all that is inside this one */
	enum json_kind kind : 8;
	bool escaped : 1, name_escaped : 1; /* spelt with a backslash */
};

struct json_scan {
	const char *text; /* the caller's */
	size_t len;
	struct json_token *tokens;
	size_t count, room;
};
#define JSON_SCAN_INIT       \
	{                    \
		.text = NULL \
	}

/* Finds the values of a document: sound JSON in UTF-8 (no byte order mark) of at most
 * 'most' values; duplicate keys are not looked for. 0, -EINVAL, -E2BIG or -ENOMEM with
 * line and column. */
int json_scan(const char *text, size_t len, size_t most, struct json_scan *ret,
	      struct err *err);
/* The same, and refuses a key that stands twice, or is spelt with a backslash: nobody
 * who writes our lines does so, and what is compared here is the spelling. */
int json_scan_line(const char *text, size_t len, size_t most, struct json_scan *ret,
		   struct err *err);
void json_scan_done(struct json_scan *scan);

/* As json_get, json_first and json_next; NULL where there is none. 'in' is the list or
 * object that 'token' is in. */
const struct json_token *json_scan_get(const struct json_scan *scan,
				       const struct json_token *object, const char *name);
const struct json_token *json_scan_first(const struct json_scan *scan,
					 const struct json_token *in);
const struct json_token *json_scan_next(const struct json_scan *scan,
					const struct json_token *in,
					const struct json_token *token);

/* The text of a string, the caller's to free: NULL without memory. */
char *json_scan_text(const struct json_scan *scan, const struct json_token *token);
/* 0, -EINVAL, -ERANGE */
int json_scan_int(const struct json_scan *scan, const struct json_token *token,
		  int64_t *ret);

#endif
