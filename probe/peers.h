/* SPDX-License-Identifier: MIT
 *
 * peers.h - which processes are in sight, and which of them are one container.
 *
 * The cgroup path names the container where it holds a Docker id that the
 * metadata knows. What is left is grouped by mount namespace, where that can be
 * read, else by the process that it grew out of. A container is its first
 * process and the descendants of that; what entered later (docker exec, ECS
 * Exec) is in the container but not the container.
 */
#ifndef PROBE_PEERS_H
#define PROBE_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/facts.h"
#include "core/list.h"
#include "probe/root.h"

/* One process of the snapshot. */
struct process {
	int64_t pid, ppid, start_ticks;
	int64_t euid;
	uint64_t mnt_inode; /* 0: not readable */
	char comm[64];
	char *cgroup;	 /* the text of its cgroup file */
	char *docker_id; /* found in it; NULL: none, or two different ones */
	bool conflict;	 /* two different ones */
	size_t root;	 /* index of the ancestor that the chain in sight ends at */
	size_t group;	 /* index into peers.groups */
};

struct group {
	char *docker_id;    /* NULL: the cgroup does not say */
	uint64_t mnt_inode; /* 0: not known */
	bool self;
	bool conflict; /* one mount namespace, two docker ids */
	size_t first;  /* index of its first process */
	size_t sample; /* index of the process that it was made for */
};

struct peers {
	struct list processes; /* struct process, by pid */
	struct list groups;    /* struct group, in the order of their first processes */
	bool kernel_threads;   /* the host's processes are in sight */
	bool truncated;	       /* more than PEERS_MAX processes */
};

/* A task is at most some thousand processes; a host with pidMode host may have more. */
#define PEERS_MAX 16384

/* Takes a snapshot of all processes in 'proc' and groups them. 'docker_ids' (char *) are
 * the metadata's. 0, -ENOMEM, or why /proc cannot be listed; *ret is left alone then. */
int peers_scan(const struct root *proc, const struct list *docker_ids, int64_t self_pid,
	       struct peers *ret, struct err *err);

/* Pure: groups the processes of a snapshot (the rest of peers_scan); for tests. 0 or
 * -ENOMEM. */
int peers_group(struct peers *peers, int64_t self_pid, struct err *err);

/* Fills what the snapshot says of a group: pid, command, processes, running. 0 or
 * -ENOMEM. */
int peers_describe(const struct peers *peers, size_t group, struct facts *facts);

void peers_done(struct peers *peers);

#endif
