/* SPDX-License-Identifier: MIT
 *
 * report.h - the verdicts and what they rest on: taskprobe.report/1, one document.
 */
#ifndef CORE_REPORT_H
#define CORE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/facts.h"
#include "core/list.h"
#include "core/record.h"
#include "core/task.h"

/* Zero is unknown: memory nobody filled in never reads as a pass. */
enum verdict {
	VERDICT_UNKNOWN,
	VERDICT_PASS,
	VERDICT_FAIL,
	VERDICT_NOT_APPLICABLE,
	VERDICT_COUNT
};
extern const char *const verdict_names[];

/* Declared beside observed (see standing_of). */
enum standing {
	STANDING_UNKNOWN,
	STANDING_NOT_APPLICABLE,
	STANDING_CONFIRMED,	/* promised, and so */
	STANDING_OBSERVED_ONLY, /* nothing declared to compare with */
	STANDING_DECLARED_ONLY, /* could not be observed */
	STANDING_UNDECLARED,	/* safe in fact, not by declaration */
	STANDING_FAILED,	/* declared so, and so */
	STANDING_CONTRADICTED,	/* promised, and not so: the worst */
	STANDING_COUNT
};
extern const char *const standing_names[];

enum severity {
	SEVERITY_NONE,
	SEVERITY_LOW,
	SEVERITY_MEDIUM,
	SEVERITY_HIGH,
	SEVERITY_CRITICAL
};
extern const char *const severity_names[];

enum standing standing_of(enum verdict declared, enum verdict observed);

struct resource {
	char *type; /* "container" or "task" */
	char *name;
};

struct finding {
	char *control, *title;
	enum severity severity;
	struct resource resource;
	enum verdict declared, observed;
	enum standing standing;
	char *declared_text; /* half a line: "readonlyRootFilesystem is true (line 12)" */
	char *observed_text; /* half a line: "/ is mounted rw" */
	struct list evidence; /* char *: a sentence each, with who saw it */
	char *remedy;	      /* what to change; NULL where nothing is to be done */
	bool self;	      /* about the container that taskprobe runs in, and set
			       * apart from the others (not so with --include-self) */
	bool counts;	      /* towards the exit status */
};

struct writable_place {
	char *container, *path;
	char *kind;			 /* "tree", "directory", "file", "mount" */
	char *fstype;			 /* of a mount */
	int64_t bytes_total, bytes_free; /* -1: not known */
	int64_t entries;
};

struct coverage {
	char *container; /* "task" for what concerns all */
	char *what, *why, *grants;
};

struct summary {
	int64_t findings;
	int64_t contradicted, failed, undeclared, declared_only, observed_only, confirmed,
		not_applicable, unknown;
	int64_t counting; /* findings that count towards the exit status */
	int64_t containers, containers_observed;
	int64_t exit_status;
	char *worst; /* spelling of the worst standing among the findings */
};

struct tool {
	char *name, *version;
};

struct report {
	char *schema;
	struct tool tool;
	char *created; /* RFC 3339, UTC; set by the agent */
	struct task task;
	struct list facts;    /* struct facts */
	struct list findings; /* struct finding, worst first */
	struct list writable; /* struct writable_place */
	struct list coverage; /* struct coverage */
	struct summary summary;
};

#define REPORT_SCHEMA "taskprobe.report/1"

extern const struct type finding_type, report_type;

void report_done(struct report *report);

#endif
