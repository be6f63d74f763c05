/* SPDX-License-Identifier: MIT
 *
 * seen.h - what taskprobe saw of a task: saved reports and facts, as one report.
 */
#ifndef AGENT_SEEN_H
#define AGENT_SEEN_H

#include "core/err.h"
#include "core/list.h"
#include "core/report.h"

/* Reads 'paths' (char *: files, or directories of *.json): the task is that of the first
 * report, the facts are those of all. What `aws ecs describe-tasks` and
 * `describe-services` print is read for ECS Exec and the launch type. 0 or a negative
 * errno with words. Release *ret with report_done() in any case. */
int seen_read(const struct list *paths, struct report *ret, struct err *err);

/* The facts of the container: those of its first process that is known; NULL. */
const struct facts *seen_of(const struct report *seen, const char *container);

#endif
