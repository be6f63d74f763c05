/* SPDX-License-Identifier: MIT */
#include "probe/trace/life/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/num.h"
#include "core/str.h"
#include "probe/trace/life/listener.h"

/* A call that comes later than that after the last one pays for a wake-up; to spin for
 * longer costs more processor time than it saves the caller. */
#define SPIN_NS 50000
/* To look where a caller runs and to move there costs as much as some calls: so only for
 * one that calls again and again, and not for several who take turns. */
#define LOOK_EVERY   32
#define TURNS_TO_LET 8

const char *const trace_wake_names[] = {
	"auto", "sync", "follow", "spin", "block", NULL
};

static int64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void wake_init(struct wake *wake, enum trace_wake how, int listener)
{
	*wake = (struct wake){ .how = how, .decided = how != WAKE_AUTO, .cpu = -1 };
	if (sched_getaffinity(0, sizeof(wake->all), &wake->all) < 0)
		CPU_ZERO(&wake->all);
	if (how != WAKE_AUTO && how != WAKE_SYNC)
		return;
	if (listener_sync_wake_up(listener) == 0)
		wake->how = WAKE_SYNC;
	else
		wake->how = how == WAKE_AUTO ? WAKE_FOLLOW : WAKE_BLOCK;
}

int wake_wait(struct wake *wake, struct pollfd *polls, nfds_t n, int timeout_ms)
{
	if (wake->how == WAKE_SPIN && wake->burst) {
		int64_t until = now_ns() + SPIN_NS;

		do {
			int r = poll(polls, 1, 0);
			if (r > 0)
				break;
		} while (now_ns() < until);
	}
	return poll(polls, n, timeout_ms);
}

/* Field 39 of its stat line: the processor that it ran on last. */
static int processor(pid_t tid)
{
	char path[64], text[1024];
	int64_t cpu;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)tid, (int)tid);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	char *rest = strrchr(text, ')'); /* the end of a name that may hold anything */
	char *word = NULL;
	for (int field = 2; rest && field < 39; field++) {
		rest = strchr(rest + 1, ' ');
		word = rest ? rest + 1 : NULL;
	}
	if (!word)
		return -1;
	word[strcspn(word, " \n")] = '\0';
	return num_i64(word, &cpu) == 0 && cpu >= 0 && cpu < CPU_SETSIZE ? (int)cpu : -1;
}

static void pin(struct wake *wake, int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	if (cpu >= 0)
		CPU_SET((size_t)cpu, &one);
	if (sched_setaffinity(0, sizeof(one), cpu >= 0 ? &one : &wake->all) == 0)
		wake->cpu = cpu;
}

static void follow(struct wake *wake, pid_t tid)
{
	wake->calls++;
	wake->turns += tid != wake->caller;
	wake->caller = tid;
	if (wake->calls < LOOK_EVERY)
		return;
	bool alone = wake->turns < TURNS_TO_LET;
	wake->calls = wake->turns = 0;
	int cpu = alone ? processor(tid) : -1;
	if (cpu >= 0 && !CPU_ISSET((size_t)cpu, &wake->all))
		cpu = -1;
	if (cpu != wake->cpu)
		pin(wake, cpu);
}

void wake_called(struct wake *wake, pid_t tid)
{
	if (wake->how == WAKE_FOLLOW)
		follow(wake, tid);
	if (wake->how != WAKE_SPIN)
		return;
	int64_t now = now_ns();
	wake->burst = now - wake->last_ns < SPIN_NS;
	wake->last_ns = now;
}
