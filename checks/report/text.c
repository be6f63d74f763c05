/* SPDX-License-Identifier: MIT */
#include "checks/report/text.h"

#include <errno.h>
#include <inttypes.h>

#include "checks/report/groups.h"
#include "checks/report/page.h"
#include "checks/subject.h"
#include "core/cleanup.h"
#include "core/text.h"

/* Columns of the table. A task has few containers, but their names may be long. */
#define STANDING_COLUMNS 14
#define SEVERITY_COLUMNS 9
#define CONTROL_COLUMNS	 8
#define NAMES_COLUMNS	 24
#define HALF_COLUMNS	 48
/* Of what one app can write: the JSON has all of it. */
#define PLACES_MAX 8

static enum ink ink_of(const struct finding *f)
{
	if (f->self)
		return INK_DIM;
	switch (finding_class(f)) {
	case CLASS_BAD:
		return f->standing == STANDING_CONTRADICTED ||
				       f->standing == STANDING_FAILED
			       ? INK_BAD
			       : INK_WARN;
	case CLASS_UNDECLARED:
		return INK_WARN;
	case CLASS_PASSED:
		return INK_GOOD;
	case CLASS_UNKNOWN:
	case CLASS_NONE:
		break;
	}
	return INK_DIM;
}

static bool matters(const struct finding_group *g)
{
	const enum finding_class class = finding_class(group_first(g));

	return class == CLASS_BAD || class == CLASS_UNDECLARED;
}

/* --- the summary line --- */

static void put_counts(struct str *line, const struct report *r)
{
	static const enum standing order[] = {
		STANDING_CONTRADICTED,	STANDING_FAILED,	 STANDING_UNDECLARED,
		STANDING_DECLARED_ONLY, STANDING_OBSERVED_ONLY,	 STANDING_CONFIRMED,
		STANDING_UNKNOWN,	STANDING_NOT_APPLICABLE,
	};
	const size_t start = line->len;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		int64_t n = 0, bad = 0;

		LIST_EACH (const struct finding, f, &r->findings)
			if (!f->self && f->standing == order[i]) {
				n++;
				bad += finding_class(f) == CLASS_BAD;
			}
		if (n == 0)
			continue;
		(void)str_printf(line, "%s%" PRId64 " %s", line->len > start ? ", " : "",
				 n, standing_names[order[i]]);
		if (bad > 0 && bad < n)
			(void)str_printf(line, " (%" PRId64 " of them failed)", bad);
		else if (bad > 0 && order[i] < STANDING_FAILED)
			(void)str_puts(line, " (failed)");
	}
	if (line->len == start)
		(void)str_puts(line, "no findings");
}

static void put_summary(const struct page *p, const struct report *r)
{
	AUTO(str_done) struct str line = STR_INIT(64 * 1024);
	AUTO_FREE char *task = task_label(&r->task);

	put_counts(&line, r);
	if (r->task.family || r->task.definition.part.known) {
		(void)str_puts(&line, " in task ");
		text_escape(&line, task ? task : "?");
	}
	(void)str_printf(&line, " (%" PRId64 " %s, %" PRId64 " seen)",
			 r->summary.containers,
			 r->summary.containers == 1 ? "container" : "containers",
			 r->summary.containers_observed);
	page_ink(p, INK_BOLD);
	page_wrap(p, 0, "taskprobe: ", line.s);
	page_ink(p, INK_PLAIN);
}

/* --- the table --- */

struct columns {
	size_t names, half;
};

static size_t at_most(size_t n, size_t most)
{
	return n < most ? n : most;
}

static struct columns measure(const struct list *groups)
{
	struct columns c = { 0, 0 };

	LIST_EACH (const struct finding_group, g, groups) {
		const size_t names = page_columns(g->names.s);
		const char *text = group_first(g)->declared_text;
		const size_t half = text ? page_columns(text) : 0;

		if (matters(g) && names > c.names)
			c.names = names;
		if (matters(g) && half > c.half)
			c.half = half;
	}
	c.names = at_most(c.names, NAMES_COLUMNS);
	c.half = at_most(c.half, HALF_COLUMNS);
	return c;
}

static void put_head(const struct page *p, const struct finding_group *g, size_t names)
{
	const struct finding *f = group_first(g);

	page_ink(p, ink_of(f));
	page_cell(p, standing_names[f->standing], STANDING_COLUMNS);
	if (!f->self)
		page_ink(p, INK_PLAIN);
	page_cell(p, severity_names[f->severity], SEVERITY_COLUMNS);
	page_cell(p, f->control, CONTROL_COLUMNS);
	page_cell(p, g->names.s, names);
}

/* One line; on a narrow terminal the two halves go below. */
static void put_line(const struct page *p, const struct finding_group *g,
		     const struct columns *c)
{
	const struct finding *f = group_first(g);
	AUTO(str_done) struct str declared = STR_INIT(4096);
	AUTO(str_done) struct str observed = STR_INIT(4096);
	const size_t head = STANDING_COLUMNS + SEVERITY_COLUMNS + CONTROL_COLUMNS;

	text_escape(&declared, f->declared_text ? f->declared_text : "");
	text_escape(&observed, f->observed_text ? f->observed_text : "");
	const size_t all = head + c->names + 2 + page_columns(declared.s) + 3 +
			   page_columns(observed.s);

	if (p->style->width > 0 && all > (size_t)p->style->width) {
		put_head(p, g, 0);
		(void)str_puts(p->out, "\n");
		page_wrap(p, 4, "declared: ", declared.s);
		page_wrap(p, 4, "observed: ", observed.s);
	} else {
		put_head(p, g, c->names);
		(void)str_puts(p->out, "  ");
		page_cell(p, declared.s, p->style->width > 0 ? 0 : c->half);
		(void)str_printf(p->out, " | %s\n", observed.s);
	}
	if (f->self)
		page_ink(p, INK_PLAIN);
}

static void put_matters(const struct page *p, const struct list *groups)
{
	const struct columns c = measure(groups);

	LIST_EACH (const struct finding_group, g, groups)
		if (matters(g))
			put_line(p, g, &c);
}

static void put_passed(const struct page *p, const struct list *groups)
{
	LIST_EACH (const struct finding_group, g, groups) {
		const struct finding *f = group_first(g);

		if (finding_class(f) != CLASS_PASSED)
			continue;
		AUTO(str_done) struct str rest = STR_INIT(256 * 1024);

		page_ink(p, ink_of(f));
		page_cell(p, standing_names[f->standing], STANDING_COLUMNS);
		page_ink(p, INK_PLAIN);
		page_cell(p, f->control, CONTROL_COLUMNS);
		(void)str_printf(&rest, "%s: %s", g->names.s, f->title ? f->title : "");
		page_fill(p, STANDING_COLUMNS + CONTROL_COLUMNS, rest.s);
	}
}

static bool is_unknown(const struct finding_group *g)
{
	return finding_class(group_first(g)) == CLASS_UNKNOWN;
}

static bool names_came_before(const struct list *groups, const struct finding_group *g)
{
	LIST_EACH (const struct finding_group, before, groups) {
		if (before == g)
			return false;
		if (is_unknown(before) && strcmp(before->names.s, g->names.s) == 0)
			return true;
	}
	return false;
}

/* Why is said once, in the section on what could not be looked at. */
static void put_unknown(const struct page *p, const struct list *groups)
{
	LIST_EACH (const struct finding_group, g, groups) {
		AUTO(str_done) struct str line = STR_INIT(256 * 1024);

		if (!is_unknown(g) || names_came_before(groups, g))
			continue;
		(void)str_printf(&line, "%s:", g->names.s);
		for (const struct finding_group *same = g; same < g_end; same++)
			if (is_unknown(same) && strcmp(same->names.s, g->names.s) == 0)
				(void)str_printf(&line, " %s",
						 group_first(same)->control);
		page_ink(p, INK_DIM);
		page_wrap(p, 0, "unknown       ", line.s);
		page_ink(p, INK_PLAIN);
	}
}

/* --- the evidence --- */

static bool all_alike(const struct finding_group *g)
{
	LIST_EACH (const struct finding *const, f, &g->findings)
		if (!texts_equal(&(*f)->evidence, &group_first(g)->evidence))
			return false;
	return true;
}

static void put_sentences(const struct page *p, const struct finding_group *g)
{
	const bool alike = all_alike(g);

	LIST_EACH (const struct finding *const, f, &g->findings) {
		AUTO(str_done) struct str lead = STR_INIT(4096);

		if (!alike) {
			text_escape(&lead, (*f)->resource.name);
			(void)str_puts(&lead, ": ");
		}
		LIST_EACH (char *const, text, &(*f)->evidence) {
			AUTO_FREE char *dash = str_format("- %s", lead.s);

			page_wrap_foreign(p, 4, dash ? dash : "- ", *text);
		}
		if (alike)
			return;
	}
}

static void put_block(const struct page *p, const struct list *groups,
		      const struct finding_group *g)
{
	const struct finding *f = group_first(g);
	AUTO(str_done) struct str ids = STR_INIT(4096);

	(void)str_puts(&ids, f->control);
	LIST_EACH (const struct finding_group, other, groups)
		if (other > g && matters(other) && group_is_twin(g, other))
			(void)str_printf(&ids, ", %s", group_first(other)->control);
	(void)str_puts(p->out, "\n");
	page_ink(p, ink_of(f));
	(void)str_printf(p->out, "%s on %s", ids.s, g->names.s);
	page_ink(p, INK_PLAIN);
	(void)str_printf(p->out, ": %s\n", standing_names[f->standing]);
	page_wrap(p, 2, "", f->title ? f->title : "");
	page_wrap_foreign(p, 2, "declared: ", f->declared_text ? f->declared_text : "");
	page_wrap_foreign(p, 2, "observed: ", f->observed_text ? f->observed_text : "");
	put_sentences(p, g);
	if (f->remedy)
		page_wrap_foreign(p, 2, "remedy: ", f->remedy);
}

static bool twin_came_before(const struct list *groups, const struct finding_group *g)
{
	LIST_EACH (const struct finding_group, before, groups) {
		if (before == g)
			return false;
		if (matters(before) && group_is_twin(before, g))
			return true;
	}
	return false;
}

static void put_evidence(const struct page *p, const struct list *groups)
{
	LIST_EACH (const struct finding_group, g, groups)
		if (matters(g) && !twin_came_before(groups, g))
			put_block(p, groups, g);
}

/* --- what the apps can write --- */

static void put_bytes(struct str *out, int64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	size_t unit = 0;

	while (bytes >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1024;
		unit++;
	}
	(void)str_printf(out, "%" PRId64 " %s", bytes, units[unit]);
}

static void put_place(const struct page *p, const struct writable_place *w)
{
	AUTO(str_done) struct str line = STR_INIT(64 * 1024);

	text_escape(&line, w->path);
	if (str_equal(w->kind, "tree"))
		(void)str_puts(&line, " and all below");
	else if (str_equal(w->kind, "directory"))
		(void)str_puts(&line, " (in it, not all below)");
	else if (str_equal(w->kind, "mount")) {
		(void)str_puts(&line, " (mount, ");
		/* A FUSE server names its own type. */
		text_escape(&line, w->fstype ? w->fstype : "?");
		(void)str_puts(&line, ")");
	}
	if (w->bytes_free >= 0) {
		(void)str_puts(&line, ", ");
		put_bytes(&line, w->bytes_free);
		(void)str_puts(&line, " free of ");
		put_bytes(&line, w->bytes_total);
	}
	page_wrap(p, 4, "", line.s);
}

static bool container_came_before(const struct list *places,
				  const struct writable_place *w)
{
	LIST_EACH (const struct writable_place, before, places) {
		if (before == w)
			return false;
		if (str_equal(before->container, w->container))
			return true;
	}
	return false;
}

static void put_writable(const struct page *p, const struct report *r)
{
	if (r->writable.len == 0)
		return;
	page_ink(p, INK_BOLD);
	(void)str_puts(p->out, "\nWhat can be written\n");
	page_ink(p, INK_PLAIN);
	LIST_EACH (const struct writable_place, w, &r->writable) {
		size_t n = 0;

		if (container_came_before(&r->writable, w))
			continue;
		page_wrap_foreign(p, 2, "", w->container);
		for (const struct writable_place *of = w; of < w_end; of++)
			if (str_equal(of->container, w->container) && ++n <= PLACES_MAX)
				put_place(p, of);
		if (n > PLACES_MAX)
			(void)str_printf(p->out,
					 "    and %zu more (in the JSON report)\n",
					 n - PLACES_MAX);
	}
}

/* --- what could not be looked at --- */

static bool same_gap(const struct coverage *a, const struct coverage *b)
{
	return str_equal(a->what, b->what) && str_equal(a->why, b->why) &&
	       str_equal(a->grants, b->grants);
}

/* Row 'i' with the containers that have the same gap; nothing where an earlier row
 * named this one already. */
static void put_gap(const struct page *p, const struct list *rows, size_t i)
{
	const struct coverage *c = LIST_AT(rows, struct coverage, i);
	AUTO_FREE char *text = str_format("%s: %s", c->what, c->why);
	AUTO(str_done) struct str lead = STR_INIT(64 * 1024);

	for (size_t k = 0; k < i; k++)
		if (same_gap(LIST_AT(rows, struct coverage, k), c))
			return;
	text_escape(&lead, c->container);
	for (size_t k = i + 1; k < rows->len; k++)
		if (same_gap(LIST_AT(rows, struct coverage, k), c)) {
			(void)str_puts(&lead, ", ");
			text_escape(&lead, LIST_AT(rows, struct coverage, k)->container);
		}
	(void)str_puts(&lead, ": ");
	page_wrap_foreign(p, 2, lead.s, text ? text : c->what);
	if (c->grants)
		page_wrap_foreign(p, 4, "to change that: ", c->grants);
}

static void put_coverage(const struct page *p, const struct report *r)
{
	if (r->coverage.len == 0)
		return;
	page_ink(p, INK_BOLD);
	(void)str_puts(p->out, "\nWhat could not be looked at\n");
	page_ink(p, INK_PLAIN);
	for (size_t i = 0; i < r->coverage.len; i++)
		put_gap(p, &r->coverage, i);
}

/* --- the page --- */

static int put_others(const struct page *p, const struct report *r)
{
	AUTO(groups_done) struct list groups = { 0 };

	if (groups_make(r, false, &groups) < 0)
		return -ENOMEM;
	put_matters(p, &groups);
	put_passed(p, &groups);
	put_unknown(p, &groups);
	put_evidence(p, &groups);
	return 0;
}

/* Ours is not the app's: apart, and without its evidence. */
static int put_self(const struct page *p, const struct report *r)
{
	AUTO(groups_done) struct list groups = { 0 };
	bool any = false;

	if (groups_make(r, true, &groups) < 0)
		return -ENOMEM;
	LIST_EACH (const struct finding_group, g, &groups)
		any |= matters(g);
	if (!any)
		return 0;
	page_ink(p, INK_DIM);
	(void)str_puts(p->out, "\n(taskprobe itself)\n");
	page_ink(p, INK_PLAIN);
	put_matters(p, &groups);
	return 0;
}

void report_text(const struct report *report, const struct text_style *style,
		 struct str *out)
{
	const struct page p = { .style = style, .out = out };

	put_summary(&p, report);
	if (put_others(&p, report) < 0) {
		out->error = -ENOMEM;
		return;
	}
	put_writable(&p, report);
	put_coverage(&p, report);
	if (put_self(&p, report) < 0)
		out->error = -ENOMEM;
}
