/* SPDX-License-Identifier: MIT
 *
 * What the image held in the directories that the app writes in, and in those above:
 * a mount would hide it. And how much the app put there, at one time.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "probe/trace/record/look.h"
#include "probe/trace/record/state.h"

/* A peak is written again once it grew by an eighth. */
#define PEAK_STEP 8

bool dirs_made(const struct known *k)
{
	for (k = k->parent; k; k = k->parent)
		if (k->held)
			return k->held->made;
	return false;
}

static void queue(struct recorder *r, struct known *k)
{
	struct known **slot;

	/* A record without the number of entries would look like one of an empty
	 * directory. */
	if (k->held->queued || !k->held->seen || k->held->entries < 0)
		return;
	slot = LIST_ADD(&r->dirs, struct known *);
	if (slot)
		*slot = k;
	k->held->queued = slot != NULL;
}

/* A server that may never answer is asked nothing that the app did not ask itself. */
static bool may_look(const struct recorder *r, const struct sys_statx *st,
		     const struct surface_mount *mount)
{
	const struct surface_mount *found = mount;

	if (!(st->mask & SYS_STATX_MNT_ID)) /* before Linux 5.8, which has no notification
					     * worth the name */
		return mount && !mount->may_hang;
	if (!mount || mount->id != st->mnt_id)
		found = r->options.surface ? surface_find(r->options.surface, st->mnt_id)
					   : NULL;
	return found && !found->may_hang;
}

/* While the app waits: what is counted here nobody of the run has written yet, since
 * each of its directories comes by here before the first write in it. */
static void look(struct recorder *r, struct known *k, int fd,
		 const struct surface_mount *mount)
{
	AUTO_CLOSE int own = fd < 0 ? look_directory(r->root, k->path) : -1;
	struct held *h = k->held;
	struct sys_statx st;

	if (fd < 0)
		fd = own;
	if (fd < 0 ||
	    sys_statx(fd, "", AT_EMPTY_PATH | SYS_AT_STATX_DONT_SYNC,
		      SYS_STATX_BASIC | SYS_STATX_MNT_ID, &st) < 0 ||
	    !S_ISDIR(st.mode)) {
		r->closed_dirs++;
		return;
	}
	h->seen = true;
	h->uid = st.uid;
	h->gid = st.gid;
	h->mode = st.mode & 07777;
	if (h->made)
		h->entries = 0;
	else if (may_look(r, &st, mount))
		h->entries = look_entries(fd, INVENTORY_ENTRIES_MOST);
	if (h->entries < 0) {
		h->entries = -1;
		r->closed_dirs++;
	}
}

static struct known *meet(struct recorder *r, const char *path, size_t len, int fd,
			  struct known *parent, const struct surface_mount *mount)
{
	struct known *k = known_get(&r->set, path, len, parent);

	if (!k || k->held)
		return k;
	k->held = calloc(1, sizeof(*k->held));
	if (!k->held)
		return NULL;
	k->held->entries = k->held->told = -1;
	k->held->made = (k->recorded && k->in_image == TRI_NO) || dirs_made(k);
	look(r, k, fd, mount);
	queue(r, k);
	return k;
}

struct known *dirs_meet(struct recorder *r, const char *path, size_t len, int fd,
			const struct surface_mount *mount)
{
	struct known *k = r->last_dir;

	if (k && k->len == len && memcmp(k->path, path, len) == 0)
		return k;
	k = known_find(&r->set, path, len);
	if (k && k->held)
		return r->last_dir = k;
	/* From "/" downwards, so that each one has its parent. */
	k = meet(r, "/", 1, -1, NULL, mount);
	for (size_t at = 1; k && at < len; at++) {
		const char *slash = memchr(path + at, '/', len - at);

		at = slash ? (size_t)(slash - path) : len;
		k = meet(r, path, at, at == len ? fd : -1, k, mount);
	}
	return r->last_dir = k;
}

void dirs_bytes(struct recorder *r, struct known *k, int64_t bytes)
{
	int64_t more = bytes - k->bytes;

	k->bytes = bytes;
	for (k = k->parent; k && more; k = k->parent) {
		struct held *h = k->held;

		if (!h)
			continue;
		h->bytes += more;
		if (h->bytes <= h->peak)
			continue;
		h->peak = h->bytes;
		queue(r, k);
	}
}

static void write_one(struct recorder *r, struct known *k)
{
	const struct held *h = k->held;
	const struct inventory_record record = {
		.kind = RECORD_DIR,
		.dir = {
			.path = k->path,
			.entries = h->entries,
			.empty = h->entries == 0,
			.uid = h->uid,
			.gid = h->gid,
			.mode = h->mode,
			.peak_bytes = h->peak,
		},
	};

	r->sink.record(r->sink.arg, &record);
	k->held->told = h->peak;
}

void dirs_write(struct recorder *r, bool all)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->dirs.len; i++) {
		struct known *k = *LIST_AT(&r->dirs, struct known *, i);
		struct held *h = k->held;

		if (all || h->told < 0 || h->peak > h->told + h->told / PEAK_STEP) {
			write_one(r, k);
			h->queued = false;
		} else {
			*LIST_AT(&r->dirs, struct known *, kept++) = k;
		}
	}
	r->dirs.len = kept;
}
