/* SPDX-License-Identifier: MIT */
#include "agent/reading.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"

/* Blocks that are read; a line that is longer than INVENTORY_LINE_MAX is refused. */
#define BUFFER (2 * INVENTORY_LINE_MAX)

struct source {
	const char *path;
	int copy; /* of what can be read but once; -1: it is opened again */
};

void reading_done(struct reading *r)
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
	return failed;
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
	r->buffer = malloc(BUFFER);
	if (!r->buffer)
		return err_set(err, -ENOMEM, "out of memory");
	LIST_EACH (char *const, file, files) {
		struct source *input = LIST_ADD(&r->inputs, struct source);

		if (!input)
			return err_set(err, -ENOMEM, "out of memory");
		*input = (struct source){ *file, -1 };
	}
	return 0;
}

int reading_again(struct reading *r, struct err *err)
{
	merge_done(r->merge);
	r->merge = merge_new();
	return r->merge ? survey(r, err) : err_set(err, -ENOMEM, "out of memory");
}

int reading_start(struct reading *r, const struct list *files, struct err *err)
{
	const int failed = prepare(r, files, err);

	return failed < 0 ? failed : reading_again(r, err);
}

int reading_finish(struct reading *r, const char *container, struct err *err)
{
	int failed = container ? merge_only(r->merge, container, err) : 0;

	if (failed == 0)
		failed = merge_choose(r->merge, err);
	return failed < 0 ? failed : read_parts(r, err);
}

static void say_count(struct str *out, const char *before, int64_t n, const char *one,
		      const char *many)
{
	(void)str_printf(out, "%s%lld %s", before, (long long)n, n == 1 ? one : many);
}

void reading_notes(const struct reading *r, struct str *out)
{
	const struct merge_notes notes = merge_notes(r->merge), *n = &notes;

	say_count(out, "", n->runs, "run", "runs");
	say_count(out, " of ", n->parts, "inventory", "inventories");
	say_count(out, " in ", n->inputs, "file", "files");
	if (n->taken < n->parts)
		(void)str_printf(out, ", %lld of them known already",
				 (long long)(n->parts - n->taken));
	if (n->truncated)
		say_count(out, "; ", n->truncated, "run truncated (no end record)",
			  "runs truncated (no end record)");
	if (n->cut)
		say_count(out, "; ", n->cut, "record cut short", "records cut short");
	if (n->skipped)
		say_count(out, "; ", n->skipped, "line that is no record skipped",
			  "lines that are no records skipped");
}
