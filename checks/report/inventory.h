/* SPDX-License-Identifier: MIT
 *
 * inventory.h - an inventory as a person reads it: what a read-only root would break
 * first, worst first, folded by directory; then what fails already; then what was
 * not seen.
 */
#ifndef CHECKS_REPORT_INVENTORY_H
#define CHECKS_REPORT_INVENTORY_H

#include "checks/report/text.h"
#include "core/inventory.h"

/* The whole page; the first line is the verdict. */
void report_inventory_text(const struct inventory *inventory,
			   const struct text_style *style, struct str *out);

/* The verdict alone, without a newline: "3 of the image's own paths are changed, ...". */
void report_inventory_verdict(const struct inventory *inventory, struct str *out);

#endif
