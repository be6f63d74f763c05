/* SPDX-License-Identifier: MIT
 *
 * started.h - the uid that a container started with. A root entry point that
 * drops to 999 leaves no trace in its identity, but the runtime gave its
 * standard streams to the uid that it started.
 */
#ifndef PROBE_PROC_STARTED_H
#define PROBE_PROC_STARTED_H

#include "core/facts.h"
#include "probe/target.h"

/* What one of the descriptors 0, 1, 2 is. */
struct started_stream {
	const char *kind; /* "a pipe", "a socket", "a terminal"; NULL: proves nothing */
	int64_t uid;	  /* its owner */
	int64_t gid;	  /* its group: of a terminal it means nothing */
};

/* Judges the three streams of the first process, and its effective uid (-1: not
 * known). Fills uid and evidence and returns true where they tell; else *why is a static
 * text. Where they tell with a doubt (an entry point could have given them away), *why
 * is that doubt; NULL where there is none. Pure. */
bool started_judge(const struct started_stream streams[static 3], int64_t euid,
		   struct started_facts *ret, const char **why);

/* The target must be the first process of its container. Needs ptrace access, unless
 * it runs as uid 0 still. */
void started_probe(const struct target *target, struct started_facts *ret);

#endif
