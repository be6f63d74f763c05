/* SPDX-License-Identifier: MIT
 *
 * Where a walk begins: at the tracee's root, its working directory, a descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "core/cleanup.h"
#include "probe/trace/names/walk.h"

#define SCOPED (RESOLVE_IN_ROOT | RESOLVE_BENEATH)

static int dup_of(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

bool walk_open_failed(struct walk *w, int code)
{
	errno = -code;
	switch (code) {
	case -EBADF:
	case -ENOTDIR:
		return walk_error(w, -code);
	case -EACCES:
	case -EPERM:
		return walk_unresolved(w, "relative paths of processes that gave up "
					  "their uid and whose directories are closed: "
					  "add SYS_PTRACE to "
					  "linuxParameters.capabilities.add");
	case -ESRCH:
	case -ENOENT:
		return walk_unresolved(w, "relative paths of threads that were killed "
					  "while they waited");
	default:
		return walk_failed(w);
	}
}

static bool start_relative(struct walk *w)
{
	struct tracees *all = w->view->tracees;
	char link[sizeof("fd/-2147483648/")] = "cwd";

	if (w->dirfd != AT_FDCWD)
		(void)snprintf(link, sizeof(link), "fd/%d/", w->dirfd);
	if (surface_may_hang(w->view->surface)) {
		ssize_t n = tracee_readlink(all, w->tracee, link, w->text, WALK_TEXT);

		w->len = n > 0 ? (size_t)n : 0;
		if (n > 0 && walk_hangs(w))
			return walk_ends_hanging(w);
	}
	int fd = tracee_open(all, w->tracee, link);
	if (fd < 0)
		return walk_open_failed(w, fd);
	walk_go(w, fd);
	if (!walk_retext(w, fd))
		return false;
	w->base_len = w->len;
	if (!(w->resolve & SCOPED))
		return true;
	w->base = dup_of(fd);
	return w->base < 0 ? walk_failed(w) : true;
}

/* To the tracee's "/": ours, one of its own, or what openat2 was told. */
static bool go_root(struct walk *w)
{
	if (w->resolve & RESOLVE_IN_ROOT) {
		walk_go(w, dup_of(w->base));
	} else if (w->tracee->own_view) {
		walk_go(w, -1);
		walk_cut(w, 0);
		w->base_len = 0;
		return true;
	} else {
		if (w->root < 0)
			w->root = tracee_open(w->view->tracees, w->tracee, "root");
		if (w->root < 0)
			return walk_open_failed(w, w->root);
		walk_go(w, dup_of(w->root));
	}
	if (w->dir < 0)
		return walk_failed(w);
	if (!walk_retext(w, w->dir))
		return false;
	w->base_len = w->len;
	return true;
}

void walk_skip_slashes(struct walk *w)
{
	w->rest += strspn(w->rest, "/");
}

bool walk_jump_root(struct walk *w, bool first)
{
	AUTO_CLOSE int from = -1;

	if (w->resolve & RESOLVE_BENEATH)
		return walk_error(w, EXDEV);
	if (!first && w->resolve & RESOLVE_NO_XDEV && w->dir >= 0)
		from = dup_of(w->dir);
	walk_skip_slashes(w);
	if (!go_root(w))
		return false;
	if (from < 0)
		return true;
	if (w->dir < 0)
		w->dir = open("/", WALK_DIRECTORY);
	return walk_cross(w, from, w->dir);
}

bool walk_start(struct walk *w)
{
	if (w->rest[0] == '/' && !(w->resolve & RESOLVE_IN_ROOT))
		return walk_jump_root(w, true);
	if (!start_relative(w))
		return false;
	walk_skip_slashes(w);
	return true;
}
