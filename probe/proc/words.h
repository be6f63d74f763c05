/* SPDX-License-Identifier: MIT
 *
 * words.h - cutting the texts of /proc into lines and words, without a copy of
 * the whole and without writing into it.
 */
#ifndef PROBE_PROC_WORDS_H
#define PROBE_PROC_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct words {
	const char *at, *end;
};

/* Numbers and flags; what may be longer is not read as a word. */
#define WORD_MAX 64

/* Copies the next run of bytes that are none of 'blanks' into word[WORD_MAX]. 1, 0 at
 * the end, -EINVAL for one that is too long or holds a NUL. */
int words_next(struct words *words, const char *blanks, char *word);

/* The next line, without its newline, as words.at and words.end of *line; false at the
 * end. A last line without a newline is one too. */
bool lines_next(struct words *text, struct words *line);

/* Skips 'head' if 'line' begins with it. */
bool words_skip(struct words *line, const char *head);

#endif
