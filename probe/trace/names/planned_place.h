/* SPDX-License-Identifier: MIT
 *
 * planned_place.h - what was found of a name, once more for a world in which the root is
 * read-only and a plan's mounts are there.
 */
#ifndef PROBE_TRACE_NAMES_PLANNED_PLACE_H
#define PROBE_TRACE_NAMES_PLANNED_PLACE_H

#include "probe/trace/names/judge.h"
#include "probe/trace/names/names.h"

/* Fills in 'other' and 'then', where 'on' and 'in' say what the text leads to; empties
 * these two where the kernel's own mount is deeper. 'parents': the mount that the parent
 * is on, NULL: not known. */
void planned_place(struct place_found *place, const struct judge *judge,
		   const struct surface_mount *parents);

#endif
