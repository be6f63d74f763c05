/* SPDX-License-Identifier: MIT */
#include "checks/plan/rewrite.h"

#include <string.h>

#include "checks/input/taskdef.h"
#include "core/cleanup.h"
#include "core/task.h"

/* What DescribeTaskDefinition adds, and RegisterTaskDefinition refuses. */
static const char *const output_only[] = {
	"taskDefinitionArn", "revision",     "status",	       "requiresAttributes",
	"compatibilities",   "registeredAt", "deregisteredAt", "registeredBy",
	"deleteRequestedAt", NULL,
};

static void release(struct definition *d)
{
	record_done(&definition_type, d);
}

int rewrite_open(const char *text, size_t len, struct rewrite *ret, struct err *err)
{
	AUTO(release) struct definition checked = { 0 };
	int r = taskdef_parse(text, len, NULL, &checked, err);

	if (r < 0)
		return r;
	r = envelope_open(text, len, &ret->text, err);
	if (r == 0)
		r = json_parse(ret->text.s, ret->text.len, &ret->doc, err);
	if (r < 0)
		return r;
	const struct json *inner = json_get(ret->doc.root, "taskDefinition");
	ret->definition = inner ? inner : ret->doc.root;
	ret->tags = inner ? json_get(ret->doc.root, "tags") : NULL;
	return 0;
}

void rewrite_done(struct rewrite *rewrite)
{
	json_doc_done(&rewrite->doc);
	str_done(&rewrite->text);
}

const struct json *rewrite_member(const struct json *object, const char *name)
{
	for (const struct json *m = json_first(object); m; m = json_next(m))
		if (strcmp(json_name(m), name) == 0)
			return m;
	return NULL;
}

bool rewrite_has(const struct json *object, const char *name)
{
	return rewrite_member(object, name) != NULL;
}

bool rewrite_is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

const struct json *rewrite_named(const struct rewrite *rewrite, const char *list,
				 const char *name)
{
	const struct json *items = json_get(rewrite->definition, list);

	for (const struct json *v = items ? json_first(items) : NULL; v; v = json_next(v))
		if (str_equal(json_text(json_get(v, "name")), name))
			return v;
	return NULL;
}

void rewrite_member_out(struct json_out *o, const struct json *member)
{
	if (!rewrite_is_one_of(json_name(member), output_only))
		json_copy(o, json_name(member), member);
}

void rewrite_tags(struct json_out *o, const struct rewrite *rewrite)
{
	/* An empty list is refused by some SDKs' validation, and says nothing. */
	if (rewrite->tags && json_first(rewrite->tags) &&
	    !rewrite_has(rewrite->definition, "tags"))
		json_copy(o, "tags", rewrite->tags);
}

void rewrite_items(struct json_out *o, const struct json *list, const char *key,
		   const char *except)
{
	for (const struct json *v = list ? json_first(list) : NULL; v; v = json_next(v))
		if (!except || !str_equal(json_text(json_get(v, key)), except))
			json_copy(o, NULL, v);
}

void rewrite_members(struct json_out *o, const struct json *object, const char *except)
{
	for (const struct json *m = object ? json_first(object) : NULL; m;
	     m = json_next(m))
		if (!except || strcmp(json_name(m), except) != 0)
			json_copy(o, json_name(m), m);
}
