/* SPDX-License-Identifier: MIT
 *
 * answer.h - how a rule says what it found. Running out of memory sticks in
 * answer.text.error, which the judge asks once; the verdict is then unknown.
 */
#ifndef CHECKS_ANSWER_H
#define CHECKS_ANSWER_H

#include "checks/control.h"

/* Half a line beside another half; what is longer is cut and ends in "...". */
#define ANSWER_TEXT_MAX 200
/* Evidence quotes names of containers that we do not trust. */
#define ANSWER_EVIDENCE_MAX 2000

#define ANSWER_INIT                                \
	{                                          \
		.text = STR_INIT(ANSWER_TEXT_MAX), \
	}

/* Sets the verdict and its half line, in place of what was there. */
void answer_set(struct answer *ret, enum verdict verdict, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds a sentence of evidence. */
void answer_evidence(struct answer *ret, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The same, with who saw it: the part's observer, else that of the facts. */
void answer_seen(struct answer *ret, const struct facts *facts, const struct part *part,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

void answer_done(struct answer *ret);

/* Appends 'item' to an enumeration: ", " goes before all but the first. */
void answer_enumerate(struct str *list, const char *item);

#endif
