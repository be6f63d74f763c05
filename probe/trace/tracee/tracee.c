/* SPDX-License-Identifier: MIT */
#include "probe/trace/tracee/tracee.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/num.h"
#include "probe/proc/status.h"
#include "probe/proc/words.h"
#include "probe/trace/tracee/state.h"

/* About 1.5 KiB; at most 65,536 groups of up to 11 bytes come on top. */
#define STATUS_MAX (1024 * 1024)

/* --- who it is --- */

static int read_all(int fd, struct str *out)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (str_add(out, buf, (size_t)n) < 0)
			return out->error;
	if (n < 0)
		return -errno;
	/* A NUL would hide what follows it. */
	return strlen(out->s) == out->len ? 0 : -EINVAL;
}

static int take_tgid(const char *text, pid_t *ret)
{
	struct words all = { .at = text, .end = text + strlen(text) }, line;
	char word[WORD_MAX];
	int64_t n;

	while (lines_next(&all, &line)) {
		if (!words_skip(&line, "Tgid:"))
			continue;
		if (words_next(&line, " \t", word) <= 0 || num_i64(word, &n) < 0 ||
		    n <= 0 || n > INT_MAX)
			return -EINVAL;
		*ret = (pid_t)n;
		return 0;
	}
	return -ENODATA;
}

int entry_look_who(struct entry *e, pid_t *tgid)
{
	AUTO(str_done) struct str text = STR_INIT(STATUS_MAX);
	AUTO_CLOSE int fd = openat(entry_proc(e), "status", O_RDONLY | O_CLOEXEC);
	struct identity_facts who = { 0 };
	struct err err = ERR_INIT;
	int r = fd < 0 ? -errno : read_all(fd, &text);

	if (r == 0)
		r = take_tgid(text.s, tgid);
	if (r == 0)
		r = status_parse(text.s, &who, &err);
	if (r < 0)
		return r;
	identity_done(&e->tracee.who);
	e->tracee.who = who;
	e->tracee.who.part.known = true;
	e->who_stale = e->borrow = false;
	return 0;
}

/* --- what its process is --- */

static void set_exe(struct process *p, const char *text)
{
	if (p->exe && text && strcmp(p->exe, text) == 0)
		return;
	(void)str_set(&p->exe, text);
}

/* What it executes is the question that tells whether it answers us at all. */
static void look_process(struct tracees *all, struct entry *e)
{
	struct process *p = e->process;
	char exe[PATH_MAX];
	int n = look_readlink(all, e, "exe", exe, sizeof(exe) - 1);

	p->closed = n == -EACCES;
	if (n >= 0) {
		exe[n] = '\0';
		set_exe(p, exe);
	}
	if (memory_settle(e)) {
		kept_drop(p);
		set_exe(p, NULL);
	}
	p->known = true;
}

void entry_settle(struct entry *e)
{
	if (!e->changing)
		return;
	e->changing = false;
	e->process->changing--;
}

/* Of threads that do not come back, as after the exec of another one. */
static void settle_dead(struct tracees *all, const struct process *p)
{
	for (struct entry *it = all->oldest, *newer; it; it = newer) {
		newer = it->newer;
		if (it->process == p && it->changing && !entry_is_alive(it))
			entry_drop(all, it);
	}
}

static void refresh_process(struct tracees *all, struct entry *e)
{
	struct process *p = e->process;

	if (p->known && p->changing == 0)
		return;
	entry_settle(e);
	if (p->changing > 0)
		settle_dead(all, p);
	look_process(all, e);
	if (p->changing > 0)
		return;
	p->may_exec = false;
	if (!p->closed)
		kept_drop(p);
}

/* --- its view --- */

static bool is_our_root(const struct tracees *all, const struct sys_statx *st)
{
	/* A mount is of one mount namespace alone. */
	return (st->mask & all->root.mask & SYS_STATX_MNT_ID) &&
	       st->mnt_id == all->root.mnt_id && st->ino == all->root.ino &&
	       st->dev_major == all->root.dev_major &&
	       st->dev_minor == all->root.dev_minor;
}

static int statx_kept(struct entry *e, unsigned mask, struct sys_statx *ret)
{
	int fd = kept_find(e, "root");

	if (fd < 0)
		return fd;
	return sys_statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT | SYS_AT_STATX_DONT_SYNC,
			 mask, ret);
}

static void look_view(struct tracees *all, struct entry *e)
{
	const unsigned mask = SYS_STATX_INO | SYS_STATX_MNT_ID;
	struct sys_statx st = { 0 };
	int r = look_statx(all, e, "root", mask, &st);

	if (r == -EACCES)
		r = statx_kept(e, mask, &st);
	e->tracee.own_view = r == 0 && is_our_root(all, &st);
	e->view = all->view;
}

/* Whose call that may change a root has certainly ended: the thread is back, or gone. */
static void settle_views(struct tracees *all, pid_t tid)
{
	for (size_t i = 0; i < all->unsettled_len;) {
		struct entry *e = entry_find(all, all->unsettled[i]);

		if (all->unsettled[i] != tid && e && entry_is_alive(e)) {
			i++;
			continue;
		}
		all->unsettled[i] = all->unsettled[--all->unsettled_len];
		all->view++;
	}
}

static void unsettle_view(struct tracees *all, pid_t tid)
{
	all->view++;
	/* Where there are too many, the oldest is not waited for. */
	if (all->unsettled_len == UNSETTLED_MOST)
		memmove(all->unsettled, all->unsettled + 1,
			--all->unsettled_len * sizeof(all->unsettled[0]));
	all->unsettled[all->unsettled_len++] = tid;
}

static void refresh_view(struct tracees *all, struct entry *e)
{
	if (all->unsettled_len > 0)
		settle_views(all, e->tracee.tid);
	if (e->view != all->view || all->unsettled_len > 0)
		look_view(all, e);
}

/* --- the table's questions --- */

const struct tracee *tracees_get(struct tracees *all, pid_t tid)
{
	struct entry *e = entry_find(all, tid);
	pid_t tgid;

	if (e && !entry_is_alive(e)) {
		entry_drop(all, e);
		e = NULL;
	}
	if (!e)
		e = entry_add(all, tid);
	if (!e)
		return NULL;
	entry_touch(all, e);
	/* After an exec the leader's TID is that of the thread which made it. */
	if ((e->who_stale || e->process->may_exec) && entry_look_who(e, &tgid) < 0) {
		entry_drop(all, e);
		return NULL;
	}
	refresh_process(all, e);
	if (e->process->closed)
		kept_check(e);
	refresh_view(all, e);
	e->tracee.exe = e->process->exe;
	e->tracee.closed = e->process->closed;
	return &e->tracee;
}

static bool is_fd(const char *link)
{
	return strncmp(link, "fd/", 3) == 0;
}

int tracee_open(struct tracees *all, const struct tracee *tracee, const char *link)
{
	struct entry *e = entry_find(all, tracee->tid);
	int r = -EACCES;

	if (!e)
		return -ESRCH;
	if (!e->process->closed)
		r = look_open(all, e, link, O_PATH);
	if (r == -ENOENT && is_fd(link))
		return -EBADF;
	if (r != -EACCES)
		return r;
	r = kept_find(e, link);
	if (r < 0)
		return r;
	r = fcntl(r, F_DUPFD_CLOEXEC, 0);
	return r < 0 ? -errno : r;
}

int tracee_open_fdinfo(struct tracees *all, const struct tracee *tracee, int number)
{
	struct entry *e = entry_find(all, tracee->tid);
	char name[sizeof("fdinfo/-2147483648")];

	(void)snprintf(name, sizeof(name), "fdinfo/%d", number);
	return e ? look_open(all, e, name, O_RDONLY) : -ESRCH;
}

static int readlink_kept(const struct tracees *all, struct entry *e, const char *link,
			 char *ret, size_t size)
{
	char own[32];
	int fd = kept_find(e, link);

	if (fd < 0)
		return fd;
	(void)snprintf(own, sizeof(own), "self/fd/%d", fd);
	ssize_t n = readlinkat(all->proc, own, ret, size);
	return n < 0 ? -errno : (int)n;
}

int tracee_readlink(struct tracees *all, const struct tracee *tracee, const char *link,
		    char *ret, size_t size)
{
	struct entry *e = entry_find(all, tracee->tid);
	char plain[NAME_MAX + 1];
	size_t len = strlen(link);
	int r = -EACCES;

	if (!e)
		return -ESRCH;
	if (len == 0 || len >= sizeof(plain) || size == 0)
		return -EINVAL;
	/* With its slash it would be followed. */
	len -= link[len - 1] == '/';
	(void)snprintf(plain, sizeof(plain), "%.*s", (int)len, link);
	if (!e->process->closed)
		r = look_readlink(all, e, plain, ret, size);
	if (r == -EACCES)
		r = readlink_kept(all, e, link, ret, size);
	if (r == -ENOENT && is_fd(link))
		return -EBADF;
	if (r < 0)
		return r;
	if ((size_t)r == size)
		return -ENAMETOOLONG;
	ret[r] = '\0';
	return r;
}

/* --- before a call is let through --- */

static void changes(struct entry *e)
{
	if (!e->changing)
		e->process->changing++;
	e->changing = true;
}

static bool called(const struct request *request, const char *name)
{
	return strcmp(request->call->name, name) == 0;
}

static void before_exec(struct entry *e)
{
	memory_before_exec(e);
	e->process->may_exec = true;
	e->who_stale = true;
	changes(e);
}

static void before_drop(struct tracees *all, struct entry *e)
{
	kept_take(all, e);
	e->who_stale = true;
	changes(e);
}

/* Everybody whose root or working directory was the old root gets the new one. */
static void forget_all_paths(struct tracees *all)
{
	for (struct entry *e = all->oldest; e; e = e->newer)
		kept_forget_paths(e->process);
}

static void before_mount(struct tracees *all, struct entry *e,
			 const struct request *request)
{
	const uint64_t flags = request->args[0];

	unsettle_view(all, e->tracee.tid);
	/* What is kept of the dead keeps a mount busy. */
	tracees_sweep(all);
	if (called(request, "pivot_root"))
		forget_all_paths(all);
	if (called(request, "setns")) {
		kept_forget_paths(e->process);
		e->who_stale = true;
	}
	if (!called(request, "unshare"))
		return;
	e->who_stale = true;
	if (flags & (CLONE_NEWNS | CLONE_NEWUSER))
		kept_forget_paths(e->process);
	if (flags & (CLONE_NEWNS | CLONE_NEWUSER | CLONE_FS))
		e->process->split_fs = true;
}

void tracee_before(struct tracees *all, const struct tracee *tracee,
		   const struct request *request, int to)
{
	struct entry *e = entry_find(all, tracee->tid);

	if (!e)
		return;
	switch ((int)request->kind) {
	case CALL_EXEC:
		before_exec(e);
		break;
	case CALL_CREDS:
	case CALL_PRCTL:
		before_drop(all, e);
		break;
	case CALL_CHDIR:
	case CALL_FCHDIR:
		kept_move(e, false, to);
		break;
	case CALL_CHROOT:
		unsettle_view(all, e->tracee.tid);
		kept_move(e, true, to);
		break;
	case CALL_MOUNT:
		before_mount(all, e, request);
		break;
	default:
		break;
	}
}

void tracee_unsent(struct tracees *all, pid_t tid)
{
	struct entry *e = entry_find(all, tid);

	if (e)
		kept_unmove(e);
}
