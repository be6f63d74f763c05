/* SPDX-License-Identifier: MIT */
#include "agent/recording.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/outlet.h"
#include "agent/targets.h"
#include "agent/terminal.h"
#include "agent/verb.h"
#include "checks/report/inventory.h"
#include "core/cleanup.h"

/* A page of half a million paths; what an outlet takes at once. */
#define PAGE_MAX ((size_t)64 << 20)

/* How long the app's end waits at most for somebody who does not read; whoever waits for
 * us does not wait much longer than for both. */
#define LINES_WAIT_MS 500
#define PAGE_WAIT_MS  500

/* What the live line needs. */
#define LIVE_COLUMNS 72

struct recording {
	struct target targets[TARGET_COUNT];
	struct outlet outlets[TARGET_COUNT];
	struct inventory *all; /* for the page; NULL: none is wanted */
	struct str line;
	struct text_style style;
	bool live;  /* a line is shown while it runs */
	bool shown; /* there is one */
	bool short_of_memory;
};

/* --- what was asked for --- */

/* With a file its lines; without one a page at the end, on standard error. */
static int choose(const struct settings *settings, struct target ret[TARGET_COUNT],
		  struct err *err)
{
	const int r = targets_read(settings, ret, err);

	if (r < 0)
		return r;
	if (settings->formats.len == 0)
		ret[settings->output ? TARGET_JSON : TARGET_TEXT] =
			(struct target){ .wanted = true, .file = settings->output };
	return targets_check(ret, err);
}

int recording_check(const struct settings *settings, struct err *err)
{
	struct target targets[TARGET_COUNT];

	return choose(settings, targets, err);
}

/* --- opening --- */

/* A line that is redrawn would stand in the midst of what the app prints, where both go
 * to the same terminal. */
static bool may_show_live(void)
{
	const char *term = getenv("TERM");
	struct stat out, error;
	struct winsize w;

	if (!isatty(STDERR_FILENO) || !term || strcmp(term, "dumb") == 0)
		return false;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col < LIVE_COLUMNS)
		return false;
	return !isatty(STDOUT_FILENO) ||
	       (fstat(STDOUT_FILENO, &out) == 0 && fstat(STDERR_FILENO, &error) == 0 &&
		out.st_rdev != error.st_rdev);
}

static int open_target(const struct target *target, struct outlet *ret, struct err *err)
{
	ret->fd = -1;
	if (!target->wanted)
		return 0;
	if (target->file)
		return outlet_open(target->file, ret, err);
	outlet_stderr(ret);
	return 0;
}

int recording_open(const struct settings *settings, struct recording **ret,
		   struct err *err)
{
	struct recording *rec = calloc(1, sizeof(*rec));
	int failed = 0;

	if (!rec)
		return err_set(err, -ENOMEM, "out of memory");
	rec->line = (struct str)STR_INIT(2 * INVENTORY_LINE_MAX);
	for (int i = 0; i < TARGET_COUNT; i++)
		rec->outlets[i].fd = -1;
	failed = choose(settings, rec->targets, err);
	for (int i = 0; i < TARGET_COUNT && failed == 0; i++)
		failed = open_target(&rec->targets[i], &rec->outlets[i], err);
	const struct target *text = &rec->targets[TARGET_TEXT];
	if (failed == 0 && text->wanted) {
		rec->all = inventory_new();
		if (!rec->all)
			failed = err_set(err, -ENOMEM, "out of memory");
		if (!text->file)
			rec->style = terminal_style(settings, STDERR_FILENO);
	}
	const struct target *json = &rec->targets[TARGET_JSON];
	rec->live = may_show_live() && (!json->wanted || json->file);
	if (failed < 0) {
		recording_done(rec);
		return failed;
	}
	*ret = rec;
	return 0;
}

void recording_done(struct recording *rec)
{
	if (!rec)
		return;
	for (int i = 0; i < TARGET_COUNT; i++)
		outlet_done(&rec->outlets[i]);
	if (rec->all)
		inventory_done(rec->all);
	str_done(&rec->line);
	free(rec);
}

/* --- records --- */

static void take(void *arg, const struct inventory_record *record)
{
	struct recording *rec = arg;
	struct outlet *lines = &rec->outlets[TARGET_JSON];
	struct inventory_record copy = *record;

	if (copy.kind == RECORD_ENDED)
		copy.end.lost += lines->dropped + rec->short_of_memory;
	if (rec->targets[TARGET_JSON].wanted) {
		str_reset(&rec->line);
		inventory_write(&rec->line, &copy);
		if (rec->line.error)
			lines->dropped++;
		else
			outlet_add(lines, rec->line.s, rec->line.len);
	}
	if (rec->all && inventory_add(rec->all, &copy) < 0)
		rec->short_of_memory = true;
}

static void flushed(void *arg)
{
	struct recording *rec = arg;

	outlet_write(&rec->outlets[TARGET_JSON]);
}

static bool ready(void *arg)
{
	const struct recording *rec = arg;

	return outlet_ready(&rec->outlets[TARGET_JSON]);
}

struct recorder_sink recording_sink(struct recording *rec)
{
	return (struct recorder_sink){
		.record = take, .flushed = flushed, .ready = ready, .arg = rec
	};
}

/* --- while it runs, and at the end --- */

static void show(struct recording *rec, const struct recorder_progress *p)
{
	char line[160];

	if (!rec->live)
		return;
	/* The cursor goes back to the start: what the app prints there replaces it. */
	int n = snprintf(line, sizeof(line),
			 "\r\033[Ktaskprobe: %lld calls, %lld paths, %lld unresolved\r",
			 (long long)p->events, (long long)p->paths,
			 (long long)p->unresolved);
	outlet_flash(line, (size_t)n);
	rec->shown = true;
}

static void erase(struct recording *rec)
{
	static const char line[] = "\r\033[K";

	if (rec->shown)
		outlet_flash(line, sizeof(line) - 1);
	rec->shown = false;
}

static void print_page(struct recording *rec)
{
	AUTO(str_done) struct str page = STR_INIT(PAGE_MAX);
	struct outlet *to = &rec->outlets[TARGET_TEXT];

	report_inventory_text(rec->all, &rec->style, &page);
	if (page.error) {
		outlet_complain("trace: the page: %s", err_words(page.error));
		return;
	}
	outlet_add(to, page.s, page.len);
	if (!outlet_finish(to, PAGE_WAIT_MS) || to->dropped)
		outlet_complain("trace: the page could not be written whole to %s",
				to->name);
	/* What the app left running is recorded on, into lines alone. */
	inventory_done(rec->all);
	rec->all = NULL;
}

/* The app's first process has ended and others go on: the page is of what came so far. */
static void end_here(struct recording *rec, const struct recorder_progress *p)
{
	char *spot[] = { (char[]){
		"what the app's other processes write after its first one has ended: "
		"with -o FILE it is recorded on" } };
	const struct inventory_record record = {
		.kind = RECORD_ENDED,
		.end = {
			.ended = (char[]){ "background" },
			.exit = -1,
			.events = p->events,
			.unresolved = p->unresolved,
			.lost = p->lost,
			.blind_spots = { .items = spot, .len = 1, .cap = 1 },
		},
	};

	if (!inventory_ended(rec->all))
		(void)inventory_add(rec->all, &record);
}

static void sum_up(const struct recording *rec, const struct recorder_progress *p)
{
	for (int i = 0; i < TARGET_COUNT; i++) {
		const struct target *target = &rec->targets[i];

		if (target->wanted && target->file)
			outlet_complain("trace: %lld path%s of %lld calls, %lld "
					"unresolved, %lld lost: %s",
					(long long)p->paths, p->paths == 1 ? "" : "s",
					(long long)p->events, (long long)p->unresolved,
					(long long)(p->lost + rec->outlets[i].dropped),
					target->file);
	}
}

void recording_tick(void *arg, const struct recorder_progress *progress, bool last)
{
	struct recording *rec = arg;
	struct outlet *lines = &rec->outlets[TARGET_JSON];

	if (!last) {
		show(rec, progress);
		return;
	}
	erase(rec);
	if (rec->targets[TARGET_JSON].wanted && !outlet_finish(lines, LINES_WAIT_MS))
		outlet_complain("trace: %s is not complete", lines->name);
	if (rec->all) {
		end_here(rec, progress);
		print_page(rec);
	}
	sum_up(rec, progress);
}
