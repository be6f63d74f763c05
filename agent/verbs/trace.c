/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "agent/clock.h"
#include "agent/http.h"
#include "agent/metadata.h"
#include "agent/outlet.h"
#include "agent/recording.h"
#include "agent/verb.h"
#include "agent/version.h"
#include "core/cleanup.h"
#include "probe/trace/names/surface.h"
#include "probe/trace/trace.h"

#define ID_BYTES 16

/* Two runs with one id would be taken for the same: none is better than a weak one. */
static int make_id(char ret[2 * ID_BYTES + 1], struct err *err)
{
	unsigned char bytes[ID_BYTES];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return err_set(err, -errno, "getrandom: %s", err_words(errno));
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

/* The app waits for its start: an endpoint that does not answer at once says nothing. */
#define ENDPOINT_CONNECT_MS 300
#define ENDPOINT_TOTAL_MS   600

/* Whose paths these are, as the task metadata endpoint has it, where nobody said. */
static void ask_endpoint(const struct settings *settings, struct inventory_run *run,
			 struct task *task)
{
	struct metadata_source source = METADATA_SOURCE_INIT(settings->metadata);
	struct err err = ERR_INIT;

	if (!settings->metadata || (run->container && run->image && run->task))
		return;
	source.connect_ms = ENDPOINT_CONNECT_MS;
	source.total_ms = ENDPOINT_TOTAL_MS;
	(void)metadata_read(&source, task, &err);
	http_done(); /* its descriptors are not for the app */
	if (!task->metadata.known)
		return;
	if (!run->task)
		run->task = task->arn;
	LIST_EACH (struct running_container, it, &task->containers) {
		if (!it->self)
			continue;
		if (!run->container)
			run->container = it->name;
		if (!run->image)
			run->image = it->image;
	}
}

/* Said once, before the app prints anything. */
static void warn(const struct settings *settings)
{
	struct surface *surface = NULL;
	struct err err = ERR_INIT;

	if (settings->pid1 && getpid() == 1 && !settings->output)
		outlet_complain(
			"trace: with --pid1 the recorder is killed as soon as the app "
			"ends: the page would not be printed; give -o FILE");
	if (settings->every_mount || surface_new(-1, false, &surface, &err) < 0)
		return;
	if (!surface_is_container(surface))
		outlet_complain(
			"trace: this is no container, as far as one can tell: what is "
			"on mounts of their own, as /tmp may be, is recorded with "
			"--every-mount alone");
	surface_done(surface);
}

/* Of the standby, which must neither wait for a reader nor die with it. */
static void say(void *arg, const char *words)
{
	(void)arg;
	outlet_complain("trace: %s", words);
}

static int trace(const struct settings *settings, const struct list *command,
		 struct trace_result *result, struct err *err)
{
	AUTO_FREE char **argv = texts_argv(command);
	struct recording *recording = NULL;
	char id[2 * ID_BYTES + 1], started[CLOCK_TEXT_MAX];

	if (!argv)
		return err_set(err, -ENOMEM, "out of memory");
	int r = make_id(id, err);
	if (r == 0)
		r = recording_open(settings, &recording, err);
	if (r < 0)
		return r;
	clock_text(started);
	struct inventory_run run = {
		.id = id,
		.tool = (char[]){ "taskprobe " TASKPROBE_VERSION },
		.method = (char[]){ "trace" },
		.command = *command,
		.container = settings->container,
		.image = settings->image,
		.task = settings->task,
		.started = started,
	};
	AUTO(task_done) struct task task = { 0 };
	ask_endpoint(settings, &run, &task);
	const struct trace_options options = {
		.argv = argv,
		.pid1 = settings->pid1,
		.wake = (enum trace_wake)settings->wake,
		.for_ms = settings->for_ms,
		.every_mount = settings->every_mount,
		.refuse_io_uring = settings->refuse_io_uring,
		.run = &run,
		.sink = recording_sink(recording),
		.tick = recording_tick,
		.say = say,
	};
	warn(settings);
	r = trace_run(&options, result, err);
	recording_done(recording);
	return r;
}

static int run(struct settings *settings, const struct list *rest)
{
	struct trace_result result = { .status = EXIT_WRAPPER };
	struct err err = ERR_INIT;

	if (rest->len == 0) {
		complain("trace: needs a command behind --; see taskprobe trace --help");
		return EXIT_USAGE;
	}
	if (recording_check(settings, &err) < 0) {
		complain("trace: %s", err.msg);
		return EXIT_USAGE;
	}
	if (trace(settings, rest, &result, &err) < 0) {
		complain("trace: %s", err.msg);
		return result.status ? result.status : EXIT_WRAPPER;
	}
	trace_end_as(&result);
}

const struct verb verb_trace = {
	.name = "trace",
	.synopsis = "trace [-o FILE] [OPTIONS] -- CMD [ARG...]",
	.help = "run an app and record every path that it writes",
	.text = "Runs CMD as it runs in its container, and records every operation that "
		"would fail with\n"
		"readonlyRootFilesystem: on the root, and on what else a read-only root "
		"makes read-only.\n"
		"Needs no privilege. With -o FILE the inventory (taskprobe.inventory/1, "
		"JSON Lines) is\n"
		"written while CMD runs, at most a second late; without it, a page of "
		"text goes to\n"
		"standard error at the end. Standard output is CMD's alone.\n\n"
		"Signals, terminal, environment, limits and the exit status are CMD's "
		"own. 125 if it\n"
		"could not be started under the recorder, 126 if it cannot be executed, "
		"127 if there is\n"
		"none. Programs that gain privileges by being executed (setuid, file "
		"capabilities) get\n"
		"none here, unless CAP_SYS_ADMIN is held. What could not be seen is said "
		"at the end.",
	.takes = TAKES_TRACE,
	.run = run,
};
