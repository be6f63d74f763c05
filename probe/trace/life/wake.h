/* SPDX-License-Identifier: MIT
 *
 * wake.h - how the supervisor waits for the next call, which is most of what a call
 * costs (docs/PERFORMANCE.md has what was measured).
 *
 * A supervisor that sleeps on another processor than its caller's costs two wake-ups
 * across processors for each call. From 6.6 on the kernel can run it on the caller's.
 * Before, it looks out for the next call for a moment where calls come one after the
 * other. Nobody's affinity is ever changed: an app sizes itself by its own, and to move
 * ourselves after the caller was slower than to sleep where we are.
 */
#ifndef PROBE_TRACE_LIFE_WAKE_H
#define PROBE_TRACE_LIFE_WAKE_H

#include <poll.h>

#include "probe/trace/trace.h"

struct wake {
	enum trace_wake how; /* what is done now: never WAKE_AUTO */
	unsigned soon;	     /* calls lately that came soon after the answer before */
};

/* To be called where the listener is there and the app is forked. */
void wake_init(struct wake *wake, enum trace_wake how, int listener);

/* poll(2). The first of them is the listener's. */
int wake_wait(struct wake *wake, struct pollfd *polls, nfds_t n, int timeout_ms);

#endif
