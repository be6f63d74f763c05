/* SPDX-License-Identifier: MIT */
#include "probe/trace/refusals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "core/cleanup.h"
#include "core/moment.h"

/* Out of memory leaves the element out; its handle tells. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define SPOTS_MOST 64
/* What has no name any more: a file that was unlinked. */
#define NAMELESS "(deleted)"

/* Its texts stand behind it, each with its NUL: path, to, call, exe; 'size' bytes. They
 * and 'code' to 'gid' are what tells it from others. */
struct refused {
	UT_hash_handle hh;
	int64_t count, first, last;
	int32_t code, natively;
	int64_t uid, gid;
	bool pair;
	size_t size;
	char texts[];
};

struct last {
	const struct refused *what;
	int64_t count, first, last;
};

struct reason {
	const char *why; /* a constant of the observer's */
	int64_t count;
};

struct refusals {
	struct refusals_options options;
	struct refusals_sum sum;
	struct refused *all;
	size_t bytes;
	struct last last[REFUSALS_LAST];  /* the latest first */
	struct list blind_spots, invalid; /* char * */
	struct list reasons;		  /* struct reason */
	int64_t beyond, apart;
	bool full, news;
	struct str key;
	uint64_t seed;
};

static uint64_t mix(uint64_t a, uint64_t b)
{
	const __uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Seeded: the app chooses the paths, and shall not choose which of them collide. */
static unsigned hash(const struct refusals *r, const char *key, size_t len)
{
	uint64_t h = r->seed ^ len, word;

	for (; len >= sizeof(word); key += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, key, sizeof(word));
		h = mix(h ^ word, UINT64_C(0x9e3779b97f4a7c15) ^ r->seed);
	}
	word = 0;
	memcpy(&word, key, len);
	h = mix(h ^ word, UINT64_C(0xd6e8feb86659fd93) ^ r->seed);
	return (unsigned)(h ^ h >> 32);
}

static int64_t clock_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int refusals_new(const struct refusals_options *options, struct refusals **ret,
		 struct err *err)
{
	struct refusals *r = calloc(1, sizeof(*r));

	if (!r)
		return err_set(err, -ENOMEM, "out of memory");
	r->options = *options;
	if (r->options.most == 0)
		r->options.most = REFUSALS_MOST;
	if (!r->options.now_ms)
		r->options.now_ms = clock_now;
	r->key = (struct str)STR_INIT((size_t)1 << 20);
	r->news = true;
	/* Without it the hash is predictable: slow for who attacks it, not wrong. */
	if (getrandom(&r->seed, sizeof(r->seed), GRND_NONBLOCK) < 0)
		r->seed = (uintptr_t)r;
	*ret = r;
	return 0;
}

void refusals_done(struct refusals *r)
{
	if (!r)
		return;
	struct refused *one = r->all;
	HASH_CLEAR(hh, r->all);
	for (struct refused *next; one; one = next) {
		next = one->hh.next;
		free(one);
	}
	texts_done(&r->blind_spots);
	texts_done(&r->invalid);
	list_done(&r->reasons);
	str_done(&r->key);
	free(r);
}

/* --- adding --- */

static void add_text(struct str *key, const char *text)
{
	(void)str_add(key, text, strlen(text) + 1);
}

static const char *path_of(const struct place_found *place)
{
	return place->nameless || place->len == 0 ? NAMELESS : place->path;
}

/* The key: numbers of fixed width, then the texts. */
static void make_key(struct refusals *r, const struct event *event, struct refused *head)
{
	const struct tracee *tracee = event->tracee;
	const bool known = tracee && tracee->who.part.known;
	const int64_t numbers[] = { head->code = event->refuse,
				    head->natively = event->natively,
				    head->uid = known ? tracee->who.euid : -1,
				    head->gid = known ? tracee->who.egid : -1,
				    head->pair = event->pair };

	str_reset(&r->key);
	(void)str_add(&r->key, (const char *)numbers, sizeof(numbers));
	add_text(&r->key, path_of(&event->place[0]));
	add_text(&r->key, event->pair ? path_of(&event->place[1]) : "");
	add_text(&r->key, event->call ? event->call : "");
	add_text(&r->key, tracee && tracee->exe ? tracee->exe : "");
	head->size = r->key.len;
}

static struct refused *make(struct refusals *r, const struct refused *head)
{
	if ((size_t)r->sum.distinct >= r->options.most ||
	    r->bytes + head->size > REFUSALS_BYTES_MOST)
		return NULL;
	struct refused *one = malloc(sizeof(*one) + head->size);
	if (!one)
		return NULL;
	*one = *head;
	memcpy(one->texts, r->key.s, head->size);
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, r->all, one->texts, one->size,
				    hash(r, one->texts, one->size), one);
	if (!one->hh.tbl) {
		free(one);
		return NULL;
	}
	r->bytes += head->size;
	r->sum.distinct++;
	return one;
}

static struct refused *find(struct refusals *r, const struct event *event)
{
	struct refused head = { .count = 0 }, *one = NULL;

	make_key(r, event, &head);
	if (r->key.error)
		return NULL;
	HASH_FIND_BYHASHVALUE(hh, r->all, r->key.s, r->key.len,
			      hash(r, r->key.s, r->key.len), one);
	return one ? one : make(r, &head);
}

/* To the front; what was there moves back, and the same one is there once. */
static void remember(struct refusals *r, const struct refused *one, int64_t now)
{
	struct last is = { .what = one, .first = now };
	size_t at = 0;

	while (at < REFUSALS_LAST - 1 && r->last[at].what != one)
		at++;
	if (r->last[at].what == one)
		is = r->last[at];
	memmove(r->last + 1, r->last, at * sizeof(*r->last));
	is.count++;
	is.last = now;
	r->last[0] = is;
}

static void add_refused(struct refusals *r, const struct event *event)
{
	const int64_t now = r->options.now_ms();
	struct refused *one = find(r, event);

	if (event->asks)
		r->sum.asked++;
	else if (event->natively)
		r->sum.failing++;
	else
		r->sum.broken++;
	if (!one) {
		r->full = true;
		r->sum.lost++;
		return;
	}
	if (one->count++ == 0)
		one->first = now;
	one->last = now;
	remember(r, one, now);
}

static void add_reason(struct refusals *r, const char *why)
{
	LIST_EACH (struct reason, it, &r->reasons)
		if (strcmp(it->why, why) == 0) {
			it->count++;
			return;
		}
	if (r->reasons.len >= SPOTS_MOST)
		return;
	struct reason *reason = LIST_ADD(&r->reasons, struct reason);
	if (reason)
		*reason = (struct reason){ why, 1 };
}

void refusals_add(struct refusals *r, const struct event *event)
{
	r->sum.events++;
	r->news = true;
	if (event->note && event->voids)
		refusals_invalid(r, event->note);
	else if (event->note)
		refusals_blind_spot(r, event->note);
	if (event->unresolved) {
		r->sum.unresolved++;
		add_reason(r, event->why ? event->why : "for no known reason");
		return;
	}
	r->beyond += event->beyond;
	r->apart += event->apart;
	if (event->refuse)
		add_refused(r, event);
}

void refusals_lost(struct refusals *r, int64_t events)
{
	r->sum.lost += events;
	r->news = true;
}

static void add_once(struct list *texts, const char *text)
{
	if (texts->len < SPOTS_MOST && !texts_have(texts, text))
		(void)texts_add(texts, text);
}

void refusals_blind_spot(struct refusals *r, const char *what)
{
	add_once(&r->blind_spots, what);
}

void refusals_invalid(struct refusals *r, const char *why)
{
	add_once(&r->invalid, why);
}

struct refusals_sum refusals_sum(const struct refusals *r)
{
	struct refusals_sum sum = r->sum;

	sum.valid = r->invalid.len == 0 && sum.unresolved == 0 && sum.lost == 0 &&
		    r->beyond == 0 && r->apart == 0;
	return sum;
}

bool refusals_is_new(const struct refusals *r)
{
	return r->news;
}

/* --- reading --- */

static int put(struct list *texts, char *text)
{
	const int r = text ? texts_add(texts, text) : -ENOMEM;

	free(text);
	return r;
}

/* More than SPOTS_MOST reasons are counted in 'unresolved' all the same. */
static int read_invalid(const struct refusals *r, struct list *ret)
{
	int failed = 0;

	LIST_EACH (char *const, it, &r->invalid)
		failed |= texts_add(ret, *it);
	LIST_EACH (const struct reason, it, &r->reasons)
		failed |= put(ret, str_format("%lld %s could not be followed and %s let "
					      "through: %s",
					      (long long)it->count,
					      it->count == 1 ? "call" : "calls",
					      it->count == 1 ? "was" : "were", it->why));
	if (r->full)
		failed |= put(ret, str_format("more than %zu different refusals: the "
					      "others are not listed",
					      r->options.most));
	if (r->sum.lost && !r->full)
		failed |= put(ret,
			      str_format("%lld %s answered without being looked at",
					 (long long)r->sum.lost,
					 r->sum.lost == 1 ? "call was" : "calls were"));
	if (r->beyond)
		failed |= put(ret, str_format("%lld %s would work on the plan's mounts "
					      "and %s here: rehearse on a writable "
					      "root, with the mounts' owners",
					      (long long)r->beyond,
					      r->beyond == 1 ? "call" : "calls",
					      r->beyond == 1 ? "fails" : "fail"));
	if (r->apart)
		failed |= put(ret, str_format("%lld %s of processes with mounts of their "
					      "own (a mount namespace) let through: "
					      "which mounts those are cannot be told",
					      (long long)r->apart,
					      r->apart == 1 ? "call was" : "calls were"));
	return failed ? -ENOMEM : 0;
}

static int set_moment(char **slot, int64_t ms)
{
	char text[MOMENT_TEXT_MAX];

	moment_write(text, ms);
	return str_set(slot, text);
}

static int set_name(char **slot, int code)
{
	return code ? str_set(slot, err_name(code)) : 0;
}

static int fill(struct refusal *ret, const struct refused *one)
{
	const char *path = one->texts + 5 * sizeof(int64_t);
	const char *to = path + strlen(path) + 1;
	const char *call = to + strlen(to) + 1;
	const char *exe = call + strlen(call) + 1;
	int failed = str_set(&ret->path, path) | str_set(&ret->call, call) |
		     set_name(&ret->error, one->code) |
		     set_name(&ret->natively, one->natively);

	if (one->pair)
		failed |= str_set(&ret->to, to);
	if (*exe)
		failed |= str_set(&ret->exe, exe);
	ret->uid = one->uid;
	ret->gid = one->gid;
	return failed;
}

static int add_read(struct list *list, const struct refused *one, int64_t count,
		    int64_t first, int64_t last)
{
	struct refusal *to = LIST_ADD(list, struct refusal);

	if (!to)
		return -ENOMEM;
	to->count = count;
	return fill(to, one) | set_moment(&to->first, first) |
	       set_moment(&to->last, last);
}

/* What counts most comes first: what works otherwise, then how often; the rest makes the
 * order always the same. */
static int by_weight(const void *a, const void *b)
{
	const struct refusal *x = a, *y = b;
	const int light_x = x->natively != NULL, light_y = y->natively != NULL;

	if (light_x != light_y)
		return light_x - light_y;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	const int order = strcmp(x->path, y->path);
	return order ? order : strcmp(x->call, y->call);
}

static int read_texts(const struct list *from, struct list *ret)
{
	int failed = 0;

	LIST_EACH (char *const, it, from)
		failed |= texts_add(ret, *it);
	return failed;
}

int refusals_read(struct refusals *r, const char *ended, int64_t exit,
		  struct rehearsal *ret)
{
	const struct refusals_sum sum = refusals_sum(r);
	int failed = 0;

	ret->events = sum.events;
	ret->unresolved = sum.unresolved;
	ret->lost = sum.lost;
	ret->broken = sum.broken;
	ret->failing = sum.failing;
	ret->asked = sum.asked;
	ret->valid = sum.valid && ended;
	ret->exit = exit;
	for (const struct refused *one = r->all; one; one = one->hh.next)
		failed |= add_read(&ret->refused, one, one->count, one->first, one->last);
	if (failed == 0 && ret->refused.len)
		qsort(ret->refused.items, ret->refused.len, sizeof(struct refusal),
		      by_weight);
	for (int i = 0; ended && exit > 0 && i < REFUSALS_LAST && r->last[i].what; i++)
		failed |= add_read(&ret->before_the_end, r->last[i].what,
				   r->last[i].count, r->last[i].first, r->last[i].last);
	failed |= read_invalid(r, &ret->invalid);
	if (!ended)
		failed |= texts_add(&ret->invalid, "it has not come to its end: this is "
						   "what was refused until now");
	failed |= read_texts(&r->blind_spots, &ret->blind_spots);
	failed |= str_set(&ret->ended, ended ? ended : "running");
	r->news = false;
	return failed ? -ENOMEM : 0;
}
