/* SPDX-License-Identifier: MIT
 *
 * text.c - a plan as a person reads it: first what nobody but a person can do, then
 * each mount with what needs it, and what remains uncertain.
 */
#include <inttypes.h>
#include <string.h>

#include "checks/plan/forms.h"
#include "checks/report/page.h"
#include "checks/report/words.h"
#include "core/cleanup.h"
#include "core/plan.h"
#include "core/text.h"

#define LINE_MAX_LEN ((size_t)64 << 10)
/* Of a mount; the plan as JSON has more. */
#define PATHS_SHOWN 6
/* Of what needs nothing. */
#define IGNORED_SHOWN 20

static void heading(const struct page *p, const char *text)
{
	page_ink(p, INK_BOLD);
	(void)str_printf(p->out, "\n%s\n", text);
	page_ink(p, INK_PLAIN);
}

/* A line of others', and below it what is said of it. */
static void put_entry(const struct page *p, enum ink ink, const char *head,
		      const char *first, const char *second)
{
	page_ink(p, ink);
	page_wrap_foreign(p, 2, "", head);
	page_ink(p, INK_PLAIN);
	if (first && *first)
		page_wrap_foreign(p, 6, "", first);
	if (second && *second)
		page_wrap_foreign(p, 6, "", second);
}

/* --- the first line --- */

static void count_kinds(const struct plan *plan, int64_t counts[3])
{
	LIST_EACH (const struct plan_mount, m, &plan->mounts)
		counts[m->kind]++;
}

static void put_mount_counts(struct str *line, const struct plan *plan)
{
	int64_t counts[3] = { 0 };
	const char *before = " (";

	count_kinds(plan, counts);
	if (plan->mounts.len == 0) {
		(void)str_puts(line, "no mount is needed");
		return;
	}
	words_many(line, (int64_t)plan->mounts.len, "mount", "mounts");
	for (int kind = 0; kind < 3; kind++)
		if (counts[kind]) {
			(void)str_printf(line, "%s%" PRId64 " %s%s", before, counts[kind],
					 plan_kind_names[kind],
					 kind == PLAN_VOLUME && counts[kind] > 1 ? "s"
										 : "");
			before = ", ";
		}
	(void)str_puts(line, ")");
}

/* What is wrong with it comes before all else. */
static void put_misses(struct str *line, int64_t by_hand, int64_t truncated)
{
	if (by_hand) {
		words_many(line, by_hand, "path is", "paths are");
		(void)str_puts(line, " left to do by hand, and a read-only root breaks "
				     "the app until that is done; ");
	}
	if (truncated) {
		words_many(line, truncated, "run is", "runs are");
		(void)str_puts(line, " truncated (no end record): what was written later "
				     "is not in the plan; ");
	}
}

static void put_verdict(const struct page *p, const struct plan *plan)
{
	AUTO(str_done) struct str line = STR_INIT(LINE_MAX_LEN);

	put_misses(&line, (int64_t)plan->by_hand.len, plan->truncated);
	put_mount_counts(&line, plan);
	if (plan->image_changes.len) {
		(void)str_puts(&line, ", ");
		words_many(&line, (int64_t)plan->image_changes.len,
			   "line for the Dockerfile", "lines for the Dockerfile");
	}
	if (plan->environment.len) {
		(void)str_puts(&line, ", ");
		words_many(&line, (int64_t)plan->environment.len, "variable",
			   "variables");
	}
	(void)str_puts(&line, "; ");
	words_many(&line, plan->entries, "entry of the image becomes",
		   "entries of the image become");
	(void)str_puts(&line, " writable; from ");
	words_many(&line, plan->runs, "run", "runs");
	page_ink(p, plan->by_hand.len ? INK_BAD : INK_BOLD);
	page_wrap_foreign(p, 0, "taskprobe: ", line.s);
	page_ink(p, INK_PLAIN);
}

/* --- mounts --- */

static void put_mount_line(struct str *line, const struct plan_mount *m)
{
	(void)str_printf(line, "%s: %s", m->path, plan_kind_names[m->kind]);
	if (m->size_mib > 0)
		(void)str_printf(line, ", %" PRId64 " MiB", m->size_mib);
	if (m->uid >= 0)
		(void)str_printf(line, ", uid %" PRId64, m->uid);
	if (m->gid >= 0)
		(void)str_printf(line, ", gid %" PRId64, m->gid);
	if (m->mode >= 0)
		(void)str_printf(line, ", mode %04" PRIo64, (uint64_t)m->mode);
	if (m->carries_image_content) {
		(void)str_puts(line, ", with ");
		words_many(line, m->entries, "entry of the image",
			   "entries of the image");
	}
	if (m->volume)
		(void)str_printf(line, ", volume %s", m->volume);
}

static void put_paths(const struct page *p, const struct plan_mount *m)
{
	AUTO(str_done) struct str line = STR_INIT(LINE_MAX_LEN);
	int64_t shown = 0;

	words_many(&line, m->path_count, "path", "paths");
	(void)str_puts(&line, ", ");
	words_many(&line, m->writes, "write", "writes");
	page_wrap_foreign(p, 6, "", line.s);
	LIST_EACH (char *const, path, &m->paths)
		if (shown < PATHS_SHOWN) {
			shown++;
			page_wrap_foreign(p, 8, "", *path);
		}
	if (m->path_count > shown)
		(void)str_printf(p->out, "        and %" PRId64 " more\n",
				 m->path_count - shown);
}

static void put_mounts(const struct page *p, const struct plan *plan)
{
	if (plan->mounts.len)
		heading(p, "Mounts");
	LIST_EACH (const struct plan_mount, m, &plan->mounts) {
		AUTO(str_done) struct str line = STR_INIT(LINE_MAX_LEN);
		AUTO(str_done) struct str options = STR_INIT(LINE_MAX_LEN);

		put_mount_line(&line, m);
		/* Owner and mode are on the line above. */
		LIST_EACH (char *const, option, &m->options)
			if (!strchr(*option, '='))
				(void)str_printf(&options, "%s%s",
						 options.len ? "," : "options ", *option);
		put_entry(p, INK_GOOD, line.s, m->reason, options.s);
		put_paths(p, m);
	}
}

/* --- the rest --- */

static void put_by_hand(const struct page *p, const struct plan *plan)
{
	if (plan->by_hand.len)
		heading(p, "To be done by hand");
	LIST_EACH (const struct plan_by_hand, b, &plan->by_hand)
		put_entry(p, INK_BAD, b->path, b->change, b->reason);
}

static void put_changes(const struct page *p, const struct plan *plan)
{
	if (plan->image_changes.len)
		heading(p, "Changes of the image (lines for its Dockerfile)");
	LIST_EACH (const struct plan_change, c, &plan->image_changes)
		put_entry(p, INK_PLAIN, c->dockerfile, c->reason, NULL);
	if (plan->environment.len)
		heading(p, "Environment");
	LIST_EACH (const struct plan_variable, v, &plan->environment) {
		AUTO(str_done) struct str line = STR_INIT(LINE_MAX_LEN);

		(void)str_printf(&line, "%s=%s", v->name, v->value);
		put_entry(p, INK_PLAIN, line.s, v->reason, NULL);
	}
}

static void put_advice(const struct page *p, const struct plan *plan)
{
	if (plan->advice.len)
		heading(p, "What is known of the programs (advice; the plan does not "
			   "need it)");
	LIST_EACH (const struct plan_advice, a, &plan->advice)
		put_entry(p, INK_PLAIN, a->program, a->advice, a->source);
}

static void put_ignored(const struct page *p, const struct plan *plan)
{
	size_t n = 0;

	if (plan->ignored.len)
		heading(p, "Needs nothing");
	LIST_EACH (const struct plan_ignored, i, &plan->ignored)
		if (n++ < IGNORED_SHOWN)
			put_entry(p, INK_DIM, i->path, i->reason, NULL);
	if (n > IGNORED_SHOWN)
		(void)str_printf(p->out, "  and %zu more (in the plan as JSON)\n",
				 n - IGNORED_SHOWN);
}

static void put_risks(const struct page *p, const struct plan *plan)
{
	if (plan->risks.len)
		heading(p, "What remains uncertain");
	LIST_EACH (char *const, risk, &plan->risks)
		page_wrap_foreign(p, 2, "- ", *risk);
	heading(p, "How to find out more");
	page_wrap(
		p, 2, "- ",
		"taskprobe trace -o FILE -- CMD for more runs: another start, a reload, "
		"a rotation of logs, the error paths; then plan from all of the files "
		"together.");
	page_wrap(p, 2, "- ",
		  "taskprobe rehearse --plan FILE -- CMD runs the app under this plan "
		  "before anything is rolled out (the plan as JSON: -f json).");
}

static void put_plan(const struct page *p, const struct plan *plan)
{
	put_verdict(p, plan);
	put_by_hand(p, plan);
	put_mounts(p, plan);
	put_changes(p, plan);
	put_advice(p, plan);
	put_ignored(p, plan);
	put_risks(p, plan);
}

/* --- several containers --- */

static void put_task(const struct page *p, const struct list *plans)
{
	AUTO(str_done) struct str line = STR_INIT(LINE_MAX_LEN);
	int64_t by_hand = 0, truncated = 0;

	LIST_EACH (const struct plan, plan, plans) {
		by_hand += (int64_t)plan->by_hand.len;
		truncated += plan->truncated;
	}
	put_misses(&line, by_hand, truncated);
	words_many(&line, (int64_t)plans->len, "container", "containers");
	page_ink(p, by_hand ? INK_BAD : INK_BOLD);
	page_wrap_foreign(p, 0, "taskprobe: ", line.s);
	page_ink(p, INK_PLAIN);
}

/* Those with something left to do come first. */
static void put_several(const struct page *p, const struct list *plans)
{
	put_task(p, plans);
	for (int pass = 0; pass < 2; pass++)
		LIST_EACH (const struct plan, plan, plans) {
			AUTO(str_done) struct str line = STR_INIT(LINE_MAX_LEN);

			if ((plan->by_hand.len == 0) != (pass == 1))
				continue;
			(void)str_puts(&line, "=== container ");
			text_escape(&line, plan->container ? plan->container : "");
			heading(p, line.s);
			put_plan(p, plan);
		}
}

void plan_text(const struct plan_document *d, const struct text_style *style,
	       struct str *out)
{
	const struct page p = { .style = style, .out = out };

	if (d->plans->len == 1)
		put_plan(&p, d->plans->items);
	else
		put_several(&p, d->plans);
}
