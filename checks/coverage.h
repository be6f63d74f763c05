/* SPDX-License-Identifier: MIT
 *
 * coverage.h - what could not be looked at and what would change that, and what
 * the apps can write.
 */
#ifndef CHECKS_COVERAGE_H
#define CHECKS_COVERAGE_H

#include "core/report.h"

/* Adds the rows of report->coverage and report->writable. 'seats' holds struct
 * seat; 'wanted' is the container that was asked for, or NULL. 0 or -ENOMEM. */
int coverage_fill(struct report *report, const struct list *seats, const char *wanted);

#endif
