/* SPDX-License-Identifier: MIT
 *
 * writable.h - what the app could write on its root file system, and the setuid
 * files there: one walk, computed from owner, mode and ACL; it creates nothing,
 * opens nothing but directories, and never enters another mount, /proc or /sys
 * (a mount point is not even asked for its attributes: FUSE may hang).
 *
 * Memory is that of the depth and of the result: names of one buffer per level,
 * and at most 'rows' rows, folded as soon as a directory is complete.
 */
#ifndef PROBE_FS_WRITABLE_H
#define PROBE_FS_WRITABLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/facts.h"
#include "probe/target.h"

struct writable_limits {
	int64_t entries; /* looked at, in all */
	size_t depth;	 /* directories below each other */
	size_t rows;	 /* of the list, and of the setuid files' */
	size_t text;	 /* bytes of all their paths together */
};

/* A large image has a million files; no program makes paths 8,192 levels deep;
 * nobody reads more than some thousand rows. Their paths may be as long as the tree is
 * deep: together they are limited, or 4,096 of them would be gigabytes. */
#define WRITABLE_LIMITS                                                          \
	{                                                                        \
		.entries = 5000000, .depth = 8192, .rows = 4096, .text = 1 << 20 \
	}

/* Fills in *ret and *setuid, which are zeroed. A mount point in the root makes no
 * tree incomplete, nor do links, devices, FIFOs and sockets (writing those is not
 * writing the file system). What ends early is 'truncated' and the part says by
 * which limit; directories that we could not read are counted in part.why. 'devices'
 * may be NULL, and is otherwise devices_probe()'s. */
void writable_probe(const struct target *target, const struct mounts_facts *mounts,
		    const struct identity_facts *who,
		    const struct writable_limits *limits, struct writable_facts *ret,
		    struct setuid_facts *setuid, struct devices_facts *devices);

#endif
