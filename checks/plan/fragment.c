/* SPDX-License-Identifier: MIT */
#include "checks/plan/fragment.h"

#include <string.h>

#include "checks/report/page.h"
#include "checks/report/words.h"
#include "core/cleanup.h"
#include "core/text.h"

#define COMMENT_MAX ((size_t)64 << 10)
#define WIDTH	    88

/* What stands for itself in a quoted text of all three; the rest by its number. */
static bool is_plain(const char *text, size_t n)
{
	const unsigned char c = (unsigned char)text[0];

	if (n == 1)
		return c >= 0x20 && c != 0x7f;
	/* The C1 set; line and paragraph separators and what turns the direction; what a
	 * parser takes for a byte order mark. */
	return !(c == 0xc2 && (unsigned char)text[1] < 0xa0) &&
	       !(c == 0xe2 && (unsigned char)text[1] <= 0x81) &&
	       !(c == 0xef && (unsigned char)text[1] == 0xbb);
}

static unsigned number_of(const char *text, size_t n)
{
	unsigned c = (unsigned char)text[0];

	if (n == 1)
		return c;
	c &= n == 2 ? 0x1f : n == 3 ? 0x0f : 0x07;
	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)text[i] & 0x3f);
	return c;
}

/* How a character of others that means something there is written. */
struct dialect {
	bool dollars; /* doubled: compose replaces $NAME */
	bool braces;  /* by number behind a '$' or '%': HCL evaluates ${...} and %{...} */
};

static void quote(struct str *out, const char *text, struct dialect d)
{
	const char *end = text + strlen(text);
	char before = '\0';

	(void)str_puts(out, "\"");
	while (text < end) {
		const size_t n = text_utf8(text, end);

		if (n == 0)
			(void)str_puts(out, "\\ufffd");
		else if (*text == '"' || *text == '\\')
			(void)str_printf(out, "\\%c", *text);
		else if (!is_plain(text, n) ||
			 (d.braces && *text == '{' && (before == '$' || before == '%')))
			(void)str_printf(out, n < 4 ? "\\u%04x" : "\\U%08x",
					 number_of(text, n));
		else
			(void)str_add(out, text, n);
		if (d.dollars && *text == '$')
			(void)str_puts(out, "$");
		before = *text;
		text += n ? n : 1;
	}
	(void)str_puts(out, "\"");
}

void fragment_yaml(struct str *out, const char *text)
{
	quote(out, text, (struct dialect){ false, false });
}

void fragment_compose(struct str *out, const char *text)
{
	quote(out, text, (struct dialect){ true, false });
}

void fragment_hcl(struct str *out, const char *text)
{
	quote(out, text, (struct dialect){ false, true });
}

void fragment_list(struct str *out, const struct list *texts,
		   void (*quoted)(struct str *, const char *))
{
	size_t n = 0;

	(void)str_puts(out, "[");
	LIST_EACH (char *const, text, texts) {
		if (n++)
			(void)str_puts(out, ", ");
		quoted(out, *text);
	}
	(void)str_puts(out, "]");
}

void fragment_comment(struct str *out, size_t indent, const char *text)
{
	AUTO(str_done) struct str clean = STR_INIT(COMMENT_MAX);
	const char *p;

	text_escape(&clean, text);
	p = clean.s + strspn(clean.s, " ");
	do {
		size_t column = indent + 1;

		(void)str_printf(out, "%*s#", (int)indent, "");
		while (*p) {
			const size_t len = strcspn(p, " ");
			AUTO(str_done) struct str word = STR_INIT(COMMENT_MAX);

			(void)str_add(&word, p, len);
			const size_t n = page_columns(word.s);
			if (column > indent + 1 && column + 1 + n > WIDTH)
				break;
			(void)str_printf(out, " %s", word.s);
			column += 1 + n;
			p += len;
			p += strspn(p, " ");
		}
		(void)str_puts(out, "\n");
	} while (*p);
}

void fragment_missing(struct str *out, const struct list *plans)
{
	LIST_EACH (const struct plan, plan, plans) {
		AUTO(str_done) struct str line = STR_INIT(COMMENT_MAX);
		const char *name = plan->container ? plan->container : "app";

		if (plan->by_hand.len) {
			(void)str_printf(&line, "Not enough for %s: ", name);
			words_many(&line, (int64_t)plan->by_hand.len, "path is",
				   "paths are");
			(void)str_puts(&line,
				       " left to do by hand (-f text says which).");
			fragment_comment(out, 0, line.s);
			str_reset(&line);
		}
		if (plan->image_changes.len) {
			(void)str_printf(&line,
					 "The image of %s has to change too: ", name);
			words_many(&line, (int64_t)plan->image_changes.len, "line",
				   "lines");
			(void)str_puts(&line, " (-f dockerfile).");
			fragment_comment(out, 0, line.s);
		}
	}
}

bool fragment_has(const struct plan *plan, bool tmpfs)
{
	LIST_EACH (const struct plan_mount, m, &plan->mounts)
		if ((m->kind == PLAN_TMPFS) == tmpfs)
			return true;
	return false;
}
