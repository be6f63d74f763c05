/* SPDX-License-Identifier: MIT
 *
 * acts.h - every call that writes by name, as data, and the forms in which a name can
 * be given. Each pair of the two is done in a directory of its own:
 *
 *   f, t   files         d   an empty directory     n   no such name
 *   s -> f, m -> ., a -> the directory itself, absolute
 */
#ifndef WRITES_ACTS_H
#define WRITES_ACTS_H

struct act {
	const char *name;
	const char *op; /* NULL: nothing that a read-only root would refuse */
	char object;	/* one of the names above */
	char to;	/* of calls with two names: the second; 0 */
	int number;	/* of the call */
	/* The arguments: d dirfd, p path, q the second path, f a descriptor of the
	 * object, u and g the own uid and gid, '.' the next constant */
	const char *args;
	long constants[4];
};
extern const struct act acts[]; /* name NULL at the end */

/* This kernel, or the profile above it, does not have the call. Asks once. */
int act_lacks(const struct act *act);

enum form {
	ABSOLUTE,
	RELATIVE,
	DIRFD,
	DIRFD_PATH,
	DOTS,
	ABOVE_ROOT,
	LINK,
	LINK_ABSOLUTE,
	PROC_CWD,
	PROC_FD,
	PROC_THREAD,
	PROC_PID,
	DEV_FD,
	FORMS,
};
extern const char *const form_names[FORMS];

/* Where the acts of a context happen. */
struct ground {
	const char *name; /* of the context */
	const char
		*root; /* "" or the directory that is its root, in the container's view */
	unsigned forms; /* bits */
	int uid;	/* whose the files are */
	enum hides { HIDES_NOTHING, HIDES_DESCRIPTORS, HIDES_ALL } hides;
};

/* Makes the directories and files of all acts and forms of a context. */
void acts_setup(const struct ground *ground);
/* Does them, and says so. */
void acts_do(const struct ground *ground);

/* "/w/CONTEXT/FORM/ACT" as the container sees it, and as a process with that root does.
 */
#define TOP "/w"

#endif
