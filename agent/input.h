/* SPDX-License-Identifier: MIT
 *
 * input.h - inputs of many lines that are read twice: files, and what cannot be
 * read twice (a pipe) from a copy without a name.
 */
#ifndef AGENT_INPUT_H
#define AGENT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct input {
	int fd;
	const char *name; /* borrowed, for messages */
	char *buffer;	  /* borrowed from whoever reads: one for all inputs */
	size_t size;
	size_t from, to; /* what of it is not yet given out */
	int64_t at;	 /* where 'from' is in the input */
	int64_t end;	 /* no further; -1: to its end */
	size_t number;	 /* of the last line */
	bool over;	 /* nothing more can be read */
	bool dropping;	 /* the last line goes on, but did not fit */
};

/* A line, without its newline. */
struct input_line {
	char *text;
	size_t len;
	int64_t at;
	size_t number;
	bool cut; /* no newline follows it */
};

/* Opens 'path' ("-": standard input). What is no regular file is copied first: *once
 * says that it cannot be opened again. The descriptor, or a negative errno with words. */
int input_open(const char *path, bool *once, struct err *err);

/* Lines of 'fd' between two offsets (to -1: its end), the first of which is number
 * 'number'. A line longer than 'size' bytes comes shortened to that. */
void input_start(struct input *lines, int fd, const char *name, char *buffer,
		 size_t size);
void input_range(struct input *lines, int64_t from, int64_t to, size_t number);

/* 1: a line; 0: the end; else a negative errno with words. */
int input_next(struct input *lines, struct input_line *ret, struct err *err);

#endif
