/* SPDX-License-Identifier: MIT */
#include "probe/peers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/num.h"
#include "probe/proc/cgroup.h"
#include "probe/proc/namespaces.h"
#include "probe/proc/stat.h"
#include "probe/proc/status.h"

#define STAT_MAX   4096
#define CGROUP_MAX (64 * 1024)
#define NONE	   ((size_t)-1)

static int read_file(const struct root *process, const char *name, struct str *out)
{
	struct err err = ERR_INIT;

	str_reset(out);
	return root_read(process, name, out, &err);
}

static uint64_t mnt_inode(const struct root *process)
{
	static const char head[] = "mnt:[";
	char link[64];
	uint64_t inode = 0;

	if (root_readlink(process, "ns/mnt", link, sizeof(link)) < 0 ||
	    strncmp(link, head, sizeof(head) - 1) != 0)
		return 0;
	link[strcspn(link, "]")] = '\0';
	return num_u64(link + sizeof(head) - 1, 10, &inode) == 0 ? inode : 0;
}

static int read_cgroup(const struct str *text, const struct list *docker_ids,
		       struct process *p)
{
	AUTO(cgroup_lines_done) struct cgroup_lines lines = { 0 };
	struct err err = ERR_INIT;

	p->cgroup = strdup(text->s);
	if (!p->cgroup)
		return -ENOMEM;
	if (cgroup_parse(text->s, text->len, &lines, &err) < 0)
		return 0;
	const char *id = cgroup_container_id(&lines, docker_ids, &p->conflict);
	if (!id || p->conflict)
		return 0;
	p->docker_id = strdup(id);
	return p->docker_id ? 0 : -ENOMEM;
}

/* 0, -ESRCH where the process is gone meanwhile, or -ENOMEM. */
static int read_process(const struct root *proc, int64_t pid,
			const struct list *docker_ids, struct process *ret)
{
	AUTO(str_done) struct str text = STR_INIT(CGROUP_MAX);
	AUTO(identity_done) struct identity_facts identity = { 0 };
	struct stat_line stat;
	struct err err = ERR_INIT;
	struct process p = { .pid = pid };
	char name[24];

	(void)snprintf(name, sizeof(name), "%lld", (long long)pid);
	/* One descriptor for all of it: the PID may be another process's meanwhile. */
	AUTO(root_done)
	struct root dir = { .fd = root_openat(proc, name, O_PATH | O_DIRECTORY) };
	if (dir.fd < 0 || read_file(&dir, "stat", &text) < 0 ||
	    stat_parse(text.s, text.len, &stat, &err) < 0)
		return -ESRCH;
	p.ppid = stat.ppid;
	p.start_ticks = stat.start_ticks;
	memcpy(p.comm, stat.comm, sizeof(p.comm));
	if (stat.state == 'Z' || stat.state == 'X')
		return -ESRCH;
	p.euid = -1;
	if (read_file(&dir, "status", &text) == 0 &&
	    status_parse(text.s, &identity, &err) == 0)
		p.euid = identity.euid;
	p.mnt_inode = mnt_inode(&dir);
	if (read_file(&dir, "cgroup", &text) < 0)
		str_reset(&text);
	int r = read_cgroup(&text, docker_ids, &p);
	if (r < 0) {
		free(p.cgroup);
		return r;
	}
	*ret = p;
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static size_t find(const struct peers *peers, int64_t pid)
{
	const struct process key = { .pid = pid };
	const struct process *p =
		peers->processes.len ? bsearch(&key, peers->processes.items,
					       peers->processes.len, sizeof(key), by_pid)
				     : NULL;

	return p ? (size_t)(p - (const struct process *)peers->processes.items) : NONE;
}

static struct process *at(const struct peers *peers, size_t i)
{
	return LIST_AT(&peers->processes, struct process, i);
}

/* The ancestor at which the chain in sight ends. Bounded: a snapshot is not taken
 * in one moment, so that its parents may even form a ring. */
static size_t chain_end(const struct peers *peers, size_t i)
{
	for (size_t steps = 0; steps < peers->processes.len; steps++) {
		size_t parent = find(peers, at(peers, i)->ppid);

		if (parent == NONE || parent == i)
			break;
		i = parent;
	}
	return i;
}

static size_t add_group(struct peers *peers, const struct process *p)
{
	struct group *g = LIST_ADD(&peers->groups, struct group);

	if (!g)
		return NONE;
	g->mnt_inode = p->mnt_inode;
	g->first = NONE;
	g->sample = (size_t)(p - at(peers, 0));
	if (p->docker_id) {
		g->docker_id = strdup(p->docker_id);
		if (!g->docker_id)
			return NONE;
	}
	return peers->groups.len - 1;
}

/* The group of a process that says so itself: by docker id, else by mount namespace. */
static size_t named_group(struct peers *peers, const struct process *p)
{
	for (size_t i = 0; i < peers->groups.len; i++) {
		struct group *g = LIST_AT(&peers->groups, struct group, i);
		bool same_mnt = p->mnt_inode && g->mnt_inode == p->mnt_inode;

		if (p->docker_id && str_equal(g->docker_id, p->docker_id)) {
			if (!g->mnt_inode)
				g->mnt_inode = p->mnt_inode;
			return i;
		}
		if (same_mnt && p->docker_id && g->docker_id)
			g->conflict =
				true; /* one mount namespace, two containers: not so */
		if (same_mnt && (!p->docker_id || !g->docker_id))
			return i;
	}
	return NONE;
}

static int assign_named(struct peers *peers, bool with_id)
{
	for (size_t i = 0; i < peers->processes.len; i++) {
		struct process *p = at(peers, i);

		if (p->group != NONE || (with_id ? !p->docker_id : !p->mnt_inode))
			continue;
		p->group = named_group(peers, p);
		if (p->group == NONE)
			p->group = add_group(peers, p);
		if (p->group == NONE)
			return -ENOMEM;
		LIST_AT(&peers->groups, struct group, p->group)->conflict |= p->conflict;
	}
	return 0;
}

/* What says nothing belongs to the process that it grew out of, unless their
 * cgroups differ: an orphan is adopted by a process of another container. */
static int assign_rest(struct peers *peers)
{
	for (size_t i = 0; i < peers->processes.len; i++) {
		struct process *p = at(peers, i), *root = at(peers, p->root);

		if (p->group != NONE)
			continue;
		for (size_t k = 0; k < peers->groups.len && p->group == NONE; k++) {
			const struct process *q = at(
				peers, LIST_AT(&peers->groups, struct group, k)->sample);

			if (str_equal(q->cgroup, p->cgroup) && q->root == p->root)
				p->group = k;
		}
		if (p->group == NONE && root->group != NONE &&
		    str_equal(root->cgroup, p->cgroup))
			p->group = root->group;
		if (p->group == NONE)
			p->group = add_group(peers, p);
		if (p->group == NONE)
			return -ENOMEM;
	}
	return 0;
}

static void find_firsts(struct peers *peers, int64_t self_pid)
{
	for (size_t i = 0; i < peers->processes.len; i++) {
		const struct process *p = at(peers, i);
		struct group *g = LIST_AT(&peers->groups, struct group, p->group);

		if (p->pid == self_pid)
			g->self = true;
		if (g->first == NONE || p->start_ticks < at(peers, g->first)->start_ticks)
			g->first = i;
	}
}

int peers_group(struct peers *peers, int64_t self_pid, struct err *err)
{
	if (peers->processes.len)
		qsort(peers->processes.items, peers->processes.len,
		      sizeof(struct process), by_pid);
	for (size_t i = 0; i < peers->processes.len; i++) {
		at(peers, i)->root = chain_end(peers, i);
		at(peers, i)->group = NONE;
	}
	int r = assign_named(peers, true);
	if (r == 0)
		r = assign_named(peers, false);
	if (r == 0)
		r = assign_rest(peers);
	if (r < 0)
		return err_set(err, r, "out of memory");
	find_firsts(peers, self_pid);
	return 0;
}

int peers_scan(const struct root *proc, const struct list *docker_ids, int64_t self_pid,
	       struct peers *ret, struct err *err)
{
	AUTO_CLOSE int fd = root_openat(proc, ".", O_RDONLY | O_DIRECTORY);
	AUTO_CLOSEDIR DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct peers peers = { 0 };

	if (!dir)
		return err_set(err, fd < 0 ? fd : -errno, "list the processes in /proc");
	fd = -1; /* the DIR owns it now */
	peers.kernel_threads = namespaces_kernel_threads(proc) == TRI_YES;
	for (struct dirent *d = readdir(dir); d; d = readdir(dir)) {
		struct process p;
		int64_t pid;

		if (num_i64(d->d_name, &pid) < 0 || pid <= 0)
			continue;
		peers.truncated = peers.processes.len >= PEERS_MAX;
		if (peers.truncated)
			break;
		int r = read_process(proc, pid, docker_ids, &p);
		if (r == -ESRCH)
			continue;
		struct process *slot =
			r < 0 ? NULL : LIST_ADD(&peers.processes, struct process);
		if (!slot) {
			peers_done(&peers);
			return err_set(err, -ENOMEM, "out of memory");
		}
		*slot = p;
	}
	int r = peers_group(&peers, self_pid, err);
	if (r < 0)
		peers_done(&peers);
	else
		*ret = peers;
	return r;
}

/* --- describing a group --- */

enum kinship { GREW, ENTERED, ORPHAN };

/* docker exec and ECS Exec start theirs from outside the PID namespace: parent 0.
 * A parent in another container means that the real one is gone, or (pidMode host)
 * that a runtime shim outside is the parent; which of the two cannot be told. */
static enum kinship kinship(const struct peers *peers, const struct group *g,
			    size_t group, size_t i)
{
	for (size_t steps = 0; steps < peers->processes.len; steps++) {
		if (i == g->first)
			return GREW;
		size_t parent = find(peers, at(peers, i)->ppid);
		if (parent == NONE)
			/* Ended while we looked: it may have been the container's. */
			return at(peers, i)->ppid == 0 ? ENTERED : ORPHAN;
		if (at(peers, parent)->group != group)
			return ORPHAN;
		i = parent;
	}
	return ORPHAN;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int add_uid(struct list *uids, int64_t uid)
{
	LIST_EACH (int64_t, u, uids)
		if (*u == uid)
			return 0;
	int64_t *slot = LIST_ADD(uids, int64_t);
	if (!slot)
		return -ENOMEM;
	*slot = uid;
	qsort(uids->items, uids->len, sizeof(int64_t), by_number);
	return 0;
}

static bool is_ssm_agent(const char *comm)
{
	/* comm holds 15 characters: amazon-ssm-agent, ssm-agent-worker,
	 * ssm-session-worker. */
	return strncmp(comm, "amazon-ssm-agen", 15) == 0 ||
	       strncmp(comm, "ssm-agent-work", 14) == 0 ||
	       strncmp(comm, "ssm-session-wor", 15) == 0;
}

static int add_entered(struct processes_facts *f, const struct process *p, bool orphan)
{
	struct entered_fact *e = LIST_ADD(&f->entered, struct entered_fact);

	if (!e)
		return -ENOMEM;
	e->pid = p->pid;
	e->uid = p->euid;
	e->orphan = orphan;
	f->ssm_agent |= is_ssm_agent(p->comm);
	return str_set(&e->command, p->comm);
}

int peers_describe(const struct peers *peers, size_t group, struct facts *facts)
{
	const struct group *g = LIST_AT(&peers->groups, struct group, group);
	const struct process *first = at(peers, g->first);
	struct processes_facts *f = &facts->processes;
	int r = str_set(&facts->command, first->comm);

	facts->pid = first->pid;
	facts->start_ticks = first->start_ticks;
	facts->running = true;
	facts->self = g->self;
	f->part.known = !peers->truncated;
	if (peers->truncated)
		part_unknown(&f->part, "there are more processes in sight than the limit",
			     NULL);
	for (size_t i = 0; i < peers->processes.len && r == 0; i++) {
		const struct process *p = at(peers, i);

		if (p->group != group)
			continue;
		enum kinship k = kinship(peers, g, group, i);
		if (k != GREW) {
			r = add_entered(f, p, k == ORPHAN);
			continue;
		}
		f->count++;
		r = add_uid(&f->uids, p->euid);
	}
	if (r == 0 && g->docker_id)
		r = str_set(&facts->docker_id, g->docker_id);
	return r;
}

void peers_done(struct peers *peers)
{
	LIST_EACH (struct process, p, &peers->processes) {
		free(p->cgroup);
		free(p->docker_id);
	}
	LIST_EACH (struct group, g, &peers->groups)
		free(g->docker_id);
	list_done(&peers->processes);
	list_done(&peers->groups);
	*peers = (struct peers){ 0 };
}
