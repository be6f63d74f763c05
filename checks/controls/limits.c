/* SPDX-License-Identifier: MIT
 *
 * limits.c - TP.8 processes, TP.18 memory, and TP.10 the instance's own
 * credentials.
 */
#include <inttypes.h>

#include "checks/answer.h"
#include "checks/controls/all.h"
#include "checks/subject.h"

static void say_limit(const struct subject *s, enum tri limited, int64_t max,
		      const char *what, struct answer *ret)
{
	const struct limits_facts *l = &s->facts->limits;

	if (limited == TRI_YES) {
		answer_set(ret, VERDICT_PASS, "at most %" PRId64 " %s", max, what);
		answer_seen(ret, s->facts, &l->part, "its cgroup allows %" PRId64 " %s",
			    max, what);
	} else if (limited == TRI_NO) {
		answer_set(ret, VERDICT_FAIL, "no limit on %s", what);
		answer_seen(ret, s->facts, &l->part,
			    "neither its cgroup nor one above it limits %s", what);
	} else {
		answer_set(ret, VERDICT_UNKNOWN, "could not look: %s",
			   l->part.why ? l->part.why : "its cgroup could not be read");
	}
}

static void pids_observed(const struct subject *s, struct answer *ret)
{
	if (!KNOWS(s, limits, ret))
		return;
	const struct limits_facts *l = &s->facts->limits;

	say_limit(s, l->pids_limited, l->pids_max, "processes", ret);
	if (l->pids_limited == TRI_NO && l->nproc_hard > 0)
		answer_seen(ret, s->facts, &l->part,
			    "its user is limited to %" PRId64
			    " processes by nproc, which "
			    "root ignores",
			    l->nproc_hard);
}

const struct control control_tp_8 = {
	.id = "TP.8",
	.set = "taskprobe",
	.title = "The number of processes is limited",
	.severity = SEVERITY_LOW,
	.scope = SCOPE_CONTAINER,
	.observed = pids_observed,
	.requires = "pidMode task, or from within; the cgroup file system in sight",
	.remedy =
		"No field of a task definition sets it: on EC2 set default-pids-limit in "
		"Docker's daemon.json, or ECS_TASK_PIDS_LIMIT of the ECS agent.",
};

static void memory_declared(const struct subject *s, struct answer *ret)
{
	const struct decl_int *memory = &s->declared->memory;

	if (memory->at.state == VALUE_DECLARED)
		answer_set(ret, VERDICT_PASS, "memory is %" PRId64 "%s", memory->value,
			   where(memory->at.line).s);
	else if (task_on_fargate(s->task))
		answer_set(ret, VERDICT_PASS, "Fargate limits the task");
	else
		answer_set(ret, VERDICT_UNKNOWN, "memory is %s of the container",
			   memory->at.state == VALUE_ABSENT ? "absent" : "unknown");
}

static void memory_observed(const struct subject *s, struct answer *ret)
{
	if (KNOWS(s, limits, ret))
		say_limit(s, s->facts->limits.memory_limited, s->facts->limits.memory_max,
			  "bytes of memory", ret);
}

const struct control control_tp_18 = {
	.id = "TP.18",
	.set = "taskprobe",
	.title = "Memory is limited, by the container or the task",
	.severity = SEVERITY_LOW,
	.scope = SCOPE_CONTAINER,
	.declared = memory_declared,
	.observed = memory_observed,
	.requires = "pidMode task, or from within; the cgroup file system in sight",
	.remedy = "Set `memory` in the container definition or of the task.",
};

static void instance_observed(const struct subject *s, struct answer *ret)
{
	const char *text = "nobody asked it to be tried";
	enum verdict verdict = VERDICT_UNKNOWN;

	LIST_EACH (const struct facts, f, s->all_facts) {
		const struct reach_facts *r = &f->instance_metadata;

		if (!r->part.known)
			continue;
		if (r->reachable || verdict == VERDICT_UNKNOWN)
			verdict = r->reachable ? VERDICT_FAIL : VERDICT_PASS;
		text = verdict == VERDICT_FAIL ? "it answers" : "it does not answer";
		answer_seen(ret, f, &r->part, "tried from %s: %s",
			    f->container ? f->container : "a container",
			    r->evidence	   ? r->evidence
			    : r->reachable ? "reachable"
					   : "not reachable");
	}
	answer_set(ret, verdict, "%s", text);
}

const struct control control_tp_10 = {
	.id = "TP.10",
	.set = "taskprobe",
	.title = "The instance metadata service is out of reach",
	.severity = SEVERITY_MEDIUM,
	.scope = SCOPE_TASK,
	.observed = instance_observed,
	.requires = "to be asked for: it makes a request",
	.remedy = "Set the instances' metadata hop limit to 1 with IMDSv2 required, or "
		  "ECS_AWSVPC_BLOCK_IMDS=true for awsvpc tasks.",
	.on_request = true,
};
