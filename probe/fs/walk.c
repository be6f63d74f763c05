/* SPDX-License-Identifier: MIT */
#include "probe/fs/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "probe/monotonic.h"
#include "probe/proc/mounts.h"

/* One getdents64 buffer for all levels. Each level keeps the directories' names of
 * its buffer: far down, where a hostile tree would add them up, it is small. */
#define BUF_SIZE      ((size_t)64 * 1024)
#define BUF_SIZE_DEEP ((size_t)4 * 1024)
#define DEEP	      48
/* The clock is asked once per so many entries, and once per directory. */
#define ENTRIES_A_LOOK 256

#define STATX_WANTED                                                       \
	(SYS_STATX_TYPE | SYS_STATX_MODE | SYS_STATX_UID | SYS_STATX_GID | \
	 SYS_STATX_INO | SYS_STATX_MNT_ID)

struct walk_level {
	int fd; /* -1: closed for now */
	uint64_t ino;
	uint32_t dev_major, dev_minor;
	int64_t offset; /* where to go on reading */
	char *names;	/* subdirectories not yet entered, each with its NUL */
	size_t names_len, names_cap, names_at;
	size_t parent_len; /* length of the path above it */
	bool end, whole;
	bool mounts_below;
};

static struct walk_level *top(struct walk *w)
{
	return &w->levels[w->depth - 1];
}

static void stop(struct walk *w, const char *why)
{
	if (!w->stop)
		w->stop = why;
}

static void check_clock(struct walk *w)
{
	if (w->deadline_ms && monotonic_ms() >= w->deadline_ms)
		stop(w, "the time for it was over");
}

static void count_entry(struct walk *w)
{
	if (++w->entries > w->entries_max)
		stop(w, "there are more entries than the limit");
	if (w->entries % ENTRIES_A_LOOK == 0)
		check_clock(w);
}

/* --- names and paths --- */

static bool path_push(struct walk *w, const char *name)
{
	size_t len = strlen(name);

	if (w->path_len + len + 2 > w->path_cap) {
		size_t cap = (w->path_len + len + 2) * 2;
		char *path = realloc(w->path, cap);

		if (!path)
			return false;
		w->path = path;
		w->path_cap = cap;
	}
	w->path[w->path_len] = '/';
	memcpy(w->path + w->path_len + 1, name, len + 1);
	w->path_len += len + 1;
	return true;
}

static void path_cut(struct walk *w, size_t len)
{
	w->path_len = len;
	w->path[len] = '\0';
}

char *walk_path(const struct walk *w, const char *name)
{
	size_t len = strlen(name);
	char *path = malloc(w->path_len + len + 2);

	if (!path)
		return NULL;
	memcpy(path, w->path, w->path_len);
	path[w->path_len] = '/';
	memcpy(path + w->path_len + 1, name, len + 1);
	if (len == 0 && w->path_len > 0)
		path[w->path_len] = '\0';
	return path;
}

/* Is anything mounted below the current path? Then its entries are compared. */
static bool mounts_are_below(const struct walk *w)
{
	if (!w->mounts->part.known)
		return false;
	LIST_EACH (const struct mount_fact, it, &w->mounts->list)
		if (strncmp(it->path, w->path, w->path_len) == 0 &&
		    it->path[w->path_len] == '/' && it->path[w->path_len + 1] != '\0')
			return true;
	return false;
}

/* Is 'name' in the current directory to be passed over unseen? */
static bool is_passed_over(struct walk *w, const struct walk_level *level,
			   const char *name)
{
	size_t len = w->path_len;

	if (len == 0 && (strcmp(name, "proc") == 0 || strcmp(name, "sys") == 0))
		return true;
	if (!level->mounts_below)
		return false;
	if (!path_push(w, name)) {
		stop(w, "out of memory");
		return true;
	}
	bool is = mounts_is_point(w->mounts, w->path);

	path_cut(w, len);
	return is;
}

/* Kernels before 5.8 have no mount ids. Device numbers will do for directories;
 * files of an overlay show those of the layer that they lie in. */
static bool is_elsewhere(const struct walk *w, const struct sys_statx *st)
{
	if (st->mask & w->root.mask & SYS_STATX_MNT_ID)
		return st->mnt_id != w->root.mnt_id;
	return S_ISDIR(st->mode) &&
	       (st->dev_major != w->root.dev_major || st->dev_minor != w->root.dev_minor);
}

/* --- levels --- */

static void add_name(struct walk *w, struct walk_level *level, const char *name)
{
	size_t len = strlen(name) + 1;

	if (level->names_len + len > level->names_cap) {
		size_t cap = (level->names_len + len) * 2;
		char *names = realloc(level->names, cap);

		if (!names) {
			stop(w, "out of memory");
			return;
		}
		level->names = names;
		level->names_cap = cap;
	}
	memcpy(level->names + level->names_len, name, len);
	level->names_len += len;
}

static struct walk_level *add_level(struct walk *w)
{
	if (w->depth == w->levels_cap) {
		size_t cap = w->levels_cap ? w->levels_cap * 2 : 32;
		struct walk_level *levels = realloc(w->levels, cap * sizeof(*levels));

		if (!levels)
			return NULL;
		w->levels = levels;
		w->levels_cap = cap;
	}
	return &w->levels[w->depth++];
}

static void close_level(struct walk_level *level)
{
	if (level->fd >= 0)
		(void)close(level->fd);
	level->fd = -1;
}

/* O_NOATIME is the owner's right; without it the mount's relatime decides. */
static int open_to_read(int fd, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int r = openat(fd, name, flags | O_NOATIME);

	if (r < 0 && errno == EPERM)
		r = openat(fd, name, flags);
	return r;
}

/* 'fd' is the directory at the current path, O_PATH. */
static void push(struct walk *w, int fd, const struct sys_statx *st, size_t parent_len)
{
	struct walk_level *level = add_level(w);

	if (!level) {
		stop(w, "out of memory");
		path_cut(w, parent_len);
		return;
	}
	*level = (struct walk_level){
		.fd = -1,
		.ino = st->ino,
		.dev_major = st->dev_major,
		.dev_minor = st->dev_minor,
		.parent_len = parent_len,
		.mounts_below = mounts_are_below(w),
	};
	w->enter(w, fd, st);
	if (w->depth > w->depth_max)
		w->too_deep = true;
	else
		level->fd = open_to_read(fd, ".");
	level->whole = level->fd >= 0;
	level->end = level->fd < 0;
	if (w->depth > WALK_OPEN)
		close_level(&w->levels[w->depth - WALK_OPEN - 1]);
}

static bool reopen(const struct walk_level *child, struct walk_level *level)
{
	AUTO_CLOSE int fd = child->fd < 0 ? -1 : open_to_read(child->fd, "..");
	struct sys_statx st;

	if (fd < 0 || sys_statx(fd, "", AT_EMPTY_PATH, SYS_STATX_INO, &st) < 0 ||
	    st.ino != level->ino || st.dev_major != level->dev_major ||
	    st.dev_minor != level->dev_minor)
		return false;
	if (lseek(fd, level->offset, SEEK_SET) < 0)
		return false;
	level->fd = TAKE_FD(fd);
	return true;
}

static void pop(struct walk *w)
{
	struct walk_level *level = top(w);

	w->leave(w, level->whole && !w->stop);
	if (w->depth > 1 && !w->stop && level[-1].fd < 0 && !reopen(level, &level[-1]))
		stop(w, "directories were moved in the meantime");
	path_cut(w, level->parent_len);
	close_level(level);
	free(level->names);
	w->depth--;
	check_clock(w);
}

/* --- looking --- */

static int look(int fd, const char *name, int flags, struct sys_statx *st)
{
	return sys_statx(fd, name, flags | AT_NO_AUTOMOUNT | SYS_AT_STATX_DONT_SYNC,
			 STATX_WANTED, st);
}

/* Goes into a subdirectory. It may be gone or be something else by now. */
static void enter_directory(struct walk *w, const char *name)
{
	struct walk_level *level = top(w);
	size_t parent_len = w->path_len;
	struct sys_statx st;

	if (is_passed_over(w, level, name))
		return;
	AUTO_CLOSE int fd =
		openat(level->fd, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || look(fd, "", AT_EMPTY_PATH, &st) < 0) {
		if (errno != ENOENT)
			level->whole = false;
		return;
	}
	if (is_elsewhere(w, &st))
		return;
	if (!path_push(w, name)) {
		stop(w, "out of memory");
		return;
	}
	push(w, fd, &st, parent_len);
}

static void look_at_entry(struct walk *w, struct walk_level *level, const char *name,
			  unsigned type)
{
	struct sys_statx st;

	if (type == DT_DIR) {
		add_name(w, level, name);
		return;
	}
	if ((type != DT_REG && type != DT_UNKNOWN) || is_passed_over(w, level, name))
		return;
	if (look(level->fd, name, AT_SYMLINK_NOFOLLOW, &st) < 0) {
		if (errno != ENOENT)
			level->whole = false;
		return;
	}
	if (S_ISDIR(st.mode))
		add_name(w, level, name);
	else if (S_ISREG(st.mode) && !is_elsewhere(w, &st))
		w->file(w, level->fd, name, &st);
}

static void read_more(struct walk *w)
{
	struct walk_level *level = top(w);
	size_t size = w->depth > DEEP ? BUF_SIZE_DEEP : BUF_SIZE;
	ssize_t n = sys_getdents(level->fd, w->buf, size);

	/* ENOENT: removed while we are in it. */
	if (n < 0 && errno != ENOENT)
		level->whole = false;
	if (n <= 0) {
		level->end = true;
		return;
	}
	level->names_len = 0;
	level->names_at = 0;
	for (const char *p = w->buf; p < w->buf + n && !w->stop;) {
		const struct sys_dirent *e = (const void *)p;

		p += e->reclen;
		level->offset = e->off;
		if (strcmp(e->name, ".") == 0 || strcmp(e->name, "..") == 0)
			continue;
		count_entry(w);
		look_at_entry(w, level, e->name, e->type);
	}
}

static void step(struct walk *w)
{
	struct walk_level *level = top(w);

	if (w->stop || (level->end && level->names_at == level->names_len)) {
		pop(w);
	} else if (level->names_at < level->names_len) {
		const char *name = level->names + level->names_at;

		level->names_at += strlen(name) + 1;
		enter_directory(w, name);
	} else {
		read_more(w);
	}
}

int walk_run(struct walk *w, int rootfd)
{
	w->buf = malloc(BUF_SIZE);
	w->path = calloc(1, 1);
	w->path_cap = 1;
	w->entries = 1;
	if (!w->buf || !w->path)
		return -ENOMEM;
	AUTO_CLOSE int fd = openat(rootfd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || look(fd, "", AT_EMPTY_PATH, &w->root) < 0)
		return -errno;
	push(w, fd, &w->root, 0);
	check_clock(w);
	while (w->depth > 0)
		step(w);
	return 0;
}

void walk_done(struct walk *w)
{
	while (w->depth > 0) {
		close_level(top(w));
		free(w->levels[--w->depth].names);
	}
	free(w->levels);
	free(w->path);
	free(w->buf);
	w->levels = NULL;
	w->path = NULL;
	w->buf = NULL;
}
