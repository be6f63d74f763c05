/* SPDX-License-Identifier: MIT
 *
 * output.h - a finished report to where the user wants it.
 */
#ifndef AGENT_OUTPUT_H
#define AGENT_OUTPUT_H

#include "agent/settings.h"
#include "core/report.h"

/* Prints the report in each format asked for (text where none is). 0, or a
 * negative errno with words: -EINVAL for a format that is none, -EPIPE and so on. */
int output_report(const struct settings *settings, const struct report *report,
		  struct err *err);

/* Are the formats ones that we have? Asked before anything is looked at. */
int output_check(const struct settings *settings, struct err *err);

#endif
