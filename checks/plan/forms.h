/* SPDX-License-Identifier: MIT
 *
 * forms.h - a plan in the forms that people and tools take.
 *
 * Each function appends to 'out', which keeps its first error. The plans were made to
 * fit before (fit.h): what is in them can be written down.
 */
#ifndef CHECKS_PLAN_FORMS_H
#define CHECKS_PLAN_FORMS_H

#include "checks/plan/rewrite.h"
#include "checks/report/text.h"
#include "core/list.h"
#include "core/str.h"

struct plan_document {
	const struct list *plans;	  /* struct plan: one for each container */
	const struct rewrite *definition; /* of their task; NULL: none was given */
};

/* taskprobe.plan/1; of several containers with a list of them. */
void plan_json(const struct plan_document *document, struct str *out);

/* The patched task definition, which RegisterTaskDefinition takes. */
void plan_taskdef(const struct plan_document *document, struct str *out);
/* The way back: the definition as it was given, ready to be registered too. */
void plan_backout(const struct plan_document *document, struct str *out);

/* Fragments, to be put into what there is. */
void plan_cloudformation(const struct plan_document *document, struct str *out);
void plan_terraform(const struct plan_document *document, struct str *out);
void plan_compose(const struct plan_document *document, struct str *out);
void plan_dockerfile(const struct plan_document *document, struct str *out);

/* A page for people: the first line is the verdict, what is left to do comes first. */
void plan_text(const struct plan_document *document, const struct text_style *style,
	       struct str *out);

#endif
