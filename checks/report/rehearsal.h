/* SPDX-License-Identifier: MIT
 *
 * rehearsal.h - a rehearsal as a person reads it: valid or not, what was refused, worst
 * first, and what it cannot show.
 */
#ifndef CHECKS_REPORT_REHEARSAL_H
#define CHECKS_REPORT_REHEARSAL_H

#include "checks/report/text.h"
#include "core/rehearsal.h"

/* The whole page; the first line is the verdict. */
void report_rehearsal_text(const struct rehearsal *rehearsal,
			   const struct text_style *style, struct str *out);

/* The verdict alone, without a newline. */
void report_rehearsal_verdict(const struct rehearsal *rehearsal, struct str *out);

/* The document, taskprobe.rehearsal/1. */
void report_rehearsal_json(const struct rehearsal *rehearsal, struct str *out);

#endif
