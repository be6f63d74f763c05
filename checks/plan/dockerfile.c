/* SPDX-License-Identifier: MIT
 *
 * dockerfile.c - the lines that a Dockerfile gains, in their order.
 */
#include <string.h>

#include "checks/plan/forms.h"
#include "checks/plan/fragment.h"
#include "core/cleanup.h"
#include "core/plan.h"

#define LINE_MAX_LEN 4096

static void put_change(struct str *out, const struct plan_change *change)
{
	if (change->reason)
		fragment_comment(out, 0, change->reason);
	/* One line is one instruction; what breaks it would be another. */
	if (strpbrk(change->dockerfile, "\r\n"))
		fragment_comment(out, 0, "left out, for it is not one line:");
	if (strpbrk(change->dockerfile, "\r\n"))
		fragment_comment(out, 0, change->dockerfile);
	else
		(void)str_printf(out, "%s\n", change->dockerfile);
}

void plan_dockerfile(const struct plan_document *d, struct str *out)
{
	LIST_EACH (const struct plan, plan, d->plans) {
		AUTO(str_done) struct str title = STR_INIT(LINE_MAX_LEN);
		const char *name = plan->container ? plan->container : "app";

		if (plan->image_changes.len)
			(void)str_printf(&title,
					 "The image of the container %s, at the end of "
					 "its Dockerfile:",
					 name);
		else
			(void)str_printf(&title,
					 "The image of the container %s needs no change.",
					 name);
		fragment_comment(out, 0, title.s);
		LIST_EACH (const struct plan_change, change, &plan->image_changes)
			put_change(out, change);
	}
}
