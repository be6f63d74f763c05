/* SPDX-License-Identifier: MIT
 *
 * terraform.c - what an aws_ecs_task_definition gains.
 */
#include <inttypes.h>

#include "checks/plan/forms.h"
#include "checks/plan/fragment.h"
#include "checks/plan/patch.h"
#include "core/plan.h"

static void put(struct str *out, const char *lead, const char *text)
{
	(void)str_puts(out, lead);
	fragment_hcl(out, text);
	(void)str_puts(out, "\n");
}

static void put_tmpfs(struct str *out, const struct plan *plan)
{
	(void)str_puts(out, "      linuxParameters = {\n"
			    "        tmpfs = [\n");
	LIST_EACH (const struct plan_mount, m, &plan->mounts) {
		if (m->kind != PLAN_TMPFS)
			continue;
		fragment_comment(out, 10, m->reason ? m->reason : "");
		put(out, "          {\n            containerPath = ", m->path);
		(void)str_printf(out, "            size          = %" PRId64 "\n",
				 m->size_mib);
		if (m->options.len) {
			(void)str_puts(out, "            mountOptions  = ");
			fragment_list(out, &m->options, fragment_hcl);
			(void)str_puts(out, "\n");
		}
		(void)str_puts(out, "          },\n");
	}
	(void)str_puts(out, "        ]\n      }\n");
}

static void put_mount_points(struct str *out, const struct plan *plan)
{
	(void)str_puts(out, "      mountPoints = [\n");
	LIST_EACH (const struct plan_mount, m, &plan->mounts) {
		if (m->kind == PLAN_TMPFS)
			continue;
		fragment_comment(out, 8, m->reason ? m->reason : "");
		put(out, "        {\n          sourceVolume  = ", m->volume);
		put(out, "          containerPath = ", m->path);
		(void)str_puts(out, "          readOnly      = false\n        },\n");
	}
	(void)str_puts(out, "      ]\n");
}

static void put_environment(struct str *out, const struct plan *plan)
{
	(void)str_puts(out, "      environment = [\n");
	LIST_EACH (const struct plan_variable, v, &plan->environment) {
		fragment_comment(out, 8, v->reason ? v->reason : "");
		(void)str_puts(out, "        { name = ");
		fragment_hcl(out, v->name);
		(void)str_puts(out, ", value = ");
		fragment_hcl(out, v->value);
		(void)str_puts(out, " },\n");
	}
	(void)str_puts(out, "      ]\n");
}

static void put_container(struct str *out, const struct plan *plan)
{
	put(out, "    {\n      name                   = ",
	    plan->container ? plan->container : "app");
	(void)str_puts(out, "      readonlyRootFilesystem = true\n");
	if (fragment_has(plan, true))
		put_tmpfs(out, plan);
	if (fragment_has(plan, false))
		put_mount_points(out, plan);
	if (plan->environment.len)
		put_environment(out, plan);
	(void)str_puts(out, "    },\n");
}

static void put_volume(struct str *out, const struct plan_mount *m)
{
	put(out, "\n  volume {\n    name = ", m->volume);
	if (m->kind == PLAN_EFS)
		(void)str_puts(out, "    efs_volume_configuration {\n"
				    "      file_system_id     = \"" PATCH_FILE_SYSTEM
				    "\" # your file system\n"
				    "      transit_encryption = \"ENABLED\"\n"
				    "      authorization_config {\n"
				    "        access_point_id = \"" PATCH_ACCESS_POINT
				    "\" # its POSIX user owns what is in it\n"
				    "      }\n"
				    "    }\n");
	(void)str_puts(out, "  }\n");
}

void plan_terraform(const struct plan_document *d, struct str *out)
{
	fragment_comment(out, 0,
			 "What the resource \"aws_ecs_task_definition\" gains: each list "
			 "is to be joined to what its container has.");
	fragment_missing(out, d->plans);
	(void)str_puts(out, "  container_definitions = jsonencode([\n");
	LIST_EACH (const struct plan, plan, d->plans)
		put_container(out, plan);
	(void)str_puts(out, "  ])\n");
	LIST_EACH (const struct plan, plan, d->plans)
		LIST_EACH (const struct plan_mount, m, &plan->mounts)
			if (m->kind != PLAN_TMPFS)
				put_volume(out, m);
}
