/* SPDX-License-Identifier: MIT
 *
 * inventory.c - the words of an inventory, and one path's counts. Both lists of a
 * path are kept sorted, so that the same counts read the same in any order.
 */
#include "core/inventory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const inventory_op_names[] = {
	[OP_CREATE] = "create", [OP_WRITE] = "write",	[OP_TRUNCATE] = "truncate",
	[OP_MKDIR] = "mkdir",	[OP_UNLINK] = "unlink", [OP_RMDIR] = "rmdir",
	[OP_RENAME] = "rename", [OP_LINK] = "link",	[OP_SYMLINK] = "symlink",
	[OP_MKNOD] = "mknod",	[OP_CHMOD] = "chmod",	[OP_CHOWN] = "chown",
	[OP_UTIME] = "utime",	[OP_XATTR] = "xattr",	[OP_BIND] = "bind",
	[OP_ACCESS] = "access", [OP_COUNT] = NULL,
};

const char *const inventory_kind_names[] = {
	[INVENTORY_UNKNOWN] = "unknown",     [INVENTORY_FILE] = "file",
	[INVENTORY_DIRECTORY] = "directory", [INVENTORY_SYMLINK] = "symlink",
	[INVENTORY_SOCKET] = "socket",	     [INVENTORY_FIFO] = "fifo",
	[INVENTORY_DEVICE] = "device",	     NULL,
};

const char *const inventory_record_names[] = {
	[RECORD_RUN] = "run", [RECORD_PATH] = "path", [RECORD_PAIR] = "pair",
	[RECORD_DIR] = "dir", [RECORD_ENDED] = "end", NULL,
};

/* Of what an app that changes its name for each call could make of one path. */
#define PROCESSES_MAX 1000

/* Counts come from files too: they stop at the largest instead of wrapping. */
static void add_up(int64_t *sum, int64_t n)
{
	if (__builtin_add_overflow(*sum, n, sum))
		*sum = INT64_MAX;
}

/* A zeroed item at 'at'. Most paths have one or two: a list of four would be the
 * larger part of what an inventory takes. */
static void *insert(struct list *list, size_t at, size_t size)
{
	if ((list->len & (list->len - 1)) == 0) {
		const size_t cap = list->len ? list->len * 2 : 1;
		void *items = realloc(list->items, cap * size);

		if (!items)
			return NULL;
		list->items = items;
		list->cap = cap;
	}
	char *item = (char *)list->items + at * size;

	memmove(item + size, item, (list->len - at) * size);
	list->len++;
	return memset(item, 0, size);
}

int inventory_path_count(struct inventory_path *path, enum inventory_op op, int code,
			 int64_t count)
{
	size_t at = 0;

	LIST_EACH (struct inventory_count, c, &path->counts) {
		if (c->op == op && c->code == code) {
			add_up(&c->count, count);
			return 0;
		}
		at += c->op < op || (c->op == op && c->code < code);
	}
	struct inventory_count *c = insert(&path->counts, at, sizeof(*c));
	if (!c)
		return -ENOMEM;
	*c = (struct inventory_count){ op, code, count };
	return 0;
}

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_process(const struct inventory_process *p, const char *exe,
			   int64_t uid, int64_t gid)
{
	int order = p->exe && exe ? strcmp(p->exe, exe) : !!p->exe - !!exe;

	if (order == 0)
		order = compare_numbers(p->uid, uid);
	return order ? order : compare_numbers(p->gid, gid);
}

int inventory_path_process(struct inventory_path *path, const char *exe, int64_t uid,
			   int64_t gid, int64_t count)
{
	size_t low = 0, high = path->processes.len;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		struct inventory_process *p =
			LIST_AT(&path->processes, struct inventory_process, middle);
		const int order = compare_process(p, exe, uid, gid);

		if (order == 0) {
			add_up(&p->count, count);
			return 0;
		}
		low = order < 0 ? middle + 1 : low;
		high = order < 0 ? high : middle;
	}
	/* All that come after go into one whose program is not known. */
	if (path->processes.len >= PROCESSES_MAX && (exe || uid != -1 || gid != -1))
		return inventory_path_process(path, NULL, -1, -1, count);
	char *copy = exe ? strdup(exe) : NULL;
	struct inventory_process *p =
		exe && !copy ? NULL : insert(&path->processes, low, sizeof(*p));
	if (!p) {
		free(copy);
		return -ENOMEM;
	}
	*p = (struct inventory_process){ copy, uid, gid, count };
	return 0;
}

/* Without allocating where it is the same already. */
static int set_text(char **slot, const char *text)
{
	return !text || str_equal(*slot, text) ? 0 : str_set(slot, text);
}

static int join_lists(struct inventory_path *into, const struct inventory_path *more)
{
	int r = 0;

	LIST_EACH (const struct inventory_count, c, &more->counts)
		if (r == 0)
			r = inventory_path_count(into, c->op, c->code, c->count);
	LIST_EACH (const struct inventory_process, p, &more->processes)
		if (r == 0)
			r = inventory_path_process(into, p->exe, p->uid, p->gid,
						   p->count);
	return r;
}

int inventory_path_join(struct inventory_path *into, const struct inventory_path *more)
{
	int r = join_lists(into, more);

	if (r == 0)
		r = set_text(&into->mount, more->mount);
	if (r < 0)
		return r;
	if (more->first && (!into->first || more->first < into->first))
		into->first = more->first;
	if (more->last > into->last)
		into->last = more->last;
	if (more->size > into->size)
		into->size = more->size;
	/* What is not known replaces nothing. */
	into->kind = more->kind ? more->kind : into->kind;
	into->in_image = more->in_image ? more->in_image : into->in_image;
	into->exists = more->exists ? more->exists : into->exists;
	into->executed |= more->executed;
	if (more->runs > into->runs)
		into->runs = more->runs;
	return 0;
}

void inventory_path_done(struct inventory_path *path)
{
	LIST_EACH (struct inventory_process, p, &path->processes)
		free(p->exe);
	list_done(&path->processes);
	list_done(&path->counts);
	free(path->path);
	free(path->mount);
	*path = (struct inventory_path){ 0 };
}

void inventory_run_done(struct inventory_run *run)
{
	texts_done(&run->command);
	free(run->id);
	free(run->tool);
	free(run->method);
	free(run->container);
	free(run->image);
	free(run->task);
	free(run->started);
	free(run->ended);
	*run = (struct inventory_run){ 0 };
}

void inventory_end_done(struct inventory_end *end)
{
	texts_done(&end->blind_spots);
	free(end->ended);
	*end = (struct inventory_end){ 0 };
}

void inventory_record_done(struct inventory_record *record)
{
	switch (record->kind) {
	case RECORD_RUN:
		inventory_run_done(&record->run);
		break;
	case RECORD_PATH:
		inventory_path_done(&record->path);
		break;
	case RECORD_PAIR:
		free(record->pair.from);
		free(record->pair.to);
		break;
	case RECORD_DIR:
		free(record->dir.path);
		break;
	case RECORD_ENDED:
		inventory_end_done(&record->end);
		break;
	}
	*record = (struct inventory_record){ 0 };
}
