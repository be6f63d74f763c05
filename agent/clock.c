/* SPDX-License-Identifier: MIT */
#include "agent/clock.h"

#include <string.h>
#include <time.h>

#include "probe/monotonic.h"

int64_t clock_ms(void)
{
	return monotonic_ms();
}

void clock_sleep_ms(int64_t ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

void clock_text(char ret[CLOCK_TEXT_MAX])
{
	time_t now = time(NULL);
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	(void)gmtime_r(&now, &tm);
	if (strftime(ret, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		ret[0] = '\0';
}
