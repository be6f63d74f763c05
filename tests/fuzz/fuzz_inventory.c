/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checks/report/inventory.h"
#include "core/cleanup.h"
#include "core/inventory_merge.h"

#define OUT_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int feed(struct merge *m, const char *text, int64_t from, int64_t to,
		int (*take)(struct merge *, const struct merge_line *, struct err *),
		struct err *err)
{
	int r = 0;

	for (const char *p = text + from; p < text + to && r == 0;) {
		const char *newline = memchr(p, '\n', (size_t)(text + to - p));
		const char *end = newline ? newline : text + to;
		const struct merge_line line = { .text = p,
						 .len = (size_t)(end - p),
						 .at = p - text,
						 .number = 1,
						 .cut = !newline };

		r = take(m, &line, err);
		p = newline ? newline + 1 : end;
	}
	return r;
}

static int read_parts(struct merge *m, const char *text, struct err *err)
{
	struct merge_part part;
	int r = 0;

	while (r == 0 && merge_next_part(m, &part)) {
		r = feed(m, text, part.from, part.to, merge_add, err);
		if (r == 0)
			r = merge_part_end(m, err);
	}
	return r < 0 ? r : merge_finish(m, err);
}

/* Merges one text; what comes of it is read again without an error. */
static int merged(const char *text, size_t len, struct str *out, struct str *page)
{
	const struct text_style style = { .width = 80 };
	struct err err = ERR_INIT;
	struct merge *m = merge_new();

	if (!m)
		abort();
	int r = merge_input(m, "input", &err);
	if (r == 0)
		r = feed(m, text, 0, (int64_t)len, merge_survey, &err);
	if (r == 0)
		r = merge_choose(m, &err);
	if (r == 0)
		r = read_parts(m, text, &err);
	if (r == -EAGAIN) /* the text has not changed */
		abort();
	if (r == 0 && inventory_write_all(merge_result(m), out) < 0)
		abort();
	if (r == 0)
		report_inventory_text(merge_result(m), &style, page);
	merge_done(m);
	return r;
}

static int one_line(const char *text, size_t len, struct str *out)
{
	AUTO(inventory_record_done) struct inventory_record record = { 0 };
	struct err err = ERR_INIT;
	const int r = inventory_read(text, len, &record, &err);

	if (r == 0)
		inventory_write(out, &record);
	return r;
}

/* What was read is written, and read again is the same; what was merged merges into
 * itself. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(str_done) struct str first = STR_INIT(OUT_MAX), second = STR_INIT(OUT_MAX);
	AUTO(str_done) struct str all = STR_INIT(OUT_MAX), again = STR_INIT(OUT_MAX);
	AUTO(str_done) struct str page = STR_INIT(OUT_MAX), same = STR_INIT(OUT_MAX);
	const char *text = (const char *)data;

	if (one_line(text, size, &first) == 0 &&
	    (one_line(first.s, first.len - 1, &second) < 0 ||
	     strcmp(first.s, second.s) != 0))
		abort();
	if (merged(text, size, &all, &page) < 0)
		return 0;
	if (merged(all.s, all.len, &again, &same) < 0 || strcmp(all.s, again.s) != 0 ||
	    strcmp(page.s, same.s) != 0)
		abort();
	return 0;
}
