/* SPDX-License-Identifier: MIT */
#include "checks/report/rehearsal.h"

#include <string.h>

#include "checks/report/page.h"
#include "checks/report/words.h"
#include "core/cleanup.h"
#include "core/json.h"
#include "core/text.h"

#define LINE_MAX_BYTES ((size_t)64 * 1024)
/* Of a section; the document has all of them. */
#define ROWS_SHOWN 40

static bool is_question(const struct refusal *r)
{
	return str_equal(r->call, "access") || str_equal(r->call, "faccessat") ||
	       str_equal(r->call, "faccessat2");
}

enum section { BROKEN, FAILING, ASKED, SECTIONS };

static enum section section_of(const struct refusal *r)
{
	if (is_question(r))
		return ASKED;
	return r->natively ? FAILING : BROKEN;
}

/* --- the verdict --- */

static void put_how_many(const struct rehearsal *r, struct str *out)
{
	const bool done = r->how != REHEARSAL_PERMISSIVE;

	if (r->broken == 0)
		(void)str_printf(out, "nothing that works on a writable root %s",
				 done ? "was refused" : "would be refused");
	else
		words_many(out, r->broken, "operation", "operations");
	if (r->broken > 0 && done)
		(void)str_puts(out, r->broken == 1 ? " was refused" : " were refused");
	else if (r->broken > 0)
		(void)str_puts(out, " would be refused (all were let through)");
	if (r->failing > 0) {
		(void)str_puts(out, "; ");
		words_many(out, r->failing, "call", "calls");
		(void)str_printf(out, " that %s anyway %s another error",
				 r->failing == 1 ? "fails" : "fail",
				 done ? "got" : "would get");
	}
}

static void put_end(const struct rehearsal *r, struct str *out)
{
	if (str_equal(r->ended, "running"))
		return;
	if (str_equal(r->ended, "time"))
		(void)str_puts(out, " in the time given; the app goes on alone");
	else if (r->exit < 0) /* its parent's to know */
		(void)str_puts(out, "; the app has ended");
	else if (str_equal(r->ended, "signal"))
		(void)str_printf(out, "; the app was ended by signal %lld",
				 (long long)r->exit - 128);
	else
		(void)str_printf(out, "; the app%s ended with %lld",
				 str_equal(r->ended, "background") ? "'s first process"
								   : "",
				 (long long)r->exit);
}

void report_rehearsal_verdict(const struct rehearsal *r, struct str *out)
{
	const char *what = !r->valid ? "INVALID" : r->broken ? "refused" : "passed";

	(void)str_printf(out, "rehearsal %s: ", what);
	if (!r->valid && r->invalid.len > 0) {
		text_escape(out, *LIST_AT(&r->invalid, char *, 0));
		(void)str_puts(out, "; ");
	}
	put_how_many(r, out);
	put_end(r, out);
}

/* --- the page --- */

static void put_heading(const struct page *p, const char *text)
{
	page_ink(p, INK_BOLD);
	(void)str_printf(p->out, "\n%s\n", text);
	page_ink(p, INK_PLAIN);
}

static void put_row(const struct page *p, const struct refusal *r)
{
	AUTO(str_done) struct str line = STR_INIT(LINE_MAX_BYTES);
	AUTO(str_done) struct str words = STR_INIT(LINE_MAX_BYTES);

	text_escape(&line, r->path ? r->path : "?");
	if (r->to) {
		(void)str_puts(&line, " -> ");
		text_escape(&line, r->to);
	}
	text_escape(&words, r->error ? r->error : "?");
	(void)str_puts(&words, " to ");
	text_escape(&words, r->call ? r->call : "?");
	if (r->natively) {
		(void)str_puts(&words, ", otherwise ");
		text_escape(&words, r->natively);
	}
	if (r->count > 1) {
		(void)str_puts(&words, ", ");
		words_number(&words, r->count);
		(void)str_puts(&words, " times");
	}
	(void)str_puts(&words, ", by ");
	text_escape(&words, r->exe ? r->exe : "an unknown program");
	if (r->uid >= 0)
		(void)str_printf(&words, " as %lld:%lld", (long long)r->uid,
				 (long long)r->gid);
	page_wrap(p, 2, "", line.s);
	page_wrap(p, 6, "", words.s);
}

static void put_section(const struct page *p, const struct list *refused,
			enum section section, const char *heading)
{
	size_t n = 0;

	LIST_EACH (const struct refusal, it, refused) {
		if (section_of(it) != section)
			continue;
		if (n == 0)
			put_heading(p, heading);
		if (n++ < ROWS_SHOWN)
			put_row(p, it);
	}
	if (n > ROWS_SHOWN)
		(void)str_printf(p->out, "  and %zu more (in the document)\n",
				 n - ROWS_SHOWN);
}

static void put_texts(const struct page *p, const struct list *texts, const char *heading)
{
	if (texts->len > 0)
		put_heading(p, heading);
	LIST_EACH (char *const, it, texts)
		page_wrap_foreign(p, 2, "- ", *it);
}

static void put_last(const struct page *p, const struct list *last)
{
	if (last->len > 0)
		put_heading(p, "The last ones before the app ended, the latest first");
	LIST_EACH (const struct refusal, it, last)
		put_row(p, it);
}

static void put_verdict(const struct page *p, const struct rehearsal *r)
{
	AUTO(str_done) struct str verdict = STR_INIT(LINE_MAX_BYTES);

	report_rehearsal_verdict(r, &verdict);
	page_ink(p, !r->valid || r->broken ? INK_BAD : INK_GOOD);
	(void)str_printf(p->out, "taskprobe: %s\n", verdict.s);
	page_ink(p, INK_PLAIN);
}

void report_rehearsal_text(const struct rehearsal *r, const struct text_style *style,
			   struct str *out)
{
	static const char *const headings[2][SECTIONS] = {
		{ "Refused, and works on a writable root",
		  "Refused, and fails on a writable root too, with another error",
		  "Asked whether it may write (access), and told no" },
		{ "Would be refused, and works on a writable root",
		  "Would get another error than it gets",
		  "Asked whether it may write (access), and would be told no" },
	};
	const struct page p = { style, out };
	const int permissive = r->how == REHEARSAL_PERMISSIVE;

	put_verdict(&p, r);
	put_texts(&p, &r->invalid, "Why it is invalid");
	for (int i = 0; i < SECTIONS; i++)
		put_section(&p, &r->refused, (enum section)i, headings[permissive][i]);
	put_last(&p, &r->before_the_end);
	put_texts(&p, &r->blind_spots, "What it does not show");
	(void)str_puts(out, "\n");
	page_wrap(&p, 0, "",
		  "This is a rehearsal and not a security boundary: it tells an app "
		  "that means well what it would be told.");
}

void report_rehearsal_json(const struct rehearsal *rehearsal, struct str *out)
{
	struct json_out o = JSON_OUT_INIT(out, true);

	json_open(&o, NULL, '{');
	json_put_text(&o, "schema", REHEARSAL_SCHEMA);
	record_write_members(&o, &rehearsal_type, rehearsal);
	json_close(&o, '}');
	(void)str_puts(out, "\n");
}
