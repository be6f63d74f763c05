/* SPDX-License-Identifier: MIT
 *
 * judge.c - asks every control about every container, and counts.
 */
#include "checks/judge.h"

#include <errno.h>

#include "checks/answer.h"
#include "checks/coverage.h"
#include "checks/seats.h"
#include "checks/subject.h"
#include "core/cleanup.h"

struct bench {
	struct report *report;
	const struct judge_options *options;
	struct list seats;
	bool blind; /* --require-observed: an observed rule could not look */
};

/* --- the two halves of a finding --- */

/* Answers without asking the rule where there is nothing to ask it about. */
static bool declared_without_rule(const struct control *c, const struct subject *s,
				  const struct seat *seat, struct answer *ret)
{
	const struct definition *d = &s->task->definition;

	if (!c->declared)
		answer_set(ret, VERDICT_UNKNOWN, "no field of a task definition says it");
	else if (!d->part.known)
		answer_set(ret, VERDICT_UNKNOWN, "no task definition: %s",
			   d->part.why ? d->part.why : "none was given");
	else if (d->stale)
		answer_set(ret, VERDICT_UNKNOWN, "the definition is stale: %s",
			   d->part.why ? d->part.why : "it is not the running task's");
	else if (seat && seat->nameless)
		answer_set(ret, VERDICT_UNKNOWN, "whose container it is, is not known");
	else if (seat && !seat->declared)
		answer_set(ret, VERDICT_NOT_APPLICABLE,
			   "not in the definition: injected");
	else
		return false;
	return true;
}

static void observe(const struct control *c, const struct subject *s, struct answer *ret)
{
	if (c->observed)
		c->observed(s, ret);
	else
		answer_set(ret, VERDICT_NOT_APPLICABLE, "nothing to observe");
}

/* --- the finding --- */

static bool stands_failed(const struct finding *f)
{
	switch (f->standing) {
	case STANDING_CONTRADICTED:
	case STANDING_FAILED:
		return true;
	case STANDING_DECLARED_ONLY:
		return f->declared == VERDICT_FAIL;
	case STANDING_OBSERVED_ONLY:
		return f->observed == VERDICT_FAIL;
	case STANDING_UNKNOWN:
	case STANDING_NOT_APPLICABLE:
	case STANDING_CONFIRMED:
	case STANDING_UNDECLARED:
	case STANDING_COUNT:
		break;
	}
	return false;
}

static const char *remedy_of(const struct control *c, const struct finding *f,
			     const struct answer *declared, const struct answer *observed)
{
	if (!stands_failed(f) && f->standing != STANDING_UNDECLARED)
		return NULL;
	if (observed->remedy)
		return observed->remedy;
	if (declared->remedy)
		return declared->remedy;
	if (f->standing == STANDING_UNDECLARED && c->undeclared)
		return c->undeclared;
	if (f->standing == STANDING_CONTRADICTED && c->contradicted)
		return c->contradicted;
	return c->remedy;
}

static int move_evidence(struct list *to, struct answer *from)
{
	LIST_EACH (char *, text, &from->evidence)
		if (texts_add(to, *text) < 0)
			return -ENOMEM;
	return 0;
}

static int fill(struct finding *f, const struct control *c, struct answer *declared,
		struct answer *observed)
{
	f->severity = c->severity;
	f->declared = declared->verdict;
	f->observed = observed->verdict;
	f->standing = standing_of(f->declared, f->observed);
	if (declared->text.error || observed->text.error ||
	    str_set(&f->control, c->id) < 0 || str_set(&f->title, c->title) < 0 ||
	    str_set(&f->declared_text, declared->text.s) < 0 ||
	    str_set(&f->observed_text, observed->text.s) < 0 ||
	    str_set(&f->remedy, remedy_of(c, f, declared, observed)) < 0 ||
	    move_evidence(&f->evidence, declared) < 0)
		return -ENOMEM;
	return move_evidence(&f->evidence, observed);
}

static int name_resource(struct finding *f, const struct task *task,
			 const struct seat *seat)
{
	if (str_set(&f->resource.type, seat ? "container" : "task") < 0)
		return -ENOMEM;
	f->resource.name = seat ? strdup(seat->name) : task_label(task);
	return f->resource.name ? 0 : -ENOMEM;
}

static bool counts(const struct control *c, const struct finding *f,
		   const struct judge_options *o)
{
	return !c->retired && stands_failed(f) && o->fail_on != SEVERITY_NONE &&
	       f->severity >= o->fail_on && !f->self;
}

static bool any_running(const struct bench *b)
{
	LIST_EACH (const struct seat, seat, &b->seats)
		if (seat_is_running(seat) && (!seat->self || b->options->include_self))
			return true;
	return false;
}

/* Should it have been observed, and was not? */
static bool is_blind(const struct bench *b, const struct control *c,
		     const struct finding *f, const struct seat *seat)
{
	if (!c->observed || c->on_request || f->observed != VERDICT_UNKNOWN || f->self)
		return false;
	return seat ? seat_is_running(seat) : any_running(b);
}

/* 'seat' is NULL for the task. */
static int ask(struct bench *b, const struct control *c, const struct seat *seat)
{
	AUTO(answer_done) struct answer declared = ANSWER_INIT;
	AUTO(answer_done) struct answer observed = ANSWER_INIT;
	const struct subject s = {
		.task = &b->report->task,
		.all_facts = &b->report->facts,
		.name = seat ? seat->name : NULL,
		.declared = seat ? seat->declared : NULL,
		.running = seat ? seat->running : NULL,
		.facts = seat ? seat->facts : NULL,
	};
	struct finding *f = LIST_ADD(&b->report->findings, struct finding);

	if (!f)
		return -ENOMEM;
	if (!declared_without_rule(c, &s, seat, &declared))
		c->declared(&s, &declared);
	observe(c, &s, &observed);
	f->self = seat && seat->self && !b->options->include_self;
	if (fill(f, c, &declared, &observed) < 0 ||
	    name_resource(f, &b->report->task, seat) < 0)
		return -ENOMEM;
	f->counts = counts(c, f, b->options);
	b->blind |= is_blind(b, c, f, seat);
	return 0;
}

static bool wanted(const struct judge_options *o, const char *id)
{
	bool only = o->only && o->only->len > 0, in = !only;

	if (only)
		LIST_EACH (char *const, one, o->only)
			in |= strcasecmp(*one, id) == 0;
	if (o->skip)
		LIST_EACH (char *const, one, o->skip)
			in &= strcasecmp(*one, id) != 0;
	return in;
}

static int ask_all(struct bench *b)
{
	for (const struct control *const *c = controls; *c; c++) {
		if (!wanted(b->options, (*c)->id))
			continue;
		if ((*c)->scope == SCOPE_TASK && ask(b, *c, NULL) < 0)
			return -ENOMEM;
		if ((*c)->scope == SCOPE_TASK)
			continue;
		LIST_EACH (const struct seat, seat, &b->seats)
			if (ask(b, *c, seat) < 0)
				return -ENOMEM;
	}
	return 0;
}

/* --- worst first --- */

static int rank(const struct finding *f)
{
	switch (f->standing) {
	case STANDING_CONTRADICTED:
		return 0;
	case STANDING_FAILED:
		return 1;
	case STANDING_DECLARED_ONLY:
	case STANDING_OBSERVED_ONLY:
		return stands_failed(f) ? 2 : 5;
	case STANDING_UNDECLARED:
		return 3;
	case STANDING_UNKNOWN:
		return 4;
	case STANDING_CONFIRMED:
		return 6;
	case STANDING_NOT_APPLICABLE:
	case STANDING_COUNT:
		break;
	}
	return 7;
}

static int order_of(const char *id)
{
	int n = 0;

	while (controls[n] && strcmp(controls[n]->id, id) != 0)
		n++;
	return n;
}

static int compare(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	if (rank(x) != rank(y))
		return rank(x) - rank(y);
	if (x->severity != y->severity)
		return (int)y->severity - (int)x->severity;
	if (order_of(x->control) != order_of(y->control))
		return order_of(x->control) - order_of(y->control);
	if (strcmp(x->resource.name, y->resource.name) != 0)
		return strcmp(x->resource.name, y->resource.name);
	/* Two sights of one name: anything that does not depend on qsort. */
	return strcmp(x->observed_text, y->observed_text);
}

/* --- the summary --- */

static void count(struct summary *sum, const struct finding *f)
{
	int64_t *const counters[STANDING_COUNT] = {
		[STANDING_UNKNOWN] = &sum->unknown,
		[STANDING_NOT_APPLICABLE] = &sum->not_applicable,
		[STANDING_CONFIRMED] = &sum->confirmed,
		[STANDING_OBSERVED_ONLY] = &sum->observed_only,
		[STANDING_DECLARED_ONLY] = &sum->declared_only,
		[STANDING_UNDECLARED] = &sum->undeclared,
		[STANDING_FAILED] = &sum->failed,
		[STANDING_CONTRADICTED] = &sum->contradicted,
	};

	sum->findings++;
	sum->counting += f->counts;
	(*counters[f->standing])++;
}

static bool was_seen(const struct seat *seat)
{
	if (!seat->facts)
		return false;
	for (const struct facts_part *p = facts_parts; p->name; p++)
		if (facts_part_const(seat->facts, p)->known)
			return true;
	return false;
}

/* Findings win over what could not be looked at: they are sure. */
static int64_t exit_status(const struct bench *b)
{
	const struct summary *sum = &b->report->summary;

	if (sum->counting > 0)
		return 1;
	if (sum->unknown + sum->not_applicable == sum->findings)
		return 3;
	if (b->options->container && b->seats.len == 0)
		return 3;
	return b->options->require_observed && b->blind ? 3 : 0;
}

static int sum_up(struct bench *b)
{
	struct summary *sum = &b->report->summary;
	enum standing worst = STANDING_UNKNOWN;
	bool first = true;

	LIST_EACH (const struct finding, f, &b->report->findings) {
		count(sum, f);
		if (first && (!f->self || b->options->include_self)) {
			worst = f->standing;
			first = false;
		}
	}
	sum->containers = (int64_t)b->seats.len;
	LIST_EACH (const struct seat, seat, &b->seats)
		sum->containers_observed += was_seen(seat);
	sum->exit_status = exit_status(b);
	return str_set(&sum->worst, standing_names[worst]);
}

/* Releases what an earlier judgement left, by the report's own table. */
static void clear(struct report *report)
{
	static const char *const members[] = { "findings", "writable", "coverage",
					       "summary", NULL };

	for (const struct field *f = report_type.fields; f->name; f++)
		for (const char *const *m = members; *m; m++) {
			void *at = (char *)report + f->offset;

			if (strcmp(f->name, *m) != 0)
				continue;
			if (f->kind == FIELD_LIST)
				record_list_done(f->type, at);
			else
				record_done(f->type, at);
		}
}

int judge(struct report *report, const struct judge_options *options, struct err *err)
{
	struct bench b = { .report = report, .options = options };
	int r;

	clear(report);
	r = seats_take(report, options->container, &b.seats);
	if (r == 0)
		r = ask_all(&b);
	if (r == 0 && report->findings.len > 0)
		qsort(report->findings.items, report->findings.len,
		      sizeof(struct finding), compare);
	if (r == 0)
		r = coverage_fill(report, &b.seats, options->container);
	if (r == 0)
		r = sum_up(&b);
	list_done(&b.seats);
	return r < 0 ? err_set(err, r, "judging: out of memory") : 0;
}
