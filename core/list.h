/* SPDX-License-Identifier: MIT
 *
 * list.h - a growing array of one type. Zero-initialised it is empty. Adding
 * moves the items: keep indexes, not pointers.
 */
#ifndef CORE_LIST_H
#define CORE_LIST_H

#include <stddef.h>

struct list {
	void *items;
	size_t len, cap;
};

/* A new zeroed item of 'size' bytes at the end; NULL without memory. */
void *list_add(struct list *list, size_t size);

/* Releases the array; what the items own is the caller's (record_done does both). */
void list_done(struct list *list);

/* A list of char *: adds a copy. 0 or -ENOMEM. */
int texts_add(struct list *texts, const char *text);
_Bool texts_have(const struct list *texts, const char *text);
void texts_done(struct list *texts);

/* Their pointers with NULL behind them, as execve(2) takes it: the texts stay the list's,
 * the array is the caller's to free. NULL without memory. */
char **texts_argv(const struct list *texts);

#define LIST_ADD(list, type)   ((type *)list_add((list), sizeof(type)))
#define LIST_AT(list, type, i) (&((type *)(list)->items)[i])
/* typeof: 'type' may be a pointer, and both declarators must get all of it. */
#define LIST_EACH(type, it, list)                                     \
	for (__typeof__(type) *it = (list)->items,                    \
			      *it##_end = it ? it + (list)->len : it; \
	     it < it##_end; it++)

#endif
