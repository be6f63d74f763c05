/* SPDX-License-Identifier: MIT
 *
 * signals.h - signals of the processes in front of the app, and on to the app.
 *
 * All are blocked and read from a descriptor. The app gets each once: what was sent to
 * the whole process group (Ctrl-C on a terminal, kill(0)) has reached it already. That
 * was such a one where the supervisor, a member of the same group whose PID nobody
 * knows, got it too: that is how one is told from the other.
 */
#ifndef PROBE_TRACE_LIFE_SIGNALS_H
#define PROBE_TRACE_LIFE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <sys/types.h>

/* As it was when we were started, for the app. */
struct signals_kept {
	sigset_t mask;
	struct sigaction child;
};

/* Blocks everything. An ignored SIGCHLD would reap our children for us. */
void signals_take(struct signals_kept *ret);
void signals_give_back(const struct signals_kept *kept);

/* A descriptor to read all of them from, or a negative errno. */
int signals_open(void);
/* The next one: true, or false where there is none. */
bool signals_next(int fd, struct signalfd_siginfo *ret);

/* To the process; 'pidfd' may be -1. What sigqueue(3) sent keeps its value. */
void signals_forward(pid_t pid, int pidfd, const struct signalfd_siginfo *info);

/* Stops the calling process as 'sig' does, until it is continued. */
void signals_stop_self(int sig);

/* --- which of them went to the whole group --- */

#define SIGNALS_MOST 65 /* they are numbered from 1 to 64 */
/* Between the two halves of one kill(2); everything older was another one. */
#define SIGNALS_SAME_MS 2000

struct signals_seen {
	struct signal_seen {
		int32_t code;
		uint32_t from, count; /* of those that the standby has not told of yet */
		int64_t at_ms;
	} row[SIGNALS_MOST];
};

/* The supervisor got this one itself, and reads it now. */
void signals_saw(struct signals_seen *seen, const struct signalfd_siginfo *info,
		 int64_t now_ms);
/* Did it get that one too, which the standby read at 'at_ms'? What is pending twice
 * counts as one (signal(7)): whatever the standby read before the supervisor did may be a
 * part of what the supervisor read. */
bool signals_was_for_all(struct signals_seen *seen, const struct signalfd_siginfo *info,
			 int64_t at_ms, int64_t now_ms);

#endif
