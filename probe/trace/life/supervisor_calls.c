/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "probe/monotonic.h"
#include "probe/trace/life/listener.h"
#include "probe/trace/life/supervisor_in.h"

static void open_recorder(struct supervisor *s)
{
	const struct trace_options *options = s->job->options;

	recorder_run(s->recorder, options->run);
	if (!s->job->app->features->killable)
		recorder_blind_spot(s->recorder,
				    "this kernel (before 5.19) lets a signal handler "
				    "interrupt a call that waits for us: the app may see "
				    "EINTR where it would not");
	recorder_flush(s->recorder);
}

int calls_open(struct supervisor *s, struct err *err)
{
	const struct trace_options *options = s->job->options;
	const struct observer_options how = { .every_mount = options->every_mount };
	int r = observer_new(&how, &s->observer, err);

	if (r < 0)
		return r;
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
		observer_done(s->observer);
	}
}

/* The id stays in the shared page until the next call is received: answering it twice
 * does no harm, not answering it would. */
static void answer(struct supervisor *s, const struct seccomp_notif *notif)
{
	if (!s->recording) {
		(void)listener_continue(s->listener, notif->id);
		return;
	}
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

	if (lost > s->lost)
		recorder_lost(s->recorder, lost - s->lost);
	s->lost = lost;
}

static void say(struct supervisor *s, bool last)
{
	struct recorder_progress progress = recorder_progress(s->recorder);

	if (s->ticking && s->job->options->tick)
		s->job->options->tick(s->job->options->sink.arg, &progress, last);
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
	recorder_flush(s->recorder);
	say(s, false);
}

void calls_end(struct supervisor *s, const char *ended, int exit)
{
	if (!s->recording)
		return;
	count_lost(s);
	recorder_flush(s->recorder);
	if (ended) {
		recorder_end(s->recorder, ended, exit);
		s->recording = false;
	}
	say(s, true);
	s->ticking = false;
}
