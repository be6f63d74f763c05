/* SPDX-License-Identifier: MIT
 *
 * shared.h - the page that supervisor and standby share, so that the standby can
 * take over from a supervisor that is dead or stuck.
 *
 * RECV writes the notification here and nowhere else. So there is no moment in which
 * a call is in flight and its id is known to the supervisor alone.
 */
#ifndef PROBE_TRACE_LIFE_SHARED_H
#define PROBE_TRACE_LIFE_SHARED_H

#include <linux/seccomp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* More than any kernel's struct seccomp_notif (80 bytes): it grows at its end. */
#define SHARED_NOTIF_ROOM 1024

struct life_shared {
	union {
		struct seccomp_notif notif;
		uint8_t room[SHARED_NOTIF_ROOM];
	};
	_Atomic uint32_t beat; /* the supervisor does something, once a second at least */
	_Atomic uint32_t
		signal;	      /* number of the last signal that one of both dealt with */
	_Atomic int64_t lost; /* calls that the standby answered */
	_Atomic int64_t broken; /* of a rehearsal, as of its last word */
	_Atomic bool valid;	/* the same; false until then */
	_Atomic int app;	/* its PID, 0: not started */
	_Atomic int status;	/* of waitpid(2), once 'ended' */
	_Atomic bool go;	/* the app is about to be executed */
	_Atomic bool ended;	/* the app's first process has */
	_Atomic bool finished;	/* the supervisor has written everything */
};

/* NULL without memory. Present in memory from the start: a page fault in the middle of
 * RECV would be one more way to lose an id. */
struct life_shared *shared_new(void);
void shared_done(struct life_shared *shared);

/* The id of the call that the supervisor received last: answered or in flight. */
uint64_t shared_id(const struct life_shared *shared);

/* Deals with the 'number'-th signal whoever comes first: true for one caller alone. */
bool shared_claim(struct life_shared *shared, uint32_t number);

#endif
