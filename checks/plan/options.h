/* SPDX-License-Identifier: MIT
 *
 * options.h - the options of a tmpfs: "noexec", "uid=101".
 */
#ifndef CHECKS_PLAN_OPTIONS_H
#define CHECKS_PLAN_OPTIONS_H

#include <stdbool.h>

#include "core/list.h"
#include "core/plan.h"

/* Do 'options' (char *) say themselves what 'option' is about? "uid=7" is overridden by
 * "uid=8", "noexec" by "exec", and each by itself. */
bool options_override(const struct list *options, const char *option);

/* Adds owner and mode, where they are known and no option says them. 0 or -ENOMEM. */
int options_complete(struct plan_mount *mount);

/* "size=64m,uid=101,...", as `docker run --tmpfs` and compose take it. */
void options_join(struct str *out, const struct plan_mount *mount);

#endif
