/* SPDX-License-Identifier: MIT */
#include "agent/exec.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/files.h"
#include "agent/http.h"
#include "agent/reach.h"
#include "agent/verb.h"
#include "agent/version.h"
#include "core/cleanup.h"
#include "core/facts.h"
#include "probe/caps.h"
#include "probe/look.h"

#define FACTS_MAX ((size_t)64 << 20)

/* The app waits for us: what has not been seen after this long is not seen. */
#define EXEC_TIMEOUT_MS 5000

static const char *endpoint_id(void)
{
	const char *uri = getenv("ECS_CONTAINER_METADATA_URI_V4");
	const char *slash = uri ? strrchr(uri, '/') : NULL;

	return slash && slash[1] ? slash + 1 : NULL;
}

static int write_facts(const struct settings *settings, const struct list *list,
		       struct err *err)
{
	AUTO(str_done) struct str text = STR_INIT(FACTS_MAX);
	struct json_out o = JSON_OUT_INIT(&text, true);

	facts_write(&o, TASKPROBE_VERSION, list);
	(void)str_puts(&text, "\n");
	if (text.error)
		return err_set(err, text.error, "the facts are too large");
	/* Standard output is the app's: the facts go there only if asked for by name. */
	if (!settings->output)
		return err_set(err, -EINVAL,
			       "no -o FILE: what was seen is not written anywhere");
	return file_write(settings->output, text.s, text.len, err);
}

/* The first process of a container has no parent in its PID namespace. Under an init
 * of the platform's (initProcessEnabled) we are the second, and cannot say. */
static bool is_first(void)
{
	return getpid() == 1 || getppid() == 0;
}

/* An entry point that runs as root may have dropped to our uid before it became us, with
 * the same PID: that we are the first process shows who we are now. The streams tell who
 * started it (see probe/proc/started.h), so this only says what they say already. */
static void started_as_we_are(struct started_facts *started)
{
	if (!started->part.known || started->part.why || started->uid != getuid())
		return;
	free(started->evidence);
	free(started->part.why);
	free(started->part.grants);
	started->part.why = started->part.grants = NULL;
	started->part.known = true;
	started->uid = getuid();
	(void)str_set(&started->part.seen_by, "within");
	started->evidence =
		str_format("taskprobe was the container's first process, as uid %lld",
			   (long long)getuid());
}

static void alone_as_yet(struct processes_facts *processes)
{
	int64_t *uid = LIST_ADD(&processes->uids, int64_t);

	if (!uid)
		return;
	*uid = geteuid();
	processes->count = 1;
	processes->part.known = true;
	(void)str_set(&processes->part.seen_by, "within");
}

/* Everything that can go wrong here is said and passed over: the app comes first. */
static void look_from_within(const struct settings *settings)
{
	AUTO(facts_list_done) struct list list = { 0 };
	AUTO(root_done) struct root proc = ROOT_INIT;
	const struct look_options options = {
		.timeout_ms = settings->timeout_ms < EXEC_TIMEOUT_MS
				      ? settings->timeout_ms
				      : EXEC_TIMEOUT_MS,
		.write_mode = (enum write_mode)settings->write_mode,
		.inventory = !settings->no_inventory,
		.within = true,
	};
	struct err err = ERR_INIT;
	struct facts *f = LIST_ADD(&list, struct facts);

	if (!f || root_open("/proc", &proc, &err) < 0) {
		complain("probe: %s", f ? err.msg : "out of memory");
		return;
	}
	struct look_job job = { .pid = getpid(), .self = true, .facts = f };
	look_at(&proc, &job, 1, &options);
	if (settings->instance_metadata)
		reach_instance_metadata(f, "within");
	reach_not_tried(f);
	http_done(); /* libcurl keeps a descriptor that execve would hand on */
	f->pid = getpid();
	f->running = true;
	if (is_first()) {
		started_as_we_are(&f->started);
		alone_as_yet(&f->processes);
	}
	(void)str_set(&f->seen_by, "within");
	(void)str_set(&f->endpoint_id, endpoint_id());
	(void)str_set(&f->container, settings->self ? settings->self : FACTS_SELF);
	(void)str_set(&f->attribution, "from within");
	if (write_facts(settings, &list, &err) < 0)
		complain("probe: %s", err.msg);
}

/* The executable may carry a file capability (docs/IMAGE.md), which the app will not
 * have: what a process of another uid than 0 keeps across execve are its ambient ones. */
static void give_up_own_capabilities(void)
{
	struct err err = ERR_INIT;
	struct caps caps;

	if (geteuid() == 0 || getuid() == 0 || caps_get(&caps, &err) < 0)
		return;
	caps.permitted &= caps_ambient();
	caps.effective &= caps.permitted;
	if (caps_set(&caps, &err) < 0)
		complain("probe: %s", err.msg);
}

/* Where nobody reads what we complained about, that shall not end the app. */
static void forget_own_sigpipe(void)
{
	const struct timespec now = { 0 };
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGPIPE);
	(void)sigtimedwait(&set, NULL, &now);
}

int exec_probe(const struct settings *settings, const struct list *command)
{
	sigset_t all, before;

	if (command->len == 0) {
		complain("probe: --exec needs a command behind --; see taskprobe probe "
			 "--help");
		return EXIT_USAGE;
	}
	AUTO_FREE char **argv = texts_argv(command);
	if (!argv) {
		complain("probe: out of memory");
		return EXIT_WRAPPER;
	}
	/* What arrives while we look is for the app: blocked signals stay pending across
	 * execve, and reach it once the mask is what it was. */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	give_up_own_capabilities();
	look_from_within(settings);
	forget_own_sigpipe();
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	(void)execvp(argv[0], argv);
	int code = errno;
	complain("probe: %s: %s", argv[0], err_words(code));
	return code == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}
