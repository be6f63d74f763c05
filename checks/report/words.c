/* SPDX-License-Identifier: MIT */
#include "checks/report/words.h"

#include <inttypes.h>
#include <stdio.h>

void words_number(struct str *out, int64_t n)
{
	char digits[32];
	const size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRId64, n);

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0 && digits[i - 1] != '-')
			(void)str_puts(out, ",");
		(void)str_add(out, &digits[i], 1);
	}
}

void words_many(struct str *out, int64_t n, const char *one, const char *many)
{
	words_number(out, n);
	(void)str_printf(out, " %s", n == 1 ? one : many);
}

void words_size(struct str *out, int64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	size_t unit = 0;

	if (bytes < 1024) {
		words_many(out, bytes, "byte", "bytes");
		return;
	}
	/* The first division is the tenths' too: nothing is rounded up to 1024. */
	while (bytes >= 1024 * 1024) {
		bytes /= 1024;
		unit++;
	}
	(void)str_printf(out, "%" PRId64 ".%" PRId64 " %s", bytes / 1024,
			 bytes % 1024 * 10 / 1024, units[unit]);
}

void words_comma(struct str *line, size_t start, const char *comma)
{
	if (line->len > start)
		(void)str_puts(line, comma);
}
