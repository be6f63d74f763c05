/* SPDX-License-Identifier: MIT */
#include "probe/look.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/json.h"
#include "probe/look_child.h"
#include "probe/monotonic.h"
#include "probe/proc/patience.h"
#include "probe/sys.h"

/* What one child may send: the largest part is a writable inventory of 4,096
 * rows, whose paths are below PATH_MAX each. */
#define ANSWER_MAX (32u << 20)
/* A task definition has at most 10 containers on ECS; injected ones come on top. */
#define JOBS_MAX 64
/* Descriptors on a peer's root keep its overlay alive: when the peer ends, its
 * observer has this long to finish. */
#define AFTERLIFE_MS 700
/* Half a second: most end by themselves, having closed their pipe. */
#define REAP_TRIES 250

struct observer {
	pid_t pid;
	int out;    /* reading end; -1: done */
	int target; /* pidfd of the process looked at; -1: not watched */
	int64_t until_ms;
	bool late, gone; /* killed for its time; its target ended */
	struct str answer;
};

static int start(const struct root *proc, const struct look_job *job,
		 const struct look_options *options, struct observer *o)
{
	int ends[2];

	*o = (struct observer){ .pid = -1, .out = -1, .target = -1 };
	o->answer = (struct str)STR_INIT(ANSWER_MAX);
	o->until_ms = monotonic_ms() + options->timeout_ms;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid_t parent = getpid();
	o->pid = fork();
	if (o->pid < 0) {
		int code = -errno;

		(void)close(ends[0]);
		(void)close(ends[1]);
		return code;
	}
	if (o->pid == 0) {
		(void)close(ends[0]);
		look_child(proc, job, options, parent, ends[1]);
		_exit(0);
	}
	(void)close(ends[1]);
	o->out = ends[0];
	o->target = job->self ? -1 : sys_pidfd_open((pid_t)job->pid, 0);
	return 0;
}

static void finish(struct observer *o, bool kill_it)
{
	if (kill_it)
		(void)kill(o->pid, SIGKILL);
	cleanup_close(&o->out);
	cleanup_close(&o->target);
	o->out = o->target = -1;
	patience_reap(o->pid, REAP_TRIES);
}

/* True at the end of what the child sends. */
static bool drain(struct observer *o)
{
	char buf[65536];
	ssize_t n = read(o->out, buf, sizeof(buf));

	if (n < 0)
		return errno != EINTR && errno != EAGAIN;
	return n == 0 || str_add(&o->answer, buf, (size_t)n) < 0;
}

static void poll_once(struct observer *observers, size_t count, int64_t wait_ms)
{
	struct pollfd fds[2 * JOBS_MAX];

	for (size_t i = 0; i < count; i++) {
		fds[2 * i] = (struct pollfd){ .fd = observers[i].out, .events = POLLIN };
		fds[2 * i + 1] =
			(struct pollfd){ .fd = observers[i].gone ? -1
								 : observers[i].target,
					 .events = POLLIN };
	}
	if (poll(fds, 2 * count, (int)wait_ms) <= 0)
		return;
	for (size_t i = 0; i < count; i++) {
		struct observer *o = &observers[i];

		if (fds[2 * i + 1].revents & POLLIN) {
			int64_t soon = monotonic_ms() + AFTERLIFE_MS;

			o->gone = true;
			o->until_ms = o->until_ms < soon ? o->until_ms : soon;
		}
		if (fds[2 * i].revents && drain(o))
			finish(o, o->answer.error != 0);
	}
}

static void wait_all(struct observer *observers, size_t count,
		     const struct look_options *options)
{
	for (;;) {
		int64_t now = monotonic_ms(), wait_ms = 100;
		bool stop = options->stop && options->stop();
		size_t running = 0;

		for (size_t i = 0; i < count; i++) {
			struct observer *o = &observers[i];

			if (o->out < 0)
				continue;
			if (stop || now >= o->until_ms) {
				o->late = true;
				finish(o, true);
				continue;
			}
			running++;
			if (o->until_ms - now < wait_ms)
				wait_ms = o->until_ms - now;
		}
		if (running == 0)
			return;
		poll_once(observers, count, wait_ms);
	}
}

/* A line is {"PART":{...}}: read into a fresh struct, so that a child that has been
 * in contact with the container's files can fill in no more than its parts. */
static void take_line(const char *line, size_t len, struct facts *facts)
{
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	struct err err = ERR_INIT;

	if (json_parse(line, len, &doc, &err) < 0)
		return;
	for (const struct facts_part *p = facts_parts; p->name; p++) {
		const struct json *v = json_get(doc.root, p->name);

		if (!v)
			continue;
		struct part *part = facts_part_of(facts, p);
		record_done(p->type, part);
		if (record_read(&doc, v, p->type, part, &err) < 0) {
			record_done(p->type, part);
			part_unknown(part, err.msg, NULL);
		}
	}
	const char *id = json_text(json_get(doc.root, "endpoint_id"));
	if (id)
		(void)str_set(&facts->endpoint_id, id);
}

static void take(const struct observer *o, struct facts *facts)
{
	const char *at = o->answer.s, *end = at + o->answer.len;

	while (at < end) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));

		if (!nl)
			return; /* cut off in the middle: not a part */
		take_line(at, (size_t)(nl - at), facts);
		at = nl + 1;
	}
}

/* Why the parts that did not arrive are missing. */
static void explain(const struct observer *o, const struct look_options *options,
		    struct facts *facts)
{
	AUTO_FREE char *why = NULL;

	if (o->gone)
		why = str_format("the process ended while it was looked at");
	else if (o->answer.error)
		why = str_format("what was seen is larger than the limit");
	else if (o->late)
		why = str_format(
			"looking did not end within %lld ms: a file system hangs, or "
			"there is much to see (--timeout)",
			(long long)options->timeout_ms);
	else
		why = str_format("the observer ended early");
	for (const struct facts_part *p = facts_parts; p->name; p++) {
		struct part *part = facts_part_of(facts, p);

		if (!part->known && !part->why)
			look_child_missing(p->name, why, options, part);
	}
}

void look_at(const struct root *proc, struct look_job *jobs, size_t count,
	     const struct look_options *options)
{
	struct observer observers[JOBS_MAX];

	for (size_t done = 0; done < count; done += JOBS_MAX) {
		size_t n = count - done < JOBS_MAX ? count - done : JOBS_MAX;

		for (size_t i = 0; i < n; i++)
			if (start(proc, &jobs[done + i], options, &observers[i]) < 0)
				observers[i].out = -1;
		wait_all(observers, n, options);
		for (size_t i = 0; i < n; i++) {
			take(&observers[i], jobs[done + i].facts);
			explain(&observers[i], options, jobs[done + i].facts);
			str_done(&observers[i].answer);
		}
	}
}
