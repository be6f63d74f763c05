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

/* Does a child with these options fill the part at all? */
bool look_child_has(const char *part, const struct look_options *options);

int64_t look_clock_ms(void); /* CLOCK_MONOTONIC */

#endif
