/* SPDX-License-Identifier: MIT
 *
 * known.h - every path and directory that a run has met, once: what the recorder
 * remembers of it between its records. Small, since there may be a million.
 */
#ifndef PROBE_TRACE_RECORD_KNOWN_H
#define PROBE_TRACE_RECORD_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/inventory.h"
#include "core/list.h"

/* What is known of a directory that something was written in, or below. */
struct held {
	bool seen;   /* owner and mode are known */
	bool made;   /* by the run, or renamed to this name: none of it is the image's */
	bool queued; /* its record is to be written */
	int64_t entries; /* -1: not known */
	int64_t uid, gid, mode;
	int64_t bytes, peak; /* of the files below it that the run wrote */
	int64_t told;	     /* the peak that was last written; -1: none was */
};

struct known {
	struct known *next;   /* in its bucket */
	struct known *parent; /* the directory it is in; NULL: it is "/" */
	struct held *held;
	struct inventory_path *pending; /* what no record has said yet */
	uint64_t hash;
	int64_t size;	     /* the largest seen; -1 */
	int64_t bytes;	     /* that it takes now, as far as the run wrote it */
	int64_t since, told; /* events: not yet written out, and written out */
	uint32_t ops, who;   /* that were among them, a bit each: again.c */
	uint32_t len, mount;
	uint8_t kind, in_image, exists;
	bool recorded : 1; /* it is a path of the inventory, not only a directory */
	bool written : 1;  /* some operation on it worked */
	bool holds : 1;	   /* its content is the run's */
	bool executed : 1;
	bool may_hang : 1; /* never to be looked at */
	bool stale : 1;	   /* not looked at since the last operation */
	bool news : 1;	   /* 'pending' says more than repetition */
	char path[];
};

struct known_set {
	struct known **buckets;
	size_t mask, len;
	size_t most;
	uint64_t seed;
	struct list all;    /* struct known * */
	struct list mounts; /* char *: mount points, each once */
};

/* Holds at most 'most' of them. 0 or -ENOMEM. */
int known_init(struct known_set *set, size_t most);
void known_done(struct known_set *set);

struct known *known_find(const struct known_set *set, const char *path, size_t len);
/* Made where there is none; NULL without memory or room. 'parent' is for a new one. */
struct known *known_get(struct known_set *set, const char *path, size_t len,
			struct known *parent);
/* The number of a mount point, from 1; 0: not kept. */
uint32_t known_mount(struct known_set *set, const char *path);
char *known_mount_path(const struct known_set *set, uint32_t mount);

/* Length of the path of its directory: 4 of "/var/log", 1 of "/var". */
size_t known_parent_len(const char *path, size_t len);

#endif
