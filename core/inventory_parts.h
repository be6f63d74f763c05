/* SPDX-License-Identifier: MIT
 *
 * inventory_parts.h - the inside of inventory_merge.h: what the first pass found.
 */
#ifndef CORE_INVENTORY_PARTS_H
#define CORE_INVENTORY_PARTS_H

#include "core/inventory_merge.h"

/* A run as one part has it. */
struct part_run {
	char *id;
	bool complete;	 /* it has its end */
	int64_t records; /* that came of it; with 'complete', how full the copy is */
	size_t number;	 /* the same for the same id */
};

struct found_part {
	struct merge_part place;
	const char *name;
	int64_t last;	  /* where its last record begins */
	struct list runs; /* struct part_run */
	int64_t merged;	  /* how many runs a merged inventory has; 0: a run's own */
	char *container;  /* of its runs; NULL: they name none */
	char *other;	  /* that a run of it names too; NULL: they agree */
	int64_t records;
	uint64_t hash; /* of its records' text: a choice between equals */
	bool ended;
};

struct merge {
	struct list names;	/* const char *: of the inputs */
	struct list parts;	/* struct found_part */
	struct list containers; /* char *: that runs name, "" for none */
	bool open;		/* the last one goes on */
	struct list chosen; /* const struct found_part *: of them, for the second pass */
	struct merge_notes notes;

	size_t next;		  /* of 'chosen' */
	struct inventory *one;	  /* the part that is being read */
	int64_t records;	  /* that came of it */
	struct inventory *all;	  /* the result */
	struct inventory_end end; /* its coverage, added up */
};

/* A record's text within a line. */
struct piece {
	const char *text;
	size_t len;
	int64_t at;
	bool cut; /* nothing behind it, or the next run: it may be half a record */
};

/* The next record of a line from *from on; false where there is none. A run that was
 * cut short may have the beginning of the next one on its last line. */
bool piece_next(const struct merge_line *line, size_t *from, struct piece *ret);

/* In the first pass it is enough to know that a record is none of a run's beginning or
 * end, which our own spelling tells. */
bool piece_is_inner(const struct piece *piece);

/* Reads it. 0; -ENOMSG: no record; -ENODATA: cut short; else a negative errno with
 * words, where 'name' and 'number' say where. */
int piece_read(const struct piece *piece, const char *name, size_t number,
	       struct inventory_record *ret, struct err *err);

void part_done(struct found_part *part);
/* Nothing more comes of the part that is open. 0 or -EINVAL with words. */
int part_close(struct merge *merge, struct err *err);

#endif
