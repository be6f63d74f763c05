/* SPDX-License-Identifier: MIT
 *
 * reading.h - inventories from files and standard input, read twice, as their union:
 * all of them, or those of one container (core/inventory_merge.h).
 */
#ifndef AGENT_READING_H
#define AGENT_READING_H

#include <stddef.h>

#include "agent/input.h"
#include "core/err.h"
#include "core/inventory_merge.h"
#include "core/list.h"

struct reading {
	struct merge *merge;
	struct list inputs; /* struct source */
	char *buffer;
	struct input lines;
	size_t open; /* of inputs: the one that is open; SIZE_MAX: none */
};
#define READING_INIT              \
	{                         \
		.open = SIZE_MAX, \
	}

/* 'files' (char *, "-": standard input) are borrowed. Finds what is in them, the first
 * pass. 0 or a negative errno with words. Release with reading_done() in any case. */
int reading_start(struct reading *reading, const struct list *files, struct err *err);
void reading_done(struct reading *reading);

/* The second pass: merge_result(reading->merge) is then the union of all runs of
 * 'container' ("": of those that name none; NULL: of all). */
int reading_finish(struct reading *reading, const char *container, struct err *err);

/* As after reading_start(), for another container: the result before is gone. */
int reading_again(struct reading *reading, struct err *err);

/* "3 runs of 3 inventories in 2 files, ...": what a reader of the result should know. */
void reading_notes(const struct reading *reading, struct str *out);

#endif
