/* SPDX-License-Identifier: MIT
 *
 * mounts_look.c - the half of mounts.h that touches the file systems.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "probe/fs/access.h"
#include "probe/monotonic.h"
#include "probe/proc/mounts.h"
#include "probe/proc/patience.h"
#include "probe/proc/sockets.h"

/* A file system that is alive answers in a millisecond, EFS in ten. */
#define PATIENCE_MS 1000
/* After so many that did not answer the rest is not asked: they hang together. */
#define HUNG_MAX 3
/* More mounts than that are listed, not asked. */
#define ASKED_MAX 512

struct room {
	int64_t total, free;
	enum tri access;
};

struct question {
	const struct root *root;
	const struct identity_facts *who; /* NULL: access is not asked */
	const char *path;
};

/* The state of one mounts_probe(). */
struct look {
	const struct target *target;
	const struct identity_facts *who;
	struct str hung; /* paths, for people */
	int hung_count;
};

static int64_t bytes(uint64_t blocks, uint64_t size)
{
	uint64_t n;

	return __builtin_mul_overflow(blocks, size, &n) || n > INT64_MAX ? -1
									 : (int64_t)n;
}

static void ask(const void *arg, void *answer, size_t size)
{
	const struct question *q = arg;
	struct room *room = answer;
	AUTO_CLOSE int fd = root_openat(q->root, q->path, O_PATH | O_NOFOLLOW);
	struct statvfs st;

	if (fd < 0 || size < sizeof(*room))
		return;
	if (fstatvfs(fd, &st) == 0) {
		room->total = bytes(st.f_blocks, st.f_frsize);
		room->free = bytes(st.f_bavail, st.f_frsize);
	}
	if (q->who)
		room->access = access_may_write(q->who, fd);
}

/* It, or a mount on the way to it. */
static bool may_hang(const struct mounts_facts *mounts, const struct mount_fact *m)
{
	LIST_EACH (struct mount_fact, it, &mounts->list)
		if (mounts_may_hang(it->fstype) && path_is_below(m->path, it->path))
			return true;
	return false;
}

/* What is left of our time, at most PATIENCE_MS. */
static int patience(const struct target *target)
{
	if (target->deadline_ms == 0)
		return PATIENCE_MS;
	const int64_t left = target->deadline_ms - monotonic_ms();
	return left <= 0 ? 0 : left < PATIENCE_MS ? (int)left : PATIENCE_MS;
}

static void note_hung(struct look *look, const char *path)
{
	look->hung_count++;
	(void)str_printf(&look->hung, "%s%s", look->hung.len ? ", " : "", path);
}

static void look_at(struct look *look, const struct mounts_facts *mounts,
		    struct mount_fact *m)
{
	const bool hangs = may_hang(mounts, m);
	/* A FUSE file system may check permissions by rules of its own: not to be
	 * computed. */
	const struct question q = { .root = &look->target->root,
				    .who = mounts_may_hang(m->fstype) ? NULL : look->who,
				    .path = m->path };
	struct room room = { .total = -1, .free = -1 };

	if (!hangs) {
		ask(&q, &room, sizeof(room));
	} else if (look->hung_count >= HUNG_MAX || patience(look->target) == 0 ||
		   patience_ask(ask, &q, &room, sizeof(room), patience(look->target)) <
			   0) {
		note_hung(look, m->path);
		room = (struct room){ .total = -1, .free = -1 };
	}
	m->bytes_total = room.total;
	m->bytes_free = room.free;
	m->access = m->readonly ? TRI_NO : room.access;
}

static void note(struct part *part, const char *what, const char *detail)
{
	AUTO_FREE char *why = str_format("%s%s%s%s", part->why ? part->why : "",
					 part->why ? "; " : "", what, detail);

	(void)str_set(&part->why, why);
}

/* What Docker hides or makes read-only of the kernel's own. Which of them a kernel has
 * depends on its configuration, so that a missing mask alone says nothing. */
static const char *const kernel_paths[] = {
	"/proc/bus",	    "/proc/fs",		 "/proc/irq",  "/proc/kcore",
	"/proc/keys",	    "/proc/sched_debug", "/proc/scsi", "/proc/sysrq-trigger",
	"/proc/timer_list", "/sys/firmware",
};

static bool is_covered(const struct list *by, const char *path)
{
	LIST_EACH (char *, it, by)
		if (path_is_below(path, *it))
			return true;
	return false;
}

static void look_for_exposed(const struct target *target, struct mounts_facts *ret)
{
	ret->exposed_known = true;
	for (size_t i = 0; i < ARRAY_LEN(kernel_paths); i++) {
		const char *path = kernel_paths[i];

		if (is_covered(&ret->masked, path) || is_covered(&ret->protected, path))
			continue;
		AUTO_CLOSE int fd = root_openat(&target->root, path, O_PATH | O_NOFOLLOW);
		if (fd >= 0 && texts_add(&ret->exposed, path) < 0)
			ret->exposed_known = false;
		else if (fd < 0 && fd != -ENOENT && fd != -ENOTDIR)
			ret->exposed_known = false;
	}
}

static void look_inside(const struct target *target, const struct identity_facts *who,
			struct mounts_facts *ret)
{
	struct look look = { .target = target,
			     .who = who && who->part.known ? who : NULL,
			     .hung = STR_INIT(2048) };

	for (size_t i = 0; i < ret->list.len && i < ASKED_MAX; i++)
		look_at(&look, ret, LIST_AT(&ret->list, struct mount_fact, i));
	if (ret->list.len > ASKED_MAX)
		note(&ret->part,
		     "sizes and access of some mounts: ", "there are too many");
	if (look.hung_count > 0)
		note(&ret->part, "a file system did not answer in time: ", look.hung.s);
	str_done(&look.hung);
	look_for_exposed(target, ret);
	const int r = sockets_look(target, ret, patience(target));
	if (r < 0)
		note(&ret->part,
		     "runtime sockets were not looked for everywhere: ", err_words(r));
}

/* mountinfo alone, then: what it does not say is missing, and why. */
static void without_root(const struct target *target, struct mounts_facts *ret)
{
	struct part part = { 0 };

	LIST_EACH (struct mount_fact, m, &ret->list)
		if (m->readonly)
			m->access = TRI_NO;
	target_refused(target, &part, "the root file system", target->root_errno);
	note(&ret->part,
	     "sizes, access and runtime sockets: ", part.why ? part.why : "no access");
	(void)str_set(&ret->part.grants, part.grants);
	free(part.seen_by);
	free(part.why);
	free(part.grants);
}

static int read_mounts(const struct target *target, struct mounts_facts *ret,
		       struct err *err)
{
	AUTO(str_done) struct str text = STR_INIT(MOUNTINFO_MAX);
	int r = root_read(&target->proc, "mountinfo", &text, err);

	return r < 0 ? r : mounts_parse(text.s, text.len, ret, err);
}

void mounts_probe(const struct target *target, const struct identity_facts *who,
		  struct mounts_facts *ret)
{
	struct err err = ERR_INIT;
	int r = read_mounts(target, ret, &err);

	if (r == -EINVAL || r == -E2BIG || r == -ENOMEM) {
		part_unknown(&ret->part, err.msg, NULL);
		return;
	}
	/* No mount at all: a chroot, or a process that has left its namespace to end. */
	if (r < 0 || (ret->list.len == 0 && !target_is_same(target))) {
		target_refused(target, &ret->part, "the list of mounts",
			       r == 0 ? ESRCH : r);
		return;
	}
	if (!mounts_is_whole(ret)) {
		mounts_facts_done(ret);
		part_unknown(&ret->part,
			     "the process changed its root (chroot): the mounts of its "
			     "container cannot be seen from there",
			     "start the app under `taskprobe probe --exec`");
		return;
	}
	target_seen(target, &ret->part);
	if (target->root.fd < 0)
		without_root(target, ret);
	else
		look_inside(target, who, ret);
}
