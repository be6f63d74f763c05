/* SPDX-License-Identifier: MIT */
#include "checks/report/inventory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "checks/report/fold.h"
#include "checks/report/inventory_page.h"
#include "checks/report/row.h"
#include "checks/report/words.h"
#include "core/cleanup.h"
#include "core/text.h"

/* Of a section; the inventory has all of them. */
#define ROWS_SHOWN  60
#define PAIRS_SHOWN 20
/* Columns of a row's path; a longer one gets a line of its own. */
#define PATH_COLUMNS 44
/* Less than that for what is said of it is too little. */
#define TEXT_COLUMNS 50

void inventory_heading(const struct page *p, const char *text)
{
	page_ink(p, INK_BOLD);
	(void)str_printf(p->out, "\n%s\n", text);
	page_ink(p, INK_PLAIN);
}

struct section {
	const struct page *page;
	const struct inventory *inventory;
	const struct inventory_totals *totals;
	const struct list *dirs; /* const struct inventory_dir *, sorted */
	enum inventory_class class;
	enum ink ink;
};

static int compare_dir(const void *key, const void *item)
{
	const struct inventory_dir *const *dir = item;

	return strcmp(key, (*dir)->path);
}

/* What a mount there would hide, and how much it must hold. */
static void put_dir(const struct section *s, const char *path, size_t len,
		    struct str *line)
{
	AUTO_FREE char *name = strndup(path, len > 1 ? len - 1 : len);

	if (!name || s->dirs->len == 0)
		return;
	const struct inventory_dir *const *dir =
		bsearch(name, s->dirs->items, s->dirs->len, sizeof(*dir), compare_dir);
	if (!dir)
		return;
	if (!(*dir)->empty && (*dir)->entries > 0) {
		(void)str_puts(line, "; the image has ");
		words_many(line, (*dir)->entries, "entry", "entries");
		(void)str_puts(line, " there");
	}
	if ((*dir)->peak_bytes > 0) {
		(void)str_puts(line, "; held at least ");
		words_size(line, (*dir)->peak_bytes);
		(void)str_puts(line, " at a time");
	}
}

/* On a narrow terminal, or beside a long path, the words go below. */
static void put_row_text(const struct section *s, const char *path, const char *text)
{
	const struct page *p = s->page;
	const size_t left = 2 + PATH_COLUMNS + 2;
	const int width = p->style->width;
	const bool below = page_columns(path) > PATH_COLUMNS ||
			   (width > 0 && (size_t)width < left + TEXT_COLUMNS);

	(void)str_puts(p->out, "  ");
	page_ink(p, s->ink);
	page_cell(p, path, below ? 0 : PATH_COLUMNS);
	page_ink(p, INK_PLAIN);
	(void)str_puts(p->out, below ? "\n" : "  ");
	if (below)
		page_wrap(p, 6, "", text);
	else
		page_fill(p, left, text);
}

static int put_row(const struct section *s, const struct list *paths,
		   const struct fold_row *row)
{
	AUTO(row_done) struct row_sum sum = { 0 };
	AUTO(str_done) struct str name = STR_INIT(INVENTORY_TEXT_MAX);
	AUTO(str_done) struct str text = STR_INIT(INVENTORY_TEXT_MAX);
	const char *first = (*LIST_AT(paths, struct inventory_path *, row->from))->path;
	int r = 0;

	for (size_t i = row->from; i < row->to && r == 0; i++)
		if (fold_has(paths, row, i))
			r = row_add(&sum, *LIST_AT(paths, struct inventory_path *, i));
	if (r < 0)
		return r;
	AUTO_FREE char *path = row->len ? strndup(first, row->len) : strdup(first);
	if (!path)
		return -ENOMEM;
	text_escape(&name, path);
	if (row->len && !row->direct)
		(void)str_puts(&name, "...");
	row_words(&text, &sum, s->totals->runs);
	if (row->len)
		put_dir(s, path, row->len, &text);
	put_row_text(s, name.s, text.s);
	return name.error ? name.error : text.error;
}

static int put_rows(const struct section *s, const struct list *paths)
{
	AUTO(list_done) struct list rows = { 0 };
	int r = fold_paths(paths, &rows);
	size_t n = 0;

	LIST_EACH (const struct fold_row, row, &rows)
		if (r == 0 && n++ < ROWS_SHOWN)
			r = put_row(s, paths, row);
	if (r == 0 && rows.len > ROWS_SHOWN)
		(void)str_printf(s->page->out, "  and %zu more (in the inventory)\n",
				 rows.len - ROWS_SHOWN);
	return r;
}

static int by_mount(const void *a, const void *b)
{
	const struct inventory_path *const *x = a, *const *y = b;
	const char *m = (*x)->mount, *n = (*y)->mount;
	const int order = strcmp(m ? m : "", n ? n : "");

	return order ? order : strcmp((*x)->path, (*y)->path);
}

/* The paths of a class, by mount. */
static int list_class(const struct section *s, struct list *ret)
{
	for (struct inventory_path *p = inventory_next_path(s->inventory, NULL); p;
	     p = inventory_next_path(s->inventory, p)) {
		if (inventory_class(p) != s->class)
			continue;
		struct inventory_path **slot = LIST_ADD(ret, struct inventory_path *);
		if (!slot)
			return -ENOMEM;
		*slot = p;
	}
	if (ret->len)
		qsort(ret->items, ret->len, sizeof(struct inventory_path *), by_mount);
	return 0;
}

static int put_mount(const struct section *s, const char *title, const char *mount)
{
	AUTO(str_done) struct str line = STR_INIT(INVENTORY_TEXT_MAX);

	(void)str_puts(&line, title);
	if (mount) {
		(void)str_puts(&line, ", on ");
		text_escape(&line, mount);
	}
	inventory_heading(s->page, line.s);
	return line.error;
}

static int put_section(const struct section *s, const char *title)
{
	AUTO(list_done) struct list paths = { 0 };
	int r = list_class(s, &paths);

	for (size_t i = 0, end; i < paths.len && r == 0; i = end) {
		struct inventory_path **at = LIST_AT(&paths, struct inventory_path *, i);

		for (end = i + 1; end < paths.len; end++)
			if (!str_equal(at[end - i]->mount, at[0]->mount))
				break;
		const struct list part = { .items = at, .len = end - i };
		r = put_mount(s, title, at[0]->mount);
		if (r == 0)
			r = put_rows(s, &part);
	}
	return r;
}

static int put_sections(const struct page *p, const struct inventory *inventory,
			const struct inventory_totals *t)
{
	static const struct {
		const char *title;
		enum ink ink;
	} sections[CLASS_COUNT] = {
		[CLASS_IMAGE] = { "The image's own, changed", INK_BAD },
		[CLASS_PERHAPS] = { "Written, perhaps the image's own", INK_WARN },
		[CLASS_NEW] = { "New", INK_WARN },
		[CLASS_ASKED] = { "Only asked whether it can be written", INK_DIM },
		[CLASS_FAILED] = { "Fails today, and would on a read-only root",
				   INK_DIM },
	};
	AUTO(list_done) struct list dirs = { 0 };
	int r = inventory_list_dirs(inventory, &dirs);

	for (int class = 0; class < CLASS_COUNT && r == 0; class ++) {
		const struct section s = { p,	  inventory, t,
					   &dirs, class,     sections[class].ink };

		r = put_section(&s, sections[class].title);
	}
	return r;
}

/* --- renames and links --- */

static size_t dir_len(const char *path)
{
	return (size_t)(strrchr(path, '/') - path) + 1;
}

static bool same_dirs(const struct inventory_pair *a, const struct inventory_pair *b)
{
	const size_t from = dir_len(a->from), to = dir_len(a->to);

	return a->op == b->op && dir_len(b->from) == from && dir_len(b->to) == to &&
	       memcmp(a->from, b->from, from) == 0 && memcmp(a->to, b->to, to) == 0;
}

/* 'n' neighbours between the same two directories: one line. */
static int put_pair(const struct page *p, const struct inventory_pair *const *pairs,
		    size_t n)
{
	AUTO(str_done) struct str line = STR_INIT(INVENTORY_TEXT_MAX);
	const struct inventory_pair *first = *pairs;
	AUTO_FREE char *from = strndup(first->from, dir_len(first->from));
	AUTO_FREE char *to = strndup(first->to, dir_len(first->to));
	int64_t count = 0;

	if (!from || !to)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (__builtin_add_overflow(count, pairs[i]->count, &count))
			count = INT64_MAX;
	(void)str_printf(&line, "%s ", inventory_op_names[first->op]);
	text_escape(&line, n > 1 ? from : first->from);
	(void)str_puts(&line, " -> ");
	text_escape(&line, n > 1 ? to : first->to);
	(void)str_puts(&line, "; ");
	words_many(&line, count, "time", "times");
	if (n > 1) {
		(void)str_puts(&line, ", ");
		words_number(&line, (int64_t)n);
		(void)str_puts(&line, " names");
	}
	page_wrap(p, 2, "", line.s);
	return line.error;
}

static int put_pairs(const struct page *p, const struct inventory *inventory)
{
	AUTO(list_done) struct list pairs = { 0 };
	int r = inventory_list_pairs(inventory, &pairs);
	const struct inventory_pair *const *all = pairs.items;
	size_t lines = 0;

	if (r < 0 || pairs.len == 0)
		return r;
	inventory_heading(p, "Renamed and linked");
	for (size_t i = 0, end; i < pairs.len && r == 0; i = end) {
		for (end = i + 1; end < pairs.len && same_dirs(all[i], all[end]); end++)
			;
		if (++lines > PAIRS_SHOWN) {
			(void)str_printf(p->out, "  and %zu more (in the inventory)\n",
					 pairs.len - i);
			break;
		}
		r = put_pair(p, all + i, end - i);
	}
	return r;
}

void report_inventory_text(const struct inventory *inventory,
			   const struct text_style *style, struct str *out)
{
	const struct page p = { .style = style, .out = out };
	AUTO(str_done) struct str line = STR_INIT(4096);
	struct inventory_totals t;
	int r = inventory_count(inventory, &t);

	if (r == 0) {
		inventory_verdict(&line, &t);
		page_ink(&p, INK_BOLD);
		page_wrap(&p, 0, "taskprobe: ", line.s);
		page_ink(&p, INK_PLAIN);
		r = line.error;
	}
	if (r == 0)
		r = put_sections(&p, inventory, &t);
	if (r == 0)
		r = put_pairs(&p, inventory);
	if (r == 0)
		r = inventory_coverage(&p, inventory, &t);
	if (r < 0)
		out->error = r;
}
