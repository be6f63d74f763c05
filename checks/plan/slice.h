/* SPDX-License-Identifier: MIT
 *
 * slice.h - directories as the beginnings of paths that somebody else keeps: a plan of
 * a million paths copies none of them.
 *
 * All are absolute and plain (no "//", ".", ".." and no slash at the end but "/").
 */
#ifndef CHECKS_PLAN_SLICE_H
#define CHECKS_PLAN_SLICE_H

#include <stdbool.h>
#include <stddef.h>

struct slice {
	const char *s;
	size_t len; /* 0: none */
};

struct slice slice_of(const char *path);
struct slice slice_parent(struct slice path); /* of "/": "/" */
/* The deepest directory that both are at or below. */
struct slice slice_common(struct slice a, struct slice b);

/* Is 'path' at or below 'dir'? */
bool slice_covers(struct slice dir, struct slice path);
bool slice_is(struct slice a, const char *text);
bool slice_same(struct slice a, struct slice b);
bool slice_is_root(struct slice a);
size_t slice_depth(struct slice a); /* "/": 0 */
/* Its beginning of so many components. */
struct slice slice_top(struct slice a, size_t depth);

/* The order in which each directory comes right before all that is below it. */
int slice_order(struct slice a, struct slice b);

bool slice_is_plain(const char *path);
/* Can it stand in a task definition, a Dockerfile and a shell's single quotes? */
bool slice_is_writable_down(struct slice a);

/* A copy of its own; NULL without memory. */
char *slice_text(struct slice a);

#endif
