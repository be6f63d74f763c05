/* SPDX-License-Identifier: MIT */
#include "checks/plan/patch.h"

#include <string.h>

#include "checks/plan/forms.h"
#include "checks/plan/patch_container.h"

static const struct plan *plan_of(const struct list *plans, const struct json *container)
{
	const char *name = json_text(json_get(container, "name"));

	if (plans)
		LIST_EACH (const struct plan, plan, plans)
			if (str_equal(plan->container, name))
				return plan;
	return NULL;
}

static void put_containers(struct json_out *o, const struct list *plans,
			   const struct json *list)
{
	json_open(o, "containerDefinitions", '[');
	for (const struct json *c = json_first(list); c; c = json_next(c)) {
		const struct plan *plan = plan_of(plans, c);

		if (plan)
			patch_container(o, plan, c);
		else
			json_copy(o, NULL, c);
	}
	json_close(o, ']');
}

/* An empty one: on Fargate from its storage, on EC2 a volume of Docker's for the task. */
static void put_volume(struct json_out *o, const struct plan_mount *m)
{
	json_open(o, NULL, '{');
	json_put_text(o, "name", m->volume);
	if (m->kind == PLAN_EFS) {
		json_open(o, "efsVolumeConfiguration", '{');
		json_put_text(o, "fileSystemId", PATCH_FILE_SYSTEM);
		json_put_text(o, "transitEncryption", "ENABLED");
		json_open(o, "authorizationConfig", '{');
		json_put_text(o, "accessPointId", PATCH_ACCESS_POINT);
		json_close(o, '}');
		json_close(o, '}');
	}
	json_close(o, '}');
}

/* Those that plans add; 'o' NULL: are there any? */
static bool put_new_volumes(struct json_out *o, const struct rewrite *in,
			    const struct list *plans)
{
	const struct json *list = json_get(in->definition, "containerDefinitions");
	bool any = false;

	for (const struct json *c = list ? json_first(list) : NULL; c; c = json_next(c)) {
		const struct plan *plan = plan_of(plans, c);

		if (!plan)
			continue;
		LIST_EACH (const struct plan_mount, m, &plan->mounts) {
			if (!patch_is_new_volume(m, c))
				continue;
			any = true;
			if (o)
				put_volume(o, m);
		}
	}
	return any;
}

static void put_volumes(struct json_out *o, const struct rewrite *in,
			const struct list *plans)
{
	json_open(o, "volumes", '[');
	rewrite_items(o, json_get(in->definition, "volumes"), NULL, NULL);
	(void)put_new_volumes(o, in, plans);
	json_close(o, ']');
}

void patch_write(struct json_out *o, const char *key, const struct rewrite *in,
		 const struct list *plans)
{
	const bool volumes = put_new_volumes(NULL, in, plans);

	json_open(o, key, '{');
	for (const struct json *m = json_first(in->definition); m; m = json_next(m)) {
		if (strcmp(json_name(m), "containerDefinitions") == 0 &&
		    json_kind(m) == JSON_LIST)
			put_containers(o, plans, m);
		else if (strcmp(json_name(m), "volumes") == 0 && volumes)
			put_volumes(o, in, plans);
		else
			rewrite_member_out(o, m);
	}
	if (volumes && !rewrite_has(in->definition, "volumes"))
		put_volumes(o, in, plans);
	rewrite_tags(o, in);
	json_close(o, '}');
}

static void put(const struct plan_document *d, const struct list *plans, struct str *out)
{
	struct json_out o = JSON_OUT_INIT(out, true);

	patch_write(&o, NULL, d->definition, plans);
	(void)str_puts(out, "\n");
}

void plan_taskdef(const struct plan_document *document, struct str *out)
{
	put(document, document->plans, out);
}

void plan_backout(const struct plan_document *document, struct str *out)
{
	put(document, NULL, out);
}
