/* SPDX-License-Identifier: MIT
 *
 * forms.h - every call in every form, as data; doing it, and what the oracle is to
 * be told of it beside its names.
 */
#ifndef TESTS_TOOLS_ORACLE_FORMS_H
#define TESTS_TOOLS_ORACLE_FORMS_H

#include "probe/trace/oracle.h"
#include "tests/tools/oracle/describe.h"

/* Which system call of those that do the same; FD: on a descriptor of the file, opened
 * with 'by'; EMPTY: on one with an empty path. */
enum via { PLAIN, AT, AT2, LINKS, FD, EMPTY };

struct form {
	const char *text;
	enum oracle_op op;
	enum via via;
	unsigned flags, mode;
	int by;					    /* FD, EMPTY: O_PATH and the like */
	int owner;				    /* CHOWN; -1: left */
	const char *attr;			    /* XATTR; NULL */
	const char *value;			    /* XATTR: NULL removes it */
	enum { NOW, SET, HALF, OMIT, WRONG } times; /* UTIME */
};

extern const struct form forms[];
extern const int forms_count;

bool form_pairs(const struct form *form);
/* Of its first name. */
enum at_end form_end(const struct form *form);

/* A system call. The texts are constants, what else it points to is static: the same
 * addresses in a process that was forked, with the same content once it has asked too. */
struct raw {
	long number;
	long args[6];
};

/* 'a' and 'b' are paths from the cwd; 'fd' for those on a descriptor. False: cannot be
 * done with such a path. */
bool form_raw(const struct form *form, const char *a, const char *b, int fd,
	      struct raw *ret);
/* 0, an errno, or -1 where this kernel has no such call. */
int raw_do(const struct raw *raw);

/* The call but for its names; 'on' says which file system has the last word. */
struct oracle_call form_call(const struct form *form, int on, unsigned kernel);

/* Has it changed the tree, in what the oracle looks at? 'said': the kernel's answer. */
bool form_changes(const struct form *form, int said);

/* Is it done on a descriptor? */
bool form_by_fd(const struct form *form);

#endif
