/* SPDX-License-Identifier: MIT
 *
 * names.h - the paths that the calls are tried on, in the tree of tree.h.
 */
#ifndef TESTS_TOOLS_ORACLE_NAMES_H
#define TESTS_TOOLS_ORACLE_NAMES_H

/* '!' at the front: used from within a directory that was removed. */
extern const char *const names[];
extern const int names_count;

/* For calls of two names: all with all. */
extern const char *const pair_names[];
extern const int pair_names_count;

#endif
