/* SPDX-License-Identifier: MIT */
#include "checks/plan/read.h"

#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/json.h"
#include "core/num.h"
#include "core/str.h"

/* What was left out reads as zero, which is an owner, too. */
static void forget_what_is_not_there(struct plan_mount *mount, const struct json *from)
{
	if (!json_get(from, "uid"))
		mount->uid = -1;
	if (!json_get(from, "gid"))
		mount->gid = -1;
	/* No directory is made with mode 0000. */
	if (mount->mode == 0)
		mount->mode = -1;
}

static int from_option(const char *option, const char *name, int base, int64_t *ret)
{
	const size_t n = strlen(name);
	uint64_t value;

	if (strncmp(option, name, n) != 0)
		return 0;
	int r = num_u64(option + n, base, &value);
	if (r == 0 && value >= UINT32_MAX)
		r = -ERANGE;
	*ret = r < 0 ? *ret : (int64_t)value;
	return r;
}

/* To the kernel a tmpfs is its options, and root's where they say nothing. */
static int own_tmpfs(struct plan_mount *mount, struct err *err)
{
	LIST_EACH (char *const, it, &mount->options) {
		int r = from_option(*it, "uid=", 10, &mount->uid);

		if (r == 0)
			r = from_option(*it, "gid=", 10, &mount->gid);
		if (r == 0)
			r = from_option(*it, "mode=", 8, &mount->mode);
		if (r < 0)
			return err_set(err, -EINVAL, "%s: the option '%s': %s",
				       mount->path, *it, err_words(r));
	}
	mount->uid = mount->uid == -1 ? 0 : mount->uid;
	mount->gid = mount->gid == -1 ? 0 : mount->gid;
	return 0;
}

/* The two lists are of one length: each element was read. */
static int fill_in(struct plan *plan, const struct json *mounts, struct err *err)
{
	const struct json *from = json_first(mounts);

	LIST_EACH (struct plan_mount, it, &plan->mounts) {
		forget_what_is_not_there(it, from);
		from = json_next(from);
		if (!it->path)
			return err_set(err, -EINVAL, "a mount without a path");
		if (!it->reason && str_set(&it->reason, "") < 0)
			return err_set(err, -ENOMEM, "out of memory");
		int r = it->kind == PLAN_TMPFS ? own_tmpfs(it, err) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

static int check(const struct plan *plan, const char *container, struct err *err)
{
	if (container && plan->container && !str_equal(container, plan->container))
		return err_set(err, -EINVAL, "it is of the container '%s', not '%s'",
			       plan->container, container);
	LIST_EACH (const struct plan_mount, it, &plan->mounts) {
		/* chown(2) takes the last of them for none. */
		if (it->uid >= UINT32_MAX || it->gid >= UINT32_MAX || it->mode > 07777 ||
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
	if (r == 0)
		r = fill_in(ret, json_get(plan, "mounts"), err);
	return r < 0 ? r : check(ret, container, err);
}
