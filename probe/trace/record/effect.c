/* SPDX-License-Identifier: MIT
 *
 * What an operation makes of its path, predicted; refresh.c looks whether it is so.
 */
#include "probe/trace/record/look.h"
#include "probe/trace/record/state.h"

static const enum inventory_kind kinds[] = {
	[KIND_NONE] = INVENTORY_UNKNOWN,	[KIND_FILE] = INVENTORY_FILE,
	[KIND_DIRECTORY] = INVENTORY_DIRECTORY, [KIND_SYMLINK] = INVENTORY_SYMLINK,
	[KIND_SOCKET] = INVENTORY_SOCKET,	[KIND_FIFO] = INVENTORY_FIFO,
	[KIND_DEVICE] = INVENTORY_DEVICE,
};

void effect_before(struct known *k, const struct place_found *place)
{
	k->exists = place->facts.kind != KIND_NONE ? TRI_YES : TRI_NO;
	if (place->facts.kind == KIND_NONE)
		return;
	k->kind = (uint8_t)kinds[place->facts.kind];
	if (place->facts.kind == KIND_FILE && place->st.mask & SYS_STATX_SIZE &&
	    (int64_t)place->st.size > k->size)
		k->size = (int64_t)place->st.size;
}

static int64_t bytes_of(const struct place_found *place)
{
	bool file = place->facts.kind == KIND_FILE && place->st.mask & SYS_STATX_SIZE;

	return file ? look_bytes(&place->st) : 0;
}

static void is_now(struct known *k, enum inventory_kind kind)
{
	k->exists = TRI_YES;
	if (kind != INVENTORY_UNKNOWN)
		k->kind = (uint8_t)kind;
}

static void is_gone(struct recorder *r, struct known *k, const struct place_found *place)
{
	/* At its largest it was what it is now. */
	if (k->holds)
		dirs_bytes(r, k, bytes_of(place));
	dirs_bytes(r, k, 0);
	k->exists = TRI_NO;
	k->holds = false;
}

/* Its content is the run's from now on, all of it: on a file system that starts empty it
 * has to be put there whole. */
static void is_held(struct recorder *r, struct known *k, const struct place_found *from)
{
	k->holds = true;
	dirs_bytes(r, k, bytes_of(from));
}

static void is_truncated(struct recorder *r, struct known *k)
{
	is_now(k, INVENTORY_FILE);
	k->holds = true;
	dirs_bytes(r, k, 0);
}

static void renamed(struct recorder *r, struct known *k, const struct event *event,
		    int which)
{
	const struct place_found *from = &event->place[0];

	if (which == 0)
		return is_gone(r, k, from);
	if (k->holds) /* what it replaces */
		dirs_bytes(r, k, bytes_of(&event->place[1]));
	is_now(k, kinds[from->facts.kind]);
	is_held(r, k, from);
	if (from->facts.kind == KIND_FILE && from->st.mask & SYS_STATX_SIZE &&
	    (int64_t)from->st.size > k->size)
		k->size = (int64_t)from->st.size;
}

void effect_of(struct recorder *r, struct known *k, const struct event *event, int which)
{
	const struct place_found *place = &event->place[which];

	switch (event->op) {
	case OP_CREATE: /* but O_TMPFILE, whose path is the directory */
		if (place->facts.kind != KIND_DIRECTORY)
			is_truncated(r, k);
		break;
	case OP_TRUNCATE:
		is_held(r, k, place);
		is_truncated(r, k);
		break;
	case OP_UNLINK:
	case OP_RMDIR:
		is_gone(r, k, place);
		break;
	case OP_RENAME:
		renamed(r, k, event, which);
		break;
	case OP_MKDIR:
		is_now(k, INVENTORY_DIRECTORY);
		break;
	case OP_SYMLINK:
		is_now(k, INVENTORY_SYMLINK);
		break;
	case OP_BIND:
		is_now(k, INVENTORY_SOCKET);
		break;
	case OP_MKNOD: /* of what kind is seen at the first look */
		is_now(k, INVENTORY_UNKNOWN);
		break;
	case OP_LINK:
		if (which == 1)
			is_now(k, kinds[event->place[0].facts.kind]);
		break;
	case OP_WRITE:
	case OP_CHMOD: /* an overlay copies the file up for these too */
	case OP_CHOWN:
	case OP_UTIME:
	case OP_XATTR:
		is_held(r, k, place);
		break;
	case OP_ACCESS:
	case OP_COUNT:
		break;
	}
}
