/* SPDX-License-Identifier: MIT
 *
 * num.h - text to number: the only functions of the tree that do it
 * (banned.h forbids the others). The whole of 'text' must be the number:
 * no blanks, no sign where none can be.
 */
#ifndef CORE_NUM_H
#define CORE_NUM_H

#include <stdint.h>

int num_u64(const char *text, int base, uint64_t *ret); /* 0, -EINVAL or -ERANGE */
int num_i64(const char *text, int64_t *ret);		/* decimal; "-7" is fine */

/* A time with its unit, "250ms", "5s", "2m", "1h"; a bare number is seconds.
 * *ret in milliseconds, at most a year. */
int num_duration_ms(const char *text, int64_t *ret);

#endif
