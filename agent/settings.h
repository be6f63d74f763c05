/* SPDX-License-Identifier: MIT
 *
 * settings.h - what a verb was asked to do: options and their environment
 * variables, from one table. The table is also --help and the manual's list.
 *
 * A command line beats the environment, the environment beats the default.
 */
#ifndef AGENT_SETTINGS_H
#define AGENT_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/list.h"
#include "core/report.h"
#include "core/str.h"

struct settings {
	struct list formats; /* char *: "text", "json", "json=FILE" */
	char *output;	     /* NULL: stdout */
	enum severity fail_on;
	bool require_observed;
	struct list only, skip; /* char *: control ids */
	char *container;
	char *self;
	bool include_self;
	int write_mode;	       /* enum write_mode */
	char *metadata;	       /* URI; NULL: none */
	char *task_definition; /* file */
	char *definition_text; /* TASKPROBE_TASK_DEFINITION: content */
	struct list facts;     /* char *: files and directories */
	int64_t timeout_ms;    /* for looking at one container */
	int64_t wait_ms;       /* for the metadata and the other containers to come up */
	bool no_inventory;
	bool instance_metadata;
	bool once;
	bool exec;
	bool no_color;
	char *ca_file;
	char *wrap, *unwrap; /* install: task definition files */
	char *image_config;  /* install: a file */
	char *image;	     /* install: taskprobe's own */
	bool probe;	     /* install: probe --exec instead of trace */
	int64_t for_ms;	     /* trace, rehearse; 0: to the app's end */
	int wake;	     /* trace: enum trace_wake */
	bool pid1, every_mount, refuse_io_uring; /* trace */
	char *task;				 /* trace: its name or ARN */
	int prefer;				 /* plan: enum plan_prefer */
	int launch_type;			 /* plan: enum launch_type */
	bool backout;				 /* plan */
	char *plan;				 /* rehearse: a file; NULL: none */
	bool permissive, real, strict;		 /* rehearse */
	bool help;
};

/* Which verbs take an option. */
enum {
	TAKES_PROBE = 1,
	TAKES_AGENT = 2,
	TAKES_REPORT = 4,
	TAKES_LIST = 8,
	TAKES_NOTHING = 16, /* health, version: --help alone */
	TAKES_TRACE = 32,
	TAKES_MERGE = 64,
	TAKES_INSTALL = 128,
	TAKES_PLAN = 256,
	TAKES_REHEARSE = 512,
};

/* Reads the environment, then argv[1..]. What is no option goes to 'rest' (char *,
 * borrowed); after "--" everything does. 0, or -EINVAL with words for the user. */
int settings_read(struct settings *ret, unsigned takes, int argc, char *const *argv,
		  struct list *rest, struct err *err);
void settings_done(struct settings *settings);

/* The options that a verb takes, a line or two each, with their variables. */
void settings_help(unsigned takes, struct str *out);

/* Every option's long name, for consistency tests; ends with NULL. */
const char *settings_option_name(size_t i);

#endif
