/* SPDX-License-Identifier: MIT
 *
 * metadata.h - the answers of the task metadata endpoint, version 4. Every
 * field is optional, unknown ones are ignored, order means nothing.
 */
#ifndef CHECKS_INPUT_METADATA_H
#define CHECKS_INPUT_METADATA_H

#include <stddef.h>

#include "core/err.h"
#include "core/task.h"

struct container_stats {
	char *docker_id;
	bool known; /* an empty object or null means: not known */
	int64_t bytes_written, bytes_read;
};
extern const struct type container_stats_type;

/* ${ECS_CONTAINER_METADATA_URI_V4}/task: fills the metadata half of *ret (which is
 * zeroed or holds a definition) and sets metadata.known; containers sorted by name.
 * Of all three: 0, -EINVAL with the place, -E2BIG (a limit), -ENOMEM. */
int metadata_parse_task(const char *text, size_t len, struct task *ret, struct err *err);

/* ${ECS_CONTAINER_METADATA_URI_V4}: one container. */
int metadata_parse_container(const char *text, size_t len, struct running_container *ret,
			     struct err *err);

/* .../task/stats: 'ret' gets struct container_stats. blkio of cgroup v1 and v2. */
int metadata_parse_stats(const char *text, size_t len, struct list *ret, struct err *err);

#endif
