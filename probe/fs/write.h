/* SPDX-License-Identifier: MIT
 *
 * write.h - can the root file system be written? By attempt, not by flag.
 *
 * unlinkat of a random missing name answers EROFS or ENOENT and changes nothing.
 * Where that says writable a real file is made too: without a name (O_TMPFILE)
 * where the file system has that, else with one that nobody can guess, removed at
 * once, by a second process if we are killed in between. One hole is left: when
 * the whole PID namespace is killed in that moment, the second process dies too.
 */
#ifndef PROBE_FS_WRITE_H
#define PROBE_FS_WRITE_H

#include "core/facts.h"
#include "probe/target.h"

enum write_mode {
	WRITE_AUTO,   /* create at "/" alone */
	WRITE_CREATE, /* and on every writable mount: write_mounts_probe() */
	WRITE_NONE,   /* create nothing */
};

/* Fills in all of *ret, which is zeroed. Where the target's root cannot be entered
 * the answer is mountinfo's, and the part says so. Never fails otherwise. */
void write_probe(const struct target *target, enum write_mode mode,
		 const struct mounts_facts *mounts, const struct identity_facts *who,
		 struct root_facts *ret);

/* For WRITE_CREATE: creates a file on each writable mount of volumes and tmpfs, and
 * sets its 'access' where the answer is one about 'who': TRI_YES where we are 'who'
 * and it was created, TRI_NO where it was refused for good. Full file systems
 * (ENOSPC, EDQUOT) are no answer; mounts->part.why names them. */
void write_mounts_probe(const struct target *target, const struct identity_facts *who,
			struct mounts_facts *mounts);

/* Creates a file of one byte in 'dirfd' (O_PATH will do) and removes it. 'answer'
 * gets "created", or the name of the error: "EACCES", "EROFS", "ENOSPC" ... 0, or a
 * negative errno where nothing could be tried (no random number, no process for
 * cleaning up, an append-only directory; 'answer' is empty then), or where the file
 * was created and could not be removed ('answer' is "created"). */
int write_create_probe(int dirfd, char answer[16]);

#endif
