/* SPDX-License-Identifier: MIT
 *
 * given.c - what the definition mounts in the container already.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "checks/plan/planning.h"
#include "core/cleanup.h"

struct given_mount {
	struct slice dir; /* of 'path' */
	char *path;
	bool readonly;
};

void given_done(struct planning *p)
{
	LIST_EACH (struct given_mount, given, &p->given)
		free(given->path);
	list_done(&p->given);
}

/* Definitions have "/data/", "//data" and "/x/../data", which a runtime takes for
 * "/data"; two mounts there are refused. In place; returns its length. */
static size_t make_plain(char *path)
{
	const char *next = path;
	size_t len = 0;

	while (*next) {
		const char *p = next + strspn(next, "/");
		const size_t n = strcspn(p, "/");

		next = p + n;
		if (n == 0 || (n == 1 && *p == '.'))
			continue;
		if (n == 2 && p[0] == '.' && p[1] == '.') {
			while (len > 0 && path[--len] != '/')
				;
			continue;
		}
		path[len++] = '/';
		memmove(path + len, p, n);
		len += n;
	}
	path[len] = '\0';
	return len;
}

static int add_all(struct planning *p, const struct list *paths, bool readonly)
{
	if (!paths)
		return 0;
	LIST_EACH (char *const, path, paths) {
		AUTO_FREE char *own = strdup(*path);
		const size_t len = own && *own == '/' ? make_plain(own) : 0;

		if (!own)
			return -ENOMEM;
		if (len == 0)
			continue;
		struct given_mount *slot = LIST_ADD(&p->given, struct given_mount);
		if (!slot)
			return -ENOMEM;
		*slot = (struct given_mount){ { own, len }, own, readonly };
		TAKE_PTR(own);
	}
	return 0;
}

static int by_dir(const void *a, const void *b)
{
	const struct given_mount *x = a, *y = b;

	return slice_order(x->dir, y->dir);
}

/* Of two at one place, which no runtime takes, read-only is the safe one. */
static void keep_each_once(struct list *given)
{
	struct given_mount *all = given->items;
	size_t n = 0;

	for (size_t i = 0; i < given->len; i++)
		if (n > 0 && slice_same(all[n - 1].dir, all[i].dir)) {
			all[n - 1].readonly |= all[i].readonly;
			free(all[i].path);
		} else {
			all[n++] = all[i];
		}
	given->len = n;
}

int given_open(struct planning *p)
{
	int r = add_all(p, p->options->mounted, false);

	if (r == 0)
		r = add_all(p, p->options->readonly, true);
	if (r == 0 && p->given.len)
		qsort(p->given.items, p->given.len, sizeof(struct given_mount), by_dir);
	keep_each_once(&p->given);
	return r;
}

static const struct given_mount *mount_at(const struct planning *p, struct slice path)
{
	const struct given_mount key = { .dir = path };

	return bsearch(&key, p->given.items, p->given.len, sizeof(key), by_dir);
}

bool is_given_at(const struct planning *p, struct slice path)
{
	return p->given.len && mount_at(p, path);
}

bool is_given_below(const struct planning *p, struct slice path)
{
	LIST_EACH (const struct given_mount, given, &p->given)
		if (slice_covers(path, given->dir) && !slice_same(path, given->dir))
			return true;
	return false;
}

/* The innermost is what counts. */
enum given given_mount_of(const struct planning *p, struct slice path)
{
	if (p->given.len == 0)
		return GIVEN_NONE;
	for (; !slice_is_root(path); path = slice_parent(path)) {
		const struct given_mount *found = mount_at(p, path);

		if (found)
			return found->readonly ? GIVEN_READONLY : GIVEN_WRITABLE;
	}
	return GIVEN_NONE;
}
