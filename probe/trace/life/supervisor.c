/* SPDX-License-Identifier: MIT */
#include "probe/trace/life/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "probe/monotonic.h"
#include "probe/sys.h"
#include "probe/trace/life/descriptors.h"
#include "probe/trace/life/standby.h"
#include "probe/trace/life/supervisor_in.h"

/* What the app's first process leaves running has mostly ended a moment later; only
 * what has not is worth a process in the background. */
#define GRACE_MS 50

static void drop(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void tell_standby(const struct supervisor *s, const struct wire *message, int fd)
{
	if (s->standby >= 0)
		(void)wire_send(s->standby, message, fd);
}

/* --- the end --- */

static _Noreturn void leave(struct supervisor *s)
{
	const struct wire message = { .kind = WIRE_ENDED };

	calls_close(s);
	atomic_store(&s->shared->finished, true);
	tell_standby(s, &message, -1);
	_exit(0);
}

static _Noreturn void finish(struct supervisor *s)
{
	if (s->job->options->pid1)
		calls_end(s, "exit", -1);
	else if (WIFSIGNALED(s->status))
		calls_end(s, "signal", 128 + WTERMSIG(s->status));
	else
		calls_end(s, "exit", WEXITSTATUS(s->status));
	leave(s);
}

/* A second standby, where there is none in front: for what the first process left
 * running, and with pid1. There it is no child of the app's that it would see, either. */
static int another_standby(struct supervisor *s)
{
	int ends[2];

	if (wire_pair(ends) < 0)
		return -1;
	pid_t pid = s->job->options->pid1 ? sys_fork_sibling() : fork();
	if (pid == 0) {
		drop(&s->standby);
		drop(&s->to_app); /* whose end means the supervisor's */
		drop(&ends[0]);
		standby_watch(s->shared, ends[1], s->listener);
	}
	drop(&ends[1]);
	if (pid < 0)
		drop(&ends[0]);
	return ends[0];
}

static void go_to_background(struct supervisor *s)
{
	const struct wire message = { .kind = WIRE_ENDED, .code = 1 };

	calls_end(s, NULL,
		  WIFSIGNALED(s->status) ? 128 + WTERMSIG(s->status)
					 : WEXITSTATUS(s->status));
	s->background = true;
	descriptors_leave_stderr();
	(void)setsid();
	(void)!chdir("/");
	if (s->job->options->pid1)
		return;
	AUTO_CLOSE int former = s->standby;
	s->standby = another_standby(s);
	if (former >= 0)
		(void)wire_send(former, &message, -1);
}

static void settle(struct supervisor *s)
{
	/* Where pidfds are refused. */
	if (!s->ended && s->unused && s->app_pidfd < 0 && s->job->options->pid1)
		s->ended = true;
	if (!s->ended)
		return;
	/* As PID 1 the standby's end is the end of all. */
	if (s->unused || !s->started || s->job->parent == 1)
		finish(s);
	if (!s->background && monotonic_ms() >= s->grace_until_ms)
		go_to_background(s);
}

static void app_ended(struct supervisor *s, int status)
{
	atomic_store(&s->shared->status, status);
	atomic_store(&s->shared->ended, true);
	s->status = status;
	s->ended = true;
	s->grace_until_ms = monotonic_ms() + GRACE_MS;
}

/* With pid1: its status is its own parent's to know. */
static void on_end_of_parent(struct supervisor *s)
{
	drop(&s->app_pidfd);
	app_ended(s, 0);
}

/* --- processes and signals --- */

/* The shell's job control sees the standby: it is as the app is. */
static void app_stopped(struct supervisor *s, int sig)
{
	const struct wire message = { .kind = WIRE_STOPPED, .code = sig };

	tell_standby(s, &message, -1);
}

static void app_continued(struct supervisor *s)
{
	if (s->standby >= 0 && !s->background)
		(void)kill(s->job->parent, SIGCONT);
}

static void reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
		if (pid != s->app)
			continue;
		if (WIFSTOPPED(status))
			app_stopped(s, WSTOPSIG(status));
		else if (WIFCONTINUED(status))
			app_continued(s);
		else
			app_ended(s, status);
	}
}

static void on_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (signals_next(s->signals, &info))
		if (info.ssi_signo != SIGCHLD || info.ssi_code == SI_USER)
			signals_saw(&s->seen, &info, monotonic_ms());
	reap(s);
}

/* The app would have been in the group that it is no longer in: as the first process of
 * its group it could not have left. */
static bool left_the_group(const struct supervisor *s)
{
	pid_t group = getpgid(s->app);

	return group != getpgrp() && group == s->app && getpgrp() == s->job->parent;
}

static void on_signal_of_standby(struct supervisor *s, const struct wire *message)
{
	on_signals(s);
	if (!shared_claim(s->shared, message->number) || s->ended)
		return;
	if (signals_was_for_all(&s->seen, &message->signal, message->at_ms,
				monotonic_ms()) &&
	    !left_the_group(s))
		return;
	signals_forward(s->app, s->app_pidfd, &message->signal);
}

static void on_standby(struct supervisor *s)
{
	struct wire message;
	int r = wire_receive(s->standby, &message, NULL);

	if (r == 0 && message.kind == WIRE_SIGNAL)
		on_signal_of_standby(s, &message);
	if (r != -EPIPE)
		return;
	drop(&s->standby);
	/* Its PID was the app's to the world: whoever killed that meant the app. */
	if (!s->ended && s->app > 0)
		(void)kill(s->app, SIGKILL);
}

/* --- the start --- */

static void take_listener(struct supervisor *s, int fd)
{
	const struct wire go = { .kind = WIRE_GO };
	const struct wire app = { .kind = WIRE_APP };

	s->listener = fd;
	s->started = true;
	if (s->standby >= 0)
		(void)listener_send_fd(s->standby, fd);
	if (s->app_pidfd >= 0)
		tell_standby(s, &app, s->app_pidfd);
	wake_init(&s->wake, s->job->options->wake, fd);
	if (s->job->options->pid1)
		s->standby = another_standby(s);
	atomic_store(&s->shared->go, true);
	(void)wire_send(s->to_app, &go, -1);
}

static void on_app(struct supervisor *s)
{
	struct wire message;
	AUTO_CLOSE int fd = -1;
	int r = wire_receive(s->to_app, &message, &fd);

	if (r == 0 && message.kind == WIRE_LISTENER && fd >= 0)
		take_listener(s, TAKE_FD(fd));
	if (r == 0 && message.kind == WIRE_FAILED) {
		tell_standby(s, &message, -1);
		if (s->job->options->pid1) /* which is not ours to reap */
			calls_end(s, "exit", message.status);
	}
	if (r < 0) /* it was executed, or is gone */
		drop(&s->to_app);
}

static _Noreturn void fail(struct supervisor *s, const struct err *err)
{
	struct wire message = { .kind = WIRE_FAILED, .code = err->code };
	int to = s->standby >= 0 ? s->standby : s->to_app;

	message.status = APP_NOT_STARTED;
	(void)snprintf(message.words, sizeof(message.words), "%s", err->msg);
	(void)wire_send(to, &message, -1);
	_exit(1);
}

static int start_app(struct supervisor *s, struct err *err)
{
	int ends[2];
	int r = wire_pair(ends);

	if (r < 0)
		return err_set(err, r, "a socket: %s", err_words(r));
	s->app = fork();
	if (s->app < 0) {
		r = -errno;
		return err_set(err, r, "fork: %s", err_words(r));
	}
	if (s->app == 0) {
		/* Only ours may keep these pairs open: that they close means our end. */
		drop(&s->standby);
		drop(&ends[0]);
		app_run(s->job->app, ends[1]);
	}
	drop(&ends[1]);
	s->to_app = ends[0];
	atomic_store(&s->shared->app, s->app);
	s->app_pidfd = sys_pidfd_open(s->app, 0);
	return 0;
}

static int start(struct supervisor *s, struct err *err)
{
	int r = calls_open(s, err);

	if (r < 0)
		return r;
	s->signals = signals_open();
	if (s->signals < 0)
		return err_set(err, s->signals, "signalfd: %s", err_words(s->signals));
	if (s->job->options->pid1) {
		s->to_app = s->job->socket;
		s->app_pidfd = sys_pidfd_open(s->job->parent, 0);
		(void)setsid(); /* kill(0) and the terminal's signals are not for us */
		return 0;
	}
	s->standby = s->job->socket;
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	return start_app(s, err);
}

/* After the fork of the app, whose limits and descriptors are not ours to change. */
static void settle_in(struct supervisor *s)
{
	const struct wire ready = { .kind = WIRE_READY };
	struct signalfd_siginfo before_the_app;
	struct rlimit files;

	/* "killall taskprobe" means the one in front, and would look like a signal to all
	 * if it reached us too. */
	(void)prctl(PR_SET_NAME, "tp-supervisor");
	while (signals_next(s->signals, &before_the_app))
		;
	reap(s);
	descriptors_leave();
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	s->next_tick_ms = monotonic_ms() + 1000;
	if (s->job->options->for_ms)
		s->stop_at_ms = monotonic_ms() + s->job->options->for_ms;
	(void)wire_send(s->to_app, &ready, -1);
}

static int wait_ms(const struct supervisor *s)
{
	int64_t now = monotonic_ms(), until = s->next_tick_ms;

	if (s->ended && !s->background && s->grace_until_ms < until)
		until = s->grace_until_ms;
	if (s->recording && s->stop_at_ms && s->stop_at_ms < until)
		until = s->stop_at_ms;
	return until <= now ? 0 : (int)(until - now);
}

static void turn(struct supervisor *s)
{
	bool pid1 = s->job->options->pid1;
	struct pollfd polls[] = {
		{ .fd = s->listener, .events = POLLIN },
		{ .fd = s->signals, .events = POLLIN },
		{ .fd = s->standby, .events = POLLIN },
		{ .fd = s->to_app, .events = POLLIN },
		{ .fd = pid1 ? s->app_pidfd : -1, .events = POLLIN },
	};

	int r = wake_wait(&s->wake, polls, sizeof(polls) / sizeof(*polls), wait_ms(s));
	atomic_fetch_add(&s->shared->beat, 1);
	if (r > 0 && polls[0].revents & POLLIN)
		calls_serve(s);
	else if (r > 0 && polls[0].revents)
		s->unused = true;
	if (s->unused)
		drop(&s->listener);
	if (r > 0 && polls[1].revents)
		on_signals(s);
	if (r > 0 && polls[2].revents)
		on_standby(s);
	if (r > 0 && polls[3].revents)
		on_app(s);
	if (r > 0 && polls[4].revents)
		on_end_of_parent(s);
	calls_tick(s);
	settle(s);
}

_Noreturn void supervisor_run(const struct supervisor_job *job)
{
	struct supervisor s = {
		.job = job,
		.shared = job->shared,
		.listener = -1,
		.signals = -1,
		.standby = -1,
		.to_app = -1,
		.app_pidfd = -1,
		.ticking = true,
	};
	struct err err = ERR_INIT;

	if (job->options->pid1)
		s.to_app = job->socket;
	else
		s.standby = job->socket;
	if (start(&s, &err) < 0)
		fail(&s, &err);
	settle_in(&s);
	for (;;)
		turn(&s);
}
