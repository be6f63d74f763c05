/* SPDX-License-Identifier: MIT */
#include "checks/coverage.h"

#include <errno.h>

#include "checks/answer.h"
#include "checks/seats.h"
#include "checks/subject.h"
#include "core/cleanup.h"

/* --- what could not be looked at --- */

static int add(struct report *report, const char *container, const char *what,
	       const char *why, const char *grants)
{
	struct coverage *row = LIST_ADD(&report->coverage, struct coverage);

	if (!row || str_set(&row->container, container) < 0 ||
	    str_set(&row->what, what) < 0 || str_set(&row->why, why) < 0)
		return -ENOMEM;
	return str_set(&row->grants, grants);
}

static const char *why_of(const struct part *part)
{
	return part->why ? part->why : "it was not looked at";
}

static bool is_open(const struct part *part)
{
	return !part->known || part->why;
}

static bool same_reason(const struct part *a, const struct part *b)
{
	return a->known == b->known && strcmp(why_of(a), why_of(b)) == 0 &&
	       str_equal(a->grants, b->grants);
}

/* Was a part before this one open for the same reason? Then its row names this
 * one too. */
static bool is_merged(const struct facts *f, const struct facts_part *p)
{
	const struct part *part = facts_part_const(f, p);

	for (const struct facts_part *before = facts_parts; before < p; before++)
		if (is_open(facts_part_const(f, before)) &&
		    same_reason(facts_part_const(f, before), part))
			return true;
	return false;
}

static int add_parts(struct report *report, const struct seat *seat)
{
	const struct facts *f = seat->facts;

	for (const struct facts_part *p = facts_parts; p->name; p++) {
		AUTO(str_done) struct str what = STR_INIT(4096);
		const struct part *part = facts_part_const(f, p);

		if (!is_open(part) || is_merged(f, p))
			continue;
		for (const struct facts_part *q = p; q->name; q++)
			if (is_open(facts_part_const(f, q)) &&
			    same_reason(facts_part_const(f, q), part))
				answer_enumerate(&what, q->what);
		if (part->known)
			(void)str_puts(&what, " (in part)");
		if (what.error ||
		    add(report, seat->name, what.s, why_of(part), part->grants) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_unseen(struct report *report, const struct seat *seat)
{
	const char *status = seat->running ? seat->running->known_status : NULL;
	AUTO_FREE char *why = NULL;

	if (status && strcmp(status, "RUNNING") != 0)
		why = str_format("the task metadata says it is %s", status);
	else if (!seat->running && report->task.containers_part.known)
		why = str_format(
			"it is declared, and the task metadata does not list it");
	else
		why = str_format("no process of it was seen");
	if (!why)
		return -ENOMEM;
	return add(
		report, seat->name, "everything", why,
		status && strcmp(status, "RUNNING") != 0
			? NULL
			: "set pidMode to task, or start it by `taskprobe probe --exec`");
}

static int add_task(struct report *report)
{
	const struct task *t = &report->task;
	const struct part *d = &t->definition.part;
	const char *what = t->definition.stale ? "the task definition: it is stale"
			   : d->known	       ? "the task definition (in part)"
					       : "the task definition";

	if (is_open(&t->metadata) &&
	    add(report, "task", "the task metadata",
		t->metadata.why ? t->metadata.why : "it was not asked",
		t->metadata.grants) < 0)
		return -ENOMEM;
	if (t->metadata.known && is_open(&t->containers_part) &&
	    add(report, "task", "the list of containers",
		t->containers_part.why ? t->containers_part.why
				       : "the task metadata did not have it",
		t->containers_part.grants) < 0)
		return -ENOMEM;
	if (!is_open(d) && !t->definition.stale)
		return 0;
	return add(report, "task", what,
		   d->why     ? d->why
		   : d->known ? "it is not the running task's"
			      : "none was given",
		   d->grants ? d->grants
			     : "--task-definition FILE, or TASKPROBE_TASK_DEFINITION");
}

/* --- what can be written --- */

struct size {
	int64_t total, free, entries;
};

static int add_place(struct report *report, const struct seat *seat, const char *kind,
		     const char *path, const char *fstype, struct size size)
{
	struct writable_place *row = LIST_ADD(&report->writable, struct writable_place);

	if (!row)
		return -ENOMEM;
	row->bytes_total = size.total;
	row->bytes_free = size.free;
	row->entries = size.entries;
	if (str_set(&row->container, seat->name) < 0 || str_set(&row->kind, kind) < 0 ||
	    str_set(&row->path, path ? path : "?") < 0)
		return -ENOMEM;
	return str_set(&row->fstype, fstype);
}

static bool app_writes(const struct mount_fact *m)
{
	if (m->readonly || m->access == TRI_NO)
		return false;
	if (m->kind == MOUNT_RUNTIME) /* root's own, as a rule */
		return m->access == TRI_YES;
	return m->kind == MOUNT_TMPFS || m->kind == MOUNT_VOLUME ||
	       m->kind == MOUNT_OTHER;
}

static int add_writable(struct report *report, const struct seat *seat)
{
	const struct facts *f = seat->facts;
	const bool readonly = f->root.part.known && !f->root.writable;

	LIST_EACH (const struct writable_fact, w, &f->writable.list)
		if (f->writable.part.known && !readonly &&
		    add_place(report, seat, writable_kind_names[w->kind], w->path, NULL,
			      (struct size){ -1, -1, w->entries }) < 0)
			return -ENOMEM;
	LIST_EACH (const struct mount_fact, m, &f->mounts.list)
		if (f->mounts.part.known && app_writes(m) &&
		    add_place(report, seat, "mount", m->path, m->fstype,
			      (struct size){ m->bytes_total, m->bytes_free, 0 }) < 0)
			return -ENOMEM;
	return 0;
}

int coverage_fill(struct report *report, const struct list *seats, const char *wanted)
{
	if (add_task(report) < 0)
		return -ENOMEM;
	if (wanted && seats->len == 0 &&
	    add(report, wanted, "everything",
		"no container of that name is declared, listed or seen", NULL) < 0)
		return -ENOMEM;
	LIST_EACH (const struct seat, seat, seats) {
		int r = seat->facts ? add_parts(report, seat) : add_unseen(report, seat);

		if (r == 0 && seat->facts)
			r = add_writable(report, seat);
		if (r < 0)
			return r;
	}
	return 0;
}
