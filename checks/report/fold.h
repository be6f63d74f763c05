/* SPDX-License-Identifier: MIT
 *
 * fold.h - many paths as few rows: files of one directory as one, directories with
 * many rows as one with all below.
 */
#ifndef CHECKS_REPORT_FOLD_H
#define CHECKS_REPORT_FOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/inventory.h"
#include "core/list.h"

struct fold_row {
	size_t from, to; /* of the paths: those that it stands for, and perhaps others */
	size_t len;	 /* of its directory, with the '/' at the end; 0: a path alone */
	bool direct;	 /* the entries of that directory, and none below */
};

/* 'paths' holds struct inventory_path *, sorted by bytes. Fills 'rows' (struct
 * fold_row) in that order. 0 or -ENOMEM. */
int fold_paths(const struct list *paths, struct list *rows);

/* Does the row stand for path 'i' of its range? */
bool fold_has(const struct list *paths, const struct fold_row *row, size_t i);

#endif
