/* SPDX-License-Identifier: MIT
 *
 * row.h - what was done to the paths of one row of an inventory's page, in words.
 */
#ifndef CHECKS_REPORT_ROW_H
#define CHECKS_REPORT_ROW_H

#include "core/inventory.h"

struct row_sum {
	int64_t kinds[INVENTORY_DEVICE + 1]; /* paths of each */
	int64_t paths;
	int64_t size; /* of all whose size is known */
	int64_t gone, executed, runs;
	int64_t counts[OP_COUNT]; /* written */
	struct list failed; /* struct inventory_count: one for each operation and errno */
	struct list writers; /* who, and how often */
};

int row_add(struct row_sum *sum, const struct inventory_path *path); /* 0 or -ENOMEM */
void row_done(struct row_sum *sum);

/* "3 files, 12.4 MiB; create 3, write 9; by node(1000); 1 gone again". 'runs': of the
 * whole inventory. */
void row_words(struct str *out, struct row_sum *sum, int64_t runs);

#endif
