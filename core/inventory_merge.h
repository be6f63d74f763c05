/* SPDX-License-Identifier: MIT
 *
 * inventory_merge.h - the union of many inventories, each run once.
 *
 * In two passes over the same lines, so that memory is that of the distinct paths:
 * the first one finds the parts (a run's own inventory, or a merged one) and how full
 * each copy of a run is, the second one reads the parts that were chosen. What was
 * merged cannot be taken apart: a merged inventory is taken whole, or not at all.
 *
 * The lines may come through a log: what is no record is skipped, a record may stand
 * behind a prefix. The same inputs in any order give the same inventory.
 */
#ifndef CORE_INVENTORY_MERGE_H
#define CORE_INVENTORY_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/inventory.h"

struct merge;

/* A line of an input, without its newline. */
struct merge_line {
	const char *text;
	size_t len;
	int64_t at;    /* where it begins: bytes from the input's beginning */
	size_t number; /* from 1 */
	bool cut;      /* no newline follows: perhaps not all of it */
};

/* What is to be read in the second pass. */
struct merge_part {
	size_t input;
	int64_t from, to; /* bytes */
	size_t number;	  /* of the first line */
};

struct merge_notes {
	int64_t inputs, parts, taken; /* inventories found, and those that were used */
	int64_t runs, truncated;      /* in the result, and those without an end */
	int64_t skipped;	      /* lines that are no records */
	int64_t cut;		      /* records that were cut short */
};

struct merge *merge_new(void);
void merge_done(struct merge *merge);

/* The first pass: an input, then its lines in their order. 'name' is for messages and
 * borrowed. 0 or a negative errno with words, file and line. */
int merge_input(struct merge *merge, const char *name, struct err *err);
int merge_survey(struct merge *merge, const struct merge_line *line, struct err *err);

/* Chooses. -EINVAL with the run's id where merged inventories overlap such that no
 * choice has each run once and in its fullest copy, and where there is no run. */
int merge_choose(struct merge *merge, struct err *err);

/* Between the passes: the containers that the runs name (char *, sorted, "" where one
 * names none), and that only what was recorded in one of them is to be chosen. -EINVAL
 * with words for a merged inventory that has it and others: it cannot be taken apart. */
const struct list *merge_containers(struct merge *merge);
#define MERGE_CONTAINERS_MAX 1000 /* no more are listed */
int merge_only(struct merge *merge, const char *container, struct err *err);

/* The second pass: each chosen part until false, and the lines in its bytes. */
bool merge_next_part(struct merge *merge, struct merge_part *ret);
int merge_add(struct merge *merge, const struct merge_line *line, struct err *err);
int merge_part_end(struct merge *merge, struct err *err);

/* Completes the result; it lives as long as 'merge'. */
int merge_finish(struct merge *merge, struct err *err);
const struct inventory *merge_result(const struct merge *merge);
struct merge_notes merge_notes(const struct merge *merge);

/* How a run without an end record ended. */
#define INVENTORY_TRUNCATED "truncated"
/* And a merged inventory all of whose runs have one. */
#define INVENTORY_MERGED "merged"

#endif
