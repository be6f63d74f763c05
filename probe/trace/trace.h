/* SPDX-License-Identifier: MIT
 *
 * trace.h - runs a program and records what a read-only root would refuse it.
 *
 * Three processes: a tiny standby in front (it was started, its PID is what the
 * world knows: it reaps, hands signals and the exit status on, and answers for the
 * supervisor if that dies), the supervisor, and the app as the supervisor's child.
 * The app is never worse off for us: what we cannot handle is let through.
 */
#ifndef PROBE_TRACE_TRACE_H
#define PROBE_TRACE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/inventory.h"
#include "probe/trace/recorder.h"
#include "probe/trace/refusals.h"

/* How the supervisor is woken: what costs most (docs/PERFORMANCE.md). */
enum trace_wake {
	WAKE_AUTO,
	WAKE_SYNC,  /* the kernel runs us on the caller's processor (6.6) */
	WAKE_SPIN,  /* we look out for a moment where calls come one after the other */
	WAKE_BLOCK, /* nothing special */
};
extern const char *const trace_wake_names[]; /* "auto", "sync", ...; NULL at the end */

/* A rehearsal, instead of a record: what a read-only root with these mounts would refuse
 * is refused. */
struct trace_rehearsal {
	const struct list *mounts; /* struct plan_mount */
	bool permissive;	   /* all is let through, and listed all the same */
	bool real; /* the mounts are there and the root is read-only (stage.h) */
	/* char *, known before the app starts: */
	const struct list *blind_spots, *invalid;
	/* In the supervisor's process: once a second where there is news ('ended' NULL),
	 * when the app's first process ended and others go on ("background"), and at the
	 * end, as recorder_end() has it. 'speak': stderr is still there. */
	void (*tick)(void *arg, struct refusals *refusals, const char *ended, int exit,
		     bool speak);
	void *arg;
};

struct trace_options {
	char *const *argv; /* NULL at the end; searched in PATH as execvp(3) does */
	bool pid1; /* the app keeps our PID, and the supervisor is its hidden child */
	enum trace_wake wake;
	int64_t for_ms; /* record this long, then let the app go on alone; 0: to its end
			 */
	bool every_mount;
	bool refuse_io_uring;
	const struct inventory_run *run; /* written first */
	struct recorder_sink sink;	 /* called in the supervisor's process */
	/* Once a second in the supervisor, with the sink's 'arg'. The last time ('last')
	 * when the app's first process ended or the time is over: all that was recorded
	 * until then has been handed to the sink, and stderr is still there. Where that
	 * process left others running, records go on coming without it, and so does the
	 * end record. The process ends by _exit(2): nothing may be left in a buffer. */
	void (*tick)(void *arg, const struct recorder_progress *progress, bool last);
	/* Words for people, at once, from the standby, with the sink's 'arg'; or NULL. */
	void (*say)(void *arg, const char *words);
	/* NULL: none. Where there is one, 'run', 'sink' (but for its 'arg') and 'tick'
	 * are not used. */
	const struct trace_rehearsal *rehearsal;
};

/* How it ended, for the exit status. */
struct trace_result {
	int status; /* 0 to 255, or 128 + n for a signal */
	int signal; /* 0, or the signal that ended the app */
	/* Of a rehearsal, until the app's first process ended: */
	bool valid;	/* nothing was unresolved or lost, and the supervisor lived */
	int64_t broken; /* calls that work without a read-only root */
};

/* Runs the app to its end. 0: *ret is filled. Negative, with words, where the app was
 * not started: -ENOSYS, -EPERM, -EBUSY (no notification here), -ENOENT and -EACCES from
 * the exec itself ('err' says so, *ret has 127 or 126). With pid1 it returns on failure
 * alone. */
int trace_run(const struct trace_options *options, struct trace_result *ret,
	      struct err *err);

/* Ends the calling process as the app ended: with its status, or by its signal (where we
 * are no PID 1, which no signal without a handler can end; there with 128 + n). */
_Noreturn void trace_end_as(const struct trace_result *result);

#endif
