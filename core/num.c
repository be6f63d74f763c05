/* SPDX-License-Identifier: MIT */
#include "core/num.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/table.h"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

int num_u64(const char *text, int base, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		int d = digit(*text);

		if (d >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(v, (uint64_t)base, &v) ||
		    __builtin_add_overflow(v, (uint64_t)d, &v))
			return -ERANGE;
	}
	*ret = v;
	return 0;
}

int num_i64(const char *text, int64_t *ret)
{
	bool minus = *text == '-';
	uint64_t v;
	int r = num_u64(text + minus, 10, &v);

	if (r < 0)
		return r;
	if (v > (uint64_t)INT64_MAX + minus)
		return -ERANGE;
	*ret = minus ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

static const struct unit {
	const char *name;
	int64_t ms;
} units[] = {
	{ "", 1000 },	    { "ms", 1 },	  { "s", 1000 },
	{ "m", 60 * 1000 }, { "h", 3600 * 1000 },
};

int num_duration_ms(const char *text, int64_t *ret)
{
	size_t digits = strspn(text, "0123456789");
	char number[16];
	uint64_t v;

	if (digits == 0 || digits >= sizeof(number))
		return -EINVAL;
	memcpy(number, text, digits);
	number[digits] = '\0';
	int r = num_u64(number, 10, &v);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		const int64_t year = INT64_C(365) * 24 * 3600 * 1000;

		if (strcmp(units[i].name, text + digits) != 0)
			continue;
		if (v > (uint64_t)(year / units[i].ms))
			return -ERANGE;
		*ret = (int64_t)v * units[i].ms;
		return 0;
	}
	return -EINVAL;
}
