/* SPDX-License-Identifier: MIT
 *
 * control.h - one control is one constant: what it demands, how serious it is,
 * how to judge what is declared and what was observed. Its texts feed the
 * report, `list controls` and docs/CONTROLS.md, so they are written once.
 */
#ifndef CHECKS_CONTROL_H
#define CHECKS_CONTROL_H

#include <stddef.h>

#include "core/facts.h"
#include "core/report.h"
#include "core/task.h"

enum control_scope { SCOPE_TASK, SCOPE_CONTAINER };

/* What a rule looks at. Of a task-scoped control 'name', 'declared', 'running'
 * and 'facts' are NULL: it walks task and all_facts itself. */
struct subject {
	const struct task *task;
	const struct list *all_facts;		     /* struct facts */
	const char *name;			     /* of the container */
	const struct container_definition *declared; /* NULL: not in the definition */
	const struct running_container *running;     /* NULL: not in the metadata */
	const struct facts *facts;		     /* NULL: not seen */
};

/* A rule's answer: the verdict, half a line of text for the finding's line, and
 * sentences of evidence. */
struct answer {
	enum verdict verdict;
	struct str text;      /* one half line, at most 200 bytes */
	struct list evidence; /* char * */
	const char *remedy;   /* overrides the control's; static */
};

/* Fills *ret, which starts as unknown without words. */
typedef void rule(const struct subject *s, struct answer *ret);

struct control {
	const char *id;
	const char *set; /* "security-hub", "cis", "taskprobe" */
	const char *title;
	enum severity severity;
	enum control_scope scope;
	rule *declared;	      /* the set's own rule, to the letter; NULL: it has none */
	rule *observed;	      /* NULL: reality has no say */
	const char *requires; /* what it takes to observe it, for `list controls` */
	const char *remedy;
	const char *undeclared;	  /* the remedy where it is so but not declared, */
	const char *contradicted; /* where it is declared and not so; NULL: remedy */
	bool on_request;	  /* observed only when asked for or from within:
				   * --require-observed does not insist on it */
	const char *related;	  /* "NIST.800-53.r5 AC-6, CA-9(1)"; may be NULL */
	const char *config_rule;  /* AWS Config's; may be NULL */
	bool retired;
};

/* In the order in which lists print them; ends with NULL. */
extern const struct control *const controls[];

/* The control with that id, in any case; NULL if none has it. */
const struct control *control_find(const char *id);

#endif
