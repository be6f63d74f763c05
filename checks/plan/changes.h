/* SPDX-License-Identifier: MIT
 *
 * changes.h - the lines of a Dockerfile that a plan needs, for the end of it.
 *
 * RUN comes before VOLUME: what a later line changes in a volume is thrown away.
 */
#ifndef CHECKS_PLAN_CHANGES_H
#define CHECKS_PLAN_CHANGES_H

#include "checks/plan/planning.h"

/* The directory is not in the image; it gets its owner and mode there. */
int changes_make(struct planning *p, const struct plan_mount *mount);

/* A file of 'moved', and a link in its place. */
int changes_move_files(struct planning *p, struct slice dir, const char *to);

/* A directory, and a link in its place. 'there': the image has it. */
int changes_move_directory(struct planning *p, const struct site *site, const char *to);

/* What a fresh volume would not have by itself: content, or another owner or mode than
 * root's 0755. */
int changes_volume(struct planning *p, const struct plan_mount *mount);

/* Around the RUN lines, if there are any: root runs them, and afterwards the image's
 * user is the same. To be called once, before the first VOLUME. */
int changes_user(struct planning *p);

#endif
