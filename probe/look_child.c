/* SPDX-License-Identifier: MIT */
#include "probe/look_child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/json.h"
#include "core/table.h"
#include "probe/caps.h"
#include "probe/fs/writable.h"
#include "probe/fs/write.h"
#include "probe/monotonic.h"
#include "probe/proc/environ.h"
#include "probe/proc/limits.h"
#include "probe/proc/mounts.h"
#include "probe/proc/namespaces.h"
#include "probe/proc/patience.h"
#include "probe/proc/securebits.h"
#include "probe/proc/started.h"
#include "probe/proc/status.h"
#include "probe/target.h"
#include "probe/within/attempts.h"
#include "probe/within/surface.h"

/* One part on its way to the parent. */
#define LINE_MAX_BYTES (16u << 20)
/* A metadata URI is some 70 bytes. */
#define URI_MAX 1024

struct look {
	struct target target;
	struct facts facts;
	const struct look_options *options;
	uint64_t permitted; /* our capabilities */
	char *seen_by;
	bool own; /* it is our own process that is looked at */
	int out;
};

static void write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(1); /* nobody listens any more */
		data += n;
		len -= (size_t)n;
	}
}

static void send_part(struct look *l, const char *name)
{
	AUTO(str_done) struct str line = STR_INIT(LINE_MAX_BYTES);
	struct json_out o = JSON_OUT_INIT(&line, false);

	for (const struct facts_part *p = facts_parts; p->name; p++) {
		if (strcmp(p->name, name) != 0)
			continue;
		json_open(&o, NULL, '{');
		record_write(&o, p->name, p->type, facts_part_of(&l->facts, p));
		json_close(&o, '}');
		(void)str_puts(&line, "\n");
		if (line.error == 0)
			write_all(l->out, line.s, line.len);
	}
}

/* --- the steps, each one part or several --- */

static void look_identity(struct look *l)
{
	status_probe(&l->target, &l->facts.identity);
}

/* Of ourselves, before our streams are let go: they are those that our parent has. */
static void look_at_own_streams(struct look *l, const struct root *proc)
{
	AUTO(target_done) struct target own = TARGET_INIT;
	struct err err = ERR_INIT;

	own.seen_by = l->seen_by;
	if (target_open(proc, getpid(), &own, &err) < 0)
		part_unknown(&l->facts.started.part, err.msg, NULL);
	else
		started_probe(&own, &l->facts.started);
}

static void look_started(struct look *l)
{
	if (!l->own)
		started_probe(&l->target, &l->facts.started);
}

static void look_limits(struct look *l)
{
	limits_probe(&l->target, &l->facts.limits);
}

static void look_namespaces(struct look *l)
{
	namespaces_probe(&l->target, &l->facts.namespaces);
}

static void look_environ(struct look *l)
{
	AUTO(str_done) struct str uri = STR_INIT(URI_MAX);
	AUTO(str_done) struct str line = STR_INIT(4 * URI_MAX);
	struct json_out o = JSON_OUT_INIT(&line, false);
	struct err err = ERR_INIT;

	environ_probe(&l->target, &l->facts.environ);
	if (environ_get(&l->target, "ECS_CONTAINER_METADATA_URI_V4", &uri, &err) < 0)
		return;
	json_open(&o, NULL, '{');
	json_put_text(&o, "endpoint_id", uri.s);
	json_close(&o, '}');
	(void)str_puts(&line, "\n");
	if (line.error == 0)
		write_all(l->out, line.s, line.len);
}

static void look_mounts(struct look *l)
{
	mounts_probe(&l->target, &l->facts.identity, &l->facts.mounts);
}

static void set_effective(uint64_t permitted, uint64_t effective)
{
	struct err err = ERR_INIT;
	struct caps caps;

	if (caps_get(&caps, &err) < 0)
		return;
	caps.permitted = permitted & caps.permitted;
	caps.effective = effective & caps.permitted;
	(void)caps_set(&caps, &err);
}

/* The attempt is made with the app's capabilities and no more: what we may do
 * beyond it is not the question. They are put down, not given up. */
static void look_root(struct look *l)
{
	const struct identity_facts *who = &l->facts.identity;

	if (who->part.known)
		set_effective(l->permitted, who->cap_effective);
	write_probe(&l->target, l->options->write_mode, &l->facts.mounts, who,
		    &l->facts.root);
	if (l->options->write_mode == WRITE_CREATE && l->facts.mounts.part.known) {
		send_part(l, "root"); /* before what may take long */
		write_mounts_probe(&l->target, who, &l->facts.mounts);
		send_part(l, "mounts");
	}
	set_effective(l->permitted, l->permitted);
}

static void look_securebits(struct look *l)
{
	securebits_probe(&l->target, &l->facts.securebits);
}

static void look_files(struct look *l)
{
	const struct writable_limits limits = WRITABLE_LIMITS;

	writable_probe(&l->target, &l->facts.mounts, &l->facts.identity, &limits,
		       &l->facts.writable, &l->facts.setuid, &l->facts.devices);
	send_part(l, "setuid");
	send_part(l, "devices");
}

static void look_surface(struct look *l)
{
	surface_probe(&l->facts.surface, l->target.deadline_ms);
	(void)str_set(&l->facts.surface.part.seen_by, l->seen_by);
}

static void look_attempts(struct look *l)
{
	attempts_probe(&l->facts.attempts, l->target.deadline_ms);
	(void)str_set(&l->facts.attempts.part.seen_by, l->seen_by);
}

enum step_when { ALWAYS, INVENTORY, WITHIN, NEVER };

/* The cheap ones first: a walk that does not end costs nothing but itself. */
static const struct step {
	const char *part;
	void (*run)(struct look *l);
	enum step_when when;
} steps[] = {
	{ "identity", look_identity, ALWAYS }, { "started", look_started, ALWAYS },
	{ "limits", look_limits, ALWAYS },     { "namespaces", look_namespaces, ALWAYS },
	{ "environ", look_environ, ALWAYS },   { "securebits", look_securebits, ALWAYS },
	{ "mounts", look_mounts, ALWAYS },     { "root", look_root, ALWAYS },
	{ "surface", look_surface, WITHIN },   { "attempts", look_attempts, WITHIN },
	{ "writable", look_files, INVENTORY },
};

static bool is_due(enum step_when when, const struct look_options *options)
{
	return when == ALWAYS ||
	       (when == INVENTORY ? options->inventory : options->within);
}

static enum step_when when_of(const char *part)
{
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (strcmp(steps[i].part, part) == 0)
			return steps[i].when;
	/* Two parts that come with the walk. */
	return strcmp(part, "setuid") == 0 || strcmp(part, "devices") == 0 ? INVENTORY
									   : NEVER;
}

/* Parts that nobody asks for say why. */
static void not_asked(enum step_when when, struct part *part)
{
	if (when == WITHIN)
		part_unknown(part, "can be asked from within alone",
			     "start the app under `taskprobe probe --exec`");
	else
		part_unknown(part, "not asked for", "leave --no-inventory out");
}

void look_child_missing(const char *name, const char *why,
			const struct look_options *options, struct part *part)
{
	enum step_when when = when_of(name);

	if (when == NEVER)
		return;
	if (is_due(when, options))
		part_unknown(part, why, NULL);
	else
		not_asked(when, part);
}

static void skip(struct look *l, const char *part, enum step_when when)
{
	for (const struct facts_part *p = facts_parts; p->name; p++) {
		if (strcmp(p->name, part) != 0)
			continue;
		not_asked(when, facts_part_of(&l->facts, p));
		send_part(l, part);
	}
}

/* --- taking the peer's place --- */

static bool same_ids(const struct identity_facts *a, const struct identity_facts *b)
{
	return a->euid == b->euid && a->suid == b->suid && a->uid == b->uid &&
	       a->egid == b->egid && a->sgid == b->sgid && a->gid == b->gid;
}

static bool can_switch(uint64_t permitted)
{
	const uint64_t needed = CAP_MASK((unsigned)cap_bit("SETUID")) |
				CAP_MASK((unsigned)cap_bit("SETGID"));

	return (permitted & needed) == needed;
}

/* The kernel lets a process look into another of the same uid and gid, with no
 * capability beyond Docker's default ones. Our capabilities are kept: a peer may
 * have kept some of its own, and is closed to those who have fewer. */
static void take_place(struct look *l, const struct root *proc, int64_t pid)
{
	AUTO(target_done) struct target own = TARGET_INIT;
	AUTO(target_done) struct target peer = TARGET_INIT;
	AUTO(identity_done) struct identity_facts me = { 0 };
	AUTO(identity_done) struct identity_facts who = { 0 };
	struct err err = ERR_INIT;

	if (target_open(proc, getpid(), &own, &err) < 0 ||
	    status_read(&own, &me, &err) < 0 || target_open(proc, pid, &peer, &err) < 0 ||
	    status_read(&peer, &who, &err) < 0)
		return;
	if (same_ids(&me, &who) || !can_switch(l->permitted))
		return;
	if (caps_become(&who, l->permitted, &err) < 0)
		return;
	free(l->seen_by);
	l->seen_by = str_format("the sidecar as uid %lld", (long long)who.euid);
}

/* With its uid the kernel forgets that we wanted to end with our parent. */
static void end_with(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

static int open_target(struct look *l, const struct root *proc,
		       const struct look_job *job, struct err *err)
{
	/* Of ourselves we look at this child: it is what its parent is. */
	l->target.seen_by = l->seen_by;
	l->target.deadline_ms = monotonic_ms() + l->options->timeout_ms * 3 / 4;
	int r = target_open(proc, job->self ? getpid() : job->pid, &l->target, err);
	if (r == 0 && job->start_ticks && l->target.start_ticks != job->start_ticks)
		r = err_set(err, -ESRCH,
			    "the process ended, and its PID is another's now");
	return r;
}

static void send_failure(struct look *l, const struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		for (const struct facts_part *p = facts_parts; p->name; p++)
			if (strcmp(p->name, steps[i].part) == 0) {
				part_unknown(facts_part_of(&l->facts, p), err->msg, NULL);
				send_part(l, p->name);
			}
}

void look_child(const struct root *proc, const struct look_job *job,
		const struct look_options *options, pid_t parent, int out)
{
	struct look l = { .target = TARGET_INIT, .options = options, .out = out };
	struct err err = ERR_INIT;
	struct caps caps = { 0 };

	end_with(parent);
	l.own = job->self;
	l.seen_by = strdup(options->within ? "within"
			   : job->self	   ? "itself"
					   : "the sidecar");
	/* A process may always look at itself, even where file capabilities closed it. */
	if (l.own)
		(void)prctl(PR_SET_DUMPABLE, 1);
	if (l.own)
		look_at_own_streams(&l, proc);
	patience_let_go(out);
	(void)caps_get(&caps, &err);
	l.permitted = caps.permitted;
	set_effective(l.permitted, l.permitted);
	if (!job->self) {
		take_place(&l, proc, job->pid);
		end_with(parent);
		set_effective(l.permitted, l.permitted);
	}
	if (open_target(&l, proc, job, &err) < 0) {
		send_failure(&l, &err);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (is_due(steps[i].when, options)) {
			steps[i].run(&l);
			send_part(&l, steps[i].part);
		} else {
			skip(&l, steps[i].part, steps[i].when);
		}
	}
	if (!options->inventory) {
		skip(&l, "setuid", INVENTORY);
		skip(&l, "devices", INVENTORY);
	}
	target_done(&l.target);
}
