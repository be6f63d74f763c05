/* SPDX-License-Identifier: MIT
 *
 * round.h - one round: gather, judge, print.
 */
#ifndef AGENT_ROUND_H
#define AGENT_ROUND_H

#include <stdbool.h>

#include "agent/settings.h"

/* Looks once and prints the report where the settings want it. *status is the exit
 * status that belongs to it: the report's, or EXIT_BLIND where it could not be made or
 * printed, or where a task definition was given and could not be read. 0 or a negative
 * errno; -EINTR where 'stop' (may be NULL) ended it. */
int round_run(const struct settings *settings, bool (*stop)(void), int *status,
	      struct err *err);

#endif
