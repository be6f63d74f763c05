/* SPDX-License-Identifier: MIT
 *
 * stage.h - what has to be there before a rehearsal: the plan's mount points, as a
 * runtime would make them; and where they may be had, the mounts themselves.
 */
#ifndef PROBE_TRACE_STAGE_H
#define PROBE_TRACE_STAGE_H

#include <stdbool.h>

#include "core/err.h"
#include "core/list.h"
#include "core/plan.h"

/* Of each of 'mounts' (struct plan_mount): its path without links and dots, written back;
 * its directory, made where it is missing, with the plan's owner and mode. To 'blind'
 * (char *) goes what a rehearsal cannot show of it ('real': stage_mount() follows, and it
 * can), to 'invalid' what makes one worthless.
 * 0 or a negative errno with words, where no such container would start. */
int stage_points(struct list *mounts, bool real, struct list *blind, struct list *invalid,
		 struct err *err);

/* Makes this directory and those above it where they are missing, as a runtime does: with
 * 0755. 0 or a negative errno. */
int stage_directories(const char *path);

/* Is the image's content copied into it? A tmpfs is empty, whatever its plan says. */
bool stage_carries(const struct plan_mount *mount);

/* In a mount namespace of our own from now on: the plan's mounts, and everything that a
 * read-only root makes read-only; what is mounted below the plan's stays. 'every': as for
 * surface_new(). Needs CAP_SYS_ADMIN. After stage_points(). 0, or a negative errno with
 * words; then some of it may be done.
 */
int stage_mount(const struct list *mounts, bool every, struct err *err);

#endif
