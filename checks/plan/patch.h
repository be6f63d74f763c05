/* SPDX-License-Identifier: MIT
 *
 * patch.h - a task definition with a plan in it: a read-only root, the mounts and
 * the environment. Whatever else it says stays as it is, unknown members and order
 * included.
 */
#ifndef CHECKS_PLAN_PATCH_H
#define CHECKS_PLAN_PATCH_H

#include <stdbool.h>

#include "checks/plan/rewrite.h"
#include "core/list.h"
#include "core/plan.h"

/* What stands where ECS needs an id that only its owner knows. */
#define PATCH_FILE_SYSTEM  "fs-REPLACE-ME"
#define PATCH_ACCESS_POINT "fsap-REPLACE-ME"

/* 'plans' (struct plan) are for containers that the definition has; NULL: none, and it
 * comes out as it came in, ready to be registered. */
void patch_write(struct json_out *o, const char *key, const struct rewrite *in,
		 const struct list *plans);

/* The container's entry for that path; NULL: none. Trailing and doubled slashes are
 * nothing to a runtime. */
const struct json *patch_mount_point(const struct json *container, const char *path);
const struct json *patch_tmpfs(const struct json *container, const char *path);
bool patch_same_path(const char *a, const char *b);

#endif
