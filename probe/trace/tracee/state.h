/* SPDX-License-Identifier: MIT
 *
 * state.h - what the files of this folder share: the table's entries, one for each
 * thread, and what the threads of a process have in common.
 */
#ifndef PROBE_TRACE_TRACEE_STATE_H
#define PROBE_TRACE_TRACEE_STATE_H

#include "probe/sys.h"
#include "probe/trace/tracee/tracee.h"

/* Is it still the one? A pidfd answers in a quarter of the time that /proc takes, but an
 * old kernel has none for a thread that is no leader. */
struct life {
	int proc;  /* O_PATH of /proc/TID */
	int pidfd; /* -1: ask 'proc' */
};

#define LIFE_INIT                       \
	{                               \
		.proc = -1, .pidfd = -1 \
	}

/* What a process had open while we could still look: it may close itself with its next
 * call. Descriptors are O_PATH; -1: not known. */
struct kept {
	int cwd, root;
	/* Where a chdir or chroot that was let through leads, until we know that it was.
	 */
	struct {
		pid_t tid; /* 0: none */
		bool root;
		int fd;
	} pending;
};

struct process {
	pid_t tgid;
	size_t threads; /* entries */
	struct process *next;
	struct life life;
	int mem;	    /* /proc/TID/mem; -1 */
	bool readv_refused; /* process_vm_readv: then 'mem' */
	char *exe;
	bool closed;
	/* Threads that were let into a call which changes what is known of the process,
	 * and were not heard of since: until then it is asked again at each event. */
	size_t changing;
	bool may_exec; /* one of them is an exec */
	bool known;    /* it was asked */
	bool forked;   /* had not executed anything before that: PF_FORKNOEXEC */
	bool split_fs; /* threads with a working directory of their own */
	struct kept *kept;
};

struct entry {
	struct tracee tracee;
	struct process *process;
	struct life life; /* of a thread that is no leader; a leader's is the process's */
	bool who_stale, changing;
	bool borrow; /* /proc answers us with its fsuid only */
	unsigned view;
	struct entry *next;	     /* in its bucket */
	struct entry *newer, *older; /* by use */
};

#define UNSETTLED_MOST 8

/* Our own credentials. They are ours alone to change, and are put back each time. */
struct own {
	uid_t fsuid;
	gid_t fsgid;
	struct sys_caps caps;
	int dumpable, deathsig;
};

struct tracees {
	int proc;
	size_t most, len;
	struct own own;
	unsigned mask; /* of the buckets */
	struct entry **threads;
	struct process **processes;
	struct entry *newest, *oldest;
	struct sys_statx root; /* ours */
	/* Counts calls that may have given somebody another root. Those who made one may
	 * not have come to it yet; while there are any, every view is asked for again. */
	unsigned view;
	pid_t unsettled[UNSETTLED_MOST];
	size_t unsettled_len;
};

static inline struct life *entry_life(struct entry *e)
{
	return e->life.proc >= 0 ? &e->life : &e->process->life;
}

static inline int entry_proc(struct entry *e)
{
	return entry_life(e)->proc;
}

/* --- table.c --- */

/* NULL: not in the table. */
struct entry *entry_find(const struct tracees *all, pid_t tid);
/* NULL: it is gone, or there is no memory. */
struct entry *entry_add(struct tracees *all, pid_t tid);
void entry_drop(struct tracees *all, struct entry *e);
/* It is the one used last. */
void entry_touch(struct tracees *all, struct entry *e);
bool entry_is_alive(struct entry *e);
/* Forgets threads that are gone. */
void tracees_sweep(struct tracees *all);
/* Lets go of the entry that was used longest ago, for its descriptors; false: there is
 * but one. */
bool tracees_shrink(struct tracees *all);

/* --- tracee.c --- */

/* Reads who it is, now, and of which process. 0, or a negative errno: it is gone. */
int entry_look_who(struct entry *e, pid_t *tgid);
/* The call that it was let into has ended, or it has. */
void entry_settle(struct entry *e);

/* --- borrow.c: looking with the fsuid and fsgid of a tracee --- */

/* Reads what they are. 0 or -1. */
int own_read(struct own *ret);
/* False where it would open nothing. */
bool borrow_begin(const struct own *own, const struct identity_facts *who);
void borrow_end(const struct own *own);

/* Of what lies below /proc/TID, with our own credentials or borrowed ones, whichever
 * works; -EACCES where neither does. */
int look_open(struct tracees *all, struct entry *e, const char *path, int flags);
int look_readlink(struct tracees *all, struct entry *e, const char *path, char *ret,
		  size_t size);
int look_statx(struct tracees *all, struct entry *e, const char *path, unsigned mask,
	       struct sys_statx *ret);

/* --- memory.c --- */

/* Has the process's memory open, in time. */
void memory_open(struct tracees *all, struct entry *e);
/* After what may have been an exec: other memory, or still the same. Returns whether a
 * closed process executed something, so that nothing known before holds any longer. */
bool memory_settle(struct entry *e);
/* Remembers, before an exec, what tells afterwards whether it took place. */
void memory_before_exec(struct entry *e);

/* --- kept.c --- */

/* Keeps what 'e' has open now. */
void kept_take(struct tracees *all, struct entry *e);
void kept_drop(struct process *p);
/* Before an event of a closed process: what was assumed has come true, and numbers that
 * were closed are forgotten. */
void kept_check(struct entry *e);
/* The descriptor kept for that link, borrowed; -EACCES or -EBADF. */
int kept_find(struct entry *e, const char *link);
void kept_move(struct entry *e, bool root, int to);
void kept_unmove(struct entry *e);
void kept_forget_paths(struct process *p);

#endif
