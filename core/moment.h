/* SPDX-License-Identifier: MIT
 *
 * moment.h - milliseconds since the epoch as RFC 3339 in UTC, and back. No time
 * zones, no locale, no leap seconds.
 */
#ifndef CORE_MOMENT_H
#define CORE_MOMENT_H

#include <stdint.h>

#define MOMENT_TEXT_MAX sizeof("2026-01-31T23:59:59.123Z")
/* The last millisecond of the year 9999: four digits are all that the form has. */
#define MOMENT_MAX INT64_C(253402300799999)

/* Moments before 1970 and after 9999 are written as the first and the last one. */
void moment_write(char ret[MOMENT_TEXT_MAX], int64_t ms);

/* "2026-01-31T23:59:59Z", with up to nine digits of a fraction; what is below a
 * millisecond is cut off. 0, -EINVAL or -ERANGE (before 1970). */
int moment_read(const char *text, int64_t *ret);

#endif
