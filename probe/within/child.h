/* SPDX-License-Identifier: MIT
 *
 * child.h - throw-away children that ask the kernel one question or several.
 *
 * A filter may kill whoever asks, a supervisor may let it wait: so nobody who is
 * needed asks. A child leaves no core file, dies with its parent, and is gone
 * before child_done() returns.
 */
#ifndef PROBE_WITHIN_CHILD_H
#define PROBE_WITHIN_CHILD_H

#include <stdint.h>
#include <sys/types.h>

struct child {
	pid_t pid;
	int answers; /* what it writes with child_say(), -1 when closed */
};

struct child_answer {
	int32_t about; /* which question, or a step of it */
	int32_t code;  /* 0 or an errno */
};

enum child_end { CHILD_SAID, CHILD_DIED, CHILD_SILENT };

/* Starts 'run', which says its answers to the descriptor and returns. 0 or -errno. */
int child_start(void (*run)(int to, const void *arg), const void *arg, struct child *ret);

/* In the child. */
void child_say(int to, int32_t about, int32_t code);

/* Waits for one answer until 'until_ms' (CLOCK_MONOTONIC). CHILD_DIED: it ended
 * without a further one. */
enum child_end child_hear(const struct child *child, int64_t until_ms,
			  struct child_answer *ret);

/* Kills and reaps it. */
void child_done(struct child *child);

#endif
