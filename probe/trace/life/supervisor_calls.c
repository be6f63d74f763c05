/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "probe/monotonic.h"
#include "probe/trace/life/listener.h"
#include "probe/trace/life/supervisor_in.h"

#define EINTR_SPOT                                                                     \
	"this kernel (before 5.19) lets a signal handler interrupt a call that waits " \
	"for us: the app may see EINTR where it would not"

static void open_recorder(struct supervisor *s)
{
	const struct trace_options *options = s->job->options;

	recorder_run(s->recorder, options->run);
	if (!s->job->app->features->killable)
		recorder_blind_spot(s->recorder, EINTR_SPOT);
	recorder_flush(s->recorder);
}

static int open_refusals(struct supervisor *s, struct err *err)
{
	const struct trace_rehearsal *rehearsal = s->job->options->rehearsal;
	const struct refusals_options kept = { .most = 0 };
	int r = refusals_new(&kept, &s->refusals, err);

	if (r < 0)
		return r;
	event_init(&s->event);
	s->recording = true;
	if (!s->job->app->features->killable)
		refusals_blind_spot(s->refusals, EINTR_SPOT);
	LIST_EACH (char *const, it, rehearsal->blind_spots)
		refusals_blind_spot(s->refusals, *it);
	LIST_EACH (char *const, it, rehearsal->invalid)
		refusals_invalid(s->refusals, *it);
	return 0;
}

int calls_open(struct supervisor *s, struct err *err)
{
	const struct trace_options *options = s->job->options;
	const struct trace_rehearsal *rehearsal = options->rehearsal;
	const struct observer_options how = {
		.every_mount = options->every_mount,
		.mounts = rehearsal ? rehearsal->mounts : NULL,
		.real = rehearsal && rehearsal->real,
	};
	int r = observer_new(&how, &s->observer, err);

	if (r < 0)
		return r;
	if (rehearsal)
		return open_refusals(s, err);
	const struct recorder_options kept = {
		.surface = observer_surface(s->observer),
	};
	r = recorder_new(&kept, &options->sink, &s->recorder, err);
	if (r < 0)
		return r;
	event_init(&s->event);
	s->recording = true;
	open_recorder(s);
	return 0;
}

void calls_close(struct supervisor *s)
{
	if (s->observer) {
		recorder_done(s->recorder);
		refusals_done(s->refusals);
		observer_done(s->observer);
	}
}

/* The id stays in the shared page until the next call is received: answering it twice
 * does no harm, not answering it would. */
static void record(struct supervisor *s, const struct seccomp_notif *notif)
{
	const int64_t lost = atomic_load(&s->shared->lost);

	observe(s->observer, notif, &s->event);
	recorder_before(s->recorder, &s->event);
	if (listener_continue(s->listener, notif->id) == 0) {
		recorder_count(s->recorder);
		recorder_add(s->recorder, &s->event);
	} else if (atomic_load(&s->shared->lost) == lost) {
		/* Killed, or interrupted; else the standby was faster. */
		observe_unsent(s->observer, notif);
	}
	/* A directory that we hold keeps its mount busy: the next call may unmount it. */
	event_done(&s->event);
}

static void rehearse(struct supervisor *s, const struct seccomp_notif *notif)
{
	const struct trace_rehearsal *how = s->job->options->rehearsal;
	const int64_t lost = atomic_load(&s->shared->lost);

	observe(s->observer, notif, &s->event);
	const bool refused = s->event.refuse && !how->permissive && !how->real;
	int r = refused ? listener_refuse(s->listener, notif->id, s->event.refuse)
			: listener_continue(s->listener, notif->id);
	if (r == 0)
		refusals_add(s->refusals, &s->event);
	/* An exec that is refused changes nothing of its process, either. */
	if (refused || (r < 0 && atomic_load(&s->shared->lost) == lost))
		observe_unsent(s->observer, notif);
	event_done(&s->event);
}

static void answer(struct supervisor *s, const struct seccomp_notif *notif)
{
	if (!s->recording)
		(void)listener_continue(s->listener, notif->id);
	else if (s->refusals)
		rehearse(s, notif);
	else
		record(s, notif);
}

void calls_serve(struct supervisor *s)
{
	struct seccomp_notif *notif = &s->shared->notif;

	memset(s->shared->room, 0, sizeof(s->shared->room));
	if (listener_receive(s->listener, notif) < 0)
		return; /* ENOENT: it was killed between poll and here */
	answer(s, notif);
}

static void count_lost(struct supervisor *s)
{
	int64_t lost = atomic_load(&s->shared->lost);

	if (lost > s->lost && s->refusals)
		refusals_lost(s->refusals, lost - s->lost);
	else if (lost > s->lost)
		recorder_lost(s->recorder, lost - s->lost);
	s->lost = lost;
}

static void say(struct supervisor *s, bool last)
{
	struct recorder_progress progress = recorder_progress(s->recorder);

	if (s->ticking && s->job->options->tick)
		s->job->options->tick(s->job->options->sink.arg, &progress, last);
}

/* The last word before the standby ends is what it answers the world with. */
static void say_refusals(struct supervisor *s, const char *ended, int exit)
{
	const struct trace_rehearsal *how = s->job->options->rehearsal;
	const struct refusals_sum sum = refusals_sum(s->refusals);

	if (ended && s->ticking) {
		atomic_store(&s->shared->broken, sum.broken);
		atomic_store(&s->shared->valid, sum.valid);
	}
	if (ended || refusals_is_new(s->refusals))
		how->tick(how->arg, s->refusals, ended, exit, ended && s->ticking);
}

void calls_tick(struct supervisor *s)
{
	int64_t now = monotonic_ms();

	if (s->recording && s->stop_at_ms && now >= s->stop_at_ms)
		calls_end(s, "time", -1);
	if (now < s->next_tick_ms)
		return;
	s->next_tick_ms = now + 1000;
	if (!s->recording)
		return;
	count_lost(s);
	if (s->refusals)
		return say_refusals(s, NULL, -1);
	recorder_flush(s->recorder);
	say(s, false);
}

static void end_refusals(struct supervisor *s, const char *ended, int exit)
{
	say_refusals(s, ended ? ended : "background", exit);
	s->recording = ended == NULL;
	s->ticking = false;
}

void calls_end(struct supervisor *s, const char *ended, int exit)
{
	if (!s->recording)
		return;
	count_lost(s);
	if (s->refusals)
		return end_refusals(s, ended, exit);
	recorder_flush(s->recorder);
	if (ended) {
		recorder_end(s->recorder, ended, exit);
		s->recording = false;
	}
	say(s, true);
	s->ticking = false;
}
