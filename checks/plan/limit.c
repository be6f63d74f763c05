/* SPDX-License-Identifier: MIT
 *
 * limit.c - fewer mounts: no more than a definition has room for, and one where several
 * would make the same of the image writable.
 */
#include <errno.h>
#include <stdlib.h>

#include "checks/plan/needs.h"
#include "core/cleanup.h"

/* Right below "/" there may be any number; what is behind this is a miss, and said. */
#define SITES_AT_ALL (4 * SITES_MOST)

/* --- too many --- */

/* How deep paths may be cut so that at most SITES_MOST different ones are left. */
static int depth_that_fits(const struct list *needs, size_t *ret)
{
	const struct need *all = needs->items;
	size_t deepest = 0, sum = 0;

	for (size_t i = 0; i < needs->len; i++)
		if (slice_depth(all[i].dir) > deepest)
			deepest = slice_depth(all[i].dir);
	/* How many differ from the one before at this depth, and not above it. */
	AUTO_FREE size_t *differ = calloc(deepest + 2, sizeof(*differ));
	if (!differ)
		return -ENOMEM;
	for (size_t i = 0; i < needs->len; i++)
		differ[i ? 1 + slice_depth(slice_common(all[i - 1].dir, all[i].dir))
			 : 1]++;
	*ret = 1;
	for (size_t depth = 1; depth <= deepest; depth++) {
		sum += differ[depth];
		if (sum > SITES_MOST)
			break;
		*ret = depth;
	}
	return 0;
}

/* Those with the same beginning become one, at the directory above all of them. */
static void lift_crowds(struct list *needs, size_t depth)
{
	struct need *all = needs->items;

	for (size_t i = 0, next; i < needs->len; i = next) {
		const struct slice top = slice_top(all[i].dir, depth);
		struct slice above = all[i].dir;

		for (next = i + 1; next < needs->len && slice_covers(top, all[next].dir);
		     next++)
			above = slice_common(above, all[next].dir);
		for (size_t k = i; k < next && next - i > 1; k++) {
			all[k].dir = above;
			all[k].flags &= ~(unsigned)NEED_MADE;
			all[k].flags |= NEED_LIFTED | NEED_MANY;
		}
	}
	needs_settle(needs);
}

int needs_limit(struct list *needs)
{
	size_t depth;

	if (needs->len <= SITES_MOST)
		return 0;
	if (depth_that_fits(needs, &depth) < 0)
		return -ENOMEM;
	lift_crowds(needs, depth);
	if (needs->len > SITES_AT_ALL)
		needs->len = SITES_AT_ALL;
	return 0;
}

static struct site *sites(const struct planning *p)
{
	return p->sites.items;
}

/* --- siblings --- */

static bool is_carried(const struct planning *p, const struct site *site)
{
	const struct inventory_dir *held = planning_dir(p, site->dir);

	return !(site->flags & NEED_MADE) && !site->group && !(held && held->empty);
}

/* All that the image has in the parent are these, and they are carried: one mount above
 * them makes nothing else writable. */
static bool are_all(const struct planning *p, size_t from, size_t to)
{
	const struct site *all = sites(p);
	const struct slice parent = slice_parent(all[from].dir);
	const struct inventory_dir *held = planning_dir(p, parent);

	if (!held || held->entries != (int64_t)(to - from) || to - from < 2 ||
	    !is_mountable(parent) || is_system(parent))
		return false;
	for (size_t i = from; i < to; i++)
		if (!is_carried(p, &all[i]))
			return false;
	return true;
}

void sites_merge(struct planning *p)
{
	struct site *all = sites(p);
	bool changed = false;

	for (size_t i = 0, next; i < p->sites.len; i = next) {
		const struct slice parent = slice_parent(all[i].dir);

		for (next = i + 1; next < p->sites.len &&
				   slice_same(slice_parent(all[next].dir), parent);
		     next++)
			;
		if (!are_all(p, i, next))
			continue;
		for (size_t k = i; k < next; k++) {
			all[k].dir = parent;
			all[k].flags |= NEED_LIFTED;
		}
		changed = true;
	}
	if (!changed)
		return;
	sites_settle(p);
	sites_merge(p); /* each time it gets fewer */
}
