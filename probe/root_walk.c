/* SPDX-License-Identifier: MIT */
#include "probe/root_walk.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/cleanup.h"

/* The kernel's own budget (MAXSYMLINKS). */
#define LINKS_MAX 40
/* ".." starts again from the root, so that many of them cost the square. */
#define STEPS_MAX (64 * 1024)

struct walk {
	const struct root *root;
	int fd;		     /* where we are: -1 is the root itself */
	char done[PATH_MAX]; /* the way here, free of links: "a/b" */
	size_t done_len;
	char rest[PATH_MAX]; /* what is still to come */
	int links;
	long steps;
};

static int at(const struct walk *w)
{
	return w->fd < 0 ? w->root->fd : w->fd;
}

static void go(struct walk *w, int fd)
{
	cleanup_close(&w->fd);
	w->fd = fd;
}

static void walk_done(struct walk *w)
{
	go(w, -1);
}

/* Cuts the first component off 'rest' into name[NAME_MAX + 1]; false at the end. */
static int next_name(struct walk *w, char *name)
{
	const char *at_name = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(at_name, "/");

	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, at_name, n);
	name[n] = '\0';
	memmove(w->rest, at_name + n, strlen(at_name + n) + 1);
	return n > 0;
}

static int enter(struct walk *w, const char *name)
{
	size_t n = strlen(name), slash = w->done_len > 0;

	if (w->done_len + slash + n >= sizeof(w->done))
		return -ENAMETOOLONG;
	int fd = openat(at(w), name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	go(w, fd);
	if (slash)
		w->done[w->done_len++] = '/';
	memcpy(w->done + w->done_len, name, n + 1);
	w->done_len += n;
	return 0;
}

/* Goes to 'way', which is free of links, from the root. */
static int restart(struct walk *w, const char *way)
{
	char copy[PATH_MAX];
	size_t len = strlen(way);

	memcpy(copy, way, len + 1);
	go(w, -1);
	w->done_len = 0;
	w->done[0] = '\0';
	for (char *next = copy, *name; (name = strsep(&next, "/"));) {
		int r = *name ? enter(w, name) : 0;

		if (r < 0)
			return r;
		if (++w->steps > STEPS_MAX)
			return -ELOOP;
	}
	return 0;
}

static int up(struct walk *w)
{
	char way[PATH_MAX];

	if (w->done_len == 0)
		return w->root->chroot ? 0 : -EXDEV;
	memcpy(way, w->done, w->done_len + 1);
	char *slash = strrchr(way, '/');
	if (slash)
		*slash = '\0';
	return restart(w, slash ? way : "");
}

/* Links of procfs that are no text to be resolved: /proc/PID/{exe,cwd,root,fd/N,
 * ns/KIND,map_files/RANGE}. Its plain ones lead to "self/...", "PID" or "PID/task/TID".
 */
static bool is_magic(int dir, const char *target)
{
	struct statfs fs;

	if (fstatfs(dir, &fs) < 0)
		return true;
	return fs.f_type == PROC_SUPER_MAGIC && !isdigit((unsigned char)target[0]) &&
	       strncmp(target, "self", 4) != 0;
}

/* Puts the link's target before what is still to come. */
static int follow(struct walk *w, const char *target, size_t len)
{
	size_t rest = strlen(w->rest);

	if (++w->links > LINKS_MAX || is_magic(at(w), target))
		return -ELOOP;
	if (len == 0)
		return -ENOENT;
	if (len + rest >= sizeof(w->rest))
		return -ENAMETOOLONG;
	if (target[0] == '/' && !w->root->chroot)
		return -EXDEV;
	memmove(w->rest + len, w->rest, rest + 1);
	memcpy(w->rest, target, len);
	return target[0] == '/' ? restart(w, "") : 0;
}

static int open_last(const struct walk *w, const char *name, int flags)
{
	AUTO_CLOSE int fd = openat(at(w), name, flags | O_NOFOLLOW,
				   root_wants_mode(flags) ? ROOT_MODE : 0);
	struct stat st;

	if (fd < 0)
		return -errno;
	/* O_PATH opens the link itself: one that was put there since we looked. */
	if ((flags & O_PATH) && !(flags & O_NOFOLLOW) &&
	    (fstat(fd, &st) < 0 || S_ISLNK(st.st_mode)))
		return -ELOOP;
	return TAKE_FD(fd);
}

/* One component. A descriptor when it was the last, -EINPROGRESS when it was not. */
static int step(struct walk *w, const char *name, int flags)
{
	char target[PATH_MAX];
	bool last = w->rest[0] == '\0', slashes = !last && !w->rest[strspn(w->rest, "/")];
	int r;

	if (strcmp(name, ".") == 0)
		return -EINPROGRESS;
	if (strcmp(name, "..") == 0) {
		r = up(w);
		return r < 0 ? r : -EINPROGRESS;
	}
	if (last && (flags & O_NOFOLLOW))
		return open_last(w, name, flags);
	ssize_t n = readlinkat(at(w), name, target, sizeof(target) - 1);
	if (n >= 0) {
		target[n] = '\0';
		r = follow(w, target, (size_t)n);
		return r < 0 ? r : -EINPROGRESS;
	}
	if (errno != EINVAL && errno != ENOENT)
		return -errno;
	if (last)
		return open_last(w, name, flags);
	if (slashes)
		return open_last(w, name, flags | O_DIRECTORY);
	r = enter(w, name);
	return r < 0 ? r : -EINPROGRESS;
}

int root_walk(const struct root *root, const char *path, int flags)
{
	AUTO(walk_done) struct walk w = { .root = root, .fd = -1 };
	char name[NAME_MAX + 1];
	size_t len = strlen(path);
	int r;

	if (len == 0)
		return -ENOENT;
	if (len >= sizeof(w.rest))
		return -ENAMETOOLONG;
	if (path[0] == '/' && !root->chroot)
		return -EXDEV;
	memcpy(w.rest, path, len + 1);
	while ((r = next_name(&w, name)) > 0) {
		r = step(&w, name, flags);
		if (r != -EINPROGRESS)
			return r;
		if (++w.steps > STEPS_MAX)
			return -ELOOP;
	}
	if (r < 0)
		return r;
	/* The path ended in ".", "..", or a link to such: where we are. */
	int fd = openat(at(&w), ".", flags & ~O_NOFOLLOW,
			root_wants_mode(flags) ? ROOT_MODE : 0);
	return fd < 0 ? -errno : fd;
}
