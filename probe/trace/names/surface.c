/* SPDX-License-Identifier: MIT */
#include "probe/trace/names/surface.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/str.h"
#include "core/table.h"
#include "probe/proc/mounts.h"
#include "probe/trace/names/mount_table.h"

/* A call that mounts is let through after we were told of it, and may take a while. */
#define WATCH_NS 1000000000
/* Reading may take a tenth of a processor, and this much more at once: somebody who
 * mounts all the time shall not keep us from all other work. */
#define SHARE	  10
#define CREDIT_NS 50000000

/* The list of one namespace. */
struct view {
	int fd; /* its mountinfo: poll(2) says when that changed; -1: none */
	struct mount_table table;
	bool stale;
	int64_t credit, credited; /* for reading; when it was last counted */
};

/* What was there at the beginning: a later mount of the same files is like it. */
struct origin {
	uint64_t device;
	char *root;
	bool becomes;
};

struct surface {
	bool every;
	int proc; /* whose mounts these are; -1: ours */
	struct view own, other;
	struct list first; /* struct origin */
	int64_t polled, watch_until;
};

/* --- which become read-only --- */

/* ECS binds these into the container as a user's volume is bound. */
#define ECS_EXEC "/ecs-execute-command-"

static bool is_kernel_place(const char *path)
{
	return path_is_below(path, "/proc") || path_is_below(path, "/sys") ||
	       path_is_below(path, "/dev");
}

static bool rule_first(const void *user, const struct mount_entry *e,
		       const struct mountinfo_line *line)
{
	const struct surface *s = user;

	if (!line) /* the root of a chroot */
		return true;
	if (s->every)
		return !is_kernel_place(e->mount.path);
	switch (mounts_kind(line)) {
	case MOUNT_ROOT:
		return true;
	case MOUNT_RUNTIME:
		return strncmp(e->mount.path, ECS_EXEC, sizeof(ECS_EXEC) - 1) != 0;
	case MOUNT_OTHER:
	case MOUNT_KERNEL: /* which is read-only already, or stays as it is */
	case MOUNT_TMPFS:
	case MOUNT_VOLUME:
		break;
	}
	return false;
}

static bool is_stacked(const struct mountinfo_line *line)
{
	static const char *const types[] = { "overlay", "aufs", "ecryptfs" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strcmp(line->fstype, types[i]) == 0)
			return true;
	return false;
}

static bool is_first(const struct surface *s, uint64_t device)
{
	LIST_EACH (const struct origin, it, &s->first)
		if (it->device == device)
			return true;
	return false;
}

/* A bind, or the copy in a new namespace, has the flags of what it was made of: of the
 * mounts of that file system the one whose files are nearest above. */
static bool rule_later(const void *user, const struct mount_entry *e,
		       const struct mountinfo_line *line)
{
	const struct surface *s = user;
	const struct origin *best = NULL;

	/* Made of directories that are elsewhere: what is written in it is written there,
	 * and on a read-only mount it could not even be mounted. */
	if (line && is_stacked(line) && !is_first(s, e->device))
		return true;
	if (s->every)
		return !is_kernel_place(e->mount.path);
	LIST_EACH (const struct origin, it, &s->first) {
		if (it->device != e->device)
			continue;
		if (!e->root || !it->root)
			return true; /* cannot be told: rather one too many */
		if (path_is_below(e->root, it->root) &&
		    (!best || strlen(it->root) > strlen(best->root)))
			best = it;
	}
	return best && best->becomes;
}

static int keep_origins(struct surface *s)
{
	LIST_EACH (struct mount_entry *, it, &s->own.table.list) {
		struct origin *o = LIST_ADD(&s->first, struct origin);

		if (!o)
			return -ENOMEM;
		o->device = (*it)->device;
		o->becomes = (*it)->becomes;
		if (str_set(&o->root, (*it)->root) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* --- reading --- */

static int64_t now_ns(clockid_t clock)
{
	struct timespec t = { 0 };

	(void)clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* In large pieces: between two of them the list may change. */
static int read_whole(int fd, struct str *out)
{
	static char buf[65536];

	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		int r = str_add(out, buf, (size_t)n);
		if (r < 0)
			return r;
	}
}

static bool poll_changed(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLPRI };

	/* A plain file, of a test, is always readable and never changed. */
	return poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLPRI));
}

static int load(const struct surface *s, struct view *v, const struct sys_statx *root,
		mount_rule *rule, struct err *err)
{
	AUTO(str_done) struct str text = STR_INIT(MOUNTINFO_MAX);
	const int64_t begin = now_ns(CLOCK_PROCESS_CPUTIME_ID);

	/* Before it is read: what changes meanwhile shows at the next question. */
	(void)poll_changed(v->fd);
	int r = read_whole(v->fd, &text);
	r = r < 0 ? err_set(err, r, "mountinfo: %s", err_words(r))
		  : mount_table_load(&v->table, text.s, text.len, root, rule, s, err);
	const int64_t end = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	v->credit -= end - begin;
	v->stale = r < 0;
	return r;
}

static bool may_read(struct view *v)
{
	const int64_t now = now_ns(CLOCK_MONOTONIC);

	v->credit += (now - v->credited) / SHARE;
	v->credited = now;
	if (v->credit > CREDIT_NS)
		v->credit = CREDIT_NS;
	return v->credit > 0;
}

static const struct sys_statx *root_of(int dir, const char *path, struct sys_statx *st)
{
	return sys_statx(dir, path, 0, SYS_STATX_BASIC | SYS_STATX_MNT_ID, st) == 0 &&
			       (st->mask & SYS_STATX_MNT_ID)
		       ? st
		       : NULL;
}

static int load_own(struct surface *s, mount_rule *rule, struct err *err)
{
	struct sys_statx st;

	return load(s, &s->own,
		    s->proc < 0 ? root_of(AT_FDCWD, "/", &st)
				: root_of(s->proc, "root", &st),
		    rule, err);
}

int surface_new(int proc, bool every, struct surface **ret, struct err *err)
{
	struct surface *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return err_set(err, -ENOMEM, "out of memory");
	s->every = every;
	s->other.fd = -1;
	s->proc = proc < 0 ? -1 : fcntl(proc, F_DUPFD_CLOEXEC, 0);
	s->own.fd = s->proc < 0 ? open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC)
				: openat(s->proc, "mountinfo", O_RDONLY | O_CLOEXEC);
	if (s->own.fd < 0)
		r = err_set(err, -errno, "mountinfo: %s", err_words(errno));
	else
		r = load_own(s, rule_first, err);
	if (r == 0 && keep_origins(s) < 0)
		r = err_set(err, -ENOMEM, "out of memory");
	if (r < 0) {
		surface_done(s);
		return r;
	}
	*ret = s;
	return 0;
}

void surface_done(struct surface *s)
{
	if (!s)
		return;
	mount_table_done(&s->own.table);
	mount_table_done(&s->other.table);
	cleanup_close(&s->own.fd);
	cleanup_close(&s->other.fd);
	cleanup_close(&s->proc);
	LIST_EACH (struct origin, it, &s->first)
		free(it->root);
	list_done(&s->first);
	free(s);
}

/* --- asking --- */

void surface_changed(struct surface *s)
{
	s->own.stale = true;
	s->watch_until = now_ns(CLOCK_MONOTONIC_COARSE) + WATCH_NS;
}

/* poll(2) is asked once in a tick of the coarse clock (1 to 10 ms), which costs no
 * system call to look at; each time where a mount is under way. */
static bool is_due(struct surface *s)
{
	const int64_t now = now_ns(CLOCK_MONOTONIC_COARSE);

	if (s->own.stale)
		return true;
	if (now == s->polled && now > s->watch_until)
		return false;
	s->polled = now;
	return poll_changed(s->own.fd);
}

static void read_again(struct surface *s)
{
	struct err err = ERR_INIT;

	s->own.stale = true;
	if (may_read(&s->own))
		(void)load_own(s, rule_later, &err);
}

const struct surface_mount *surface_find(struct surface *s, uint64_t id)
{
	if (is_due(s))
		read_again(s);
	const struct mount_entry *e = mount_table_find(&s->own.table, id);
	if (!e && (s->own.stale || poll_changed(s->own.fd))) {
		read_again(s);
		e = mount_table_find(&s->own.table, id);
	}
	return e ? &e->mount : NULL;
}

static void read_other(struct surface *s, pid_t tid)
{
	char path[sizeof("/proc/-2147483648/mountinfo")];
	struct sys_statx st;
	struct err err = ERR_INIT;

	if (!may_read(&s->other))
		return;
	cleanup_close(&s->other.fd);
	(void)snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)tid);
	s->other.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (s->other.fd < 0)
		return;
	(void)snprintf(path, sizeof(path), "/proc/%d/root", (int)tid);
	(void)load(s, &s->other, root_of(AT_FDCWD, path, &st), rule_later, &err);
}

const struct surface_mount *surface_find_of(struct surface *s, pid_t tid, uint64_t id)
{
	const struct mount_entry *e = mount_table_find(&s->other.table, id);

	/* Another namespace than the last one, or the same and it changed. */
	if (!e || s->other.stale || poll_changed(s->other.fd)) {
		s->other.stale = true;
		read_other(s, tid);
		e = mount_table_find(&s->other.table, id);
	}
	return e ? &e->mount : NULL;
}

bool surface_may_hang(struct surface *s)
{
	if (is_due(s))
		read_again(s);
	return s->own.table.hanging.len > 0;
}

const struct surface_mount *surface_hangs(const struct surface *s, const char *path,
					  size_t len)
{
	LIST_EACH (struct mount_entry *, it, &s->own.table.hanging) {
		const char *top = (*it)->mount.path;
		const size_t n = strlen(top);

		if (len >= n && memcmp(path, top, n) == 0 && (len == n || path[n] == '/'))
			return &(*it)->mount;
	}
	return NULL;
}

bool surface_could_become(const struct surface *s, const struct sys_statx *st)
{
	const uint64_t device = (uint64_t)st->dev_major << 32 | st->dev_minor;

	LIST_EACH (const struct origin, it, &s->first)
		if (it->becomes && it->device == device)
			return true;
	return s->every;
}

int surface_list(const struct surface *s, struct list *ret)
{
	LIST_EACH (struct mount_entry *, it, &s->own.table.list) {
		const struct surface_mount *m = &(*it)->mount, **slot;

		if (!m->planned || m->readonly || (*it)->hidden)
			continue;
		slot = LIST_ADD(ret, const struct surface_mount *);
		if (!slot)
			return -ENOMEM;
		*slot = m;
	}
	return 0;
}

bool surface_is_container(const struct surface *s)
{
	static const char *const images[] = { "overlay", "aufs", "fuse.fuse-overlayfs" };
	bool image = false, runtime = false;

	LIST_EACH (struct mount_entry *, it, &s->own.table.list) {
		const struct surface_mount *m = &(*it)->mount;

		runtime |= strcmp(m->path, "/etc/hosts") == 0 ||
			   strcmp(m->path, "/etc/resolv.conf") == 0;
		for (size_t i = 0; i < ARRAY_LEN(images); i++)
			image |= strcmp(m->path, "/") == 0 &&
				 strcmp(m->fstype, images[i]) == 0;
	}
	return image || runtime;
}
