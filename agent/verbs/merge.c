/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/files.h"
#include "agent/newfile.h"
#include "agent/reading.h"
#include "agent/terminal.h"
#include "agent/verb.h"
#include "checks/report/inventory.h"
#include "core/cleanup.h"
#include "core/table.h"

/* A page is folded; its lines are a few thousand at most. */
#define PAGE_MAX ((size_t)64 << 20)

/* --- the output --- */

static int put_line(void *file, const char *line, size_t len)
{
	return newfile_add(file, line, len);
}

static int as_json(const struct settings *s, const struct inventory *inventory,
		   const char *path, struct err *err)
{
	AUTO(newfile_done) struct newfile file = { .fd = -1 };
	int r = newfile_open(path, &file, err);

	(void)s;
	if (r < 0)
		return r;
	r = inventory_write_each(inventory, put_line, &file);
	if (r < 0)
		return err_set(err, r, "write %s: %s",
			       strcmp(path, "-") == 0 ? "standard output" : path,
			       err_words(r));
	return newfile_close(&file, err);
}

static int as_text(const struct settings *s, const struct inventory *inventory,
		   const char *path, struct err *err)
{
	AUTO(str_done) struct str page = STR_INIT(PAGE_MAX);
	struct text_style style = { .color = false };

	if (strcmp(path, "-") == 0)
		style = terminal_style(s, STDOUT_FILENO);
	report_inventory_text(inventory, &style, &page);
	if (page.error)
		return err_set(err, page.error, "the page: %s", err_words(page.error));
	return file_write(path, page.s, page.len, err);
}

static const struct format {
	const char *name;
	int (*write)(const struct settings *, const struct inventory *, const char *,
		     struct err *);
} formats[] = { { "json", as_json }, { "text", as_text } };

static const struct format *find_format(const char *spec, const char **file,
					struct err *err)
{
	const size_t n = strcspn(spec, "=");

	*file = spec[n] && spec[n + 1] ? spec + n + 1 : NULL;
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (strlen(formats[i].name) == n &&
		    strncmp(formats[i].name, spec, n) == 0)
			return &formats[i];
	(void)err_set(err, -EINVAL, "'%s' is no format; there are json and text", spec);
	return NULL;
}

static int write_one(const struct settings *s, const struct inventory *inventory,
		     const char *spec, struct err *err)
{
	const char *file;
	const struct format *f = find_format(spec, &file, err);

	if (!f)
		return err->code;
	if (!file)
		file = s->output ? s->output : "-";
	return f->write(s, inventory, file, err);
}

static int write_all(const struct settings *s, const struct inventory *inventory,
		     struct err *err)
{
	int failed = 0;

	if (s->formats.len == 0)
		return write_one(s, inventory, "json", err);
	LIST_EACH (char *const, spec, &s->formats) {
		const int r = write_one(s, inventory, *spec, err);

		if (r < 0)
			failed = r;
	}
	return failed;
}

static int check(const struct settings *settings, const struct list *rest,
		 struct err *err)
{
	const char *file;
	size_t inputs = 0;

	LIST_EACH (char *const, spec, &settings->formats)
		if (!find_format(*spec, &file, err))
			return err->code;
	if (rest->len == 0)
		return err_set(err, -EINVAL, "which inventories?");
	LIST_EACH (char *const, name, rest)
		inputs += strcmp(*name, "-") == 0;
	return inputs > 1 ? err_set(err, -EINVAL, "standard input twice") : 0;
}

static int run(struct settings *settings, const struct list *rest)
{
	AUTO(reading_done) struct reading r = READING_INIT;
	AUTO(str_done) struct str notes = STR_INIT(4096);
	struct err err = ERR_INIT;

	if (check(settings, rest, &err) < 0) {
		complain("merge: %s; see taskprobe merge --help", err.msg);
		return EXIT_USAGE;
	}
	int failed = reading_start(&r, rest, &err);
	if (failed == 0)
		failed = reading_finish(&r, NULL, &err);
	if (failed == 0)
		failed = write_all(settings, merge_result(r.merge), &err);
	if (failed < 0) {
		complain("merge: %s", err.msg);
		return EXIT_BLIND;
	}
	reading_notes(&r, &notes);
	complain("merge: %s", notes.s);
	return EXIT_CLEAN;
}

const struct verb verb_merge = {
	.name = "merge",
	.synopsis = "merge INVENTORY... [-o FILE] [-f json|text]",
	.help = "join the inventories of many runs and replicas",
	.text = "Reads inventories that trace wrote (or merge), and writes their union: "
		"each path once,\n"
		"with the number of runs that wrote it. A run that is given twice counts "
		"once, in its\n"
		"fuller copy. The lines may come through a log: others between them are "
		"skipped. \"-\" is\n"
		"standard input; -f text prints a page for people.",
	.takes = TAKES_MERGE,
	.run = run,
};
