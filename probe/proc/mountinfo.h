/* SPDX-License-Identifier: MIT
 *
 * mountinfo.h - /proc/PID/mountinfo: the mounts that a process would meet when
 * it walks its tree. What lies below another mount, or on a path that another
 * one covers, is listed by the kernel too and left out here.
 */
#ifndef PROBE_PROC_MOUNTINFO_H
#define PROBE_PROC_MOUNTINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/list.h"
#include "probe/target.h"

/* A namespace has at most 100,000 mounts (fs.mount-max), of some 150 bytes; an
 * overlay's with many layers has up to a page. */
#define MOUNTINFO_MAX (16 * 1024 * 1024)

struct mountinfo_line {
	int64_t id, parent;
	uint32_t major, minor; /* of the file system's st_dev */
	char *root, *path, *fstype, *source;
	char *super;   /* its options, "rw,memory" */
	bool readonly; /* the mount's or the file system's */
	bool nosuid, nodev, noexec;
	bool hidden; /* covered by another; none is in mountinfo_parse()'s list */
};

struct mountinfo {
	struct list list; /* struct mountinfo_line, sorted by path, each path once */
};

/* 0, -EINVAL or -ENOMEM; *ret is left alone on failure. */
int mountinfo_parse(const char *text, size_t len, struct mountinfo *ret, struct err *err);
/* The same with what is hidden: who was there before it was covered is there still. A
 * path may be in the list more than once then. */
int mountinfo_parse_all(const char *text, size_t len, struct mountinfo *ret,
			struct err *err);
/* World-readable: needs no access to the process. */
int mountinfo_read(const struct target *target, struct mountinfo *ret, struct err *err);
void mountinfo_done(struct mountinfo *info);

/* The mount that 'path' lies on; NULL where the root is none of the mounts. */
const struct mountinfo_line *mountinfo_over(const struct mountinfo *info,
					    const char *path);

/* 'path' is 'top' or below it, by whole components. */
bool path_is_below(const char *path, const char *top);

/* Does the comma list 'options' hold exactly 'word'? */
bool options_have(const char *options, const char *word);

#endif
