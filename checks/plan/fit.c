/* SPDX-License-Identifier: MIT */
#include "checks/plan/fit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "checks/plan/fit_names.h"
#include "checks/plan/fit_risks.h"
#include "checks/plan/options.h"
#include "checks/plan/patch.h"
#include "core/cleanup.h"
#include "core/text.h"

/* A tmpfs must have a size in a definition; this is for one that needs no limit. */
#define SIZE_DEFAULT_MIB 64

static int add_by_hand(struct plan *plan, const char *path, const char *change,
		       const char *reason)
{
	struct plan_by_hand *b = LIST_ADD(&plan->by_hand, struct plan_by_hand);

	if (!b || str_set(&b->path, path) < 0 || str_set(&b->change, change) < 0 ||
	    str_set(&b->reason, reason) < 0)
		return -ENOMEM;
	return 0;
}

/* --- a mount --- */

/* What is no path of a directory below the root, written in one way. */
static bool is_clean(const char *path)
{
	if (path[0] != '/' || !path[1])
		return false;
	for (const char *p = path; *p; p += strcspn(p, "/")) {
		const size_t n = strcspn(++p, "/");

		if (n == 0 || (n == 1 && p[0] == '.') ||
		    (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
	}
	return true;
}

/* Why a definition cannot say it; NULL: it can. */
static const char *unspeakable(const struct plan_mount *m)
{
	if (!text_is_utf8(m->path, strlen(m->path)))
		return "the path is no UTF-8, and a task definition is";
	for (const char *p = m->path; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return "the path has a control character";
	if (strchr(m->path, ':'))
		return "a mount's path cannot have a colon: container runtimes split it "
		       "there";
	/* CloudFormation would put a secret's value in its place. */
	if (strstr(m->path, "{{resolve:"))
		return "CloudFormation would resolve a reference in that path";
	return NULL;
}

/* Is it in a volume that is mounted read-only? No directory can be made there for a mount
 * further down either, and the container would not start. */
static bool mounts_readonly(const struct fit *f, const char *path)
{
	AUTO_FREE char *up = strdup(path);
	const size_t len = strlen(path);
	const struct json *m = NULL;

	if (!up)
		return true;
	for (size_t n = len; n > 0 && !m && f->container; n--)
		if (n == len || path[n] == '/') {
			up[n] = '\0';
			m = patch_mount_point(f->container, up);
		}
	return m && json_is_true(json_get(m, "readOnly"));
}

/* What to do instead, and why; false where the mount can be as it is. */
static bool misfits(const struct fit *f, const struct plan_mount *m, const char **change,
		    const char **why)
{
	*change = "make the app write somewhere else";
	*why = unspeakable(m);
	if (*why)
		return true;
	if (mounts_readonly(f, m->path)) {
		*change = "set readOnly to false, or make the app write somewhere else";
		*why = "the definition mounts a volume there, or above, read-only";
		return true;
	}
	if (m->kind == PLAN_EFS && f->launch == LAUNCH_EXTERNAL) {
		*change = "choose another kind of mount (--prefer)";
		*why = "EFS cannot be mounted on external instances";
		return true;
	}
	return false;
}

static int fit_mount(const struct fit *f, struct plan_mount *m)
{
	if (m->kind != PLAN_TMPFS)
		return 0;
	if (m->size_mib <= 0) {
		AUTO_FREE char *risk =
			str_format("%s: nothing was seen of its size; a tmpfs must have "
				   "one in a definition: %d MiB is a guess",
				   m->path, SIZE_DEFAULT_MIB);

		m->size_mib = SIZE_DEFAULT_MIB;
		if (!risk || texts_add(&f->plan->risks, risk) < 0)
			return -ENOMEM;
	}
	return options_complete(m);
}

static int fit_mounts(const struct fit *f, struct err *err)
{
	struct list *mounts = &f->plan->mounts;
	struct plan_mount *to = mounts->items;
	int r = 0;

	LIST_EACH (const struct plan_mount, m, mounts)
		if (!m->path || !is_clean(m->path))
			return err_set(err, -EINVAL,
				       "the plan has a mount at '%s', which is no clean "
				       "absolute path",
				       m->path ? m->path : "");
	LIST_EACH (struct plan_mount, m, mounts) {
		const char *change, *why;

		if (misfits(f, m, &change, &why)) {
			if (r == 0)
				r = add_by_hand(f->plan, m->path, change, why);
			record_done(&plan_mount_type, m);
			continue;
		}
		if (r == 0)
			r = fit_mount(f, m);
		if (to != m)
			*to = *m;
		to++;
	}
	mounts->len = (size_t)(to - (struct plan_mount *)mounts->items);
	return r < 0 ? err_set(err, r, "out of memory") : 0;
}

/* --- the environment --- */

static bool is_secret(const struct fit *f, const char *name)
{
	const struct json *list = json_get(f->container, "secrets");

	for (const struct json *v = list ? json_first(list) : NULL; v; v = json_next(v))
		if (str_equal(json_text(json_get(v, "name")), name))
			return true;
	return false;
}

static void variable_done(struct plan_variable *v)
{
	free(v->name);
	free(v->value);
	free(v->reason);
}

/* A name that is a secret's cannot be in the environment as well. */
static int fit_environment(const struct fit *f, struct err *err)
{
	struct list *list = &f->plan->environment;
	struct plan_variable *to = list->items;
	int r = 0;

	LIST_EACH (struct plan_variable, v, list) {
		if (f->container && is_secret(f, v->name)) {
			AUTO_FREE char *change =
				str_format("set the secret %s to %s", v->name, v->value);

			if (r == 0)
				r = change ? add_by_hand(f->plan, v->name, change,
							 "the definition sets that "
							 "variable from a secret")
					   : -ENOMEM;
			variable_done(v);
			continue;
		}
		*to++ = *v;
	}
	list->len = (size_t)(to - (struct plan_variable *)list->items);
	return r < 0 ? err_set(err, r, "out of memory") : 0;
}

/* --- the task --- */

static int find_container(struct fit *f, struct err *err)
{
	const char *name = f->plan->container;

	if (!f->definition)
		return 0;
	f->container =
		name ? rewrite_named(f->definition, "containerDefinitions", name) : NULL;
	if (f->container)
		return 0;
	return err_set(err, -EINVAL, "the definition has no container '%s'",
		       name ? name : "");
}

static int check_task(const struct rewrite *definition, struct err *err)
{
	const char *family =
		json_text(json_get(json_get(definition->definition, "runtimePlatform"),
				   "operatingSystemFamily"));

	if (family && strncmp(family, "WINDOWS", strlen("WINDOWS")) == 0)
		return err_set(err, -EINVAL,
			       "a task of %s: there is no read-only root on Windows",
			       family);
	return 0;
}

int plan_fit(struct list *plans, const struct rewrite *definition,
	     enum launch_type launch, struct err *err)
{
	int r = definition ? check_task(definition, err) : 0;

	LIST_EACH (struct plan, plan, plans) {
		struct fit f = { .plan = plan,
				 .definition = definition,
				 .launch = launch };

		if (r == 0)
			r = find_container(&f, err);
		if (r == 0)
			r = fit_mounts(&f, err);
		if (r == 0)
			r = fit_environment(&f, err);
		if (r == 0 && fit_risks(&f) < 0)
			r = err_set(err, -ENOMEM, "out of memory");
	}
	if (r == 0 &&
	    (fit_names(plans, definition) < 0 || fit_memory(plans, definition) < 0))
		r = err_set(err, -ENOMEM, "out of memory");
	return r;
}
