/* SPDX-License-Identifier: MIT
 *
 * needs.h - which directory must be writable for what was done to a path.
 *
 * An entry that is made, removed or renamed needs the directory that it is in; so does a
 * file that is changed, for mounts are directories here. A directory that is changed
 * itself needs no more than itself. What the app made itself lies in the directory that
 * the image has above it.
 */
#ifndef CHECKS_PLAN_NEEDS_H
#define CHECKS_PLAN_NEEDS_H

#include <stdbool.h>
#include <stdint.h>

#include "checks/plan/planning.h"

enum need_flag {
	NEED_ENTRIES = 1, /* entries are made, removed, renamed in it */
	NEED_CONTENT = 2, /* files in it get another content or mode */
	NEED_OWNER = 4,	  /* another owner, times, attributes: of a link maybe; or
			   * they are what a link cannot stand for */
	NEED_SELF = 8,	  /* it is changed itself */
	NEED_ASKED = 16,  /* it was asked whether one may write, no more */
	NEED_MADE = 32,	  /* the app makes it, and "/" is above it */
	NEED_LIFTED = 64, /* it stands for several directories below */
	NEED_MANY = 128,  /* which are too many for a mount each */
	NEED_GONE = 256,  /* what is not there is removed: no more than a question */
	NEED_QUESTION = NEED_ASKED | NEED_GONE,
};

struct need {
	struct slice dir;
	unsigned flags;
	unsigned paths; /* how many need it, beside each other */
};

/* What one path asks for. */
struct want {
	const struct inventory_path *path;
	bool written;  /* something worked, and be it a question */
	bool other;    /* nothing did, and the answer becomes one of another meaning */
	bool bytecode; /* Python's: a variable does away with it */
	bool fixed;    /* a file that the runtime mounts: no mount changes that */
	size_t n;
	struct need need[2];
	int64_t writes; /* how often it worked */
};

/* Goes over planning.paths. */
struct wants {
	const struct planning *planning;
	size_t next;
	struct slice made; /* the directory of the app's own that we are in */
};

/* Sorts them, and takes out what is at or below another. */
void needs_settle(struct list *needs);
/* Lifts them until a definition has room for a mount each (limit.c). 0 or -ENOMEM. */
int needs_limit(struct list *needs);

bool want_next(struct wants *wants, struct want *ret);

#endif
