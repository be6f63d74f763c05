/* SPDX-License-Identifier: MIT
 *
 * fit.h - plans made to fit where they are written: the definition of their task, and
 * what a definition can say at all.
 *
 * What cannot be written down becomes something to do by hand, and is said: a
 * definition that ECS refuses, or that mounts something else, helps nobody.
 */
#ifndef CHECKS_PLAN_FIT_H
#define CHECKS_PLAN_FIT_H

#include "checks/plan/plan.h"
#include "checks/plan/rewrite.h"
#include "core/err.h"
#include "core/list.h"

/* 'plans' (struct plan) are those of one task, 'definition' is its own (NULL: none).
 * Volumes get names that nothing else has, a tmpfs its size and owner. 0; -EINVAL with
 * words: a container that the definition lacks, a Windows task, a path that is none;
 * -ENOMEM. */
int plan_fit(struct list *plans, const struct rewrite *definition,
	     enum launch_type launch, struct err *err);

/* What all containers of the task share ("512", "1GB"); -1: it does not say. */
int64_t plan_task_memory_mib(const struct rewrite *definition);

#endif
