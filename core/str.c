/* SPDX-License-Identifier: MIT */
#include "core/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char str_empty[1];

int str_add(struct str *str, const char *data, size_t len)
{
	if (str->error)
		return str->error;
	if (len > str->max - str->len)
		return str->error = -E2BIG;
	if (str->len + len + 1 > str->cap) {
		size_t cap = (str->len + len + 1) * 2;
		char *s = realloc(str->cap ? str->s : NULL, cap);

		if (!s)
			return str->error = -ENOMEM;
		str->s = s;
		str->cap = cap;
	}
	memcpy(str->s + str->len, data, len);
	str->len += len;
	str->s[str->len] = '\0';
	return 0;
}

int str_puts(struct str *str, const char *text)
{
	return str_add(str, text, strlen(text));
}

int str_printf(struct str *str, const char *fmt, ...)
{
	char small[256];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(small))
		return str_add(str, small, (size_t)n);

	char *large = NULL;

	va_start(ap, fmt);
	n = vasprintf(&large, fmt, ap);
	va_end(ap);
	if (n < 0)
		return str->error = -ENOMEM;
	int r = str_add(str, large, (size_t)n);
	free(large);
	return r;
}

void str_reset(struct str *str)
{
	str->len = 0;
	str->error = 0;
	if (str->cap)
		str->s[0] = '\0';
}

void str_done(struct str *str)
{
	if (str->cap)
		free(str->s);
	*str = (struct str)STR_INIT(str->max);
}

char *str_take(struct str *str)
{
	char *s = str->cap ? str->s : strdup("");

	*str = (struct str)STR_INIT(str->max);
	return s;
}

char *str_format(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : s;
}

_Bool str_equal(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}

int str_set(char **slot, const char *text)
{
	char *copy = NULL;

	if (text) {
		copy = strdup(text);
		if (!copy)
			return -ENOMEM;
	}
	free(*slot);
	*slot = copy;
	return 0;
}
