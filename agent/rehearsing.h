/* SPDX-License-Identifier: MIT
 *
 * rehearsing.h - what a rehearsal found, to where the user wants it: one document, and a
 * page on standard error. Never to standard output, which is the app's.
 *
 * The document is replaced in one step once a second while there is news, and says until
 * the end that it has not come to one: what is killed leaves the last of these.
 */
#ifndef AGENT_REHEARSING_H
#define AGENT_REHEARSING_H

#include "agent/settings.h"
#include "core/rehearsal.h"
#include "probe/trace/refusals.h"

struct rehearsing;

/* Are the formats and files such that they can be written? 0 or -EINVAL with words. */
int rehearsing_check(const struct settings *settings, struct err *err);

/* 'head' has how, command, container, started and mounts, and is borrowed. Writes the
 * document for the first time. 0 or a negative errno with words. */
int rehearsing_open(const struct settings *settings, const struct rehearsal *head,
		    struct rehearsing **ret, struct err *err);
void rehearsing_done(struct rehearsing *rehearsing);

/* For struct trace_rehearsal; 'arg' is the struct rehearsing. */
void rehearsing_tick(void *arg, struct refusals *refusals, const char *ended, int exit,
		     bool speak);

#endif
