/* SPDX-License-Identifier: MIT
 *
 * inventory_merge.c - the second pass of inventory_merge.h: the chosen parts, one at
 * a time, into one. Within a run a later record replaces what an earlier one says;
 * between runs there is no later: what differs is decided by its value.
 */
#include "core/inventory_merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/inventory_parts.h"

/* Of all runs together; a run has a handful, which its replicas share. */
#define BLIND_SPOTS_MAX 1000

struct merge *merge_new(void)
{
	struct merge *merge = calloc(1, sizeof(*merge));

	if (!merge)
		return NULL;
	merge->end.exit = -1;
	merge->all = inventory_new();
	if (!merge->all) {
		free(merge);
		return NULL;
	}
	return merge;
}

void merge_done(struct merge *merge)
{
	if (!merge)
		return;
	LIST_EACH (struct found_part, part, &merge->parts)
		part_done(part);
	list_done(&merge->parts);
	list_done(&merge->chosen);
	list_done(&merge->names);
	texts_done(&merge->containers);
	inventory_done(merge->one);
	inventory_done(merge->all);
	inventory_end_done(&merge->end);
	free(merge);
}

static const struct found_part *this_part(const struct merge *merge)
{
	return *LIST_AT(&merge->chosen, const struct found_part *, merge->next - 1);
}

bool merge_next_part(struct merge *merge, struct merge_part *ret)
{
	if (merge->next >= merge->chosen.len)
		return false;
	merge->next++;
	*ret = this_part(merge)->place;
	return true;
}

/* The second pass must find what the first one did. */
static int changed(const struct merge *merge, struct err *err)
{
	const struct found_part *part = this_part(merge);

	return err_set(err, -EAGAIN, "%s:%zu: changed while it was read", part->name,
		       part->place.number);
}

static int add_piece(struct merge *merge, const struct merge_line *line,
		     const struct piece *piece, struct err *err)
{
	AUTO(inventory_record_done) struct inventory_record record = { 0 };
	const struct found_part *part = this_part(merge);
	int r = piece_read(piece, part->name, line->number, &record, err);

	if (r == -ENOMSG)
		return 0;
	merge->records++;
	/* The last record of a run that was killed may be half a one, though a log ended
	 * its line. */
	if ((r == -EINVAL || r == -ENODATA) && !part->ended && piece->at == part->last) {
		merge->notes.cut++;
		return 0;
	}
	if (r < 0)
		return r;
	r = record.kind == RECORD_PATH ? inventory_take_path(merge->one, &record.path)
				       : inventory_add(merge->one, &record);
	return r < 0 ? err_set(err, r, "out of memory") : 0;
}

int merge_add(struct merge *merge, const struct merge_line *line, struct err *err)
{
	struct piece piece;
	size_t from = 0;
	int r = 0;

	if (!merge->one) {
		merge->one = inventory_new();
		if (!merge->one)
			return err_set(err, -ENOMEM, "out of memory");
	}
	while (r == 0 && from < line->len && piece_next(line, &from, &piece))
		r = add_piece(merge, line, &piece, err);
	return r;
}

/* --- one part into the whole --- */

static void add_up(int64_t *sum, int64_t n)
{
	if (__builtin_add_overflow(*sum, n, sum))
		*sum = INT64_MAX;
}

/* Leaves what it need not keep in *path. */
static int fold_path(struct inventory *all, struct inventory_path *path)
{
	const struct inventory_path *have = inventory_find(all, path->path);

	if (path->runs <= 0)
		path->runs = 1;
	if (have) {
		/* "It is in the image" and "it is left behind" weigh more. */
		if (have->kind > path->kind)
			path->kind = have->kind;
		if (have->in_image > path->in_image)
			path->in_image = have->in_image;
		if (have->exists > path->exists)
			path->exists = have->exists;
		if (have->mount && path->mount && strcmp(have->mount, path->mount) > 0) {
			free(path->mount);
			path->mount = NULL;
		}
		add_up(&path->runs, have->runs);
	}
	return inventory_take_path(all, path);
}

static int compare_owner(const struct inventory_dir *a, const struct inventory_dir *b)
{
	if (a->uid != b->uid)
		return a->uid < b->uid ? -1 : 1;
	if (a->gid != b->gid)
		return a->gid < b->gid ? -1 : 1;
	return (a->mode > b->mode) - (a->mode < b->mode);
}

static int fold_dir(struct inventory *all, const struct inventory_dir *dir)
{
	const struct inventory_dir *have = inventory_find_dir(all, dir->path);
	struct inventory_record record = { .kind = RECORD_DIR, .dir = *dir };

	if (have) {
		if (have->entries > dir->entries)
			record.dir.entries = have->entries;
		record.dir.empty &= have->empty;
		if (compare_owner(have, dir) > 0) {
			record.dir.uid = have->uid;
			record.dir.gid = have->gid;
			record.dir.mode = have->mode;
		}
	}
	return inventory_add(all, &record);
}

static int fold_pairs_and_dirs(struct inventory *all, const struct inventory *one)
{
	AUTO(list_done) struct list pairs = { 0 };
	AUTO(list_done) struct list dirs = { 0 };
	int r = inventory_list_pairs(one, &pairs);

	if (r == 0)
		r = inventory_list_dirs(one, &dirs);
	LIST_EACH (const struct inventory_pair *const, pair, &pairs)
		if (r == 0)
			r = inventory_add(all,
					  &(struct inventory_record){ .kind = RECORD_PAIR,
								      .pair = **pair });
	LIST_EACH (const struct inventory_dir *const, dir, &dirs)
		if (r == 0)
			r = fold_dir(all, *dir);
	return r;
}

static int add_spot(struct list *spots, const char *spot)
{
	if (spots->len > BLIND_SPOTS_MAX || texts_have(spots, spot))
		return 0;
	return texts_add(spots, spots->len < BLIND_SPOTS_MAX
					? spot
					: "there are more blind spots than are listed");
}

static int fold_end(struct inventory_end *all, const struct inventory_end *one)
{
	int r = 0;

	if (!one)
		return 0;
	if (one->exit > all->exit)
		all->exit = one->exit;
	add_up(&all->events, one->events);
	add_up(&all->unresolved, one->unresolved);
	add_up(&all->lost, one->lost);
	LIST_EACH (char *const, spot, &one->blind_spots)
		if (r == 0)
			r = add_spot(&all->blind_spots, *spot);
	return r;
}

/* They are sorted by their ids. */
static const struct part_run *find_run(const struct found_part *part, const char *id)
{
	const struct part_run *runs = part->runs.items;
	size_t low = 0, high = part->runs.len;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const int order = strcmp(runs[middle].id, id);

		if (order == 0)
			return &runs[middle];
		low = order < 0 ? middle + 1 : low;
		high = order < 0 ? high : middle;
	}
	return NULL;
}

/* Its run record, with what its end record said, which a merged inventory has no room
 * for elsewhere. */
static int fold_run(struct merge *merge, const struct inventory_run *run)
{
	const struct found_part *part = this_part(merge);
	const struct inventory_end *end = inventory_ended(merge->one);
	const struct part_run *known = find_run(part, run->id);
	struct inventory_record record = { .kind = RECORD_RUN, .run = *run };
	char truncated[] = INVENTORY_TRUNCATED;

	if (!known)
		return -EAGAIN;
	if (part->merged == 0 && end)
		record.run.ended = end->ended;
	if (!known->complete || !record.run.ended)
		record.run.ended = truncated;
	record.run.records = known->records;
	merge->notes.runs++;
	merge->notes.truncated += str_equal(record.run.ended, INVENTORY_TRUNCATED);
	return inventory_add(merge->all, &record);
}

static int fold_runs(struct merge *merge)
{
	AUTO(list_done) struct list runs = { 0 };
	int r = inventory_list_runs(merge->one, &runs);

	if (r == 0 && runs.len != this_part(merge)->runs.len)
		r = -EAGAIN;
	LIST_EACH (const struct inventory_run *const, run, &runs)
		if (r == 0)
			r = fold_run(merge, *run);
	return r;
}

int merge_part_end(struct merge *merge, struct err *err)
{
	const struct found_part *part = this_part(merge);

	if (!merge->one || merge->records != part->records ||
	    !inventory_ended(merge->one) != !part->ended)
		return changed(merge, err);
	int r = fold_runs(merge);
	for (struct inventory_path *p = inventory_next_path(merge->one, NULL);
	     p && r == 0; p = inventory_next_path(merge->one, p))
		r = fold_path(merge->all, p);
	if (r == 0)
		r = fold_pairs_and_dirs(merge->all, merge->one);
	if (r == 0)
		r = fold_end(&merge->end, inventory_ended(merge->one));
	inventory_done(merge->one);
	merge->one = NULL;
	merge->records = 0;
	if (r == -EAGAIN)
		return changed(merge, err);
	return r < 0 ? err_set(err, r, "out of memory") : 0;
}

/* --- the result --- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int merge_finish(struct merge *merge, struct err *err)
{
	AUTO(list_done) struct list runs = { 0 };
	struct list *spots = &merge->end.blind_spots;
	struct inventory_record record = { .kind = RECORD_ENDED };

	if (spots->len)
		qsort(spots->items, spots->len, sizeof(char *), by_text);
	int r = str_set(&merge->end.ended,
			merge->notes.truncated ? INVENTORY_TRUNCATED : INVENTORY_MERGED);
	record.end = merge->end;
	if (r == 0)
		r = inventory_add(merge->all, &record);
	if (r == 0)
		r = inventory_list_runs(merge->all, &runs);
	LIST_EACH (struct inventory_run *const, run, &runs)
		(*run)->merged = (int64_t)runs.len;
	return r < 0 ? err_set(err, r, "out of memory") : 0;
}

const struct inventory *merge_result(const struct merge *merge)
{
	return merge->all;
}

struct merge_notes merge_notes(const struct merge *merge)
{
	return merge->notes;
}
