/* SPDX-License-Identifier: MIT
 *
 * words.h - numbers as people read them.
 */
#ifndef CHECKS_REPORT_WORDS_H
#define CHECKS_REPORT_WORDS_H

#include <stdint.h>

#include "core/str.h"

void words_number(struct str *out, int64_t n); /* "1,203" */
/* "1 path", "1,203 paths" */
void words_many(struct str *out, int64_t n, const char *one, const char *many);
void words_size(struct str *out, int64_t bytes); /* "12.4 MiB", cut off */
/* The comma, where something stands behind 'start' already. */
void words_comma(struct str *out, size_t start, const char *comma);

#endif
