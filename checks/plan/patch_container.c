/* SPDX-License-Identifier: MIT
 *
 * patch_container.c - the half of patch.h that is about one container.
 */
#include <string.h>

#include "checks/plan/options.h"
#include "checks/plan/patch_container.h"

static const char *skip_slashes(const char *p)
{
	while (p[0] == '/' && (p[1] == '/' || p[1] == '\0'))
		p++;
	return p;
}

bool patch_same_path(const char *a, const char *b)
{
	for (;; a++, b++) {
		a = skip_slashes(a);
		b = skip_slashes(b);
		if (*a != *b)
			return false;
		if (!*a)
			return true;
	}
}

static const struct json *find_path(const struct json *list, const char *path)
{
	for (const struct json *v = list ? json_first(list) : NULL; v; v = json_next(v)) {
		const char *have = json_text(json_get(v, "containerPath"));

		if (have && patch_same_path(have, path))
			return v;
	}
	return NULL;
}

const struct json *patch_mount_point(const struct json *container, const char *path)
{
	return find_path(json_get(container, "mountPoints"), path);
}

const struct json *patch_tmpfs(const struct json *container, const char *path)
{
	return find_path(json_get(json_get(container, "linuxParameters"), "tmpfs"), path);
}

/* Is the mount one more member of that list? What the definition mounts there already
 * stays: two mounts of one path are refused. */
static bool is_new(const struct plan_mount *m, const struct json *container)
{
	return !patch_mount_point(container, m->path) &&
	       (m->kind != PLAN_TMPFS ? !patch_tmpfs(container, m->path) : true);
}

bool patch_is_new_volume(const struct plan_mount *m, const struct json *container)
{
	return m->kind != PLAN_TMPFS && is_new(m, container);
}

static const struct plan_variable *variable_of(const struct plan *plan, const char *name)
{
	LIST_EACH (const struct plan_variable, v, &plan->environment)
		if (str_equal(v->name, name))
			return v;
	return NULL;
}

/* An object, with one member set: in its place, or last. */
static void put_with_text(struct json_out *o, const struct json *object, const char *name,
			  const char *text)
{
	json_open(o, NULL, '{');
	for (const struct json *m = json_first(object); m; m = json_next(m)) {
		if (strcmp(json_name(m), name) == 0)
			json_put_text(o, name, text);
		else
			json_copy(o, json_name(m), m);
	}
	if (!rewrite_has(object, name))
		json_put_text(o, name, text);
	json_close(o, '}');
}

static bool has_name(const struct json *list, const char *name)
{
	for (const struct json *v = list ? json_first(list) : NULL; v; v = json_next(v))
		if (str_equal(json_text(json_get(v, "name")), name))
			return true;
	return false;
}

static void put_environment(struct json_out *o, const struct plan *plan,
			    const struct json *had)
{
	json_open(o, "environment", '[');
	for (const struct json *v = had ? json_first(had) : NULL; v; v = json_next(v)) {
		const char *name = json_text(json_get(v, "name"));
		const struct plan_variable *set = name ? variable_of(plan, name) : NULL;

		if (set)
			put_with_text(o, v, "value", set->value);
		else
			json_copy(o, NULL, v);
	}
	LIST_EACH (const struct plan_variable, v, &plan->environment) {
		if (has_name(had, v->name))
			continue;
		json_open(o, NULL, '{');
		json_put_text(o, "name", v->name);
		json_put_text(o, "value", v->value);
		json_close(o, '}');
	}
	json_close(o, ']');
}

static void put_mount_points(struct json_out *o, const struct plan *plan,
			     const struct json *container)
{
	json_open(o, "mountPoints", '[');
	rewrite_items(o, json_get(container, "mountPoints"), NULL, NULL);
	LIST_EACH (const struct plan_mount, m, &plan->mounts) {
		if (!patch_is_new_volume(m, container))
			continue;
		json_open(o, NULL, '{');
		json_put_text(o, "sourceVolume", m->volume);
		json_put_text(o, "containerPath", m->path);
		json_put_bool(o, "readOnly", false);
		json_close(o, '}');
	}
	json_close(o, ']');
}

static void put_options(struct json_out *o, const struct json *had,
			const struct list *options)
{
	json_open(o, "mountOptions", '[');
	for (const struct json *v = had ? json_first(had) : NULL; v; v = json_next(v))
		if (!json_text(v) || !options_override(options, json_text(v)))
			json_copy(o, NULL, v);
	LIST_EACH (char *const, option, options)
		json_put_text(o, NULL, *option);
	json_close(o, ']');
}

static void put_new_tmpfs(struct json_out *o, const struct plan_mount *m)
{
	json_open(o, NULL, '{');
	json_put_text(o, "containerPath", m->path);
	json_put_int(o, "size", m->size_mib);
	if (m->options.len)
		put_options(o, NULL, &m->options);
	json_close(o, '}');
}

/* One that is there already: as large as either says, and with the options needed. */
static void put_merged_tmpfs(struct json_out *o, const struct json *had,
			     const struct plan_mount *m)
{
	int64_t size = 0;

	(void)json_int(json_get(had, "size"), &size);
	json_open(o, NULL, '{');
	for (const struct json *v = json_first(had); v; v = json_next(v)) {
		if (strcmp(json_name(v), "size") == 0)
			json_put_int(o, "size", size > m->size_mib ? size : m->size_mib);
		else if (strcmp(json_name(v), "mountOptions") == 0)
			put_options(o, json_get(had, "mountOptions"), &m->options);
		else
			json_copy(o, json_name(v), v);
	}
	if (!rewrite_has(had, "size"))
		json_put_int(o, "size", m->size_mib);
	if (!rewrite_has(had, "mountOptions") && m->options.len)
		put_options(o, NULL, &m->options);
	json_close(o, '}');
}

static const struct plan_mount *tmpfs_of(const struct plan *plan, const char *path)
{
	LIST_EACH (const struct plan_mount, m, &plan->mounts)
		if (m->kind == PLAN_TMPFS && path && patch_same_path(m->path, path))
			return m;
	return NULL;
}

static void put_tmpfs(struct json_out *o, const struct plan *plan,
		      const struct json *container)
{
	const struct json *had =
		json_get(json_get(container, "linuxParameters"), "tmpfs");

	json_open(o, "tmpfs", '[');
	for (const struct json *v = had ? json_first(had) : NULL; v; v = json_next(v)) {
		const struct plan_mount *m =
			tmpfs_of(plan, json_text(json_get(v, "containerPath")));

		if (m)
			put_merged_tmpfs(o, v, m);
		else
			json_copy(o, NULL, v);
	}
	LIST_EACH (const struct plan_mount, m, &plan->mounts)
		if (m->kind == PLAN_TMPFS && is_new(m, container) &&
		    !find_path(had, m->path))
			put_new_tmpfs(o, m);
	json_close(o, ']');
}

static void put_linux(struct json_out *o, const struct plan *plan,
		      const struct json *container)
{
	const struct json *had = json_get(container, "linuxParameters");

	json_open(o, "linuxParameters", '{');
	for (const struct json *m = had ? json_first(had) : NULL; m; m = json_next(m)) {
		if (strcmp(json_name(m), "tmpfs") == 0)
			put_tmpfs(o, plan, container);
		else
			json_copy(o, json_name(m), m);
	}
	if (!had || !rewrite_has(had, "tmpfs"))
		put_tmpfs(o, plan, container);
	json_close(o, '}');
}

enum change { ENVIRONMENT, MOUNT_POINTS, LINUX, READONLY, CHANGES };
static const char *const changed[] = { "environment", "mountPoints", "linuxParameters",
				       "readonlyRootFilesystem", NULL };

static bool is_changed(const struct plan *plan, const struct json *container,
		       enum change what)
{
	if (what == ENVIRONMENT)
		return plan->environment.len > 0;
	if (what == READONLY)
		return true;
	LIST_EACH (const struct plan_mount, m, &plan->mounts)
		if (what == LINUX ? m->kind == PLAN_TMPFS && is_new(m, container)
				  : patch_is_new_volume(m, container))
			return true;
	return false;
}

static void put_changed(struct json_out *o, const struct plan *plan,
			const struct json *container, enum change what)
{
	if (what == ENVIRONMENT)
		put_environment(o, plan, json_get(container, "environment"));
	else if (what == MOUNT_POINTS)
		put_mount_points(o, plan, container);
	else if (what == LINUX)
		put_linux(o, plan, container);
	else
		json_put_bool(o, "readonlyRootFilesystem", true);
}

/* Members keep their place; what was not there comes last. */
void patch_container(struct json_out *o, const struct plan *plan,
		     const struct json *container)
{
	json_open(o, NULL, '{');
	for (const struct json *m = json_first(container); m; m = json_next(m)) {
		enum change what = ENVIRONMENT;

		while (what < CHANGES && strcmp(changed[what], json_name(m)) != 0)
			what++;
		if (what < CHANGES && is_changed(plan, container, what))
			put_changed(o, plan, container, what);
		else
			json_copy(o, json_name(m), m);
	}
	for (enum change what = ENVIRONMENT; what < CHANGES; what++)
		if (!rewrite_has(container, changed[what]) &&
		    is_changed(plan, container, what))
			put_changed(o, plan, container, what);
	json_close(o, '}');
}
