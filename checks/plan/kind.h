/* SPDX-License-Identifier: MIT
 *
 * kind.h - of which kind a mount is, and how large: what is small and nobody misses
 * after a restart goes into memory, as far as the task has some to spare; all else, and
 * what is in doubt, to a volume.
 */
#ifndef CHECKS_PLAN_KIND_H
#define CHECKS_PLAN_KIND_H

#include "checks/plan/planning.h"

struct budget {
	int64_t left_mib; /* of memory for tmpfs */
};

struct budget budget_of(const struct plan_options *options);

/* What the image has there must be copied into the mount. */
bool kind_carries(const struct site *site);

struct kind_choice {
	enum plan_kind kind;
	int64_t size_mib; /* of a tmpfs; 0: not limited */
	const char *why;  /* a part of a sentence */
};
struct kind_choice kind_choose(const struct site *site,
			       const struct plan_options *options, struct budget *budget);

/* The options of a tmpfs. 0 or -ENOMEM. */
int kind_options(const struct site *site, struct plan_mount *mount);

#endif
