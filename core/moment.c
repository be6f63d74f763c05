/* SPDX-License-Identifier: MIT
 *
 * moment.c - see moment.h. Years begin in March here, so that the day which some
 * of them have more is their last, and the lengths of months repeat every five.
 */
#include "core/moment.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DAY_MS		 INT64_C(86400000)
#define DAYS_OF_400	 146097 /* years */
#define DAYS_TO_1970	 719468 /* from 0000-03-01 */
#define DAYS_OF_5_MONTHS 153

struct date {
	int year, month, day;
};

static struct date date_of(int64_t days)
{
	const int64_t n = days + DAYS_TO_1970;
	const int64_t era = n / DAYS_OF_400, of_era = n % DAYS_OF_400;
	const int64_t year =
		(of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	const int64_t month = (5 * of_year + 2) / DAYS_OF_5_MONTHS; /* from March */

	return (struct date){
		.year = (int)(year + era * 400 + (month >= 10)),
		.month = (int)(month < 10 ? month + 3 : month - 9),
		.day = (int)(of_year - (DAYS_OF_5_MONTHS * month + 2) / 5 + 1),
	};
}

static int64_t days_of(struct date d)
{
	const int64_t y = d.year - (d.month <= 2), m = (d.month + 9) % 12;
	const int64_t of_era = y % 400;
	const int64_t of_year = (DAYS_OF_5_MONTHS * m + 2) / 5 + d.day - 1;

	return y / 400 * DAYS_OF_400 + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - DAYS_TO_1970;
}

void moment_write(char ret[MOMENT_TEXT_MAX], int64_t ms)
{
	if (ms < 0)
		ms = 0;
	if (ms > MOMENT_MAX)
		ms = MOMENT_MAX;
	const struct date d = date_of(ms / DAY_MS);
	const int of_day = (int)(ms % DAY_MS), s = of_day / 1000;

	/* The bounds are for the compiler's eyes. */
	(void)snprintf(ret, MOMENT_TEXT_MAX, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
		       (unsigned)d.year % 10000, (unsigned)d.month % 100,
		       (unsigned)d.day % 100, (unsigned)s / 3600 % 100,
		       (unsigned)s / 60 % 60, (unsigned)s % 60, (unsigned)of_day % 1000);
}

/* 'n' digits at *at; -1 where there are fewer. */
static int number(const char **at, int n)
{
	int v = 0;

	for (; n > 0; n--, (*at)++) {
		if (**at < '0' || **at > '9')
			return -1;
		v = v * 10 + (**at - '0');
	}
	return v;
}

/* Numbers and what stands between them: "2026-01-31T23:59:59". */
static bool read_fields(const char **at, int fields[6])
{
	static const struct {
		int digits, least, most;
		char behind;
	} form[6] = {
		{ 4, 0, 9999, '-' }, { 2, 1, 12, '-' }, { 2, 1, 31, 'T' },
		{ 2, 0, 23, ':' },   { 2, 0, 59, ':' }, { 2, 0, 59, '\0' },
	};

	for (int i = 0; i < 6; i++) {
		fields[i] = number(at, form[i].digits);
		if (fields[i] < form[i].least || fields[i] > form[i].most)
			return false;
		if (form[i].behind && *(*at)++ != form[i].behind)
			return false;
	}
	return true;
}

/* Milliseconds of ".123456"; -1 where it is no fraction. */
static int fraction(const char **at)
{
	int ms = 0, digits = 0;

	if (**at != '.')
		return 0;
	for ((*at)++; **at >= '0' && **at <= '9'; (*at)++, digits++)
		if (digits < 3)
			ms = ms * 10 + (**at - '0');
	for (int i = digits; i < 3; i++)
		ms *= 10;
	return digits > 0 && digits <= 9 ? ms : -1;
}

int moment_read(const char *text, int64_t *ret)
{
	int f[6];

	if (!read_fields(&text, f))
		return -EINVAL;
	const int ms = fraction(&text);
	if (ms < 0 || strcmp(text, "Z") != 0)
		return -EINVAL;
	const struct date d = { f[0], f[1], f[2] };
	const int64_t days = days_of(d);
	if (f[0] < 1970)
		return -ERANGE;
	/* A day that its month does not have would come back as another one. */
	if (date_of(days).day != d.day)
		return -EINVAL;
	*ret = days * DAY_MS + ((f[3] * 60 + f[4]) * 60 + f[5]) * INT64_C(1000) + ms;
	return 0;
}
