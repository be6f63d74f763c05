/* SPDX-License-Identifier: MIT
 *
 * target.h - one process, looked at through one descriptor.
 *
 * A PID may be reused between two reads, and a report would then describe two
 * processes as one. So /proc/PID is opened once; everything is read relative
 * to it, and target_is_same() asks at the end whether it is still the one.
 */
#ifndef PROBE_TARGET_H
#define PROBE_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/facts.h"
#include "probe/root.h"

struct target {
	struct root proc; /* /proc/PID */
	struct root root; /* its root file system as it sees it; fd -1: no access */
	int pidfd;	  /* -1 where the kernel or a filter refuses it */
	int64_t pid;
	int64_t start_ticks; /* stat, field 22 */
	bool self;	     /* our own process: asked of the kernel directly */
	const char *seen_by; /* for the parts: "itself", "the sidecar as uid 1000" ... */
	int root_errno;	     /* why root.fd is -1 */
	int64_t deadline_ms; /* CLOCK_MONOTONIC; a walk stops there and says so */
};
#define TARGET_INIT                                               \
	{                                                         \
		.proc = ROOT_INIT, .root = ROOT_INIT, .pidfd = -1 \
	}

/* Opens /proc/PID ('proc' is "/proc"), its pidfd, its root where we may. 'seen_by'
 * and 'deadline_ms' stay as the caller has set them in *ret; 'self' is our own PID.
 * 0, or -ESRCH when it is gone or a zombie; *ret is then left alone. */
int target_open(const struct root *proc, int64_t pid, struct target *ret,
		struct err *err);
void target_done(struct target *target);

/* Is the process behind the descriptors still alive and the same? */
bool target_is_same(const struct target *target);

/* Marks the part as known, seen by whoever looks through this target. */
void target_seen(const struct target *target, struct part *part);

/* What a part says that needed access to the process itself (root, environ,
 * namespaces, descriptors) and got 'code' instead: fills in why and grants. */
void target_refused(const struct target *target, struct part *part, const char *what,
		    int code);

#endif
