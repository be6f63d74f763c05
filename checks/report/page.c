/* SPDX-License-Identifier: MIT */
#include "checks/report/page.h"

#include "core/cleanup.h"
#include "core/text.h"

/* Evidence holds at most 2000 bytes, four times that when all is escaped. */
#define FOREIGN_MAX (64 * 1024)

void page_ink(const struct page *p, enum ink ink)
{
	static const char *const codes[] = {
		[INK_PLAIN] = "\033[0m", [INK_BAD] = "\033[1;31m",
		[INK_WARN] = "\033[33m", [INK_GOOD] = "\033[32m",
		[INK_DIM] = "\033[2m",	 [INK_BOLD] = "\033[1m",
	};

	if (p->style->color)
		(void)str_puts(p->out, codes[ink]);
}

size_t page_columns(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void blanks(const struct page *p, size_t n)
{
	while (n-- > 0)
		(void)str_add(p->out, " ", 1);
}

void page_cell(const struct page *p, const char *text, size_t columns)
{
	const size_t n = page_columns(text);

	(void)str_puts(p->out, text);
	blanks(p, n < columns ? columns - n : 0);
}

void page_fill(const struct page *p, size_t left, const char *text)
{
	const size_t width = p->style->width > 0 ? (size_t)p->style->width : 0;
	size_t column = left;

	while (*text) {
		const size_t blank = strspn(text, " "), len = strcspn(text + blank, " ");
		AUTO(str_done) struct str word = STR_INIT(FOREIGN_MAX);

		(void)str_add(&word, text + blank, len);
		const size_t n = page_columns(word.s);
		if (width > 0 && column > left && column + 1 + n > width) {
			(void)str_puts(p->out, "\n");
			blanks(p, left);
			column = left;
		} else if (column > left && blank > 0) {
			blanks(p, 1);
			column++;
		}
		(void)str_puts(p->out, word.s);
		column += n;
		text += blank + len;
	}
	(void)str_puts(p->out, "\n");
}

void page_wrap(const struct page *p, size_t indent, const char *lead, const char *text)
{
	blanks(p, indent);
	(void)str_puts(p->out, lead);
	page_fill(p, indent + page_columns(lead), text);
}

void page_wrap_foreign(const struct page *p, size_t indent, const char *lead,
		       const char *text)
{
	AUTO(str_done) struct str clean = STR_INIT(FOREIGN_MAX);

	text_escape(&clean, text);
	page_wrap(p, indent, lead, clean.s);
}
