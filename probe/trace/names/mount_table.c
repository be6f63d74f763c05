/* SPDX-License-Identifier: MIT */
#include "probe/trace/names/mount_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/str.h"
#include "probe/proc/mounts.h"

/* What is borrowed lives as long as one event, in which the table is read again a few
 * times at most. */
#define GENERATIONS_KEPT 8

static void entry_done(struct mount_entry *e)
{
	if (!e)
		return;
	free((char *)(uintptr_t)e->mount.path);
	free((char *)(uintptr_t)e->mount.fstype);
	free(e->root);
	free(e);
}

static void entries_done(struct list *list)
{
	LIST_EACH (struct mount_entry *, it, list)
		entry_done(*it);
	list_done(list);
}

void mount_table_done(struct mount_table *t)
{
	entries_done(&t->list);
	entries_done(&t->gone);
	list_done(&t->hanging);
	*t = (struct mount_table){ 0 };
}

static int by_id(const void *a, const void *b)
{
	const struct mount_entry *const *x = a, *const *y = b;

	return ((*x)->mount.id > (*y)->mount.id) - ((*x)->mount.id < (*y)->mount.id);
}

struct mount_entry *mount_table_find(const struct mount_table *t, uint64_t id)
{
	const struct mount_entry key = { .mount = { .id = id } }, *k = &key;
	struct mount_entry **e =
		t->list.len ? bsearch(&k, t->list.items, t->list.len, sizeof(k), by_id)
			    : NULL;

	return e ? *e : NULL;
}

static uint64_t device_of(uint32_t major, uint32_t minor)
{
	return (uint64_t)major << 32 | minor;
}

/* An id is used again for another mount: then these differ. */
static struct mount_entry *known(const struct mount_table *t, uint64_t id,
				 uint64_t device, const char *root)
{
	struct mount_entry *e = mount_table_find(t, id);

	return e && e->device == device && str_equal(e->root, root) ? e : NULL;
}

static struct mount_entry *entry_new(uint64_t id, const char *path, const char *fstype,
				     const char *root)
{
	AUTO_FREE struct mount_entry *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->mount.id = id;
	e->mount.path = strdup(path);
	e->mount.fstype = strdup(fstype);
	e->root = root ? strdup(root) : NULL;
	e->mount.may_hang = mounts_may_hang(fstype);
	if (!e->mount.path || !e->mount.fstype || (root && !e->root)) {
		entry_done(TAKE_PTR(e));
		return NULL;
	}
	return TAKE_PTR(e);
}

struct load {
	struct mount_table *t;
	struct list list; /* struct mount_entry *: new ones are ours until it is whole */
	mount_rule *rule;
	const void *user;
};

static void load_done(struct load *l)
{
	LIST_EACH (struct mount_entry *, it, &l->list)
		if ((*it)->seen != l->t->generation + 1)
			entry_done(*it);
	list_done(&l->list);
}

static int add(struct load *l, struct mount_entry *e)
{
	struct mount_entry **slot = e ? LIST_ADD(&l->list, struct mount_entry *) : NULL;

	if (!slot) {
		entry_done(e);
		return -ENOMEM;
	}
	*slot = e;
	return 0;
}

/* Nothing that is lent out is changed here: a failure leaves the table as it was. */
static int add_line(struct load *l, const struct mountinfo_line *line)
{
	const uint64_t id = (uint64_t)line->id,
		       device = device_of(line->major, line->minor);
	const struct mount_entry *old = known(l->t, id, device, line->root);
	struct mount_entry *e = entry_new(id, line->path, line->fstype, line->root);

	if (!e)
		return -ENOMEM;
	e->device = device;
	e->hidden = line->hidden;
	e->becomes = old ? old->becomes : l->rule(l->user, e, line);
	e->mount.readonly = line->readonly;
	e->mount.noexec = line->noexec;
	e->mount.planned = e->becomes || line->readonly;
	return add(l, e);
}

static int add_root(struct load *l, const struct sys_statx *st)
{
	const uint64_t device = device_of(st->dev_major, st->dev_minor);

	LIST_EACH (struct mount_entry *, it, &l->list)
		if ((*it)->mount.id == st->mnt_id)
			return 0;
	const struct mount_entry *old = known(l->t, st->mnt_id, device, NULL);
	struct mount_entry *e = entry_new(st->mnt_id, "/", "", NULL);
	if (!e)
		return -ENOMEM;
	e->device = device;
	e->becomes = old ? old->becomes : l->rule(l->user, e, NULL);
	e->mount.planned = e->becomes;
	return add(l, e);
}

static bool same(const struct mount_entry *a, const struct mount_entry *b)
{
	return a->mount.id == b->mount.id && a->device == b->device &&
	       str_equal(a->root, b->root) && strcmp(a->mount.path, b->mount.path) == 0 &&
	       strcmp(a->mount.fstype, b->mount.fstype) == 0;
}

/* Makes adding 'n' entries one that cannot fail. */
static int reserve(struct list *list, size_t n)
{
	const size_t len = list->len;

	for (size_t i = 0; i < n; i++)
		if (!LIST_ADD(list, struct mount_entry *)) {
			list->len = len;
			return -ENOMEM;
		}
	list->len = len;
	return 0;
}

/* The old entry of a mount that is still the same stays where it is. */
static void keep_old(const struct mount_table *t, struct mount_entry **entry)
{
	struct mount_entry *old = mount_table_find(t, (*entry)->mount.id);

	if (old && same(old, *entry)) {
		old->hidden = (*entry)->hidden;
		old->mount.readonly = (*entry)->mount.readonly;
		old->mount.noexec = (*entry)->mount.noexec;
		old->mount.planned = (*entry)->mount.planned;
		entry_done(*entry);
		*entry = old;
	}
	(*entry)->seen = t->generation + 1;
}

/* A list that changed between two pieces that were read may show a mount twice. */
static void sort(struct list *list)
{
	struct mount_entry **to = list->items;
	size_t kept = 0;

	if (list->len == 0)
		return;
	qsort(to, list->len, sizeof(*to), by_id);
	for (size_t i = 0; i < list->len; i++) {
		if (kept > 0 && to[kept - 1]->mount.id == to[i]->mount.id)
			entry_done(to[i]);
		else
			to[kept++] = to[i];
	}
	list->len = kept;
}

static int replace(struct load *l)
{
	struct mount_table *t = l->t;

	if (reserve(&t->gone, t->list.len) < 0 || reserve(&t->hanging, l->list.len) < 0)
		return -ENOMEM;
	sort(&l->list);
	t->hanging.len = 0;
	LIST_EACH (struct mount_entry *, it, &l->list) {
		keep_old(t, it);
		if ((*it)->mount.may_hang && !(*it)->mount.planned && !(*it)->hidden)
			*LIST_ADD(&t->hanging, struct mount_entry *) = *it;
	}
	t->generation++;
	LIST_EACH (struct mount_entry *, it, &t->list)
		if ((*it)->seen != t->generation)
			*LIST_ADD(&t->gone, struct mount_entry *) = *it;
	list_done(&t->list);
	t->list = l->list;
	l->list = (struct list){ 0 };
	return 0;
}

static void forget(struct mount_table *t)
{
	size_t kept = 0;

	LIST_EACH (struct mount_entry *, it, &t->gone) {
		if (t->generation - (*it)->seen > GENERATIONS_KEPT)
			entry_done(*it);
		else
			*LIST_AT(&t->gone, struct mount_entry *, kept++) = *it;
	}
	t->gone.len = kept;
}

int mount_table_load(struct mount_table *t, const char *text, size_t len,
		     const struct sys_statx *root, mount_rule *rule, const void *user,
		     struct err *err)
{
	AUTO(mountinfo_done) struct mountinfo info = { 0 };
	AUTO(load_done) struct load l = { .t = t, .rule = rule, .user = user };
	int r = mountinfo_parse_all(text, len, &info, err);

	if (r < 0)
		return r;
	LIST_EACH (const struct mountinfo_line, line, &info.list)
		if (add_line(&l, line) < 0)
			return err_set(err, -ENOMEM, "mounts");
	if ((root && add_root(&l, root) < 0) || replace(&l) < 0)
		return err_set(err, -ENOMEM, "mounts");
	forget(t);
	return 0;
}
