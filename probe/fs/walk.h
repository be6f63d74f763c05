/* SPDX-License-Identifier: MIT
 *
 * walk.h - goes through one file system, of a container that we do not trust.
 *
 * Iterative; at most WALK_OPEN levels keep their descriptor (others are found
 * again through "..", and compared), and each level keeps the names of one
 * buffer: a tree of any depth or width costs neither stack nor descriptors nor
 * much memory. Mount points are passed over by name, before anything is asked of
 * them; what turns out to be on another mount is passed over too.
 */
#ifndef PROBE_FS_WALK_H
#define PROBE_FS_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/facts.h"
#include "probe/sys.h"

struct walk_level;

struct walk {
	/* set by the caller */
	const struct mounts_facts
		*mounts; /* part.known false: compared by mount id alone */
	int64_t entries_max, deadline_ms; /* 0: no deadline */
	size_t depth_max;
	void *user;
	/* A directory, before it is read; 'fd' is O_PATH. Each one is left again. */
	void (*enter)(struct walk *walk, int fd, const struct sys_statx *st);
	/* A regular file. */
	void (*file)(struct walk *walk, int dirfd, const char *name,
		     const struct sys_statx *st);
	/* Done with a directory; 'whole': all in it was looked at, but not
	 * necessarily what is below it. */
	void (*leave)(struct walk *walk, bool whole);

	/* for the callbacks */
	char *path; /* of the directory that we are in; "" is the root */
	size_t path_len;
	int64_t entries;  /* looked at so far, the root included */
	const char *stop; /* why the walk ends early; callbacks may set it */
	bool too_deep;	  /* a directory was not entered for its depth */

	/* its own */
	struct walk_level *levels;
	size_t depth, levels_cap, path_cap;
	struct sys_statx root;
	char *buf;
};

/* Directories that stay open. */
#define WALK_OPEN 64

/* Walks what is below 'rootfd' (a directory, O_PATH will do). 0, -ENOMEM, or why the
 * root itself could not be entered. Release with walk_done() in any case. */
int walk_run(struct walk *walk, int rootfd);
void walk_done(struct walk *walk);

/* The path of 'name' in the current directory ("" for the directory itself), from
 * "/"; the caller frees it. NULL without memory. */
char *walk_path(const struct walk *walk, const char *name);

#endif
