/* SPDX-License-Identifier: MIT
 *
 * confinement.c - what the kernel keeps from the app's processes: TP.1, TP.2, TP.3,
 * TP.7, TP.11, TP.19, TP.20.
 */
#include <inttypes.h>

#include "checks/answer.h"
#include "checks/controls/all.h"
#include "checks/subject.h"
#include "core/cleanup.h"
#include "core/table.h"

static void no_new_privs_declared(const struct subject *s, struct answer *ret)
{
	static const char option[] = "no-new-privileges";
	const struct decl_texts *options = &s->declared->security_options;

	if (task_on_fargate(s->task)) {
		answer_set(ret, VERDICT_NOT_APPLICABLE,
			   "Fargate does not take dockerSecurityOptions");
		return;
	}
	if (options->at.state == VALUE_UNKNOWN) {
		answer_set(ret, VERDICT_UNKNOWN, "dockerSecurityOptions is unknown");
		return;
	}
	answer_set(ret, VERDICT_FAIL, "no no-new-privileges in dockerSecurityOptions");
	LIST_EACH (char *const, o, &options->list) {
		const char *value = *o + sizeof(option) - 1;

		if (strncmp(*o, option, sizeof(option) - 1) != 0)
			continue;
		if (*value == '\0' || strcmp(value + 1, "true") == 0)
			answer_set(ret, VERDICT_PASS, "dockerSecurityOptions has %s%s",
				   *o, where(options->at.line).s);
		else
			answer_set(ret, VERDICT_FAIL, "dockerSecurityOptions has %s%s",
				   *o, where(options->at.line).s);
	}
}

static void no_new_privs_observed(const struct subject *s, struct answer *ret)
{
	if (!KNOWS(s, identity, ret))
		return;
	const bool on = s->facts->identity.no_new_privs;

	answer_set(ret, on ? VERDICT_PASS : VERDICT_FAIL, "no_new_privs is %s",
		   on ? "set" : "not set");
	answer_seen(ret, s->facts, &s->facts->identity.part,
		    "NoNewPrivs is %d in the status of its first process", on);
}

const struct control control_tp_1 = {
	.id = "TP.1",
	.set = "taskprobe",
	.title = "Processes cannot gain privileges by exec (no_new_privs)",
	.severity = SEVERITY_LOW,
	.scope = SCOPE_CONTAINER,
	.declared = no_new_privs_declared,
	.observed = no_new_privs_observed,
	.requires = "pidMode task, or from within; no capability",
	.remedy =
		"On EC2 set dockerSecurityOptions to [\"no-new-privileges\"]; on Fargate "
		"start the app by something that sets it (setpriv --no-new-privs).",
};

static void caps_declared(const struct subject *s, struct answer *ret)
{
	const struct container_definition *c = s->declared;
	AUTO(str_done) struct str names = STR_INIT(4096);

	LIST_EACH (char *const, name, &c->cap_add.list) {
		const int bit = cap_bit(*name);

		if (bit < 0 || !(CAPS_DOCKER_DEFAULT & CAP_MASK(bit)))
			answer_enumerate(&names, *name);
	}
	if (c->privileged.at.state == VALUE_DECLARED && c->privileged.value)
		answer_set(ret, VERDICT_FAIL, "privileged is true%s: all capabilities",
			   where(c->privileged.at.line).s);
	else if (names.len > 0)
		answer_set(ret, VERDICT_FAIL, "capabilities.add has %s%s", names.s,
			   where(c->cap_add.at.line).s);
	else if (c->cap_add.at.state == VALUE_UNKNOWN ||
		 c->privileged.at.state == VALUE_UNKNOWN)
		answer_set(ret, VERDICT_UNKNOWN,
			   "capabilities.add or privileged is unknown");
	else
		answer_set(ret, VERDICT_PASS,
			   "no capability beyond Docker's 14 is added");
}

static void caps_observed(const struct subject *s, struct answer *ret)
{
	AUTO(str_done) struct str names = STR_INIT(4096);

	if (!KNOWS(s, identity, ret))
		return;
	/* The bounding set can be lowered while the others keep what they have. */
	const struct identity_facts *id = &s->facts->identity;
	const uint64_t all = id->cap_bounding | id->cap_permitted | id->cap_effective |
			     id->cap_inheritable | id->cap_ambient;
	const uint64_t beyond = all & ~CAPS_DOCKER_DEFAULT;

	caps_name(&names, beyond);
	if (beyond)
		answer_set(ret, VERDICT_FAIL, "%s", names.s);
	else
		answer_set(ret, VERDICT_PASS, "nothing beyond Docker's 14");
	if (beyond)
		answer_seen(ret, s->facts, &id->part, "beyond Docker's 14 it has %s",
			    names.s);
	answer_seen(ret, s->facts, &id->part,
		    "bounding set %016" PRIx64 ", effective %016" PRIx64,
		    id->cap_bounding, id->cap_effective);
}

const struct control control_tp_2 = {
	.id = "TP.2",
	.set = "taskprobe",
	.title = "No capability beyond Docker's default is within reach",
	.severity = SEVERITY_HIGH,
	.scope = SCOPE_CONTAINER,
	.declared = caps_declared,
	.observed = caps_observed,
	.requires = "pidMode task, or from within; no capability",
	.remedy = "Remove it from linuxParameters.capabilities.add; better, set "
		  "capabilities.drop to [\"ALL\"] and add what the app needs.",
	.undeclared =
		"Take the capability out of the definition: it is not in force, and "
		"would be the next time.",
};

static void seccomp_declared(const struct subject *s, struct answer *ret)
{
	const struct decl_bool *p = &s->declared->privileged;

	if (p->at.state == VALUE_UNKNOWN)
		answer_set(ret, VERDICT_UNKNOWN, "privileged is unknown");
	else if (p->at.state == VALUE_DECLARED && p->value)
		answer_set(ret, VERDICT_FAIL, "privileged is true%s: no filter",
			   where(p->at.line).s);
	else
		answer_set(ret, VERDICT_NOT_APPLICABLE, "no field of ECS sets a filter");
}

static void seccomp_observed(const struct subject *s, struct answer *ret)
{
	if (!KNOWS(s, identity, ret))
		return;
	const int64_t mode = s->facts->identity.seccomp_mode;

	if (mode == 2)
		answer_set(ret, VERDICT_PASS, "a filter is in force");
	else if (mode == 0)
		answer_set(ret, VERDICT_FAIL, "no filter is in force");
	else
		answer_set(ret, VERDICT_UNKNOWN, "seccomp mode is %" PRId64, mode);
	answer_seen(ret, s->facts, &s->facts->identity.part,
		    "Seccomp is %" PRId64 " in the status of its first process", mode);
}

const struct control control_tp_3 = {
	.id = "TP.3",
	.set = "taskprobe",
	.title = "A seccomp filter is in force",
	.severity = SEVERITY_MEDIUM,
	.scope = SCOPE_CONTAINER,
	.declared = seccomp_declared,
	.observed = seccomp_observed,
	.requires = "pidMode task, or from within; no capability",
	.remedy = "Set privileged to false, and see that the host's Docker runs with its "
		  "default seccomp profile.",
};

static bool is_usable(const struct setuid_fact *f)
{
	return f->executable && !f->nosuid && (f->setuid || f->setgid || f->capabilities);
}

static void setuid_observed(const struct subject *s, struct answer *ret)
{
	size_t usable = 0;

	if (!s->facts) {
		(void)subject_knows(s, NULL, ret);
		return;
	}
	const struct identity_facts *id = &s->facts->identity;

	if (id->part.known && id->no_new_privs) {
		answer_set(ret, VERDICT_PASS, "no_new_privs makes them inert");
		return;
	}
	if (!KNOWS(s, setuid, ret))
		return;
	const struct setuid_facts *all = &s->facts->setuid;

	LIST_EACH (const struct setuid_fact, f, &all->list)
		if (is_usable(f) && ++usable <= 5)
			answer_seen(ret, s->facts, &all->part,
				    "%s is %s%s%s (owner %" PRId64 ":%" PRId64 ")",
				    f->path, f->setuid ? "setuid " : "",
				    f->setgid ? "setgid " : "",
				    f->capabilities ? "with capabilities" : "executable",
				    f->uid, f->gid);
	if (usable > 5)
		answer_evidence(ret, "and %zu more", usable - 5);
	if (usable > 0 && !id->part.known)
		answer_set(ret, VERDICT_UNKNOWN, "%zu found; no_new_privs is not known",
			   usable);
	else if (usable > 0)
		answer_set(ret, VERDICT_FAIL, "%zu %s usable", usable,
			   usable == 1 ? "is" : "are");
	else if (all->truncated)
		answer_set(ret, VERDICT_UNKNOWN, "not all files could be looked at: %s",
			   all->part.why ? all->part.why : "a limit was reached");
	else if (!subject_incomplete(&all->part, ret))
		answer_set(ret, VERDICT_PASS, "none is usable");
}

const struct control control_tp_7 = {
	.id = "TP.7",
	.set = "taskprobe",
	.title = "No setuid, setgid or capability-carrying file is usable",
	.severity = SEVERITY_LOW,
	.scope = SCOPE_CONTAINER,
	.observed = setuid_observed,
	.requires = "the app's uid or SYS_PTRACE, or from within",
	.remedy = "Remove them in the Dockerfile (find / -xdev -perm /6000 -exec chmod "
		  "a-s {} "
		  "+), or set no-new-privileges.",
};

static void ambient_observed(const struct subject *s, struct answer *ret)
{
	AUTO(str_done) struct str names = STR_INIT(4096);

	if (!KNOWS(s, identity, ret))
		return;
	const struct identity_facts *id = &s->facts->identity;
	const uint64_t held = id->cap_effective | id->cap_permitted | id->cap_ambient;

	if (id->euid == 0 || id->fsuid == 0) {
		answer_set(ret, VERDICT_NOT_APPLICABLE, "it runs as root");
		return;
	}
	caps_name(&names, held);
	if (held)
		answer_set(ret, VERDICT_FAIL, "uid %" PRId64 " holds %s", id->euid,
			   names.s);
	else
		answer_set(ret, VERDICT_PASS, "uid %" PRId64 " holds none", id->euid);
	answer_seen(ret, s->facts, &id->part,
		    "effective %016" PRIx64 ", permitted %016" PRIx64
		    ", ambient %016" PRIx64,
		    id->cap_effective, id->cap_permitted, id->cap_ambient);
}

const struct control control_tp_11 = {
	.id = "TP.11",
	.set = "taskprobe",
	.title = "A user that is not root holds no capability",
	.severity = SEVERITY_MEDIUM,
	.scope = SCOPE_CONTAINER,
	.observed = ambient_observed,
	.requires = "pidMode task, or from within; no capability",
	.remedy =
		"Drop what the entry point keeps (ambient capabilities), and remove file "
		"capabilities from the image's programs.",
};

/* Docker's filter and capabilities refuse these to everyone. The words are the
 * probe's. */
static bool is_telling(const char *what)
{
	static const char *const words[] = { "create a user namespace",
					     "create a mount namespace",
					     "mount a tmpfs" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_equal(what, words[i]))
			return true;
	return false;
}

static bool was_answered(const struct answer_fact *one)
{
	return one->answer && strncmp(one->answer, "no answer", 9) != 0;
}

/* "not tried: no mounts of its own": the namespace was refused, and so asked. */
static bool was_tried(const struct answer_fact *one)
{
	return !one->answer || strncmp(one->answer, "not tried", 9) != 0;
}

static void attempts_observed(const struct subject *s, struct answer *ret)
{
	AUTO(str_done) struct str done = STR_INIT(1024);
	size_t asked = 0, open = 0;

	if (!KNOWS(s, attempts, ret))
		return;
	const struct answers_facts *a = &s->facts->attempts;

	LIST_EACH (const struct answer_fact, one, &a->list) {
		if (!is_telling(one->what))
			continue;
		asked += was_tried(one);
		open += was_tried(one) && !was_answered(one);
		if (one->allowed)
			answer_enumerate(&done, one->what);
		answer_seen(ret, s->facts, &a->part, "%s: %s", one->what,
			    one->answer ? one->answer : "no answer");
	}
	if (done.len > 0)
		answer_set(ret, VERDICT_FAIL, "it can %s", done.s);
	else if (asked == 0 || open > 0)
		answer_set(ret, VERDICT_UNKNOWN, "%zu tried, %zu without an answer",
			   asked, open);
	else if (!subject_incomplete(&a->part, ret))
		answer_set(ret, VERDICT_PASS, "each attempt was refused");
}

const struct control control_tp_19 = {
	.id = "TP.19",
	.set = "taskprobe",
	.title = "Mounting and new namespaces are refused when tried",
	.severity = SEVERITY_MEDIUM,
	.scope = SCOPE_CONTAINER,
	.observed = attempts_observed,
	.requires = "from within (probe --exec)",
	.remedy = "Set privileged to false, take SYS_ADMIN out of capabilities.add, and "
		  "see "
		  "that Docker's default seccomp profile is in force.",
	.on_request = true,
};

static void label_declared(const struct subject *s, struct answer *ret)
{
	const struct decl_texts *options = &s->declared->security_options;

	if (options->at.state == VALUE_UNKNOWN) {
		answer_set(ret, VERDICT_UNKNOWN, "dockerSecurityOptions is unknown");
		return;
	}
	answer_set(ret, VERDICT_NOT_APPLICABLE, "no profile or label is declared");
	LIST_EACH (char *const, o, &options->list) {
		const bool off = str_equal(*o, "apparmor:unconfined") ||
				 str_equal(*o, "label:disable");

		if (off || strncmp(*o, "apparmor:", 9) == 0 ||
		    strncmp(*o, "label:", 6) == 0)
			answer_set(ret, off ? VERDICT_FAIL : VERDICT_PASS,
				   "dockerSecurityOptions has %s%s", *o,
				   where(options->at.line).s);
	}
}

/* Where nothing is declared, a host without AppArmor and SELinux is no finding:
 * neither is the task's to choose. */
static void label_observed(const struct subject *s, struct answer *ret)
{
	struct answer declared = ANSWER_INIT;

	if (!KNOWS(s, identity, ret))
		return;
	const char *label = s->facts->identity.lsm_label;

	if (s->declared)
		label_declared(s, &declared);
	if (!label && declared.verdict == VERDICT_PASS)
		answer_set(ret, VERDICT_FAIL, "no profile or label is in force");
	else if (!label)
		answer_set(ret, VERDICT_NOT_APPLICABLE,
			   "no profile or label is in force");
	else if (strncmp(label, "unconfined", 10) == 0 ||
		 strstr(label, ":unconfined_t") || strstr(label, ":spc_t"))
		answer_set(ret, VERDICT_FAIL, "its label is %s", label);
	else
		answer_set(ret, VERDICT_PASS, "its label is %s", label);
	if (label)
		answer_seen(ret, s->facts, &s->facts->identity.part,
			    "the security label of its first process is %s", label);
	answer_done(&declared);
}

const struct control control_tp_20 = {
	.id = "TP.20",
	.set = "taskprobe",
	.title = "An AppArmor profile or SELinux label confines it, where the host has "
		 "them",
	.severity = SEVERITY_LOW,
	.scope = SCOPE_CONTAINER,
	.declared = label_declared,
	.observed = label_observed,
	.requires = "pidMode task, or from within; no capability",
	.remedy = "Remove apparmor:unconfined and label:disable from "
		  "dockerSecurityOptions, "
		  "and load the profile on the host.",
};
