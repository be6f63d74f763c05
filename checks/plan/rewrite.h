/* SPDX-License-Identifier: MIT
 *
 * rewrite.h - a task definition written again, with all its members in their
 * order, known to us or not, ready for RegisterTaskDefinition.
 */
#ifndef CHECKS_PLAN_REWRITE_H
#define CHECKS_PLAN_REWRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/json.h"

struct rewrite {
	struct json_doc doc;
	struct str text;	       /* the JSON, where it came packed */
	const struct json *definition; /* the object with the containers */
	const struct json *tags;       /* beside it, as DescribeTaskDefinition prints */
};
#define DEFINITION_MAX ((size_t)4 << 20)
#define REWRITE_INIT                                                   \
	{                                                              \
		.doc = JSON_DOC_INIT, .text = STR_INIT(DEFINITION_MAX) \
	}

/* Bare, wrapped or packed, as taskdef_parse() reads it, and with its errors. */
int rewrite_open(const char *text, size_t len, struct rewrite *ret, struct err *err);
void rewrite_done(struct rewrite *rewrite);

/* The object called 'name' in a list of the definition; NULL. */
const struct json *rewrite_named(const struct rewrite *rewrite, const char *list,
				 const char *name);

/* A member, also one that is null; NULL where it is not there. */
const struct json *rewrite_member(const struct json *object, const char *name);
bool rewrite_has(const struct json *object, const char *name);
bool rewrite_is_one_of(const char *name, const char *const *names);

/* A member of the definition itself, unless it is one of output only (revision, status,
 * ARN, requiresAttributes, compatibilities, registeredAt, registeredBy, deregisteredAt).
 */
void rewrite_member_out(struct json_out *o, const struct json *member);
/* The tags that stand beside the definition, where it has none inside. */
void rewrite_tags(struct json_out *o, const struct rewrite *rewrite);

/* The elements of 'list' (NULL: none) but those objects whose member 'key' is 'except'.
 */
void rewrite_items(struct json_out *o, const struct json *list, const char *key,
		   const char *except);
/* The members of 'object' (NULL: none) but 'except' (NULL: all). */
void rewrite_members(struct json_out *o, const struct json *object, const char *except);

#endif
