/* SPDX-License-Identifier: MIT */
#include "probe/trace/names/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "core/cleanup.h"
#include "probe/trace/names/planned.h"
#include "probe/trace/names/sticky.h"

/* 40 links of 4,095 bytes make 80,000 components at most; nobody means that. */
#define STEPS_MAX (16 * 1024)

/* --- ends --- */

bool walk_error(struct walk *w, int error)
{
	w->error = error;
	return false;
}

bool walk_unresolved(struct walk *w, const char *why)
{
	w->unresolved = why;
	return false;
}

bool walk_failed(struct walk *w)
{
	switch (errno) {
	case EACCES:
	case EPERM:
		if (!w->us)
			return walk_unresolved(w, "paths below directories that the app "
						  "may search and taskprobe may not");
		break;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case EINTR:
	case EAGAIN:
		return walk_unresolved(w, "paths for which taskprobe had no descriptors "
					  "or memory left");
	default:
		break;
	}
	return walk_error(w, errno);
}

void path_walk_done(struct walk *w)
{
	cleanup_close(&w->dir);
	cleanup_close(&w->object);
	cleanup_close(&w->base);
	cleanup_close(&w->root);
	free(w->rest_heap);
}

/* --- where we are --- */

void walk_go(struct walk *w, int fd)
{
	cleanup_close(&w->dir);
	w->dir = fd;
	w->searched = false;
}

static bool stat_of(int fd, struct sys_statx *st)
{
	return sys_statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, WALK_STAT, st) == 0;
}

static bool same_place(int a, int b)
{
	struct sys_statx x, y;

	return stat_of(a, &x) && stat_of(b, &y) && x.ino == y.ino &&
	       x.mnt_id == y.mnt_id && x.dev_major == y.dev_major &&
	       x.dev_minor == y.dev_minor;
}

/* Does going from 'from' to 'to' leave the mount, and may it? */
bool walk_cross(struct walk *w, int from, int to)
{
	struct sys_statx x, y;

	if (!(w->resolve & RESOLVE_NO_XDEV))
		return true;
	if (!stat_of(from, &x) || !stat_of(to, &y))
		return walk_failed(w);
	return x.mnt_id == y.mnt_id ? true : walk_error(w, EXDEV);
}

/* Slashes at the end: "what is in front is a directory". */
static void trim(struct walk *w)
{
	size_t n = strlen(w->rest);

	for (; n > 1 && w->rest[n - 1] == '/'; n--)
		w->slash = true;
	w->rest[n] = '\0';
}

/* What the path leads to is where we are. */
bool walk_ends_here(struct walk *w, enum oracle_last last)
{
	w->last = last;
	w->dangling = false;
	if (w->dir < 0)
		w->dir = open("/", WALK_DIRECTORY);
	if (w->dir < 0 || !stat_of(w->dir, &w->st))
		return walk_failed(w);
	w->object = TAKE_FD(w->dir);
	w->name = w->len;
	while (w->name > 0 && w->text[w->name - 1] != '/')
		w->name--;
	return false;
}

/* --- mounts that may never answer --- */

/* Is 'text' one that must not be touched? What is still to come is added as it is
 * written. */
bool walk_hangs(struct walk *w)
{
	const struct surface *surface = w->view->surface;

	if (!surface_may_hang(w->view->surface))
		return false;
	w->hangs = surface_hangs(surface, w->text, w->len);
	return w->hangs != NULL;
}

bool walk_ends_hanging(struct walk *w)
{
	walk_go(w, -1);
	if (walk_has_dotdot(w->rest))
		return walk_unresolved(w, "paths with \"..\" on a mount whose server may "
					  "not answer");
	if (!walk_push_path(w, w->rest, strlen(w->rest)))
		return false;
	w->name = w->len;
	while (w->name > 0 && w->text[w->name - 1] != '/')
		w->name--;
	return false;
}

/* --- strides --- */

static bool no_openat2; /* a kernel, or a filter that does not know it */

static bool may_stride(struct walk *w)
{
	if (w->slow || w->resolve || no_openat2 || !strchr(w->rest, '/'))
		return false;
	if (!w->tracee->own_view && walk_has_dotdot(w->rest))
		return false;
	if (!surface_may_hang(w->view->surface))
		return true;
	if (walk_has_dotdot(w->rest))
		return false;
	const size_t len = w->len;
	const bool clear = walk_push_path(w, w->rest, strlen(w->rest)) &&
			   !surface_hangs(w->view->surface, w->text, w->len);
	walk_cut(w, len);
	return clear && !w->unresolved;
}

static int open_stride(struct walk *w, const char *path)
{
	const struct open_how how = { .flags = WALK_DIRECTORY,
				      .resolve = RESOLVE_NO_SYMLINKS };

	return sys_openat2(w->dir < 0 ? AT_FDCWD : w->dir, path, &how);
}

/* To the directory of what is still to come, if there is no link on the way. */
static bool stride(struct walk *w)
{
	char *slash = strrchr(w->rest, '/');
	/* After a jump to the root there is a slash in front. */
	char *path = w->dir < 0 ? w->rest - 1 : w->rest;
	const size_t len = w->len;

	*slash = '\0';
	AUTO_CLOSE int fd = open_stride(w, path);
	const int error = fd < 0 ? errno : 0;
	switch (error) {
	case ENOSYS:
	case EPERM:
		no_openat2 = true;
		__attribute__((fallthrough));
	case ELOOP:
	case EAGAIN:
	case EINTR:
		w->slow = true;
		*slash = '/';
		return true;
	default:
		break;
	}
	if (w->dir >= 0 && !walk_search(w))
		return false;
	if (!walk_push_path(w, w->rest, (size_t)(slash - w->rest)))
		return false;
	if (!w->us && !walk_search_all(w, path, w->text, w->len))
		return false;
	if (error) {
		walk_cut(w, len);
		errno = error;
		return walk_failed(w);
	}
	walk_go(w, TAKE_FD(fd));
	w->searched = true;
	w->rest = slash + 1;
	return true;
}

/* --- component by component --- */

bool walk_expand(struct walk *w, const char *target, size_t len, bool last)
{
	const size_t rest = last ? 0 : strlen(w->rest) + 1;

	if (len == 0)
		return walk_error(w, ENOENT);
	char *heap = malloc(len + rest + 1);
	if (!heap)
		return walk_failed(w);
	memcpy(heap, target, len);
	if (rest) {
		heap[len] = '/';
		memcpy(heap + len + 1, w->rest, rest - 1);
	}
	heap[len + rest] = '\0';
	free(w->rest_heap);
	w->rest = w->rest_heap = heap;
	w->slow = false;
	if (last) {
		w->dangling = true;
		trim(w);
	}
	return true;
}

static bool in_procfs(const struct walk *w)
{
	struct statfs fs;

	return fstatfs(w->dir, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

static bool link_at(struct walk *w, const char *name, bool last)
{
	char target[PATH_MAX];

	if (in_procfs(w))
		return walk_procfs(w, name, last);
	ssize_t n = readlinkat(w->dir, name, target, sizeof(target));
	if (n < 0)
		return errno == EINVAL ? walk_error(w, ENOTDIR) : walk_failed(w);
	if (++w->links > WALK_LINKS || (w->resolve & RESOLVE_NO_SYMLINKS))
		return walk_error(w, ELOOP);
	if (last && !sticky_may_follow(w->who, w->dir, &w->st))
		return walk_error(w, EACCES);
	return walk_expand(w, target, (size_t)n, last);
}

static bool enter(struct walk *w, const char *name, size_t n)
{
	const size_t len = w->len;

	if (!walk_search(w) || !walk_push(w, name, n))
		return false;
	if (walk_hangs(w))
		return walk_ends_hanging(w);
	AUTO_CLOSE int fd = openat(w->dir, name, WALK_DIRECTORY | O_NOFOLLOW);
	if (fd < 0) {
		walk_cut(w, len);
		return errno == ENOTDIR || errno == ELOOP ? link_at(w, name, false)
							  : walk_failed(w);
	}
	if (!walk_cross(w, w->dir, fd))
		return false;
	walk_go(w, TAKE_FD(fd));
	return true;
}

static bool follows(const struct walk *w)
{
	/* A slash behind a link makes it one on the way, but for calls that look their
	 * last component up themselves; O_CREAT refuses such a name before it looks. */
	return !w->entry && (w->slash ? !w->create : w->follow);
}

static bool stays_on_mount(struct walk *w)
{
	struct sys_statx st;

	if (!(w->resolve & RESOLVE_NO_XDEV))
		return true;
	if (!stat_of(w->dir, &st))
		return walk_failed(w);
	return st.mnt_id == w->st.mnt_id ? true : walk_error(w, EXDEV);
}

/* Permission and that it is a directory are asked of the parent before the last
 * component is looked for; all else comes later. */
static bool missed(struct walk *w)
{
	switch (errno) {
	case EACCES:
	case ENOTDIR:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case EINTR:
		return walk_failed(w);
	case ENOENT:
		break;
	default:
		w->lookup = errno;
	}
	w->missing = true;
	return false;
}

/* The last component is looked at, not entered. */
static bool last_name(struct walk *w, const char *name, size_t n)
{
	const size_t len = w->len;

	if (!walk_search(w) || !walk_push(w, name, n))
		return false;
	w->last = LAST_NAME;
	w->name = len + 1;
	if (walk_hangs(w))
		return false; /* its mount point: the parent can be looked at */
	if (sys_statx(w->dir, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, WALK_STAT,
		      &w->st) < 0) {
		return missed(w);
	}
	if (S_ISLNK(w->st.mode) && follows(w)) {
		walk_cut(w, len);
		return link_at(w, name, true);
	}
	w->dangling = false;
	(void)stays_on_mount(w);
	return false;
}

static bool at_root(const struct walk *w)
{
	return (w->base >= 0 && same_place(w->dir, w->base)) ||
	       (w->root >= 0 && same_place(w->dir, w->root));
}

static bool ends_with_deleted(const struct walk *w)
{
	static const char tail[] = " (deleted)";
	const size_t n = sizeof(tail) - 1;

	return w->len >= n && memcmp(w->text + w->len - n, tail, n) == 0;
}

static bool up(struct walk *w)
{
	const bool deleted = ends_with_deleted(w);

	/* A relative path has not asked for it yet. */
	if (!w->tracee->own_view && w->root < 0) {
		w->root = tracee_open(w->view->tracees, w->tracee, "root");
		if (w->root < 0)
			return walk_open_failed(w, w->root);
	}
	if (at_root(w))
		return w->resolve & RESOLVE_BENEATH ? walk_error(w, EXDEV) : true;
	AUTO_CLOSE int fd = openat(w->dir, "..", WALK_DIRECTORY);
	if (fd < 0)
		return walk_failed(w);
	if (!walk_cross(w, w->dir, fd))
		return false;
	walk_go(w, TAKE_FD(fd));
	walk_pop(w);
	return deleted ? walk_retext(w, w->dir) : true;
}

/* "." and "..": the kernel asks for search permission there too. */
static bool dots(struct walk *w, size_t n, bool last)
{
	if (!walk_search(w))
		return false;
	if (n == 2) {
		if (last && !stat_of(w->dir, &w->in))
			return walk_failed(w);
		return up(w) && (!last || walk_ends_here(w, LAST_DOTDOT));
	}
	AUTO_CLOSE int fd = openat(w->dir, ".", WALK_DIRECTORY);
	if (fd < 0)
		return walk_failed(w);
	walk_go(w, TAKE_FD(fd));
	return !last || walk_ends_here(w, LAST_DOT);
}

static bool component(struct walk *w)
{
	char *name = w->rest;
	const size_t n = strcspn(name, "/");
	const bool last = name[n] == '\0';

	if (++w->steps > STEPS_MAX)
		return walk_unresolved(w, "paths of more than 16,384 components");
	if (w->dir < 0)
		w->dir = open("/", WALK_DIRECTORY);
	if (w->dir < 0)
		return walk_failed(w);
	name[n] = '\0';
	w->rest = name + n + !last;
	walk_skip_slashes(w);
	if (walk_is_dot(name, n) || walk_is_dotdot(name, n))
		return dots(w, n, last);
	return last ? last_name(w, name, n) : enter(w, name, n);
}

static bool step(struct walk *w)
{
	if (w->rest[0] == '/' && !walk_jump_root(w, false))
		return false;
	if (w->rest[0] == '\0')
		return walk_ends_here(w, LAST_ROOT);
	return may_stride(w) ? stride(w) : !w->unresolved && component(w);
}

static const struct planned_mount *planned_here(const struct walk *w)
{
	return planned_find(w->view->planned, w->text, w->len);
}

static void run(struct walk *w)
{
	/* Such a walk takes no strides: each step is one component. */
	const bool watch = w->view->planned && w->resolve & RESOLVE_NO_XDEV;
	const struct planned_mount *on = watch ? planned_here(w) : NULL;
	bool more;

	do {
		more = step(w);
		w->crosses |= watch && planned_here(w) != on;
	} while (more);
}

void path_walk_run(struct walk *w, const char *path, size_t len)
{
	if (len >= sizeof(w->buf)) {
		(void)walk_error(w, ENAMETOOLONG);
		return;
	}
	memcpy(w->buf, path, len);
	w->buf[len] = '\0';
	w->rest = w->buf;
	w->text[0] = '\0';
	trim(w);
	if (!walk_start(w))
		return;
	run(w);
}
