/* SPDX-License-Identifier: MIT
 *
 * say.h - what the program says of itself: a JSON line for each call, on standard
 * output. Names are in base64, in the view of the container.
 *
 *   {"what":"fork/relative/mkdir","op":"mkdir","path":"...","errno":0,"uid":0}
 *        it has to be in the inventory, as written, or as failed with that errno
 *   {"what":...,"errno":17}            a read-only root would change nothing about it
 *   {"what":...,"op":...,"from":...,"path":...}   rename and link: the pair too
 *   {"executed":...}                   that path was executed after it was written
 *   {"hidden":"chmod", ...}            nobody could have resolved it; counted
 *   {"skipped":"...","why":"..."}
 */
#ifndef WRITES_SAY_H
#define WRITES_SAY_H

/* What is said of calls that follow: "fork/relative". */
extern const char *say_context;
/* Calls that follow depend on earlier ones: they cannot be tried on a read-only root. */
extern int say_after;
/* Calls that follow cannot be resolved by anybody without SYS_PTRACE. */
extern int say_hidden;

/* All return 'result', what the kernel gave. 'path' and 'from': absolute. */
long say_effect(const char *call, const char *op, const char *path, long result);
long say_pair(const char *call, const char *op, const char *from, const char *path,
	      long result);
long say_nothing(const char *call, long result);
void say_executed(const char *path);
void say_skipped(const char *what, const char *why);
/* It cannot go on: to stderr, and ends the program with 3. */
void say_broken(const char *what, long result) __attribute__((noreturn));

#endif
