/* SPDX-License-Identifier: MIT
 *
 * taskdef.h - a task definition as `register-task-definition` takes it or
 * `describe-task-definition` prints it (bare, or in {"taskDefinition":...}).
 */
#ifndef CHECKS_INPUT_TASKDEF_H
#define CHECKS_INPUT_TASKDEF_H

#include <stddef.h>

#include "core/err.h"
#include "core/str.h"
#include "core/task.h"

/* Every field is optional, an explicit null is absent, unknown fields are
 * ignored; a field of the wrong kind, a container without a name, or two of one
 * name is an error that names line and column. 'source' is kept for messages.
 * On success ret->part.known is true. 0, -EINVAL, -E2BIG, -ENOMEM; *ret is left
 * alone on failure. */
int taskdef_parse(const char *text, size_t len, const char *source,
		  struct definition *ret, struct err *err);

/* Secrets and parameters are limited to 4 to 64 KB, so that a definition may come
 * as JSON, as base64 of it, or as base64 of gzip of it; which one is found from
 * the content. Appends the JSON to 'out', whose limit bounds what a small gzip may
 * grow to. 0, -EINVAL, -E2BIG, -ENOMEM. */
int envelope_open(const char *text, size_t len, struct str *out, struct err *err);

#endif
