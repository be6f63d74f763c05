/* SPDX-License-Identifier: MIT
 *
 * tracee.h - the threads that are being recorded: whose credentials, which
 * memory, which root, as far as we may look.
 *
 * A notified thread waits for our answer, so its TID is its own until we answer;
 * but what we kept from an earlier call of that TID may be another thread's. Each
 * entry therefore holds a descriptor of /proc/TID, which answers ESRCH once that
 * thread is gone, and is asked before it is used.
 *
 * Who may look (ptrace(2), "access mode checking") is decided by our fsuid and
 * fsgid for everything in /proc, so for a tracee of another uid they are changed
 * around the one open that needs it, and back. A process that dropped its uid
 * without an exec is closed even so, unless we hold SYS_PTRACE: its memory is
 * opened while it still can be (tracee_before), and its directories are kept.
 */
#ifndef PROBE_TRACE_TRACEE_TRACEE_H
#define PROBE_TRACE_TRACEE_TRACEE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/facts.h"
#include "probe/trace/tracee/request.h"

struct tracees; /* a table with a ceiling: the entry unused longest goes */

struct tracee {
	pid_t tid;
	pid_t tgid;
	struct identity_facts who; /* who.part.known: could be read */
	const char *exe;	   /* what it executes, in its view; NULL: not known */
	bool own_view; /* its root and mount namespace are ours: our "/" is its "/" */
	bool closed;   /* its /proc links are refused to us: cwd and descriptors come from
			* what was tracked */
};

/* 'proc' is a descriptor of /proc, borrowed; NULL without memory. */
struct tracees *tracees_new(int proc, size_t most);
void tracees_done(struct tracees *all);

/* The entry of a thread that waits for our answer, made or refreshed; NULL where it is
 * gone or without memory. Borrowed until the next call. */
const struct tracee *tracees_get(struct tracees *all, pid_t tid);

/* Copies 'size' bytes from its memory: what could be read (less at an unmapped page),
 * -EFAULT, or -EPERM where it is closed to us. */
ssize_t tracee_read(struct tracees *all, const struct tracee *tracee, uint64_t address,
		    void *ret, size_t size);
/* A NUL-terminated text of fewer than 'size' bytes: its length, -EFAULT, -ENAMETOOLONG
 * (no NUL in 'size' bytes), -EPERM. */
ssize_t tracee_read_text(struct tracees *all, const struct tracee *tracee,
			 uint64_t address, char *ret, size_t size);

/* Opens what a link of /proc/TID leads to ("cwd", "root", "fd/3"): an O_PATH
 * descriptor that the caller closes; -EBADF (no such descriptor), -EACCES (closed to
 * us, nothing tracked), another negative errno. "fd/3/", with a slash, wants a
 * directory (a name is relative to it; -ENOTDIR for anything else). Of a closed process
 * only this form can be answered: its descriptor 3 may be another file by now, which
 * is seen if it is no directory. */
int tracee_open(struct tracees *all, const struct tracee *tracee, const char *link);
/* Opens /proc/TID/fdinfo/N of it for reading; a negative errno. */
int tracee_open_fdinfo(struct tracees *all, const struct tracee *tracee, int number);
/* The text of that link, NUL-terminated, as readlink(2) shows it (" (deleted)",
 * "pipe:[7]",
 * "/memfd:x (deleted)"). Its length, or as above. */
int tracee_readlink(struct tracees *all, const struct tracee *tracee, const char *link,
		    char *ret, size_t size);

/* 'to' below: where it leads is not known, so what was tracked is forgotten. */
#define TRACEE_TO_UNKNOWN (-2)

/* To be called before a call of these kinds is let through: EXEC, CREDS, PRCTL, CHDIR,
 * FCHDIR, CHROOT, MOUNT. 'to': an O_PATH descriptor of where a CHDIR, FCHDIR or CHROOT
 * leads (borrowed, duplicated if kept), -1 where the call fails (or is of another
 * kind), or TRACEE_TO_UNKNOWN. Only closed processes need it: tracee->closed. */
void tracee_before(struct tracees *all, const struct tracee *tracee,
		   const struct request *request, int to);

/* Our answer did not reach the thread (a signal took it out of the wait, or it died):
 * what tracee_before assumed of CHDIR, FCHDIR and CHROOT is taken back. */
void tracee_unsent(struct tracees *all, pid_t tid);

#endif
