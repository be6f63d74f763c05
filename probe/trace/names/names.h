/* SPDX-License-Identifier: MIT
 *
 * names.h - where a name leads, in the view of the thread that used it: its
 * root, its cwd, its descriptors, its /proc/self, its permission to search.
 *
 * Most names meet no symbolic link and no other root: then one openat2 with
 * RESOLVE_NO_SYMLINKS finds the parent. All others are walked component by
 * component, as path_resolution(7) has it.
 */
#ifndef PROBE_TRACE_NAMES_NAMES_H
#define PROBE_TRACE_NAMES_NAMES_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "probe/sys.h"
#include "probe/trace/names/planned.h"
#include "probe/trace/names/surface.h"
#include "probe/trace/oracle.h"
#include "probe/trace/tracee/request.h"
#include "probe/trace/tracee/tracee.h"

/* Where a name leads. */
struct place_found {
	/* Why it could not be followed: a closed process's relative path, a /proc that is
	 * not there, a vanished thread; NULL. Then nothing below is set. */
	const char *unresolved;
	/* The path in the view of the container (ours): absolute, no link, no "." or
	 * "..", no slash at the end. Empty for what has no name there (a pipe, a memfd, a
	 * deleted file, an abstract socket): 'nameless'. */
	bool nameless;
	bool crosses; /* a planned mount's border, which openat2 was told not to */
	char path[2 * PATH_MAX];
	size_t len;
	/* What the oracle asks; readonly and parent_readonly as the mounts are now. */
	struct oracle_name facts;
	/* The same as they would be with a read-only root. */
	bool planned, parent_planned;
	/* With planned mounts these say all that is so then, and the two above nothing:
	 * 'then' has the planned mounts' identities, owners and modes. 'on' and 'in':
	 * those that the object and its parent are on, by name; NULL. */
	bool other;
	struct oracle_name then;
	const struct planned_mount *on, *in;
	const struct surface_mount *mount; /* of the object, or of its parent where it
					    * does not exist; borrowed */
	struct sys_statx st;		   /* of the object, where it exists */
	struct sys_statx parent_st;	   /* valid unless by_fd */
	/* O_PATH descriptor of the directory that 'name' is in; -1 where there is none
	 * (by_fd, a link of /proc) or it must not be looked at (a mount that may hang).
	 */
	int parent;
	const char *name; /* the last component, in 'path' */
};

#define PLACE_FOUND_INIT     \
	{                    \
		.parent = -1 \
	}

struct names_view {
	struct tracees *tracees;
	struct surface *surface;
	const struct planned *planned; /* NULL: there are none, and 'other' is false */
};

/* Follows name[which] of the request as the call would. Always fills *ret, releases what
 * was in it before; release with place_found_done(). Opens nothing but with O_PATH,
 * except for a directory that is to be removed or replaced (is it empty?). A path on a
 * mount that may hang and would stay as it is (a user's NFS or FUSE volume) is not
 * followed into it: 'planned' is false, the kind a guess, the rest of the path as it
 * was written. */
void names_find(const struct names_view *view, const struct tracee *tracee,
		const struct request *request, int which, struct place_found *ret);
void place_found_done(struct place_found *place);

#endif
