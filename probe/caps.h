/* SPDX-License-Identifier: MIT
 *
 * caps.h - the door to libcap: our own capabilities, and becoming somebody else.
 *
 * Sets are masks, bit n for capability n, as /proc shows them and core/facts.h
 * keeps them. All of it concerns the calling thread; the probe has but one.
 */
#ifndef PROBE_CAPS_H
#define PROBE_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/facts.h"

struct caps {
	uint64_t effective, permitted, inheritable;
};

/* 0 or a negative errno. */
int caps_get(struct caps *ret, struct err *err);
/* -EPERM where permitted would grow, or effective is not within permitted. Bits that
 * this kernel does not know are left out. */
int caps_set(const struct caps *caps, struct err *err);

/* Our ambient set: what survives execve without uid 0 or file capabilities. */
uint64_t caps_ambient(void);

/* Takes the effective uid, gid and the groups of 'who', as real and saved ones
 * too, for good: in a child that is to see what 'who' sees. Of our capabilities
 * stay, effective and permitted, those in 'keep'. The caller becomes undumpable,
 * so that a process of that uid cannot read or trace it. On failure (-EPERM) it
 * may have changed in part: leave. */
int caps_become(const struct identity_facts *who, uint64_t keep, struct err *err);

#endif
