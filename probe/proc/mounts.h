/* SPDX-License-Identifier: MIT
 *
 * mounts.h - what is mounted in a container, and what that opens: read-only or
 * not, whose it is, how much room there is, runtime sockets.
 */
#ifndef PROBE_PROC_MOUNTS_H
#define PROBE_PROC_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/facts.h"
#include "probe/proc/mountinfo.h"
#include "probe/target.h"

/* Fills all that the text itself says: sizes stay -1, access unknown. 0, -EINVAL,
 * -E2BIG or -ENOMEM; *ret is then left alone. The list is sorted by path. */
int mounts_parse(const char *text, size_t len, struct mounts_facts *ret, struct err *err);

/* The text is world-readable; sizes, sockets and the access of 'who' (NULL or not known:
 * not asked) need the root file system, and what hangs (FUSE, NFS) is asked from a child
 * with a time limit. Without that it is known all the same, and 'why' says what is
 * missing: an empty list of sockets proves nothing then. */
void mounts_probe(const struct target *target, const struct identity_facts *who,
		  struct mounts_facts *ret);

/* The mount that the root file system is; false where "/" is none (a chroot). */
bool mounts_root(const struct mounts_facts *mounts, struct mount_fact **ret);
/* Are these the mounts of a container, and not of what a process chose as its root later?
 * chroot needs no more than a default capability, and a volume's directory will do. Every
 * runtime mounts /proc. */
bool mounts_is_whole(const struct mounts_facts *mounts);
/* Is something mounted at exactly 'path'? */
bool mounts_is_point(const struct mounts_facts *mounts, const char *path);
/* File systems whose server may be the container itself, or gone: a question to
 * them may never be answered. */
bool mounts_may_hang(const char *fstype);

/* Of one line: whose it is. Pure. */
enum mount_kind mounts_kind(const struct mountinfo_line *line);

void mounts_facts_done(struct mounts_facts *mounts);

#endif
