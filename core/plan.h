/* SPDX-License-Identifier: MIT
 *
 * plan.h - which mounts, and what else, a container needs under a read-only root:
 * taskprobe.plan/1.
 *
 * Made by checks/plan from what the app was seen to write, printed in many forms,
 * and read again by the rehearsal, which answers as a kernel with these mounts would.
 */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/list.h"
#include "core/record.h"

#define PLAN_SCHEMA "taskprobe.plan/1"

enum plan_kind {
	PLAN_TMPFS,  /* in memory, empty at each start */
	PLAN_VOLUME, /* a bind mount of the task: ephemeral storage on Fargate, a Docker
		      * volume on EC2 */
	PLAN_EFS,    /* shared by replicas, and lasts */
};
extern const char *const plan_kind_names[];

struct plan_mount {
	char *path;
	enum plan_kind kind;
	char *volume; /* its name in the task definition; NULL: a tmpfs has none */
	int64_t uid, gid, mode; /* of the mounted directory; -1: not known */
	int64_t size_mib;	/* head room included; 0: not limited */
	int64_t seen_bytes;  /* what 'size_mib' comes from, a lower bound; -1: not seen */
	struct list options; /* char *, of a tmpfs: "noexec", "uid=101" ... */
	/* The image's directory is copied into the volume at its first use; 'entries':
	 * how many it holds there, at least, which become writable; -1: not known. */
	bool carries_image_content;
	int64_t entries;
	char *reason;
	struct list paths; /* char *: that need it, the first PLAN_PATHS_SHOWN by name */
	int64_t path_count, writes;
};
#define PLAN_PATHS_SHOWN 20

struct plan_change {	  /* of the image */
	char *dockerfile; /* one line */
	char *reason;
};

struct plan_variable {
	char *name, *value, *reason;
};

struct plan_by_hand { /* a path, or variable, that is needed, and not given: a miss */
	char *path, *change, *reason;
};

struct plan_ignored { /* a path that needs nothing */
	char *path, *reason;
};

struct plan_advice { /* what is known of the program; it replaces nothing */
	char *program, *advice, *source;
};

/* One container's. */
struct plan {
	char *container;	   /* NULL: not known */
	struct list mounts;	   /* struct plan_mount, by path */
	struct list image_changes; /* struct plan_change, in the order of a Dockerfile */
	struct list environment;   /* struct plan_variable */
	struct list by_hand;	   /* struct plan_by_hand */
	struct list ignored;	   /* struct plan_ignored */
	struct list advice;	   /* struct plan_advice */
	struct list risks;	   /* char * */
	int64_t runs;		   /* how many runs it was made from */
	int64_t truncated; /* of them without an end: what came later is missing */
	int64_t entries;   /* of the image that become writable, in all */
};

extern const struct type plan_type, plan_mount_type;

void plan_done(struct plan *plan);

#endif
