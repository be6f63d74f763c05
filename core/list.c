/* SPDX-License-Identifier: MIT */
#include "core/list.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *list_add(struct list *list, size_t size)
{
	if (list->len == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 4;

		if (cap > SIZE_MAX / 2 / size)
			return NULL;
		void *items = realloc(list->items, cap * size);
		if (!items)
			return NULL;
		list->items = items;
		list->cap = cap;
	}
	void *item = (char *)list->items + list->len++ * size;

	return memset(item, 0, size);
}

void list_done(struct list *list)
{
	free(list->items);
	*list = (struct list){ 0 };
}

int texts_add(struct list *texts, const char *text)
{
	char *copy = strdup(text);
	char **slot = copy ? LIST_ADD(texts, char *) : NULL;

	if (!slot) {
		free(copy);
		return -ENOMEM;
	}
	*slot = copy;
	return 0;
}

_Bool texts_have(const struct list *texts, const char *text)
{
	LIST_EACH (char *, it, texts)
		if (strcmp(*it, text) == 0)
			return 1;
	return 0;
}

char **texts_argv(const struct list *texts)
{
	char **argv = calloc(texts->len + 1, sizeof(*argv));

	for (size_t i = 0; argv && i < texts->len; i++)
		argv[i] = *LIST_AT(texts, char *, i);
	return argv;
}

void texts_done(struct list *texts)
{
	LIST_EACH (char *, it, texts)
		free(*it);
	list_done(texts);
}
