/* SPDX-License-Identifier: MIT
 *
 * sites.c - the needs become mounts, each at the directory itself, which makes the
 * least of the image writable; but for directories that are half an image, where the
 * files that are there already may be moved instead.
 */
#include <errno.h>
#include <stdlib.h>

#include "checks/plan/needs.h"
#include "core/cleanup.h"

/* Links are for a few files. */
#define MOVED_MOST  16
#define LINKED_MOST 16

static int by_site(const void *a, const void *b)
{
	const struct site *x = a, *y = b;

	return slice_order(x->dir, y->dir);
}

static int by_need(const void *a, const void *b)
{
	const struct need *x = a, *y = b;

	return slice_order(x->dir, y->dir);
}

struct site *site_covering(const struct planning *p, struct slice path)
{
	size_t low = 0, high = p->sites.len;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (slice_order(LIST_AT(&p->sites, struct site, middle)->dir, path) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	struct site *site = LIST_AT(&p->sites, struct site, low - 1);
	return slice_covers(site->dir, path) ? site : NULL;
}

int site_add(struct planning *p, struct slice dir, unsigned flags)
{
	struct site *site = LIST_ADD(&p->sites, struct site);

	if (!site)
		return -ENOMEM;
	*site = (struct site){ .dir = dir, .flags = flags, .uid = -1, .gid = -1 };
	return 0;
}

void sites_settle(struct planning *p)
{
	struct site *all = p->sites.items;
	size_t n = 0;

	if (p->sites.len)
		qsort(all, p->sites.len, sizeof(*all), by_site);
	for (size_t i = 0; i < p->sites.len; i++) {
		if (n == 0 || !slice_covers(all[n - 1].dir, all[i].dir)) {
			all[n++] = all[i];
			continue;
		}
		/* Several at one place were lifted there. */
		if (slice_same(all[n - 1].dir, all[i].dir))
			all[n - 1].flags |= all[i].flags;
		if (all[n - 1].group == 0)
			all[n - 1].group = all[i].group;
	}
	p->sites.len = n;
}

/* Of paths that are sorted they mostly come so. */
static void sort_needs(struct list *needs)
{
	const struct need *all = needs->items;

	for (size_t i = 1; i < needs->len; i++)
		if (by_need(&all[i - 1], &all[i]) > 0) {
			qsort(needs->items, needs->len, sizeof(*all), by_need);
			return;
		}
}

void needs_settle(struct list *needs)
{
	struct need *all = needs->items;
	size_t n = 0;

	sort_needs(needs);
	for (size_t i = 0; i < needs->len; i++)
		if (n == 0 || !slice_covers(all[n - 1].dir, all[i].dir))
			all[n++] = all[i];
		else if (slice_same(all[n - 1].dir, all[i].dir))
			all[n - 1].flags |= all[i].flags;
	needs->len = n;
}

static int slice_add(struct list *slices, struct slice slice)
{
	struct slice *slot = LIST_ADD(slices, struct slice);

	if (!slot)
		return -ENOMEM;
	*slot = slice;
	return 0;
}

static bool is_large(const struct planning *p, struct slice dir)
{
	const struct inventory_dir *held = planning_dir(p, dir);

	return is_system(dir) || (held && held->entries > ENTRIES_LARGE);
}

/* Where a path has it that cannot be written down, the directory above gets it. */
static struct slice expressible(struct slice dir)
{
	while (!slice_is_root(dir) && !slice_is_writable_down(dir))
		dir = slice_parent(dir);
	return dir;
}

/* False where no mount is for it; tally.c says so of each path. */
static bool place_need(struct planning *p, struct need *need, int *r)
{
	const struct slice dir = expressible(need->dir);
	const unsigned question = NEED_QUESTION, light = NEED_CONTENT | question;
	const bool large = slice_same(dir, need->dir) && is_large(p, dir);

	if (!is_mountable(dir))
		return false;
	if (!(need->flags & ~question) && large)
		return false;
	/* Some ask of each file that they look at (Erlang's read_file_info). Nobody
	 * removes so; and /usr/src/app is an app's own. */
	if (need->flags == NEED_ASKED && is_programs(dir))
		return false;
	if (large && !(need->flags & ~light) && need->paths <= MOVED_MOST &&
	    p->linked.len < LINKED_MOST) {
		*r = slice_add(&p->linked, dir);
		return false;
	}
	need->dir = dir;
	return true;
}

static int add_need(struct list *needs, const struct need *need)
{
	struct need *last =
		needs->len ? LIST_AT(needs, struct need, needs->len - 1) : NULL;

	if (last && slice_same(last->dir, need->dir)) {
		last->flags |= need->flags;
		last->paths += need->paths;
		return 0;
	}
	last = LIST_ADD(needs, struct need);
	if (!last)
		return -ENOMEM;
	*last = *need;
	return 0;
}

static int find_needs(const struct planning *p, struct list *needs)
{
	struct wants wants = { .planning = p };
	struct want want;

	while (want_next(&wants, &want)) {
		if (want.bytecode || want.fixed)
			continue;
		for (size_t i = 0; i < want.n; i++)
			if (given_mount_of(p, want.need[i].dir) == GIVEN_NONE &&
			    add_need(needs, &want.need[i]) < 0)
				return -ENOMEM;
	}
	sort_needs(needs);
	return 0;
}

/* Those of one directory become one; what gets no mount goes. */
static int place_needs(struct planning *p, struct list *needs)
{
	struct need *all = needs->items;
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < needs->len && r == 0;) {
		struct need need = all[i];

		while (++i < needs->len && slice_same(all[i].dir, need.dir)) {
			need.flags |= all[i].flags;
			need.paths += all[i].paths;
		}
		if (place_need(p, &need, &r))
			all[n++] = need;
	}
	needs->len = n;
	return r;
}

int sites_find(struct planning *p)
{
	AUTO(list_done) struct list needs = { 0 };
	int r = find_needs(p, &needs);

	if (r == 0)
		r = place_needs(p, &needs);
	needs_settle(&needs);
	if (r == 0)
		r = needs_limit(&needs);
	LIST_EACH (const struct need, need, &needs)
		if (r == 0)
			r = site_add(p, need->dir, need->flags);
	return r;
}
