/* SPDX-License-Identifier: MIT
 *
 * namespaces.c - what a task shares with the host, and its containers with each
 * other: ECS.3, CIS.3.3, ECS.17, TP.13, TP.17.
 */
#include <inttypes.h>

#include "checks/answer.h"
#include "checks/controls/all.h"
#include "checks/subject.h"
#include "core/cleanup.h"

/* 'mode' is "host" or one of the others; absent is not. */
static void mode_declared(const struct decl_text *mode, const char *field,
			  struct answer *ret)
{
	if (mode->at.state == VALUE_ABSENT)
		answer_set(ret, VERDICT_PASS, "%s is absent", field);
	else if (mode->at.state == VALUE_UNKNOWN || !mode->value)
		answer_set(ret, VERDICT_UNKNOWN, "%s is unknown", field);
	else
		answer_set(ret,
			   str_equal(mode->value, "host") ? VERDICT_FAIL : VERDICT_PASS,
			   "%s is %s%s", field, mode->value, where(mode->at.line).s);
}

static void pid_declared(const struct subject *s, struct answer *ret)
{
	mode_declared(&s->task->definition.pid_mode, "pidMode", ret);
}

static void say_namespace(const struct facts *f, const char *kind, struct answer *ret)
{
	const struct namespace_fact *n = facts_namespace(f, kind);

	if (n)
		answer_seen(ret, f, &f->namespaces.part,
			    "%s: %s namespace %" PRId64 "%s%s",
			    f->container ? f->container : "?", kind, n->inode,
			    n->evidence ? ": " : "", n->evidence ? n->evidence : "");
	if (strcmp(kind, "pid") == 0 && f->namespaces.part.known &&
	    f->namespaces.kernel_threads)
		answer_seen(ret, f, &f->namespaces.part,
			    "%s: kernel threads are in sight, as on the host alone",
			    f->container ? f->container : "?");
}

static void pid_observed(const struct subject *s, struct answer *ret)
{
	const struct facts *who = NULL;
	const enum tri host = task_shares(s, "pid", &who);

	if (host == TRI_UNKNOWN) {
		answer_set(ret, VERDICT_UNKNOWN, "no PID namespace could be told");
		return;
	}
	answer_set(ret, host == TRI_YES ? VERDICT_FAIL : VERDICT_PASS,
		   host == TRI_YES ? "the host's processes are in sight"
				   : "the PID namespace is not the host's");
	say_namespace(who, "pid", ret);
}

const struct control control_ecs_3 = {
	.id = "ECS.3",
	.set = "security-hub",
	.title = "Task definitions do not share the host's process namespace",
	.severity = SEVERITY_HIGH,
	.scope = SCOPE_TASK,
	.declared = pid_declared,
	.observed = pid_observed,
	.requires = "nothing: any container's own view answers",
	.remedy = "Leave pidMode out, or set it to task.",
	.related = "NIST.800-53.r5 CA-9(1), CM-2",
	.config_rule = "ecs-task-definition-pid-mode-check",
};

const struct control control_cis_3_3 = {
	.id = "CIS.3.3",
	.set = "cis",
	.title = "Task definitions do not have pidMode set to host",
	.severity = SEVERITY_HIGH,
	.scope = SCOPE_TASK,
	.declared = pid_declared,
	.observed = pid_observed,
	.requires = "as ECS.3",
	.remedy = "Leave pidMode out, or set it to task.",
};

static void network_declared(const struct subject *s, struct answer *ret)
{
	mode_declared(&s->task->definition.network_mode, "networkMode", ret);
}

static void network_observed(const struct subject *s, struct answer *ret)
{
	const struct facts *who = NULL;
	const enum tri host = task_shares(s, "net", &who);

	if (host == TRI_YES)
		answer_set(ret, VERDICT_FAIL, "the host's network is in sight");
	else if (host == TRI_NO)
		answer_set(ret, VERDICT_PASS, "the network is not the host's");
	else
		answer_set(ret, VERDICT_UNKNOWN, "no network namespace could be told");
	if (who)
		say_namespace(who, "net", ret);
	LIST_EACH (const struct running_container, r, &s->task->containers)
		if (!running_is_platform(r) && str_equal(r->network_mode, "host")) {
			answer_set(ret, VERDICT_FAIL, "%s",
				   host == TRI_YES ? "the host's network is in sight"
						   : "the metadata says host");
			answer_evidence(ret,
					"the task metadata says NetworkMode host of %s",
					r->name ? r->name : "a container");
		}
}

const struct control control_ecs_17 = {
	.id = "ECS.17",
	.set = "security-hub",
	.title = "Task definitions do not use host network mode",
	.severity = SEVERITY_MEDIUM,
	.scope = SCOPE_TASK,
	.declared = network_declared,
	.observed = network_observed,
	.requires = "nothing: any container's own view answers",
	.remedy = "Set networkMode to awsvpc (or bridge).",
	.related = "NIST.800-53.r5 AC-2(1), AC-3, AC-3(7), AC-3(15), AC-5, AC-6",
	.config_rule = "ecs-task-definition-network-mode-not-host",
};

static void ipc_declared(const struct subject *s, struct answer *ret)
{
	mode_declared(&s->task->definition.ipc_mode, "ipcMode", ret);
}

/* Docker on cgroup v1 gives every container the host's cgroup namespace: worth a line
 * of evidence, not a verdict. */
static bool is_common(const char *kind)
{
	return strcmp(kind, "cgroup") == 0;
}

static void host_observed(const struct subject *s, struct answer *ret)
{
	static const char *const kinds[] = { "ipc", "uts", "cgroup" };
	AUTO(str_done) struct str shared = STR_INIT(256);
	AUTO(str_done) struct str unknown = STR_INIT(256);

	if (!KNOWS(s, namespaces, ret))
		return;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct namespace_fact *n = facts_namespace(s->facts, kinds[i]);

		if (!n || n->host == TRI_UNKNOWN)
			answer_enumerate(&unknown, kinds[i]);
		else if (n->host == TRI_YES && !is_common(kinds[i]))
			answer_enumerate(&shared, kinds[i]);
		if (n && n->host == TRI_YES)
			say_namespace(s->facts, kinds[i], ret);
	}
	if (shared.len > 0)
		answer_set(ret, VERDICT_FAIL, "the host's %s", shared.s);
	else if (unknown.len > 0)
		answer_set(ret, VERDICT_UNKNOWN, "could not be told of %s", unknown.s);
	else
		answer_set(ret, VERDICT_PASS, "ipc and uts are not the host's");
}

const struct control control_tp_13 = {
	.id = "TP.13",
	.set = "taskprobe",
	.title = "No further namespace of the host is shared (ipc, uts)",
	.severity = SEVERITY_MEDIUM,
	.scope = SCOPE_CONTAINER,
	.declared = ipc_declared,
	.observed = host_observed,
	.requires = "the app's uid or SYS_PTRACE, or from within",
	.remedy = "Leave ipcMode out or set it to task.",
};

static void sight_declared(const struct subject *s, struct answer *ret)
{
	const struct decl_text *mode = &s->task->definition.pid_mode;

	mode_declared(mode, "pidMode", ret);
	if (ret->verdict == VERDICT_PASS && str_equal(mode->value, "task"))
		answer_set(ret, VERDICT_FAIL, "pidMode is task%s",
			   where(mode->at.line).s);
}

/* Can this one see processes that are not its own? */
static enum tri sees_others(const struct facts *f)
{
	const struct namespace_fact *n = facts_namespace(f, "pid");

	if (!f->namespaces.part.known)
		return TRI_UNKNOWN;
	if (f->namespaces.processes > 0 || f->namespaces.kernel_threads ||
	    (n && (n->shared_with.len > 0 || n->host == TRI_YES)))
		return TRI_YES;
	return n && n->host == TRI_NO && !f->namespaces.part.why ? TRI_NO : TRI_UNKNOWN;
}

static void sight_observed(const struct subject *s, struct answer *ret)
{
	const char *text = "no PID namespace could be told";
	enum tri any = TRI_UNKNOWN;

	LIST_EACH (const struct facts, f, s->all_facts) {
		const enum tri one = sees_others(f);

		if (one > any)
			any = one;
		if (one == TRI_YES)
			answer_seen(ret, f, &f->namespaces.part,
				    "%s has %" PRId64 " processes of others in sight",
				    f->container ? f->container : "?",
				    f->namespaces.processes);
	}
	if (any == TRI_YES)
		text = "containers see each other's processes";
	else if (any == TRI_NO)
		text = "each container sees its own processes only";
	answer_set(ret,
		   any == TRI_YES  ? VERDICT_FAIL
		   : any == TRI_NO ? VERDICT_PASS
				   : VERDICT_UNKNOWN,
		   "%s", text);
}

const struct control control_tp_17 = {
	.id = "TP.17",
	.set = "taskprobe",
	.title = "Containers do not see each other's processes",
	.severity = SEVERITY_LOW,
	.scope = SCOPE_TASK,
	.declared = sight_declared,
	.observed = sight_observed,
	.requires = "nothing: any container's own view answers",
	.remedy = "Leave pidMode out where nothing needs it. taskprobe as a sidecar does "
		  "(staging is enough); `taskprobe probe --exec` in each container does "
		  "not.",
};
