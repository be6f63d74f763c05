/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/files.h"
#include "agent/outlet.h"
#include "agent/rehearsing.h"
#include "agent/verb.h"
#include "checks/plan/read.h"
#include "core/cleanup.h"
#include "probe/trace/names/planned.h"
#include "probe/trace/names/surface.h"
#include "probe/trace/stage.h"
#include "probe/trace/trace.h"

#define PLAN_MAX ((size_t)64 << 20)

/* What is known before the app starts. */
struct setting {
	struct plan plan;
	struct rehearsal head;
	struct list blind, invalid; /* char * */
};

static void setting_done(struct setting *s)
{
	plan_done(&s->plan);
	rehearsal_done(&s->head);
	texts_done(&s->blind);
	texts_done(&s->invalid);
}

static int read_plan(const struct settings *settings, struct plan *ret, struct err *err)
{
	AUTO(str_done) struct str text = STR_INIT(PLAN_MAX);

	if (!settings->plan)
		return 0;
	int r = file_read(settings->plan, &text, err);
	if (r < 0)
		return r;
	r = plan_read(text.s, text.len, settings->container, ret, err);
	return r < 0 ? err_wrap(err, "%s", settings->plan) : 0;
}

/* Part of the plan, as the task definition would have it. */
static int set_environment(const struct plan *plan, struct err *err)
{
	LIST_EACH (const struct plan_variable, it, &plan->environment)
		if (it->name && *it->name && !strchr(it->name, '=') &&
		    setenv(it->name, it->value ? it->value : "", 1) < 0)
			return err_set(err, -errno, "%s: %s", it->name, err_words(errno));
	return 0;
}

static bool has_limits(const struct plan *plan)
{
	LIST_EACH (const struct plan_mount, it, &plan->mounts)
		if (it->kind == PLAN_TMPFS && it->size_mib > 0)
			return true;
	return false;
}

/* What no answer of ours can show. */
static int tell_limits(struct setting *s, bool real)
{
	const struct plan *plan = &s->plan;
	int failed = 0;

	if (!real) {
		failed |= texts_add(&s->blind, "what only asks (statvfs, the list of "
					       "mounts) sees a writable root");
		if (has_limits(plan))
			failed |=
				texts_add(&s->blind, "the sizes of the plan's tmpfs are "
						     "not kept: nothing gets ENOSPC");
		if (plan->mounts.len)
			failed |=
				texts_add(&s->blind,
					  "mprotect to executable on a tmpfs with noexec "
					  "is not refused");
	}
	if (plan->image_changes.len)
		failed |= texts_add(&s->blind, "the plan's changes to the image are not "
					       "made here: rehearse the image that has "
					       "them");
	if (plan->by_hand.len)
		failed |=
			texts_add(&s->blind, "what the plan leaves to be changed by hand "
					     "is not changed here");
	return failed;
}

static int copy_mounts(struct setting *s)
{
	LIST_EACH (const struct plan_mount, it, &s->plan.mounts) {
		struct plan_mount *to = LIST_ADD(&s->head.mounts, struct plan_mount);

		if (!to || record_copy(&plan_mount_type, to, it) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int make_head(const struct settings *settings, const struct list *command,
		     struct setting *s, struct err *err)
{
	const char *container =
		settings->container ? settings->container : s->plan.container;
	char started[CLOCK_TEXT_MAX];
	int failed = 0;

	clock_text(started);
	s->head.how = settings->real	     ? REHEARSAL_REAL
		      : settings->permissive ? REHEARSAL_PERMISSIVE
					     : REHEARSAL_ANSWERED;
	LIST_EACH (char *const, it, command)
		failed |= texts_add(&s->head.command, *it);
	failed |= str_set(&s->head.container, container);
	failed |= str_set(&s->head.started, started);
	failed |= copy_mounts(s);
	return failed ? err_set(err, -ENOMEM, "out of memory") : 0;
}

/* Said once, before the app prints anything. A root that is none of a container's:
 * nothing but "/" itself is rehearsed. */
static void warn(const struct settings *settings)
{
	struct surface *surface = NULL;
	struct err err = ERR_INIT;

	if (settings->pid1 && getpid() == 1 && !settings->for_ms)
		outlet_complain("rehearse: with --pid1 we are killed as soon as the app "
				"ends: what comes of it is told after --for TIME alone, "
				"and until then in -o FILE");
	if (settings->every_mount || surface_new(-1, false, &surface, &err) < 0)
		return;
	if (!surface_is_container(surface))
		outlet_complain("rehearse: this is no container, as far as one can tell: "
				"what is on mounts of their own, as /tmp may be, stays "
				"writable without --every-mount");
	surface_done(surface);
}

static void say(void *arg, const char *words)
{
	(void)arg;
	outlet_complain("rehearse: INVALID: %s", words);
}

/* Where no such container would start, nothing is started. */
static int check_mounts(const struct list *mounts, struct err *err)
{
	struct planned *planned = NULL;
	const int r = planned_new(mounts, &planned, err);

	if (r == 0)
		planned_done(planned);
	return r;
}

static int prepare(const struct settings *settings, const struct list *command,
		   struct setting *s, struct err *err)
{
	int r = read_plan(settings, &s->plan, err);

	if (r == 0)
		r = check_mounts(&s->plan.mounts, err);
	if (r == 0)
		r = set_environment(&s->plan, err);
	if (r == 0 && tell_limits(s, settings->real))
		r = err_set(err, -ENOMEM, "out of memory");
	if (r == 0)
		r = stage_points(&s->plan.mounts, settings->real, &s->blind, &s->invalid,
				 err);
	/* Two paths may have become one. */
	if (r == 0)
		r = check_mounts(&s->plan.mounts, err);
	return r < 0 ? r : make_head(settings, command, s, err);
}

static int rehearse(const struct settings *settings, const struct list *command,
		    struct trace_result *result, struct err *err)
{
	AUTO(setting_done) struct setting s = { 0 };
	AUTO_FREE char **argv = texts_argv(command);
	struct rehearsing *to = NULL;

	if (!argv)
		return err_set(err, -ENOMEM, "out of memory");
	int r = prepare(settings, command, &s, err);
	if (r == 0)
		r = rehearsing_open(settings, &s.head, &to, err);
	if (r == 0 && settings->real)
		r = stage_mount(&s.plan.mounts, settings->every_mount, err);
	if (r < 0) {
		rehearsing_done(to);
		return r;
	}
	const struct trace_rehearsal how = {
		.mounts = &s.plan.mounts,
		.permissive = settings->permissive,
		.real = settings->real,
		.blind_spots = &s.blind,
		.invalid = &s.invalid,
		.tick = rehearsing_tick,
		.arg = to,
	};
	const struct trace_options options = {
		.argv = argv,
		.pid1 = settings->pid1,
		.for_ms = settings->for_ms,
		.wake = (enum trace_wake)settings->wake,
		.every_mount = settings->every_mount,
		.refuse_io_uring = settings->refuse_io_uring,
		.say = say,
		.rehearsal = &how,
	};
	warn(settings);
	r = trace_run(&options, result, err);
	rehearsing_done(to);
	return r;
}

static int run(struct settings *settings, const struct list *rest)
{
	struct trace_result result = { .status = EXIT_WRAPPER };
	struct err err = ERR_INIT;
	int r = rehearsing_check(settings, &err);

	if (r == 0 && settings->real && settings->permissive)
		r = err_set(&err, -EINVAL, "--real and --permissive exclude each other");
	if (r == 0 && rest->len == 0)
		r = err_set(&err, -EINVAL,
			    "needs a command behind --; see taskprobe rehearse --help");
	if (r < 0) {
		complain("rehearse: %s", err.msg);
		return EXIT_USAGE;
	}
	if (rehearse(settings, rest, &result, &err) < 0) {
		complain("rehearse: INVALID: %s", err.msg);
		return result.status ? result.status : EXIT_WRAPPER;
	}
	if (!result.valid) {
		complain("rehearse: invalid: the exit status is %d; the app's was %d",
			 EXIT_WRAPPER, result.status);
		return EXIT_WRAPPER;
	}
	if (settings->strict && result.broken > 0 && result.status == 0)
		return EXIT_FINDINGS;
	trace_end_as(&result);
}

const struct verb verb_rehearse = {
	.name = "rehearse",
	.synopsis =
		"rehearse [--plan FILE] [--permissive|--real] [--strict] [OPTIONS] -- "
		"CMD [ARG...]",
	.help = "run an app as if its root were read-only, with a plan's mounts",
	.text = "Runs CMD and answers EROFS and EXDEV as a kernel would with "
		"readonlyRootFilesystem and\n"
		"the plan's mounts. Needs no privilege. --permissive lets everything "
		"through and lists what\n"
		"would be refused; --real makes the mounts, in a mount namespace of its "
		"own.\n"
		"A page goes to standard error at the end, and with -o FILE a document "
		"(taskprobe.rehearsal/1)\n"
		"to FILE, replaced each second while there is news.\n\n"
		"The exit status is CMD's. 125 if the rehearsal is invalid (something "
		"could not be followed,\n"
		"or was let through), or if CMD could not be started; 126 if it cannot "
		"be executed, 127 if\n"
		"there is none. With --strict 1 where something was refused and CMD "
		"ended "
		"with 0.\n"
		"With --pid1 it is always CMD's: read the document, or the first line.\n"
		"This is a rehearsal and not a security boundary.",
	.takes = TAKES_REHEARSE,
	.run = run,
};
