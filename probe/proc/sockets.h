/* SPDX-License-Identifier: MIT
 *
 * sockets.h - sockets of container runtimes that a container can see: whoever
 * may write to one has the host.
 */
#ifndef PROBE_PROC_SOCKETS_H
#define PROBE_PROC_SOCKETS_H

#include <stdbool.h>

#include "core/facts.h"
#include "probe/target.h"

/* Is the last component of 'path' the name of a runtime's socket? */
bool sockets_is_name(const char *path);

/* Looks below the target's root where sockets usually are, and into what is mounted;
 * completes ret->sockets, and takes from it what turns out to be none. Each socket is
 * listed once, however many paths lead to it. 0, -ETIMEDOUT where a file system did not
 * answer, -E2BIG where there is too much to look at, or another negative errno. */
int sockets_look(const struct target *target, struct mounts_facts *ret, int timeout_ms);

#endif
