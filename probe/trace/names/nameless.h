/* SPDX-License-Identifier: MIT
 *
 * nameless.h - whether the text that /proc shows of a descriptor is a path.
 */
#ifndef PROBE_TRACE_NAMES_NAMELESS_H
#define PROBE_TRACE_NAMES_NAMELESS_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/sys.h"

/* The kernel says " (deleted)" behind the path, which may as well be the end of a name.
 * Where it is a name, it leads to the file; a file that lost one may have others. 'fd' is
 * the file, O_PATH will do; 'st' its statx. */
bool nameless_is_deleted(const char *text, size_t len, int fd,
			 const struct sys_statx *st);
/* Is it that, or none from the beginning: pipes and the like show as "pipe:[1]". */
bool nameless_is(const char *text, size_t len, int fd, const struct sys_statx *st);

#endif
