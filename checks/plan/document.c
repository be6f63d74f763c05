/* SPDX-License-Identifier: MIT
 *
 * document.c - taskprobe.plan/1.
 */
#include "checks/plan/forms.h"
#include "checks/plan/patch.h"
#include "core/plan.h"

static void put_plan(struct json_out *o, const struct plan *plan)
{
	json_put_text(o, "schema", PLAN_SCHEMA);
	record_write_members(o, &plan_type, plan);
}

/* Of one container its members are the document's own. */
void plan_json(const struct plan_document *d, struct str *out)
{
	struct json_out o = JSON_OUT_INIT(out, true);

	json_open(&o, NULL, '{');
	if (d->plans->len == 1) {
		put_plan(&o, d->plans->items);
	} else {
		json_put_text(&o, "schema", PLAN_SCHEMA);
		json_open(&o, "containers", '[');
		LIST_EACH (const struct plan, plan, d->plans) {
			json_open(&o, NULL, '{');
			put_plan(&o, plan);
			json_close(&o, '}');
		}
		json_close(&o, ']');
	}
	if (d->definition)
		patch_write(&o, "task_definition", d->definition, d->plans);
	json_close(&o, '}');
	(void)str_puts(out, "\n");
}
