/* SPDX-License-Identifier: MIT
 *
 * special.h - what has a history, or a form of its own: deleted directories, dangling
 * links, names at the limit, unnamed files, errors that come first.
 */
#ifndef WRITES_SPECIAL_H
#define WRITES_SPECIAL_H

#include "sys.h"

struct special {
	const char *name;
	void (*setup)(void); /* in its own directory, TOP/special/NAME; NULL */
	void (*run)(void);   /* the same */
	int for_root;	     /* 1: root alone; -1: anybody but root */
};
extern const struct special special_names[], special_links[], special_order[],
	special_objects[], special_running[];

void special_setup(int uid);
void special_run(void);

/* --- for the cases --- */

/* The absolute path of a name in the case's directory; of the last few calls. */
const char *here(const char *name);
/* Fixtures; they end the program where they fail. */
void make_file(const char *name, long mode);
void make_directory(const char *name, long mode);
void make_link(const char *name, const char *target);
/* What follows is as root's, or as before. */
void make_as_root(int yes);

long do_open(const char *path, long flags);
long do_close(long fd);
/* Opens, says what it did, closes. */
void open_effect(const char *call, const char *op, const char *seen, const char *path,
		 long flags);
void open_nothing(const char *call, const char *path, long flags);

#endif
