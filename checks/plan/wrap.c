/* SPDX-License-Identifier: MIT */
#include "checks/plan/wrap.h"

#include <errno.h>
#include <string.h>

#include "checks/input/taskdef.h"
#include "checks/plan/rewrite.h"
#include "checks/plan/wrap_names.h"
#include "core/cleanup.h"
#include "core/json.h"

#define LABEL_MAX ((size_t)256 << 10)

/* Docker asks for 6 MiB at least; the program needs two. */
#define INSTALLER_MIB 32

struct wrap {
	const struct wrap_options *options;
	const struct image_config *image;
	struct str before; /* the label's value */
	bool installer;	   /* the definition has it already */
	bool memory;	   /* of the task: containers need none of their own */
	bool volumes;	   /* it has that member */
};

/* --- the app's container --- */

static void put_words(struct json_out *o, const struct list *words)
{
	LIST_EACH (char *, word, words)
		json_put_text(o, NULL, *word);
}

/* An empty list says no more than a missing one, to ECS and to the runtime. */
static const struct json *words_of(const struct json *container, const char *key)
{
	const struct json *list = json_get(container, key);

	return list && json_first(list) ? list : NULL;
}

static void put_prefix(struct json_out *o, const struct wrap_options *options)
{
	AUTO(str_done) struct str file = STR_INIT(4096);

	json_put_text(o, NULL, WRAP_DIRECTORY "/taskprobe");
	json_put_text(o, NULL, options->probe ? "probe" : "trace");
	if (options->probe) {
		json_put_text(o, NULL, "--exec");
		json_put_text(o, NULL, "--self");
		json_put_text(o, NULL, options->container);
	}
	(void)str_printf(&file, WRAP_DIRECTORY "/%s/%s.%s",
			 options->probe ? "facts" : "inventory", options->container,
			 options->probe ? "json" : "jsonl");
	json_put_text(o, NULL, "-o");
	json_put_text(o, NULL, file.s);
	json_put_text(o, NULL, "--");
}

static void put_entry_point(struct json_out *o, const struct wrap *w,
			    const struct json *container)
{
	const struct json *own = words_of(container, "entryPoint");

	json_open(o, "entryPoint", '[');
	put_prefix(o, w->options);
	if (!own)
		put_words(o, &w->image->entrypoint);
	/* [""] is how one says "no entry point, and not the image's either". */
	for (const struct json *v = own ? json_first(own) : NULL; v; v = json_next(v))
		if (json_text(v)[0])
			json_copy(o, NULL, v);
	json_close(o, ']');
}

static void put_command(struct json_out *o, const struct wrap *w,
			const struct json *container)
{
	const struct json *own = words_of(container, "command");

	/* A container that overrides the entry point has lost the image's CMD already. */
	if (own)
		json_copy(o, "command", own);
	else if (!words_of(container, "entryPoint") && w->image->command.len) {
		json_open(o, "command", '[');
		put_words(o, &w->image->command);
		json_close(o, ']');
	} else if (rewrite_has(container, "command"))
		json_copy(o, "command", rewrite_member(container, "command"));
}

static void put_mount(struct json_out *o, const struct json *had)
{
	json_open(o, "mountPoints", '[');
	rewrite_items(o, had, NULL, NULL);
	json_open(o, NULL, '{');
	json_put_text(o, "sourceVolume", WRAP_VOLUME);
	json_put_text(o, "containerPath", WRAP_DIRECTORY);
	json_put_bool(o, "readOnly", false);
	json_close(o, '}');
	json_close(o, ']');
}

static void put_dependency(struct json_out *o, const struct json *had)
{
	json_open(o, "dependsOn", '[');
	rewrite_items(o, had, NULL, NULL);
	json_open(o, NULL, '{');
	json_put_text(o, "containerName", WRAP_INSTALLER);
	json_put_text(o, "condition", "SUCCESS");
	json_close(o, '}');
	json_close(o, ']');
}

static void put_labels(struct json_out *o, const struct wrap *w, const struct json *had)
{
	json_open(o, "dockerLabels", '{');
	rewrite_members(o, had, NULL);
	json_put_text(o, WRAP_LABEL, w->before.s);
	json_close(o, '}');
}

static const char *const changed[] = { "entryPoint", "command",	     "mountPoints",
				       "dependsOn",  "dockerLabels", NULL };

static void put_changed(struct json_out *o, const struct wrap *w,
			const struct json *container, const char *name)
{
	const struct json *had = json_get(container, name);

	if (strcmp(name, "entryPoint") == 0)
		put_entry_point(o, w, container);
	else if (strcmp(name, "command") == 0)
		put_command(o, w, container);
	else if (strcmp(name, "mountPoints") == 0)
		put_mount(o, had);
	else if (strcmp(name, "dependsOn") == 0)
		put_dependency(o, had);
	else
		put_labels(o, w, had);
}

/* Members keep their place; what was not there comes last. */
static void put_container(struct json_out *o, const struct wrap *w,
			  const struct json *container)
{
	json_open(o, NULL, '{');
	for (const struct json *m = json_first(container); m; m = json_next(m)) {
		if (rewrite_is_one_of(json_name(m), changed))
			put_changed(o, w, container, json_name(m));
		else
			json_copy(o, json_name(m), m);
	}
	for (size_t i = 0; changed[i]; i++)
		if (!rewrite_has(container, changed[i]))
			put_changed(o, w, container, changed[i]);
	json_close(o, '}');
}

/* What the way back needs: the two members as they were, and which were not there. */
static void remember(struct wrap *w, const struct json *container)
{
	struct json_out o = JSON_OUT_INIT(&w->before, false);

	json_open(&o, NULL, '{');
	for (size_t i = 0; i < 2; i++)
		if (rewrite_has(container, changed[i]))
			json_copy(&o, changed[i], rewrite_member(container, changed[i]));
	json_open(&o, "absent", '[');
	for (size_t i = 0; changed[i]; i++)
		if (!rewrite_has(container, changed[i]))
			json_put_text(&o, NULL, changed[i]);
	json_close(&o, ']');
	json_close(&o, '}');
}

/* --- the container that copies the program --- */

static void put_installer(struct json_out *o, const struct wrap *w)
{
	json_open(o, NULL, '{');
	json_put_text(o, "name", WRAP_INSTALLER);
	json_put_text(o, "image", w->options->image);
	json_put_bool(o, "essential", false);
	json_open(o, "command", '[');
	json_put_text(o, NULL, "install");
	json_put_text(o, NULL, WRAP_DIRECTORY);
	json_close(o, ']');
	/* A new volume belongs to root. */
	json_put_text(o, "user", "0");
	json_put_bool(o, "readonlyRootFilesystem", true);
	if (!w->memory)
		json_put_int(o, "memoryReservation", INSTALLER_MIB);
	put_mount(o, NULL);
	if (!w->volumes) {
		json_open(o, "dockerLabels", '{');
		json_put_text(o, WRAP_VOLUMES_LABEL, "added");
		json_close(o, '}');
	}
	json_close(o, '}');
}

bool wrap_added_volumes(const struct json *installer)
{
	const struct json *labels =
		installer ? json_get(installer, "dockerLabels") : NULL;

	return labels && json_get(labels, WRAP_VOLUMES_LABEL);
}

static void put_containers(struct json_out *o, const struct wrap *w,
			   const struct json *list)
{
	json_open(o, "containerDefinitions", '[');
	for (const struct json *c = json_first(list); c; c = json_next(c)) {
		if (str_equal(json_text(json_get(c, "name")), w->options->container))
			put_container(o, w, c);
		else
			json_copy(o, NULL, c);
	}
	if (!w->installer)
		put_installer(o, w);
	json_close(o, ']');
}

static void put_volumes(struct json_out *o, const struct wrap *w, const struct json *had)
{
	json_open(o, "volumes", '[');
	rewrite_items(o, had, NULL, NULL);
	if (!w->installer) {
		json_open(o, NULL, '{');
		json_put_text(o, "name", WRAP_VOLUME);
		json_close(o, '}');
	}
	json_close(o, ']');
}

static void put_definition(struct json_out *o, const struct wrap *w,
			   const struct rewrite *in)
{
	json_open(o, NULL, '{');
	for (const struct json *m = json_first(in->definition); m; m = json_next(m)) {
		if (strcmp(json_name(m), "containerDefinitions") == 0)
			put_containers(o, w, m);
		else if (strcmp(json_name(m), "volumes") == 0)
			put_volumes(o, w, m);
		else
			rewrite_member_out(o, m);
	}
	if (!rewrite_has(in->definition, "volumes"))
		put_volumes(o, w, NULL);
	rewrite_tags(o, in);
	json_close(o, '}');
}

/* --- can it be done --- */

static int check(const struct wrap *w, const struct json *container,
		 const struct rewrite *in, struct err *err)
{
	const char *name = w->options->container;
	const struct json *own = words_of(container, "entryPoint");
	const struct json *labels = json_get(container, "dockerLabels");
	const char *family = json_text(json_get(
		json_get(in->definition, "runtimePlatform"), "operatingSystemFamily"));

	if (family && strncmp(family, "WINDOWS", strlen("WINDOWS")) == 0)
		return err_set(err, -EINVAL, "a task of %s: taskprobe runs on Linux",
			       family);
	if (labels && json_get(labels, WRAP_LABEL))
		return err_set(err, -EINVAL, "the container %s is wrapped already", name);
	if (!own && !words_of(container, "command") && w->image->entrypoint.len == 0 &&
	    w->image->command.len == 0)
		return err_set(
			err, -EINVAL,
			"neither the container %s nor its image says what to start",
			name);
	return 0;
}

static int foreign_name(const struct rewrite *in, struct err *err)
{
	if (rewrite_named(in, "volumes", WRAP_VOLUME))
		return err_set(err, -EINVAL,
			       "the definition has a volume %s that is none of ours",
			       WRAP_VOLUME);
	return 0;
}

static void wrap_done(struct wrap *w)
{
	str_done(&w->before);
}

int wrap_definition(const char *text, size_t len, const struct image_config *image,
		    const struct wrap_options *options, struct str *out, struct err *err)
{
	AUTO(rewrite_done) struct rewrite in = REWRITE_INIT;
	AUTO(wrap_done)
	struct wrap w = { .options = options,
			  .image = image,
			  .before = STR_INIT(LABEL_MAX) };
	int r = rewrite_open(text, len, &in, err);

	if (r < 0)
		return r;
	const struct json *container =
		rewrite_named(&in, "containerDefinitions", options->container);
	if (!container)
		return err_set(err, -EINVAL, "the definition has no container '%s'",
			       options->container);
	w.installer = rewrite_named(&in, "containerDefinitions", WRAP_INSTALLER) != NULL;
	w.volumes = rewrite_has(in.definition, "volumes");
	w.memory = json_get(in.definition, "memory") != NULL;
	if ((r = check(&w, container, &in, err)) < 0 ||
	    (!w.installer && (r = foreign_name(&in, err)) < 0))
		return r;
	remember(&w, container);
	struct json_out o = JSON_OUT_INIT(out, true);
	put_definition(&o, &w, &in);
	(void)str_puts(out, "\n");
	r = w.before.error ? w.before.error : out->error;
	return r < 0 ? err_set(err, r, "the definition is too large") : 0;
}
