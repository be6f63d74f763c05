/* SPDX-License-Identifier: MIT
 *
 * walk.h - follows a path as the kernel would for another thread, up to its last
 * component: path_resolution(7), with descriptors (O_PATH) all the way.
 *
 * As long as no link is met whole strides are taken (one openat2 to the parent).
 * The text of where we are goes along with the descriptor: a path without links.
 */
#ifndef PROBE_TRACE_NAMES_WALK_H
#define PROBE_TRACE_NAMES_WALK_H

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/sys.h"
#include "probe/trace/names/names.h"

struct walk {
	/* set by the caller, the rest zero; 'base', 'dir' and 'object' -1 */
	const struct names_view *view;
	const struct tracee *tracee;
	const struct identity_facts *who;
	bool us;	  /* what the kernel lets us search is what it lets the tracee */
	bool follow;	  /* a link at the end */
	bool entry;	  /* the call is about the entry: a link is never followed */
	bool create;	  /* open with O_CREAT: a slash at the end is its end */
	uint64_t resolve; /* openat2's */
	int dirfd;	  /* of the tracee, or AT_FDCWD: for relative paths */
	char *text;	  /* [WALK_TEXT]: where we are; at the end the whole path */

	/* what is found */
	const char *unresolved; /* or NULL, and then: */
	int error;		/* a positive errno that ends the walk, or 0, and then: */
	int lookup;		/* ends the look at the last component; it is 'missing' */
	enum oracle_last last;
	bool slash, dangling, missing;
	bool crosses; /* RESOLVE_NO_XDEV, and on the way into or out of a planned mount */
	const struct surface_mount *hangs; /* stopped in front of or in this mount */
	int dir;	     /* the parent directory; -1 where 'object' is set */
	int object;	     /* what ".", "..", "/" or a link of /proc led to; -1 */
	size_t len;	     /* of 'text' */
	size_t name;	     /* where the last component begins in it */
	struct sys_statx in; /* of LAST_DOTDOT: the directory that it is the parent of */
	struct sys_statx st; /* of the object, unless 'missing' or 'hangs' */

	/* its own */
	char *rest, *rest_heap; /* still to come, without slashes at its ends */
	int base;		/* where RESOLVE_IN_ROOT and BENEATH end; -1 */
	int root;		/* the tracee's, where it is not ours; -1 */
	size_t base_len;	/* of the starting directory's text */
	bool searched;		/* 'dir' was asked whether it may be searched */
	int links, steps;
	bool slow; /* a link is in the way: by component until it is passed */
	char buf[PATH_MAX];
};

#define WALK_TEXT (2 * PATH_MAX)

#define WALK_DIRECTORY (O_PATH | O_DIRECTORY | O_CLOEXEC)

/* The kernel's own budget (MAXSYMLINKS). */
#define WALK_LINKS 40

#define WALK_STAT (SYS_STATX_BASIC | SYS_STATX_MNT_ID)

/* 'path' of 'len' bytes, not empty. Release with path_walk_done(). */
void path_walk_run(struct walk *walk, const char *path, size_t len);
void path_walk_done(struct walk *walk);

/* The text of an open descriptor; its length, or a negative errno. */
ssize_t walk_fd_text(int fd, char *ret, size_t size);

/* --- between walk.c and its parts --- */

/* Ends the walk; false, for 'return walk_error(...)'. */
bool walk_error(struct walk *walk, int error);
bool walk_unresolved(struct walk *walk, const char *why);
/* What a failed system call of ours means for the tracee. */
bool walk_failed(struct walk *walk);
/* Now in 'fd', which is taken. */
void walk_go(struct walk *walk, int fd);
/* Puts 'target' in front of what is still to come ('last': nothing is). */
bool walk_expand(struct walk *walk, const char *target, size_t len, bool last);
/* Sets the text to that of 'fd'. */
bool walk_retext(struct walk *walk, int fd);
/* What the path leads to is where we are; or something on the mount 'hangs', where we go
 * no further, and whose text is completed by what is still to come. */
bool walk_ends_here(struct walk *walk, enum oracle_last last);
bool walk_ends_hanging(struct walk *walk);

/* walk_text.c */
bool walk_is_dot(const char *name, size_t n);
bool walk_is_dotdot(const char *name, size_t n);
bool walk_has_dotdot(const char *path);
bool walk_push(struct walk *walk, const char *name, size_t n);
/* All of 'path'; where no link is met ".." is what it says. */
bool walk_push_path(struct walk *walk, const char *path, size_t n);
void walk_pop(struct walk *walk);
void walk_cut(struct walk *walk, size_t len);

/* walk_start.c: to the beginning; to the tracee's "/", which 'rest' begins with. */
bool walk_start(struct walk *walk);
bool walk_jump_root(struct walk *walk, bool first);
/* What a negative errno of tracee_open() means. */
bool walk_open_failed(struct walk *walk, int code);
void walk_skip_slashes(struct walk *walk);

/* walk.c: RESOLVE_NO_XDEV between two directories; is the text one not to be touched? */
bool walk_cross(struct walk *walk, int from, int to);
bool walk_hangs(struct walk *walk);

/* procfs.c: follows the link 'name' of the procfs directory that we are in. */
bool walk_procfs(struct walk *walk, const char *name, bool last);
/* search.c: may the tracee search where we are, and all directories on the way down
 * 'path' from there (-1: our root)? 'text' of 'len' bytes is where that leads. */
bool walk_search(struct walk *walk);
bool walk_search_all(struct walk *walk, char *path, const char *text, size_t len);
/* access_is_us(), remembered: our own credentials stay what they are. */
bool walk_is_us(const struct identity_facts *who);
/* Who changes a directory's permission may change what was found: ask again. */
void walk_search_forget(void);

#endif
