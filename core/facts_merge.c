/* SPDX-License-Identifier: MIT
 *
 * facts_merge.c - two observers, one container.
 */
#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/facts.h"

/* Do two parts say the same, whoever saw it? Compared in their JSON form, which
 * is the only form that leaves the program. */
static bool same_part(const struct type *type, const void *a, const void *b)
{
	AUTO(str_done) struct str x = STR_INIT(64 << 20);
	AUTO(str_done) struct str y = STR_INIT(64 << 20);
	struct json_out ox = JSON_OUT_INIT(&x, false), oy = JSON_OUT_INIT(&y, false);

	for (const struct field *f = type->fields; f->name; f++)
		if (f->kind != FIELD_INLINE) { /* struct part: who, why */
			const struct field one[] = { *f, RECORD_END };
			const struct type t = { type->name, type->size, one, false };

			record_write(&ox, NULL, &t, a);
			record_write(&oy, NULL, &t, b);
		}
	return x.error == 0 && y.error == 0 && strcmp(x.s, y.s) == 0;
}

static int merge_part(struct facts *into, const struct facts *from,
		      const struct facts_part *p, struct list *disagree)
{
	struct part *mine = facts_part_of(into, p);
	const struct part *theirs = facts_part_const(from, p);

	if (!theirs->known)
		return 0;
	if (mine->known) {
		if (disagree && !same_part(p->type, mine, theirs))
			return texts_add(disagree, p->name);
		return 0;
	}
	record_done(p->type, mine);
	int r = record_copy(p->type, mine, theirs);
	if (r == 0 && !mine->seen_by && from->seen_by)
		r = str_set(&mine->seen_by, from->seen_by);
	return r;
}

int facts_merge(struct facts *into, const struct facts *from, struct list *disagree)
{
	for (const struct facts_part *p = facts_parts; p->name; p++) {
		int r = merge_part(into, from, p, disagree);

		if (r < 0)
			return r;
	}
	if (!into->docker_id && str_set(&into->docker_id, from->docker_id) < 0)
		return -ENOMEM;
	if (!into->endpoint_id && str_set(&into->endpoint_id, from->endpoint_id) < 0)
		return -ENOMEM;
	if (!into->command && str_set(&into->command, from->command) < 0)
		return -ENOMEM;
	into->running |= from->running;
	return 0;
}

bool facts_same_container(const struct facts *a, const struct facts *b)
{
	if (a->docker_id && b->docker_id)
		return strcmp(a->docker_id, b->docker_id) == 0;
	if (a->endpoint_id && b->endpoint_id)
		return strcmp(a->endpoint_id, b->endpoint_id) == 0;
	/* Each calls itself that where nothing says its name. */
	if (str_equal(a->container, FACTS_SELF) &&
	    (a->pid != b->pid || a->start_ticks != b->start_ticks))
		return false;
	/* "?1" is whatever its observer could not name: another one's is another. */
	return a->container && b->container && a->container[0] != '?' &&
	       strcmp(a->container, b->container) == 0;
}
