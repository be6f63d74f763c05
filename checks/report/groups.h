/* SPDX-License-Identifier: MIT
 *
 * groups.h - findings that say the same of several containers, as one.
 */
#ifndef CHECKS_REPORT_GROUPS_H
#define CHECKS_REPORT_GROUPS_H

#include "core/report.h"
#include "core/str.h"

/* What a reader has to do about a finding. */
enum finding_class {
	CLASS_BAD,	  /* contradicted, failed, or the half that is known fails */
	CLASS_UNDECLARED, /* so, and to be written down */
	CLASS_UNKNOWN,
	CLASS_PASSED, /* confirmed, or the half that is known passes */
	CLASS_NONE,   /* not applicable */
};

enum finding_class finding_class(const struct finding *f);

struct finding_group {
	struct list findings; /* const struct finding *; at least one */
	struct str names;     /* "app, web", escaped for people */
};

/* Its first finding, which stands for all of them. */
const struct finding *group_first(const struct finding_group *g);

/* Fills 'groups' (struct finding_group) with the findings of our own container ('self')
 * or of the others, in the report's order. Findings of a class that matters (bad,
 * undeclared) share a group where their texts are the same, the rest by control
 * and standing alone. 0 or -ENOMEM. */
int groups_make(const struct report *report, bool self, struct list *groups);
void groups_done(struct list *groups);

/* Do two groups say the same of the same containers by the same evidence (ECS.5
 * and CIS.3.5)? */
bool group_is_twin(const struct finding_group *a, const struct finding_group *b);

/* Do two lists of char * hold the same texts in the same order? */
bool texts_equal(const struct list *a, const struct list *b);

#endif
