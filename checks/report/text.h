/* SPDX-License-Identifier: MIT
 *
 * text.h - the report as a person reads it in a log: the verdicts first, worst
 * first, then the evidence, then what could not be looked at.
 */
#ifndef CHECKS_REPORT_TEXT_H
#define CHECKS_REPORT_TEXT_H

#include <stdbool.h>

#include "core/report.h"
#include "core/str.h"

struct text_style {
	bool color; /* on a terminal alone */
	int width;  /* columns; 0: a log, lines are not wrapped */
};

void report_text(const struct report *report, const struct text_style *style,
		 struct str *out);

#endif
