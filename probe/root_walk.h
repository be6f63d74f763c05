/* SPDX-License-Identifier: MIT
 *
 * root_walk.h - what root.c does where openat2 is refused: one component after
 * the other, each opened O_PATH | O_NOFOLLOW and looked at, links put in place
 * by hand. ".." starts again from the root with one component less: opening
 * ".." itself could leave it when someone renames directories meanwhile.
 */
#ifndef PROBE_ROOT_WALK_H
#define PROBE_ROOT_WALK_H

#include <fcntl.h>
#include <stdbool.h>

#include "probe/root.h"

/* As root_openat(), with 'flags' complete. */
int root_walk(const struct root *root, const char *path, int flags);

/* For files that a caller creates; nobody else needs to read them. */
#define ROOT_MODE 0600

static inline bool root_wants_mode(int flags)
{
	return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

#endif
