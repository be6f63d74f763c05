/* SPDX-License-Identifier: MIT
 *
 * deputy.h - lets calls through in the place of a supervisor that is dead, or that has
 * not moved for some seconds. What it lets through is counted as lost.
 */
#ifndef PROBE_TRACE_LIFE_DEPUTY_H
#define PROBE_TRACE_LIFE_DEPUTY_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/trace/life/shared.h"

struct deputy {
	struct life_shared *shared;
	int listener; /* -1: not come yet, or nobody uses it any more */
	bool alone;   /* the supervisor is dead */
	bool serving; /* it is stuck */
	uint32_t beat;
	int64_t next_ms;
	int idle_ticks; /* on which the beat had not moved */
};

void deputy_init(struct deputy *deputy, struct life_shared *shared);
void deputy_done(struct deputy *deputy);

/* The supervisor is dead: answers what it had received, and everything from now on. */
void deputy_alone(struct deputy *deputy);

/* To be called often: looks once a second whether the supervisor moves. */
void deputy_tick(struct deputy *deputy);

/* The descriptor to poll, or -1: it is the supervisor's business. */
int deputy_listens(const struct deputy *deputy);
/* What that poll(2) said. */
void deputy_serve(struct deputy *deputy, short revents);

/* The supervisor does not move. */
bool deputy_is_needed(const struct deputy *deputy);
/* Nobody is left whose calls stop. */
bool deputy_is_unused(const struct deputy *deputy);

#endif
