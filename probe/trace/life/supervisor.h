/* SPDX-License-Identifier: MIT
 *
 * supervisor.h - the process that answers: it starts the app, looks at every call
 * that stops for us, lets it through and records it; reaps what the app leaves to it.
 */
#ifndef PROBE_TRACE_LIFE_SUPERVISOR_H
#define PROBE_TRACE_LIFE_SUPERVISOR_H

#include <stdbool.h>
#include <sys/types.h>

#include "probe/trace/life/app.h"
#include "probe/trace/life/shared.h"
#include "probe/trace/trace.h"

struct supervisor_job {
	const struct trace_options *options;
	const struct app *app;
	struct life_shared *shared;
	/* One end of a pair: to the standby, or (pid1) to the app, which then is the
	 * process that we were forked from. */
	int socket;
	pid_t parent;
};

/* In a process of its own, all signals blocked. */
_Noreturn void supervisor_run(const struct supervisor_job *job);

#endif
