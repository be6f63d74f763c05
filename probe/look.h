/* SPDX-License-Identifier: MIT
 *
 * look.h - looks at containers, each from a child of its own that can be
 * killed: a hung FUSE mount cannot be cancelled in a thread.
 *
 * The child sends each part of the facts as soon as it has it, so that what was
 * seen before it got stuck is not lost. It takes the uid, gid and groups of the
 * process that it looks at where the kernel asks for that, and where it may.
 */
#ifndef PROBE_LOOK_H
#define PROBE_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/facts.h"
#include "probe/fs/write.h"
#include "probe/root.h"

struct look_options {
	int64_t timeout_ms; /* for one container, all in all */
	enum write_mode write_mode;
	bool inventory;	    /* walk the root file system */
	bool within;	    /* we are the app, before it starts: ask the filter too */
	bool (*stop)(void); /* a signal came: give up at once; may be NULL */
};

/* One container to look at. */
struct look_job {
	int64_t pid;	     /* of its first process */
	int64_t start_ticks; /* 0: not compared (ourselves) */
	bool self;
	struct facts *facts; /* gets the parts; what could not be had says why */
};

/* Looks at all of them side by side. Never fails: what went wrong is in the parts. */
void look_at(const struct root *proc, struct look_job *jobs, size_t count,
	     const struct look_options *options);

#endif
