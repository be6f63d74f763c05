/* SPDX-License-Identifier: MIT */
#include "probe/trace/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/table.h"
#include "probe/trace/record/look.h"
#include "probe/trace/record/state.h"

#define PATHS_MOST ((size_t)1000000)
#define SPOTS_MOST 64

/* Changed files that one flush looks at, and files without an event beside them: the app
 * may be waiting for us. A look takes 2 to 5 us. */
#define LOOKS_CHANGED 512
#define LOOKS_ROUND   128
#define LOOKS_END_MS  500

/* After so many records the sink is asked again whether there is room. */
#define READY_EACH 64

static int64_t clock_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int recorder_new(const struct recorder_options *options, const struct recorder_sink *sink,
		 struct recorder **ret, struct err *err)
{
	struct recorder *r = calloc(1, sizeof(*r));

	if (!r)
		return err_set(err, -ENOMEM, "out of memory");
	r->options = *options;
	r->sink = *sink;
	if (r->options.most_paths == 0)
		r->options.most_paths = PATHS_MOST;
	if (!r->options.now_ms)
		r->options.now_ms = clock_now;
	r->root = look_root();
	/* Each path may have a directory of its own. */
	if (known_init(&r->set, 2 * r->options.most_paths + 1) < 0) {
		recorder_done(r);
		return err_set(err, -ENOMEM, "out of memory");
	}
	*ret = r;
	return 0;
}

void recorder_done(struct recorder *r)
{
	if (!r)
		return;
	known_done(&r->set);
	list_done(&r->changed);
	list_done(&r->dirs);
	list_done(&r->pairs);
	free(r->pair_buckets);
	texts_done(&r->blind_spots);
	LIST_EACH (struct recorder_reason, reason, &r->reasons)
		free(reason->why);
	list_done(&r->reasons);
	if (r->root >= 0)
		(void)close(r->root);
	free(r);
}

/* --- before --- */

static void before(struct recorder *r, const struct event *event,
		   const struct place_found *place)
{
	if (place->unresolved || place->nameless || place->len == 0)
		return;
	size_t len = known_parent_len(place->path, place->len);
	(void)dirs_meet(r, place->path, len, place->len > 1 ? place->parent : -1,
			place->mount);
	/* A mount may as well stand at a directory that is changed itself; one that is
	 * renamed takes what it holds away. */
	if (place->facts.kind == KIND_DIRECTORY && event->op != OP_RMDIR &&
	    event->op != OP_MKDIR)
		(void)dirs_meet(r, place->path, place->len, -1, place->mount);
}

void recorder_before(struct recorder *r, const struct event *event)
{
	if (!event->counts || event->unresolved)
		return;
	before(r, event, &event->place[0]);
	if (event->pair)
		before(r, event, &event->place[1]);
}

/* --- add --- */

struct inventory_path *recorder_pending(struct recorder *r, struct known *k)
{
	struct known **slot;

	if (k->pending)
		return k->pending;
	slot = LIST_ADD(&r->changed, struct known *);
	if (!slot)
		return NULL;
	k->pending = calloc(1, sizeof(*k->pending));
	if (!k->pending) {
		r->changed.len--;
		return NULL;
	}
	*slot = k;
	k->pending->path = k->path; /* borrowed, until it is released */
	k->pending->size = -1;
	return k->pending;
}

static void forget_pending(struct known *k)
{
	k->pending->path = k->pending->mount = NULL;
	inventory_path_done(k->pending);
	free(k->pending);
	k->pending = NULL;
}

/* A path that the run never touched before. It was the image's if it is there, unless a
 * directory above it is the run's own: made, or renamed to where it is. (The paths below
 * a directory that is renamed keep the names that they were written by; that they are
 * gone is seen when they are looked at.) */
static void first_met(struct recorder *r, struct known *k,
		      const struct place_found *place)
{
	bool there = place->facts.kind != KIND_NONE;

	k->recorded = true;
	k->in_image = there && !dirs_made(k) ? TRI_YES : TRI_NO;
	if (place->mount) {
		k->mount = known_mount(&r->set, place->mount->path);
		k->may_hang = place->mount->may_hang;
	}
	r->progress.paths++;
}

static struct known *path_of(struct recorder *r, const struct place_found *place)
{
	struct known *k = known_find(&r->set, place->path, place->len);

	if (k && k->recorded)
		return k;
	if ((size_t)r->progress.paths >= r->options.most_paths) {
		r->full = true;
		return NULL;
	}
	if (!k) {
		size_t len = known_parent_len(place->path, place->len);
		struct known *parent = known_find(&r->set, place->path, len);

		k = known_get(&r->set, place->path, place->len, parent);
	}
	if (k)
		first_met(r, k, place);
	return k;
}

static struct known *add_one(struct recorder *r, const struct event *event, int which)
{
	const struct place_found *place = &event->place[which];
	const struct identity_facts *who = event->tracee ? &event->tracee->who : NULL;
	bool known = who && who->part.known;
	int64_t now = r->options.now_ms();

	if (place->unresolved || place->nameless || place->len == 0)
		return NULL;
	struct known *k = path_of(r, place);
	struct inventory_path *p = k ? recorder_pending(r, k) : NULL;
	if (!p || inventory_path_count(p, event->op, event->now, 1) < 0 ||
	    inventory_path_process(p, event->tracee ? event->tracee->exe : NULL,
				   known ? who->euid : -1, known ? who->egid : -1,
				   1) < 0) {
		r->progress.lost++;
		return k;
	}
	again_happened(k, event);
	if (p->first == 0)
		p->first = now;
	p->last = now;
	effect_before(k, place);
	k->stale = true;
	if (event->now == 0) {
		k->written |= event->op != OP_ACCESS;
		effect_of(r, k, event, which);
	}
	return k;
}

/* Only what the run put there needs a mount without noexec. */
static void add_executed(struct recorder *r, const struct place_found *place)
{
	struct known *k = NULL, *parent = NULL;

	if (place->unresolved || place->nameless || place->len == 0)
		return;
	k = known_find(&r->set, place->path, place->len);
	if (!k) {
		parent = known_find(&r->set, place->path,
				    known_parent_len(place->path, place->len));
		/* A directory with programs in it was renamed to here. */
		if (parent && parent->held && parent->held->made)
			k = path_of(r, place);
	} else if (!k->written) {
		return;
	}
	if (!k || k->executed)
		return;
	k->executed = k->news = true;
	effect_before(k, place);
	(void)recorder_pending(r, k);
}

static void add_reason(struct recorder *r, const char *why)
{
	why = why ? why : "for no known reason";
	LIST_EACH (struct recorder_reason, reason, &r->reasons)
		if (strcmp(reason->why, why) == 0) {
			reason->count++;
			return;
		}
	if (r->reasons.len >= SPOTS_MOST)
		return;
	struct recorder_reason *reason = LIST_ADD(&r->reasons, struct recorder_reason);
	if (!reason)
		return;
	*reason = (struct recorder_reason){ strdup(why), 1 };
	if (!reason->why)
		r->reasons.len--;
}

static void flush(struct recorder *r, size_t looks, bool all);

void recorder_add(struct recorder *r, const struct event *event)
{
	if (event->note)
		recorder_blind_spot(r, event->note);
	if (event->unresolved) {
		r->progress.unresolved++;
		add_reason(r, event->why);
		return;
	}
	if (event->executed)
		add_executed(r, &event->place[0]);
	if (!event->counts)
		return;
	struct known *from = add_one(r, event, 0);
	struct known *to = event->pair ? add_one(r, event, 1) : NULL;
	/* A file that had no name (O_TMPFILE) is linked from none. */
	if (from && to)
		r->progress.lost += again_pair(r, event->op, from, to) < 0;
	if (r->changed.len >= PENDING_MOST || r->pairs.len >= PENDING_MOST)
		flush(r, 0, false);
}

void recorder_count(struct recorder *r)
{
	r->progress.events++;
}

void recorder_lost(struct recorder *r, int64_t events)
{
	r->progress.lost += events;
}

void recorder_blind_spot(struct recorder *r, const char *what)
{
	if (r->blind_spots.len < SPOTS_MOST && !texts_have(&r->blind_spots, what))
		(void)texts_add(&r->blind_spots, what);
}

struct recorder_progress recorder_progress(const struct recorder *r)
{
	return r->progress;
}

/* --- writing out --- */

static void write_path(struct recorder *r, struct known *k)
{
	struct inventory_record record = { .kind = RECORD_PATH, .path = *k->pending };
	struct inventory_path *p = &record.path;

	p->kind = (enum inventory_kind)k->kind;
	p->size = k->size;
	p->in_image = (enum tri)k->in_image;
	p->exists = (enum tri)k->exists;
	p->mount = known_mount_path(&r->set, k->mount);
	p->executed = k->executed;
	r->sink.record(r->sink.arg, &record);
	again_told(k);
	forget_pending(k);
}

static bool is_ready(const struct recorder *r)
{
	return !r->sink.ready || r->sink.ready(r->sink.arg);
}

/* After a full disk there may be a million: what finds no room yet stays. So does what
 * says nothing new, unless it becomes too much. */
static void write_paths(struct recorder *r, bool all)
{
	size_t n = 0, left = 0;
	bool room = true, each = all || r->changed.len >= PENDING_MOST;

	for (; n < r->changed.len; n++) {
		struct known *k = *LIST_AT(&r->changed, struct known *, n);

		if (!all && n % READY_EACH == 0)
			room = room && is_ready(r);
		if (room && (each || again_worth_telling(k)))
			write_path(r, k);
		else
			*LIST_AT(&r->changed, struct known *, left++) = k;
	}
	r->changed.len = left;
}

static void flush(struct recorder *r, size_t looks, bool all)
{
	if (!all && !is_ready(r))
		return;
	refresh_changed(r, looks);
	if (looks)
		refresh_round(r, LOOKS_ROUND);
	if (all)
		refresh_all(r, LOOKS_END_MS);
	write_paths(r, all);
	again_write_pairs(r, all);
	dirs_write(r, all);
	if (r->sink.flushed)
		r->sink.flushed(r->sink.arg);
}

void recorder_flush(struct recorder *r)
{
	flush(r, LOOKS_CHANGED, false);
}

void recorder_run(struct recorder *r, const struct inventory_run *run)
{
	const struct inventory_record record = { .kind = RECORD_RUN, .run = *run };

	r->sink.record(r->sink.arg, &record);
	if (r->sink.flushed)
		r->sink.flushed(r->sink.arg);
}

static void spot(struct recorder *r, char *text)
{
	if (text && !texts_have(&r->blind_spots, text))
		(void)texts_add(&r->blind_spots, text);
	free(text);
}

static void last_spots(struct recorder *r)
{
	LIST_EACH (const struct recorder_reason, reason, &r->reasons)
		spot(r, str_format("%lld %s could not be followed: %s",
				   (long long)reason->count,
				   reason->count == 1 ? "operation" : "operations",
				   reason->why));
	if (r->closed_dirs)
		spot(r, str_format("what the image holds in %lld of the directories is "
				   "not known: they are closed to us",
				   (long long)r->closed_dirs));
	if (r->full)
		spot(r, str_format("more than %zu distinct paths: the others were not "
				   "recorded",
				   r->options.most_paths));
}

void recorder_end(struct recorder *r, const char *ended, int64_t exit)
{
	r->ending = true;
	flush(r, 0, true);
	last_spots(r);
	const struct inventory_record record = {
		.kind = RECORD_ENDED,
		.end = {
			.ended = (char *)(uintptr_t)ended,
			.exit = exit,
			.events = r->progress.events,
			.unresolved = r->progress.unresolved,
			.lost = r->progress.lost,
			.blind_spots = r->blind_spots,
		},
	};
	r->sink.record(r->sink.arg, &record);
	if (r->sink.flushed)
		r->sink.flushed(r->sink.arg);
}
