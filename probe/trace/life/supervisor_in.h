/* SPDX-License-Identifier: MIT
 *
 * supervisor_in.h - the supervisor's own parts: the calls (supervisor_calls.c), the
 * processes and what is said to them (supervisor.c).
 */
#ifndef PROBE_TRACE_LIFE_SUPERVISOR_IN_H
#define PROBE_TRACE_LIFE_SUPERVISOR_IN_H

#include "probe/trace/life/signals.h"
#include "probe/trace/life/supervisor.h"
#include "probe/trace/life/wake.h"
#include "probe/trace/observe.h"
#include "probe/trace/recorder.h"

struct supervisor {
	const struct supervisor_job *job;
	struct life_shared *shared;
	int listener; /* -1: none yet, or nobody uses it any more */
	int signals;
	int standby; /* -1: it is gone; with pid1, none yet */
	int to_app;  /* until it was executed, -1 then */
	int app_pidfd;
	pid_t app;
	bool started;	 /* the listener came */
	bool unused;	 /* all who could call have ended */
	bool recording;	 /* not after --for */
	bool ended;	 /* the app's first process; *status is there */
	bool background; /* nobody waits for us */
	bool ticking;	 /* somebody reads what tick() says */
	int status;	 /* of waitpid(2); of the exec that failed */
	int64_t next_tick_ms, stop_at_ms, grace_until_ms;
	int64_t lost;
	struct signals_seen seen;
	struct wake wake;
	struct observer *observer;
	struct recorder *recorder; /* one of these two; the other is NULL */
	struct refusals *refusals;
	struct event event;
};

/* Observer and recorder, and the record of the run. */
int calls_open(struct supervisor *s, struct err *err);
/* Receives one call and lets it through. */
void calls_serve(struct supervisor *s);
/* What is due once a second. */
void calls_tick(struct supervisor *s);
/* The last record. From now on calls are let through unseen. */
void calls_end(struct supervisor *s, const char *ended, int exit);
void calls_close(struct supervisor *s);

#endif
