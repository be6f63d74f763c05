/* SPDX-License-Identifier: MIT
 *
 * recorder.h - events become an inventory: counted by path and operation, with
 * what each directory held before the app wrote into it, and handed on in small
 * pieces while the app runs.
 *
 * recorder_before() looks while the app still waits (what the directory held, how
 * large the file is that is unlinked); recorder_add() counts once our answer has
 * reached it; recorder_flush() writes out what is new, at most a second later.
 */
#ifndef PROBE_TRACE_RECORDER_H
#define PROBE_TRACE_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/inventory.h"
#include "probe/trace/observe.h"

struct recorder;

/* Takes finished records; 'arg' is the sink's own. Never blocks for long. */
struct recorder_sink {
	void (*record)(void *arg, const struct inventory_record *record);
	/* Behind the records of one flush: now they shall be written; NULL: no matter. */
	void (*flushed)(void *arg);
	/* Would more records find room? While they would not (a full disk), what is new
	 * is kept here, added up; NULL: always. */
	bool (*ready)(void *arg);
	void *arg;
};

struct recorder_options {
	size_t most_paths; /* distinct ones that are kept (0: 1,000,000); what comes after
			    * is "lost" */
	int64_t (*now_ms)(
		void); /* since the epoch; tests pass their own; NULL: the clock */
	/* To ask which mounts may hang; borrowed. NULL: each one but an event's own. */
	struct surface *surface;
};

/* For the live line. */
struct recorder_progress {
	int64_t events, paths, unresolved, lost;
};

int recorder_new(const struct recorder_options *options, const struct recorder_sink *sink,
		 struct recorder **ret, struct err *err);
void recorder_done(struct recorder *recorder);

void recorder_before(struct recorder *recorder, const struct event *event);
void recorder_add(struct recorder *recorder, const struct event *event);
/* Every notification, also what does not count: for coverage.events. */
void recorder_count(struct recorder *recorder);
/* Something that will not be seen from now on; the same text once. */
void recorder_blind_spot(struct recorder *recorder, const char *what);
void recorder_lost(struct recorder *recorder, int64_t events);
/* Writes out what is new; looks at a bounded number of changed files (exists, size). */
void recorder_flush(struct recorder *recorder);
void recorder_run(struct recorder *recorder, const struct inventory_run *run);
/* The end record. 'ended': "exit", "signal", "time", "supervisor" ...; 'exit': the app's
 * status, 128 + n for a signal, -1 where it still runs. */
void recorder_end(struct recorder *recorder, const char *ended, int64_t exit);
struct recorder_progress recorder_progress(const struct recorder *recorder);

#endif
