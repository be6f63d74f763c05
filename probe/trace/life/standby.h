/* SPDX-License-Identifier: MIT
 *
 * standby.h - the process in front, which the world knows: it hands signals and the
 * exit status on, reaps, and lets calls through for a supervisor that is dead or stuck.
 *
 * It allocates nothing and looks at nothing: what it does cannot fail for want of
 * anything. Whoever kills it means the app, which then dies too (SIGKILL; by the
 * supervisor). SIGSTOP of it alone stops it alone: nobody can be told.
 */
#ifndef PROBE_TRACE_LIFE_STANDBY_H
#define PROBE_TRACE_LIFE_STANDBY_H

#include <sys/types.h>

#include "core/err.h"
#include "probe/trace/life/shared.h"
#include "probe/trace/trace.h"

struct standby_job {
	struct life_shared *shared;
	int socket; /* to the supervisor, whose end nobody else has: its end is EOF */
	pid_t supervisor;
	void (*say)(void *arg, const char *words); /* or NULL */
	void *arg;
};

/* Until the app ended. As trace_run(). */
int standby_run(const struct standby_job *job, struct trace_result *ret, struct err *err);

/* In a process of its own: in the background, until the supervisor or all who could
 * call have ended. */
_Noreturn void standby_watch(struct life_shared *shared, int socket, int listener);

#endif
