/* SPDX-License-Identifier: MIT
 *
 * attempts.h - what our own credentials, filter and label really permit, tried:
 * mounting, namespaces, tracing, raw sockets, device nodes and the like.
 *
 * Each in a child of its own that ends at once. Mounts and names are changed in
 * namespaces of that child alone; where it gets none, that is not tried. Nothing is
 * made on any file system that others see, and nothing outlives the child.
 */
#ifndef PROBE_WITHIN_ATTEMPTS_H
#define PROBE_WITHIN_ATTEMPTS_H

#include <stdint.h>

#include "core/facts.h"

/* Fills in *ret (zeroed): "allowed", the name of the error, "killed", "no answer in
 * time" (500 ms), or "not tried: " and why. 'deadline_ms' as in struct target; what it
 * cut off is not in the list and the part says so. */
void attempts_probe(struct answers_facts *ret, int64_t deadline_ms);

#endif
