/* SPDX-License-Identifier: MIT
 *
 * state.h - the recorder's own, shared by its parts: which path is where
 * (known.h), what the directories held (dirs.c), what an operation changes
 * (effect.c), how the files are now (refresh.c), and what is to be written out.
 */
#ifndef PROBE_TRACE_RECORD_STATE_H
#define PROBE_TRACE_RECORD_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/trace/record/known.h"
#include "probe/trace/recorder.h"

struct recorder_pair {
	enum inventory_op op;
	struct known *from, *to;
	int64_t since, told; /* how often: not yet written out, and written out */
	uint32_t next;	     /* in its bucket, from 1; 0: none */
};

/* What is kept until the next flush, at most: then there is one at once. */
#define PENDING_MOST ((size_t)16384)
#define PAIRS_MOST   ((size_t)1000000)

struct recorder_reason {
	char *why;
	int64_t count;
};

struct recorder {
	struct recorder_options options;
	struct recorder_sink sink;
	int root; /* "/", O_PATH; -1 */
	struct known_set set;
	struct recorder_progress progress;
	struct known *last_dir;	 /* of the last event: the next one is often there too */
	struct list changed;	 /* struct known *: 'pending' is set */
	struct list dirs;	 /* struct known *: 'held->queued' is set */
	struct list pairs;	 /* struct recorder_pair */
	uint32_t *pair_buckets;	 /* NULL: there was none yet */
	struct list blind_spots; /* char * */
	struct list reasons;	 /* struct recorder_reason */
	size_t cursor;		 /* of the rounds through all files */
	int64_t closed_dirs;	 /* that we may not read */
	bool full;		 /* 'most_paths' were met */
	bool ending;		 /* there is no later record */
};

/* The record that is to be written of it next, made where there is none; NULL without
 * memory. */
struct inventory_path *recorder_pending(struct recorder *r, struct known *k);

/* --- dirs.c --- */

/* The directory with this path and all above it, looked at where nobody did yet. 'fd':
 * an O_PATH descriptor of it, or -1. NULL without memory or room. */
struct known *dirs_meet(struct recorder *r, const char *path, size_t len, int fd,
			const struct surface_mount *mount);
/* Was a directory above it made by the run? */
bool dirs_made(const struct known *k);
/* The file takes so much now; all directories above it know. */
void dirs_bytes(struct recorder *r, struct known *k, int64_t bytes);
/* Writes the records of those that changed; 'all': also where it is but a little. */
void dirs_write(struct recorder *r, bool all);

/* --- again.c --- */

/* It is one more operation on this path. */
void again_happened(struct known *k, const struct event *event);
/* Does its pending record say anything new, or enough more of the same? */
bool again_worth_telling(const struct known *k);
/* It was written out. */
void again_told(struct known *k);
/* One more of these. 0, or -1 without memory or room. */
int again_pair(struct recorder *r, enum inventory_op op, struct known *from,
	       struct known *to);
/* 'all': also where it is but a little. */
void again_write_pairs(struct recorder *r, bool all);

/* --- effect.c --- */

/* What is seen of it while the app waits, so before the operation. */
void effect_before(struct known *k, const struct place_found *place);
/* It works, as far as one can tell before it is done. */
void effect_of(struct recorder *r, struct known *k, const struct event *event, int which);

/* --- refresh.c --- */

/* Looks at the file: is it there, how large is it? True where that is news. */
bool refresh(struct recorder *r, struct known *k);
/* Looks at those of the changed ones that no one has looked at since. */
void refresh_changed(struct recorder *r, size_t looks);
/* Looks at a few of all files, another few each time. */
void refresh_round(struct recorder *r, size_t looks);
/* Looks at as many as 'ms' milliseconds allow. */
void refresh_all(struct recorder *r, int64_t ms);

#endif
