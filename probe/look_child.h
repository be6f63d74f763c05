/* SPDX-License-Identifier: MIT
 *
 * look_child.h - the half of look.h that runs in the child.
 */
#ifndef PROBE_LOOK_CHILD_H
#define PROBE_LOOK_CHILD_H

#include <sys/types.h>

#include "probe/look.h"

/* Looks, and sends a JSON line a part to 'out'. 'parent' is who forked us: with
 * its death we end too. Returns when all is sent. */
void look_child(const struct root *proc, const struct look_job *job,
		const struct look_options *options, pid_t parent, int out);

/* Says of part 'name', which did not arrive, that it is not known: 'why', or that these
 * options do not ask for it. Leaves those alone that no child fills in. */
void look_child_missing(const char *name, const char *why,
			const struct look_options *options, struct part *part);

#endif
