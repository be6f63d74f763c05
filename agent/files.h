/* SPDX-License-Identifier: MIT
 *
 * files.h - files that the user named, read and written whole.
 */
#ifndef AGENT_FILES_H
#define AGENT_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/list.h"
#include "core/str.h"

/* Appends the content of 'path' ("-": standard input). A FIFO is read to its end,
 * as a shell's <(...) needs it. 0, -E2BIG over the limit of 'out', or another negative
 * errno. */
int file_read(const char *path, struct str *out, struct err *err);

/* The same for a file that a container we do not trust could have put there: a
 * regular file or an error, never blocks, follows no link. */
int file_read_untrusted(const char *path, struct str *out, struct err *err);

/* The names (char *, whole paths, sorted) of the *.json files in a directory, or
 * 'path' itself if it is none. 0, -E2BIG for more than 256, or a negative errno. */
int file_list_json(const char *path, struct list *ret, struct err *err);

/* Replaces 'path' in one step (a reader sees the old or the new, never a half);
 * what is there and is no regular file (a FIFO, /dev/stderr) is written to. "-"
 * is standard output. Mode 0644. 0 or a negative errno. */
int file_write(const char *path, const char *data, size_t len, struct err *err);

/* Writes all of it, over EINTR and short writes. 0 or a negative errno. */
int fd_write(int fd, const char *data, size_t len);

/* From now on a write to somebody who does not read ends with -EINTR once 'stop' says
 * so: for a process that blocks the signals which would end it. */
void files_stop_when(bool (*stop)(void));

#endif
