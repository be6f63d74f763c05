/* SPDX-License-Identifier: MIT
 *
 * caller.h - the process that calls, in one world and with one uid.
 */
#ifndef TESTS_TOOLS_ORACLE_CALLER_H
#define TESTS_TOOLS_ORACLE_CALLER_H

#include <stdbool.h>
#include <sys/types.h>

#include "tests/tools/oracle/forms.h"
#include "tests/tools/oracle/tree.h"

struct caller {
	enum world world;
	uid_t uid;
	bool chroot; /* it changes its root by itself */
	unsigned kernel;
	pid_t pid;
	int socket;
	int home, gone; /* descriptors of c and c/gone */
};

struct question {
	int form, a, b;
};

struct answer {
	int said;    /* by the kernel; -1: it has no such call */
	int oracle;  /* told what describe.h finds */
	int planned; /* the same, were every mount read-only */
};

/* Before c/gone is removed, and as root. */
void caller_start(struct caller *caller);
void caller_end(struct caller *caller);

/* It goes where the question is asked and opens what it needs. False: not to be asked. */
bool caller_prepare(const struct caller *caller, const struct question *q);
/* The call that it is going to make, as this process would. */
struct raw question_raw(const struct question *q);
/* It makes the call. */
struct answer caller_ask(const struct caller *caller);

const char *question_name(const struct question *q, int which);

#endif
