/* SPDX-License-Identifier: MIT */
#include "probe/trace/life/signals.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "probe/sys.h"

void signals_take(struct signals_kept *ret)
{
	const struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t all;

	memset(&all, 0xff, sizeof(all)); /* musl's sigfillset leaves 32 to 34 out */
	(void)sigprocmask(SIG_BLOCK, &all, &ret->mask);
	(void)sigaction(SIGCHLD, &plain, &ret->child);
}

void signals_give_back(const struct signals_kept *kept)
{
	(void)sigaction(SIGCHLD, &kept->child, NULL);
	(void)sigprocmask(SIG_SETMASK, &kept->mask, NULL);
}

int signals_open(void)
{
	sigset_t all;

	memset(&all, 0xff, sizeof(all)); /* musl's sigfillset leaves 32 to 34 out */
	int fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

bool signals_next(int fd, struct signalfd_siginfo *ret)
{
	ssize_t r;

	do
		r = read(fd, ret, sizeof(*ret));
	while (r < 0 && errno == EINTR);
	return r == sizeof(*ret);
}

void signals_forward(pid_t pid, int pidfd, const struct signalfd_siginfo *info)
{
	siginfo_t queued = { 0 };

	queued.si_signo = (int)info->ssi_signo;
	queued.si_code = info->ssi_code;
	queued.si_pid = (pid_t)info->ssi_pid;
	queued.si_uid = info->ssi_uid;
	queued.si_value.sival_ptr = (void *)(uintptr_t)info->ssi_ptr;
	if (pidfd >= 0 &&
	    sys_pidfd_send_signal(pidfd, queued.si_signo,
				  queued.si_code == SI_QUEUE ? &queued : NULL) == 0)
		return;
	/* No pidfd, or an old profile refuses it. The process is not reaped. */
	if (queued.si_code == SI_QUEUE)
		(void)sigqueue(pid, queued.si_signo, queued.si_value);
	else
		(void)kill(pid, queued.si_signo);
}

void signals_stop_self(int sig)
{
	const struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t one, before;

	if (sig != SIGSTOP)
		(void)sigaction(sig, &plain, NULL);
	(void)sigemptyset(&one);
	(void)sigaddset(&one, sig);
	(void)kill(getpid(), sig);
	(void)sigprocmask(SIG_UNBLOCK, &one, &before);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

/* The row of a signal that can be the same one as what was seen last, or NULL. */
static struct signal_seen *same_as(struct signals_seen *seen,
				   const struct signalfd_siginfo *info, int64_t now_ms)
{
	if (info->ssi_signo >= SIGNALS_MOST)
		return NULL;
	struct signal_seen *row = &seen->row[info->ssi_signo];
	bool same = row->code == info->ssi_code && row->from == info->ssi_pid &&
		    now_ms - row->at_ms <= SIGNALS_SAME_MS;

	return same ? row : NULL;
}

void signals_saw(struct signals_seen *seen, const struct signalfd_siginfo *info,
		 int64_t now_ms)
{
	const struct signal_seen *before = same_as(seen, info, now_ms);

	if (info->ssi_signo < SIGNALS_MOST)
		seen->row[info->ssi_signo] = (struct signal_seen){
			.code = info->ssi_code,
			.from = info->ssi_pid,
			.count = (before ? before->count : 0) + 1,
			.at_ms = now_ms,
		};
}

bool signals_was_for_all(struct signals_seen *seen, const struct signalfd_siginfo *info,
			 int64_t at_ms, int64_t now_ms)
{
	struct signal_seen *row = same_as(seen, info, now_ms);

	if (!row)
		return false;
	if (row->count == 0)
		return at_ms <= row->at_ms;
	row->count--;
	return true;
}
