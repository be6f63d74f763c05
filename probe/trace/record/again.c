/* SPDX-License-Identifier: MIT
 *
 * What is done again and again is written out ever more rarely: new kinds of operations,
 * new processes and new pairs at the next flush, mere repetition once there is an eighth
 * more of it, and at the end. An app that writes the same files for a month would fill a
 * disk with records of nothing new; one that is killed loses an eighth of some counts.
 */
#include <stdlib.h>
#include <string.h>

#include "probe/trace/record/state.h"

#define GROWTH_STEP 8
#define BUCKETS	    8192U

_Static_assert(OP_COUNT <= 16, "a bit for each operation and each outcome");

static uint32_t mix(uint64_t n)
{
	n *= UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(n >> 32);
}

/* Two may have the same bit: then the second is told with the next repetition. */
static uint32_t bit_of(const struct event *event)
{
	const struct identity_facts *who = event->tracee ? &event->tracee->who : NULL;
	uint64_t n = who ? (uint64_t)who->euid << 32 ^ (uint64_t)who->egid : 0;

	for (const char *c = event->tracee ? event->tracee->exe : NULL; c && *c; c++)
		n = n * 31 + (unsigned char)*c;
	return 1U << mix(n) % 32;
}

static bool grew(int64_t since, int64_t told)
{
	return since > 0 && since >= told / GROWTH_STEP;
}

void again_happened(struct known *k, const struct event *event)
{
	uint32_t op = 1U << (event->op + (event->now ? 16 : 0)), who = bit_of(event);

	k->news |= !(k->ops & op) || !(k->who & who);
	k->ops |= op;
	k->who |= who;
	k->since++;
}

bool again_worth_telling(const struct known *k)
{
	return k->news || grew(k->since, k->told) || k->told < GROWTH_STEP;
}

void again_told(struct known *k)
{
	k->told += k->since;
	k->since = 0;
	k->news = false;
}

/* --- pairs --- */

static uint32_t *bucket_of(struct recorder *r, enum inventory_op op,
			   const struct known *from, const struct known *to)
{
	if (!r->pair_buckets)
		r->pair_buckets = calloc(BUCKETS, sizeof(*r->pair_buckets));
	uint64_t n = from->hash * 31 + to->hash + op;
	return r->pair_buckets ? &r->pair_buckets[mix(n) % BUCKETS] : NULL;
}

int again_pair(struct recorder *r, enum inventory_op op, struct known *from,
	       struct known *to)
{
	uint32_t *bucket = bucket_of(r, op, from, to);
	struct recorder_pair *pair;

	if (!bucket)
		return -1;
	for (uint32_t i = *bucket; i; i = pair->next) {
		pair = LIST_AT(&r->pairs, struct recorder_pair, i - 1);
		if (pair->from == from && pair->to == to && pair->op == op) {
			pair->since++;
			return 0;
		}
	}
	pair = r->pairs.len < PAIRS_MOST ? LIST_ADD(&r->pairs, struct recorder_pair)
					 : NULL;
	if (!pair)
		return -1;
	*pair = (struct recorder_pair){
		.op = op, .from = from, .to = to, .since = 1, .next = *bucket
	};
	*bucket = (uint32_t)r->pairs.len;
	return 0;
}

static void write_pair(struct recorder *r, struct recorder_pair *pair)
{
	const struct inventory_record record = {
		.kind = RECORD_PAIR,
		.pair = { pair->op, pair->from->path, pair->to->path, pair->since },
	};

	r->sink.record(r->sink.arg, &record);
	pair->told += pair->since;
	pair->since = 0;
}

void again_write_pairs(struct recorder *r, bool all)
{
	bool full = r->pairs.len >= PENDING_MOST;

	LIST_EACH (struct recorder_pair, pair, &r->pairs)
		if (pair->since && (all || full || grew(pair->since, pair->told)))
			write_pair(r, pair);
	if (!full)
		return;
	r->pairs.len = 0;
	memset(r->pair_buckets, 0, BUCKETS * sizeof(*r->pair_buckets));
}
