/* SPDX-License-Identifier: MIT
 *
 * wake.h - how the supervisor waits for the next call, which is most of what a call
 * costs (docs/PERFORMANCE.md has what was measured).
 *
 * A supervisor that sleeps on another processor than its caller's costs two wake-ups
 * across processors for each call. Only the supervisor's own affinity is ever changed.
 */
#ifndef PROBE_TRACE_LIFE_WAKE_H
#define PROBE_TRACE_LIFE_WAKE_H

#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "probe/trace/trace.h"

struct wake {
	enum trace_wake how; /* what is done now: never WAKE_AUTO */
	bool decided;	     /* how was asked for, or found to be the best */
	cpu_set_t all;	     /* that we were started with */
	int cpu;	     /* that we are pinned to, or -1 */
	pid_t caller;	     /* of the last call */
	unsigned calls;	     /* since a processor was looked up */
	unsigned turns;	     /* of which by another than the one before */
	bool burst;	     /* the last call came soon after the one before it */
	int64_t last_ns;
};

/* To be called where the listener is there and the app is forked. */
void wake_init(struct wake *wake, enum trace_wake how, int listener);

/* poll(2). The first of them is the listener's. */
int wake_wait(struct wake *wake, struct pollfd *polls, nfds_t n, int timeout_ms);

/* 'tid' called; before it is answered. */
void wake_called(struct wake *wake, pid_t tid);

#endif
