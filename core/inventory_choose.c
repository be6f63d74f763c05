/* SPDX-License-Identifier: MIT
 *
 * inventory_choose.c - which parts to take, so that each run is in once and no copy
 * that was left out has more of it. The exact cover of sets is hard in general; what
 * people give (the same run twice, a merged inventory and the ones it was made of)
 * is found by taking the largest first, or else the smallest.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/inventory_parts.h"

struct choice {
	struct merge *merge;
	size_t runs;			 /* distinct */
	const struct part_run **taken;	 /* by number: the copy that is in; NULL: none */
	const struct found_part **from;	 /* and where it is from */
	const struct found_part **order; /* the parts in the order of asking */
};

static void choice_done(struct choice *c)
{
	free(c->taken);
	free(c->from);
	free(c->order);
}

/* --- runs get numbers in the order of their ids --- */

static int by_id(const void *a, const void *b)
{
	const struct part_run *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

static int by_number(const void *a, const void *b)
{
	const struct part_run *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* A list of struct part_run *, all of them, sorted. */
static int list_runs(struct merge *merge, struct list *ret)
{
	LIST_EACH (struct found_part, part, &merge->parts)
		LIST_EACH (struct part_run, run, &part->runs) {
			struct part_run **slot = LIST_ADD(ret, struct part_run *);

			if (!slot)
				return -ENOMEM;
			*slot = run;
		}
	if (ret->len)
		qsort(ret->items, ret->len, sizeof(struct part_run *), by_id);
	return 0;
}

static int number_runs(struct choice *c, struct err *err)
{
	AUTO(list_done) struct list runs = { 0 };

	if (list_runs(c->merge, &runs) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < runs.len; i++) {
		struct part_run *run = *LIST_AT(&runs, struct part_run *, i);

		c->runs += i == 0 ||
			   strcmp(run->id,
				  (*LIST_AT(&runs, struct part_run *, i - 1))->id) != 0;
		run->number = c->runs - 1;
	}
	LIST_EACH (struct found_part, part, &c->merge->parts) {
		const struct part_run *run = part->runs.items;

		qsort(part->runs.items, part->runs.len, sizeof(*run), by_number);
		for (size_t i = 1; i < part->runs.len; i++)
			if (run[i].number == run[i - 1].number)
				return err_set(err, -EINVAL,
					       "%s:%zu: a merged inventory that has run "
					       "%s twice",
					       part->name, part->place.number, run[i].id);
	}
	return 0;
}

/* --- the order of asking --- */

/* Above 0: 'a' has more of the run. */
static int compare_fullness(const struct part_run *a, const struct part_run *b)
{
	if (a->complete != b->complete)
		return a->complete - b->complete;
	return (a->records > b->records) - (a->records < b->records);
}

static int compare_runs(const struct found_part *a, const struct found_part *b)
{
	const struct part_run *x = a->runs.items, *y = b->runs.items;

	for (size_t i = 0; i < a->runs.len; i++)
		if (x[i].number != y[i].number)
			return x[i].number < y[i].number ? -1 : 1;
	return 0;
}

/* Parts of the same number of runs: by these, of the same runs the fullest first. */
static int compare_alike(const struct found_part *a, const struct found_part *b)
{
	const struct part_run *x = a->runs.items, *y = b->runs.items;
	int order = compare_runs(a, b);

	for (size_t i = 0; i < a->runs.len && order == 0; i++)
		order = -compare_fullness(&x[i], &y[i]);
	if (order == 0)
		order = (a->records < b->records) - (a->records > b->records);
	return order ? order : (a->hash > b->hash) - (a->hash < b->hash);
}

static int largest_first(const void *a, const void *b)
{
	const struct found_part *const *x = a, *const *y = b;
	const size_t m = (*x)->runs.len, n = (*y)->runs.len;

	return m != n ? (m < n) - (m > n) : compare_alike(*x, *y);
}

static int smallest_first(const void *a, const void *b)
{
	const struct found_part *const *x = a, *const *y = b;
	const size_t m = (*x)->runs.len, n = (*y)->runs.len;

	return m != n ? (m > n) - (m < n) : compare_alike(*x, *y);
}

/* --- taking --- */

static bool is_free(const struct choice *c, const struct found_part *part)
{
	LIST_EACH (const struct part_run, run, &part->runs)
		if (c->taken[run->number])
			return false;
	return true;
}

static void take(const struct choice *c, const struct found_part *part)
{
	LIST_EACH (const struct part_run, run, &part->runs) {
		c->taken[run->number] = run;
		c->from[run->number] = part;
	}
}

/* What was left out must be in otherwise, all of it. */
static int check(const struct choice *c, const struct found_part *part, struct err *err)
{
	LIST_EACH (const struct part_run, run, &part->runs) {
		const struct part_run *in = c->taken[run->number];

		if (!in)
			return err_set(err, -EINVAL,
				       "%s and another merged inventory have runs in "
				       "common, which would count twice; run %s is in it "
				       "alone: give that run's own inventory",
				       part->name, run->id);
		if (compare_fullness(in, run) < 0)
			return err_set(
				err, -EINVAL,
				"run %s is fuller in %s than in %s, which is merged "
				"and cannot be taken apart: give the inventories "
				"that it was made of",
				run->id, part->name, c->from[run->number]->name);
	}
	return 0;
}

static int try_order(const struct choice *c, int (*order)(const void *, const void *),
		     struct err *err)
{
	const size_t n = c->merge->parts.len;
	int r = 0;

	memset(c->taken, 0, c->runs * sizeof(*c->taken));
	qsort(c->order, n, sizeof(*c->order), order);
	for (size_t i = 0; i < n; i++)
		if (is_free(c, c->order[i]))
			take(c, c->order[i]);
	for (size_t i = 0; i < n && r == 0; i++)
		r = check(c, c->order[i], err);
	return r;
}

/* The second pass follows this order, which that of the inputs does not change. */
static int keep_choice(const struct choice *c)
{
	struct merge *merge = c->merge;

	for (size_t i = 0; i < merge->parts.len; i++) {
		const struct found_part *part = c->order[i];
		const struct part_run *run = part->runs.items;

		if (c->from[run->number] != part)
			continue;
		const struct found_part **slot =
			LIST_ADD(&merge->chosen, const struct found_part *);
		if (!slot)
			return -ENOMEM;
		*slot = part;
		merge->notes.taken++;
	}
	return 0;
}

int merge_choose(struct merge *merge, struct err *err)
{
	AUTO(choice_done) struct choice c = { .merge = merge };
	const size_t n = merge->parts.len;
	int r = part_close(merge, err);

	if (r == 0 && n == 0)
		r = err_set(err, -EINVAL, "no inventory: there is no 'run' record");
	if (r == 0)
		r = number_runs(&c, err);
	if (r < 0)
		return r;
	c.taken = calloc(c.runs, sizeof(*c.taken));
	c.from = calloc(c.runs, sizeof(*c.from));
	c.order = calloc(n, sizeof(*c.order));
	if (!c.taken || !c.from || !c.order)
		return err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		c.order[i] = LIST_AT(&merge->parts, struct found_part, i);
	struct err first = ERR_INIT, second = ERR_INIT;
	r = try_order(&c, largest_first, &first);
	if (r < 0 && try_order(&c, smallest_first, &second) < 0)
		return err_set(err, r, "%s", first.msg);
	return keep_choice(&c) < 0 ? err_set(err, -ENOMEM, "out of memory") : 0;
}
