/* SPDX-License-Identifier: MIT */
#include "checks/plan/planning.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "core/text.h"

void planning_done(struct planning *p)
{
	LIST_EACH (struct site, site, &p->sites)
		list_done(&site->shown);
	list_done(&p->paths);
	list_done(&p->dirs);
	given_done(p);
	list_done(&p->sites);
	list_done(&p->linked);
	list_done(&p->moved);
	list_done(&p->programs);
}

/* As slice_order(), without asking for the lengths. */
static int compare(const char *a, const char *b)
{
	while (*a == *b && *a)
		a++, b++;
	const unsigned char x = (unsigned char)*a, y = (unsigned char)*b;
	if (x == 0 || y == 0)
		return x - y;
	return (x == '/' ? 0 : x) - (y == '/' ? 0 : y);
}

static int by_path(const void *a, const void *b)
{
	const struct inventory_path *const *x = a, *const *y = b;

	return compare((*x)->path, (*y)->path);
}

static int by_dir(const void *a, const void *b)
{
	const struct inventory_dir *const *x = a, *const *y = b;

	return compare((*x)->path, (*y)->path);
}

static void sort(struct list *list, size_t size, int (*order)(const void *, const void *))
{
	if (list->len)
		qsort(list->items, list->len, size, order);
}

static int not_plain(const char *path, struct err *err)
{
	AUTO(str_done) struct str shown = STR_INIT(64 * 1024);

	text_escape(&shown, path);
	return err_set(err, -EINVAL,
		       "the path %.200s is not absolute and plain: it has "
		       "\"//\", \".\", \"..\" or a slash at its end",
		       shown.s);
}

/* Negative is not known. */
static bool is_owner(int64_t uid, int64_t gid)
{
	return uid < UINT32_MAX && gid < UINT32_MAX;
}

static int no_owner(const char *path, struct err *err)
{
	AUTO(str_done) struct str shown = STR_INIT(64 * 1024);

	text_escape(&shown, path);
	return err_set(err, -EINVAL, "%.200s: there is no such uid or gid", shown.s);
}

/* A merged inventory says it of each run, a run's own by having no end record. */
static int64_t truncated_runs(const struct planning *p, const struct list *runs)
{
	int64_t n = 0;

	LIST_EACH (const struct inventory_run *const, run, runs)
		n += str_equal((*run)->ended, "truncated");
	return n == 0 && !inventory_ended(p->inventory) ? 1 : n;
}

/* The container's name, where the runs agree on one. */
static int open_runs(struct planning *p, struct err *err)
{
	AUTO(list_done) struct list runs = { 0 };
	const char *container = NULL;
	int r = inventory_list_runs(p->inventory, &runs);

	if (r < 0)
		return r;
	if (runs.len == 0)
		return err_set(err, -EINVAL, "no inventory: there is no 'run' record");
	p->runs = (int64_t)runs.len;
	LIST_EACH (const struct inventory_run *const, run, &runs) {
		const char *name = (*run)->container;

		if ((*run)->merged > p->runs)
			p->runs = (*run)->merged;
		if (name && container && strcmp(name, container) != 0)
			return err_set(err, -EINVAL,
				       "they are inventories of different containers: "
				       "%.100s and %.100s; a plan is for one",
				       container, name);
		container = name ? name : container;
	}
	p->plan->runs = p->runs;
	p->plan->truncated = truncated_runs(p, &runs);
	return str_set(&p->plan->container, container);
}

/* Sorting them once is enough. */
static int list_paths(struct planning *p)
{
	const struct inventory_path *path = NULL;

	while ((path = inventory_next_path(p->inventory, path))) {
		const struct inventory_path **slot =
			LIST_ADD(&p->paths, const struct inventory_path *);

		if (!slot)
			return -ENOMEM;
		*slot = path;
	}
	return 0;
}

int planning_open(struct planning *p, struct err *err)
{
	int r = open_runs(p, err);

	p->uid = p->gid = -1;
	if (r == 0)
		r = list_paths(p);
	if (r == 0)
		r = inventory_list_dirs(p->inventory, &p->dirs);
	if (r == 0)
		r = given_open(p);
	if (r < 0)
		return r;
	LIST_EACH (const struct inventory_path *const, path, &p->paths) {
		if (!slice_is_plain((*path)->path))
			return not_plain((*path)->path, err);
		LIST_EACH (const struct inventory_process, who, &(*path)->processes)
			if (!is_owner(who->uid, who->gid))
				return no_owner((*path)->path, err);
	}
	LIST_EACH (const struct inventory_dir *const, dir, &p->dirs) {
		if (!slice_is_plain((*dir)->path))
			return not_plain((*dir)->path, err);
		if (!is_owner((*dir)->uid, (*dir)->gid))
			return no_owner((*dir)->path, err);
	}
	sort(&p->paths, sizeof(void *), by_path);
	sort(&p->dirs, sizeof(void *), by_dir);
	return 0;
}

/* --- looking things up --- */

static int key_path(const void *key, const void *item)
{
	const struct slice *slice = key;
	const struct inventory_path *const *path = item;

	return slice_order(*slice, slice_of((*path)->path));
}

const struct inventory_path *planning_path(const struct planning *p, struct slice path)
{
	const struct inventory_path *const *found =
		p->paths.len ? bsearch(&path, p->paths.items, p->paths.len,
				       sizeof(void *), key_path)
			     : NULL;

	return found ? *found : NULL;
}

/* The first directory that is not before this one. */
static size_t first_dir(const struct planning *p, struct slice path)
{
	size_t low = 0, high = p->dirs.len;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const struct inventory_dir *dir =
			*LIST_AT(&p->dirs, const struct inventory_dir *, middle);

		if (slice_order(slice_of(dir->path), path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct inventory_dir *planning_dir(const struct planning *p, struct slice path)
{
	const size_t i = first_dir(p, path);
	const struct inventory_dir *dir =
		i < p->dirs.len ? *LIST_AT(&p->dirs, const struct inventory_dir *, i)
				: NULL;

	return dir && slice_same(slice_of(dir->path), path) ? dir : NULL;
}

int64_t planning_entries(const struct planning *p, struct slice path)
{
	int64_t sum = 0;

	if (!planning_dir(p, path))
		return -1;
	for (size_t i = first_dir(p, path); i < p->dirs.len; i++) {
		const struct inventory_dir *dir =
			*LIST_AT(&p->dirs, const struct inventory_dir *, i);

		if (!slice_covers(path, slice_of(dir->path)))
			break;
		if (__builtin_add_overflow(sum, dir->entries, &sum))
			sum = INT64_MAX;
	}
	return sum;
}

/* --- what directories are --- */

static bool is_below(const char *const *names, size_t n, struct slice dir)
{
	for (size_t i = 0; i < n; i++)
		if (slice_covers(slice_of(names[i]), dir))
			return true;
	return false;
}

bool is_mountable(struct slice dir)
{
	static const char *const kernel[] = { "/proc", "/sys", "/dev" };

	return !is_below(kernel, ARRAY_LEN(kernel), dir) && !slice_is_root(dir) &&
	       slice_is_writable_down(dir);
}

bool is_programs(struct slice dir)
{
	static const char *const programs[] = { "/bin",	  "/boot", "/lib", "/lib32",
						"/lib64", "/sbin", "/usr", "/libx32" };

	return is_below(programs, ARRAY_LEN(programs), dir) &&
	       !slice_covers(slice_of("/usr/local"), dir);
}

bool is_system(struct slice dir)
{
	static const char *const skeleton[] = {
		"/bin",
		"/boot",
		"/etc",
		"/home",
		"/lib",
		"/lib32",
		"/lib64",
		"/libx32",
		"/opt",
		"/root",
		"/sbin",
		"/srv",
		"/usr",
		"/var",
		"/usr/bin",
		"/usr/games",
		"/usr/include",
		"/usr/lib",
		"/usr/lib32",
		"/usr/lib64",
		"/usr/libexec",
		"/usr/libx32",
		"/usr/local",
		"/usr/local/bin",
		"/usr/local/etc",
		"/usr/local/lib",
		"/usr/local/sbin",
		"/usr/local/share",
		"/usr/sbin",
		"/usr/share",
		"/usr/src",
		"/var/lib",
		"/usr/lib/x86_64-linux-gnu",
		"/usr/lib/aarch64-linux-gnu",
		"/etc/ssl",
		"/etc/ssl/certs",
		"/etc/ssl/private",
		"/etc/pki",
		"/etc/pam.d",
		"/var/lib/dpkg",
		"/var/lib/apt",
		"/var/lib/rpm",
		"/lib/apk",
	};

	for (size_t i = 0; i < ARRAY_LEN(skeleton); i++)
		if (slice_is(dir, skeleton[i]))
			return true;
	return false;
}

/* --- adding to the plan --- */

int add_by_hand(struct planning *p, const char *path, const char *change,
		const char *reason)
{
	struct plan_by_hand *slot;

	if (p->plan->by_hand.len >= LISTED_MOST) {
		p->more_by_hand++;
		return 0;
	}
	slot = LIST_ADD(&p->plan->by_hand, struct plan_by_hand);
	if (!slot || str_set(&slot->path, path) < 0 ||
	    str_set(&slot->change, change) < 0 || str_set(&slot->reason, reason) < 0)
		return -ENOMEM;
	return 0;
}

int add_ignored(struct planning *p, const char *path, const char *reason)
{
	struct plan_ignored *slot;

	if (p->plan->ignored.len >= LISTED_MOST) {
		p->more_ignored++;
		return 0;
	}
	slot = LIST_ADD(&p->plan->ignored, struct plan_ignored);
	if (!slot || str_set(&slot->path, path) < 0 || str_set(&slot->reason, reason) < 0)
		return -ENOMEM;
	return 0;
}

int add_risk(struct planning *p, char *text)
{
	AUTO_FREE char *own = text;

	return own ? texts_add(&p->plan->risks, own) : -ENOMEM;
}

int add_change(struct plan *plan, char *dockerfile, const char *reason)
{
	AUTO_FREE char *own = dockerfile;
	struct plan_change *slot =
		own ? LIST_ADD(&plan->image_changes, struct plan_change) : NULL;

	if (!slot)
		return -ENOMEM;
	slot->dockerfile = TAKE_PTR(own);
	return str_set(&slot->reason, reason);
}
