/* SPDX-License-Identifier: MIT
 *
 * cloudformation.c - what a template's AWS::ECS::TaskDefinition gains, in YAML.
 */
#include <inttypes.h>

#include "checks/plan/forms.h"
#include "checks/plan/fragment.h"
#include "checks/plan/patch.h"
#include "core/plan.h"

static void put(struct str *out, const char *lead, const char *text)
{
	(void)str_puts(out, lead);
	fragment_yaml(out, text);
	(void)str_puts(out, "\n");
}

static void put_tmpfs(struct str *out, const struct plan *plan)
{
	(void)str_puts(out, "    LinuxParameters:\n      Tmpfs:\n");
	LIST_EACH (const struct plan_mount, m, &plan->mounts) {
		if (m->kind != PLAN_TMPFS)
			continue;
		fragment_comment(out, 8, m->reason ? m->reason : "");
		put(out, "        - ContainerPath: ", m->path);
		(void)str_printf(out, "          Size: %" PRId64 "\n", m->size_mib);
		if (m->options.len) {
			(void)str_puts(out, "          MountOptions: ");
			fragment_list(out, &m->options, fragment_yaml);
			(void)str_puts(out, "\n");
		}
	}
}

static void put_mount_points(struct str *out, const struct plan *plan)
{
	(void)str_puts(out, "    MountPoints:\n");
	LIST_EACH (const struct plan_mount, m, &plan->mounts) {
		if (m->kind == PLAN_TMPFS)
			continue;
		fragment_comment(out, 6, m->reason ? m->reason : "");
		put(out, "      - SourceVolume: ", m->volume);
		put(out, "        ContainerPath: ", m->path);
		(void)str_puts(out, "        ReadOnly: false\n");
	}
}

static void put_environment(struct str *out, const struct plan *plan)
{
	(void)str_puts(out, "    Environment:\n");
	LIST_EACH (const struct plan_variable, v, &plan->environment) {
		fragment_comment(out, 6, v->reason ? v->reason : "");
		put(out, "      - Name: ", v->name);
		put(out, "        Value: ", v->value);
	}
}

static void put_container(struct str *out, const struct plan *plan)
{
	put(out, "  - Name: ", plan->container ? plan->container : "app");
	(void)str_puts(out, "    ReadonlyRootFilesystem: true\n");
	if (fragment_has(plan, true))
		put_tmpfs(out, plan);
	if (fragment_has(plan, false))
		put_mount_points(out, plan);
	if (plan->environment.len)
		put_environment(out, plan);
}

static void put_volumes(struct str *out, const struct list *plans)
{
	bool any = false;

	LIST_EACH (const struct plan, plan, plans)
		LIST_EACH (const struct plan_mount, m, &plan->mounts) {
			if (m->kind == PLAN_TMPFS)
				continue;
			if (!any)
				(void)str_puts(out, "Volumes:\n");
			any = true;
			put(out, "  - Name: ", m->volume);
			if (m->kind == PLAN_EFS)
				(void)str_puts(
					out, "    EFSVolumeConfiguration:\n"
					     "      FilesystemId: " PATCH_FILE_SYSTEM
					     " # your file system\n"
					     "      TransitEncryption: ENABLED\n"
					     "      AuthorizationConfig:\n"
					     "        AccessPointId: " PATCH_ACCESS_POINT
					     " # its POSIX user owns what is in it\n");
		}
}

void plan_cloudformation(const struct plan_document *d, struct str *out)
{
	fragment_comment(out, 0,
			 "What the Properties of the AWS::ECS::TaskDefinition gain: each "
			 "list is to be joined to what the template has.");
	fragment_missing(out, d->plans);
	(void)str_puts(out, "ContainerDefinitions:\n");
	LIST_EACH (const struct plan, plan, d->plans)
		put_container(out, plan);
	put_volumes(out, d->plans);
}
