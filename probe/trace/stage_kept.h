/* SPDX-License-Identifier: MIT
 *
 * stage_kept.h - mounts that are there already, below the plan's: a user's volume, the
 * runtime's files in /etc. A runtime mounts what is deeper last, so they stay on top.
 */
#ifndef PROBE_TRACE_STAGE_KEPT_H
#define PROBE_TRACE_STAGE_KEPT_H

#include <stdbool.h>

#include "core/err.h"
#include "core/list.h"

struct stage_kept {
	char *path;
	int fd; /* O_PATH, on it */
	bool directory;
};

/* All that will be covered by one of 'mounts' (struct plan_mount): struct stage_kept, by
 * path. Release with stage_kept_done(). 0 or a negative errno with words. */
int stage_keep(const struct list *mounts, struct list *ret, struct err *err);
void stage_kept_done(struct list *kept);

/* Mounts it again, on what covers it now. */
int stage_put_back(const struct stage_kept *kept, struct err *err);

#endif
