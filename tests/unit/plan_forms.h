/* SPDX-License-Identifier: MIT
 *
 * plan_forms.h - plans for tests of what they look like, as their JSON says them.
 */
#ifndef TESTS_PLAN_FORMS_H
#define TESTS_PLAN_FORMS_H

#include <string.h>

#include "checks/plan/forms.h"
#include "checks/plan/rewrite.h"
#include "core/cleanup.h"
#include "core/json.h"
#include "core/plan.h"
#include "tests/unit/test.h"

#define PLAN_TEXT_MAX ((size_t)8 << 20)

struct given_plans {
	struct list plans;
	struct rewrite definition;
	struct plan_document document;
};
#define GIVEN_PLANS_INIT                   \
	{                                  \
		.definition = REWRITE_INIT \
	}
#define GIVEN_PLANS AUTO(given_plans_done) struct given_plans

/* A plan is named members of "plan"; those that are not named are zero. */
static inline void given_plan(struct given_plans *g, const char *json)
{
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	struct plan *plan = LIST_ADD(&g->plans, struct plan);
	struct err err = ERR_INIT;

	assert_non_null(plan);
	if (json_parse(json, strlen(json), &doc, &err) < 0 ||
	    record_read(&doc, doc.root, &plan_type, plan, &err) < 0)
		fail_msg("%s in %s", err.msg, json);
}

static inline void given_definition(struct given_plans *g, const char *json)
{
	struct err err = ERR_INIT;

	if (rewrite_open(json, strlen(json), &g->definition, &err) < 0)
		fail_msg("%s in %s", err.msg, json);
	g->document.definition = &g->definition;
}

static inline void given_plans_done(struct given_plans *g)
{
	LIST_EACH (struct plan, plan, &g->plans)
		plan_done(plan);
	list_done(&g->plans);
	rewrite_done(&g->definition);
}

/* The same without blanks, to compare with. */
static inline char *compact(const char *json)
{
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	struct str out = STR_INIT(PLAN_TEXT_MAX);
	struct json_out o = JSON_OUT_INIT(&out, false);
	struct err err = ERR_INIT;

	if (json_parse(json, strlen(json), &doc, &err) < 0)
		fail_msg("%s in %s", err.msg, json);
	json_copy(&o, NULL, doc.root);
	return str_take(&out);
}

static inline void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no %s in %s", part, text);
}

static inline void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("%s in %s", part, text);
}

#endif
