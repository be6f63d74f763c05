/* SPDX-License-Identifier: MIT
 *
 * tree.h - the files that oracle_peer tries every call on, in two worlds: a
 * writable mount, and the same directory below a bind mount that is read-only.
 */
#ifndef TESTS_TOOLS_ORACLE_TREE_H
#define TESTS_TOOLS_ORACLE_TREE_H

#include <stdbool.h>
#include <sys/types.h>

/* Who is neither root nor the owner of much. */
#define STRANGER 1234
#define OTHER	 1000

enum world { WRITABLE, READONLY, WORLDS };

/* Reports the place and ends the program. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The file systems that the tree may lie on. */
enum tree_on { ON_TMPFS, ON_OVERLAY };

/* Makes both worlds in a mount namespace of our own (call once, in a child for each
 * file system). False: this kernel has no such file system. */
bool tree_mount(enum tree_on on);

/* A directory to chroot to; the tree is in c/ below it, and /proc beside it. */
const char *tree_root(enum world world);

/* As it was in the beginning, but c/gone, which tree_remove_gone() removes. */
void tree_build(void);
void tree_remove_gone(void);

/* The inode of the program that runs, c/prog. */
ino_t tree_running(void);

/* The device of the tree's file system, as statx(2) has it. */
unsigned tree_device(void);

/* What the file systems of the tree and of c/mnt say in the end, which no rule knows;
 * 0: they can. */
struct tree_limits {
	int user_attr;	 /* user.* attributes */
	int system_attr; /* ACLs */
	int tmpfile;
	int whiteout;
	int mknod; /* a whiteout made by hand */
};
extern struct tree_limits tree_limits[2]; /* [1]: of c/mnt and its like */

#endif
