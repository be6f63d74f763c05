/* SPDX-License-Identifier: MIT
 *
 * mounts.c - what is mounted into the container: TP.4, TP.5, TP.6, TP.12.
 */
#include <inttypes.h>

#include "checks/answer.h"
#include "checks/controls/all.h"
#include "checks/subject.h"
#include "core/table.h"

/* volumesFrom may name a container that has volumesFrom itself. */
#define VOLUMES_FROM_MAX 8

/* What is asked of every mount of a container, those of volumesFrom included. */
#define MOUNT_RULE(name)                                                                 \
	void (*name)(const struct task *task, const struct decl_mount *m, bool readonly, \
		     struct answer *ret)

static void each_mount(const struct task *task, const struct container_definition *c,
		       bool readonly, int depth, MOUNT_RULE(ask), struct answer *ret)
{
	LIST_EACH (const struct decl_mount, m, &c->mounts)
		ask(task, m, readonly || m->readonly, ret);
	LIST_EACH (const struct decl_mount, from, &c->volumes_from) {
		const struct container_definition *source =
			task_definition_of(task, from->volume);

		if (source && depth < VOLUMES_FROM_MAX)
			each_mount(task, source, readonly || from->readonly, depth + 1,
				   ask, ret);
	}
}

/* Runs 'ask' over the mounts: it sets fail where it finds something. */
static void mounts_declared(const struct subject *s, MOUNT_RULE(ask), const char *pass,
			    struct answer *ret)
{
	each_mount(s->task, s->declared, false, 0, ask, ret);
	if (ret->verdict == VERDICT_FAIL)
		return;
	if (s->declared->unknown_parts.state == VALUE_UNKNOWN)
		answer_set(ret, VERDICT_UNKNOWN, "mountPoints or volumes are unknown");
	else
		answer_set(ret, VERDICT_PASS, "%s", pass);
}

/* Where runtimes listen. /var/run is a link to /run on every host of today. */
static const char *const sockets[] = {
	"/run/docker.sock",	   "/var/run/docker.sock",
	"/run/docker/containerd",  "/var/run/docker/containerd",
	"/run/containerd",	   "/var/run/containerd",
	"/run/crio/crio.sock",	   "/var/run/crio/crio.sock",
	"/run/podman/podman.sock", "/var/run/podman/podman.sock",
};

static void ask_socket(const struct task *task, const struct decl_mount *m, bool readonly,
		       struct answer *ret)
{
	const struct decl_volume *v = task_volume(task, m->volume);
	bool hit = false;

	(void)readonly; /* a socket on a read-only mount is as good as any */
	if (!v || !v->host_path)
		return;
	for (size_t i = 0; i < ARRAY_LEN(sockets); i++)
		hit |= path_within(sockets[i], v->host_path) ||
		       path_within(v->host_path, sockets[i]);
	if (!hit)
		return;
	answer_set(ret, VERDICT_FAIL, "%s of the host is mounted%s", v->host_path,
		   where(v->line).s);
	answer_evidence(ret, "volume %s is %s of the host%s, mounted on %s", v->name,
			v->host_path, where(v->line).s, m->path ? m->path : "?");
}

static void sockets_declared(const struct subject *s, struct answer *ret)
{
	mounts_declared(s, ask_socket, "no runtime socket is mounted", ret);
}

static void sockets_observed(const struct subject *s, struct answer *ret)
{
	if (!KNOWS(s, mounts, ret))
		return;
	const struct mounts_facts *m = &s->facts->mounts;

	LIST_EACH (char *const, path, &m->sockets)
		answer_seen(ret, s->facts, &m->part, "%s is in sight", *path);
	if (m->sockets.len > 0)
		answer_set(ret, VERDICT_FAIL, "%s is in sight",
			   *LIST_AT(&m->sockets, char *, 0));
	else if (!subject_incomplete(&m->part, ret))
		answer_set(ret, VERDICT_PASS, "no runtime socket is in sight");
}

const struct control control_tp_4 = {
	.id = "TP.4",
	.set = "taskprobe",
	.title = "No container runtime's socket is within reach",
	.severity = SEVERITY_CRITICAL,
	.scope = SCOPE_CONTAINER,
	.declared = sockets_declared,
	.observed = sockets_observed,
	.requires =
		"pidMode task, or from within; the app's uid or SYS_PTRACE for sockets "
		"below a mounted directory",
	.remedy = "Remove the volume: whoever reaches the socket is root on the host.",
};

static void ask_host(const struct task *task, const struct decl_mount *m, bool readonly,
		     struct answer *ret)
{
	const struct decl_volume *v = task_volume(task, m->volume);

	if (!v || !v->host_path || readonly)
		return;
	answer_set(ret, VERDICT_FAIL, "%s of the host is mounted rw%s", v->host_path,
		   where(m->line).s);
	answer_evidence(ret,
			"volume %s is %s of the host%s, mounted on %s without readOnly%s",
			v->name, v->host_path, where(v->line).s, m->path ? m->path : "?",
			where(m->line).s);
}

static void host_declared(const struct subject *s, struct answer *ret)
{
	mounts_declared(s, ask_host, "no path of the host is mounted rw", ret);
}

static bool starts(const char *text, const char *with)
{
	return text && strncmp(text, with, strlen(with)) == 0;
}

/* Volumes that a runtime made, in a directory of its own: .../volumes/NAME/_data. */
static bool is_runtime_volume(const char *root)
{
	const char *at = root ? strstr(root, "/volumes/") : NULL;
	const char *end = at ? strstr(at, "/_data") : NULL;

	return end && (end[6] == '\0' || end[6] == '/');
}

/* ECS Exec mounts these itself. */
static bool is_exec_mount(const char *path)
{
	return path && (starts(path, "/ecs-execute-command-") ||
			path_within(path, "/var/log/amazon/ssm") ||
			path_within(path, "/managed-agents"));
}

static bool is_network(const char *fstype)
{
	static const char *const types[] = { "nfs",  "fuse",   "cifs",
					     "smb3", "lustre", "ceph" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (starts(fstype, types[i]))
			return true;
	return false;
}

/* Is it a directory or file of the host? UNKNOWN: a whole file system, which is
 * an EBS volume, or the host's own root. */
static enum tri is_host_path(const struct mount_fact *m)
{
	if (m->kind != MOUNT_VOLUME || is_network(m->fstype) ||
	    is_runtime_volume(m->root) || is_exec_mount(m->path))
		return TRI_NO;
	return str_equal(m->root, "/") ? TRI_UNKNOWN : TRI_YES;
}

/* What the definition says is mounted there; NULL: nothing that we know of. */
static const struct decl_volume *declared_volume(const struct subject *s,
						 const char *path)
{
	if (!s->declared)
		return NULL;
	LIST_EACH (const struct decl_mount, m, &s->declared->mounts)
		if (str_equal(m->path, path))
			return task_volume(s->task, m->volume);
	return NULL;
}

static enum tri host_path(const struct subject *s, const struct mount_fact *m)
{
	const struct decl_volume *v = declared_volume(s, m->path);
	const enum tri host = is_host_path(m);

	if (host != TRI_UNKNOWN || !v)
		return host;
	return str_equal(v->kind, "configured-at-launch") ? TRI_NO
	       : v->host_path				  ? TRI_YES
							  : TRI_UNKNOWN;
}

static void say_mount(const struct subject *s, const struct mount_fact *m,
		      struct answer *ret)
{
	static const char *const may[] = {
		[TRI_UNKNOWN] = "",
		[TRI_NO] = "; the app's user cannot write in it by owner and mode",
		[TRI_YES] = "; the app's user can write in it",
	};

	answer_seen(ret, s->facts, &s->facts->mounts.part,
		    "%s is %s of the host (%s), rw%s", m->path,
		    m->root ? m->root : "a path", m->fstype ? m->fstype : "?",
		    may[m->access]);
}

static void host_observed(const struct subject *s, struct answer *ret)
{
	const struct mount_fact *first = NULL, *open = NULL;

	if (!KNOWS(s, mounts, ret))
		return;
	if (task_on_fargate(s->task)) {
		answer_set(ret, VERDICT_NOT_APPLICABLE,
			   "Fargate mounts no path of the host");
		return;
	}
	LIST_EACH (const struct mount_fact, m, &s->facts->mounts.list) {
		const enum tri host = m->readonly ? TRI_NO : host_path(s, m);

		if (host == TRI_UNKNOWN && !open)
			open = m;
		if (host != TRI_YES)
			continue;
		say_mount(s, m, ret);
		if (!first)
			first = m;
	}
	if (first)
		answer_set(ret, VERDICT_FAIL, "%s is %s of the host, rw", first->path,
			   first->root ? first->root : "a path");
	else if (open)
		answer_set(ret, VERDICT_UNKNOWN,
			   "%s is a whole file system: an EBS volume, or the host's",
			   open->path);
	else
		answer_set(ret, VERDICT_PASS, "no path of the host is mounted rw");
}

const struct control control_tp_5 = {
	.id = "TP.5",
	.set = "taskprobe",
	.title = "No path of the host is mounted writable",
	.severity = SEVERITY_HIGH,
	.scope = SCOPE_CONTAINER,
	.declared = host_declared,
	.observed = host_observed,
	.requires = "pidMode task, or from within; no capability",
	.remedy = "Set readOnly on the mount point, or use a volume without "
		  "host.sourcePath.",
};

/* Docker's defaults for tmpfs are noexec,nosuid,nodev; the last word wins. */
static bool lifts(const struct decl_tmpfs *t)
{
	bool exec = false, suid = false;

	LIST_EACH (char *const, o, &t->options) {
		if (str_equal(*o, "exec") || str_equal(*o, "noexec"))
			exec = (*o)[0] == 'e';
		if (str_equal(*o, "suid") || str_equal(*o, "nosuid"))
			suid = (*o)[0] == 's';
	}
	return exec || suid;
}

static void flags_declared(const struct subject *s, struct answer *ret)
{
	const struct container_definition *c = s->declared;

	LIST_EACH (const struct decl_tmpfs, t, &c->tmpfs)
		if (lifts(t)) {
			answer_set(ret, VERDICT_FAIL, "tmpfs %s has exec or suid%s",
				   t->path ? t->path : "?", where(t->line).s);
			return;
		}
	if (c->unknown_parts.state == VALUE_UNKNOWN)
		answer_set(ret, VERDICT_UNKNOWN, "tmpfs is unknown");
	else if (c->tmpfs.len > 0)
		answer_set(ret, VERDICT_PASS, "tmpfs with Docker's noexec,nosuid");
	else
		answer_set(ret, VERDICT_NOT_APPLICABLE, "no tmpfs is declared");
}

static void flags_observed(const struct subject *s, struct answer *ret)
{
	size_t open = 0;

	if (!KNOWS(s, mounts, ret))
		return;
	LIST_EACH (const struct mount_fact, m, &s->facts->mounts.list) {
		if ((m->kind != MOUNT_TMPFS && m->kind != MOUNT_VOLUME) || m->readonly ||
		    (m->nosuid && m->noexec) || is_exec_mount(m->path))
			continue;
		if (open++ == 0)
			answer_set(ret, VERDICT_FAIL, "%s lacks %s%s%s", m->path,
				   m->nosuid ? "" : "nosuid",
				   m->nosuid || m->noexec ? "" : ",",
				   m->noexec ? "" : "noexec");
		answer_seen(ret, s->facts, &s->facts->mounts.part, "%s (%s) is rw%s%s",
			    m->path, m->fstype ? m->fstype : "?",
			    m->nosuid ? "" : ", suid", m->noexec ? "" : ", exec");
	}
	if (open > 1)
		answer_set(ret, VERDICT_FAIL, "%zu writable mounts lack nosuid or noexec",
			   open);
	if (open == 0)
		answer_set(ret, VERDICT_PASS, "every writable mount is nosuid,noexec");
}

const struct control control_tp_6 = {
	.id = "TP.6",
	.set = "taskprobe",
	.title = "Writable mounts are nosuid and noexec",
	.severity = SEVERITY_LOW,
	.scope = SCOPE_CONTAINER,
	.declared = flags_declared,
	.observed = flags_observed,
	.requires = "pidMode task, or from within; no capability",
	.remedy = "Use tmpfs without exec and suid where nothing is run from it; volumes "
		  "cannot carry the flags in a task definition (EFS and Docker volumes "
		  "take "
		  "them as driver options).",
};

static bool is_image_path(const char *path)
{
	static const char *const dirs[] = { "/bin",   "/sbin",	"/usr", "/etc",
					    "/opt",   "/boot",	"/lib", "/lib32",
					    "/lib64", "/libx32" };

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		if (path_within(path, dirs[i]))
			return true;
	return false;
}

static void ask_over(const struct task *task, const struct decl_mount *m, bool readonly,
		     struct answer *ret)
{
	(void)task;
	if (!readonly && m->path && is_image_path(m->path))
		answer_set(ret, VERDICT_FAIL, "%s is mounted rw%s", m->path,
			   where(m->line).s);
}

static void hollow_declared(const struct subject *s, struct answer *ret)
{
	const struct decl_bool *ro = &s->declared->readonly_root;

	if (ro->at.state == VALUE_UNKNOWN) {
		answer_set(ret, VERDICT_UNKNOWN, "readonlyRootFilesystem is unknown");
		return;
	}
	if (ro->at.state == VALUE_ABSENT || !ro->value) {
		answer_set(ret, VERDICT_NOT_APPLICABLE, "the root is declared writable");
		return;
	}
	mounts_declared(s, ask_over, "no rw mount on the image's own paths", ret);
	LIST_EACH (const struct decl_tmpfs, t, &s->declared->tmpfs)
		if (t->path && is_image_path(t->path) && !texts_have(&t->options, "ro"))
			answer_set(ret, VERDICT_FAIL, "tmpfs on %s%s", t->path,
				   where(t->line).s);
}

static void hollow_observed(const struct subject *s, struct answer *ret)
{
	size_t n = 0;

	if (!KNOWS(s, mounts, ret))
		return;
	if (s->facts->root.part.known && s->facts->root.writable) {
		answer_set(ret, VERDICT_NOT_APPLICABLE, "the root itself is writable");
		return;
	}
	LIST_EACH (const struct mount_fact, m, &s->facts->mounts.list) {
		if (m->readonly || m->kind == MOUNT_RUNTIME || m->kind == MOUNT_KERNEL ||
		    m->kind == MOUNT_ROOT || !is_image_path(m->path))
			continue;
		if (n++ == 0)
			answer_set(ret, VERDICT_FAIL, "%s is mounted rw", m->path);
		answer_seen(ret, s->facts, &s->facts->mounts.part,
			    "%s is mounted rw (%s)", m->path,
			    m->fstype ? m->fstype : "?");
	}
	if (n > 1)
		answer_set(ret, VERDICT_FAIL, "%zu rw mounts on the image's own paths",
			   n);
	/* Nothing lies over it; but is it read-only? */
	if (n == 0 && KNOWS(s, root, ret))
		answer_set(ret, VERDICT_PASS, "no rw mount on the image's own paths");
}

const struct control control_tp_12 = {
	.id = "TP.12",
	.set = "taskprobe",
	.title = "A read-only root is not hollowed out by writable mounts over it",
	.severity = SEVERITY_MEDIUM,
	.scope = SCOPE_CONTAINER,
	.declared = hollow_declared,
	.observed = hollow_observed,
	.requires = "pidMode task, or from within; no capability",
	.remedy = "Mount on the single directory that the app writes, outside of /usr, "
		  "/etc, "
		  "/opt and the like, or set readOnly on the mount point.",
};
