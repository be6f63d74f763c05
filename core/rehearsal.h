/* SPDX-License-Identifier: MIT
 *
 * rehearsal.h - what a read-only root with a plan's mounts refused an app:
 * taskprobe.rehearsal/1.
 */
#ifndef CORE_REHEARSAL_H
#define CORE_REHEARSAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/list.h"
#include "core/record.h"

#define REHEARSAL_SCHEMA "taskprobe.rehearsal/1"

enum rehearsal_how {
	REHEARSAL_ANSWERED,   /* we answered EROFS and EXDEV instead of the kernel */
	REHEARSAL_PERMISSIVE, /* all was let through, and what would have failed is listed
			       */
	REHEARSAL_REAL,	      /* real mounts in a mount namespace */
};
extern const char *const rehearsal_how_names[];

/* The same operation on the same path with the same answer by the same program: one. */
struct refusal {
	char *path;
	char *to;	/* of rename and link: the other path; NULL */
	char *call;	/* the system call, as in its manual page */
	char *error;	/* "EROFS", "EXDEV"; "EBUSY" (a mount point), "EACCES" and "EPERM"
			 * (the mount's owner and mode, noexec) */
	char *natively; /* what it gets without all that: "ENOENT"; NULL: it works */
	char *exe;	/* NULL: not known */
	int64_t uid, gid, count;
	char *first, *last; /* RFC 3339, with milliseconds */
};

struct rehearsal {
	enum rehearsal_how how;
	/* Nothing was unresolved or lost: the app saw what it would see. */
	bool valid;
	struct list invalid; /* char *: why not */
	struct list command; /* char * */
	char *container;     /* of the plan; NULL */
	char *started;
	char *ended;  /* "exit", "signal", "time" ... as in an inventory */
	int64_t exit; /* 128 + n for a signal; -1: not known, or it still runs */
	int64_t events, unresolved, lost;
	/* Calls that were refused, or would be: 'broken' work without a read-only root;
	 * 'failing' fail then too, with another error; 'asked' did nothing but ask
	 * (access(2) with W_OK). */
	int64_t broken, failing, asked;
	struct list refused; /* struct refusal, most often refused first */
	/* Where the app ended badly: the last ones before, the latest first. */
	struct list before_the_end; /* struct refusal */
	struct list blind_spots;    /* char * */
	struct list mounts;	    /* struct plan_mount: what was rehearsed with */
};

extern const struct type rehearsal_type;

void rehearsal_done(struct rehearsal *rehearsal);

#endif
