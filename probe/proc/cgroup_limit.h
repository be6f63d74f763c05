/* SPDX-License-Identifier: MIT
 *
 * cgroup_limit.h - a limit of the cgroup that a process is in, or of one above.
 *
 * Its files are found through the target's own mounts: both /proc/PID/cgroup and
 * the 'root' of a cgroup mount are shown relative to the reader's cgroup
 * namespace, so that they can be set against each other for a peer as well.
 */
#ifndef PROBE_PROC_CGROUP_LIMIT_H
#define PROBE_PROC_CGROUP_LIMIT_H

#include <stdint.h>

#include "core/facts.h"
#include "probe/target.h"

struct cgroup_limit_kind {
	const char *controller; /* "pids" */
	const char *v1, *v2;	/* the file with the limit */
	bool v1_stat; /* v1 says in memory.stat what all levels above amount to */
};
extern const struct cgroup_limit_kind cgroup_limit_pids, cgroup_limit_memory;

/* YES with the least limit in sight in *max; NO where every level up to the root of the
 * hierarchy is in sight and none has one; else UNKNOWN with a reason in *why. */
enum tri cgroup_limit_find(const struct target *target,
			   const struct cgroup_limit_kind *kind, int64_t *max,
			   char **why);

/* The path of cgroup 'path' below a mount that shows 'root' of the hierarchy ("" for
 * the same); NULL where the mount does not hold it. Pure. */
const char *cgroup_limit_below(const char *path, const char *root);

#endif
