/* SPDX-License-Identifier: MIT */
#include "probe/fs/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "core/str.h"
#include "core/table.h"
#include "probe/fs/access.h"
#include "probe/proc/mounts.h"
#include "probe/sys.h"

/* A privileged container sees the host's: some hundreds. */
#define DEVICES_MAX 4096
#define ENTRIES_MAX 65536
/* /dev/bus/usb/001 */
#define DEPTH_MAX 4

/* Those that a container gets without asking: by number too, because a "null" with
 * a disk's number is a disk. */
static const struct {
	const char *path;
	unsigned major, minor;
} standard[] = {
	{ "/dev/null", 1, 3 },	  { "/dev/zero", 1, 5 },    { "/dev/full", 1, 7 },
	{ "/dev/random", 1, 8 },  { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
	{ "/dev/console", 5, 1 }, { "/dev/ptmx", 5, 2 },
};

/* runc binds a pseudo-terminal over /dev/console. */
#define PTS_MAJOR_FIRST 136
#define PTS_MAJOR_LAST	143

struct scan {
	const struct mounts_facts *mounts;
	const struct identity_facts *who;
	struct devices_facts *ret;
	uint64_t entries;
	bool no_memory, truncated, unseen;
};

static bool is_standard(const char *path, const struct sys_statx *st)
{
	if (!S_ISCHR(st->mode))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(standard); i++)
		if (strcmp(standard[i].path, path) == 0 &&
		    standard[i].major == st->rdev_major &&
		    standard[i].minor == st->rdev_minor)
			return true;
	return strcmp(path, "/dev/console") == 0 && st->rdev_major >= PTS_MAJOR_FIRST &&
	       st->rdev_major <= PTS_MAJOR_LAST;
}

static void add_device(struct scan *s, int dirfd, const char *name, const char *path,
		       const struct sys_statx *st)
{
	if (s->ret->list.len >= DEVICES_MAX) {
		s->truncated = true;
		return;
	}
	AUTO_FREE char *copy = strdup(path);
	struct device_fact *d = copy ? LIST_ADD(&s->ret->list, struct device_fact) : NULL;

	if (!d) {
		s->no_memory = true;
		return;
	}
	d->path = TAKE_PTR(copy);
	d->block = S_ISBLK(st->mode);
	d->major = st->rdev_major;
	d->minor = st->rdev_minor;
	d->standard = is_standard(path, st);
	d->access = access_check_at(s->who, dirfd, name, st, W_OK);
}

static const struct mount_fact *mount_at(const struct mounts_facts *mounts,
					 const char *path)
{
	LIST_EACH (const struct mount_fact, it, &mounts->list)
		if (strcmp(it->path, path) == 0)
			return it;
	return NULL;
}

/* A device may be a mount of its own (a bind of the node); anything else that is
 * mounted in /dev is no device, and asking a FUSE file may hang. */
static bool may_ask(const struct scan *s, const char *path)
{
	const struct mount_fact *m = mount_at(s->mounts, path);

	return !m || !m->fstype || !mounts_may_hang(m->fstype);
}

static void scan_directory(struct scan *s, int dirfd, const char *path, int depth);

static void scan_below(struct scan *s, int dirfd, const char *name, const char *path,
		       int depth)
{
	if (mounts_is_point(s->mounts, path) || strcmp(path, "/dev/pts") == 0 ||
	    strcmp(path, "/dev/shm") == 0 || strcmp(path, "/dev/mqueue") == 0)
		return;
	AUTO_CLOSE int fd =
		openat(dirfd, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		scan_directory(s, fd, path, depth + 1);
	else if (errno != ENOENT)
		s->unseen = true;
}

static void scan_entry(struct scan *s, int dirfd, const char *dir, const char *name,
		       int depth)
{
	AUTO_FREE char *path = str_format("%s/%s", dir, name);
	struct sys_statx st;

	if (!path) {
		s->no_memory = true;
		return;
	}
	if (!may_ask(s, path))
		return;
	if (sys_statx(dirfd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		      SYS_STATX_TYPE | SYS_STATX_MODE | SYS_STATX_UID | SYS_STATX_GID,
		      &st) < 0)
		s->unseen = s->unseen || errno != ENOENT;
	else if (S_ISCHR(st.mode) || S_ISBLK(st.mode))
		add_device(s, dirfd, name, path, &st);
	else if (S_ISDIR(st.mode) && depth < DEPTH_MAX)
		scan_below(s, dirfd, name, path, depth);
}

/* 'at' is O_PATH: it is opened for reading once more, to list it. */
static void scan_directory(struct scan *s, int at, const char *path, int depth)
{
	AUTO_CLOSE int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(struct sys_dirent) char buf[8192];
	ssize_t n;

	while (fd >= 0 && (n = sys_getdents(fd, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + n && !s->no_memory;) {
			const struct sys_dirent *e = (const void *)p;

			p += e->reclen;
			if (strcmp(e->name, ".") == 0 || strcmp(e->name, "..") == 0)
				continue;
			if (s->entries++ >= ENTRIES_MAX) {
				s->truncated = true;
				return;
			}
			scan_entry(s, fd, path, e->name, depth);
		}
	if (fd < 0)
		s->unseen = true;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct device_fact *)a)->path,
		      ((const struct device_fact *)b)->path);
}

static void finish(struct scan *s)
{
	struct part *part = &s->ret->part;

	if (s->no_memory) {
		part_unknown(part, "out of memory", NULL);
		return;
	}
	part->known = true;
	if (s->truncated)
		(void)str_set(&part->why,
			      "there are more entries in /dev than the limit");
	else if (s->unseen)
		(void)str_set(&part->why, "not everything in /dev could be looked at");
	if (s->ret->list.len > 1)
		qsort(s->ret->list.items, s->ret->list.len, sizeof(struct device_fact),
		      by_path);
}

void devices_probe(const struct target *target, const struct mounts_facts *mounts,
		   const struct identity_facts *who, struct devices_facts *ret)
{
	struct scan s = { .mounts = mounts, .who = who, .ret = ret };

	(void)str_set(&ret->part.seen_by, target->seen_by);
	if (target->root.fd < 0) {
		target_refused(target, &ret->part, "the devices", target->root_errno);
		return;
	}
	AUTO_CLOSE int fd = openat(target->root.fd, "dev",
				   O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT) {
		AUTO_FREE char *why = str_format("/dev: %s", err_words(errno));

		part_unknown(&ret->part, why, NULL);
		return;
	}
	if (fd >= 0)
		scan_directory(&s, fd, "/dev", 1);
	finish(&s);
}
