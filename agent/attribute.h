/* SPDX-License-Identifier: MIT
 *
 * attribute.h - which container of the task the facts are about.
 *
 * The cgroup path comes first. A process's environment is its own to forge: its
 * metadata URI counts only with our own authority, and where the two disagree, or
 * two claim one name, the answer is that we do not know ("?1").
 */
#ifndef AGENT_ATTRIBUTE_H
#define AGENT_ATTRIBUTE_H

#include "agent/metadata.h"
#include "core/report.h"
#include "probe/peers.h"

/* The name of the task's container with this Docker id; NULL if none has it. */
const char *attribute_by_docker_id(const struct task *task, const char *docker_id);

/* Names all of report->facts, drops the platform's pause process, and fills in what
 * several containers together say (shared namespaces, others' processes in sight).
 * 'self_name' is for us where no metadata says it (may be NULL); 'source' may be
 * NULL: no endpoint. 0 or -ENOMEM. */
int attribute(struct report *report, const struct peers *peers, const char *self_name,
	      const struct metadata_source *source, struct err *err);

/* Merges a document taskprobe.facts/1 (its 'name' for messages): what containers saw
 * of themselves completes what we could not see. Facts of a container that is not in
 * this task are an error. 0, -EINVAL, -ENOENT, -ENOMEM. */
int attribute_merge(struct report *report, const char *text, size_t len, const char *name,
		    const struct metadata_source *source, struct err *err);

#endif
