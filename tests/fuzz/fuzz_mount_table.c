/* SPDX-License-Identifier: MIT
 *
 * Two lists of mounts, one after the other (a NUL between them): what was lent out of the
 * first stays as it was.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/cleanup.h"
#include "probe/trace/names/mount_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool rule(const void *user, const struct mount_entry *entry,
		 const struct mountinfo_line *line)
{
	(void)user;
	return line && strlen(line->path) == strlen(entry->mount.path);
}

static void check(const struct mount_table *t)
{
	LIST_EACH (struct mount_entry *, it, &t->list) {
		const struct mount_entry *e = mount_table_find(t, (*it)->mount.id);

		if (!e || e->mount.id != (*it)->mount.id || e->mount.path[0] != '/' ||
		    (e->mount.readonly && !e->mount.planned))
			__builtin_trap();
	}
	if (t->hanging.len > t->list.len)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(mount_table_done) struct mount_table t = { 0 };
	const char *text = (const char *)data;
	const char *cut = memchr(text, '\0', size);
	const size_t first = cut ? (size_t)(cut - text) : size;
	const struct mount_entry *lent = NULL;
	char path[64] = "";
	struct err err = ERR_INIT;

	if (mount_table_load(&t, text, first, NULL, rule, NULL, &err) < 0)
		return 0;
	check(&t);
	if (t.list.len > 0) {
		lent = *LIST_AT(&t.list, struct mount_entry *, 0);
		(void)snprintf(path, sizeof(path), "%s", lent->mount.path);
	}
	if (cut &&
	    mount_table_load(&t, cut + 1, size - first - 1, NULL, rule, NULL, &err) == 0)
		check(&t);
	if (lent && strncmp(path, lent->mount.path, sizeof(path) - 1) != 0)
		__builtin_trap();
	return 0;
}
