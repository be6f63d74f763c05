/* SPDX-License-Identifier: MIT
 *
 * stage_copy.h - a directory of the image, copied as a runtime copies it into a fresh
 * volume: content, owner, mode, times and attributes.
 *
 * What is mounted in it is no image's: its mount point alone is made. The copy lies in
 * memory, and the app waits for it: size, number and time are limited.
 */
#ifndef PROBE_TRACE_STAGE_COPY_H
#define PROBE_TRACE_STAGE_COPY_H

#include <stdint.h>

#include "core/err.h"

/* Zero: as much as a rehearsal takes. */
struct stage_limits {
	int64_t bytes, entries, ms;
};

/* From one open directory into another, an empty one, which becomes like it. 0; -EFBIG,
 * -E2BIG or -ETIMEDOUT where a limit was met; or another negative errno with the place.
 */
int stage_copy(int from, int to, const struct stage_limits *limits, struct err *err);

#endif
