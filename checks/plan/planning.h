/* SPDX-License-Identifier: MIT
 *
 * planning.h - a plan in the making, shared by its steps: what must be writable
 * (needs.h), where mounts go (sites.c, join.c), what was written there (tally.c), of
 * which kind and size they are (kind.c), and what they change in the image (image
 * lines in changes.c).
 */
#ifndef CHECKS_PLAN_PLANNING_H
#define CHECKS_PLAN_PLANNING_H

#include <stdbool.h>
#include <stdint.h>

#include "checks/plan/plan.h"
#include "checks/plan/slice.h"

/* A definition is at most 64 KiB; nobody reads more. */
#define SITES_MOST 64
/* Of by_hand and ignored: the rest is counted. */
#define LISTED_MOST 200
/* A directory with more entries is not carried for files that are there already. */
#define ENTRIES_LARGE 200
/* Where what cannot be mounted where it is goes. */
#define MOVED_TO "/var/lib/taskprobe"

/* A directory that gets a mount. */
struct site {
	struct slice dir;
	unsigned flags; /* NEED_* */
	size_t group;	/* moved into one volume with others of the same number; 0 */
	const struct inventory_dir *held; /* what the image had there; NULL: not known */
	int64_t paths, writes, lasting;	  /* 'lasting': files, not sockets and the like */
	int64_t uid, gid, most;		  /* who wrote there most; -1 */
	bool executed, attributes, devices, foreign;
	struct list shown; /* const char *, the first of them */
};

/* A file that a link leads to, in a volume. */
struct moved {
	const struct inventory_path *path;
	struct slice dir; /* that it is in */
};

struct planning {
	const struct inventory *inventory;
	const struct plan_options *options;
	struct plan *plan;
	struct list paths;  /* const struct inventory_path *, each behind its directory */
	struct list dirs;   /* const struct inventory_dir *, likewise */
	struct list given;  /* what the definition mounts (given.c), by path */
	struct list sites;  /* struct site, likewise */
	struct list linked; /* struct slice: directories whose files are moved */
	struct list moved;  /* struct moved */
	struct list programs; /* const char *: the executables seen, each once */
	int64_t runs;	      /* in all */
	int64_t some_runs;    /* paths that not all of them wrote */
	int64_t more_by_hand, more_ignored;
	int64_t other_answers;	/* paths whose failure becomes another one */
	int64_t bytecode;	/* paths that PYTHONDONTWRITEBYTECODE makes superfluous */
	size_t loose;		/* of 'moved', right below "/" */
	bool root_wrote;	/* uid 0 was among the writers */
	bool user_wrote;	/* as was plan_options.user */
	int64_t uid, gid, most; /* who wrote most; -1 */
};

void planning_done(struct planning *p);

/* The steps, in this order. Each returns 0, -ENOMEM or -EINVAL with words. */
int planning_open(struct planning *p, struct err *err);
int sites_find(struct planning *p);		     /* sites.c */
int sites_join(struct planning *p, struct err *err); /* join.c */
void sites_merge(struct planning *p);		     /* limit.c */
int sites_tally(struct planning *p);		     /* tally.c */
int sites_mount(struct planning *p);		     /* mounts.c */
int plan_advise(struct planning *p);		     /* knowledge.c */
int plan_risks(struct planning *p);		     /* risks.c */

/* --- for the steps --- */

/* What the definition mounts already: is a path in it, and may it be written there? The
 * innermost such mount counts. */
enum given { GIVEN_NONE, GIVEN_WRITABLE, GIVEN_READONLY };
int given_open(struct planning *p); /* 0 or -ENOMEM */
void given_done(struct planning *p);
enum given given_mount_of(const struct planning *p, struct slice path);
/* Is it the place of such a mount itself? Is one below it? */
bool is_given_at(const struct planning *p, struct slice path);
bool is_given_below(const struct planning *p, struct slice path);

/* The site that a path is at or below; NULL. */
struct site *site_covering(const struct planning *p, struct slice path);
/* Adds one; 0 or -ENOMEM. sites_settle() then sorts them and takes out what is at or
 * below another. */
int site_add(struct planning *p, struct slice dir, unsigned flags);
void sites_settle(struct planning *p);
const struct inventory_path *planning_path(const struct planning *p, struct slice path);
const struct inventory_dir *planning_dir(const struct planning *p, struct slice path);
/* How many entries the image has at and below it, as far as was seen; -1: not known. */
int64_t planning_entries(const struct planning *p, struct slice dir);

/* Of "/", of the kernel's own, or one that cannot be written down. */
bool is_mountable(struct slice dir);
/* One of programs and their libraries, which are as they were built: at or below /usr
 * but /usr/local, where images keep their own. */
bool is_programs(struct slice dir);
/* A directory that any image is made of ("/etc", "/usr/lib"). */
bool is_system(struct slice dir);

int add_by_hand(struct planning *p, const char *path, const char *change,
		const char *reason);
int add_ignored(struct planning *p, const char *path, const char *reason);
/* Takes the texts (NULL: -ENOMEM). */
int add_risk(struct planning *p, char *text);
int add_change(struct plan *plan, char *dockerfile, const char *reason);

#endif
