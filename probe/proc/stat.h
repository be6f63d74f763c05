/* SPDX-License-Identifier: MIT
 *
 * stat.h - /proc/PID/stat: one line, world-readable even where the rest of a
 * process is not. The process names itself in it, brackets and newlines included.
 */
#ifndef PROBE_PROC_STAT_H
#define PROBE_PROC_STAT_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct stat_line {
	char comm[64]; /* of a kernel thread; a process has 15 bytes at most */
	char state;
	int64_t ppid, pgrp, session, start_ticks;
	uint64_t flags; /* PF_*: STAT_KERNEL_THREAD */
};

/* PF_KTHREAD: no process can give it to itself, unlike the name "kthreadd". */
#define STAT_KERNEL_THREAD UINT64_C(0x00200000)

/* 0 or -EINVAL. */
int stat_parse(const char *text, size_t len, struct stat_line *ret, struct err *err);

#endif
