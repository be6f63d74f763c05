/* SPDX-License-Identifier: MIT
 *
 * newfile.h - a file that is there as a whole or not at all, written piece by piece;
 * file_write() of files.h is the same for one that is at hand.
 */
#ifndef AGENT_NEWFILE_H
#define AGENT_NEWFILE_H

#include "core/err.h"
#include "core/str.h"

struct newfile {
	const char *path; /* borrowed; "-": standard output */
	char *temporary;  /* NULL: written to directly */
	int fd;
	struct str waiting;
};

/* 0 or a negative errno with words. newfile_done() whatever becomes of it. */
int newfile_open(const char *path, struct newfile *ret, struct err *err);
int newfile_add(struct newfile *file, const char *data, size_t len); /* no words */
/* Writes the rest, and puts it where it belongs. */
int newfile_close(struct newfile *file, struct err *err);
void newfile_done(struct newfile *file);

#endif
