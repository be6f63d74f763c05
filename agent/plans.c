/* SPDX-License-Identifier: MIT */
#include "agent/plans.h"

#include <errno.h>
#include <string.h>

#include "agent/files.h"
#include "agent/reading.h"
#include "agent/seen.h"
#include "checks/input/taskdef.h"
#include "checks/plan/fit.h"
#include "checks/plan/plan.h"
#include "core/cleanup.h"
#include "core/num.h"

struct work {
	const struct settings *settings;
	struct plans *plans;
	struct reading reading;
	struct definition declared; /* part.known: there is one */
	struct report seen;
	enum launch_type launch;
	struct list names;   /* char *: of containers that the inventories name */
	struct list targets; /* struct target */
};

/* One plan. */
struct target {
	const char *name;   /* of the container; NULL: not known */
	const char *filter; /* of the inventories; NULL: all of them */
};

static void work_done(struct work *w)
{
	reading_done(&w->reading);
	record_done(&definition_type, &w->declared);
	report_done(&w->seen);
	texts_done(&w->names);
	list_done(&w->targets);
}

void plans_done(struct plans *plans)
{
	LIST_EACH (struct plan, plan, &plans->list)
		plan_done(plan);
	list_done(&plans->list);
	rewrite_done(&plans->definition);
	str_done(&plans->notes);
}

/* --- the definition --- */

static int read_definition(struct work *w, struct err *err)
{
	AUTO(str_done) struct str text = STR_INIT(DEFINITION_MAX);
	const struct settings *s = w->settings;
	const char *source =
		s->task_definition ? s->task_definition : "TASKPROBE_TASK_DEFINITION";
	int r;

	if (!s->task_definition && !s->definition_text)
		return 0;
	if (s->task_definition)
		r = file_read(s->task_definition, &text, err);
	else
		r = str_puts(&text, s->definition_text) < 0
			    ? err_set(err, -E2BIG, "%s: too large", source)
			    : 0;
	if (r < 0)
		return r;
	r = taskdef_parse(text.s, text.len, source, &w->declared, err);
	if (r < 0)
		return r;
	r = rewrite_open(text.s, text.len, &w->plans->definition, err);
	w->plans->has_definition = r == 0;
	return r < 0 ? err_wrap(err, "%s", source) : 0;
}

static const struct container_definition *declared_of(const struct work *w,
						      const char *name)
{
	LIST_EACH (const struct container_definition, c, &w->declared.containers)
		if (str_equal(c->name, name))
			return c;
	return NULL;
}

static enum launch_type launch_named(const char *name)
{
	for (int i = LAUNCH_FARGATE; launch_type_names[i]; i++)
		if (str_equal(launch_type_names[i], name))
			return (enum launch_type)i;
	return LAUNCH_UNKNOWN;
}

/* A definition may be for several: the one that takes least comes first. */
static enum launch_type find_launch(const struct work *w)
{
	const struct decl_texts *for_all = &w->declared.requires_compatibilities;
	enum launch_type least = LAUNCH_UNKNOWN;

	if (w->settings->launch_type)
		return (enum launch_type)w->settings->launch_type;
	LIST_EACH (char *const, name, &for_all->list) {
		const enum launch_type one = launch_named(*name);

		if (one && (!least || one < least))
			least = one;
	}
	return least ? least : launch_named(w->seen.task.launch_type);
}

/* --- which containers --- */

/* "a, b and 98 more" */
static void put_names(struct str *out, const struct work *w)
{
	size_t n = 0;

	LIST_EACH (const struct container_definition, c, &w->declared.containers)
		if (n++ < 8)
			(void)str_printf(out, "%s%s", n > 1 ? ", " : "", c->name);
	if (n > 8)
		(void)str_printf(out, " and %zu more", n - 8);
}

/* What ECS takes (255 letters, digits, _ and -), and the dot of Docker's own names: it
 * comes from an inventory, and goes into files of several languages. */
static bool is_name(const char *name)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789_.-";

	return strlen(name) <= 255 && name[strspn(name, allowed)] == '\0';
}

static int add_target(struct work *w, const char *name, const char *filter,
		      struct err *err)
{
	AUTO(str_done) struct str names = STR_INIT(4096);
	struct target *t;

	if (w->declared.part.known && !declared_of(w, name)) {
		put_names(&names, w);
		return err_set(err, -EINVAL,
			       "the definition has no container '%s'; it has %s", name,
			       names.s);
	}
	if (!w->declared.part.known && !is_name(name))
		return err_set(
			err, -EINVAL,
			"'%.300s' is no name of a container: letters, digits, _, - "
			"and . are",
			name);
	t = LIST_ADD(&w->targets, struct target);
	if (!t)
		return err_set(err, -ENOMEM, "out of memory");
	*t = (struct target){ name, filter };
	return 0;
}

/* Inventories that do not say whose they are. */
static int add_nameless(struct work *w, struct err *err)
{
	const struct list *containers = &w->declared.containers;
	struct target *t;

	if (w->declared.part.known && containers->len != 1)
		return err_set(
			err, -EINVAL,
			"the definition has %zu containers, and the inventories do "
			"not say which one they are of: --container NAME does",
			containers->len);
	if (w->declared.part.known)
		return add_target(
			w, LIST_AT(containers, struct container_definition, 0)->name,
			NULL, err);
	t = LIST_ADD(&w->targets, struct target);
	return t ? 0 : err_set(err, -ENOMEM, "out of memory");
}

static int add_chosen(struct work *w, const struct list *found, struct err *err)
{
	const char *name = w->settings->container;

	LIST_EACH (char *const, other, found)
		if (**other && strcmp(*other, name) != 0)
			return err_set(
				err, -EINVAL,
				"an inventory of the container '%s' is among them, "
				"and --container says '%s'",
				*other, name);
	return add_target(w, name, NULL, err);
}

static int find_targets(struct work *w, struct err *err)
{
	const struct list *found = &w->names;
	int r = 0;

	/* Another survey replaces those that the first one found. */
	LIST_EACH (char *const, name, merge_containers(w->reading.merge))
		if (texts_add(&w->names, *name) < 0)
			return err_set(err, -ENOMEM, "out of memory");
	if (found->len == MERGE_CONTAINERS_MAX)
		return err_set(err, -E2BIG,
			       "the inventories are of %zu containers or more",
			       found->len);
	if (w->settings->container)
		return add_chosen(w, found, err);
	if (found->len == 0 || (found->len == 1 && !**LIST_AT(found, char *, 0)))
		return add_nameless(w, err);
	LIST_EACH (char *const, name, found) {
		if (!**name)
			return err_set(err, -EINVAL,
				       "some of the inventories say which container they "
				       "are of, and some do not: --container NAME is "
				       "needed, with those of one container");
		if (r == 0)
			r = add_target(w, *name, found->len > 1 ? *name : NULL, err);
	}
	return r;
}

/* --- one plan --- */

/* What is mounted already, also from another container. */
struct mounted {
	struct list writable, readonly; /* char * */
	struct list sources;		/* struct source */
};

/* A container whose mounts count; its own count before those that it inherits. */
struct source {
	const struct container_definition *container;
	bool own, readonly;
};

static void mounted_done(struct mounted *m)
{
	texts_done(&m->writable);
	texts_done(&m->readonly);
	list_done(&m->sources);
}

static int add_mounted(struct mounted *m, const char *path, bool readonly)
{
	if (!path || texts_have(&m->writable, path) || texts_have(&m->readonly, path))
		return 0;
	return texts_add(readonly ? &m->readonly : &m->writable, path);
}

static int add_source(struct mounted *m, const struct container_definition *c, bool own,
		      bool readonly)
{
	struct source *slot;

	LIST_EACH (const struct source, have, &m->sources)
		if (have->container == c && have->readonly == readonly)
			return 0;
	if (!c)
		return 0;
	slot = LIST_ADD(&m->sources, struct source);
	if (!slot)
		return -ENOMEM;
	*slot = (struct source){ c, own, readonly };
	return 0;
}

/* The runtime hands on what a container mounts and what it got from others itself, but
 * no tmpfs. */
static int list_source(const struct work *w, struct mounted *m, struct source from)
{
	int r = 0;

	LIST_EACH (const struct decl_mount, v, &from.container->mounts)
		if (r == 0)
			r = add_mounted(m, v->path, v->readonly || from.readonly);
	LIST_EACH (const struct decl_tmpfs, t, &from.container->tmpfs)
		if (r == 0 && from.own)
			r = add_mounted(m, t->path, texts_have(&t->options, "ro"));
	LIST_EACH (const struct decl_mount, v, &from.container->volumes_from)
		if (r == 0)
			r = add_source(m, declared_of(w, v->volume), false,
				       v->readonly || from.readonly);
	return r;
}

static int list_mounted(const struct work *w, const char *name, struct mounted *m)
{
	int r = add_source(m, declared_of(w, name), true, false);

	for (size_t i = 0; i < m->sources.len && r == 0; i++)
		r = list_source(w, m, *LIST_AT(&m->sources, struct source, i));
	return r;
}

/* The definition decides; without one, what was seen mounted. */
static int list_seen(const struct work *w, const char *name, struct mounted *ret)
{
	const struct facts *f = seen_of(&w->seen, name);
	int r = 0;

	if (w->declared.part.known || !f || !f->mounts.part.known)
		return 0;
	LIST_EACH (const struct mount_fact, m, &f->mounts.list)
		if (r == 0 && !m->readonly &&
		    (m->kind == MOUNT_VOLUME || m->kind == MOUNT_TMPFS))
			r = add_mounted(ret, m->path, false);
	return r;
}

static int64_t memory_of(const struct work *w, const char *name)
{
	const struct container_definition *c = declared_of(w, name);
	const struct running_container *running =
		name ? task_running(&w->seen.task, name) : NULL;

	if (c && c->memory.at.state == VALUE_DECLARED)
		return c->memory.value;
	if (w->plans->has_definition) {
		const int64_t task = plan_task_memory_mib(&w->plans->definition);

		if (task > 0)
			return task;
	}
	return running && running->memory_mib > 0 ? running->memory_mib : -1;
}

/* "1000" or "1000:1000"; a name says nothing outside of the image. */
static int64_t user_of(const struct work *w, const char *name)
{
	const struct container_definition *c = declared_of(w, name);
	char digits[16] = "";
	int64_t uid = 0;

	if (!c || !c->user.value)
		return 0;
	const size_t n = strspn(c->user.value, "0123456789");
	if (n == 0 || n >= sizeof(digits) ||
	    (c->user.value[n] && c->user.value[n] != ':'))
		return 0;
	memcpy(digits, c->user.value, n);
	return num_i64(digits, &uid) < 0 ? 0 : uid;
}

static bool has_exec(const struct work *w, const char *name)
{
	const struct facts *f = seen_of(&w->seen, name);

	return w->seen.task.execute_command.value ||
	       (f && f->processes.part.known && f->processes.ssm_agent);
}

/* Who wrote is not in every inventory; the app's own uid is the best that is known. */
static int add_writers(const struct work *w, const char *name,
		       const struct inventory *inventory)
{
	const struct facts *f = seen_of(&w->seen, name);
	int r = 0;

	if (!f || !f->identity.part.known)
		return 0;
	for (struct inventory_path *p = inventory_next_path(inventory, NULL); p && r == 0;
	     p = inventory_next_path(inventory, p))
		if (p->processes.len == 0)
			r = inventory_path_process(p, NULL, f->identity.euid,
						   f->identity.egid, 1);
	return r;
}

/* First of the risks. */
static int say_truncated(struct plan *plan)
{
	if (plan->truncated == 0)
		return 0;
	AUTO_FREE char *risk = str_format(
		"%lld of %lld runs have no end record: their inventories are truncated, "
		"and what was written later is not in the plan; let the app end, and "
		"record again",
		(long long)plan->truncated, (long long)plan->runs);
	if (!risk || texts_add(&plan->risks, risk) < 0)
		return -ENOMEM;
	char **texts = plan->risks.items, *last = texts[plan->risks.len - 1];
	memmove(texts + 1, texts, (plan->risks.len - 1) * sizeof(*texts));
	texts[0] = last;
	return 0;
}

static int make_plan(struct work *w, const struct target *t, struct err *err)
{
	AUTO(mounted_done) struct mounted mounted = { 0 };
	const struct inventory *inventory = merge_result(w->reading.merge);
	const struct plan_options options = {
		.prefer = (enum plan_prefer)w->settings->prefer,
		.launch = w->launch,
		.memory_mib = memory_of(w, t->name),
		.user = user_of(w, t->name),
		.exec = has_exec(w, t->name),
		.mounted = &mounted.writable,
		.readonly = &mounted.readonly,
	};
	struct plan *plan = LIST_ADD(&w->plans->list, struct plan);

	if (!plan || list_mounted(w, t->name, &mounted) < 0 ||
	    list_seen(w, t->name, &mounted) < 0 || add_writers(w, t->name, inventory) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	int r = plan_make(inventory, &options, plan, err);
	if (r < 0)
		return t->name ? err_wrap(err, "%s", t->name) : r;
	plan->truncated = merge_notes(w->reading.merge).truncated;
	if ((t->name && str_set(&plan->container, t->name) < 0) ||
	    say_truncated(plan) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	return 0;
}

/* Not every form of the plan says what remains uncertain. */
static void note_unseen(struct work *w)
{
	const struct inventory_end *end = inventory_ended(merge_result(w->reading.merge));

	if (end && end->unresolved > 0)
		(void)str_printf(&w->plans->notes, "; %lld unresolved",
				 (long long)end->unresolved);
	if (end && end->lost > 0)
		(void)str_printf(&w->plans->notes, "; %lld lost", (long long)end->lost);
}

static int make_target(struct work *w, const struct target *t, struct err *err)
{
	int r = w->plans->list.len ? reading_again(&w->reading, err) : 0;

	if (r == 0)
		r = reading_finish(&w->reading, t->filter, err);
	if (r == 0)
		r = make_plan(w, t, err);
	if (r < 0)
		return r;
	if (w->plans->notes.len)
		(void)str_puts(&w->plans->notes, "; ");
	if (t->filter)
		(void)str_printf(&w->plans->notes, "%s: ", t->filter);
	reading_notes(&w->reading, &w->plans->notes);
	note_unseen(w);
	if (w->seen.facts.len && !seen_of(&w->seen, t->name))
		(void)str_printf(&w->plans->notes, "; none of the facts are of %s",
				 t->name ? t->name : "it alone");
	return 0;
}

int plans_make(const struct settings *settings, const struct list *files,
	       struct plans *ret, struct err *err)
{
	AUTO(work_done)
	struct work w = { .settings = settings, .plans = ret, .reading = READING_INIT };
	int r = read_definition(&w, err);

	if (r == 0)
		r = seen_read(&settings->facts, &w.seen, err);
	if (r == 0)
		r = reading_start(&w.reading, files, err);
	if (r == 0)
		r = find_targets(&w, err);
	w.launch = find_launch(&w);
	LIST_EACH (const struct target, t, &w.targets)
		if (r == 0)
			r = make_target(&w, t, err);
	if (r == 0)
		r = plan_fit(&ret->list,
			     w.plans->has_definition ? &ret->definition : NULL, w.launch,
			     err);
	return r;
}
