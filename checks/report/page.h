/* SPDX-License-Identifier: MIT
 *
 * page.h - words on lines of a width, with or without colours.
 */
#ifndef CHECKS_REPORT_PAGE_H
#define CHECKS_REPORT_PAGE_H

#include "checks/report/text.h"

enum ink { INK_PLAIN, INK_BAD, INK_WARN, INK_GOOD, INK_DIM, INK_BOLD };

struct page {
	const struct text_style *style;
	struct str *out;
};

/* Switches the ink on and, with INK_PLAIN, off. Nothing without colours. */
void page_ink(const struct page *p, enum ink ink);

/* Columns that 'text' takes, as good as one can tell without a terminal: one for
 * each character. */
size_t page_columns(const char *text);

/* Appends 'text' and blanks up to 'columns'. */
void page_cell(const struct page *p, const char *text, size_t columns);

/* Writes the words of 'text' from column 'left', where the line stands; further
 * lines begin there too. Ends the line. */
void page_fill(const struct page *p, size_t left, const char *text);

/* Writes one paragraph: 'lead' at 'indent', then the words of 'text', on further
 * lines below where the text began. Ends the line. 'text' is clean already. */
void page_wrap(const struct page *p, size_t indent, const char *lead, const char *text);

/* The same for a text of others: control characters are escaped. */
void page_wrap_foreign(const struct page *p, size_t indent, const char *lead,
		       const char *text);

#endif
