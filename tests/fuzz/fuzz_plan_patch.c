/* SPDX-License-Identifier: MIT
 *
 * fuzz_plan_patch.c - any definition with a plan in it is one that we read again, with a
 * read-only root, and that the same plan does not change any more.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checks/input/taskdef.h"
#include "checks/plan/fit.h"
#include "checks/plan/forms.h"
#include "core/cleanup.h"
#include "core/plan.h"

#define OUT_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_mount(struct plan *plan, const char *path, enum plan_kind kind)
{
	struct plan_mount *m = LIST_ADD(&plan->mounts, struct plan_mount);

	if (!m || str_set(&m->path, path) < 0)
		abort();
	m->kind = kind;
	m->uid = m->gid = 7;
	m->mode = 0755;
}

/* For the definition's first container. */
static void make_plan(struct plan *plan, const struct rewrite *in)
{
	const struct json *list = json_get(in->definition, "containerDefinitions");
	const struct json *first = list ? json_first(list) : NULL;
	struct plan_variable *v = LIST_ADD(&plan->environment, struct plan_variable);

	if (!v || str_set(&v->name, "TMPDIR") < 0 || str_set(&v->value, "/tmp") < 0 ||
	    str_set(&plan->container, json_text(json_get(first, "name"))) < 0)
		abort();
	add_mount(plan, "/data", PLAN_VOLUME);
	add_mount(plan, "/efs", PLAN_EFS);
	add_mount(plan, "/tmp", PLAN_TMPFS);
}

static void done(struct plan_document *d, struct rewrite *in, struct list *plans)
{
	LIST_EACH (struct plan, plan, plans)
		plan_done(plan);
	list_done(plans);
	rewrite_done(in);
	*d = (struct plan_document){ 0 };
}

/* The definition with the plan in it; nothing where there is none to put it into. */
static int patch(const char *text, size_t len, struct str *out)
{
	struct rewrite in = REWRITE_INIT;
	struct list plans = { 0 };
	struct plan_document d = { .plans = &plans, .definition = &in };
	struct err err = ERR_INIT;
	int r = rewrite_open(text, len, &in, &err);

	if (r == 0) {
		struct plan *plan = LIST_ADD(&plans, struct plan);

		if (!plan)
			abort();
		make_plan(plan, &in);
		r = plan_fit(&plans, &in, LAUNCH_FARGATE, &err);
		if (r < 0 && !err.msg[0])
			abort();
	}
	if (r == 0) {
		AUTO(str_done) struct str other = STR_INIT(OUT_MAX);

		plan_taskdef(&d, out);
		plan_json(&d, &other);
		plan_cloudformation(&d, &other);
		plan_terraform(&d, &other);
		plan_compose(&d, &other);
		plan_text(&d, &(struct text_style){ .width = 40 }, &other);
		r = out->error;
	}
	done(&d, &in, &plans);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(str_done) struct str once = STR_INIT(OUT_MAX);
	AUTO(str_done) struct str twice = STR_INIT(OUT_MAX);
	struct definition d = { 0 };
	struct err err = ERR_INIT;

	if (patch((const char *)data, size, &once) < 0)
		return 0;
	if (once.len > DEFINITION_MAX)
		return 0;
	if (taskdef_parse(once.s, once.len, "fuzz", &d, &err) < 0)
		abort();
	const struct container_definition *c = d.containers.items;
	if (!c || !c->readonly_root.value)
		abort();
	record_done(&definition_type, &d);
	if (patch(once.s, once.len, &twice) < 0 || strcmp(once.s, twice.s) != 0)
		abort();
	return 0;
}
