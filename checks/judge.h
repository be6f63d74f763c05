/* SPDX-License-Identifier: MIT
 *
 * judge.h - task and facts in, findings out. Pure: the same report twice gives
 * the same bytes.
 */
#ifndef CHECKS_JUDGE_H
#define CHECKS_JUDGE_H

#include "core/err.h"
#include "core/list.h"
#include "core/report.h"

struct judge_options {
	enum severity fail_on;	 /* SEVERITY_NONE: findings never make the status 1 */
	bool require_observed;	 /* an observed rule that could not look makes it 3 */
	bool include_self;	 /* our own container counts too */
	const struct list *only; /* char *: control ids; NULL or empty: all */
	const struct list *skip; /* char * */
	const char *container;	 /* judge this one alone, and the task; NULL: all */
};

/* Fills report->findings (worst first), writable, coverage and summary from
 * report->task and report->facts; what was in them is released. 0 or -ENOMEM.
 *
 * summary.exit_status: 1 where findings count, whatever else; else 3 where nothing
 * could be judged (all is unknown or not applicable), no container is the one asked
 * for, or require_observed is set and an observed rule could not look at a running
 * container (rules that are tried on request alone are not insisted on); else 0. */
int judge(struct report *report, const struct judge_options *options, struct err *err);

#endif
