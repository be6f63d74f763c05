/* SPDX-License-Identifier: MIT
 *
 * schema.h - JSON Schemas of the documents, from the tables that write them.
 */
#ifndef TESTS_SCHEMA_H
#define TESTS_SCHEMA_H

#include "core/str.h"

void schema_report(struct str *out);	/* docs/schema/report.json */
void schema_facts(struct str *out);	/* docs/schema/facts.json */
void schema_plan(struct str *out);	/* docs/schema/plan.json */
void schema_rehearsal(struct str *out); /* docs/schema/rehearsal.json */

#endif
