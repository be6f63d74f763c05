/* SPDX-License-Identifier: MIT */
#include "agent/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "checks/control.h"
#include "core/num.h"
#include "core/table.h"
#include "probe/trace/trace.h"

/* Looking at one container: 200,000 files take under a second on a warm cache;
 * ten seconds leave room for a cold one on a loaded task. */
#define TIMEOUT_DEFAULT_MS 10000
/* ECS answers 404 for some seconds after a container's start, and containers
 * with a dependsOn start one after the other. */
#define WAIT_DEFAULT_MS 30000

enum option_kind {
	OPTION_FLAG,
	OPTION_TEXT,
	OPTION_TEXTS, /* repeatable; in the environment separated by commas */
	OPTION_PATHS, /* repeatable; never split: a path may hold a comma */
	OPTION_DURATION,
	OPTION_WORD, /* an enum */
};

struct option_row {
	const char *name;
	char letter;
	enum option_kind kind;
	size_t offset;
	const char *const *words;
	const char *arg, *help;
	const char *env; /* where it is not TASKPROBE_NAME */
	unsigned takes;
};

#define AT(m)  offsetof(struct settings, m)
#define LOOKS  (TAKES_PROBE | TAKES_AGENT)
#define JUDGES (LOOKS | TAKES_REPORT)

static const char *const write_words[] = { "auto", "create", "none", NULL };
/* As enum plan_prefer and enum launch_type have them. */
static const char *const prefer_words[] = { "auto", "tmpfs", "volume", "efs", NULL };
static const char *const launch_words[] = { "auto",	"FARGATE",
					    "EC2",	"MANAGED_INSTANCES",
					    "EXTERNAL", NULL };
static const char *const fail_words[] = { "none", "low",      "medium",
					  "high", "critical", NULL };

static const struct option_row rows[] = {
	{ "format", 'f', OPTION_TEXTS, AT(formats), NULL, "text|json[=FILE]",
	  "how to print, and where to; may stand several times", NULL,
	  JUDGES | TAKES_TRACE | TAKES_MERGE | TAKES_LIST | TAKES_REHEARSE },
	{ "format", 'f', OPTION_TEXTS, AT(formats), NULL,
	  "json|text|taskdef|cloudformation|terraform|dockerfile|compose[=FILE]",
	  "what to print, and where to; may stand several times (default: json)", NULL,
	  TAKES_PLAN },
	{ "output", 'o', OPTION_TEXT, AT(output), NULL, "FILE",
	  "print to FILE instead of standard output", NULL,
	  JUDGES | TAKES_MERGE | TAKES_INSTALL | TAKES_PLAN },
	{ "output", 'o', OPTION_TEXT, AT(output), NULL, "FILE",
	  "write the inventory to FILE, as it is recorded (JSON Lines)", NULL,
	  TAKES_TRACE },
	{ "output", 'o', OPTION_TEXT, AT(output), NULL, "FILE",
	  "write what was refused to FILE (JSON)", NULL, TAKES_REHEARSE },
	{ "plan", 0, OPTION_TEXT, AT(plan), NULL, "FILE",
	  "the plan whose mounts are rehearsed (default: none)", NULL, TAKES_REHEARSE },
	{ "permissive", 0, OPTION_FLAG, AT(permissive), NULL, NULL,
	  "let everything through, and list what would be refused", NULL,
	  TAKES_REHEARSE },
	{ "real", 0, OPTION_FLAG, AT(real), NULL, NULL,
	  "make the mounts, in a mount namespace of its own (CAP_SYS_ADMIN)", NULL,
	  TAKES_REHEARSE },
	{ "strict", 0, OPTION_FLAG, AT(strict), NULL, NULL,
	  "exit status 1 where something was refused and the app ended with 0", NULL,
	  TAKES_REHEARSE },
	{ "fail-on", 0, OPTION_WORD, AT(fail_on), fail_words,
	  "critical|high|medium|low|none",
	  "findings from this severity on make the exit status 1 (default: high)", NULL,
	  JUDGES },
	{ "require-observed", 0, OPTION_FLAG, AT(require_observed), NULL, NULL,
	  "exit status 3 where something that can be observed could not be", NULL,
	  JUDGES },
	{ "only", 0, OPTION_TEXTS, AT(only), NULL, "ID",
	  "judge this control alone; repeatable", NULL, JUDGES },
	{ "skip", 0, OPTION_TEXTS, AT(skip), NULL, "ID",
	  "leave this control out; repeatable", NULL, JUDGES },
	{ "container", 0, OPTION_TEXT, AT(container), NULL, "NAME",
	  "this container alone", NULL,
	  JUDGES | TAKES_INSTALL | TAKES_PLAN | TAKES_REHEARSE },
	{ "self", 0, OPTION_TEXT, AT(self), NULL, "NAME",
	  "which container of the definition this process is in, where no metadata says "
	  "so",
	  NULL, JUDGES },
	{ "include-self", 0, OPTION_FLAG, AT(include_self), NULL, NULL,
	  "findings on taskprobe's own container count too", NULL, JUDGES },
	{ "task-definition", 0, OPTION_TEXT, AT(task_definition), NULL, "FILE",
	  "what was declared: the task definition as JSON (bare, or as AWS prints it)",
	  "TASKPROBE_TASK_DEFINITION_FILE", JUDGES | TAKES_PLAN },
	{ "facts", 0, OPTION_PATHS, AT(facts), NULL, "PATH",
	  "complete with what `probe --exec` wrote: a file, or a directory of *.json; "
	  "repeatable",
	  NULL, LOOKS },
	{ "facts", 0, OPTION_PATHS, AT(facts), NULL, "REPORT",
	  "what was seen of the running task: a saved report, facts, or what `aws ecs "
	  "describe-tasks` prints (launch type, uid, ECS Exec); repeatable",
	  NULL, TAKES_PLAN },
	{ "prefer", 0, OPTION_WORD, AT(prefer), prefer_words, "auto|tmpfs|volume|efs",
	  "the kind of mount where several would do (default: auto)", NULL, TAKES_PLAN },
	{ "launch-type", 0, OPTION_WORD, AT(launch_type), launch_words,
	  "FARGATE|EC2|MANAGED_INSTANCES|EXTERNAL",
	  "where the task runs (default: what the definition requires)", NULL,
	  TAKES_PLAN },
	{ "backout", 0, OPTION_FLAG, AT(backout), NULL, NULL,
	  "with -f taskdef: the way back, the definition as it was given, ready to be "
	  "registered",
	  NULL, TAKES_PLAN },
	{ "write-probe", 0, OPTION_WORD, AT(write_mode), write_words, "auto|create|none",
	  "auto: a file is made and removed at / alone; create: on every writable mount; "
	  "none: nowhere",
	  NULL, LOOKS },
	{ "metadata", 0, OPTION_TEXT, AT(metadata), NULL, "URI",
	  "the task metadata endpoint (default: $ECS_CONTAINER_METADATA_URI_V4)", NULL,
	  LOOKS },
	{ "timeout", 0, OPTION_DURATION, AT(timeout_ms), NULL, "TIME",
	  "for looking at one container (default: 10s)", NULL, LOOKS },
	{ "wait", 0, OPTION_DURATION, AT(wait_ms), NULL, "TIME",
	  "for the metadata and the other containers to come up (default: agent 30s, "
	  "probe 0)",
	  NULL, LOOKS },
	{ "no-inventory", 0, OPTION_FLAG, AT(no_inventory), NULL, NULL,
	  "do not walk the file systems: no writable inventory, no setuid files", NULL,
	  LOOKS },
	{ "instance-metadata", 0, OPTION_FLAG, AT(instance_metadata), NULL, NULL,
	  "try to reach the EC2 instance metadata service (TP.10)", NULL, LOOKS },
	{ "exec", 0, OPTION_FLAG, AT(exec), NULL, NULL,
	  "probe from within, write the facts to -o FILE, then become the command after "
	  "--",
	  NULL, TAKES_PROBE },
	{ "once", 0, OPTION_FLAG, AT(once), NULL, NULL,
	  "report once and exit with the status", NULL, TAKES_AGENT },
	{ "wrap", 0, OPTION_TEXT, AT(wrap), NULL, "TASKDEF",
	  "print this task definition with the container's app started under taskprobe",
	  NULL, TAKES_INSTALL },
	{ "unwrap", 0, OPTION_TEXT, AT(unwrap), NULL, "TASKDEF",
	  "print a wrapped definition as it was before", NULL, TAKES_INSTALL },
	{ "image-config", 0, OPTION_TEXT, AT(image_config), NULL, "FILE",
	  "what `docker inspect IMAGE` prints about the app's image", NULL,
	  TAKES_INSTALL },
	{ "image", 0, OPTION_TEXT, AT(image), NULL, "IMAGE",
	  "where the task gets taskprobe from", NULL, TAKES_INSTALL },
	{ "probe", 0, OPTION_FLAG, AT(probe), NULL, NULL,
	  "look with `probe` before the app starts, instead of `trace` around it", NULL,
	  TAKES_INSTALL },
	{ "for", 0, OPTION_DURATION, AT(for_ms), NULL, "TIME",
	  "record so long, then let the app go on alone (default: to its end)", NULL,
	  TAKES_TRACE },
	{ "for", 0, OPTION_DURATION, AT(for_ms), NULL, "TIME",
	  "rehearse so long, then let the app go on alone, which may write everywhere "
	  "then (default: to its end)",
	  NULL, TAKES_REHEARSE },
	{ "pid1", 0, OPTION_FLAG, AT(pid1), NULL, NULL,
	  "the app keeps this process's PID: for an init that must be PID 1", NULL,
	  TAKES_TRACE | TAKES_REHEARSE },
	{ "wake", 0, OPTION_WORD, AT(wake), trace_wake_names, "auto|sync|spin|block",
	  "how the recorder is woken (default: auto; docs/PERFORMANCE.md)", NULL,
	  TAKES_TRACE | TAKES_REHEARSE },
	{ "every-mount", 0, OPTION_FLAG, AT(every_mount), NULL, NULL,
	  "record on every mount, not only on those that a read-only root would "
	  "include: on a machine that is no container",
	  NULL, TAKES_TRACE },
	{ "every-mount", 0, OPTION_FLAG, AT(every_mount), NULL, NULL,
	  "every mount but the kernel's own becomes read-only, not only those that a "
	  "read-only root would include: on a machine that is no container",
	  NULL, TAKES_REHEARSE },
	{ "refuse-io-uring", 0, OPTION_FLAG, AT(refuse_io_uring), NULL, NULL,
	  "answer io_uring_setup with ENOSYS: what goes through a ring is not seen", NULL,
	  TAKES_TRACE | TAKES_REHEARSE },
	{ "container", 0, OPTION_TEXT, AT(container), NULL, "NAME",
	  "the container's name, for the inventory", NULL, TAKES_TRACE },
	{ "image", 0, OPTION_TEXT, AT(image), NULL, "IMAGE",
	  "the app's image, for the inventory", NULL, TAKES_TRACE },
	{ "task", 0, OPTION_TEXT, AT(task), NULL, "TASK", "the task, for the inventory",
	  NULL, TAKES_TRACE },
	{ "ca-file", 0, OPTION_TEXT, AT(ca_file), NULL, "FILE",
	  "root certificates instead of the built-in Amazon ones", NULL, LOOKS },
	{ "no-color", 0, OPTION_FLAG, AT(no_color), NULL, NULL,
	  "no colours on a terminal either (NO_COLOR works too)", NULL,
	  JUDGES | TAKES_TRACE | TAKES_MERGE | TAKES_LIST | TAKES_PLAN | TAKES_REHEARSE },
	{ "help", 'h', OPTION_FLAG, AT(help), NULL, NULL, "print this", "",
	  JUDGES | TAKES_TRACE | TAKES_MERGE | TAKES_LIST | TAKES_NOTHING |
		  TAKES_INSTALL | TAKES_PLAN | TAKES_REHEARSE },
};

const char *settings_option_name(size_t i)
{
	return i < ARRAY_LEN(rows) ? rows[i].name : NULL;
}

static void env_name(const struct option_row *row, char ret[64])
{
	size_t n = (size_t)snprintf(ret, 64, "TASKPROBE_%s", row->name);

	if (row->env) {
		(void)snprintf(ret, 64, "%s", row->env);
		return;
	}
	for (size_t i = 0; i < n; i++)
		ret[i] = ret[i] == '-' ? '_' : (char)toupper((unsigned char)ret[i]);
}

static int set_word(const struct option_row *row, const char *value, int *ret,
		    struct err *err)
{
	for (int i = 0; row->words[i]; i++)
		if (strcmp(row->words[i], value) == 0) {
			*ret = i;
			return 0;
		}
	return err_set(err, -EINVAL, "'%s' is not one of %s", value, row->arg);
}

static int set_texts(struct list *list, const char *value)
{
	for (;;) {
		size_t n = strcspn(value, ",");
		char *one = strndup(value, n);
		int r = one ? texts_add(list, one) : -ENOMEM;

		free(one);
		if (r < 0 || !value[n])
			return r;
		value += n + 1;
	}
}

/* The lists start empty for each source: the command line replaces the
 * environment, it does not add to it. */
static int set(struct settings *s, const struct option_row *row, const char *value,
	       struct err *err)
{
	void *slot = (char *)s + row->offset;
	int r = 0;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)slot = true;
		break;
	case OPTION_TEXT:
		r = str_set(slot, value);
		break;
	case OPTION_TEXTS:
		r = set_texts(slot, value);
		break;
	case OPTION_PATHS:
		r = texts_add(slot, value);
		break;
	case OPTION_WORD:
		return set_word(row, value, slot, err);
	case OPTION_DURATION:
		if (num_duration_ms(value, slot) < 0)
			return err_set(err, -EINVAL,
				       "'%s' is no time such as 500ms, 10s or 2m", value);
		break;
	}
	return r < 0 ? err_set(err, r, "out of memory") : 0;
}

static void forget_lists(struct settings *s)
{
	texts_done(&s->formats);
	texts_done(&s->only);
	texts_done(&s->skip);
	texts_done(&s->facts);
}

static int set_flag_from_env(struct settings *s, const struct option_row *row,
			     const char *value, struct err *err)
{
	static const char *const yes[] = { "1", "true", "yes", "on" };
	static const char *const no[] = { "0", "false", "no", "off" };

	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		if (strcmp(value, yes[i]) == 0)
			return set(s, row, NULL, err);
		if (strcmp(value, no[i]) == 0)
			return 0;
	}
	return err_set(err, -EINVAL, "'%s' is neither true nor false", value);
}

static int read_environment(struct settings *s, unsigned takes, struct err *err)
{
	const char *uri = getenv("ECS_CONTAINER_METADATA_URI_V4");
	const char *text = getenv("TASKPROBE_TASK_DEFINITION");
	const char *bundle = getenv("AWS_CA_BUNDLE"); /* as the AWS tools have it */

	if (uri && *uri && str_set(&s->metadata, uri) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	if (bundle && *bundle && str_set(&s->ca_file, bundle) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	if (text && *text && str_set(&s->definition_text, text) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct option_row *row = &rows[i];
		char name[64];

		env_name(row, name);
		const char *value = *name && (row->takes & takes) ? getenv(name) : NULL;
		if (!value || !*value)
			continue;
		int r = row->kind == OPTION_FLAG ? set_flag_from_env(s, row, value, err)
						 : set(s, row, value, err);
		if (r < 0)
			return err_wrap(err, "%s", name);
	}
	return 0;
}

/* Finds the row for "--name", "--name=value" or "-x", "-xvalue"; *value is the
 * text behind it, or NULL. */
static const struct option_row *match(const char *arg, unsigned takes, const char **value)
{
	*value = NULL;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = strlen(rows[i].name);

		if (!(rows[i].takes & takes))
			continue;
		if (arg[1] == '-' && strncmp(arg + 2, rows[i].name, n) == 0 &&
		    (arg[2 + n] == '\0' || arg[2 + n] == '=')) {
			*value = arg[2 + n] ? arg + 2 + n + 1 : NULL;
			return &rows[i];
		}
		if (arg[1] != '-' && arg[1] == rows[i].letter && rows[i].letter) {
			*value = arg[2] ? arg + 2 : NULL;
			return &rows[i];
		}
	}
	return NULL;
}

static int read_arguments(struct settings *s, unsigned takes, int argc, char *const *argv,
			  struct list *rest, struct err *err)
{
	unsigned long fresh =
		0; /* list options seen: the first one drops the environment's */
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *value;

		if (argv[i][0] != '-' || !argv[i][1]) {
			char **slot = LIST_ADD(rest, char *);

			if (!slot)
				return err_set(err, -ENOMEM, "out of memory");
			*slot = argv[i];
			continue;
		}
		const struct option_row *row = match(argv[i], takes, &value);
		if (!row)
			return err_set(err, -EINVAL, "unknown option '%s'", argv[i]);
		if (row->kind == OPTION_FLAG && value)
			return err_set(err, -EINVAL, "--%s takes no value", row->name);
		if (row->kind != OPTION_FLAG && !value) {
			if (i + 1 >= argc)
				return err_set(err, -EINVAL, "--%s needs a value: %s",
					       row->name, row->arg);
			value = argv[++i];
		}
		unsigned long bit = 1ul << (row - rows);
		if ((row->kind == OPTION_TEXTS || row->kind == OPTION_PATHS) &&
		    !(fresh & bit))
			texts_done((struct list *)(void *)((char *)s + row->offset));
		fresh |= bit;
		if (set(s, row, value, err) < 0)
			return err_wrap(err, "--%s", row->name);
	}
	for (i++; i < argc; i++) {
		char **slot = LIST_ADD(rest, char *);

		if (!slot)
			return err_set(err, -ENOMEM, "out of memory");
		*slot = argv[i];
	}
	return 0;
}

static int check_controls(const struct list *ids, struct err *err)
{
	LIST_EACH (char *const, id, ids) {
		const struct control *const *c = controls;

		while (*c && strcasecmp((*c)->id, *id) != 0)
			c++;
		if (!*c)
			return err_set(err, -EINVAL,
				       "'%s' is no control; taskprobe list controls has "
				       "them",
				       *id);
	}
	return 0;
}

int settings_read(struct settings *ret, unsigned takes, int argc, char *const *argv,
		  struct list *rest, struct err *err)
{
	*ret = (struct settings){
		.fail_on = SEVERITY_HIGH,
		.timeout_ms = TIMEOUT_DEFAULT_MS,
		.wait_ms = takes & TAKES_AGENT ? WAIT_DEFAULT_MS : 0,
	};
	int r = read_environment(ret, takes, err);
	if (r == 0)
		r = read_arguments(ret, takes, argc, argv, rest, err);
	/* A judgement that leaves out what was meant would pass. */
	if (r == 0 && !ret->exec)
		r = check_controls(&ret->only, err);
	if (r == 0 && !ret->exec)
		r = check_controls(&ret->skip, err);
	return r;
}

void settings_done(struct settings *s)
{
	forget_lists(s);
	free(s->output);
	free(s->container);
	free(s->self);
	free(s->metadata);
	free(s->task_definition);
	free(s->definition_text);
	free(s->ca_file);
	free(s->task);
	free(s->image);
	free(s->plan);
	free(s->wrap);
	free(s->unwrap);
	free(s->image_config);
	*s = (struct settings){ 0 };
}

void settings_help(unsigned takes, struct str *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct option_row *row = &rows[i];
		char name[64], head[96];

		if (!(row->takes & takes))
			continue;
		env_name(row, name);
		(void)snprintf(head, sizeof(head), "%c%c%s --%s%s%s",
			       row->letter ? '-' : ' ', row->letter ? row->letter : ' ',
			       row->letter ? "," : " ", row->name, row->arg ? " " : "",
			       row->arg ? row->arg : "");
		(void)str_printf(out, "  %s\n        %s\n", head, row->help);
		if (*name)
			(void)str_printf(out, "        %s\n", name);
	}
}
