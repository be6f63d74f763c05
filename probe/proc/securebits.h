/* SPDX-License-Identifier: MIT
 *
 * securebits.h - how a process gains and loses capabilities when it changes its
 * uid. No file shows them: each can be asked for its own alone.
 */
#ifndef PROBE_PROC_SECUREBITS_H
#define PROBE_PROC_SECUREBITS_H

#include "core/facts.h"
#include "probe/target.h"

/* Known where target->self. */
void securebits_probe(const struct target *target, struct securebits_facts *ret);

#endif
