/* SPDX-License-Identifier: MIT */
#include "probe/trace/life/standby.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "probe/monotonic.h"
#include "probe/trace/life/app.h"
#include "probe/trace/life/deputy.h"
#include "probe/trace/life/descriptors.h"
#include "probe/trace/life/signals.h"
#include "probe/trace/life/wire.h"

#define TICK_MS 1000
/* From the app's end to ours, whatever the supervisor still has to write. */
#define END_MS 10000
/* A signal that the supervisor has not dealt with by then is ours to forward. */
#define SIGNAL_MS	1000
#define SIGNALS_WAITING 16

struct standby {
	const struct standby_job *job;
	struct life_shared *shared;
	struct deputy deputy;
	int signals, app_pidfd;
	bool dead;   /* the supervisor: its end of the socket is closed */
	bool buried; /* and reaped: its children are ours now, and not before */
	bool open;   /* that socket */
	bool reaped; /* the app, by us: 'status' */
	bool told;   /* the supervisor said WIRE_ENDED; 'background' */
	bool background;
	bool orphaned; /* nothing left to wait for, and no status */
	int status;
	int64_t end_by_ms;  /* 0: the app has not ended */
	struct wire failed; /* kind 0: it did not */
	uint32_t sent;	    /* signals; those not claimed are the last ones here */
	struct signalfd_siginfo waiting[SIGNALS_WAITING];
	int64_t waiting_since_ms;
};

static void say(const struct standby *s, const char *words)
{
	if (s->job->say)
		s->job->say(s->job->arg, words);
}

/* --- signals --- */

/* Without the supervisor we cannot tell what the app got itself: what the kernel sent
 * (a terminal, mostly) it did. */
static void forward_alone(struct standby *s, const struct signalfd_siginfo *info)
{
	pid_t app = atomic_load(&s->shared->app);
	bool hangup = info->ssi_signo == SIGHUP && getsid(0) == getpid();

	if (app > 0 && (info->ssi_code != SI_KERNEL || hangup) && !s->reaped &&
	    !atomic_load(&s->shared->ended))
		signals_forward(app, s->app_pidfd, info);
}

/* Those that the supervisor did not get round to. */
static void forward_waiting(struct standby *s)
{
	uint32_t done = atomic_load(&s->shared->signal);

	while (done != s->sent) {
		done++;
		if (shared_claim(s->shared, done))
			forward_alone(s, &s->waiting[done % SIGNALS_WAITING]);
	}
}

static bool signals_outstanding(const struct standby *s)
{
	return atomic_load(&s->shared->signal) != s->sent;
}

static void on_signal(struct standby *s, const struct signalfd_siginfo *info)
{
	struct wire message = { .kind = WIRE_SIGNAL,
				.signal = *info,
				.at_ms = monotonic_ms() };

	/* Our own supervisor's: it continued us. */
	if (info->ssi_signo == SIGCONT && (pid_t)info->ssi_pid == s->job->supervisor)
		return;
	if (s->sent - atomic_load(&s->shared->signal) >= SIGNALS_WAITING)
		forward_waiting(s);
	if (!signals_outstanding(s))
		s->waiting_since_ms = monotonic_ms();
	message.number = ++s->sent;
	s->waiting[s->sent % SIGNALS_WAITING] = *info;
	if (s->dead || wire_send(s->job->socket, &message, -1) < 0)
		forward_waiting(s);
}

/* --- processes --- */

static void on_child(struct standby *s, pid_t pid, int status)
{
	if (pid == s->job->supervisor && !WIFSTOPPED(status) && !WIFCONTINUED(status)) {
		s->dead = s->buried = true;
	} else if (pid == atomic_load(&s->shared->app)) {
		if (WIFSTOPPED(status))
			signals_stop_self(WSTOPSIG(status));
		if (!WIFEXITED(status) && !WIFSIGNALED(status))
			return;
		s->status = status;
		s->reaped = true;
	}
}

/* The supervisor died: before it had forked the app, or after it had reaped it and
 * before it could say so? */
static void look_for_app(struct standby *s)
{
	pid_t app = atomic_load(&s->shared->app);
	int status;
	pid_t r = app > 0 ? waitpid(app, &status, WNOHANG) : -1;

	if (r > 0)
		on_child(s, app, status);
	else if (r < 0)
		s->orphaned = true;
}

static void reap(struct standby *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0)
		on_child(s, pid, status);
	if (s->buried && !s->reaped && !atomic_load(&s->shared->ended))
		look_for_app(s);
}

static void on_signals(struct standby *s)
{
	struct signalfd_siginfo info;

	while (signals_next(s->signals, &info))
		if (info.ssi_signo != SIGCHLD || info.ssi_code == SI_USER)
			on_signal(s, &info);
	reap(s);
}

/* --- the supervisor --- */

static void on_message(struct standby *s, const struct wire *message, int *fd)
{
	switch (message->kind) {
	case WIRE_LISTENER:
		s->deputy.listener = TAKE_FD(*fd);
		break;
	case WIRE_APP:
		s->app_pidfd = TAKE_FD(*fd);
		break;
	case WIRE_FAILED:
		s->failed = *message;
		break;
	case WIRE_STOPPED:
		if (getpid() != 1) /* which no signal stops */
			signals_stop_self(message->code);
		break;
	case WIRE_ENDED:
		s->told = true;
		s->background = message->code;
		break;
	default:
		break;
	}
}

static void on_socket(struct standby *s)
{
	struct wire message;
	AUTO_CLOSE int fd = -1;
	int r = wire_receive(s->job->socket, &message, &fd);

	if (r == 0)
		on_message(s, &message, &fd);
	if (r < 0 && r != -EPROTO) {
		s->open = false;
		s->dead = true;
	}
}

static void take_over(struct standby *s)
{
	if (s->deputy.alone)
		return;
	while (s->open) /* what it said before it died, to the end */
		on_socket(s);
	deputy_alone(&s->deputy);
	forward_waiting(s);
	if (!atomic_load(&s->shared->finished) && s->failed.kind == 0 &&
	    atomic_load(&s->shared->go) && s->end_by_ms == 0)
		say(s, "the supervisor died: the app goes on, and nothing more of it is "
		       "recorded");
	reap(s);
}

/* The app ended, and the supervisor does not come to an end. True: we do. */
static bool is_overdue(struct standby *s)
{
	if (s->end_by_ms == 0 || monotonic_ms() < s->end_by_ms || s->dead)
		return false;
	if (!atomic_load(&s->shared->ended) || deputy_is_needed(&s->deputy)) {
		/* Stuck: with it gone the app is ours to reap, and its calls to answer.
		 */
		(void)kill(s->job->supervisor, SIGKILL);
		return atomic_load(&s->shared->ended);
	}
	return true;
}

static bool is_over(struct standby *s)
{
	if (s->end_by_ms == 0 && (s->told || s->reaped || atomic_load(&s->shared->ended)))
		s->end_by_ms = monotonic_ms() + END_MS;
	if (s->dead)
		return s->reaped || s->orphaned || atomic_load(&s->shared->ended);
	return (s->told && s->background) || is_overdue(s);
}

static int wait_ms(const struct standby *s)
{
	int64_t now = monotonic_ms(), most = TICK_MS;

	if (s->end_by_ms && s->end_by_ms - now < most)
		most = s->end_by_ms - now;
	if (signals_outstanding(s) && s->waiting_since_ms + SIGNAL_MS - now < most)
		most = s->waiting_since_ms + SIGNAL_MS - now;
	return most > 0 ? (int)most : 0;
}

static void turn(struct standby *s)
{
	struct pollfd polls[] = {
		{ .fd = deputy_listens(&s->deputy), .events = POLLIN },
		{ .fd = s->signals, .events = POLLIN },
		{ .fd = s->open ? s->job->socket : -1, .events = POLLIN },
		{ .fd = s->end_by_ms ? -1 : s->app_pidfd, .events = POLLIN },
	};
	int r = poll(polls, sizeof(polls) / sizeof(*polls), wait_ms(s));

	if (r > 0 && polls[0].revents)
		deputy_serve(&s->deputy, polls[0].revents);
	if (r > 0 && polls[1].revents)
		on_signals(s);
	if (r > 0 && polls[2].revents)
		on_socket(s);
	if (r > 0 && polls[3].revents)
		s->end_by_ms = monotonic_ms() + END_MS;
	if (s->dead)
		take_over(s);
	deputy_tick(&s->deputy);
	if (signals_outstanding(s) && monotonic_ms() - s->waiting_since_ms >= SIGNAL_MS)
		forward_waiting(s);
}

/* What the app left running still waits for answers, and we shall end. */
static void leave_deputy(const struct standby *s)
{
	if (!s->dead || s->deputy.listener < 0 || getpid() == 1 ||
	    deputy_is_unused(&s->deputy))
		return;
	pid_t pid = fork();
	if (pid == 0) {
		descriptors_leave_stderr();
		standby_watch(s->shared, -1, s->deputy.listener);
	}
}

static int result(const struct standby *s, struct trace_result *ret, struct err *err)
{
	int status = s->reaped ? s->status : atomic_load(&s->shared->status);

	*ret = (struct trace_result){ .status = APP_NOT_STARTED };
	if (s->failed.kind) {
		ret->status = s->failed.status;
		return err_set(err, s->failed.code, "%s", s->failed.words);
	}
	if (!s->reaped && !atomic_load(&s->shared->ended))
		return err_set(
			err, -EPIPE,
			atomic_load(&s->shared->app)
				? "the supervisor died, and the app's status with it"
				: "the supervisor died before the app was started");
	ret->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	ret->status = ret->signal ? 128 + ret->signal : WEXITSTATUS(status);
	/* What was let through after its last word is not in there. */
	ret->valid = s->told && atomic_load(&s->shared->valid) &&
		     atomic_load(&s->shared->lost) == 0;
	ret->broken = atomic_load(&s->shared->broken);
	return 0;
}

int standby_run(const struct standby_job *job, struct trace_result *ret, struct err *err)
{
	struct standby s = {
		.job = job,
		.shared = job->shared,
		.signals = signals_open(),
		.app_pidfd = -1,
		.open = true,
	};

	deputy_init(&s.deputy, job->shared);
	descriptors_leave();
	while (!is_over(&s))
		turn(&s);
	leave_deputy(&s);
	cleanup_close(&s.signals);
	cleanup_close(&s.app_pidfd);
	deputy_done(&s.deputy);
	return result(&s, ret, err);
}

_Noreturn void standby_watch(struct life_shared *shared, int socket, int listener)
{
	struct deputy deputy;

	(void)prctl(PR_SET_NAME, "tp-standby");
	deputy_init(&deputy, shared);
	deputy.listener = listener;
	(void)setsid();
	(void)!chdir("/");
	if (socket < 0)
		deputy_alone(&deputy);
	while (deputy.listener >= 0 && !atomic_load(&shared->finished)) {
		struct pollfd polls[] = {
			{ .fd = deputy_listens(&deputy), .events = POLLIN },
			{ .fd = deputy.alone ? -1 : socket, .events = POLLIN },
		};
		int r = poll(polls, 2, TICK_MS);

		if (r > 0 && polls[0].revents)
			deputy_serve(&deputy, polls[0].revents);
		if (r > 0 && polls[1].revents & (POLLHUP | POLLERR))
			deputy_alone(&deputy);
		deputy_tick(&deputy);
	}
	_exit(0);
}
