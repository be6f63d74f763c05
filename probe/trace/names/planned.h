/* SPDX-License-Identifier: MIT
 *
 * planned.h - mounts that are not there, but would be: a plan's.
 *
 * A path at or below the path of one is on it, on the deepest. Unlike those of
 * surface.h they have no kernel behind them: identity, owner and mode are the plan's.
 */
#ifndef PROBE_TRACE_NAMES_PLANNED_H
#define PROBE_TRACE_NAMES_PLANNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/list.h"
#include "probe/sys.h"

/* A task has a few; what has more is no plan. */
#define PLANNED_MOST 1000

struct planned_mount {
	char *path;
	size_t len;
	uint64_t id;		/* like no mount's of the kernel */
	int64_t uid, gid, mode; /* of the directory there; -1: as it is */
	bool noexec, readonly;
};

struct planned;

/* From struct plan_mount. 0; -EINVAL with words for a path that is not absolute, is "/",
 * or has "." or ".." in it; -E2BIG; -ENOMEM. */
int planned_new(const struct list *mounts, struct planned **ret, struct err *err);
void planned_done(struct planned *planned);

/* The deepest one that this absolute path (without links, "." and "..") is at or below;
 * NULL. */
const struct planned_mount *planned_find(const struct planned *planned, const char *path,
					 size_t len);

/* The app changes the owner or mode of one's directory: -1 for what it leaves. */
void planned_change(struct planned *planned, const struct planned_mount *mount,
		    int64_t uid, int64_t gid, int64_t mode);

/* What statx(2) would say of its directory, where it says 'st' of the one below. */
void planned_stat(const struct planned_mount *mount, const struct sys_statx *st,
		  struct sys_statx *ret);

#endif
