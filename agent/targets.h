/* SPDX-License-Identifier: MIT
 *
 * targets.h - where a verb that runs an app (trace, rehearse) puts what it says, from -o
 * and -f: into files, or on standard error. Standard output is the app's.
 */
#ifndef AGENT_TARGETS_H
#define AGENT_TARGETS_H

#include <stdbool.h>

#include "agent/settings.h"
#include "core/err.h"

enum target_format { TARGET_JSON, TARGET_TEXT, TARGET_COUNT };

struct target {
	bool wanted;
	const char *file; /* NULL: standard error */
};

/* What -f names; one without a file goes to that of -o. 0, or -EINVAL with words. */
int targets_read(const struct settings *settings, struct target ret[TARGET_COUNT],
		 struct err *err);

/* 0, or -EINVAL: one of them is standard output, or both are one file. */
int targets_check(const struct target targets[TARGET_COUNT], struct err *err);

#endif
