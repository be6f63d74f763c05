/* SPDX-License-Identifier: MIT
 *
 * refusals.h - what a rehearsal refused, or would have: counted by path, call, answer
 * and program; and whether the rehearsal is valid at all.
 *
 * It is kept here until asked for: a call that is refused costs no write.
 */
#ifndef PROBE_TRACE_REFUSALS_H
#define PROBE_TRACE_REFUSALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/rehearsal.h"
#include "probe/trace/observe.h"

/* Distinct ones that are kept, and the bytes of their texts: what comes after is lost. */
#define REFUSALS_MOST	    100000
#define REFUSALS_BYTES_MOST ((size_t)64 << 20)
/* The last ones before a bad end. */
#define REFUSALS_LAST 10

struct refusals;

struct refusals_options {
	size_t most;		 /* 0: REFUSALS_MOST */
	int64_t (*now_ms)(void); /* since the epoch; NULL: the clock */
};

struct refusals_sum {
	int64_t events, broken, failing, asked, unresolved, lost, distinct;
	bool valid;
};

int refusals_new(const struct refusals_options *options, struct refusals **ret,
		 struct err *err);
void refusals_done(struct refusals *refusals);

/* An event whose answer reached its thread; everything that was notified comes here. */
void refusals_add(struct refusals *refusals, const struct event *event);
void refusals_lost(struct refusals *refusals, int64_t events);
/* What a rehearsal cannot show; what makes it invalid. The same text once. */
void refusals_blind_spot(struct refusals *refusals, const char *what);
void refusals_invalid(struct refusals *refusals, const char *why);

struct refusals_sum refusals_sum(const struct refusals *refusals);
/* Has anything come since refusals_read()? */
bool refusals_is_new(const struct refusals *refusals);
/* Fills in all but how, command, container, started and mounts. 'ended' and 'exit': as in
 * an inventory's end; NULL: it still runs. 0 or -ENOMEM. Release with rehearsal_done().
 */
int refusals_read(struct refusals *refusals, const char *ended, int64_t exit,
		  struct rehearsal *ret);

#endif
