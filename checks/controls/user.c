/* SPDX-License-Identifier: MIT
 *
 * user.c - who the app runs as: ECS.20, ECS.21.
 */
#include <inttypes.h>

#include "checks/answer.h"
#include "checks/controls/all.h"
#include "checks/subject.h"
#include "core/cleanup.h"

static void linux_user_declared(const struct subject *s, struct answer *ret)
{
	const struct decl_text *user = &s->declared->user;

	if (!subject_on_linux(s, ret))
		return;
	if (user->at.state == VALUE_ABSENT)
		answer_set(ret, VERDICT_FAIL, "user is absent");
	else if (user->at.state == VALUE_UNKNOWN || !user->value)
		answer_set(ret, VERDICT_UNKNOWN, "user is unknown");
	else
		answer_set(ret, user_is_root(user->value) ? VERDICT_FAIL : VERDICT_PASS,
			   "user is %s%s", user->value, where(user->at.line).s);
	if (ret->verdict == VERDICT_FAIL && user->value &&
	    strcmp(user->value, "0") != 0 && strcmp(user->value, "root") != 0)
		answer_evidence(ret,
				"the control's text names \"root\" and \"0\" only; "
				"\"%s\" is the same user",
				user->value);
}

/* Says what makes it root; false where nothing that we know does. */
static bool say_root(const struct facts *f, struct answer *ret)
{
	const struct identity_facts *id = &f->identity;

	if (facts_root(f) != TRI_YES)
		return false;
	if (f->started.part.known && f->started.uid == 0)
		answer_set(ret, VERDICT_FAIL, "it started as uid 0");
	else if (id->part.known && id->euid == 0)
		answer_set(ret, VERDICT_FAIL, "its first process runs as uid 0");
	else if (id->part.known && (id->uid == 0 || id->suid == 0 || id->fsuid == 0))
		answer_set(ret, VERDICT_FAIL, "its first process can be uid 0 again");
	else
		answer_set(ret, VERDICT_FAIL, "a process of it runs as uid 0");
	return true;
}

static void say_processes(const struct facts *f, struct answer *ret)
{
	AUTO(str_done) struct str uids = STR_INIT(4096);

	LIST_EACH (const int64_t, uid, &f->processes.uids) {
		AUTO_FREE char *text = str_format("%" PRId64, *uid);

		if (text)
			answer_enumerate(&uids, text);
	}
	if (f->processes.part.known && uids.len > 0)
		answer_seen(ret, f, &f->processes.part,
			    "the effective uids of its processes: %s", uids.s);
}

static void say_identity(const struct facts *f, struct answer *ret)
{
	const struct identity_facts *id = &f->identity;

	if (f->started.part.known)
		answer_seen(ret, f, &f->started.part, "it started as uid %" PRId64 ": %s",
			    f->started.uid,
			    f->started.evidence ? f->started.evidence
						: "no evidence given");
	if (id->part.known)
		answer_seen(ret, f, &id->part,
			    "its first process has uid %" PRId64 ", effective %" PRId64
			    ", saved %" PRId64 ", file system %" PRId64,
			    id->uid, id->euid, id->suid, id->fsuid);
	say_processes(f, ret);
}

static void say_groups(const struct facts *f, struct answer *ret)
{
	const struct identity_facts *id = &f->identity;
	bool root = id->gid == 0 || id->egid == 0 || id->sgid == 0 || id->fsgid == 0;

	LIST_EACH (const int64_t, gid, &id->groups)
		root |= *gid == 0;
	if (root)
		answer_seen(ret, f, &id->part,
			    "it is in group 0 (root): files of that group are its own");
	LIST_EACH (const struct entered_fact, e, &f->processes.entered)
		if (f->processes.part.known && e->uid == 0)
			answer_seen(ret, f, &f->processes.part,
				    "%s (pid %" PRId64
				    ") entered it later as root and is not "
				    "judged with it",
				    e->command ? e->command : "a process", e->pid);
}

/* A user that is not root, by a definition that is this task's. */
static bool declares_user(const struct subject *s)
{
	const struct decl_text *user = s->declared ? &s->declared->user : NULL;

	return user && !s->task->definition.stale && user->at.state == VALUE_DECLARED &&
	       user->value && *user->value && !user_is_root(user->value);
}

static void linux_user_observed(const struct subject *s, struct answer *ret)
{
	const struct facts *f = s->facts;

	if (!f) {
		(void)subject_knows(s, NULL, ret);
		return;
	}
	if (say_root(f, ret)) {
		say_identity(f, ret);
		return;
	}
	/* Each of the three alone can hide root: an entry point that drops to
	 * another user, a helper that stayed. */
	if (!KNOWS(s, started, ret) || !KNOWS(s, identity, ret) ||
	    !KNOWS(s, processes, ret) || subject_incomplete(&f->processes.part, ret)) {
		say_identity(f, ret);
		return;
	}
	/* The platform starts it as declared; without that word a doubt stays one. */
	if (f->started.part.why && !declares_user(s)) {
		answer_set(ret, VERDICT_UNKNOWN, "it may have started as root");
		answer_seen(ret, f, &f->started.part, "%s", f->started.part.why);
		say_identity(f, ret);
		return;
	}
	const struct entered_fact *stray = facts_stray(f);
	if (stray) {
		answer_set(ret, VERDICT_UNKNOWN,
			   "%s (pid %" PRId64 ") runs as root and may be its own",
			   stray->command ? stray->command : "a process", stray->pid);
		answer_seen(ret, f, &f->processes.part,
			    "the parent of pid %" PRId64
			    " is gone: it grew out of the container, or somebody who "
			    "entered left it behind",
			    stray->pid);
		say_identity(f, ret);
		return;
	}
	answer_set(ret, VERDICT_PASS, "it started and runs as uid %" PRId64,
		   f->started.uid);
	if (f->started.uid != f->identity.euid)
		answer_set(ret, VERDICT_PASS,
			   "it started as uid %" PRId64 ", runs as %" PRId64,
			   f->started.uid, f->identity.euid);
	say_identity(f, ret);
	say_groups(f, ret);
}

const struct control control_ecs_20 = {
	.id = "ECS.20",
	.set = "security-hub",
	.title = "Linux containers run as a non-root user",
	.severity = SEVERITY_MEDIUM,
	.scope = SCOPE_CONTAINER,
	.declared = linux_user_declared,
	.observed = linux_user_observed,
	.requires = "the owner of the app's stdout, which needs its uid or SYS_PTRACE; "
		    "its processes (pidMode task, or from within)",
	.remedy =
		"Set `user` in the container definition to a uid that is not 0, and give "
		"that user the files it writes.",
	.undeclared = "Write `user` into the definition: Security Hub goes on failing "
		      "ECS.20 until it is there.",
	.contradicted =
		"`user` is declared, yet something in it is root: look for setuid "
		"programs, file capabilities, or an older revision that still runs.",
	.config_rule = "ecs-task-definition-linux-user-non-root",
};

/* To the letter: an absent operating system family is evaluated too. */
static void windows_user_declared(const struct subject *s, struct answer *ret)
{
	const struct decl_text *user = &s->declared->user;
	const enum os os = task_os(s->task);
	bool fails;

	if (os == OS_LINUX) {
		answer_set(ret, VERDICT_NOT_APPLICABLE, "operatingSystemFamily is LINUX");
		return;
	}
	if (os == OS_UNKNOWN || user->at.state == VALUE_UNKNOWN) {
		answer_set(ret, VERDICT_UNKNOWN, "%s is unknown",
			   os == OS_UNKNOWN ? "operatingSystemFamily" : "user");
		return;
	}
	fails = user->at.state == VALUE_ABSENT || !user->value ||
		strcasecmp(user->value, "containeradministrator") == 0;
	answer_set(ret, fails ? VERDICT_FAIL : VERDICT_PASS, "%s%s%s%s",
		   user->value ? "user is " : "user is absent",
		   user->value ? user->value : "", where(user->at.line).s,
		   os == OS_ABSENT ? ", operatingSystemFamily absent" : "");
	if (os == OS_ABSENT)
		answer_evidence(ret,
				"without runtimePlatform.operatingSystemFamily Security "
				"Hub judges a Linux definition by this Windows control "
				"as well");
}

static void windows_user_observed(const struct subject *s, struct answer *ret)
{
	(void)s;
	answer_set(ret, VERDICT_NOT_APPLICABLE, "this is Linux");
}

const struct control control_ecs_21 = {
	.id = "ECS.21",
	.set = "security-hub",
	.title = "Windows containers run as a non-administrator user",
	.severity = SEVERITY_MEDIUM,
	.scope = SCOPE_CONTAINER,
	.declared = windows_user_declared,
	.observed = windows_user_observed,
	.requires = "nothing: it does not apply to Linux",
	.remedy =
		"Set runtimePlatform.operatingSystemFamily to LINUX: the control then no "
		"longer applies.",
	.config_rule = "ecs-task-definition-windows-user-non-admin",
};
