/* SPDX-License-Identifier: MIT
 *
 * Events are predictions, and write(2) is not seen at all. So the files are looked at:
 * the changed ones at each flush, all others in turn.
 */
#include <errno.h>
#include <sys/stat.h>

#include "probe/monotonic.h"
#include "probe/trace/record/look.h"
#include "probe/trace/record/state.h"

/* Entries that a round may pass over to find some worth a look. */
#define PASSED_MOST 4096

#define GROWTH_STEP 8

static enum inventory_kind kind_of(unsigned mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return INVENTORY_FILE;
	case S_IFDIR:
		return INVENTORY_DIRECTORY;
	case S_IFLNK:
		return INVENTORY_SYMLINK;
	case S_IFSOCK:
		return INVENTORY_SOCKET;
	case S_IFIFO:
		return INVENTORY_FIFO;
	case S_IFCHR:
	case S_IFBLK:
		return INVENTORY_DEVICE;
	default:
		return INVENTORY_UNKNOWN;
	}
}

static bool gone(struct recorder *r, struct known *k)
{
	bool news = k->exists != TRI_NO;

	k->exists = TRI_NO;
	dirs_bytes(r, k, 0);
	return news;
}

/* A log grows each second: that is news once it grew by an eighth, and at the end. */
static bool has_grown(const struct recorder *r, const struct known *k, int64_t size)
{
	int64_t step = r->ending || k->size < 0 ? 0 : k->size / GROWTH_STEP;

	return size > k->size && size - k->size > step;
}

bool refresh(struct recorder *r, struct known *k)
{
	struct sys_statx st;

	k->stale = false;
	if (k->may_hang || r->root < 0)
		return false;
	int code = look_stat(r->root, k->path, &st);
	/* ELOOP: a directory above it is a link now, and the name another file's. */
	if (code == -ENOENT || code == -ENOTDIR || code == -ELOOP)
		return gone(r, k);
	if (code < 0)
		return false;
	int64_t size = S_ISREG(st.mode) ? (int64_t)st.size : -1;
	bool news = k->exists != TRI_YES || k->kind != kind_of(st.mode) ||
		    has_grown(r, k, size);

	k->news |= has_grown(r, k, size);
	k->exists = TRI_YES;
	k->kind = (uint8_t)kind_of(st.mode);
	if ((news || k->pending) && size > k->size)
		k->size = size;
	dirs_bytes(r, k, k->holds && size >= 0 ? look_bytes(&st) : 0);
	return news;
}

/* One that may have changed without an event: a file that was opened for writing. */
static bool worth_a_look(const struct known *k)
{
	return k->recorded && !k->may_hang &&
	       (k->stale ||
		(k->written && k->exists == TRI_YES && k->kind != INVENTORY_DIRECTORY));
}

void refresh_changed(struct recorder *r, size_t looks)
{
	LIST_EACH (struct known *, k, &r->changed) {
		if (!(*k)->stale)
			continue;
		if (looks-- == 0)
			return;
		(void)refresh(r, *k);
	}
}

void refresh_round(struct recorder *r, size_t looks)
{
	size_t n = r->set.all.len < PASSED_MOST ? r->set.all.len : PASSED_MOST;

	for (; n > 0 && looks > 0; n--) {
		if (r->cursor >= r->set.all.len)
			r->cursor = 0;
		struct known *k = *LIST_AT(&r->set.all, struct known *, r->cursor++);

		if (!worth_a_look(k))
			continue;
		looks--;
		if (refresh(r, k))
			(void)recorder_pending(r, k);
	}
}

void refresh_all(struct recorder *r, int64_t ms)
{
	int64_t end = monotonic_ms() + ms;
	size_t n = 0;

	LIST_EACH (struct known *, k, &r->set.all) {
		if (++n % 64 == 0 && monotonic_ms() > end)
			return;
		if (worth_a_look(*k) && refresh(r, *k))
			(void)recorder_pending(r, *k);
	}
}
