/* SPDX-License-Identifier: MIT
 *
 * monotonic.h - the clock of every time limit of the probe.
 */
#ifndef PROBE_MONOTONIC_H
#define PROBE_MONOTONIC_H

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC in milliseconds. */
static inline int64_t monotonic_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif
