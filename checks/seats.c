/* SPDX-License-Identifier: MIT */
#include "checks/seats.h"

#include <errno.h>

#include "checks/subject.h"

static struct seat *find(const struct list *seats, const char *name, bool unseen)
{
	LIST_EACH (struct seat, seat, seats)
		if (str_equal(seat->name, name) && (!unseen || !seat->facts))
			return seat;
	return NULL;
}

static struct seat *take(struct list *seats, const char *name)
{
	struct seat *seat = LIST_ADD(seats, struct seat);

	if (seat)
		seat->name = name;
	return seat;
}

static int take_declared(const struct task *task, struct list *seats)
{
	/* A stale definition's containers may not exist. */
	if (!task_has_definition(task))
		return 0;
	LIST_EACH (const struct container_definition, c, &task->definition.containers) {
		struct seat *seat = c->name ? take(seats, c->name) : NULL;

		if (c->name && !seat)
			return -ENOMEM;
		if (seat)
			seat->declared = c;
	}
	return 0;
}

static int take_running(const struct task *task, struct list *seats)
{
	LIST_EACH (const struct running_container, r, &task->containers) {
		if (!r->name || running_is_platform(r))
			continue;
		struct seat *seat = find(seats, r->name, false);

		if (!seat)
			seat = take(seats, r->name);
		if (!seat)
			return -ENOMEM;
		seat->running = r;
		seat->self = r->self;
	}
	return 0;
}

static int take_facts(const struct task *task, const struct list *all, struct list *seats)
{
	LIST_EACH (const struct facts, f, all) {
		const char *name =
			f->container && *f->container ? f->container : SEAT_NAMELESS;
		const struct running_container *r = task_running(task, name);
		struct seat *first = find(seats, name, false);
		struct seat *seat = find(seats, name, true);
		/* Adding moves the items. */
		const struct seat known = first ? *first : (struct seat){ .name = name };

		if (r && running_is_platform(r))
			continue;
		if (!seat)
			seat = take(seats, name);
		if (!seat)
			return -ENOMEM;
		seat->declared = known.declared;
		seat->running = known.running;
		seat->facts = f;
		seat->self = f->self || known.self;
		seat->nameless = name[0] == SEAT_NAMELESS[0];
	}
	return 0;
}

int seats_take(const struct report *report, const char *only, struct list *seats)
{
	if (take_declared(&report->task, seats) < 0 ||
	    take_running(&report->task, seats) < 0 ||
	    take_facts(&report->task, &report->facts, seats) < 0)
		return -ENOMEM;
	if (!only)
		return 0;

	size_t kept = 0;

	LIST_EACH (const struct seat, seat, seats)
		if (str_equal(seat->name, only))
			*LIST_AT(seats, struct seat, kept++) = *seat;
	seats->len = kept;
	return 0;
}

bool seat_is_running(const struct seat *seat)
{
	return (seat->facts && seat->facts->running) ||
	       (seat->running && str_equal(seat->running->known_status, "RUNNING"));
}
