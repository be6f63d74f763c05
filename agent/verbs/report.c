/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "agent/attribute.h"
#include "agent/files.h"
#include "agent/gather.h"
#include "agent/output.h"
#include "agent/verb.h"
#include "core/cleanup.h"

#define DOCUMENT_MAX ((size_t)256 << 20)

/* The task of the first document that knows one; another task is another report. */
static int take_task(struct report *into, struct report *from, const char *file,
		     struct err *err)
{
	if (into->task.metadata.known && from->task.metadata.known &&
	    !str_equal(into->task.arn, from->task.arn))
		return err_set(err, -EINVAL,
			       "%s: is about another task (%s) than the file before",
			       file, from->task.arn ? from->task.arn : "without an ARN");
	if (into->task.metadata.known || into->task.definition.part.known)
		return 0;
	record_done(&task_type, &into->task);
	into->task = from->task;
	from->task = (struct task){ 0 };
	return 0;
}

static int add_report(struct report *into, const struct json_doc *doc, const char *file,
		      struct err *err)
{
	AUTO(report_done) struct report from = { 0 };
	int r = record_read(doc, doc->root, &report_type, &from, err);

	if (r < 0)
		return err_wrap(err, "%s", file);
	r = take_task(into, &from, file, err);
	LIST_EACH (const struct facts, f, &from.facts) {
		struct facts *have = NULL;

		LIST_EACH (struct facts, g, &into->facts)
			if (facts_same_container(f, g))
				have = g;
		if (r < 0)
			break;
		if (have) {
			r = facts_merge(have, f, NULL);
			continue;
		}
		have = LIST_ADD(&into->facts, struct facts);
		r = have ? record_copy(&facts_type, have, f) : -ENOMEM;
	}
	return r == -ENOMEM ? err_set(err, r, "out of memory") : r;
}

static int add_document(struct report *into, const char *file, bool reports,
			struct err *err)
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
	if (str_equal(schema, REPORT_SCHEMA))
		return reports ? add_report(into, &doc, file, err) : 0;
	if (str_equal(schema, "taskprobe.facts/1"))
		return reports ? 0
			       : attribute_merge(into, text.s, text.len, file, NULL, err);
	return err_set(err, -EINVAL,
		       "%s: no schema that report knows (taskprobe.report/1, "
		       "taskprobe.facts/1)",
		       file);
}

/* The definition that the command line names replaces the one in the documents. */
static int redefine(struct settings *settings, struct report *report, struct err *err)
{
	if (!settings->task_definition && !settings->definition_text)
		return 0;
	record_done(&definition_type, &report->task.definition);
	int r = gather_definition(settings, &report->task, err);
	task_reconcile(&report->task);
	return r;
}

static int run(struct settings *settings, const struct list *rest)
{
	AUTO(report_done) struct report report = { 0 };
	struct err err = ERR_INIT;
	int r = output_check(settings, &err);

	if (r < 0 || rest->len == 0) {
		complain("report: %s; see taskprobe report --help",
			 r < 0 ? err.msg : "which files?");
		return EXIT_USAGE;
	}
	/* Reports first, whatever the order of the files: they know the task. */
	for (int pass = 0; pass < 2 && r == 0; pass++)
		LIST_EACH (char *, file, rest)
			if (r == 0 && !(pass == 1 && strcmp(*file, "-") == 0))
				r = add_document(&report, *file, pass == 0, &err);
	if (r == 0)
		r = redefine(settings, &report, &err);
	if (r == 0)
		r = gather_judge(settings, &report, &err);
	if (r == 0)
		r = output_report(settings, &report, &err);
	if (r < 0) {
		complain("report: %s", err.msg);
		return EXIT_BLIND;
	}
	return (int)report.summary.exit_status;
}

const struct verb verb_report = {
	.name = "report",
	.synopsis = "report FILE... [OPTIONS]",
	.help = "merge and judge saved reports and facts again, and print them",
	.text = "Reads documents that taskprobe wrote (taskprobe.report/1, "
		"taskprobe.facts/1), merges\n"
		"the facts of each container, judges them again and prints the report. "
		"\"-\" is standard\n"
		"input (a report). With --task-definition the declared side is replaced.",
	.takes = TAKES_REPORT,
	.run = run,
};
