/* SPDX-License-Identifier: MIT
 *
 * Links in /proc: "self" is the tracee, not us, and those below a process's directory
 * (cwd, root, exe, fd/N ...) are no text but lead straight to a file.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/num.h"
#include "probe/trace/names/walk.h"

/* PROC_ROOT_INO */
#define PROC_ROOT 1

/* Whose directory this is, of its text "[...]/PID[/task/TID][/fd|/ns|/map_files]". */
struct owner {
	pid_t pid, tid; /* tid 0: of the process */
	char sub[16];	/* "fd" */
};

/* Cuts the last component off 'text'; NULL at its beginning. */
static const char *cut_last(char *text)
{
	char *slash = strrchr(text, '/');

	if (!slash)
		return NULL;
	*slash = '\0';
	return slash + 1;
}

static bool is_pid(const char *name, pid_t *ret)
{
	uint64_t n;

	if (!name || !isdigit((unsigned char)name[0]) || num_u64(name, 10, &n) < 0 ||
	    n > INT32_MAX)
		return false;
	*ret = (pid_t)n;
	return true;
}

static bool find_owner(const char *text, size_t len, struct owner *ret)
{
	char copy[128];

	/* Of a long mount point only the end matters. */
	if (len >= sizeof(copy)) {
		text += len - (sizeof(copy) - 1);
		len = sizeof(copy) - 1;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	const char *name = cut_last(copy);
	if (!name)
		return false;
	ret->sub[0] = '\0';
	if (strcmp(name, "fd") == 0 || strcmp(name, "ns") == 0 ||
	    strcmp(name, "map_files") == 0) {
		(void)snprintf(ret->sub, sizeof(ret->sub), "%s/", name);
		name = cut_last(copy);
	}
	if (!is_pid(name, &ret->pid))
		return false;
	ret->tid = 0;
	name = cut_last(copy);
	if (name && strcmp(name, "task") == 0 && is_pid(cut_last(copy), &ret->tid)) {
		const pid_t tid = ret->pid;

		ret->pid = ret->tid;
		ret->tid = tid;
	}
	return true;
}

/* Are the numbers of this procfs ours, as those that we know the tracee by? */
static bool numbers_are_ours(const struct walk *w)
{
	char ours[16], here[16];
	const ssize_t n = readlinkat(AT_FDCWD, "/proc/self", ours, sizeof(ours));

	return n > 0 && readlinkat(w->dir, "self", here, sizeof(here)) == n &&
	       memcmp(ours, here, (size_t)n) == 0;
}

/* That of another PID namespace is left for ours. */
static bool go_self(struct walk *w, bool thread, bool last)
{
	char path[64];
	const size_t from = numbers_are_ours(w) ? sizeof("/proc/") - 1 : 0;
	const int n =
		thread ? snprintf(path, sizeof(path), "/proc/%d/task/%d",
				  (int)w->tracee->tgid, (int)w->tracee->tid)
		       : snprintf(path, sizeof(path), "/proc/%d", (int)w->tracee->tgid);

	if (from)
		return walk_expand(w, path + from, (size_t)n - from, last);
	AUTO_CLOSE int fd = open(path, WALK_DIRECTORY);
	if (fd < 0)
		return walk_unresolved(w, "paths through /proc/self, for which /proc is "
					  "needed and not there");
	memcpy(w->text, path, (size_t)n + 1);
	w->len = (size_t)n;
	walk_go(w, TAKE_FD(fd));
	return last ? walk_ends_here(w, LAST_NAME) : true;
}

static bool go_text(struct walk *w, const char *name, bool last)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(w->dir, name, target, sizeof(target));

	if (n < 0)
		return errno == EINVAL ? walk_error(w, ENOTDIR) : walk_failed(w);
	return walk_expand(w, target, (size_t)n, last);
}

/* Its own link, by way of what we know of it; the kernel always lets it. */
static int open_own(struct walk *w, const struct owner *owner, const char *name,
		    bool last)
{
	char link[sizeof(owner->sub) + NAME_MAX + 2];
	struct tracees *all = w->view->tracees;

	/* With a slash it asks for a directory, which can be told of a closed process. */
	(void)snprintf(link, sizeof(link), "%s%s%s", owner->sub, name,
		       !last && strcmp(owner->sub, "fd/") == 0 ? "/" : "");
	if (surface_may_hang(w->view->surface)) {
		ssize_t n = tracee_readlink(all, w->tracee, link, w->text, WALK_TEXT);

		w->len = n > 0 ? (size_t)n : 0;
		w->hangs =
			n > 0 ? surface_hangs(w->view->surface, w->text, w->len) : NULL;
		if (w->hangs)
			return -EAGAIN;
	}
	return tracee_open(all, w->tracee, link);
}

static bool own_failed(struct walk *w, int code)
{
	switch (code) {
	case -EBADF:
	case -ENOENT:
		return walk_error(w, ENOENT);
	case -EACCES:
	case -EPERM:
		return walk_unresolved(w, "paths through /proc/self of processes that "
					  "gave up their uid and whose directories are "
					  "closed: add SYS_PTRACE to "
					  "linuxParameters.capabilities.add");
	default:
		errno = -code;
		return walk_failed(w);
	}
}

/* The link of another process, or of another thread: asked for with our credentials. */
static int open_others(struct walk *w, const char *name)
{
	if (surface_may_hang(w->view->surface)) {
		ssize_t n = readlinkat(w->dir, name, w->text, WALK_TEXT - 1);

		walk_cut(w, n > 0 ? (size_t)n : 0);
		w->hangs = surface_hangs(w->view->surface, w->text, w->len);
		if (w->hangs)
			return -EAGAIN;
	}
	const int fd = openat(w->dir, name, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* It looks at its own threads and at its children even where we may not, whoever we are:
 * that we are refused tells nothing. */
static bool others_failed(struct walk *w, int code)
{
	if (code == -EACCES || code == -EPERM)
		return walk_unresolved(w, "paths through /proc/PID of processes that "
					  "taskprobe may not look into: add SYS_PTRACE "
					  "to linuxParameters.capabilities.add");
	errno = -code;
	return walk_failed(w);
}

/* The leader's, with the credentials that may look: a thread of its own mind (unshare
 * with CLONE_FS) has other directories. What was kept of a closed process knows of those.
 */
static int open_leaders(struct walk *w, const struct owner *owner, const char *name,
			bool last)
{
	char link[sizeof("../-2147483648/") + sizeof(owner->sub) + NAME_MAX + 1];

	(void)snprintf(link, sizeof(link), "../%d/%s%s", (int)w->tracee->tgid, owner->sub,
		       name);
	const int fd = tracee_open(w->view->tracees, w->tracee, link);

	return fd == -EACCES && w->tracee->closed ? open_own(w, owner, name, last) : fd;
}

static bool go_magic(struct walk *w, const struct owner *owner, const char *name,
		     bool last)
{
	/* "/proc/self" is the leader, whose directories a thread need not share. */
	const bool leader = w->tracee->tid == w->tracee->tgid;
	const bool ours = !owner->tid && owner->pid == w->tracee->tgid;
	const bool own = owner->tid ? owner->tid == w->tracee->tid : ours && leader;
	AUTO_CLOSE int fd = own ? open_own(w, owner, name, last) : open_others(w, name);

	if (ours && !own && fd == -EACCES)
		fd = open_leaders(w, owner, name, last);
	if (w->hangs)
		return walk_ends_hanging(w);
	if (fd < 0)
		return own || ours ? own_failed(w, fd) : others_failed(w, fd);
	if (!walk_retext(w, fd))
		return false;
	walk_go(w, TAKE_FD(fd));
	return last ? walk_ends_here(w, LAST_NAME) : true;
}

bool walk_procfs(struct walk *w, const char *name, bool last)
{
	char text[PATH_MAX];
	struct sys_statx st;
	struct owner owner;

	if (sys_statx(w->dir, "", AT_EMPTY_PATH, WALK_STAT, &st) < 0)
		return walk_failed(w);
	if (++w->links > WALK_LINKS || (w->resolve & RESOLVE_NO_SYMLINKS))
		return walk_error(w, ELOOP);
	const bool thread = strcmp(name, "thread-self") == 0;
	if (st.ino == PROC_ROOT && (thread || strcmp(name, "self") == 0))
		return go_self(w, thread, last);
	const ssize_t n = walk_fd_text(w->dir, text, sizeof(text));
	if (st.ino == PROC_ROOT || n < 0 || !find_owner(text, (size_t)n, &owner))
		return go_text(w, name, last);
	/* A file, which is no link at all, or one that we may not read. */
	char target[2];
	if (readlinkat(w->dir, name, target, sizeof(target)) < 0 && errno == EINVAL)
		return walk_error(w, ENOTDIR);
	if (w->resolve & RESOLVE_NO_MAGICLINKS)
		return walk_error(w, ELOOP);
	if (w->resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_NO_XDEV))
		return walk_error(w, EXDEV);
	return go_magic(w, &owner, name, last);
}
