/* SPDX-License-Identifier: MIT */
#include "probe/trace/record/known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BUCKETS_FIRST 1024

/* Each container sees a dozen mounts, some hundreds on a crowded host. */
#define MOUNTS_MOST 4096

int known_init(struct known_set *set, size_t most)
{
	*set = (struct known_set){ .mask = BUCKETS_FIRST - 1, .most = most };
	set->buckets = calloc(BUCKETS_FIRST, sizeof(*set->buckets));
	/* Without it the hash is predictable: slow for who attacks it, not wrong. */
	if (getrandom(&set->seed, sizeof(set->seed), GRND_NONBLOCK) < 0)
		set->seed = (uintptr_t)set->buckets;
	return set->buckets ? 0 : -ENOMEM;
}

static void one_done(struct known *k)
{
	if (k->pending) {
		k->pending->path = k->pending->mount = NULL; /* borrowed */
		inventory_path_done(k->pending);
		free(k->pending);
	}
	free(k->held);
	free(k);
}

void known_done(struct known_set *set)
{
	LIST_EACH (struct known *, k, &set->all)
		one_done(*k);
	list_done(&set->all);
	texts_done(&set->mounts);
	free(set->buckets);
	set->buckets = NULL;
}

static uint64_t mix(uint64_t a)
{
	a ^= a >> 32;
	a *= 0xd6e8feb86659fd93u;
	return a ^ a >> 32;
}

/* Eight bytes at a time; the seed keeps who chooses the names from choosing buckets. */
static uint64_t hash_of(const struct known_set *set, const char *path, size_t len)
{
	uint64_t h = set->seed ^ len;

	for (; len >= 8; path += 8, len -= 8) {
		uint64_t word;

		memcpy(&word, path, 8);
		h = mix(h ^ word) + set->seed;
	}
	uint64_t rest = 0;
	memcpy(&rest, path, len);
	return mix(mix(h ^ rest) + set->seed);
}

static struct known *find(const struct known_set *set, const char *path, size_t len,
			  uint64_t hash)
{
	struct known *k = set->buckets[hash & set->mask];

	while (k && (k->hash != hash || k->len != len || memcmp(k->path, path, len) != 0))
		k = k->next;
	return k;
}

struct known *known_find(const struct known_set *set, const char *path, size_t len)
{
	return find(set, path, len, hash_of(set, path, len));
}

/* Without memory for it the buckets just stay fuller. */
static void grow(struct known_set *set)
{
	size_t n = (set->mask + 1) * 2;
	struct known **buckets = calloc(n, sizeof(struct known *));

	if (!buckets)
		return;
	LIST_EACH (struct known *, it, &set->all) {
		struct known **slot = &buckets[(*it)->hash & (n - 1)];

		(*it)->next = *slot;
		*slot = *it;
	}
	free(set->buckets);
	set->buckets = buckets;
	set->mask = n - 1;
}

struct known *known_get(struct known_set *set, const char *path, size_t len,
			struct known *parent)
{
	uint64_t hash = hash_of(set, path, len);
	struct known *k = find(set, path, len, hash);

	if (k || set->len >= set->most)
		return k;
	struct known **slot = LIST_ADD(&set->all, struct known *);
	if (!slot)
		return NULL;
	k = calloc(1, sizeof(*k) + len + 1);
	if (!k) {
		set->all.len--;
		return NULL;
	}
	*slot = k;
	k->hash = hash;
	k->len = (uint32_t)len;
	k->size = -1;
	k->parent = parent;
	memcpy(k->path, path, len);
	k->next = set->buckets[hash & set->mask];
	set->buckets[hash & set->mask] = k;
	if (++set->len > set->mask)
		grow(set);
	return k;
}

uint32_t known_mount(struct known_set *set, const char *path)
{
	size_t i = set->mounts.len;

	/* The last ones first: it is nearly always the same. */
	while (i > 0 && strcmp(*LIST_AT(&set->mounts, char *, i - 1), path) != 0)
		i--;
	if (i == 0) {
		if (set->mounts.len >= MOUNTS_MOST || texts_add(&set->mounts, path) < 0)
			return 0;
		i = set->mounts.len;
	}
	return (uint32_t)i;
}

char *known_mount_path(const struct known_set *set, uint32_t mount)
{
	return mount ? *LIST_AT(&set->mounts, char *, mount - 1) : NULL;
}

size_t known_parent_len(const char *path, size_t len)
{
	while (len > 1 && path[len - 1] != '/')
		len--;
	return len > 1 ? len - 1 : 1;
}
