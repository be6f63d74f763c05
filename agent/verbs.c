/* SPDX-License-Identifier: MIT
 *
 * verbs.c - the list of all verbs, in the order of the help.
 */
#include <stdarg.h>
#include <stdio.h>

#include "agent/verb.h"
#include "core/cleanup.h"
#include "core/text.h"

const struct verb *const verbs[] = {
	&verb_probe,   &verb_agent,  &verb_report,  &verb_list,
	&verb_trace,   &verb_merge,  &verb_plan,    &verb_rehearse,
	&verb_install, &verb_health, &verb_version, NULL,
};

void complain(const char *fmt, ...)
{
	AUTO(str_done) struct str line = STR_INIT(4096);
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_escape(&line, text);
	(void)fprintf(stderr, "taskprobe: %s\n", line.s);
}
