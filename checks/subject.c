/* SPDX-License-Identifier: MIT */
#include "checks/subject.h"

#include <inttypes.h>

#include "checks/answer.h"
#include "core/table.h"

enum os task_os(const struct task *task)
{
	const struct decl_text *os = &task->definition.os_family;

	if (os->at.state == VALUE_ABSENT)
		return OS_ABSENT;
	if (os->at.state != VALUE_DECLARED || !os->value)
		return OS_UNKNOWN;
	if (strcasecmp(os->value, "LINUX") == 0)
		return OS_LINUX;
	return strncasecmp(os->value, "WINDOWS_SERVER", 14) == 0 ? OS_WINDOWS
								 : OS_UNKNOWN;
}

bool subject_on_linux(const struct subject *s, struct answer *ret)
{
	const enum os os = task_os(s->task);

	if (os == OS_WINDOWS)
		answer_set(ret, VERDICT_NOT_APPLICABLE, "operatingSystemFamily is %s",
			   s->task->definition.os_family.value);
	else if (os == OS_UNKNOWN)
		answer_set(ret, VERDICT_UNKNOWN, "operatingSystemFamily is unknown");
	return os != OS_WINDOWS && os != OS_UNKNOWN;
}

bool task_on_fargate(const struct task *task)
{
	return str_equal(task->launch_type, "FARGATE") ||
	       (task_has_definition(task) &&
		texts_have(&task->definition.requires_compatibilities.list, "FARGATE"));
}

bool task_has_definition(const struct task *task)
{
	return task->definition.part.known && !task->definition.stale;
}

const struct decl_volume *task_volume(const struct task *task, const char *name)
{
	LIST_EACH (const struct decl_volume, v, &task->definition.volumes)
		if (name && str_equal(v->name, name))
			return v;
	return NULL;
}

char *task_label(const struct task *task)
{
	const struct definition *d = &task->definition;

	if (task->family && task->revision)
		return str_format("%s:%s", task->family, task->revision);
	if (d->part.known && d->family.value && d->revision.at.state == VALUE_DECLARED)
		return str_format("%s:%" PRId64, d->family.value, d->revision.value);
	return str_format("%s", task->family ? task->family : "task");
}

struct where where(int64_t line)
{
	struct where w = { "" };

	if (line > 0)
		(void)snprintf(w.s, sizeof(w.s), " (line %" PRId64 ")", line);
	return w;
}

bool subject_knows(const struct subject *s, const struct part *part, struct answer *ret)
{
	const char *status = s->running ? s->running->known_status : NULL;

	if (!s->facts && status && strcmp(status, "RUNNING") != 0)
		answer_set(ret, VERDICT_UNKNOWN, "it is %s", status);
	else if (!s->facts)
		answer_set(ret, VERDICT_UNKNOWN, "no process of it was seen");
	else if (!part->known)
		answer_set(ret, VERDICT_UNKNOWN, "could not look: %s",
			   part->why ? part->why : "it was not tried");
	return s->facts && part->known;
}

bool subject_incomplete(const struct part *part, struct answer *ret)
{
	if (part->why)
		answer_set(ret, VERDICT_UNKNOWN, "seen in part only: %s", part->why);
	return part->why != NULL;
}

const struct namespace_fact *facts_namespace(const struct facts *facts, const char *kind)
{
	if (!facts || !facts->namespaces.part.known)
		return NULL;
	LIST_EACH (const struct namespace_fact, n, &facts->namespaces.list)
		if (str_equal(n->kind, kind))
			return n;
	return NULL;
}

static enum tri shares(const struct facts *f, const char *kind)
{
	const struct namespace_fact *n = facts_namespace(f, kind);

	if (strcmp(kind, "pid") == 0 && f->namespaces.part.known &&
	    f->namespaces.kernel_threads)
		return TRI_YES;
	return n ? n->host : TRI_UNKNOWN;
}

enum tri task_shares(const struct subject *s, const char *kind, const struct facts **ret)
{
	enum tri all = TRI_UNKNOWN;

	LIST_EACH (const struct facts, f, s->all_facts) {
		enum tri one = shares(f, kind);

		if (one <= all)
			continue;
		all = one;
		if (ret)
			*ret = f;
	}
	return all;
}

const struct entered_fact *facts_stray(const struct facts *f)
{
	LIST_EACH (const struct entered_fact, e, &f->processes.entered)
		if (e->orphan && e->uid <= 0)
			return e;
	return NULL;
}

enum tri facts_root(const struct facts *f)
{
	const struct identity_facts *id = &f->identity;

	if (f->started.part.known && f->started.uid == 0)
		return TRI_YES;
	if (id->part.known &&
	    (id->uid == 0 || id->euid == 0 || id->suid == 0 || id->fsuid == 0))
		return TRI_YES;
	LIST_EACH (const int64_t, uid, &f->processes.uids)
		if (f->processes.part.known && *uid == 0)
			return TRI_YES;
	return f->started.part.known && id->part.known && f->processes.part.known &&
			       !f->processes.part.why && !facts_stray(f)
		       ? TRI_NO
		       : TRI_UNKNOWN;
}

static bool masks_proc(const struct mounts_facts *m)
{
	LIST_EACH (char *const, path, &m->masked)
		if (path_within(*path, "/proc"))
			return true;
	return false;
}

enum tri facts_privileged(const struct facts *f)
{
	const uint64_t all = CAP_MASK(cap_bit("SYS_ADMIN")) |
			     CAP_MASK(cap_bit("SYS_MODULE")) |
			     CAP_MASK(cap_bit("SYS_RAWIO"));

	if (!f->identity.part.known || !f->mounts.part.known)
		return TRI_UNKNOWN;
	/* /sys is no sign: it stays read-only where the root is, or where a container
	 * before it mounted the sysfs of the same network namespace so. */
	return (f->identity.cap_bounding & all) == all && !masks_proc(&f->mounts)
		       ? TRI_YES
		       : TRI_NO;
}

bool user_is_root(const char *user)
{
	/* Atoi takes a sign. */
	if (*user == '+' || *user == '-')
		user++;
	size_t len = strcspn(user, ":");

	/* Docker reads a number with strconv.Atoi: "00" is root as well. */
	return strspn(user, "0") == len || (len == 4 && strncmp(user, "root", 4) == 0);
}

bool path_within(const char *path, const char *dir)
{
	for (;;) {
		while (path[0] == '/' && path[1] == '/')
			path++;
		while (dir[0] == '/' && (dir[1] == '/' || dir[1] == '\0'))
			dir++;
		if (*dir == '\0')
			return *path == '\0' || *path == '/';
		if (*path != *dir)
			return false;
		path++;
		dir++;
	}
}

bool running_is_platform(const struct running_container *running)
{
	static const char *const types[] = { "CNI_PAUSE", "NAMESPACE_PAUSE",
					     "EMPTY_HOST_VOLUME" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_equal(running->type, types[i]))
			return true;
	return false;
}

/* What each of these gives is close to what root on the host has. */
static const char *const worst_caps[] = {
	"SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "SYS_PTRACE",	"DAC_READ_SEARCH",
	"BPF",	     "NET_ADMIN",  "PERFMON",	"SYS_BOOT",	"SYS_TIME",
	"MAC_ADMIN", "SYSLOG",	   "MKNOD",	"MAC_OVERRIDE", "CHECKPOINT_RESTORE",
};

void caps_name(struct str *out, uint64_t mask)
{
	char number[8];

	for (size_t i = 0; i < ARRAY_LEN(worst_caps); i++) {
		uint64_t bit = CAP_MASK(cap_bit(worst_caps[i]));

		if (mask & bit)
			answer_enumerate(out, worst_caps[i]);
		mask &= ~bit;
	}
	for (unsigned bit = 0; bit < 64; bit++) {
		if (!(mask & CAP_MASK(bit)))
			continue;
		(void)snprintf(number, sizeof(number), "CAP_%u", bit);
		answer_enumerate(out, cap_name(bit) ? cap_name(bit) : number);
	}
}
