/* SPDX-License-Identifier: MIT */
#include "probe/trace/trace.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "probe/sys.h"
#include "probe/trace/calls/filter.h"
#include "probe/trace/life/app.h"
#include "probe/trace/life/descriptors.h"
#include "probe/trace/life/standby.h"
#include "probe/trace/life/supervisor.h"

/* The capability numbers of capabilities(7). */

/* What all three processes start from. */
struct run {
	const struct trace_options *options;
	struct sock_fprog filter;
	struct listener_features features;
	struct signals_kept signals;
	struct life_shared *shared;
	struct app app;
};

static void run_done(struct run *run)
{
	free(run->filter.filter);
	shared_done(run->shared);
}

static int prepare(struct run *run, const struct trace_options *options, struct err *err)
{
	const struct filter_options how = {
		.refuse_io_uring = options->refuse_io_uring,
	};
	size_t notif = 0, answer = 0;
	int r = listener_sizes(&notif, &answer);

	if (r < 0 || notif > SHARED_NOTIF_ROOM)
		return err_set(err, r < 0 ? r : -E2BIG, "seccomp notification: %s",
			       err_words(r < 0 ? r : -E2BIG));
	r = filter_make(abi_native(), &how, &run->filter, err);
	if (r < 0)
		return r;
	run->shared = shared_new();
	if (!run->shared)
		return err_set(err, -ENOMEM, "out of memory");
	run->features.killable = listener_killable();
	run->options = options;
	run->app = (struct app){
		.argv = options->argv,
		.filter = &run->filter,
		.features = &run->features,
		.signals = &run->signals,
	};
	return 0;
}

/* Forks the supervisor, whose end of a pair is *ret. */
static pid_t start_supervisor(const struct run *run, bool unseen, int *ret)
{
	int ends[2];
	pid_t parent = getpid();

	if (wire_pair(ends) < 0)
		return -1;
	pid_t pid = unseen ? sys_fork_unseen() : fork();
	if (pid == 0) {
		(void)close(ends[0]);
		const struct supervisor_job job = {
			.options = run->options,
			.app = &run->app,
			.shared = run->shared,
			.socket = ends[1],
			.parent = parent,
		};
		supervisor_run(&job);
	}
	int code = errno;
	(void)close(ends[1]);
	*ret = ends[0];
	errno = code;
	return pid;
}

static int run_in_front(const struct run *run, struct trace_result *ret, struct err *err)
{
	AUTO_CLOSE int socket = -1;
	int orphans = 0;

	/* What becomes an orphan, the app too if its supervisor dies, is ours. */
	(void)prctl(PR_GET_CHILD_SUBREAPER, &orphans, 0, 0, 0);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	pid_t pid = start_supervisor(run, false, &socket);
	if (pid < 0) {
		int code = -errno;

		return err_set(err, code, "the supervisor: %s", err_words(code));
	}
	const struct standby_job job = {
		.shared = run->shared,
		.socket = socket,
		.supervisor = pid,
		.say = run->options->say,
		.arg = run->options->sink.arg,
	};
	int r = standby_run(&job, ret, err);
	(void)prctl(PR_SET_CHILD_SUBREAPER, orphans, 0, 0, 0);
	return r;
}

/* The app keeps our PID. An init that waits for all its children never sees the
 * supervisor, which sends no signal at its end. */
static int run_as_pid1(const struct run *run, struct trace_result *ret, struct err *err)
{
	AUTO_CLOSE int socket = -1;
	pid_t pid = start_supervisor(run, true, &socket);

	if (pid < 0) {
		int code = -errno;

		return err_set(err, code, "the supervisor: %s", err_words(code));
	}
	return app_become(&run->app, socket, &ret->status, err);
}

int trace_run(const struct trace_options *options, struct trace_result *ret,
	      struct err *err)
{
	AUTO(run_done) struct run run = { 0 };

	*ret = (struct trace_result){ .status = APP_NOT_STARTED };
	descriptors_fill();
	signals_take(&run.signals);
	int r = prepare(&run, options, err);
	if (r == 0)
		r = options->pid1 ? run_as_pid1(&run, ret, err)
				  : run_in_front(&run, ret, err);
	signals_give_back(&run.signals);
	return r;
}

_Noreturn void trace_end_as(const struct trace_result *result)
{
	const struct sigaction plain = { .sa_handler = SIG_DFL };
	const struct rlimit none = { 0, 0 };
	sigset_t one;

	if (result->signal && getpid() != 1) {
		/* The core is the app's, not ours. A pipe ignores the limit. */
		(void)setrlimit(RLIMIT_CORE, &none);
		(void)prctl(PR_SET_DUMPABLE, 0);
		(void)sigaction(result->signal, &plain, NULL);
		(void)sigemptyset(&one);
		(void)sigaddset(&one, result->signal);
		(void)kill(getpid(), result->signal);
		(void)sigprocmask(SIG_UNBLOCK, &one, NULL);
	}
	_exit(result->signal ? 128 + result->signal : result->status);
}
