/* SPDX-License-Identifier: MIT
 *
 * inventory_set.c - a set of records, hashed by what names them. Paths are chosen
 * by the app: the hash is seeded, so that it cannot choose them to collide.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/inventory.h"

/* Out of memory leaves the element out; its handle tells. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct path_entry {
	struct inventory_path path;
	UT_hash_handle hh;
};

struct pair_entry {
	struct inventory_pair pair;
	char *key; /* holds both paths */
	UT_hash_handle hh;
};

struct dir_entry {
	struct inventory_dir dir;
	UT_hash_handle hh;
};

struct run_entry {
	struct inventory_run run;
	UT_hash_handle hh;
};

struct inventory {
	struct path_entry *paths;
	struct pair_entry *pairs;
	struct dir_entry *dirs;
	struct run_entry *runs;
	struct inventory_end end;
	bool ended;
	uint64_t seed;
};

static uint64_t mix(uint64_t a, uint64_t b)
{
	const __uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static unsigned hash(const struct inventory *inventory, const char *key, size_t len)
{
	uint64_t h = inventory->seed ^ len, word;

	for (; len >= sizeof(word); key += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, key, sizeof(word));
		h = mix(h ^ word, UINT64_C(0x9e3779b97f4a7c15) ^ inventory->seed);
	}
	word = 0;
	memcpy(&word, key, len);
	h = mix(h ^ word, UINT64_C(0xd6e8feb86659fd93) ^ inventory->seed);
	return (unsigned)(h ^ h >> 32);
}

struct inventory *inventory_new(void)
{
	struct inventory *inventory = calloc(1, sizeof(*inventory));

	/* Where the kernel put us is all the chance that there is without asking it. */
	if (inventory)
		inventory->seed = mix((uint64_t)(uintptr_t)inventory ^
					      (uint64_t)(uintptr_t)&inventory << 20,
				      UINT64_C(0xa0761d6478bd642f)) |
				  1;
	return inventory;
}

static void path_entry_free(struct path_entry *e)
{
	inventory_path_done(&e->path);
	free(e);
}

static void pair_entry_free(struct pair_entry *e)
{
	free(e->key);
	free(e);
}

static void dir_entry_free(struct dir_entry *e)
{
	free(e->dir.path);
	free(e);
}

static void run_entry_free(struct run_entry *e)
{
	inventory_run_done(&e->run);
	free(e);
}

/* The elements are a list besides. */
#define FREE_ALL(type, head, release)                   \
	do {                                            \
		struct type *e = (head);                \
                                                        \
		HASH_CLEAR(hh, head);                   \
		for (struct type * next; e; e = next) { \
			next = e->hh.next;              \
			release(e);                     \
		}                                       \
	} while (0)

void inventory_done(struct inventory *inventory)
{
	if (!inventory)
		return;
	FREE_ALL(path_entry, inventory->paths, path_entry_free);
	FREE_ALL(pair_entry, inventory->pairs, pair_entry_free);
	FREE_ALL(dir_entry, inventory->dirs, dir_entry_free);
	FREE_ALL(run_entry, inventory->runs, run_entry_free);
	inventory_end_done(&inventory->end);
	free(inventory);
}

#define FIND(inventory, head, key, len, ret) \
	HASH_FIND_BYHASHVALUE(hh, head, key, len, hash(inventory, key, len), ret)
#define ADD(inventory, head, key, len, e) \
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, head, key, len, hash(inventory, key, len), e)

/* --- paths --- */

static struct path_entry *find_path(struct inventory *inventory, const char *path)
{
	const size_t len = strlen(path);
	struct path_entry *e = NULL;

	FIND(inventory, inventory->paths, path, len, e);
	return e;
}

struct inventory_path *inventory_find(struct inventory *inventory, const char *path)
{
	struct path_entry *e = find_path(inventory, path);

	return e ? &e->path : NULL;
}

struct inventory_path *inventory_path(struct inventory *inventory, const char *path)
{
	struct path_entry *e = find_path(inventory, path);
	const size_t len = strlen(path);

	if (e)
		return &e->path;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->path.size = -1;
	e->path.path = strdup(path);
	if (e->path.path)
		ADD(inventory, inventory->paths, e->path.path, len, e);
	if (!e->hh.tbl) {
		path_entry_free(e);
		return NULL;
	}
	return &e->path;
}

struct inventory_path *inventory_next_path(const struct inventory *inventory,
					   const struct inventory_path *path)
{
	const struct path_entry *e = (const struct path_entry *)(const void *)path;
	struct path_entry *next = e ? e->hh.next : inventory->paths;

	return next ? &next->path : NULL;
}

static int add_path(struct inventory *inventory, const struct inventory_path *path)
{
	struct inventory_path *have = inventory_path(inventory, path->path);

	return have ? inventory_path_join(have, path) : -ENOMEM;
}

int inventory_take_path(struct inventory *inventory, struct inventory_path *path)
{
	struct inventory_path *have = inventory_find(inventory, path->path);

	if (have)
		return inventory_path_join(have, path);
	have = inventory_path(inventory, path->path);
	if (!have)
		return -ENOMEM;
	char *key = have->path; /* the hash points to it */
	const struct inventory_path empty = { .path = path->path, .size = -1 };

	*have = *path;
	have->path = key;
	*path = empty;
	return 0;
}

/* --- pairs --- */

/* The operation, "/from\0", "/to\0": no path has a NUL in it. */
static char *pair_key(const struct inventory_pair *pair, size_t *len)
{
	const size_t from = strlen(pair->from) + 1, to = strlen(pair->to) + 1;
	char *key = malloc(1 + from + to);

	if (!key)
		return NULL;
	key[0] = (char)pair->op;
	memcpy(key + 1, pair->from, from);
	memcpy(key + 1 + from, pair->to, to);
	*len = 1 + from + to;
	return key;
}

static int add_pair(struct inventory *inventory, const struct inventory_pair *pair)
{
	struct pair_entry *e = NULL;
	size_t len;
	AUTO_FREE char *key = pair_key(pair, &len);

	if (!key)
		return -ENOMEM;
	FIND(inventory, inventory->pairs, key, len, e);
	if (e) {
		if (__builtin_add_overflow(e->pair.count, pair->count, &e->pair.count))
			e->pair.count = INT64_MAX;
		return 0;
	}
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->key = TAKE_PTR(key);
	e->pair = (struct inventory_pair){
		.op = pair->op,
		.from = e->key + 1,
		.to = e->key + 1 + strlen(pair->from) + 1,
		.count = pair->count,
	};
	ADD(inventory, inventory->pairs, e->key, len, e);
	if (!e->hh.tbl) {
		pair_entry_free(e);
		return -ENOMEM;
	}
	return 0;
}

/* --- directories, runs, the end --- */

struct inventory_dir *inventory_find_dir(struct inventory *inventory, const char *path)
{
	const size_t len = strlen(path);
	struct dir_entry *e = NULL;

	FIND(inventory, inventory->dirs, path, len, e);
	return e ? &e->dir : NULL;
}

static int add_dir(struct inventory *inventory, const struct inventory_dir *dir)
{
	struct inventory_dir *have = inventory_find_dir(inventory, dir->path);

	if (have) {
		const int64_t peak = have->peak_bytes;
		char *path = have->path;

		*have = *dir;
		have->path = path;
		have->peak_bytes = peak > dir->peak_bytes ? peak : dir->peak_bytes;
		return 0;
	}
	struct dir_entry *e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->dir = *dir;
	e->dir.path = strdup(dir->path);
	const size_t len = strlen(dir->path);
	if (e->dir.path)
		ADD(inventory, inventory->dirs, e->dir.path, len, e);
	if (!e->hh.tbl) {
		dir_entry_free(e);
		return -ENOMEM;
	}
	return 0;
}

static int copy_texts(struct list *to, const struct list *from)
{
	int r = 0;

	LIST_EACH (char *const, text, from)
		if (r == 0)
			r = texts_add(to, *text);
	return r;
}

static int copy_run(struct inventory_run *to, const struct inventory_run *from)
{
	*to = (struct inventory_run){ .records = from->records, .merged = from->merged };
	int r = copy_texts(&to->command, &from->command);

	if (r < 0 || str_set(&to->id, from->id) < 0 ||
	    str_set(&to->tool, from->tool) < 0 ||
	    str_set(&to->method, from->method) < 0 ||
	    str_set(&to->container, from->container) < 0 ||
	    str_set(&to->image, from->image) < 0 || str_set(&to->task, from->task) < 0 ||
	    str_set(&to->started, from->started) < 0 ||
	    str_set(&to->ended, from->ended) < 0)
		return -ENOMEM;
	return 0;
}

static int add_run(struct inventory *inventory, const struct inventory_run *run)
{
	const size_t len = strlen(run->id);
	struct run_entry *have = NULL;
	struct run_entry *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	FIND(inventory, inventory->runs, run->id, len, have);
	int r = copy_run(&e->run, run);
	if (r == 0 && have) {
		/* The hash points to the id that is there. */
		const struct inventory_run old = have->run;

		have->run = e->run;
		e->run = old;
		char *id = have->run.id;
		have->run.id = e->run.id;
		e->run.id = id;
	} else if (r == 0) {
		ADD(inventory, inventory->runs, e->run.id, len, e);
		if (e->hh.tbl)
			return 0;
		r = -ENOMEM;
	}
	run_entry_free(e);
	return r;
}

static int add_end(struct inventory *inventory, const struct inventory_end *end)
{
	AUTO(inventory_end_done) struct inventory_end copy = *end;

	copy.ended = NULL;
	copy.blind_spots = (struct list){ 0 };
	if (str_set(&copy.ended, end->ended) < 0 ||
	    copy_texts(&copy.blind_spots, &end->blind_spots) < 0)
		return -ENOMEM;
	const struct inventory_end old = inventory->end;
	inventory->end = copy;
	inventory->ended = true;
	copy = old;
	return 0;
}

int inventory_add(struct inventory *inventory, const struct inventory_record *record)
{
	switch (record->kind) {
	case RECORD_RUN:
		return add_run(inventory, &record->run);
	case RECORD_PATH:
		return add_path(inventory, &record->path);
	case RECORD_PAIR:
		return add_pair(inventory, &record->pair);
	case RECORD_DIR:
		return add_dir(inventory, &record->dir);
	case RECORD_ENDED:
		break;
	}
	return add_end(inventory, &record->end);
}

/* --- all of it, sorted --- */

size_t inventory_paths(const struct inventory *inventory)
{
	return HASH_COUNT(inventory->paths);
}

static int by_path(const void *a, const void *b)
{
	const struct inventory_path *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

static int by_pair(const void *a, const void *b)
{
	const struct inventory_pair *const *x = a, *const *y = b;
	int order = strcmp((*x)->from, (*y)->from);

	if (order == 0)
		order = strcmp((*x)->to, (*y)->to);
	return order ? order : (int)(*x)->op - (int)(*y)->op;
}

static int by_dir(const void *a, const void *b)
{
	const struct inventory_dir *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

/* As they started, which RFC 3339 in UTC sorts by its text. */
static int by_run(const void *a, const void *b)
{
	const struct inventory_run *const *x = a, *const *y = b;
	const char *s = (*x)->started, *t = (*y)->started;
	const int order = strcmp(s ? s : "", t ? t : "");

	return order ? order : strcmp((*x)->id, (*y)->id);
}

#define LIST_ALL(type, head, member, order, ret)                                \
	do {                                                                    \
		for (struct type##_entry *e = (head); e; e = e->hh.next) {      \
			void **slot = LIST_ADD(ret, void *);                    \
                                                                                \
			if (!slot) {                                            \
				list_done(ret);                                 \
				return -ENOMEM;                                 \
			}                                                       \
			*slot = &e->member;                                     \
		}                                                               \
		if ((ret)->len)                                                 \
			qsort((ret)->items, (ret)->len, sizeof(void *), order); \
	} while (0)

int inventory_list_paths(const struct inventory *inventory, struct list *ret)
{
	LIST_ALL(path, inventory->paths, path, by_path, ret);
	return 0;
}

int inventory_list_pairs(const struct inventory *inventory, struct list *ret)
{
	LIST_ALL(pair, inventory->pairs, pair, by_pair, ret);
	return 0;
}

int inventory_list_dirs(const struct inventory *inventory, struct list *ret)
{
	LIST_ALL(dir, inventory->dirs, dir, by_dir, ret);
	return 0;
}

int inventory_list_runs(const struct inventory *inventory, struct list *ret)
{
	LIST_ALL(run, inventory->runs, run, by_run, ret);
	return 0;
}

const struct inventory_end *inventory_ended(const struct inventory *inventory)
{
	return inventory->ended ? &inventory->end : NULL;
}
