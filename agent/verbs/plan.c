/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/files.h"
#include "agent/plans.h"
#include "agent/terminal.h"
#include "agent/verb.h"
#include "checks/plan/forms.h"
#include "core/cleanup.h"
#include "core/plan.h"
#include "core/table.h"

#define FORM_MAX ((size_t)256 << 20)

static void as_text(const struct plan_document *document, struct str *out);

static const struct form {
	const char *name;
	void (*write)(const struct plan_document *document, struct str *out);
	bool needs_definition;
} forms[] = {
	{ "json", plan_json, false },
	{ "text", as_text, false },
	{ "taskdef", plan_taskdef, true },
	{ "cloudformation", plan_cloudformation, false },
	{ "terraform", plan_terraform, false },
	{ "dockerfile", plan_dockerfile, false },
	{ "compose", plan_compose, false },
};

/* Colours and width are those of the terminal; set where the text goes to one. */
static struct text_style style;

static void as_text(const struct plan_document *document, struct str *out)
{
	plan_text(document, &style, out);
}

static void ask_terminal(const struct settings *s, const char *file)
{
	style = (struct text_style){ .color = false };
	if (strcmp(file, "-") == 0)
		style = terminal_style(s, STDOUT_FILENO);
}

static const struct form *find_form(const char *spec, const char **file, struct err *err)
{
	const size_t n = strcspn(spec, "=");

	*file = spec[n] && spec[n + 1] ? spec + n + 1 : NULL;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (strlen(forms[i].name) == n && strncmp(forms[i].name, spec, n) == 0)
			return &forms[i];
	(void)err_set(err, -EINVAL,
		      "'%s' is no format; there are json, text, taskdef, cloudformation, "
		      "terraform, dockerfile and compose",
		      spec);
	return NULL;
}

static int write_one(const struct settings *s, const struct plan_document *document,
		     const char *spec, struct err *err)
{
	AUTO(str_done) struct str out = STR_INIT(FORM_MAX);
	const char *file;
	const struct form *form = find_form(spec, &file, err);

	if (!form)
		return err->code;
	if (!file)
		file = s->output ? s->output : "-";
	ask_terminal(s, file);
	if (s->backout)
		plan_backout(document, &out);
	else
		form->write(document, &out);
	if (out.error)
		return err_set(err, out.error, "%s: %s", spec, err_words(out.error));
	return file_write(file, out.s, out.len, err);
}

static int write_all(const struct settings *s, const struct plan_document *document,
		     struct err *err)
{
	int failed = 0;

	if (s->formats.len == 0)
		return write_one(s, document, "json", err);
	LIST_EACH (char *const, spec, &s->formats) {
		const int r = write_one(s, document, *spec, err);

		if (r < 0)
			failed = r;
	}
	return failed;
}

/* --- the verb --- */

static int check_formats(const struct settings *s, struct err *err)
{
	const bool definition = s->task_definition || s->definition_text;
	const char *file;

	LIST_EACH (char *const, spec, &s->formats) {
		const struct form *form = find_form(*spec, &file, err);

		if (!form)
			return err->code;
		if (form->needs_definition && !definition)
			return err_set(err, -EINVAL,
				       "-f %s needs --task-definition FILE, which it is "
				       "to change",
				       form->name);
		if (s->backout && !form->needs_definition)
			return err_set(err, -EINVAL, "--backout is for -f taskdef");
	}
	if (s->backout && s->formats.len == 0)
		return err_set(err, -EINVAL, "--backout is for -f taskdef");
	return 0;
}

static int check(const struct settings *s, const struct list *rest, struct err *err)
{
	const int r = check_formats(s, err);
	size_t inputs = str_equal(s->task_definition, "-");

	if (r < 0)
		return r;
	if (rest->len == 0)
		return err_set(err, -EINVAL, "which inventories?");
	LIST_EACH (char *const, name, rest)
		inputs += strcmp(*name, "-") == 0;
	return inputs > 1 ? err_set(err, -EINVAL, "standard input twice") : 0;
}

/* A definition or a fragment does not say what it lacks; the other forms do. */
static bool is_told(const struct settings *s)
{
	const char *file;
	struct err err = ERR_INIT;
	bool told = s->formats.len == 0;

	LIST_EACH (char *const, spec, &s->formats) {
		const struct form *form = find_form(*spec, &file, &err);

		told |= form && (form->write == plan_json || form->write == as_text);
	}
	return told;
}

static void say_missing(const struct list *plans)
{
	LIST_EACH (const struct plan, plan, plans) {
		const char *name = plan->container ? plan->container : "the app";
		const struct plan_by_hand *first = plan->by_hand.items;
		const size_t lines = plan->image_changes.len;

		if (first)
			complain("plan: %s: %zu left to do by hand, the first is %s (-f "
				 "text says more)",
				 name, plan->by_hand.len, first->path);
		if (lines)
			complain("plan: %s: its image has to change too: %zu %s (-f "
				 "dockerfile)",
				 name, lines, lines == 1 ? "line" : "lines");
	}
}

static bool is_complete(const struct list *plans)
{
	LIST_EACH (const struct plan, plan, plans)
		if (plan->by_hand.len)
			return false;
	return true;
}

static int run(struct settings *settings, const struct list *rest)
{
	AUTO(plans_done) struct plans p = PLANS_INIT;
	struct err err = ERR_INIT;

	if (check(settings, rest, &err) < 0) {
		complain("plan: %s; see taskprobe plan --help", err.msg);
		return EXIT_USAGE;
	}
	int r = plans_make(settings, rest, &p, &err);
	if (r == 0) {
		const struct plan_document document = {
			.plans = &p.list,
			.definition = p.has_definition ? &p.definition : NULL,
		};

		if (p.notes.len)
			complain("plan: %s", p.notes.s);
		if (!settings->backout && !is_told(settings))
			say_missing(&p.list);
		r = write_all(settings, &document, &err);
	}
	if (r < 0) {
		complain("plan: %s", err.msg);
		return EXIT_BLIND;
	}
	return settings->backout || is_complete(&p.list) ? EXIT_CLEAN : EXIT_FINDINGS;
}

const struct verb verb_plan = {
	.name = "plan",
	.synopsis =
		"plan INVENTORY... [--task-definition FILE --container NAME] "
		"[--facts REPORT]\n"
		"                      [--prefer auto|tmpfs|volume|efs]\n"
		"                      [--launch-type "
		"FARGATE|EC2|MANAGED_INSTANCES|EXTERNAL]\n"
		"                      [-f json|text|taskdef|cloudformation|terraform|"
		"dockerfile|compose]\n"
		"                      [--backout] [-o FILE]",
	.help = "which mounts make a read-only root file system work",
	.text = "Reads inventories that trace wrote, of one container or of several of "
		"one task, and says\n"
		"which mounts, lines of the Dockerfile and variables let the app run "
		"with\n"
		"readonlyRootFilesystem. All inventories of a container are taken "
		"together. The container\n"
		"is the one that the inventories name; --container says it where they do "
		"not.\n\n"
		"With --task-definition, -f taskdef prints the definition with the plan "
		"in "
		"it, ready for\n"
		"register-task-definition, and --backout the one before; what the plan "
		"does not need stays\n"
		"as it is. -f text explains the plan; the other formats are fragments "
		"for "
		"what you have.\n\n"
		"Exit status: 0; 1 if a path is left that only a person can deal with; 2 "
		"usage; 3 if what\n"
		"was given cannot be used.",
	.takes = TAKES_PLAN,
	.run = run,
};
