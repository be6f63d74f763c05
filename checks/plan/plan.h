/* SPDX-License-Identifier: MIT
 *
 * plan.h - from the paths that an app writes to the mounts that a read-only root
 * needs, so that nothing that it needs fails, with the least image content made
 * writable, and then with the fewest mounts.
 *
 * Pure, and the same inventories give the same plan.
 */
#ifndef CHECKS_PLAN_PLAN_H
#define CHECKS_PLAN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/inventory.h"
#include "core/plan.h"
#include "core/task.h"

enum launch_type {
	LAUNCH_UNKNOWN,
	LAUNCH_FARGATE,
	LAUNCH_EC2,
	LAUNCH_MANAGED,
	LAUNCH_EXTERNAL
};
extern const char *const launch_type_names[]; /* "FARGATE", ...; NULL at the end */

enum plan_prefer { PREFER_AUTO, PREFER_TMPFS, PREFER_VOLUME, PREFER_EFS };

struct plan_options {
	enum plan_prefer prefer;
	enum launch_type launch;
	/* Of the container, from its definition; -1: no such limit or not known. */
	int64_t memory_mib;
	/* Whom the definition runs it as, where that is a number; 0: root, or not known.
	 */
	int64_t user;
	bool exec; /* ECS Exec is, or may be, on: enableExecuteCommand */
	/* What its definition mounts already: char *; that needs nothing. */
	const struct list *mounted;
	/* Likewise, but read-only: what is written there no mount helps. */
	const struct list *readonly;
};

/* 0; -EINVAL with words (nothing to plan from); -ENOMEM. Release with plan_done(). */
int plan_make(const struct inventory *inventory, const struct plan_options *options,
	      struct plan *ret, struct err *err);

#endif
