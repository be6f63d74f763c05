/* SPDX-License-Identifier: MIT */
#include "probe/target.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/num.h"
#include "probe/caps.h"
#include "probe/proc/stat.h"
#include "probe/proc/status.h"
#include "probe/sys.h"

/* stat is one line of some 300 bytes, and at most 64 of comm. */
#define STAT_MAX 4096

static int read_stat(const struct target *target, struct stat_line *ret, struct err *err)
{
	AUTO(str_done) struct str text = STR_INIT(STAT_MAX);
	int r = root_read(&target->proc, "stat", &text, err);

	return r < 0 ? r : stat_parse(text.s, text.len, ret, err);
}

static bool is_dead(const struct stat_line *stat)
{
	return stat->state == 'Z' || stat->state == 'X' || stat->state == 'x';
}

/* Does 'proc' number processes as we do? Only then is its PID one for pidfd_open:
 * not in a fixture, nor in a procfs of another PID namespace. */
static int64_t own_pid_in(const struct root *proc)
{
	char self[32];
	int64_t pid;

	if (root_readlink(proc, "self", self, sizeof(self)) < 0 ||
	    num_i64(self, &pid) < 0)
		return -1;
	return pid;
}

/* Follows a magic link, the one place that does: /proc/PID/root. */
static void open_root(struct target *target)
{
	target->root.chroot = true;
	target->root.fd =
		openat(target->proc.fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	target->root_errno = target->root.fd < 0 ? errno : 0;
}

int target_open(const struct root *proc, int64_t pid, struct target *ret, struct err *err)
{
	AUTO(target_done) struct target t = TARGET_INIT;
	struct stat_line stat;
	char name[24];

	(void)snprintf(name, sizeof(name), "%lld", (long long)pid);
	t.pid = pid;
	t.seen_by = ret->seen_by;
	t.deadline_ms = ret->deadline_ms;
	t.proc.fd = root_openat(proc, name, O_PATH | O_DIRECTORY);
	if (t.proc.fd < 0) {
		int code = t.proc.fd;

		t.proc.fd = -1;
		if (code == -ENOENT)
			return err_set(err, -ESRCH, "process %s ended", name);
		return err_set(err, code, "process %s: %s", name, err_words(code));
	}
	const int64_t own = own_pid_in(proc);
	t.self = own == pid && pid == (int64_t)getpid();
	if (own == (int64_t)getpid())
		t.pidfd = sys_pidfd_open((pid_t)pid, 0);
	/* After pidfd_open: that this can be read says that the PID was not reused
	 * between the two. */
	int r = read_stat(&t, &stat, err);
	if (r == -ENOENT || r == -ESRCH || (r == 0 && is_dead(&stat)))
		return err_set(err, -ESRCH, "process %s ended", name);
	if (r < 0)
		return err_wrap(err, "process %s", name);
	t.start_ticks = stat.start_ticks;
	open_root(&t);
	*ret = t;
	t = (struct target)TARGET_INIT;
	return 0;
}

void target_done(struct target *target)
{
	root_done(&target->proc);
	root_done(&target->root);
	cleanup_close(&target->pidfd);
	target->pidfd = -1;
}

bool target_is_same(const struct target *target)
{
	struct pollfd ended = { .fd = target->pidfd, .events = POLLIN };
	struct err err = ERR_INIT;
	struct stat_line stat;

	if (target->pidfd >= 0 && poll(&ended, 1, 0) != 0)
		return false;
	return read_stat(target, &stat, &err) == 0 && !is_dead(&stat) &&
	       stat.start_ticks == target->start_ticks;
}

void target_seen(const struct target *target, struct part *part)
{
	part->known = true;
	(void)str_set(&part->seen_by, target->seen_by);
}

struct ids {
	int64_t uid, gid; /* effective; -1: its status cannot be read */
};

static struct ids ids_of(const struct target *target)
{
	AUTO(identity_done) struct identity_facts who = { 0 };
	struct err err = ERR_INIT;

	if (status_read(target, &who, &err) < 0)
		return (struct ids){ -1, -1 };
	return (struct ids){ who.euid, who.egid };
}

/* What would open the process to us, in the order of how little it costs. */
static char *grants_for(struct ids peer, struct ids own)
{
	AUTO(str_done) struct str s = STR_INIT(1024);
	struct caps caps = { 0 };
	struct err err = ERR_INIT;

	if (peer.uid >= 0 && (peer.uid != own.uid || peer.gid != own.gid)) {
		(void)str_printf(&s, "run the sidecar as uid %lld and gid %lld, or ",
				 (long long)peer.uid, (long long)peer.gid);
		if (own.uid != 0)
			(void)str_printf(&s,
					 "as root with Docker's default capabilities (it "
					 "then switches to uid %lld), or ",
					 (long long)peer.uid);
	}
	if (caps_get(&caps, &err) < 0 ||
	    !(caps.permitted & CAP_MASK((unsigned)cap_bit("SYS_PTRACE"))))
		(void)str_puts(&s, "add SYS_PTRACE to the sidecar's "
				   "linuxParameters.capabilities.add, or ");
	(void)str_puts(&s, "start the app under `taskprobe probe --exec`");
	return s.error ? NULL : str_take(&s);
}

static void refused(const struct target *target, struct part *part, const char *what)
{
	const struct ids peer = ids_of(target), own = { geteuid(), getegid() };
	const bool same = peer.uid == own.uid && peer.gid == own.gid;
	AUTO_FREE char *grants = grants_for(peer, own);
	AUTO_FREE char *owner =
		peer.uid < 0 ? str_format("of unknown uid")
			     : str_format("uid %lld, gid %lld", (long long)peer.uid,
					  (long long)peer.gid);
	AUTO_FREE char *why = str_format(
		"the kernel refuses %s of pid %lld (%s) to uid %lld, gid %lld%s", what,
		(long long)target->pid, owner ? owner : "?", (long long)own.uid,
		(long long)own.gid,
		same ? ": it has capabilities that we lack, changed its identity since "
		       "it started, or is in another user namespace"
		     : "");

	part_unknown(part, why, grants);
}

void target_refused(const struct target *target, struct part *part, const char *what,
		    int code)
{
	(void)str_set(&part->seen_by, NULL);
	if (code < 0)
		code = -code;
	if (code == EACCES || code == EPERM) {
		refused(target, part, what);
	} else if (code == ESRCH || !target_is_same(target)) {
		part_unknown(part, "the process ended while it was looked at", NULL);
	} else {
		AUTO_FREE char *why = str_format("%s of pid %lld: %s", what,
						 (long long)target->pid, err_words(code));

		part_unknown(part, why, NULL);
	}
}
