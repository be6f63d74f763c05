/* SPDX-License-Identifier: MIT */
#include "probe/trace/life/wake.h"

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "probe/trace/life/listener.h"

/* For how long to look for the next call before going to sleep: a little longer than a
 * wake-up takes. */
#define SPIN_NS 100000
/* A call within that of our last answer would, but for the time that waking us took, have
 * come while we still looked. */
#define SOON_NS (2 * SPIN_NS)
/* So many of them and it is worth a look; what is found adds to it, and a look in vain
 * takes a lot away. */
#define SPIN_FROM 4
#define SPIN_MOST 16
#define SPIN_VAIN 4

const char *const trace_wake_names[] = { "auto", "sync", "spin", "block", NULL };

static int64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* On the only processor, to look out is to keep the app from calling. */
static bool has_processors(void)
{
	cpu_set_t all;

	return sched_getaffinity(0, sizeof(all), &all) == 0 && CPU_COUNT(&all) > 1;
}

void wake_init(struct wake *wake, enum trace_wake how, int listener)
{
	*wake = (struct wake){ .how = how };
	if (how != WAKE_AUTO && how != WAKE_SYNC)
		return;
	if (listener_sync_wake_up(listener) == 0)
		wake->how = WAKE_SYNC;
	else
		wake->how = how == WAKE_AUTO && has_processors() ? WAKE_SPIN : WAKE_BLOCK;
}

/* For the listener alone: true where a call is there. */
static bool look_out(struct wake *wake, struct pollfd *listener)
{
	const int64_t until = now_ns() + SPIN_NS;

	do
		if (poll(listener, 1, 0) > 0)
			return true;
	while (now_ns() < until);
	wake->soon -= wake->soon < SPIN_VAIN ? wake->soon : SPIN_VAIN;
	return false;
}

int wake_wait(struct wake *wake, struct pollfd *polls, nfds_t n, int timeout_ms)
{
	if (wake->how != WAKE_SPIN)
		return poll(polls, n, timeout_ms);
	const int64_t from = now_ns();
	const bool found = wake->soon >= SPIN_FROM && look_out(wake, polls);
	int r = poll(polls, n, found ? 0 : timeout_ms);

	if (now_ns() - from >= SOON_NS)
		wake->soon = 0;
	else if (r > 0 && polls[0].revents && wake->soon < SPIN_MOST)
		wake->soon++;
	return r;
}
