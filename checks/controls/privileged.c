/* SPDX-License-Identifier: MIT
 *
 * privileged.c - privileged containers, and the kernel's interfaces that Docker
 * hides from the others: ECS.4, CIS.3.4, TP.14, TP.15.
 */
#include <inttypes.h>

#include "checks/answer.h"
#include "checks/controls/all.h"
#include "checks/subject.h"
#include "core/cleanup.h"

static void privileged_declared(const struct subject *s, struct answer *ret)
{
	const struct decl_bool *p = &s->declared->privileged;

	if (p->at.state == VALUE_UNKNOWN)
		answer_set(ret, VERDICT_UNKNOWN, "privileged is unknown");
	else if (p->at.state == VALUE_ABSENT)
		answer_set(ret, VERDICT_PASS, "privileged is absent");
	else
		answer_set(ret, p->value ? VERDICT_FAIL : VERDICT_PASS,
			   "privileged is %s%s", p->value ? "true" : "false",
			   where(p->at.line).s);
}

static void say_lifted(const struct facts *f, struct answer *ret)
{
	const uint64_t beyond = f->identity.cap_bounding & ~CAPS_DOCKER_DEFAULT;
	AUTO(str_done) struct str caps = STR_INIT(4096);
	size_t masked = 0;

	caps_name(&caps, beyond);
	LIST_EACH (char *const, path, &f->mounts.masked)
		masked += path_within(*path, "/proc");
	answer_seen(ret, f, &f->identity.part,
		    "the bounding set has %s beyond Docker's 14",
		    beyond ? caps.s : "nothing");
	answer_seen(ret, f, &f->mounts.part,
		    "/sys is mounted %s; %zu %s of /proc %s masked",
		    f->mounts.sys_writable ? "rw" : "ro", masked,
		    masked == 1 ? "path" : "paths", masked == 1 ? "is" : "are");
}

static void privileged_observed(const struct subject *s, struct answer *ret)
{
	if (!KNOWS(s, identity, ret) || !KNOWS(s, mounts, ret))
		return;
	if (facts_privileged(s->facts) == TRI_YES)
		answer_set(ret, VERDICT_FAIL,
			   "all capabilities, nothing of /proc masked");
	else
		answer_set(ret, VERDICT_PASS, "it has not what privileged gives");
	say_lifted(s->facts, ret);
}

#define PRIVILEGED_REMEDY                                                                \
	"Set privileged to false, and add the single capability or device that the app " \
	"needs under linuxParameters."

const struct control control_ecs_4 = {
	.id = "ECS.4",
	.set = "security-hub",
	.title = "Containers run as non-privileged",
	.severity = SEVERITY_HIGH,
	.scope = SCOPE_CONTAINER,
	.declared = privileged_declared,
	.observed = privileged_observed,
	.requires = "pidMode task, or from within; no capability",
	.remedy = PRIVILEGED_REMEDY,
	.related = "NIST.800-53.r5 AC-2(1), AC-3, AC-3(15), AC-3(7), AC-5, AC-6",
	.config_rule = "ecs-containers-nonprivileged",
};

const struct control control_cis_3_4 = {
	.id = "CIS.3.4",
	.set = "cis",
	.title = "Containers do not have privileged set to true",
	.severity = SEVERITY_HIGH,
	.scope = SCOPE_CONTAINER,
	.declared = privileged_declared,
	.observed = privileged_observed,
	.requires = "as ECS.4",
	.remedy = PRIVILEGED_REMEDY,
};

static void kernel_observed(const struct subject *s, struct answer *ret)
{
	AUTO(str_done) struct str open = STR_INIT(1024);

	if (!KNOWS(s, mounts, ret))
		return;
	const struct mounts_facts *m = &s->facts->mounts;

	if (m->sys_writable)
		answer_enumerate(&open, "/sys is rw");
	if (m->proc_sys_writable)
		answer_enumerate(&open, "/proc/sys is rw");
	LIST_EACH (char *const, path, &m->exposed)
		answer_enumerate(&open, *path);
	if (open.len == 0 && !m->exposed_known) {
		answer_set(ret, VERDICT_UNKNOWN,
			   "which of the kernel's files are there could not be seen");
		return;
	}
	if (open.len == 0) {
		answer_set(ret, VERDICT_PASS, "/proc and /sys are masked and read-only");
		return;
	}
	answer_set(ret, VERDICT_FAIL, "open: %s", open.s);
	answer_seen(ret, s->facts, &m->part,
		    "%s: neither masked nor read-only, as Docker makes them", open.s);
}

const struct control control_tp_14 = {
	.id = "TP.14",
	.set = "taskprobe",
	.title = "The kernel's interfaces in /proc and /sys are masked or read-only",
	.severity = SEVERITY_MEDIUM,
	.scope = SCOPE_CONTAINER,
	.declared = privileged_declared,
	.observed = kernel_observed,
	.requires = "pidMode task, or from within; no capability",
	.remedy = "Set privileged to false: it lifts the masks of /proc and /sys.",
};

static void devices_declared(const struct subject *s, struct answer *ret)
{
	const struct container_definition *c = s->declared;

	if (c->privileged.at.state == VALUE_DECLARED && c->privileged.value)
		answer_set(ret, VERDICT_FAIL,
			   "privileged is true%s: all of the host's devices",
			   where(c->privileged.at.line).s);
	else if (c->devices.len > 0)
		answer_set(ret, VERDICT_FAIL, "devices has %s%s",
			   LIST_AT(&c->devices, struct decl_name, 0)->name,
			   where(LIST_AT(&c->devices, struct decl_name, 0)->line).s);
	else if (c->unknown_parts.state == VALUE_UNKNOWN ||
		 c->privileged.at.state == VALUE_UNKNOWN)
		answer_set(ret, VERDICT_UNKNOWN, "devices or privileged is unknown");
	else
		answer_set(ret, VERDICT_PASS, "no device is declared");
}

static void devices_observed(const struct subject *s, struct answer *ret)
{
	static const char *const may[] = {
		[TRI_UNKNOWN] = "whether the app's user may open it is not known",
		[TRI_NO] = "its mode keeps the app's user out",
		[TRI_YES] = "the app's user may open it for writing",
	};
	size_t others = 0;

	if (!KNOWS(s, devices, ret))
		return;
	const struct devices_facts *d = &s->facts->devices;

	LIST_EACH (const struct device_fact, dev, &d->list) {
		if (dev->standard)
			continue;
		if (others++ == 0)
			answer_set(ret, VERDICT_FAIL, "%s is in sight", dev->path);
		answer_seen(ret, s->facts, &d->part,
			    "%s is a %s device (%" PRId64 ":%" PRId64 "); %s", dev->path,
			    dev->block ? "block" : "character", dev->major, dev->minor,
			    may[dev->access]);
	}
	if (others > 1)
		answer_set(ret, VERDICT_FAIL, "%zu devices of the host are in sight",
			   others);
	if (others == 0 && !subject_incomplete(&d->part, ret))
		answer_set(ret, VERDICT_PASS, "the standard devices only");
}

const struct control control_tp_15 = {
	.id = "TP.15",
	.set = "taskprobe",
	.title = "No device of the host beyond the standard ones is in the container",
	.severity = SEVERITY_MEDIUM,
	.scope = SCOPE_CONTAINER,
	.declared = devices_declared,
	.observed = devices_observed,
	.requires = "the app's uid or SYS_PTRACE, or from within",
	.remedy = "Remove linuxParameters.devices (and privileged); a GPU comes by "
		  "resourceRequirements.",
};
