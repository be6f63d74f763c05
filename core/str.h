/* SPDX-License-Identifier: MIT
 *
 * str.h - a growing string with a ceiling.
 *
 * 's' is never NULL and always NUL-terminated. Every instance declares how
 * large it may become: what we read belongs to containers we do not trust.
 * The first failure sticks ('error'), so that a writer appends freely and
 * asks once at the end.
 */
#ifndef CORE_STR_H
#define CORE_STR_H

#include <stddef.h>

struct str {
	char *s;
	size_t len, cap, max;
	int error; /* 0, -ENOMEM or -E2BIG: the first failure; nothing is added after */
};

extern char str_empty[];
#define STR_INIT(limit)                        \
	{                                      \
		.s = str_empty, .max = (limit) \
	}

int str_add(struct str *str, const char *data, size_t len); /* 0, -ENOMEM or -E2BIG */
int str_puts(struct str *str, const char *text);
int str_printf(struct str *str, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void str_reset(struct str *str); /* empties it, keeps the memory, forgets the error */
void str_done(struct str *str);

/* The text, which the caller now frees; NULL without memory. 'str' is empty then. */
char *str_take(struct str *str);

/* A formatted string of its own; NULL without memory. */
char *str_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* True where both are NULL, or the same text. */
_Bool str_equal(const char *a, const char *b);

/* Replaces *slot with a copy of 'text' (NULL empties it). 0 or -ENOMEM. */
int str_set(char **slot, const char *text);

#endif
