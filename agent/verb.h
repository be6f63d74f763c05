/* SPDX-License-Identifier: MIT
 *
 * verb.h - one verb is one constant in a file of its own. No verb knows another.
 */
#ifndef AGENT_VERB_H
#define AGENT_VERB_H

#include "agent/settings.h"

/* What the exit status of every verb means. Wrappers (probe --exec) hand on the
 * command's status and use 125 to 127 for their own failures. */
enum {
	EXIT_CLEAN = 0,
	EXIT_FINDINGS = 1,
	EXIT_USAGE = 2,
	EXIT_BLIND = 3, /* could not look */
	EXIT_WRAPPER = 125,
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
};

struct verb {
	const char *name;
	const char *synopsis; /* behind "taskprobe " */
	const char *help;     /* half a line, for the list of verbs */
	const char *text;     /* paragraphs, for its own --help */
	unsigned takes;	      /* TAKES_...: the options */
	int (*run)(struct settings *settings, const struct list *rest /* char * */);
};

extern const struct verb verb_probe, verb_agent, verb_report, verb_list, verb_trace,
	verb_install, verb_merge, verb_plan, verb_rehearse, verb_health, verb_version;

extern const struct verb *const verbs[]; /* ends with NULL */

/* "taskprobe: ..." on standard error; the text is escaped for a terminal. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
