/* SPDX-License-Identifier: MIT
 *
 * mount_table.h - the mounts of one namespace by id. Read again it keeps the entries
 * that are still the same, and those that went for a while, since they were lent out.
 */
#ifndef PROBE_TRACE_NAMES_MOUNT_TABLE_H
#define PROBE_TRACE_NAMES_MOUNT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/list.h"
#include "probe/proc/mountinfo.h"
#include "probe/sys.h"
#include "probe/trace/names/surface.h"

struct mount_entry {
	struct surface_mount mount;
	uint64_t device; /* of the file system: major << 32 | minor */
	char *root;	 /* what of it is mounted; NULL: not known */
	bool becomes;	 /* read-only, by the rule; whatever it is now */
	bool hidden;
	unsigned seen;
};

struct mount_table {
	struct list list;    /* struct mount_entry *, by id */
	struct list hanging; /* of them: those that no path may be followed into */
	struct list gone;    /* struct mount_entry *, oldest first */
	unsigned generation;
};

/* Is a mount that was not there before one that becomes read-only? */
typedef bool mount_rule(const void *user, const struct mount_entry *entry,
			const struct mountinfo_line *line);

/* 0, or why the text is none; the table is then as it was. 'root': the statx of "/"
 * there, NULL where not known: its mount is listed even if mountinfo leaves it out (in a
 * chroot). */
int mount_table_load(struct mount_table *table, const char *text, size_t len,
		     const struct sys_statx *root, mount_rule *rule, const void *user,
		     struct err *err);
struct mount_entry *mount_table_find(const struct mount_table *table, uint64_t id);
void mount_table_done(struct mount_table *table);

#endif
