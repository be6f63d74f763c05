/* SPDX-License-Identifier: MIT
 *
 * fit_risks.h - the inside of fit.h: what is to be known of a plan in its definition.
 */
#ifndef CHECKS_PLAN_FIT_RISKS_H
#define CHECKS_PLAN_FIT_RISKS_H

#include "checks/plan/fit.h"
#include "core/plan.h"

struct fit {
	struct plan *plan;
	const struct rewrite *definition; /* NULL: none was given */
	const struct json *container;	  /* its own in the definition; NULL */
	enum launch_type launch;
};

/* Both add to the risks. 0 or -ENOMEM. */
int fit_risks(const struct fit *fit);
/* Each container's plan was held against its own limit; the task has one too. */
int fit_memory(struct list *plans, const struct rewrite *definition);

#endif
