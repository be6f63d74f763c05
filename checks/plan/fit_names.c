/* SPDX-License-Identifier: MIT */
#include "checks/plan/fit_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/plan.h"
#include "core/str.h"

/* ECS takes 255; some of that is for what makes it unique. */
#define NAME_MAX_LEN 200

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

/* Everything else becomes a dash, none of them at the ends or twice. */
static char *clean(const char *text)
{
	AUTO(str_done) struct str name = STR_INIT(NAME_MAX_LEN + 1);

	for (; *text && name.len < NAME_MAX_LEN; text++) {
		if (is_letter(*text))
			(void)str_add(&name, text, 1);
		else if (name.len && name.s[name.len - 1] != '-')
			(void)str_puts(&name, "-");
	}
	while (name.len && name.s[name.len - 1] == '-')
		name.s[--name.len] = '\0';
	if (name.len == 0)
		(void)str_puts(&name, "volume");
	return str_take(&name);
}

static bool is_taken(const struct list *taken, const struct rewrite *definition,
		     const char *name)
{
	return texts_have(taken, name) ||
	       (definition && rewrite_named(definition, "volumes", name));
}

/* The first of NAME, CONTAINER-NAME, CONTAINER-NAME-2, ... that is free. */
static char *free_name(const struct list *taken, const struct rewrite *definition,
		       const char *base, const char *container)
{
	AUTO_FREE char *name = clean(base);

	if (!name || !is_taken(taken, definition, name))
		return TAKE_PTR(name);
	AUTO_FREE char *long_name = str_format("%s-%s", container, name);
	AUTO_FREE char *second = long_name ? clean(long_name) : NULL;
	if (!second || !is_taken(taken, definition, second))
		return TAKE_PTR(second);
	for (int n = 2;; n++) {
		char *next = str_format("%s-%d", second, n);

		if (!next || !is_taken(taken, definition, next))
			return next;
		free(next);
	}
}

int fit_names(struct list *plans, const struct rewrite *definition)
{
	AUTO(texts_done) struct list taken = { 0 };

	LIST_EACH (struct plan, plan, plans)
		LIST_EACH (struct plan_mount, m, &plan->mounts) {
			const char *container = plan->container ? plan->container : "app";

			if (m->kind == PLAN_TMPFS)
				continue;
			char *name =
				free_name(&taken, definition,
					  m->volume ? m->volume : m->path, container);
			if (!name)
				return -ENOMEM;
			free(m->volume);
			m->volume = name;
			if (texts_add(&taken, name) < 0)
				return -ENOMEM;
		}
	return 0;
}
