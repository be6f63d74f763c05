/* SPDX-License-Identifier: MIT
 *
 * fragment.h - texts of others in the languages that fragments are written in, and
 * comments beside them. Nothing of a text ends its quotes, its comment or its line.
 */
#ifndef CHECKS_PLAN_FRAGMENT_H
#define CHECKS_PLAN_FRAGMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/list.h"
#include "core/plan.h"
#include "core/str.h"

/* A double-quoted scalar of YAML. */
void fragment_yaml(struct str *out, const char *text);
/* The same for compose, which replaces $NAME. */
void fragment_compose(struct str *out, const char *text);
/* A quoted template of HCL, in which nothing is a template. */
void fragment_hcl(struct str *out, const char *text);

/* ["a", "b"], each quoted by 'quote'. */
void fragment_list(struct str *out, const struct list *texts,
		   void (*quote)(struct str *, const char *));

/* Lines of "# ", at 'indent' blanks, as long as a page is wide. */
void fragment_comment(struct str *out, size_t indent, const char *text);

/* Has the plan a tmpfs, or a mount of another kind? */
bool fragment_has(const struct plan *plan, bool tmpfs);

/* Comments on what a fragment of these plans (struct plan) does not have: what is left to
 * do by hand, and what the images need. */
void fragment_missing(struct str *out, const struct list *plans);

#endif
