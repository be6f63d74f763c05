/* SPDX-License-Identifier: MIT */
#include "agent/gather.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/attribute.h"
#include "agent/clock.h"
#include "agent/files.h"
#include "agent/metadata.h"
#include "agent/reach.h"
#include "agent/verb.h"
#include "agent/version.h"
#include "checks/input/metadata.h"
#include "checks/input/taskdef.h"
#include "checks/judge.h"
#include "core/cleanup.h"
#include "probe/look.h"
#include "probe/peers.h"

/* RegisterTaskDefinition takes 64 KiB; wrapped, pretty-printed and with tags it
 * is larger; a gzip that grows beyond this is no task definition. */
#define DEFINITION_MAX (4u << 20)
/* One container's facts as `probe --exec` writes them: usually below 100 KiB. Whoever
 * else writes to the volume shall not use up a sidecar's memory. */
#define FACTS_MAX (8u << 20)

int gather_definition(const struct settings *s, struct task *task, struct err *err)
{
	AUTO(str_done) struct str raw = STR_INIT(DEFINITION_MAX);
	AUTO(str_done) struct str text = STR_INIT(DEFINITION_MAX);
	struct definition *d = &task->definition;
	const char *source =
		s->task_definition ? s->task_definition : "TASKPROBE_TASK_DEFINITION";
	int r;

	if (!s->task_definition && !s->definition_text) {
		part_unknown(&d->part, "none was given",
			     "name one with --task-definition FILE, "
			     "TASKPROBE_TASK_DEFINITION_FILE "
			     "or TASKPROBE_TASK_DEFINITION");
		return 0;
	}
	if (s->task_definition)
		r = file_read(s->task_definition, &raw, err);
	else
		r = str_puts(&raw, s->definition_text);
	if (r == 0) {
		r = envelope_open(raw.s, raw.len, &text, err);
		if (r == 0)
			r = taskdef_parse(text.s, text.len, source, d, err);
		if (r < 0)
			(void)err_wrap(err, "%s", source);
	}
	if (r < 0)
		part_unknown(&d->part, err->msg, "mend the task definition");
	return r;
}

/* --- the running task --- */

static void source_of(const struct gather *g, struct metadata_source *ret)
{
	*ret = (struct metadata_source)METADATA_SOURCE_INIT(g->settings->metadata);
	ret->window_ms = g->settings->wait_ms;
	ret->stop = g->stop;
}

static bool is_up(const struct running_container *c)
{
	static const char *const early[] = { "NONE", "MANIFEST_PULLED", "PULLED",
					     "CREATED" };

	for (size_t i = 0; i < sizeof(early) / sizeof(early[0]); i++)
		if (str_equal(c->known_status, early[i]))
			return false;
	return true;
}

/* A sidecar starts first (the app depends on it): wait until everything that will
 * run does. Containers that are not pulled yet are not even listed. */
static bool all_up(const struct task *task)
{
	LIST_EACH (const struct running_container, c, &task->containers)
		if (!is_up(c))
			return false;
	if (!task->definition.part.known || task->definition.stale)
		return true;
	LIST_EACH (const struct container_definition, d, &task->definition.containers)
		if (!task_running(task, d->name))
			return false;
	return true;
}

static int read_metadata(const struct gather *g, struct task *task)
{
	struct metadata_source source;
	struct err err = ERR_INIT;
	int64_t until = clock_ms() + g->settings->wait_ms;

	if (!g->settings->metadata) {
		part_unknown(&task->metadata,
			     "ECS_CONTAINER_METADATA_URI_V4 is not set: this is "
			     "no ECS task, or an old platform",
			     "name the endpoint with --metadata URI");
		part_unknown(&task->containers_part, "there is no metadata endpoint",
			     NULL);
		return 0;
	}
	source_of(g, &source);
	for (;;) {
		int64_t left = until - clock_ms();

		source.window_ms = left > 0 ? left : 0;
		int r = metadata_read(&source, task, &err);

		task_reconcile(task);
		if (r < 0 || all_up(task) || clock_ms() >= until)
			return 0;
		if (g->stop && g->stop())
			return -EINTR;
		clock_sleep_ms(500);
	}
}

static void add_traffic(const struct gather *g, struct report *report)
{
	struct list stats = { 0 };
	struct metadata_source source;
	struct err err = ERR_INIT;

	if (!report->task.metadata.known)
		return;
	source_of(g, &source);
	source.window_ms = 0;
	if (metadata_read_stats(&source, &stats, &err) < 0) {
		LIST_EACH (struct facts, f, &report->facts)
			part_unknown(&f->traffic.part, err.msg, NULL);
		return;
	}
	LIST_EACH (struct facts, f, &report->facts)
		LIST_EACH (const struct container_stats, c, &stats)
			if (c->known && str_equal(c->docker_id, f->docker_id)) {
				f->traffic.part.known = true;
				(void)str_set(&f->traffic.part.seen_by,
					      "the metadata endpoint");
				f->traffic.bytes_written = c->bytes_written;
				f->traffic.bytes_read = c->bytes_read;
			}
	record_list_done(&container_stats_type, &stats);
}

/* --- looking --- */

/* On a host (kernel threads in sight, nothing of ours in the cgroups) what is in
 * sight is not a task: we look at ourselves alone. */
static bool is_wanted(const struct peers *peers, const struct group *g)
{
	return g->self || g->docker_id || !peers->kernel_threads;
}

static int docker_ids(const struct task *task, struct list *ret)
{
	LIST_EACH (const struct running_container, c, &task->containers)
		if (c->docker_id && *c->docker_id && texts_add(ret, c->docker_id) < 0)
			return -ENOMEM;
	return 0;
}

/* Who is looked at in our own container: its first process, unless the "container"
 * is the whole machine. */
static int64_t self_pid(const struct peers *peers, const struct facts *facts)
{
	return peers->kernel_threads && !facts->docker_id ? getpid() : facts->pid;
}

static int describe_groups(const struct peers *peers, struct report *report)
{
	for (size_t i = 0; i < peers->groups.len; i++) {
		const struct group *group = LIST_AT(&peers->groups, struct group, i);

		if (!is_wanted(peers, group))
			continue;
		struct facts *f = LIST_ADD(&report->facts, struct facts);
		if (!f || peers_describe(peers, i, f) < 0)
			return -ENOMEM;
		if (group->conflict) {
			free(f->docker_id);
			f->docker_id = NULL;
			(void)str_set(&f->attribution,
				      "its processes are in the cgroups of two "
				      "containers");
		}
		if (f->self)
			f->pid = self_pid(peers, f);
	}
	return 0;
}

static void look_options(const struct gather *g, struct look_options *ret)
{
	*ret = (struct look_options){
		.timeout_ms = g->settings->timeout_ms,
		.write_mode = (enum write_mode)g->settings->write_mode,
		.inventory = !g->settings->no_inventory,
		.stop = g->stop,
	};
}

/* The job is not made for a container that --container leaves out, once we know
 * its name; one whose name is not known yet is looked at to find it out. */
static bool is_left_out(const struct gather *g, const struct report *report,
			const struct facts *f)
{
	const char *name = attribute_by_docker_id(&report->task, f->docker_id);

	return g->settings->container && name && !str_equal(name, g->settings->container);
}

static int look_at_all(const struct gather *g, const struct root *proc,
		       struct report *report)
{
	AUTO(list_done) struct list jobs = { 0 };
	struct look_options options;

	look_options(g, &options);
	LIST_EACH (struct facts, f, &report->facts) {
		if (is_left_out(g, report, f))
			continue;
		struct look_job *job = LIST_ADD(&jobs, struct look_job);
		if (!job)
			return -ENOMEM;
		*job = (struct look_job){ .pid = f->pid,
					  .facts = f,
					  .self = f->self && f->pid == getpid() };
		job->start_ticks = job->self ? 0 : f->start_ticks;
		(void)str_set(&f->seen_by, job->self ? "itself" : "the sidecar");
	}
	look_at(proc, jobs.items, jobs.len, &options);
	return 0;
}

/* What --facts names: what containers saw of themselves. */
static int merge_files(const struct gather *g, struct report *report, struct err *err)
{
	AUTO(texts_done) struct list files = { 0 };

	LIST_EACH (char *, path, &g->settings->facts)
		if (file_list_json(*path, &files, err) < 0)
			complain("%s", err->msg);
	LIST_EACH (char *, path, &files) {
		AUTO(str_done) struct str text = STR_INIT(FACTS_MAX);
		struct metadata_source source;
		int r = file_read_untrusted(*path, &text, err);

		source_of(g, &source);
		if (r == 0)
			r = attribute_merge(report, text.s, text.len, *path,
					    g->settings->metadata ? &source : NULL, err);
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			complain("%s", err->msg);
	}
	return 0;
}

static void ask_instance_metadata(const struct gather *g, struct report *report)
{
	LIST_EACH (struct facts, f, &report->facts) {
		if (f->self && g->settings->instance_metadata)
			reach_instance_metadata(f, "itself");
		reach_not_tried(f);
	}
}

static bool sees_itself(const struct peers *peers)
{
	LIST_EACH (const struct group, g, &peers->groups)
		if (g->self)
			return true;
	return false;
}

static int gather_facts(const struct gather *g, struct report *report, struct err *err)
{
	AUTO(root_done) struct root proc = ROOT_INIT;
	AUTO(peers_done) struct peers peers = { 0 };
	AUTO(texts_done) struct list ids = { 0 };
	struct metadata_source source;
	int r = root_open("/proc", &proc, err);

	if (r < 0)
		return r;
	if (docker_ids(&report->task, &ids) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	r = peers_scan(&proc, &ids, getpid(), &peers, err);
	if (r < 0)
		return r;
	if (!sees_itself(&peers))
		return err_set(err, -ENOENT,
			       "/proc does not show this process: is procfs mounted?");
	if (describe_groups(&peers, report) < 0 || look_at_all(g, &proc, report) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	if (g->stop && g->stop())
		return err_set(err, -EINTR, "stopped");
	source_of(g, &source);
	source.window_ms = 0;
	r = attribute(report, &peers, g->settings->self,
		      g->settings->metadata ? &source : NULL, err);
	if (r < 0)
		return r;
	ask_instance_metadata(g, report);
	return merge_files(g, report, err);
}

int gather_judge(const struct settings *s, struct report *report, struct err *err)
{
	struct judge_options options = {
		.fail_on = s->fail_on,
		.require_observed = s->require_observed,
		.include_self = s->include_self || s->self,
		.only = &s->only,
		.skip = &s->skip,
		.container = s->container,
	};
	char now[CLOCK_TEXT_MAX];

	/* Without a task around us there is nothing else to count. */
	if (!report->task.metadata.known && report->facts.len == 1)
		options.include_self = true;
	clock_text(now);
	if (str_set(&report->schema, REPORT_SCHEMA) < 0 ||
	    str_set(&report->tool.name, "taskprobe") < 0 ||
	    str_set(&report->tool.version, TASKPROBE_VERSION) < 0 ||
	    str_set(&report->created, now) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	return judge(report, &options, err);
}

static bool is_known(const struct report *report, const char *name)
{
	if (!name || task_definition_of(&report->task, name) ||
	    task_running(&report->task, name))
		return true;
	LIST_EACH (const struct facts, f, &report->facts)
		if (str_equal(f->container, name))
			return true;
	return false;
}

int gather_report(struct gather *g, struct report *ret, struct err *err)
{
	if (gather_definition(g->settings, &ret->task, err) < 0) {
		g->definition_broken = true;
		complain("%s", err->msg);
	}
	if (read_metadata(g, &ret->task) == -EINTR)
		return err_set(err, -EINTR, "stopped");
	int r = gather_facts(g, ret, err);
	if (r < 0)
		return r;
	add_traffic(g, ret);
	if (!is_known(ret, g->settings->container))
		return err_set(err, -ENOENT, "there is no container '%s' in this task",
			       g->settings->container);
	return gather_judge(g->settings, ret, err);
}
