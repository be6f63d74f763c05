/* SPDX-License-Identifier: MIT
 *
 * surface.h - which system calls our own seccomp filter lets through.
 *
 * /proc says that there is a filter, not what it does. So each call is made, in a
 * child, with arguments that the kernel refuses before it does anything: an errno
 * that comes from looking at them means that the call was reached.
 */
#ifndef PROBE_WITHIN_SURFACE_H
#define PROBE_WITHIN_SURFACE_H

#include <stdint.h>

#include "core/facts.h"

/* Asks for every call of the table and fills in *ret (zeroed): "allowed" (it reached
 * the kernel), "EPERM" (a filter, or for some calls a missing capability or a
 * sysctl: the table says which), "ENOSYS" (a filter, or a kernel without it),
 * "EACCES", "killed", "no answer in time" (200 ms). 'deadline_ms' as in struct
 * target; what it cut off is not in the list and the part says so. */
void surface_probe(struct answers_facts *ret, int64_t deadline_ms);

#endif
