/* SPDX-License-Identifier: MIT
 *
 * worlds.h - the same call in the worlds that are compared: as the mounts are, as they
 * would be, and with everything writable; and what a rehearsal makes of that.
 */
#ifndef PROBE_TRACE_WORLDS_H
#define PROBE_TRACE_WORLDS_H

#include "probe/trace/observe.h"

enum world {
	WORLD_NOW,
	WORLD_PLANNED,
	WORLD_WRITABLE, /* as now, and nothing is read-only */
};

/* What the oracle says of the call: fills in its names. 0 or a positive errno. */
int worlds_answer(struct oracle_call *call, const struct event *event, enum world world);

/* Of an event whose 'now' and 'planned' are known: 'refuse', 'natively', 'beyond',
 * 'asks'. 'real': the planned mounts are there. */
void worlds_rehearse(struct oracle_call *call, bool real, struct event *ret);

/* What the call does to a planned mount's own directory, whose owner and mode are the
 * plan's, is so from then on. */
void worlds_keep_up(struct planned *planned, const struct request *request,
		    const struct event *event);

#endif
