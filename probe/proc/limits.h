/* SPDX-License-Identifier: MIT
 *
 * limits.h - what bounds a process: its rlimits, and the pids and memory limits
 * of the cgroups that it is in. A limit above what can be seen may exist: then
 * the answer is unknown, never "unlimited".
 */
#ifndef PROBE_PROC_LIMITS_H
#define PROBE_PROC_LIMITS_H

#include <stddef.h>

#include "core/err.h"
#include "core/facts.h"
#include "probe/target.h"

/* /proc/PID/limits; all three lines must be there, and once. Leaves what is of cgroups
 * alone. 0, -EINVAL or -ENODATA; *ret is left alone on failure. */
int limits_parse(const char *text, size_t len, struct limits_facts *ret, struct err *err);

/* The text of pids.max, memory.max or memory.limit_in_bytes: a number, or "max". 1 for
 * a limit, 0 for none ("max", or a number that no machine reaches), -EINVAL. */
int limits_parse_max(const char *text, int64_t *ret);

/* The rlimits are world-readable. The cgroups are looked up in the target's own mounts,
 * which takes access to its root file system; without it they are unknown, with why. */
void limits_probe(const struct target *target, struct limits_facts *ret);

#endif
