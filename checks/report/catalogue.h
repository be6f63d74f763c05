/* SPDX-License-Identifier: MIT
 *
 * catalogue.h - the controls, listed: `list controls` and docs/CONTROLS.md.
 * Errors stick in 'out'.
 */
#ifndef CHECKS_REPORT_CATALOGUE_H
#define CHECKS_REPORT_CATALOGUE_H

#include "core/str.h"

void catalogue_text(struct str *out);	  /* one line each, for a terminal */
void catalogue_markdown(struct str *out); /* docs/CONTROLS.md, byte for byte */
void catalogue_json(struct str *out);	  /* {"schema":"taskprobe.controls/1",...} */

#endif
