/* SPDX-License-Identifier: MIT */
#include "checks/plan/fit_risks.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "checks/plan/patch.h"
#include "checks/plan/wrap_names.h"
#include "core/cleanup.h"
#include "core/num.h"

static int say(const struct fit *f, const char *risk)
{
	return risk ? texts_add(&f->plan->risks, risk) : -ENOMEM;
}

/* Names alone: a value may be a secret. */
static int say_replaced(const struct fit *f)
{
	const struct json *list = json_get(f->container, "environment");

	for (const struct json *v = list ? json_first(list) : NULL; v; v = json_next(v)) {
		const char *name = json_text(json_get(v, "name"));
		const char *value = json_text(json_get(v, "value"));

		LIST_EACH (const struct plan_variable, set, &f->plan->environment) {
			if (!str_equal(set->name, name) || str_equal(set->value, value))
				continue;
			AUTO_FREE char *risk = str_format(
				"the definition sets %s to something else; the plan "
				"replaces it",
				name);
			int r = say(f, risk);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int say_kept(const struct fit *f, const struct plan_mount *m)
{
	const bool other = patch_mount_point(f->container, m->path) ||
			   (m->kind != PLAN_TMPFS && patch_tmpfs(f->container, m->path));

	if (!other)
		return 0;
	AUTO_FREE char *risk = str_format("%s: the definition mounts something there "
					  "already, which stays as it is",
					  m->path);
	return say(f, risk);
}

/* Another container that mounts what this one does gets its mounts too. */
static int say_heirs(const struct fit *f)
{
	const struct json *list =
		json_get(f->definition->definition, "containerDefinitions");
	const char *name = f->plan->container;

	for (const struct json *c = json_first(list); c; c = json_next(c)) {
		const struct json *from = json_get(c, "volumesFrom");

		for (const struct json *v = from ? json_first(from) : NULL; v;
		     v = json_next(v)) {
			if (!str_equal(json_text(json_get(v, "sourceContainer")), name))
				continue;
			AUTO_FREE char *risk = str_format(
				"the container %s has volumesFrom %s: the new "
				"volumes are mounted there too, and may hide files of "
				"its image",
				json_text(json_get(c, "name")), name);
			int r = say(f, risk);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* What `install --wrap` left in it would go with it into production. */
static int say_wrapped(const struct fit *f)
{
	const struct json *labels = json_get(f->container, "dockerLabels");

	if (!labels || !json_get(labels, WRAP_LABEL))
		return 0;
	return say(f, "the definition still starts this container under taskprobe: give "
		      "what `taskprobe install --unwrap` prints");
}

int fit_risks(const struct fit *f)
{
	bool efs = false, volumes = false;
	int r = 0;

	LIST_EACH (const struct plan_mount, m, &f->plan->mounts) {
		efs |= m->kind == PLAN_EFS;
		volumes |= m->kind != PLAN_TMPFS;
		if (r == 0 && f->container)
			r = say_kept(f, m);
	}
	if (r == 0 && efs)
		r = say(f, "EFS: put your file system and access point in place of "
			   "" PATCH_FILE_SYSTEM " and " PATCH_ACCESS_POINT
			   "; the access point's POSIX user owns what is in it");
	if (r == 0 && f->container)
		r = say_replaced(f);
	if (r == 0 && f->container)
		r = say_wrapped(f);
	if (r == 0 && f->container && volumes && f->plan->container)
		r = say_heirs(f);
	return r;
}

int64_t plan_task_memory_mib(const struct rewrite *definition)
{
	const char *text = json_text(json_get(definition->definition, "memory"));
	char digits[16] = "";
	int64_t n = -1;

	if (!text)
		return -1;
	const size_t len = strspn(text, "0123456789");
	const char *unit = text + len + strspn(text + len, " ");
	if (len == 0 || len >= sizeof(digits))
		return -1;
	memcpy(digits, text, len);
	if (num_i64(digits, &n) < 0 || (*unit && strcasecmp(unit, "GB") != 0))
		return -1;
	return *unit ? n * 1024 : n;
}

/* Each container's plan was held against its own limit; the task has one too. */
int fit_memory(struct list *plans, const struct rewrite *definition)
{
	const int64_t memory = definition ? plan_task_memory_mib(definition) : -1;
	struct plan *first = plans->items;
	int64_t sum = 0;

	LIST_EACH (const struct plan, plan, plans)
		LIST_EACH (const struct plan_mount, m, &plan->mounts)
			if (m->kind == PLAN_TMPFS &&
			    __builtin_add_overflow(sum, m->size_mib, &sum))
				sum = INT64_MAX;
	if (memory <= 0 || plans->len < 2 || sum <= memory / 2)
		return 0;
	AUTO_FREE char *risk = str_format(
		"the tmpfs of all containers may take %lld MiB together, and the task "
		"has %lld MiB: what is in them counts against it",
		(long long)sum, (long long)memory);
	return risk ? texts_add(&first->risks, risk) : -ENOMEM;
}
