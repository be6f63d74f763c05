/* SPDX-License-Identifier: MIT
 *
 * open_flags.h - the flags of open(2): four of them have other values on arm64 than on
 * x86, and what the kernel makes of them before it looks at a name.
 */
#ifndef PROBE_TRACE_TRACEE_OPEN_FLAGS_H
#define PROBE_TRACE_TRACEE_OPEN_FLAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/trace/calls/calls.h"

/* In this machine's constants, without O_LARGEFILE. */
unsigned open_flags(enum abi abi, unsigned flags);
/* The same for open and openat, which ignore what openat2 refuses: other flags than a
 * few beside O_PATH. */
unsigned open_flags_plain(enum abi abi, unsigned flags);
/* Does 'mode' count: O_CREAT or O_TMPFILE (in this machine's constants)? */
bool open_creates(unsigned flags);
/* What openat2 answers to an open_how before it looks at the name: 0, EINVAL, EAGAIN. */
int open_how_check(enum abi abi, uint64_t flags, uint64_t mode, uint64_t resolve);

#endif
