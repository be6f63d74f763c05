/* SPDX-License-Identifier: MIT */
#include "checks/plan/read.h"

#include <errno.h>

#include "core/cleanup.h"
#include "core/json.h"
#include "core/str.h"

/* What was left out reads as zero, and no directory is made with mode 0000. */
static int fill_in(struct plan *plan)
{
	int r = 0;

	LIST_EACH (struct plan_mount, it, &plan->mounts) {
		if (it->mode == 0)
			it->uid = it->gid = it->mode = -1;
		if (!it->reason)
			r |= str_set(&it->reason, "");
	}
	return r;
}

static int check(const struct plan *plan, const char *container, struct err *err)
{
	if (container && plan->container && !str_equal(container, plan->container))
		return err_set(err, -EINVAL, "it is of the container '%s', not '%s'",
			       plan->container, container);
	LIST_EACH (const struct plan_mount, it, &plan->mounts) {
		if (!it->path)
			return err_set(err, -EINVAL, "a mount without a path");
		if (it->uid > UINT32_MAX || it->gid > UINT32_MAX || it->mode > 07777 ||
		    it->uid < -1 || it->gid < -1 || it->mode < -1)
			return err_set(err, -EINVAL, "%s: no such owner or mode",
				       it->path);
	}
	return 0;
}

/* Of several containers in one document. */
static int choose(const struct json *plans, const char *container,
		  const struct json **ret, struct err *err)
{
	const struct json *found = NULL;
	size_t n = 0;

	for (const struct json *it = json_first(plans); it; it = json_next(it)) {
		const char *name = json_text(json_get(it, "container"));

		n++;
		if (!container || str_equal(name, container))
			found = it;
	}
	if (!container && n > 1)
		return err_set(err, -EINVAL,
			       "it is of %zu containers: --container says which", n);
	if (!found)
		return err_set(err, -EINVAL, "it has no container '%s'",
			       container ? container : "");
	*ret = found;
	return 0;
}

int plan_read(const char *text, size_t len, const char *container, struct plan *ret,
	      struct err *err)
{
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	int r = json_parse(text, len, &doc, err);

	if (r < 0)
		return r;
	const struct json *plan = doc.root, *all = json_get(plan, "containers");
	if (!str_equal(json_text(json_get(plan, "schema")), PLAN_SCHEMA))
		return err_set(err, -EINVAL, "it is no plan: its schema is not %s",
			       PLAN_SCHEMA);
	if (all)
		r = choose(all, container, &plan, err);
	if (r == 0)
		r = record_read(&doc, plan, &plan_type, ret, err);
	if (r < 0)
		return r;
	if (fill_in(ret) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	return check(ret, container, err);
}
