/* SPDX-License-Identifier: MIT
 *
 * agent.c - the sidecar: report once, then stay out of the way.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "agent/alive.h"
#include "agent/files.h"
#include "agent/output.h"
#include "agent/round.h"
#include "agent/verb.h"
#include "core/cleanup.h"

/* Idle, the agent wakes up once in this time to renew its promise ... */
#define HEARTBEAT_S 30
/* ... which holds for longer, so that a task that is short of processor time does
 * not lose its sidecar to a health check. */
#define PROMISE_S 90

static sigset_t ends; /* SIGTERM, SIGINT: blocked, and asked for */

static bool stop_wanted(void)
{
	sigset_t pending;

	if (sigpending(&pending) < 0)
		return false;
	return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

/* Blocked signals stay pending even for PID 1, which the kernel otherwise spares
 * signals without a handler. */
static void block_signals(void)
{
	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &ends, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static void promise(int fd, int64_t seconds)
{
	struct err err = ERR_INIT;

	if (fd >= 0 && alive_promise(fd, seconds, &err) < 0)
		complain("health checks will fail: %s", err.msg);
}

static void idle(int alive)
{
	const struct timespec beat = { .tv_sec = HEARTBEAT_S };

	for (;;) {
		int r = sigtimedwait(&ends, NULL, &beat);

		if (r > 0)
			return;
		if (r < 0 && errno == EAGAIN)
			promise(alive, PROMISE_S);
		/* As PID 1 we inherit what a killed observer leaves behind. */
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

static int run(struct settings *settings, const struct list *rest)
{
	struct err err = ERR_INIT;
	int status = EXIT_BLIND;

	if (rest->len) {
		complain("agent: takes no arguments; see taskprobe agent --help");
		return EXIT_USAGE;
	}
	if (output_check(settings, &err) < 0) {
		complain("agent: %s", err.msg);
		return EXIT_USAGE;
	}
	block_signals();
	files_stop_when(stop_wanted);
	AUTO_CLOSE int alive = alive_open(&err);
	if (alive < 0)
		complain("health checks will fail: %s", err.msg);
	/* A round takes the start-up window and then the time for one container, since
	 * all are looked at side by side. */
	promise(alive, (settings->wait_ms + 2 * settings->timeout_ms) / 1000 + PROMISE_S);
	int r = round_run(settings, stop_wanted, &status, &err);
	if (r < 0 && r != -EINTR)
		complain("%s", err.msg);
	if (settings->once)
		return status;
	if (r == -EINTR)
		return EXIT_CLEAN;
	promise(alive, PROMISE_S);
	idle(alive);
	return EXIT_CLEAN;
}

const struct verb verb_agent = {
	.name = "agent",
	.synopsis = "agent [OPTIONS]",
	.help = "the sidecar: wait for the task, look, report, stay idle until SIGTERM",
	.text = "Waits for the metadata and for the other containers to come up, looks "
		"at each, prints\n"
		"the report, and stays idle until SIGTERM. With --once it exits with the "
		"status.",
	.takes = TAKES_AGENT,
	.run = run,
};
