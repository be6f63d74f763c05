/* SPDX-License-Identifier: MIT
 *
 * host_mode.c - the host's network together with root or privileges: ECS.1 as it
 * was until its retirement, and CIS.3.1. The two disagree on what makes it bad
 * (ECS.1 lets a privileged container pass), and both are shown.
 */
#include "checks/answer.h"
#include "checks/controls/all.h"
#include "checks/subject.h"
#include "core/cleanup.h"

static enum tri of_state(const struct value *at, bool yes)
{
	if (at->state == VALUE_UNKNOWN)
		return TRI_UNKNOWN;
	return yes ? TRI_YES : TRI_NO;
}

static enum tri both(enum tri a, enum tri b)
{
	if (a == TRI_NO || b == TRI_NO)
		return TRI_NO;
	return a == TRI_YES && b == TRI_YES ? TRI_YES : TRI_UNKNOWN;
}

static enum tri either(enum tri a, enum tri b)
{
	if (a == TRI_YES || b == TRI_YES)
		return TRI_YES;
	return a == TRI_NO && b == TRI_NO ? TRI_NO : TRI_UNKNOWN;
}

/* privileged false or empty, and user root or empty: "0" is not among them. */
static enum tri config_bad(const struct container_definition *c)
{
	const char *user = c->user.value;

	return both(of_state(&c->privileged.at, c->privileged.at.state == VALUE_ABSENT ||
							!c->privileged.value),
		    of_state(&c->user.at, c->user.at.state == VALUE_ABSENT || !user ||
						  *user == '\0' ||
						  strcmp(user, "root") == 0));
}

static enum tri cis_bad(const struct container_definition *c)
{
	const char *user = c->user.value;

	return either(
		of_state(&c->privileged.at,
			 c->privileged.at.state == VALUE_DECLARED && c->privileged.value),
		of_state(&c->user.at, c->user.at.state == VALUE_ABSENT || !user ||
					      user_is_root(user)));
}

static void judge_declared(const struct subject *s,
			   enum tri (*is_bad)(const struct container_definition *),
			   struct answer *ret)
{
	const struct definition *d = &s->task->definition;
	const struct decl_text *mode = &d->network_mode;
	const bool host =
		mode->at.state == VALUE_DECLARED && str_equal(mode->value, "host");
	AUTO(str_done) struct str names = STR_INIT(64 * 1024);
	enum tri any = TRI_NO;

	if (!host) {
		answer_set(
			ret,
			mode->at.state == VALUE_UNKNOWN ? VERDICT_UNKNOWN : VERDICT_PASS,
			"networkMode is %s",
			mode->at.state == VALUE_UNKNOWN			 ? "unknown"
			: mode->at.state == VALUE_ABSENT || !mode->value ? "absent"
									 : mode->value);
		return;
	}
	LIST_EACH (const struct container_definition, c, &d->containers) {
		any = either(any, is_bad(c));
		if (is_bad(c) == TRI_YES && c->name)
			answer_enumerate(&names, c->name);
	}
	answer_set(ret,
		   any == TRI_YES  ? VERDICT_FAIL
		   : any == TRI_NO ? VERDICT_PASS
				   : VERDICT_UNKNOWN,
		   "networkMode is host%s%s%s", where(mode->at.line).s,
		   any == TRI_YES ? ", against it: " : ", no container against it",
		   names.s);
	if (any == TRI_UNKNOWN)
		answer_set(ret, VERDICT_UNKNOWN,
			   "networkMode is host, a container's user or privileged is "
			   "unknown");
}

static enum tri negate(enum tri t)
{
	return t == TRI_UNKNOWN ? t : t == TRI_YES ? TRI_NO : TRI_YES;
}

static enum tri observe_config(const struct facts *f)
{
	return both(facts_root(f), negate(facts_privileged(f)));
}

static enum tri observe_cis(const struct facts *f)
{
	return either(facts_root(f), facts_privileged(f));
}

static bool seen(const struct subject *s, const char *name)
{
	LIST_EACH (const struct facts, f, s->all_facts)
		if (str_equal(f->container, name))
			return true;
	return false;
}

/* A container that nobody saw could be the one. */
static bool all_seen(const struct subject *s)
{
	LIST_EACH (const struct running_container, r, &s->task->containers)
		if (!running_is_platform(r) && !seen(s, r->name))
			return false;
	LIST_EACH (const struct container_definition, c, &s->task->definition.containers)
		if (task_has_definition(s->task) && !seen(s, c->name))
			return false;
	return true;
}

static void judge_observed(const struct subject *s,
			   enum tri (*is_bad)(const struct facts *), struct answer *ret)
{
	const struct facts *who = NULL;
	const enum tri host = task_shares(s, "net", &who);
	enum tri any = TRI_NO;

	if (host != TRI_YES) {
		answer_set(ret, host == TRI_NO ? VERDICT_PASS : VERDICT_UNKNOWN,
			   host == TRI_NO ? "the network is its own"
					  : "no network namespace could be told");
		return;
	}
	LIST_EACH (const struct facts, f, s->all_facts) {
		const enum tri one = is_bad(f);

		any = either(any, one);
		if (one == TRI_YES)
			answer_seen(ret, f, &f->identity.part,
				    "%s is on the host's network with %s",
				    f->container ? f->container : "a container",
				    facts_privileged(f) == TRI_YES ? "privileges"
								   : "a root user");
	}
	if (any == TRI_YES)
		answer_set(ret, VERDICT_FAIL,
			   "the host's network, with root or privileges");
	else if (any == TRI_NO && all_seen(s))
		answer_set(ret, VERDICT_PASS, "the host's network, with no root user");
	else
		answer_set(ret, VERDICT_UNKNOWN,
			   "the host's network; not every container could be looked at");
}

static void ecs_1_declared(const struct subject *s, struct answer *ret)
{
	judge_declared(s, config_bad, ret);
}

static void ecs_1_observed(const struct subject *s, struct answer *ret)
{
	judge_observed(s, observe_config, ret);
}

#define HOST_MODE_REMEDY                                                             \
	"Set networkMode to awsvpc; where the host's network has to be, give every " \
	"container a `user` that is not root and leave privileged out."

const struct control control_ecs_1 = {
	.id = "ECS.1",
	.set = "security-hub",
	.title = "Task definitions have secure networking modes and user definitions",
	.severity = SEVERITY_HIGH,
	.scope = SCOPE_TASK,
	.declared = ecs_1_declared,
	.observed = ecs_1_observed,
	.requires = "the network namespace and the users of the app's processes",
	.remedy = HOST_MODE_REMEDY,
	.related = "NIST.800-53.r5 AC-2(1), AC-3, AC-3(15), AC-3(7), AC-5, AC-6",
	.config_rule = "ecs-task-definition-user-for-host-mode-check",
	.retired = true,
};

static void cis_1_declared(const struct subject *s, struct answer *ret)
{
	judge_declared(s, cis_bad, ret);
}

static void cis_1_observed(const struct subject *s, struct answer *ret)
{
	judge_observed(s, observe_cis, ret);
}

const struct control control_cis_3_1 = {
	.id = "CIS.3.1",
	.set = "cis",
	.title =
		"Task definitions on the host's network allow no privileged or root user",
	.severity = SEVERITY_HIGH,
	.scope = SCOPE_TASK,
	.declared = cis_1_declared,
	.observed = cis_1_observed,
	.requires = "the network namespace and the users of the app's processes",
	.remedy = HOST_MODE_REMEDY,
};
