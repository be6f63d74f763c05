/* SPDX-License-Identifier: MIT
 *
 * observe.h - from a notification to an event: which operation, on which path,
 * what the kernel will answer now and would answer with a read-only root.
 *
 * Called while the thread waits; what it returns is recorded only when our answer
 * reached that thread, so that a thread that died meanwhile leaves no event.
 */
#ifndef PROBE_TRACE_OBSERVE_H
#define PROBE_TRACE_OBSERVE_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/inventory.h"
#include "probe/trace/names/names.h"

struct event {
	bool counts;	 /* a read-only root would refuse it: to be recorded */
	bool unresolved; /* it could not be judged: to be counted */
	const char *why; /* of 'unresolved' */
	enum inventory_op op;
	/* Of the operation now, 0 or a positive errno: a prediction. */
	int now;
	/* With a read-only root: EROFS or EXDEV where 'counts', else as 'now'. */
	int planned;
	struct place_found place[2]; /* the second of rename and link */
	bool pair;
	bool executed;	  /* place[0] is executed or mapped executable: no operation */
	const char *note; /* a blind spot that began here ("io_uring ..."); NULL */
	const struct tracee *tracee;
	unsigned open_flags;
	/* Of a rehearsal alone: */
	const char *call; /* the system call's name */
	int refuse;	  /* what it gets then: 'planned', where it is refused; 0 */
	int natively;	  /* what it would get without a read-only root; 0: it works */
	bool beyond; /* it would work then, and does not now: cannot be rehearsed here */
	bool apart;  /* by mounts of the process's own: nobody can tell */
	bool asks;   /* access(2): nothing is written */
	bool voids;  /* 'note' is no blind spot: what follows cannot be rehearsed */
};

struct observer; /* tracees, surface and notes of one run */

struct observer_options {
	bool every_mount;
	/* struct plan_mount: a rehearsal with these (may be empty); NULL: none. */
	const struct list *mounts;
	bool real; /* they are there, and the root is read-only: 'now' tells */
};

int observer_new(const struct observer_options *options, struct observer **ret,
		 struct err *err);
void observer_done(struct observer *observer);

/* Fills *ret (which event_init() made, and which may hold the last one). */
void observe(struct observer *observer, const struct seccomp_notif *notif,
	     struct event *ret);
/* Our answer did not reach the thread: what was assumed of it is taken back. */
void observe_unsent(struct observer *observer, const struct seccomp_notif *notif);
void event_init(struct event *event);
void event_done(struct event *event);

struct surface *observer_surface(struct observer *observer);

#endif
