/* SPDX-License-Identifier: MIT */
#include "agent/attribute.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"

/* A peer may be asked for at the shared, rate-limited endpoint this often. */
#define RESOLVED_MAX 32
/* 4,096 rows of each list have some 100,000; a value takes about 150 bytes. */
#define VALUES_MAX 200000

const char *attribute_by_docker_id(const struct task *task, const char *docker_id)
{
	if (!docker_id || !*docker_id)
		return NULL;
	LIST_EACH (const struct running_container, c, &task->containers)
		if (str_equal(c->docker_id, docker_id))
			return c->name;
	return NULL;
}

static const char *own_name(const struct task *task)
{
	LIST_EACH (const struct running_container, c, &task->containers)
		if (c->self)
			return c->name;
	return NULL;
}

/* On Fargate the endpoint id is the Docker id; elsewhere the endpoint is asked. A
 * copy of the name; NULL where nobody knows it. */
static char *name_of_endpoint(const struct task *task, const char *id,
			      const struct metadata_source *source)
{
	struct running_container c = { 0 };
	struct err err = ERR_INIT;
	const char *known = attribute_by_docker_id(task, id);

	if (known)
		return strdup(known);
	if (!id || !source || metadata_resolve(source, id, &c, &err) < 0)
		return NULL;
	/* The answer must be one of this task's containers, by id and not by name alone.
	 */
	const char *listed = attribute_by_docker_id(task, c.docker_id);
	char *name = listed && str_equal(listed, c.name) ? strdup(c.name) : NULL;
	record_done(&running_container_type, &c);
	return name;
}

/* What the environment said is kept as the id alone, and only if it is one of ours. */
static void check_endpoint(struct facts *f, const struct metadata_source *source)
{
	const char *id = source && f->endpoint_id
				 ? metadata_uri_id(source->base, f->endpoint_id)
				 : NULL;
	char *copy = id ? strdup(id) : NULL;

	free(f->endpoint_id);
	f->endpoint_id = copy;
}

static int set_name(struct facts *f, const char *name, const char *how)
{
	return str_set(&f->container, name) < 0 || str_set(&f->attribution, how) < 0
		       ? -ENOMEM
		       : 0;
}

static int name_self(struct facts *f, const struct task *task, const char *self_name)
{
	const char *own = own_name(task);

	if (own)
		return set_name(f, own,
				"the metadata endpoint says which container we are");
	if (self_name)
		return set_name(f, self_name, "--self says so");
	return set_name(f, FACTS_SELF,
			"this container; no metadata says which one it is");
}

static int name_one(struct facts *f, const struct task *task,
		    const struct metadata_source *source)
{
	const char *by_cgroup = attribute_by_docker_id(task, f->docker_id);

	check_endpoint(f, source);
	AUTO_FREE char *by_uri = name_of_endpoint(task, f->endpoint_id, source);
	if (by_cgroup && by_uri && !str_equal(by_cgroup, by_uri)) {
		AUTO_FREE char *why = str_format(
			"its cgroup says %s, its environment says %s", by_cgroup, by_uri);
		free(f->docker_id);
		f->docker_id = NULL;
		return str_set(&f->attribution, why);
	}
	if (by_cgroup)
		return set_name(f, by_cgroup, "its cgroup names the container");
	/* Where the cgroup contradicts itself, the environment settles nothing. */
	if (f->attribution)
		return 0;
	if (by_uri)
		return set_name(
			f, by_uri,
			"the metadata URI in its environment names the container; its "
			"cgroup does not");
	return str_set(&f->attribution,
		       "neither its cgroup nor its environment says which "
		       "container it is");
}

/* One name, two groups of processes: the one that the cgroup names is right, of
 * two that only claim it neither is believed. */
static void settle_claims(struct report *report)
{
	for (size_t i = 0; i < report->facts.len; i++) {
		struct facts *a = LIST_AT(&report->facts, struct facts, i);
		bool disputed = false;

		if (!a->container || a->docker_id || a->self)
			continue;
		LIST_EACH (struct facts, b, &report->facts)
			disputed |= b != a && str_equal(a->container, b->container);
		if (!disputed)
			continue;
		/* Kept until all are seen, marked by the attribution. */
		(void)str_set(&a->attribution, "?");
	}
	LIST_EACH (struct facts, f, &report->facts)
		if (str_equal(f->attribution, "?")) {
			(void)str_set(&f->container, NULL);
			(void)str_set(&f->attribution,
				      "another group of processes has the same "
				      "claim on the name");
		}
}

static int number_unknown(struct report *report)
{
	int n = 0;

	LIST_EACH (struct facts, f, &report->facts)
		if (!f->container) {
			f->container = str_format("?%d", ++n);
			if (!f->container)
				return -ENOMEM;
		}
	return 0;
}

/* A shared PID namespace is held by a process of the platform's: PID 1, "pause". No
 * container of the task can be that. */
static bool is_pause(const struct facts *f)
{
	return !f->self && !f->docker_id && f->pid == 1 && str_equal(f->command, "pause");
}

static void drop_pause(struct report *report)
{
	for (size_t i = 0; i < report->facts.len; i++) {
		struct facts *f = LIST_AT(&report->facts, struct facts, i);

		if (!is_pause(f))
			continue;
		record_done(&facts_type, f);
		memmove(f, f + 1, (report->facts.len - i - 1) * sizeof(*f));
		report->facts.len--;
		i--;
	}
}

/* --- what only several together say --- */

static const struct namespace_fact *namespace_of(const struct facts *f, const char *kind)
{
	LIST_EACH (const struct namespace_fact, n, &f->namespaces.list)
		if (str_equal(n->kind, kind))
			return n;
	return NULL;
}

static int share_namespaces(struct report *report)
{
	LIST_EACH (struct facts, a, &report->facts)
		LIST_EACH (struct namespace_fact, n, &a->namespaces.list) {
			texts_done(&n->shared_with);
			LIST_EACH (struct facts, b, &report->facts) {
				const struct namespace_fact *m = namespace_of(b, n->kind);

				if (a == b || !m || !n->inode || m->inode != n->inode)
					continue;
				if (texts_add(&n->shared_with, b->container) < 0)
					return -ENOMEM;
			}
		}
	return 0;
}

/* Of the processes in our sight, those of others are in a container's sight too
 * where it has our PID namespace. */
static void count_processes(struct report *report, const struct peers *peers)
{
	const struct namespace_fact *ours = NULL;

	LIST_EACH (struct facts, f, &report->facts)
		if (f->self)
			ours = namespace_of(f, "pid");
	LIST_EACH (struct facts, f, &report->facts) {
		const struct namespace_fact *theirs = namespace_of(f, "pid");
		int64_t own = f->processes.count + (int64_t)f->processes.entered.len;

		if (!f->namespaces.part.known || !ours || !theirs || !ours->inode ||
		    ours->inode != theirs->inode)
			continue;
		f->namespaces.processes = (int64_t)peers->processes.len - own;
		f->namespaces.kernel_threads = peers->kernel_threads;
	}
}

int attribute(struct report *report, const struct peers *peers, const char *self_name,
	      const struct metadata_source *source, struct err *err)
{
	size_t asked = 0;
	int r = 0;

	drop_pause(report);
	LIST_EACH (struct facts, f, &report->facts) {
		if (r == 0)
			r = f->self ? name_self(f, &report->task, self_name)
				    : name_one(f, &report->task,
					       asked++ < RESOLVED_MAX ? source : NULL);
		if (f->self)
			check_endpoint(f, source);
	}
	settle_claims(report);
	if (r == 0)
		r = number_unknown(report);
	if (r == 0)
		r = share_namespaces(report);
	count_processes(report, peers);
	return r < 0 ? err_set(err, r, "out of memory") : 0;
}

/* --- facts from within --- */

static struct facts *same_container(struct report *report, const struct facts *f)
{
	LIST_EACH (struct facts, have, &report->facts)
		if (facts_same_container(have, f))
			return have;
	return NULL;
}

static const struct running_container *seen_with_endpoint(const struct report *report,
							  const char *id)
{
	LIST_EACH (const struct facts, f, &report->facts)
		if (id && str_equal(f->endpoint_id, id))
			return task_running(&report->task, f->container);
	return NULL;
}

/* A file on a shared volume may be left over from a task before, or speak of a
 * container that it is not: the ids in it must be of this task. */
static int identify(struct report *report, struct facts *f, const char *file,
		    const struct metadata_source *source, struct err *err)
{
	if (report->task.metadata.known && report->task.containers.len > 0) {
		AUTO_FREE char *name =
			name_of_endpoint(&report->task, f->endpoint_id, source);
		const struct running_container *c =
			name ? task_running(&report->task, name) : NULL;

		if (!c)
			c = seen_with_endpoint(report, f->endpoint_id);
		/* Without an endpoint to ask, an id that we never met proves nothing. */
		if (!c && source && f->endpoint_id)
			return err_set(err, -ENOENT,
				       "%s: its facts are about a container that is not "
				       "in this task",
				       file);
		/* A name alone is believed only where there is nobody to ask: in a task
		 * every container has an endpoint of its own. */
		if (!c && !source)
			c = f->container ? task_running(&report->task, f->container)
					 : NULL;
		if (!c)
			return err_set(err, -ENOENT,
				       "%s: its facts do not say which container of this "
				       "task they "
				       "are about (--self NAME)",
				       file);
		if (str_set(&f->container, c->name) < 0 ||
		    str_set(&f->docker_id, c->docker_id) < 0)
			return err_set(err, -ENOMEM, "out of memory");
	}
	if (!f->container || str_equal(f->container, FACTS_SELF)) {
		const char *slash = strrchr(file, '/');
		char *base = strdup(slash ? slash + 1 : file);

		if (base && strlen(base) > 5)
			base[strlen(base) - 5] = '\0'; /* .json */
		free(f->container);
		f->container = base;
	}
	f->self = false;
	return f->container ? 0 : err_set(err, -ENOMEM, "out of memory");
}

/* A part that both saw differently stays the sidecar's, and says so. */
static void note_disagreement(struct facts *into, const struct list *names)
{
	for (const struct facts_part *p = facts_parts; p->name; p++) {
		struct part *part = facts_part_of(into, p);

		if (texts_have(names, p->name) && !part->why)
			(void)str_set(&part->why,
				      "what the container says of itself differs; the "
				      "sidecar's own sight is kept");
	}
}

/* These differ by their nature between two moments and two observers; of the start only
 * the uid matters, whatever it is known by. */
static bool may_differ(const char *part, bool same_start)
{
	static const char *const parts[] = { "processes", "namespaces", "environ",
					     "limits",	  "mounts",	"identity",
					     "traffic" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strcmp(parts[i], part) == 0)
			return true;
	return same_start && strcmp(part, "started") == 0;
}

static int merge_one(struct report *report, const struct facts *from, struct err *err)
{
	AUTO(texts_done) struct list all = { 0 };
	AUTO(texts_done) struct list differ = { 0 };
	struct facts *into = same_container(report, from);
	int r;

	if (!into) {
		into = LIST_ADD(&report->facts, struct facts);
		if (!into)
			return err_set(err, -ENOMEM, "out of memory");
		r = record_copy(&facts_type, into, from);
	} else {
		r = facts_merge(into, from, &all);
	}
	LIST_EACH (char *, name, &all)
		if (r == 0 && !may_differ(*name, into->started.uid == from->started.uid))
			r = texts_add(&differ, *name);
	note_disagreement(into, &differ);
	return r < 0 ? err_set(err, r, "out of memory") : 0;
}

/* Whatever the file calls its witness: it is the container itself. */
static void mark_within(struct facts *f)
{
	for (const struct facts_part *p = facts_parts; p->name; p++)
		if (facts_part_of(f, p)->known)
			(void)str_set(&facts_part_of(f, p)->seen_by, "within");
	(void)str_set(&f->seen_by, "within");
}

int attribute_merge(struct report *report, const char *text, size_t len, const char *name,
		    const struct metadata_source *source, struct err *err)
{
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	AUTO(facts_list_done) struct list list = { 0 };
	int r = json_parse_most(text, len, VALUES_MAX, &doc, err);

	if (r == 0 &&
	    !str_equal(json_text(json_get(doc.root, "schema")), "taskprobe.facts/1"))
		r = err_set(err, -EINVAL, "this is no taskprobe.facts/1");
	if (r == 0)
		r = facts_read(&doc, &list, err);
	if (r < 0)
		return err_wrap(err, "%s", name);
	LIST_EACH (struct facts, f, &list) {
		mark_within(f);
		r = identify(report, f, name, source, err);
		if (r == 0)
			r = merge_one(report, f, err);
		if (r < 0)
			return r;
	}
	return 0;
}
