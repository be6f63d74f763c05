/* SPDX-License-Identifier: MIT
 *
 * inventory_survey.c - the first pass of inventory_merge.h: which inventories are
 * in the inputs, from where to where, of which runs, and how full.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/inventory_parts.h"

/* How our own records begin. In a text of JSON the quotes would be escaped, so that
 * these bytes are never inside a record. */
#define RECORD_HEAD "{\"record\":"
#define RUN_HEAD    RECORD_HEAD "\"run\""

static const char *find(const char *from, const char *end, const char *what)
{
	return from < end ? memmem(from, (size_t)(end - from), what, strlen(what)) : NULL;
}

static bool begins(const char *text, size_t len, const char *what)
{
	const size_t n = strlen(what);

	return len >= n && memcmp(text, what, n) == 0;
}

bool piece_next(const struct merge_line *line, size_t *from, struct piece *ret)
{
	const char *end = line->text + line->len, *p = line->text + *from;

	while (*from == 0 && p < end && (*p == ' ' || *p == '\t'))
		p++;
	/* Another writer's spelling must fill the line; ours is found behind a prefix. */
	if (*from > 0 || p == end || *p != '{')
		p = find(p, end, RECORD_HEAD);
	else if (!find(p, end, "\"record\""))
		p = NULL;
	if (!p)
		return false;
	const char *next = find(p + 1, end, RUN_HEAD);
	while (end > p && !next && (end[-1] == '\r' || end[-1] == ' '))
		end--;
	*ret = (struct piece){
		.text = p,
		.len = (size_t)((next ? next : end) - p),
		.at = line->at + (p - line->text),
		.cut = line->cut || next,
	};
	*from = next ? (size_t)(next - line->text) : line->len;
	return true;
}

bool piece_is_inner(const struct piece *piece)
{
	return !piece->cut && piece->len <= INVENTORY_LINE_MAX &&
	       (begins(piece->text, piece->len, RECORD_HEAD "\"path\",") ||
		begins(piece->text, piece->len, RECORD_HEAD "\"pair\",") ||
		begins(piece->text, piece->len, RECORD_HEAD "\"dir\","));
}

int piece_read(const struct piece *piece, const char *name, size_t number,
	       struct inventory_record *ret, struct err *err)
{
	int r = inventory_read(piece->text, piece->len, ret, err);

	if (r == -EINVAL && piece->cut)
		return -ENODATA;
	return r < 0 && r != -ENOMSG ? err_wrap(err, "%s:%zu", name, number) : r;
}

void part_done(struct found_part *part)
{
	LIST_EACH (struct part_run, run, &part->runs)
		free(run->id);
	list_done(&part->runs);
	free(part->container);
	free(part->other);
}

static struct found_part *last_part(const struct merge *merge)
{
	return LIST_AT(&merge->parts, struct found_part, merge->parts.len - 1);
}

static const char *last_name(const struct merge *merge)
{
	return *LIST_AT(&merge->names, const char *, merge->names.len - 1);
}

int part_close(struct merge *merge, struct err *err)
{
	if (!merge->open)
		return 0;
	struct found_part *part = last_part(merge);
	merge->open = false;
	if (part->merged > 0 && part->runs.len < (size_t)part->merged)
		return err_set(err, -EINVAL,
			       "%s:%zu: a merged inventory of %lld runs that was cut "
			       "short before it names them all",
			       part->name, part->place.number, (long long)part->merged);
	LIST_EACH (struct part_run, run, &part->runs) {
		run->complete &= part->ended;
		/* Of a merged inventory without its end nobody knows what is missing. */
		if (part->merged == 0)
			run->records = part->records;
		else if (!part->ended)
			run->records = 0;
	}
	return 0;
}

int merge_input(struct merge *merge, const char *name, struct err *err)
{
	int r = part_close(merge, err);

	if (r < 0)
		return r;
	const char **slot = LIST_ADD(&merge->names, const char *);
	if (!slot)
		return err_set(err, -ENOMEM, "out of memory");
	*slot = name;
	merge->notes.inputs++;
	return 0;
}

static int add_run(struct found_part *part, const struct inventory_run *run,
		   struct err *err)
{
	struct part_run *r = LIST_ADD(&part->runs, struct part_run);

	if (!r || str_set(&r->id, run->id) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	r->complete = !str_equal(run->ended, INVENTORY_TRUNCATED);
	r->records = run->records;
	return 0;
}

/* Whose run it is; the first one of a part decides. */
static int add_container(struct merge *merge, struct found_part *part,
			 const struct inventory_run *run, struct err *err)
{
	const char *name = run->container ? run->container : "";
	int r = 0;

	if (part->runs.len == 1)
		r = str_set(&part->container, name);
	else if (!str_equal(part->container, name))
		r = str_set(&part->other, name);
	if (r == 0 && merge->containers.len < MERGE_CONTAINERS_MAX &&
	    !texts_have(&merge->containers, name))
		r = texts_add(&merge->containers, name);
	return r < 0 ? err_set(err, r, "out of memory") : 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

const struct list *merge_containers(struct merge *merge)
{
	if (merge->containers.len)
		qsort(merge->containers.items, merge->containers.len, sizeof(char *),
		      by_name);
	return &merge->containers;
}

int merge_only(struct merge *merge, const char *container, struct err *err)
{
	struct found_part *to = merge->parts.items;
	int r = part_close(merge, err);

	if (r < 0)
		return r;
	LIST_EACH (const struct found_part, part, &merge->parts)
		if (part->other && (str_equal(part->container, container) ||
				    str_equal(part->other, container)))
			return err_set(err, -EINVAL,
				       "%s:%zu: a merged inventory of the containers "
				       "'%s' and '%s', which cannot be taken apart: give "
				       "the inventories that it was made of",
				       part->name, part->place.number, part->container,
				       part->other);
	LIST_EACH (struct found_part, part, &merge->parts)
		if (str_equal(part->container, container)) {
			*to++ = *part;
		} else {
			part_done(part);
			merge->notes.parts--;
		}
	merge->parts.len = (size_t)(to - (struct found_part *)merge->parts.items);
	return 0;
}

/* Does this one belong to the merged inventory whose runs are being named? */
static bool goes_on(const struct merge *merge, const struct inventory_run *run)
{
	const struct found_part *part = merge->open ? last_part(merge) : NULL;

	return part && part->merged > 0 && run->merged == part->merged &&
	       part->runs.len < (size_t)part->merged;
}

static int survey_run(struct merge *merge, const struct merge_line *line,
		      const struct piece *piece, const struct inventory_run *run,
		      struct err *err)
{
	if (!goes_on(merge, run)) {
		int r = part_close(merge, err);

		if (r < 0)
			return r;
		struct found_part *part = LIST_ADD(&merge->parts, struct found_part);
		if (!part)
			return err_set(err, -ENOMEM, "out of memory");
		part->place.input = merge->names.len - 1;
		part->place.from = piece->at;
		part->place.number = line->number;
		part->name = last_name(merge);
		part->merged = run->merged;
		merge->notes.parts++;
		merge->open = true;
	}
	int r = add_run(last_part(merge), run, err);

	return r < 0 ? r : add_container(merge, last_part(merge), run, err);
}

/* FNV-1a, eight bytes at a time. */
static uint64_t add_hash(uint64_t hash, const char *text, size_t len)
{
	const uint64_t prime = UINT64_C(0x100000001b3);
	uint64_t word;

	for (; len >= sizeof(word); text += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, text, sizeof(word));
		hash = (hash ^ word) * prime;
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, text, len);
	return (hash ^ word) * prime;
}

/* Any record goes into the part that is open, and makes it that much longer. */
static int count_record(struct merge *merge, const struct merge_line *line,
			const struct piece *piece, struct err *err)
{
	if (!merge->open)
		return err_set(
			err, -EINVAL,
			"%s:%zu: a record that belongs to no run: its 'run' record "
			"is missing, or the lines of two runs are mixed",
			last_name(merge), line->number);
	struct found_part *part = last_part(merge);
	part->records++;
	part->hash = add_hash(part->hash, piece->text, piece->len);
	part->last = piece->at;
	part->place.to = piece->at + (int64_t)piece->len;
	return 0;
}

static int survey_piece(struct merge *merge, const struct merge_line *line,
			const struct piece *piece, struct err *err)
{
	AUTO(inventory_record_done) struct inventory_record record = { 0 };

	if (piece_is_inner(piece))
		return count_record(merge, line, piece, err);
	int r = piece_read(piece, last_name(merge), line->number, &record, err);
	if (r == -ENOMSG)
		merge->notes.skipped++;
	if (r == -ENODATA)
		merge->notes.cut++;
	if (r == -ENOMSG || r == -ENODATA)
		return 0;
	if (r == 0 && record.kind == RECORD_RUN)
		r = survey_run(merge, line, piece, &record.run, err);
	if (r == 0)
		r = count_record(merge, line, piece, err);
	if (r < 0 || record.kind != RECORD_ENDED)
		return r;
	struct found_part *part = last_part(merge);
	part->ended = true;
	return part_close(merge, err);
}

int merge_survey(struct merge *merge, const struct merge_line *line, struct err *err)
{
	struct piece piece;
	size_t from = 0;
	int r = 0;

	if (!piece_next(line, &from, &piece)) {
		merge->notes.skipped += line->len > 0;
		return 0;
	}
	do {
		r = survey_piece(merge, line, &piece, err);
	} while (r == 0 && from < line->len && piece_next(line, &from, &piece));
	return r;
}
