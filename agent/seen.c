/* SPDX-License-Identifier: MIT */
#include "agent/seen.h"

#include <errno.h>

#include "agent/files.h"
#include "core/cleanup.h"
#include "core/json.h"
#include "core/record.h"

#define DOCUMENT_MAX ((size_t)256 << 20)

static int add_facts(const struct json_doc *doc, struct report *into, struct err *err)
{
	const struct json *list = json_get(doc->root, "facts");

	for (const struct json *v = list ? json_first(list) : NULL; v; v = json_next(v)) {
		struct facts *slot = LIST_ADD(&into->facts, struct facts);

		if (!slot)
			return err_set(err, -ENOMEM, "out of memory");
		const int r = record_read(doc, v, &facts_type, slot, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_task(const struct json_doc *doc, struct report *into, struct err *err)
{
	AUTO(report_done) struct report from = { 0 };
	const int r = record_read(doc, doc->root, &report_type, &from, err);

	if (r < 0 || into->task.metadata.known || into->task.definition.part.known)
		return r;
	record_done(&task_type, &into->task);
	into->task = from.task;
	from.task = (struct task){ 0 };
	return 0;
}

/* What `aws ecs describe-tasks` and `describe-services` print; nothing else says whether
 * ECS Exec is on. */
static const struct json *aws_items(const struct json *root)
{
	const struct json *tasks = json_get(root, "tasks");

	return tasks ? tasks : json_get(root, "services");
}

static int add_aws(const struct json *items, struct report *into)
{
	struct decl_bool *exec = &into->task.execute_command;

	for (const struct json *v = json_first(items); v; v = json_next(v)) {
		const char *type = json_text(json_get(v, "launchType"));

		exec->value |= json_is_true(json_get(v, "enableExecuteCommand"));
		exec->at.state = VALUE_DECLARED;
		if (type && str_set(&into->task.launch_type, type) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_document(const char *file, struct report *into, struct err *err)
{
	AUTO(str_done) struct str text = STR_INIT(DOCUMENT_MAX);
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	int r = file_read(file, &text, err);

	if (r < 0)
		return r;
	r = json_parse(text.s, text.len, &doc, err);
	if (r < 0)
		return err_wrap(err, "%s", file);
	const char *schema = json_text(json_get(doc.root, "schema"));
	if (!schema && aws_items(doc.root)) {
		r = add_aws(aws_items(doc.root), into);
		return r < 0 ? err_set(err, r, "out of memory") : 0;
	}
	if (str_equal(schema, REPORT_SCHEMA))
		r = add_task(&doc, into, err);
	else if (!str_equal(schema, "taskprobe.facts/1"))
		return err_set(err, -EINVAL,
			       "%s: neither a report nor facts (taskprobe.report/1, "
			       "taskprobe.facts/1), nor what aws ecs describe-tasks or "
			       "describe-services prints",
			       file);
	if (r == 0)
		r = add_facts(&doc, into, err);
	return r < 0 ? err_wrap(err, "%s", file) : 0;
}

int seen_read(const struct list *paths, struct report *ret, struct err *err)
{
	int r = 0;

	LIST_EACH (char *const, path, paths) {
		AUTO(texts_done) struct list files = { 0 };

		if (r == 0)
			r = file_list_json(*path, &files, err);
		LIST_EACH (char *const, file, &files)
			if (r == 0)
				r = add_document(*file, ret, err);
	}
	return r;
}

const struct facts *seen_of(const struct report *seen, const char *container)
{
	LIST_EACH (const struct facts, f, &seen->facts)
		if (container ? str_equal(f->container, container) : seen->facts.len == 1)
			return f;
	return NULL;
}
