/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent/files.h"
#include "agent/input.h"
#include "agent/newfile.h"
#include "agent/verb.h"
#include "checks/report/inventory.h"
#include "core/cleanup.h"
#include "core/inventory_merge.h"
#include "core/table.h"

/* Blocks that are read; a line that is longer than INVENTORY_LINE_MAX is refused. */
#define BUFFER (2 * INVENTORY_LINE_MAX)
/* A page is folded; its lines are a few thousand at most. */
#define PAGE_MAX ((size_t)64 << 20)

struct source {
	const char *path;
	int copy; /* of what can be read but once; -1: it is opened again */
};

struct reading {
	struct merge *merge;
	struct list inputs; /* struct source */
	char *buffer;
	struct input lines;
	size_t open; /* of inputs: the one that is open; SIZE_MAX: none */
};

static void reading_done(struct reading *r)
{
	if (r->open != SIZE_MAX && LIST_AT(&r->inputs, struct source, r->open)->copy < 0)
		cleanup_close(&r->lines.fd);
	LIST_EACH (struct source, input, &r->inputs)
		cleanup_close(&input->copy);
	list_done(&r->inputs);
	free(r->buffer);
	merge_done(r->merge);
}

/* Lets go of the input before. */
static int open_input(struct reading *r, size_t i, struct err *err)
{
	struct source *input = LIST_AT(&r->inputs, struct source, i);
	const bool is_stdin = strcmp(input->path, "-") == 0;

	if (r->open == i)
		return 0;
	if (r->open != SIZE_MAX && LIST_AT(&r->inputs, struct source, r->open)->copy < 0)
		cleanup_close(&r->lines.fd);
	r->open = SIZE_MAX;
	bool once = false;
	const int fd =
		input->copy >= 0 ? input->copy : input_open(input->path, &once, err);
	if (fd < 0)
		return fd;
	if (once)
		input->copy = fd;
	input_start(&r->lines, fd, is_stdin ? "standard input" : input->path, r->buffer,
		    BUFFER);
	r->open = i;
	return 0;
}

/* Each line from here to the end of the range. */
static int each_line(struct reading *r,
		     int (*take)(struct merge *, const struct merge_line *, struct err *),
		     struct err *err)
{
	struct input_line line;
	int got;

	while ((got = input_next(&r->lines, &line, err)) > 0) {
		const struct merge_line l = { .text = line.text,
					      .len = line.len,
					      .at = line.at,
					      .number = line.number,
					      .cut = line.cut };

		got = take(r->merge, &l, err);
		if (got < 0)
			break;
	}
	return got;
}

static int survey(struct reading *r, struct err *err)
{
	int failed = 0;

	for (size_t i = 0; i < r->inputs.len && failed == 0; i++) {
		failed = open_input(r, i, err);
		if (failed == 0)
			failed = merge_input(r->merge, r->lines.name, err);
		if (failed == 0) {
			input_range(&r->lines, 0, -1, 1);
			failed = each_line(r, merge_survey, err);
		}
	}
	return failed < 0 ? failed : merge_choose(r->merge, err);
}

static int read_parts(struct reading *r, struct err *err)
{
	struct merge_part part;
	int failed = 0;

	while (failed == 0 && merge_next_part(r->merge, &part)) {
		failed = open_input(r, part.input, err);
		if (failed == 0) {
			input_range(&r->lines, part.from, part.to, part.number);
			failed = each_line(r, merge_add, err);
		}
		if (failed == 0)
			failed = merge_part_end(r->merge, err);
	}
	return failed < 0 ? failed : merge_finish(r->merge, err);
}

static int prepare(struct reading *r, const struct list *files, struct err *err)
{
	r->open = SIZE_MAX;
	r->merge = merge_new();
	r->buffer = malloc(BUFFER);
	if (!r->merge || !r->buffer)
		return err_set(err, -ENOMEM, "out of memory");
	LIST_EACH (char *const, file, files) {
		struct source *input = LIST_ADD(&r->inputs, struct source);

		if (!input)
			return err_set(err, -ENOMEM, "out of memory");
		*input = (struct source){ *file, -1 };
	}
	return 0;
}

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
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	struct text_style style = { .color = false };
	struct winsize w;

	if (strcmp(path, "-") == 0 && isatty(STDOUT_FILENO)) {
		style.color = !s->no_color && !(no_color && *no_color) && term &&
			      strcmp(term, "dumb") != 0;
		if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0)
			style.width = w.ws_col;
	}
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

/* What a reader of the result should know of the inputs. */
static void say_notes(const struct merge_notes *n)
{
	AUTO(str_done) struct str line = STR_INIT(4096);

	(void)str_printf(&line, "%lld runs of %lld inventories in %lld files",
			 (long long)n->runs, (long long)n->parts, (long long)n->inputs);
	if (n->taken < n->parts)
		(void)str_printf(&line, ", %lld of them known already",
				 (long long)(n->parts - n->taken));
	if (n->truncated)
		(void)str_printf(&line, "; %lld runs truncated (no end record)",
				 (long long)n->truncated);
	if (n->cut)
		(void)str_printf(&line, "; %lld records cut short", (long long)n->cut);
	if (n->skipped)
		(void)str_printf(&line, "; %lld lines that are no records skipped",
				 (long long)n->skipped);
	complain("merge: %s", line.s);
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
	AUTO(reading_done) struct reading r = { .open = SIZE_MAX };
	struct err err = ERR_INIT;

	if (check(settings, rest, &err) < 0) {
		complain("merge: %s; see taskprobe merge --help", err.msg);
		return EXIT_USAGE;
	}
	int failed = prepare(&r, rest, &err);
	if (failed == 0)
		failed = survey(&r, &err);
	if (failed == 0)
		failed = read_parts(&r, &err);
	if (failed == 0)
		failed = write_all(settings, merge_result(r.merge), &err);
	if (failed < 0) {
		complain("merge: %s", err.msg);
		return EXIT_BLIND;
	}
	const struct merge_notes notes = merge_notes(r.merge);
	say_notes(&notes);
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
