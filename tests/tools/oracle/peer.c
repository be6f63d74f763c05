/* SPDX-License-Identifier: MIT
 *
 * peer.c - the oracle against the kernel that runs.
 *
 *   oracle_peer all [tmpfs|overlay] [N] [-v] [TEXT]
 *           every call in every form on every name, on a writable mount and on a
 *           read-only one, as root and as another uid; the kernel's errno beside the
 *           oracle's. N: each Nth of them alone. -v: a line for each. TEXT: of the
 *           calls whose name has that in it
 *   oracle_peer pause
 *           waits to be killed (the program that runs)
 *
 * A process of each uid makes the calls, and finds out the facts just before each;
 * another makes the tree again after those that changed it. The last line says
 * "N passed, M failed". Exit status: 0, 1 with differences, 2 where it broke, 77
 * without root.
 */
#include <stddef.h>

#include "tests/tools/oracle/compare.h"

int main(int argc, char **argv)
{
	return compare_main(argc, argv, NULL, 0);
}
