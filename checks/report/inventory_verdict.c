/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>

#include "checks/report/inventory_page.h"
#include "checks/report/words.h"
#include "core/cleanup.h"
#include "core/inventory_merge.h" /* INVENTORY_TRUNCATED */

enum inventory_class inventory_class(const struct inventory_path *path)
{
	bool asked = false, written = false;

	LIST_EACH (const struct inventory_count, c, &path->counts)
		if (c->code == 0) {
			asked |= c->op == OP_ACCESS;
			written |= c->op != OP_ACCESS;
		}
	if (!written)
		return asked ? CLASS_ASKED : CLASS_FAILED;
	if (path->in_image == TRI_UNKNOWN)
		return CLASS_PERHAPS;
	return path->in_image == TRI_YES ? CLASS_IMAGE : CLASS_NEW;
}

static bool is_written(const struct inventory_path *path)
{
	return inventory_class(path) <= CLASS_NEW;
}

static int count_runs(const struct inventory *inventory, struct inventory_totals *t)
{
	AUTO(list_done) struct list runs = { 0 };

	if (inventory_list_runs(inventory, &runs) < 0)
		return -ENOMEM;
	LIST_EACH (const struct inventory_run *const, run, &runs)
		t->truncated += str_equal((*run)->ended, INVENTORY_TRUNCATED);
	t->runs = (int64_t)runs.len;
	return 0;
}

int inventory_count(const struct inventory *inventory, struct inventory_totals *t)
{
	const struct inventory_end *end = inventory_ended(inventory);

	*t = (struct inventory_totals){ .cut = !end };
	if (end)
		t->end = *end;
	for (const struct inventory_path *p = inventory_next_path(inventory, NULL); p;
	     p = inventory_next_path(inventory, p)) {
		t->paths[inventory_class(p)]++;
		t->executed += p->executed && is_written(p);
	}
	return count_runs(inventory, t);
}

static void put_written(struct str *out, const struct inventory_totals *t)
{
	const int64_t image = t->paths[CLASS_IMAGE], perhaps = t->paths[CLASS_PERHAPS];
	const int64_t new = t->paths[CLASS_NEW];

	if (image + perhaps + new == 0) {
		(void)str_puts(out, "nothing is written that a read-only root would "
				    "refuse");
		if (!t->cut) {
			(void)str_puts(out, ", in ");
			words_many(out, t->end.events, "call", "calls");
		}
		return;
	}
	words_many(out, image + perhaps + new, "path is", "paths are");
	(void)str_puts(out, " written that a read-only root would refuse: ");
	const size_t start = out->len;
	if (image) {
		words_number(out, image);
		(void)str_puts(out, " of the image's own");
	}
	if (perhaps) {
		words_comma(out, start, ", ");
		words_number(out, perhaps);
		(void)str_puts(out, " perhaps the image's");
	}
	if (new) {
		words_comma(out, start, ", ");
		words_number(out, new);
		(void)str_puts(out, " new");
	}
}

static void put_doubts(struct str *out, const struct inventory_totals *t)
{
	if (t->end.unresolved) {
		(void)str_puts(out, "; ");
		words_many(out, t->end.unresolved, "operation", "operations");
		(void)str_puts(out, " could not be resolved");
	}
	if (t->end.lost) {
		(void)str_puts(out, "; ");
		words_many(out, t->end.lost, "operation was", "operations were");
		(void)str_puts(out, " lost");
	}
	if (t->truncated && t->runs > 1) {
		(void)str_puts(out, "; ");
		words_number(out, t->truncated);
		(void)str_printf(out, " of %" PRId64 " runs %s cut short", t->runs,
				 t->truncated == 1 ? "was" : "were");
	}
}

void inventory_verdict(struct str *out, const struct inventory_totals *t)
{
	if (t->cut || (t->truncated && t->runs == 1))
		(void)str_puts(out, "TRUNCATED (there is no end record; more may have "
				    "been written): ");
	put_written(out, t);
	put_doubts(out, t);
}

void report_inventory_verdict(const struct inventory *inventory, struct str *out)
{
	struct inventory_totals t;

	if (inventory_count(inventory, &t) < 0)
		out->error = -ENOMEM;
	else
		inventory_verdict(out, &t);
}
