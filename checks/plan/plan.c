/* SPDX-License-Identifier: MIT */
#include "checks/plan/plan.h"

#include <errno.h>

#include "checks/plan/planning.h"
#include "core/cleanup.h"

const char *const launch_type_names[] = { "UNKNOWN",	       "FARGATE",  "EC2",
					  "MANAGED_INSTANCES", "EXTERNAL", NULL };

static int make(struct planning *p, struct err *err)
{
	int r = planning_open(p, err);

	if (r == 0)
		r = sites_find(p);
	if (r == 0)
		r = sites_join(p, err);
	if (r < 0)
		return r;
	sites_merge(p);
	r = sites_tally(p);
	if (r == 0)
		r = sites_mount(p);
	if (r == 0)
		r = plan_advise(p);
	return r == 0 ? plan_risks(p) : r;
}

int plan_make(const struct inventory *inventory, const struct plan_options *options,
	      struct plan *ret, struct err *err)
{
	AUTO(plan_done) struct plan plan = { 0 };
	AUTO(planning_done)
	struct planning p = { .inventory = inventory, .options = options, .plan = &plan };
	int r = make(&p, err);

	if (r == -EINVAL)
		return r;
	if (r < 0)
		return err_set(err, r, "out of memory");
	*ret = plan;
	plan = (struct plan){ 0 };
	return 0;
}
