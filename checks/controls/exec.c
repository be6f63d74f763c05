/* SPDX-License-Identifier: MIT
 *
 * exec.c - ECS Exec: what its agent writes is on the root file system. TP.9.
 */
#include "checks/answer.h"
#include "checks/controls/all.h"
#include "checks/subject.h"
#include "core/cleanup.h"
#include "core/table.h"

static const char *const ssm_paths[] = { "/var/lib/amazon/ssm", "/var/log/amazon/ssm",
					 "/managed-agents" };

/* On EC2 the ECS agent brings its own mounts for all but /var/lib/amazon/ssm. */
static size_t ssm_paths_needed(const struct task *task)
{
	return task_on_fargate(task) ? ARRAY_LEN(ssm_paths) : 2;
}

static bool declares_writable(const struct container_definition *c, const char *path)
{
	LIST_EACH (const struct decl_mount, m, &c->mounts)
		if (m->path && !m->readonly && path_within(path, m->path))
			return true;
	LIST_EACH (const struct decl_tmpfs, t, &c->tmpfs)
		if (t->path && path_within(path, t->path))
			return true;
	return false;
}

static void exec_declared(const struct subject *s, struct answer *ret)
{
	const struct decl_bool *exec = &s->task->execute_command;
	const struct decl_bool *ro = &s->declared->readonly_root;
	AUTO(str_done) struct str missing = STR_INIT(1024);

	if (exec->at.state == VALUE_ABSENT ||
	    (exec->at.state == VALUE_DECLARED && !exec->value)) {
		answer_set(ret, VERDICT_PASS, "enableExecuteCommand is off");
		return;
	}
	if (ro->at.state == VALUE_ABSENT ||
	    (ro->at.state == VALUE_DECLARED && !ro->value)) {
		answer_set(ret, VERDICT_PASS, "the root is declared writable");
		return;
	}
	if (exec->at.state == VALUE_UNKNOWN || ro->at.state == VALUE_UNKNOWN) {
		answer_set(ret, VERDICT_UNKNOWN, "%s is unknown",
			   exec->at.state == VALUE_UNKNOWN ? "enableExecuteCommand"
							   : "readonlyRootFilesystem");
		return;
	}
	for (size_t i = 0; i < ssm_paths_needed(s->task); i++)
		if (!declares_writable(s->declared, ssm_paths[i]))
			answer_enumerate(&missing, ssm_paths[i]);
	if (missing.len == 0)
		answer_set(ret, VERDICT_PASS, "its agent's paths are mounted writable");
	else
		answer_set(ret, VERDICT_FAIL,
			   "ECS Exec, a read-only root and no mount on %s", missing.s);
}

static bool has_writable(const struct mounts_facts *mounts, const char *path)
{
	LIST_EACH (const struct mount_fact, m, &mounts->list)
		if (m->kind != MOUNT_ROOT && !m->readonly && m->path &&
		    path_within(path, m->path))
			return true;
	return false;
}

static const char exec_mount[] = "/ecs-execute-command-";

static bool shows_exec(const struct facts *f)
{
	if (f->processes.part.known && f->processes.ssm_agent)
		return true;
	LIST_EACH (const struct mount_fact, m, &f->mounts.list)
		if (f->mounts.part.known && m->path &&
		    (strncmp(m->path, exec_mount, sizeof(exec_mount) - 1) == 0 ||
		     str_equal(m->path, "/managed-agents")))
			return true;
	return false;
}

static void exec_observed(const struct subject *s, struct answer *ret)
{
	AUTO(str_done) struct str missing = STR_INIT(1024);

	if (!KNOWS(s, root, ret))
		return;
	const struct facts *f = s->facts;

	if (f->root.writable) {
		answer_set(ret, VERDICT_PASS, "the root is writable");
		return;
	}
	if (!KNOWS(s, mounts, ret))
		return;
	if (!shows_exec(f) && KNOWS(s, processes, ret))
		answer_set(ret, VERDICT_PASS, "no sign of ECS Exec");
	if (!shows_exec(f))
		return;
	for (size_t i = 0; i < ssm_paths_needed(s->task); i++)
		if (!has_writable(&f->mounts, ssm_paths[i]))
			answer_enumerate(&missing, ssm_paths[i]);
	answer_evidence(ret,
			"AWS does not support ECS Exec with a read-only root; what its "
			"agent writes is %s, %s and, on Fargate, %s",
			ssm_paths[0], ssm_paths[1], ssm_paths[2]);
	if (f->processes.part.known && f->processes.ssm_agent)
		answer_seen(ret, f, &f->processes.part, "ECS Exec's agent runs in it");
	if (missing.len == 0)
		answer_set(ret, VERDICT_PASS, "ECS Exec has its paths mounted writable");
	else
		answer_set(ret, VERDICT_FAIL, "ECS Exec cannot write %s", missing.s);
}

const struct control control_tp_9 = {
	.id = "TP.9",
	.set = "taskprobe",
	.title = "ECS Exec is not combined with a root file system that breaks it",
	.severity = SEVERITY_LOW,
	.scope = SCOPE_CONTAINER,
	.declared = exec_declared,
	.observed = exec_observed,
	.requires = "pidMode task, or from within; no capability",
	.remedy =
		"Mount volumes on /var/lib/amazon/ssm and /var/log/amazon/ssm (on "
		"Fargate "
		"/managed-agents too), which AWS does not support, or turn ECS Exec off.",
};
