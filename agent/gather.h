/* SPDX-License-Identifier: MIT
 *
 * gather.h - one round of the sidecar: read what is declared, look at what is
 * real, and set the two side by side.
 */
#ifndef AGENT_GATHER_H
#define AGENT_GATHER_H

#include <stdbool.h>

#include "agent/settings.h"
#include "core/report.h"

struct gather {
	const struct settings *settings;
	bool (*stop)(void);	/* a signal came; may be NULL */
	bool definition_broken; /* set: a definition was given and could not be read */
};

/* Fills *ret (zeroed). What could not be had is in the report as coverage;
 * failure is out of memory, -EINTR after a stop, or /proc itself missing. */
int gather_report(struct gather *gather, struct report *ret, struct err *err);

/* Judges a report that holds task and facts; sets tool, schema, time. */
int gather_judge(const struct settings *settings, struct report *report, struct err *err);

/* The task definition that the settings name, into task->definition. A broken one
 * is -EINVAL with its place, and the definition's part says so. */
int gather_definition(const struct settings *settings, struct task *task,
		      struct err *err);

#endif
