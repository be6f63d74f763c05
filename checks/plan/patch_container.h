/* SPDX-License-Identifier: MIT
 *
 * patch_container.h - the inside of patch.h: one container of the definition.
 */
#ifndef CHECKS_PLAN_PATCH_CONTAINER_H
#define CHECKS_PLAN_PATCH_CONTAINER_H

#include "checks/plan/patch.h"

/* With the plan in it: members keep their place; what was not there comes last. */
void patch_container(struct json_out *o, const struct plan *plan,
		     const struct json *container);

/* Does the mount need a volume that the definition lacks? */
bool patch_is_new_volume(const struct plan_mount *mount, const struct json *container);

#endif
