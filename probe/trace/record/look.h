/* SPDX-License-Identifier: MIT
 *
 * look.h - what the recorder asks of the file system itself, with its own rights:
 * what a directory holds, and whether a file is there still.
 */
#ifndef PROBE_TRACE_RECORD_LOOK_H
#define PROBE_TRACE_RECORD_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/sys.h"

/* A descriptor of "/", for the others; negative errno. */
int look_root(void);

/* O_PATH descriptor of the directory, where the path meets no link; negative errno. */
int look_directory(int root, const char *path);

/* 0 or a negative errno; a link is not followed. */
int look_stat(int root, const char *path, struct sys_statx *ret);

/* How many entries the directory behind an O_PATH descriptor has, counted up to 'most'
 * (then 'most' is the answer); negative errno where we may not read it. */
int64_t look_entries(int dir, int64_t most);

/* What a file takes of its file system. Less than its size where it has holes; shared
 * by its hard links. */
int64_t look_bytes(const struct sys_statx *st);

#endif
