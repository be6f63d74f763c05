/* SPDX-License-Identifier: MIT */
#include "checks/report/row.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks/report/words.h"
#include "core/table.h"
#include "core/text.h"

/* Who writes: those that do so most. */
#define WRITERS_SHOWN 3
/* An app may write each file under another name of itself. */
#define WRITERS_MAX 500

struct writer {
	const char *exe;
	int64_t uid, count;
};

void row_done(struct row_sum *sum)
{
	list_done(&sum->failed);
	list_done(&sum->writers);
}

static void add_up(int64_t *sum, int64_t n)
{
	if (__builtin_add_overflow(*sum, n, sum))
		*sum = INT64_MAX;
}

static int sum_writer(struct row_sum *sum, const struct inventory_process *p)
{
	LIST_EACH (struct writer, w, &sum->writers)
		if (w->uid == p->uid && str_equal(w->exe, p->exe)) {
			add_up(&w->count, p->count);
			return 0;
		}
	if (sum->writers.len >= WRITERS_MAX)
		return 0;
	struct writer *w = LIST_ADD(&sum->writers, struct writer);
	if (!w)
		return -ENOMEM;
	*w = (struct writer){ p->exe, p->uid, p->count };
	return 0;
}

static int sum_failed(struct row_sum *sum, const struct inventory_count *c)
{
	LIST_EACH (struct inventory_count, f, &sum->failed)
		if (f->op == c->op && f->code == c->code) {
			add_up(&f->count, c->count);
			return 0;
		}
	struct inventory_count *f = LIST_ADD(&sum->failed, struct inventory_count);
	if (!f)
		return -ENOMEM;
	*f = *c;
	return 0;
}

int row_add(struct row_sum *sum, const struct inventory_path *path)
{
	bool written = false;
	int r = 0;

	sum->kinds[path->kind]++;
	sum->paths++;
	if (path->size > 0 && path->kind != INVENTORY_DIRECTORY)
		add_up(&sum->size, path->size);
	sum->executed += path->executed;
	if (path->runs > sum->runs)
		sum->runs = path->runs;
	LIST_EACH (const struct inventory_count, c, &path->counts) {
		written |= c->code == 0 && c->op != OP_ACCESS;
		if (c->code == 0)
			add_up(&sum->counts[c->op], c->count);
		else if (r == 0)
			r = sum_failed(sum, c);
	}
	/* What was never written was never there. */
	sum->gone += written && path->exists == TRI_NO;
	LIST_EACH (const struct inventory_process, p, &path->processes)
		if (r == 0)
			r = sum_writer(sum, p);
	return r;
}

static int by_count(const void *a, const void *b)
{
	const struct writer *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	const int order = strcmp(x->exe ? x->exe : "", y->exe ? y->exe : "");
	return order ? order : (x->uid > y->uid) - (x->uid < y->uid);
}

/* "node(1000), sh(0) and 2 more" */
static void put_writers(struct str *out, struct row_sum *sum)
{
	const size_t n = sum->writers.len;

	if (n)
		qsort(sum->writers.items, n, sizeof(struct writer), by_count);
	for (size_t i = 0; i < n && i < WRITERS_SHOWN; i++) {
		const struct writer *w = LIST_AT(&sum->writers, struct writer, i);
		const char *slash = w->exe ? strrchr(w->exe, '/') : NULL;

		(void)str_puts(out, i ? ", " : "; by ");
		text_escape(out, slash && slash[1] ? slash + 1 : w->exe ? w->exe : "?");
		if (w->uid >= 0)
			(void)str_printf(out, "(%" PRId64 ")", w->uid);
	}
	if (n > WRITERS_SHOWN)
		(void)str_printf(out, " and %zu more", n - WRITERS_SHOWN);
}

static void put_kinds(struct str *out, const struct row_sum *sum)
{
	static const struct {
		const char *one, *many;
	} words[] = {
		[INVENTORY_UNKNOWN] = { "path", "paths" },
		[INVENTORY_FILE] = { "file", "files" },
		[INVENTORY_DIRECTORY] = { "directory", "directories" },
		[INVENTORY_SYMLINK] = { "symlink", "symlinks" },
		[INVENTORY_SOCKET] = { "socket", "sockets" },
		[INVENTORY_FIFO] = { "fifo", "fifos" },
		[INVENTORY_DEVICE] = { "device", "devices" },
	};
	const size_t start = out->len;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const size_t kind = (i + 1) % ARRAY_LEN(words); /* the unknown last */

		if (sum->kinds[kind] == 0)
			continue;
		words_comma(out, start, ", ");
		words_many(out, sum->kinds[kind], words[kind].one, words[kind].many);
	}
}

/* "create 1, write 3" */
static void put_ops(struct str *out, const struct row_sum *sum)
{
	bool any = false;

	for (int op = 0; op < OP_COUNT; op++) {
		if (sum->counts[op] == 0)
			continue;
		(void)str_printf(out, "%s%s ", any ? ", " : "; ", inventory_op_names[op]);
		words_number(out, sum->counts[op]);
		any = true;
	}
}

/* "fails: mkdir EACCES 4" */
static void put_failed(struct str *out, const struct row_sum *sum)
{
	bool any = false;

	LIST_EACH (const struct inventory_count, f, &sum->failed) {
		(void)str_printf(out, "%s%s %s ",
				 any ? ", " : "; fails: ", inventory_op_names[f->op],
				 err_name(f->code));
		words_number(out, f->count);
		any = true;
	}
}

static void put_fate(struct str *out, const struct row_sum *sum)
{
	if (sum->gone) {
		(void)str_puts(out, "; ");
		if (sum->gone < sum->paths) {
			words_number(out, sum->gone);
			(void)str_puts(out, " ");
		}
		(void)str_puts(out, "gone again");
	}
	if (sum->executed)
		(void)str_puts(out, "; executed after it was written");
}

void row_words(struct str *out, struct row_sum *sum, int64_t runs)
{
	put_kinds(out, sum);
	if (sum->size) {
		(void)str_puts(out, ", ");
		words_size(out, sum->size);
	}
	put_ops(out, sum);
	put_failed(out, sum);
	put_writers(out, sum);
	put_fate(out, sum);
	if (runs > 1) {
		(void)str_puts(out, sum->paths > 1 ? "; in up to " : "; in ");
		words_number(out, sum->runs);
		(void)str_puts(out, " of ");
		words_many(out, runs, "run", "runs");
	}
}
