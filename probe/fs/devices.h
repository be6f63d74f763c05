/* SPDX-License-Identifier: MIT
 *
 * devices.h - the device nodes under /dev, four levels deep. None is opened;
 * whether the device cgroup would allow it is not known here.
 */
#ifndef PROBE_FS_DEVICES_H
#define PROBE_FS_DEVICES_H

#include "core/facts.h"
#include "probe/target.h"

/* Fills in *ret, which is zeroed. /dev/pts, /dev/shm, /dev/mqueue, other mounts and
 * FUSE files in /dev are not looked into. */
void devices_probe(const struct target *target, const struct mounts_facts *mounts,
		   const struct identity_facts *who, struct devices_facts *ret);

#endif
