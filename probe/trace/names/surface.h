/* SPDX-License-Identifier: MIT
 *
 * surface.h - the mounts, and which of them a read-only root would make
 * read-only.
 *
 * That is Docker's surface, not the root alone: with readonlyRootFilesystem the
 * root, /etc/hosts, /etc/hostname, /etc/resolv.conf and every mount of the
 * runtime's own become read-only, except /proc, /dev, /dev/pts, /dev/shm and
 * /dev/mqueue. The user's mounts (volumes, tmpfs, binds) stay as they are.
 */
#ifndef PROBE_TRACE_NAMES_SURFACE_H
#define PROBE_TRACE_NAMES_SURFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"
#include "core/list.h"
#include "probe/sys.h"

struct surface; /* what /proc/PID/mountinfo says, by mount id; read again when it changes
		 */

struct surface_mount {
	uint64_t id;	  /* as statx(2) and mountinfo count them */
	const char *path; /* mount point */
	const char *fstype;
	bool readonly; /* as it is: the mount's flag or the file system's */
	bool planned;  /* as it would be: read-only as well or already */
	bool noexec;
	bool may_hang; /* its server may never answer (FUSE, NFS): no look at it is taken
			* that the app did not take itself */
};

/* Of the process that 'proc' (a /proc/PID descriptor, borrowed, -1: our own) is of.
 * 'every': each mount but the kernel's own (/proc, /dev, /sys and below) counts: on a
 * machine that is no container, where /tmp is a mount of its own. */
int surface_new(int proc, bool every, struct surface **ret, struct err *err);
void surface_done(struct surface *surface);

/* The mount with this id; NULL: there is none even after reading again (which is not
 * done more often than a tenth of the time allows). Borrowed until the list was read
 * again several times: for one event. */
const struct surface_mount *surface_find(struct surface *surface, uint64_t id);

/* The same for a thread of another mount namespace (its /proc/TID/mountinfo), after
 * surface_find() knew none. A mount there stays read-only if it is of what a read-only
 * root would make read-only here: copying or binding a mount keeps its flags. */
const struct surface_mount *surface_find_of(struct surface *surface, pid_t tid,
					    uint64_t id);

/* The mount that a walk of this absolute path (without links and "..") must not touch,
 * since its server may never answer and a read-only root would not change it; NULL:
 * none. Borrowed likewise. */
const struct surface_mount *surface_hangs(const struct surface *surface, const char *path,
					  size_t len);
/* Is there any such mount? */
bool surface_may_hang(struct surface *surface);

/* Could a file that is on no listed mount be on one that becomes read-only, as far as its
 * file system tells? (Others came with a descriptor from another namespace.) */
bool surface_could_become(const struct surface *surface, const struct sys_statx *st);

/* All that a read-only root would make read-only and that is not: const struct
 * surface_mount *, borrowed likewise. 0 or -ENOMEM. */
int surface_list(const struct surface *surface, struct list *ret);

/* Something was mounted or unmounted: the next question reads again. */
void surface_changed(struct surface *surface);

/* Is the root that of a container ("overlay" and the like with the runtime's mounts), as
 * far as one can tell? For a warning, never for a verdict. */
bool surface_is_container(const struct surface *surface);

#endif
