/* SPDX-License-Identifier: MIT
 *
 * outlet.h - where lines go while an app runs that must not wait for us: a file, a
 * FIFO, standard error. What finds no room (a full disk, a reader who does not read)
 * is kept and tried again.
 */
#ifndef AGENT_OUTLET_H
#define AGENT_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/str.h"

struct outlet {
	int fd;		  /* -1: none */
	const char *name; /* for people */
	struct str
		waiting;   /* whole lines, but for the first, which may be half written */
	bool whole_blocks; /* a regular file: no write of it blocks for a reader */
	bool failing;	   /* it was said that nothing can be written */
	bool gone;	   /* nobody will ever read it */
	int64_t dropped;   /* lines */
};

/* Makes or empties the file. 0, or a negative errno with words. 'path' is borrowed. */
int outlet_open(const char *path, struct outlet *ret, struct err *err);
void outlet_stderr(struct outlet *ret);
void outlet_done(struct outlet *outlet);

void outlet_add(struct outlet *outlet, const char *lines, size_t len);
/* Writes what it can without waiting. */
void outlet_write(struct outlet *outlet);
/* The same, but waits for a reader, up to so long since he last took something. True:
 * nothing is left. */
bool outlet_finish(struct outlet *outlet, int64_t ms);
/* Is so little waiting that more should come? */
bool outlet_ready(const struct outlet *outlet);

/* complain(), for who must not wait for a terminal that was stopped. */
void outlet_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Writes all of it at once to standard error, or nothing, without waiting. */
void outlet_flash(const char *text, size_t len);

#endif
