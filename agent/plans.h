/* SPDX-License-Identifier: MIT
 *
 * plans.h - from files that the user named to plans: which inventories are of which
 * container, what its definition says, what was seen of the task.
 */
#ifndef AGENT_PLANS_H
#define AGENT_PLANS_H

#include <stdbool.h>

#include "agent/settings.h"
#include "checks/plan/rewrite.h"
#include "core/err.h"
#include "core/list.h"
#include "core/str.h"

struct plans {
	struct list list; /* struct plan, by container */
	bool has_definition;
	struct rewrite definition;
	struct str notes; /* on the inventories, for people */
};
#define PLANS_INIT                                                  \
	{                                                           \
		.definition = REWRITE_INIT, .notes = STR_INIT(8192) \
	}

/* 'files' (char *) are inventories. 0 or a negative errno with words. Release with
 * plans_done() in any case. */
int plans_make(const struct settings *settings, const struct list *files,
	       struct plans *ret, struct err *err);
void plans_done(struct plans *plans);

#endif
