/* SPDX-License-Identifier: MIT
 *
 * read.h - a plan as it was printed, read again.
 */
#ifndef CHECKS_PLAN_READ_H
#define CHECKS_PLAN_READ_H

#include <stddef.h>

#include "core/err.h"
#include "core/plan.h"

/* 'container': of a plan of several containers that of this name; NULL: there must be but
 * one. A mount without a mode says nothing of its owner: -1. 0; -EINVAL with words;
 * -ENOMEM. Release with plan_done(). */
int plan_read(const char *text, size_t len, const char *container, struct plan *ret,
	      struct err *err);

#endif
