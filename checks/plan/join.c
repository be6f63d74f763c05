/* SPDX-License-Identifier: MIT
 *
 * join.c - what is renamed or linked must stay within one mount, or the kernel answers
 * EXDEV. Mounts with such a pair between them become one at the directory above both;
 * where that is "/" or half an image (/var), they are moved into one volume, with links
 * in their places.
 */
#include <errno.h>
#include <stdlib.h>

#include "checks/plan/needs.h"
#include "core/cleanup.h"

/* Each pass takes a pair's ends a step up at least; whoever needs more made it up. */
#define PASSES_MOST 64

struct joint {
	struct slice from, to;
};

/* There are few sites by now (limit.c). */
struct joining {
	struct planning *planning;
	struct list joints;  /* struct joint */
	size_t *leader;	     /* of each site's set */
	struct slice *above; /* of each leader's set: the directory above all of it */
	size_t groups;
};

static void joining_done(struct joining *j)
{
	list_done(&j->joints);
	free(j->leader);
	free(j->above);
}

/* --- the pairs that worked --- */

static bool worked(const struct inventory_path *path, enum inventory_op op)
{
	LIST_EACH (const struct inventory_count, c, &path->counts)
		if (c->op == op && c->code == 0 && c->count > 0)
			return true;
	return false;
}

/* Pairs are counted whether they worked or not; their paths know. */
static bool pair_worked(const struct planning *p, const struct inventory_pair *pair)
{
	const struct inventory_path *from = planning_path(p, slice_of(pair->from));
	const struct inventory_path *to = planning_path(p, slice_of(pair->to));

	if ((from && !worked(from, pair->op)) || (to && !worked(to, pair->op)))
		return false;
	/* Between two mounts it never worked. */
	return !from || !to || !from->mount || !to->mount ||
	       slice_is(slice_of(from->mount), to->mount);
}

static int find_joints(struct joining *j, struct err *err)
{
	AUTO(list_done) struct list pairs = { 0 };
	int r = inventory_list_pairs(j->planning->inventory, &pairs);

	if (r < 0)
		return r;
	LIST_EACH (const struct inventory_pair *const, pair, &pairs) {
		if (!slice_is_plain((*pair)->from) || !slice_is_plain((*pair)->to))
			return err_set(
				err, -EINVAL,
				"a pair has a path that is not absolute and plain");
		const struct slice from = slice_of((*pair)->from);
		const struct slice to = slice_of((*pair)->to);
		if (slice_same(slice_parent(from), slice_parent(to)) ||
		    !pair_worked(j->planning, *pair))
			continue;
		struct joint *joint = LIST_ADD(&j->joints, struct joint);
		if (!joint)
			return -ENOMEM;
		*joint = (struct joint){ from, to };
	}
	return 0;
}

/* --- sets of sites --- */

static size_t leader_of(struct joining *j, size_t i)
{
	while (j->leader[i] != i)
		i = j->leader[i] = j->leader[j->leader[i]];
	return i;
}

static void unite(struct joining *j, size_t a, size_t b)
{
	a = leader_of(j, a);
	b = leader_of(j, b);
	/* The first one leads, whatever came first. */
	if (a < b)
		j->leader[b] = a;
	else
		j->leader[a] = b;
}

static struct site *sites(const struct joining *j)
{
	return j->planning->sites.items;
}

static bool are_one(const struct site *a, const struct site *b)
{
	return a == b || (a->group && a->group == b->group);
}

/* A mount of the definition may lie within a site. */
static struct site *site_of(const struct joining *j, struct slice path)
{
	if (given_mount_of(j->planning, path) != GIVEN_NONE)
		return NULL;
	return site_covering(j->planning, path);
}

/* Where both ends are in sites. */
static bool find_ends(const struct joining *j, const struct joint *joint,
		      struct site **from, struct site **to)
{
	*from = site_of(j, joint->from);
	*to = site_of(j, joint->to);
	return *from && *to;
}

static bool unite_all(struct joining *j)
{
	const size_t n = j->planning->sites.len;
	struct site *all = sites(j), *from, *to;
	bool any = false;

	for (size_t i = 0; i < n; i++)
		j->leader[i] = i;
	/* A group's members stay together. There are few groups. */
	for (size_t g = 1; g <= j->groups; g++)
		for (size_t i = 0, first = n; i < n; i++) {
			if (all[i].group != g)
				continue;
			if (first < n)
				unite(j, first, i);
			else
				first = i;
		}
	LIST_EACH (const struct joint, joint, &j->joints) {
		if (!find_ends(j, joint, &from, &to) || are_one(from, to))
			continue;
		unite(j, (size_t)(from - all), (size_t)(to - all));
		any = true;
	}
	return any;
}

/* A link in the place of /etc is no good: of such, one may be there, and the others move
 * into it. Where the definition mounts below, the runtime would mount that first, and the
 * volume over it. */
static bool may_move(struct joining *j, size_t leader)
{
	const struct site *all = sites(j);
	size_t fixed = 0;

	for (size_t i = 0; i < j->planning->sites.len; i++) {
		if (leader_of(j, i) != leader)
			continue;
		if (is_system(all[i].dir))
			fixed++;
		else if (is_given_below(j->planning, all[i].dir))
			return false;
	}
	return fixed <= 1;
}

static bool is_alone(struct joining *j, size_t leader)
{
	for (size_t i = leader + 1; i < j->planning->sites.len; i++)
		if (leader_of(j, i) == leader)
			return false;
	return true;
}

/* True where something changed. */
static bool move_set(struct joining *j, size_t leader)
{
	struct site *all = sites(j);
	size_t group = 0;
	bool changed = false;

	if (!may_move(j, leader))
		return false;
	for (size_t i = 0; i < j->planning->sites.len; i++)
		if (leader_of(j, i) == leader && all[i].group &&
		    (group == 0 || all[i].group < group))
			group = all[i].group;
	if (group == 0)
		group = ++j->groups;
	for (size_t i = 0; i < j->planning->sites.len; i++)
		if (leader_of(j, i) == leader && all[i].group != group) {
			all[i].group = group;
			changed = true;
		}
	return changed;
}

static bool lift_set(struct joining *j, size_t leader, struct slice to)
{
	struct site *all = sites(j);

	for (size_t i = 0; i < j->planning->sites.len; i++)
		if (leader_of(j, i) == leader) {
			all[i].dir = to;
			all[i].flags &= ~(unsigned)NEED_MADE;
			all[i].flags |= NEED_LIFTED;
			all[i].group = 0;
		}
	return true;
}

/* A mount over half an image makes all of that writable; moving adds nothing. */
static bool join_set(struct joining *j, size_t leader)
{
	struct slice above = j->above[leader];

	while (!slice_is_root(above) && !is_mountable(above))
		above = slice_parent(above);
	const bool impossible =
		slice_is_root(above) || given_mount_of(j->planning, above) != GIVEN_NONE;
	if (impossible || (is_system(above) && may_move(j, leader)))
		return move_set(j, leader);
	return lift_set(j, leader, above);
}

static int join_once(struct joining *j, bool *changed)
{
	const size_t n = j->planning->sites.len;
	const struct site *all = sites(j);

	*changed = false;
	if (!unite_all(j))
		return 0;
	for (size_t i = 0; i < n; i++) {
		const size_t leader = leader_of(j, i);

		j->above[leader] = leader == i
					   ? all[i].dir
					   : slice_common(j->above[leader], all[i].dir);
	}
	for (size_t i = 0; i < n; i++)
		if (leader_of(j, i) == i && !is_alone(j, i))
			*changed |= join_set(j, i);
	sites_settle(j->planning);
	return 0;
}

/* --- what is left --- */

static int say_apart(struct joining *j, const struct joint *joint)
{
	AUTO(str_done) struct str reason = STR_INIT(64 * 1024);
	AUTO_FREE char *to = slice_text(joint->to);
	AUTO_FREE char *from = slice_text(joint->from);

	if (!to || !from)
		return -ENOMEM;
	(void)str_puts(&reason, "it is renamed or linked to ");
	(void)str_puts(&reason, to);
	(void)str_puts(&reason,
		       ", which no mount can hold as well: the kernel will answer "
		       "EXDEV");
	if (reason.error)
		return reason.error;
	return add_by_hand(
		j->planning, from,
		"let the app make its temporary file in the directory of the "
		"final one (a setting, or TMPDIR), or copy instead of renaming",
		reason.s);
}

static int say_left(struct joining *j)
{
	struct site *from, *to;
	int r = 0;

	LIST_EACH (const struct joint, joint, &j->joints) {
		const bool both = find_ends(j, joint, &from, &to);

		/* One end may be where the definition mounts, or where nothing is. */
		if (r == 0 && (from || to) && !(both && are_one(from, to)))
			r = say_apart(j, joint);
	}
	return r;
}

int sites_join(struct planning *p, struct err *err)
{
	AUTO(joining_done) struct joining j = { .planning = p };
	const size_t n = p->sites.len;
	bool changed = true;
	int r = find_joints(&j, err);

	if (r < 0 || j.joints.len == 0 || n == 0)
		return r;
	j.leader = calloc(n, sizeof(*j.leader));
	j.above = calloc(n, sizeof(*j.above));
	if (!j.leader || !j.above)
		return -ENOMEM;
	for (int pass = 0; pass < PASSES_MOST && changed && r == 0; pass++)
		r = join_once(&j, &changed);
	return r == 0 ? say_left(&j) : r;
}
