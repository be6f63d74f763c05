/* SPDX-License-Identifier: MIT
 *
 * alive.h - how `health` knows that the agent lives and is not stuck, without a
 * port and without a writable path.
 *
 * The agent holds a read lock (open file description lock) on one byte of its
 * own executable. Which byte says until when it promised to be heard of again,
 * in seconds of CLOCK_BOOTTIME. The kernel drops the lock with the process, and
 * locks work on a read-only file system. `health` runs from the same file and
 * asks the kernel who holds a lock on it.
 */
#ifndef AGENT_ALIVE_H
#define AGENT_ALIVE_H

#include <stdint.h>

#include "core/err.h"

/* Opens our own executable. A descriptor to hold on to, which the caller closes; or a
 * negative errno. */
int alive_open(struct err *err);

/* Promises to be back within 'seconds'. Replaces the promise before. 'fd' is
 * alive_open()'s. 0 or a negative errno. */
int alive_promise(int fd, int64_t seconds, struct err *err);

/* How many seconds the agent's promise still holds: negative when it is overdue.
 * -ENOENT where nobody holds a lock: no agent runs from this executable. */
int alive_ask(int64_t *seconds, struct err *err);

#endif
