/* SPDX-License-Identifier: MIT
 *
 * The table of threads and of their processes: by number, and by use.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/cleanup.h"
#include "probe/proc/status.h"
#include "probe/trace/tracee/state.h"

#define PIDFD_THREAD O_EXCL /* Linux 6.9 */

/* A descriptor or two of each thread, up to four of each process, and what it keeps: a
 * quarter of what we may open, and the same for directories. */
#define SHARE 4

static int own_root(struct sys_statx *ret)
{
	return sys_statx(AT_FDCWD, "/", AT_NO_AUTOMOUNT | SYS_AT_STATX_DONT_SYNC,
			 SYS_STATX_INO | SYS_STATX_MNT_ID, ret);
}

struct tracees *tracees_new(int proc, size_t most)
{
	struct tracees *all = calloc(1, sizeof(*all));
	const long fds = sysconf(_SC_OPEN_MAX);
	size_t buckets = 16;

	if (!all)
		return NULL;
	all->proc = proc;
	all->view = 1; /* of a new entry: 0 */
	all->most = fds > 0 && most > (size_t)fds / SHARE ? (size_t)fds / SHARE : most;
	if (all->most < 2)
		all->most = 2;
	while (buckets < all->most && buckets < 1U << 20)
		buckets *= 2;
	all->mask = (unsigned)buckets - 1;
	all->threads = calloc(buckets, sizeof(struct entry *));
	all->processes = calloc(buckets, sizeof(struct process *));
	if (!all->threads || !all->processes || own_root(&all->root) < 0 ||
	    own_read(&all->own) < 0) {
		tracees_done(all);
		return NULL;
	}
	return all;
}

/* --- lives --- */

static void life_done(struct life *life)
{
	cleanup_close(&life->proc);
	cleanup_close(&life->pidfd);
	life->proc = life->pidfd = -1;
}

/* Without a flag a pidfd is of a whole process, named by its leader alone. */
static int pidfd_of(pid_t tid)
{
	int fd = sys_pidfd_open(tid, 0);

	return fd >= 0 || errno == EMFILE || errno == ENFILE
		       ? fd
		       : sys_pidfd_open(tid, PIDFD_THREAD);
}

static bool no_more_fds(void)
{
	return errno == EMFILE || errno == ENFILE;
}

/* The pidfd first: if that TID is reused in between, it says so at the next question. */
static int life_open(struct tracees *all, pid_t tid, struct life *ret)
{
	char name[16];

	(void)snprintf(name, sizeof(name), "%d", (int)tid);
	do {
		errno = 0;
		ret->proc = -1;
		ret->pidfd = pidfd_of(tid);
		if (ret->pidfd < 0 && no_more_fds())
			continue;
		ret->proc = openat(all->proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (ret->proc >= 0)
			return 0;
		life_done(ret);
	} while (no_more_fds() && tracees_shrink(all));
	return -ESRCH;
}

static bool life_is(const struct life *life)
{
	struct pollfd ended = { .fd = life->pidfd, .events = POLLIN };

	if (life->pidfd >= 0)
		return poll(&ended, 1, 0) == 0;
	return faccessat(life->proc, "comm", F_OK, 0) == 0;
}

bool entry_is_alive(struct entry *e)
{
	return life_is(entry_life(e));
}

/* --- processes --- */

static struct process **process_slot(const struct tracees *all, pid_t tgid)
{
	struct process **slot = &all->processes[(unsigned)tgid & all->mask];

	while (*slot && (*slot)->tgid != tgid)
		slot = &(*slot)->next;
	return slot;
}

static void process_free(struct process *p)
{
	kept_drop(p);
	life_done(&p->life);
	cleanup_close(&p->mem);
	free(p->exe);
	free(p);
}

static void process_leave(struct tracees *all, struct process *p)
{
	struct process **slot = process_slot(all, p->tgid);

	if (--p->threads > 0)
		return;
	/* One that ended may have been taken out already. */
	if (*slot == p)
		*slot = p->next;
	process_free(p);
}

/* 'leader': the life of its leader, taken; without a 'proc' it is opened here. */
static struct process *process_new(struct tracees *all, pid_t tgid, struct life *leader)
{
	struct process *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->tgid = tgid;
	p->mem = -1;
	if (leader->proc < 0 && life_open(all, tgid, leader) < 0) {
		free(p);
		return NULL;
	}
	p->life = *leader;
	*leader = (struct life)LIFE_INIT;
	struct process **slot = process_slot(all, tgid);
	p->next = *slot;
	*slot = p;
	return p;
}

/* With one thread more. */
static struct process *process_join(struct tracees *all, pid_t tgid, struct life *leader)
{
	struct process **slot = process_slot(all, tgid), *p = *slot;

	if (p && !life_is(&p->life)) {
		*slot = p->next; /* its threads still hold it */
		p = NULL;
	}
	if (!p)
		p = process_new(all, tgid, leader);
	if (p)
		p->threads++;
	return p;
}

/* --- entries --- */

static struct entry **entry_slot(const struct tracees *all, pid_t tid)
{
	struct entry **slot = &all->threads[(unsigned)tid & all->mask];

	while (*slot && (*slot)->tracee.tid != tid)
		slot = &(*slot)->next;
	return slot;
}

struct entry *entry_find(const struct tracees *all, pid_t tid)
{
	return *entry_slot(all, tid);
}

static void use_unlink(struct tracees *all, struct entry *e)
{
	*(e->newer ? &e->newer->older : &all->newest) = e->older;
	*(e->older ? &e->older->newer : &all->oldest) = e->newer;
}

static void use_link(struct tracees *all, struct entry *e)
{
	e->newer = NULL;
	e->older = all->newest;
	*(all->newest ? &all->newest->newer : &all->oldest) = e;
	all->newest = e;
}

void entry_touch(struct tracees *all, struct entry *e)
{
	if (all->newest == e)
		return;
	use_unlink(all, e);
	use_link(all, e);
}

static void entry_free(struct tracees *all, struct entry *e)
{
	if (e->process)
		process_leave(all, e->process);
	life_done(&e->life);
	identity_done(&e->tracee.who);
	free(e);
}

void entry_drop(struct tracees *all, struct entry *e)
{
	*entry_slot(all, e->tracee.tid) = e->next;
	use_unlink(all, e);
	all->len--;
	entry_settle(e);
	entry_free(all, e);
}

bool tracees_shrink(struct tracees *all)
{
	if (!all->oldest || all->oldest == all->newest)
		return false;
	entry_drop(all, all->oldest);
	return true;
}

void tracees_sweep(struct tracees *all)
{
	for (struct entry *e = all->oldest, *newer; e; e = newer) {
		newer = e->newer;
		if (!entry_is_alive(e))
			entry_drop(all, e);
	}
}

/* Threads come and go without a word: each new one takes two dead ones out, if those
 * are the ones that were unused longest. */
static void make_room(struct tracees *all)
{
	for (int i = 0; i < 2 && all->oldest && !entry_is_alive(all->oldest); i++)
		entry_drop(all, all->oldest);
	while (all->len >= all->most && tracees_shrink(all))
		;
}

/* Which process a thread is of is in its status. */
static int entry_open(struct tracees *all, struct entry *e)
{
	AUTO(life_done) struct life leader = LIFE_INIT;
	pid_t tgid;
	int r = life_open(all, e->tracee.tid, &e->life);

	if (r == 0)
		r = entry_look_who(e, &tgid);
	if (r < 0)
		return r;
	e->tracee.tgid = tgid;
	if (tgid == e->tracee.tid) {
		leader = e->life;
		e->life = (struct life)LIFE_INIT;
	}
	e->process = process_join(all, tgid, &leader);
	return e->process ? 0 : -ESRCH;
}

struct entry *entry_add(struct tracees *all, pid_t tid)
{
	struct entry *e;

	make_room(all);
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->tracee.tid = tid;
	e->life = (struct life)LIFE_INIT;
	if (entry_open(all, e) < 0) {
		entry_free(all, e);
		return NULL;
	}
	struct entry **slot = entry_slot(all, tid);
	e->next = *slot;
	*slot = e;
	use_link(all, e);
	all->len++;
	return e;
}

void tracees_done(struct tracees *all)
{
	while (all->oldest)
		entry_drop(all, all->oldest);
	free(all->threads);
	free(all->processes);
	free(all);
}
