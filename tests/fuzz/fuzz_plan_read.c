/* SPDX-License-Identifier: MIT
 *
 * A plan as rehearse reads it: what is taken makes mounts, or is refused with words.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checks/plan/read.h"
#include "core/cleanup.h"
#include "probe/trace/names/planned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each mount's own path is on it, and what lies beside it is not for its sake. */
static void look_up(const struct planned *planned, const struct plan_mount *mount)
{
	AUTO_FREE char *path = strdup(mount->path);
	size_t len = path ? strlen(path) : 0;

	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
	if (!path || strstr(path, "//"))
		return;
	const struct planned_mount *found = planned_find(planned, path, len);
	if (!found || found->len != len || found->id < UINT64_MAX - PLANNED_MOST)
		abort();
	if (planned_find(planned, "/", 1))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(plan_done) struct plan plan = { 0 };
	struct planned *planned = NULL;
	struct err err = ERR_INIT;

	if (plan_read((const char *)data, size, size % 2 ? "app" : NULL, &plan, &err) < 0)
		return err.msg[0] ? 0 : (abort(), 0);
	if (planned_new(&plan.mounts, &planned, &err) < 0)
		return err.msg[0] ? 0 : (abort(), 0);
	LIST_EACH (const struct plan_mount, it, &plan.mounts)
		look_up(planned, it);
	planned_done(planned);
	return 0;
}
