/* SPDX-License-Identifier: MIT
 *
 * compare.h - every question to every caller, the kernel's answer beside a
 * prediction.
 */
#ifndef TESTS_TOOLS_ORACLE_COMPARE_H
#define TESTS_TOOLS_ORACLE_COMPARE_H

#include <stdbool.h>

#include "tests/tools/oracle/caller.h"

/* Another predictor than the oracle told by describe.h. */
struct predictor {
	/* It looks at the callers from within their root, or from outside. */
	bool inside;
	/* Once for each world, where the questions are asked. */
	void (*start)(void);
	/* Of the call that the prepared caller is about to make: 0, an errno, -1: it
	 * cannot tell; as it is, and with every mount read-only. */
	void (*predict)(const struct caller *caller, const struct raw *raw, int *now,
			int *planned);
	/* Is this difference its own, for a reason? */
	bool (*known)(const struct form *form, int is, int predicted);
};

/* main() of a program: "PROGRAM all|pause ...". Exit status: 0, 1 with differences, 2
 * where it broke, 77 without root. */
int compare_main(int argc, char **argv, const struct predictor *predictors, int count);

#endif
