/* SPDX-License-Identifier: MIT
 *
 * cgroup.h - /proc/PID/cgroup: where a process stands in each hierarchy, as the
 * reader sees it. World-readable, and no process can change its own without the
 * means of a runtime: the best witness of whose container it is.
 */
#ifndef PROBE_PROC_CGROUP_H
#define PROBE_PROC_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/list.h"
#include "probe/target.h"

struct cgroup_line {
	char *controllers; /* "cpu,cpuacct", "name=systemd", "" for cgroup v2 */
	char *path;	   /* "/ecs/TASK/ID"; "/../ID" above the reader's namespace */
	bool v2;
};

struct cgroup_lines {
	struct list list; /* struct cgroup_line */
};

/* 0, -EINVAL or -ENOMEM; *ret is left alone on failure. */
int cgroup_parse(const char *text, size_t len, struct cgroup_lines *ret, struct err *err);
/* Reads and parses /proc/PID/cgroup: as above, or why it cannot be read. */
int cgroup_read(const struct target *target, struct cgroup_lines *ret, struct err *err);
void cgroup_lines_done(struct cgroup_lines *lines);

/* Which of 'docker_ids' (char *) the paths name: as a whole component, or within
 * "docker-ID.scope" and the like. NULL for none, and for two different ones, which
 * sets *ambiguous. Ids below 12 characters are too short to prove anything. The
 * answer is one of 'docker_ids'. */
const char *cgroup_container_id(const struct cgroup_lines *lines,
				const struct list *docker_ids, bool *ambiguous);

#endif
