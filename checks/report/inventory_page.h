/* SPDX-License-Identifier: MIT
 *
 * inventory_page.h - the inside of inventory.h.
 */
#ifndef CHECKS_REPORT_INVENTORY_PAGE_H
#define CHECKS_REPORT_INVENTORY_PAGE_H

#include "checks/report/inventory.h"
#include "checks/report/page.h"

#define INVENTORY_TEXT_MAX ((size_t)256 * 1024) /* of one line */

/* In the order of the page: what a read-only root breaks, worst first. */
enum inventory_class {
	CLASS_IMAGE,   /* the image's own, changed */
	CLASS_PERHAPS, /* nobody looked whether it is the image's */
	CLASS_NEW,
	CLASS_ASKED,  /* access() alone: nothing was written */
	CLASS_FAILED, /* every attempt fails today */
	CLASS_COUNT,
};

struct inventory_totals {
	int64_t paths[CLASS_COUNT];
	int64_t executed;
	int64_t runs, truncated; /* runs, and those of them without an end */
	bool cut;		 /* the inventory itself has no end */
	struct inventory_end end;
};

/* What the verdict is made of. 0 or -ENOMEM. */
int inventory_count(const struct inventory *inventory, struct inventory_totals *ret);
enum inventory_class inventory_class(const struct inventory_path *path);
/* In one line. */
void inventory_verdict(struct str *out, const struct inventory_totals *totals);

void inventory_heading(const struct page *p, const char *text);
/* The section on what was and what was not seen. 0 or -ENOMEM. */
int inventory_coverage(const struct page *p, const struct inventory *inventory,
		       const struct inventory_totals *totals);

#endif
