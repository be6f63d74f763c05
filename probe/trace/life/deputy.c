/* SPDX-License-Identifier: MIT */
#include "probe/trace/life/deputy.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "probe/monotonic.h"
#include "probe/trace/life/listener.h"

/* A healthy supervisor moves once a second. These are seconds in which we ran too: a
 * frozen control group or a suspended machine stops both. */
#define STUCK_TICKS 10
#define TICK_MS	    1000

void deputy_init(struct deputy *deputy, struct life_shared *shared)
{
	*deputy = (struct deputy){ .shared = shared, .listener = -1 };
	deputy->next_ms = monotonic_ms() + TICK_MS;
}

void deputy_done(struct deputy *deputy)
{
	cleanup_close(&deputy->listener);
	deputy->listener = -1;
}

/* What was answered already is ENOENT. */
static void answer_in_flight(struct deputy *deputy)
{
	if (deputy->listener >= 0 &&
	    listener_continue(deputy->listener, shared_id(deputy->shared)) == 0)
		atomic_fetch_add(&deputy->shared->lost, 1);
}

void deputy_alone(struct deputy *deputy)
{
	deputy->alone = true;
	answer_in_flight(deputy);
}

void deputy_tick(struct deputy *deputy)
{
	uint32_t beat = atomic_load(&deputy->shared->beat);
	int64_t now = monotonic_ms();

	if (beat != deputy->beat) {
		deputy->beat = beat;
		deputy->idle_ticks = -1; /* the tick of this second is no idle one */
		deputy->serving = false;
	}
	if (deputy->alone || now < deputy->next_ms)
		return;
	deputy->next_ms = now + TICK_MS;
	deputy->idle_ticks++;
	if (deputy->idle_ticks >= STUCK_TICKS) {
		deputy->serving = true;
		answer_in_flight(deputy);
	}
}

bool deputy_is_needed(const struct deputy *deputy)
{
	return deputy->alone || deputy->idle_ticks >= STUCK_TICKS - 1;
}

int deputy_listens(const struct deputy *deputy)
{
	return deputy->alone || deputy->serving ? deputy->listener : -1;
}

void deputy_serve(struct deputy *deputy, short revents)
{
	union {
		struct seccomp_notif notif;
		uint8_t room[SHARED_NOTIF_ROOM];
	} got;

	if (!(revents & POLLIN)) {
		deputy_done(deputy);
		return;
	}
	memset(&got, 0, sizeof(got));
	if (listener_receive(deputy->listener, &got.notif) < 0)
		return;
	if (listener_continue(deputy->listener, got.notif.id) == 0)
		atomic_fetch_add(&deputy->shared->lost, 1);
}

bool deputy_is_unused(const struct deputy *deputy)
{
	struct pollfd p = { .fd = deputy->listener, .events = POLLIN };

	return poll(&p, 1, 0) > 0 && !(p.revents & POLLIN);
}
