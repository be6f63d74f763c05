/* SPDX-License-Identifier: MIT
 *
 * compose.c - what a service of a compose file gains, to try the plan on a laptop.
 */
#include <inttypes.h>

#include "checks/plan/forms.h"
#include "checks/plan/fragment.h"
#include "checks/plan/options.h"
#include "core/cleanup.h"
#include "core/plan.h"

#define OPTIONS_MAX 8192

static void put(struct str *out, const char *lead, const char *text, const char *end)
{
	(void)str_puts(out, lead);
	fragment_compose(out, text);
	(void)str_puts(out, end);
}

/* The short form alone takes owner and mode. */
static void put_tmpfs(struct str *out, const struct plan *plan)
{
	bool any = false;

	LIST_EACH (const struct plan_mount, m, &plan->mounts) {
		AUTO(str_done) struct str line = STR_INIT(OPTIONS_MAX);

		if (m->kind != PLAN_TMPFS)
			continue;
		if (!any)
			(void)str_puts(out, "    tmpfs:\n");
		any = true;
		fragment_comment(out, 6, m->reason ? m->reason : "");
		(void)str_printf(&line, "%s:", m->path);
		options_join(&line, m);
		put(out, "      - ", line.s, "\n");
		if (line.error)
			out->error = line.error;
	}
}

static void put_volumes(struct str *out, const struct plan *plan)
{
	bool any = false;

	LIST_EACH (const struct plan_mount, m, &plan->mounts) {
		if (m->kind == PLAN_TMPFS)
			continue;
		if (!any)
			(void)str_puts(out, "    volumes:\n");
		any = true;
		fragment_comment(out, 6, m->reason ? m->reason : "");
		put(out, "      - type: volume\n        source: ", m->volume, "\n");
		put(out, "        target: ", m->path, "\n");
	}
}

static void put_environment(struct str *out, const struct plan *plan)
{
	if (plan->environment.len)
		(void)str_puts(out, "    environment:\n");
	LIST_EACH (const struct plan_variable, v, &plan->environment) {
		fragment_comment(out, 6, v->reason ? v->reason : "");
		put(out, "      ", v->name, ": ");
		put(out, "", v->value, "\n");
	}
}

static void put_service(struct str *out, const struct plan *plan)
{
	put(out, "  ", plan->container ? plan->container : "app", ":\n");
	(void)str_puts(out, "    read_only: true\n");
	put_tmpfs(out, plan);
	put_volumes(out, plan);
	put_environment(out, plan);
}

void plan_compose(const struct plan_document *d, struct str *out)
{
	bool any = false;

	fragment_comment(
		out, 0,
		"What the services gain: give this file to docker compose behind "
		"yours, each with -f. Docker fills a new volume with what the "
		"image has there; Fargate does so for a VOLUME of the image alone.");
	fragment_missing(out, d->plans);
	(void)str_puts(out, "services:\n");
	LIST_EACH (const struct plan, plan, d->plans)
		put_service(out, plan);
	LIST_EACH (const struct plan, plan, d->plans)
		LIST_EACH (const struct plan_mount, m, &plan->mounts) {
			if (m->kind == PLAN_TMPFS)
				continue;
			if (!any)
				(void)str_puts(out, "volumes:\n");
			any = true;
			put(out, "  ", m->volume,
			    m->kind == PLAN_EFS ? ": {} # EFS in the task\n" : ": {}\n");
		}
}
