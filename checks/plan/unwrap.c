/* SPDX-License-Identifier: MIT
 *
 * unwrap.c - the way back of wrap.h.
 */
#include <errno.h>
#include <string.h>

#include "checks/plan/rewrite.h"
#include "checks/plan/wrap.h"
#include "checks/plan/wrap_names.h"
#include "core/cleanup.h"

struct unwrap {
	const char *container;
	struct json_doc before;	   /* the label's value */
	const struct json *absent; /* members that were not there */
	bool last;		   /* no other container is wrapped */
};

static void unwrap_done(struct unwrap *u)
{
	json_doc_done(&u->before);
}

static bool was_absent(const struct unwrap *u, const char *name)
{
	for (const struct json *v = json_first(u->absent); v; v = json_next(v))
		if (str_equal(json_text(v), name))
			return true;
	return false;
}

static void put_list(struct json_out *o, const struct json *list, const char *key,
		     const char *except)
{
	json_open(o, json_name(list), '[');
	rewrite_items(o, list, key, except);
	json_close(o, ']');
}

static void put_member(struct json_out *o, const struct unwrap *u,
		       const struct json *member)
{
	const char *name = json_name(member);
	const struct json *before = rewrite_member(u->before.root, name);

	if (was_absent(u, name))
		return;
	if (before && strcmp(name, "absent") != 0)
		json_copy(o, name, before);
	else if (strcmp(name, "mountPoints") == 0)
		put_list(o, member, "sourceVolume", WRAP_VOLUME);
	else if (strcmp(name, "dependsOn") == 0)
		put_list(o, member, "containerName", WRAP_INSTALLER);
	else if (strcmp(name, "dockerLabels") == 0) {
		json_open(o, name, '{');
		rewrite_members(o, member, WRAP_LABEL);
		json_close(o, '}');
	} else
		json_copy(o, name, member);
}

static void put_containers(struct json_out *o, const struct unwrap *u,
			   const struct json *list)
{
	json_open(o, "containerDefinitions", '[');
	for (const struct json *c = json_first(list); c; c = json_next(c)) {
		const char *name = json_text(json_get(c, "name"));

		if (u->last && str_equal(name, WRAP_INSTALLER))
			continue;
		if (!str_equal(name, u->container)) {
			json_copy(o, NULL, c);
			continue;
		}
		json_open(o, NULL, '{');
		for (const struct json *m = json_first(c); m; m = json_next(m))
			put_member(o, u, m);
		json_close(o, '}');
	}
	json_close(o, ']');
}

static void put_definition(struct json_out *o, const struct unwrap *u,
			   const struct rewrite *in)
{
	const struct json *installer =
		rewrite_named(in, "containerDefinitions", WRAP_INSTALLER);
	bool added = wrap_added_volumes(installer);

	json_open(o, NULL, '{');
	for (const struct json *m = json_first(in->definition); m; m = json_next(m)) {
		const char *name = json_name(m);

		if (strcmp(name, "containerDefinitions") == 0)
			put_containers(o, u, m);
		else if (strcmp(name, "volumes") != 0 || !u->last)
			rewrite_member_out(o, m);
		else if (!added)
			put_list(o, m, "name", WRAP_VOLUME);
	}
	rewrite_tags(o, in);
	json_close(o, '}');
}

static const char *label_of(const struct json *container)
{
	const struct json *labels = json_get(container, "dockerLabels");

	return labels ? json_text(json_get(labels, WRAP_LABEL)) : NULL;
}

static size_t count_wrapped(const struct rewrite *in)
{
	const struct json *list = json_get(in->definition, "containerDefinitions");
	size_t n = 0;

	for (const struct json *c = json_first(list); c; c = json_next(c))
		n += label_of(c) != NULL;
	return n;
}

int unwrap_definition(const char *text, size_t len, const char *container,
		      struct str *out, struct err *err)
{
	AUTO(rewrite_done) struct rewrite in = REWRITE_INIT;
	AUTO(unwrap_done)
	struct unwrap u = { .container = container, .before = JSON_DOC_INIT };
	int r = rewrite_open(text, len, &in, err);

	if (r < 0)
		return r;
	const struct json *c = rewrite_named(&in, "containerDefinitions", container);
	const char *label = c ? label_of(c) : NULL;
	if (!c)
		return err_set(err, -EINVAL, "the definition has no container '%s'",
			       container);
	if (!label)
		return err_set(err, -EINVAL, "the container %s is not wrapped",
			       container);
	if ((r = json_parse(label, strlen(label), &u.before, err)) < 0)
		return err_wrap(err, "the label " WRAP_LABEL " of %s", container);
	u.absent = json_get(u.before.root, "absent");
	if (!u.absent || json_kind(u.absent) != JSON_LIST)
		return err_set(err, -EINVAL, "the label " WRAP_LABEL " of %s is not ours",
			       container);
	u.last = count_wrapped(&in) == 1;
	struct json_out o = JSON_OUT_INIT(out, true);
	put_definition(&o, &u, &in);
	(void)str_puts(out, "\n");
	return out->error ? err_set(err, out->error, "the definition is too large") : 0;
}
