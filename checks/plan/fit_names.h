/* SPDX-License-Identifier: MIT
 *
 * fit_names.h - names for volumes: of the letters that ECS takes, and each once in a
 * task, so that no container gets another's.
 */
#ifndef CHECKS_PLAN_FIT_NAMES_H
#define CHECKS_PLAN_FIT_NAMES_H

#include "checks/plan/rewrite.h"
#include "core/list.h"

/* 0 or -ENOMEM. 'definition' may be NULL. */
int fit_names(struct list *plans, const struct rewrite *definition);

#endif
