/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>

#include "checks/report/inventory_page.h"
#include "checks/report/words.h"
#include "core/cleanup.h"
#include "core/text.h"

/* The inventory has all of them. */
#define RUNS_SHOWN 10
/* Bytes of a command line, and its last word to the end. */
#define COMMAND_SHOWN 200

static int put_run(const struct page *p, const struct inventory_run *run,
		   const struct inventory_end *end)
{
	AUTO(str_done) struct str line = STR_INIT(INVENTORY_TEXT_MAX);
	const char *ended = run->ended ? run->ended : end ? end->ended : NULL;

	text_escape(&line, run->method ? run->method : "?");
	(void)str_puts(&line, " of");
	LIST_EACH (char *const, word, &run->command) {
		(void)str_puts(&line, " ");
		if (line.len > COMMAND_SHOWN) {
			(void)str_puts(&line, "...");
			break;
		}
		text_escape(&line, *word);
	}
	if (run->container) {
		(void)str_puts(&line, ", container ");
		text_escape(&line, run->container);
	}
	if (run->started) {
		(void)str_puts(&line, ", from ");
		text_escape(&line, run->started);
	}
	(void)str_puts(&line, ", ended: ");
	text_escape(&line, ended ? ended : "not known");
	if (end && !run->ended)
		(void)str_printf(&line, " (%" PRId64 ")", end->exit);
	page_wrap(p, 2, "- ", line.s);
	/* A command line may be longer than what a page shows of it. */
	return line.error == -ENOMEM ? -ENOMEM : 0;
}

static int put_runs(const struct page *p, const struct inventory *inventory)
{
	AUTO(list_done) struct list runs = { 0 };
	const struct inventory_end *end = inventory_ended(inventory);
	int r = inventory_list_runs(inventory, &runs);
	size_t n = 0;

	LIST_EACH (const struct inventory_run *const, run, &runs)
		if (r == 0 && n++ < RUNS_SHOWN)
			r = put_run(p, *run, end);
	if (runs.len > RUNS_SHOWN)
		(void)str_printf(p->out, "  - and %zu more runs\n",
				 runs.len - RUNS_SHOWN);
	return r;
}

static void put_remedy(const struct page *p, int64_t n, const char *what,
		       const char *change)
{
	AUTO(str_done) struct str line = STR_INIT(4096);

	if (n == 0)
		return;
	words_number(&line, n);
	(void)str_printf(&line, " %s", what);
	page_ink(p, INK_WARN);
	page_wrap(p, 2, "- ", line.s);
	page_ink(p, INK_PLAIN);
	page_wrap(p, 4, "to change that: ", change);
}

int inventory_coverage(const struct page *p, const struct inventory *inventory,
		       const struct inventory_totals *t)
{
	AUTO(str_done) struct str line = STR_INIT(4096);

	inventory_heading(p, "What was looked at");
	int r = put_runs(p, inventory);
	if (!t->cut) {
		words_many(&line, t->end.events, "call", "calls");
		(void)str_puts(&line, " of those that can write");
		page_wrap(p, 2, "- ", line.s);
	}
	put_remedy(p, t->cut || t->truncated ? t->truncated + (t->truncated == 0) : 0,
		   "cut short: what came after the last record is not known",
		   "let the app end by itself, or record with --for TIME");
	put_remedy(
		p, t->end.unresolved,
		"not resolved to a path: they may be writes that are missing here",
		"add SYS_PTRACE to linuxParameters.capabilities.add while recording, or "
		"start the app as the user that it runs as");
	put_remedy(p, t->end.lost, "lost: more than was kept",
		   "record for a shorter time, several times, and merge");
	LIST_EACH (char *const, spot, &t->end.blind_spots)
		page_wrap_foreign(p, 2, "- not seen: ", *spot);
	return r;
}
