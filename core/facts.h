/* SPDX-License-Identifier: MIT
 *
 * facts.h - what was observed of one container: plain data, filled in by
 * probe/, judged by checks/, saved and merged as taskprobe.facts/1.
 *
 * Every part says whether it could be looked at at all. A part that nobody
 * filled in is zero and therefore not known.
 */
#ifndef CORE_FACTS_H
#define CORE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/list.h"
#include "core/record.h"

/* Head of every part. 'why' says what stood in the way, 'grants' what would
 * change it ("add SYS_PTRACE to linuxParameters.capabilities.add, or run
 * taskprobe as uid 1000"); both are NULL where 'known' is true and nothing is
 * missing, and may be set beside known=true for a part seen incompletely. */
struct part {
	bool known;
	/* "itself", "the sidecar", "the sidecar as uid 1000", "within", or (traffic)
	 * "the metadata endpoint" */
	char *seen_by;
	char *why;
	char *grants;
};

/* An answer that may be missing, inside a part that is known. */
enum tri { TRI_UNKNOWN, TRI_NO, TRI_YES };

/* /proc/PID/status of the container's first process. */
struct identity_facts {
	struct part part;
	int64_t uid, euid, suid, fsuid;
	int64_t gid, egid, sgid, fsgid;
	struct list groups; /* int64_t */
	uint64_t cap_inheritable, cap_permitted, cap_effective, cap_bounding, cap_ambient;
	bool no_new_privs;
	int64_t seccomp_mode;	 /* 0 none, 1 strict, 2 filter */
	int64_t seccomp_filters; /* -1: the kernel does not say (before 5.9) */
	char *lsm_label;	 /* AppArmor profile or SELinux context; NULL: none */
};

/* The uid that the container started with: not the same as the one it runs with
 * now. Known only with evidence of it. */
struct started_facts {
	struct part part;
	int64_t uid;
	char *evidence; /* "stdout and stderr are pipes owned by uid 0" */
};

struct securebits_facts {
	struct part part; /* of ourselves only: no file of /proc shows a peer's */
	int64_t bits;
};

struct namespace_fact {
	char *kind;	/* "pid", "mnt", "net", "user", "uts", "ipc", "cgroup", "time" */
	int64_t inode;	/* 0: could not be read */
	enum tri host;	/* is it the host's */
	char *evidence; /* how we know; NULL where host is unknown */
	struct list shared_with; /* char *: containers of the task in the same one */
};

struct namespaces_facts {
	struct part part;
	struct list list;    /* struct namespace_fact */
	bool kernel_threads; /* kthreadd is in sight: the host's pid namespace */
	int64_t processes;   /* of other containers (or the host), in sight of this one */
};

/* How the answer on the root file system was found, weakest first. */
enum root_method { ROOT_UNTRIED, ROOT_MOUNTINFO, ROOT_UNLINK, ROOT_CREATE };
extern const char *const root_method_names[];

/* Can the root file system be written? 'writable' is about the mount; 'access'
 * about the app's credentials at "/" itself. */
struct root_facts {
	struct part part;
	bool writable;
	enum root_method method;
	enum tri access; /* may the app's uid create entries in "/" */
	/* What creating a file there answered: "created", "EACCES", "ENOSPC" ...; NULL:
	 * not tried. */
	char *created;
	char *fstype; /* "overlay" */
};

enum mount_kind {
	MOUNT_OTHER,
	MOUNT_ROOT,
	MOUNT_RUNTIME, /* /etc/hosts, hostname and resolv.conf: the runtime's own */
	MOUNT_KERNEL,  /* proc, sysfs, cgroup, devpts, mqueue, /dev and masks on them */
	MOUNT_TMPFS,   /* of the task definition, or /dev/shm */
	MOUNT_VOLUME,  /* what is mounted in: a bind, EFS, a Docker volume */
};
extern const char *const mount_kind_names[];

struct mount_fact {
	char *path; /* in the container */
	char *fstype;
	char *source; /* mountinfo's source field */
	char *root;   /* what of that file system is mounted: the host path of a bind */
	enum mount_kind kind;
	bool readonly; /* the mount or its file system */
	bool nosuid, nodev, noexec;
	enum tri access;		 /* may the app's uid create or write here */
	int64_t bytes_total, bytes_free; /* -1: could not be asked */
};

struct mounts_facts {
	struct part part;
	struct list list;	/* struct mount_fact, topmost mount of each path */
	struct list masked;	/* char *: /proc and /sys paths hidden by the runtime */
	struct list protected;	/* char *: /proc and /sys paths mounted read-only */
	struct list exposed;	/* char *: those that are there, and are neither */
	bool exposed_known;	/* false: we could not look which of them are there */
	bool sys_writable;	/* /sys is mounted read-write */
	bool proc_sys_writable; /* /proc/sys lies on a writable mount */
	struct list sockets;	/* char *: runtimes' in sight: /var/run/docker.sock ... */
};

enum writable_kind { WRITABLE_TREE, WRITABLE_DIRECTORY, WRITABLE_FILE };
extern const char *const writable_kind_names[];

/* A place of the root file system that the app's credentials can write. TREE:
 * it and everything below it; DIRECTORY: entries can be made in it, not
 * everything below is writable; FILE: this file alone. */
struct writable_fact {
	char *path;
	enum writable_kind kind;
	int64_t entries; /* files and directories that it stands for */
};

struct writable_facts {
	struct part part;
	struct list list;	    /* struct writable_fact, sorted by path */
	int64_t entries;	    /* looked at */
	int64_t directories, files; /* writable ones, before folding */
	bool truncated;		    /* a limit was reached: part.why says which */
};

struct setuid_fact {
	char *path;
	int64_t uid, gid;
	bool setuid, setgid;
	bool capabilities; /* carries file capabilities */
	bool nosuid;	   /* on a nosuid mount: without effect */
	bool executable;   /* the app's credentials may execute it */
};

struct setuid_facts {
	struct part part;
	struct list list; /* struct setuid_fact */
	bool truncated;
};

struct device_fact {
	char *path;
	bool block;
	int64_t major, minor;
	bool standard;	 /* one of those that every container has (null, zero, tty ...) */
	enum tri access; /* may the app's uid open it for writing, by mode alone */
};

struct devices_facts {
	struct part part;
	struct list list; /* struct device_fact */
};

struct environ_facts {
	struct part part;
	struct list names;   /* char *: every name, never a value; sorted */
	struct list secrets; /* char *: those that promise one and are not empty */
};

struct limits_facts {
	struct part part;
	enum tri pids_limited; /* a pids limit on the container's cgroup or above */
	int64_t pids_max;      /* where limited */
	enum tri memory_limited;
	int64_t memory_max;
	int64_t nofile_soft, nofile_hard; /* -1: unlimited */
	int64_t nproc_soft, nproc_hard;
	int64_t core_soft;
};

/* One question to the kernel and its answer, in words: "allowed", "EPERM",
 * "ENOSYS", "killed", "no answer in time". */
struct answer_fact {
	char *what;
	char *answer;
	bool allowed;
};

struct answers_facts { /* seccomp surface, and attempts */
	struct part part;
	struct list list; /* struct answer_fact */
};

struct reach_facts { /* instance metadata */
	struct part part;
	bool reachable;
	char *evidence;
};

struct traffic_facts { /* from /task/stats, by the agent */
	struct part part;
	int64_t bytes_written;
	int64_t bytes_read;
};

/* A process that is in the container but did not grow out of its first one. */
struct entered_fact {
	int64_t pid;
	int64_t uid;
	char *command; /* comm */
	bool orphan;   /* its parent is gone: could as well be the app's own */
};

struct processes_facts {
	struct part part;
	int64_t count;	  /* first process and descendants */
	struct list uids; /* int64_t: the effective uids among them, sorted, each once */
	struct list entered; /* struct entered_fact */
	bool ssm_agent;	     /* ECS Exec's agent is among the entered */
};

struct facts {
	char *container; /* its name; "?N" where we could not tell whose it is */
	bool self;	 /* the container that taskprobe itself runs in */
	char *seen_by;	 /* who wrote these: "itself", "the sidecar", "within" */
	int64_t pid; /* of the first process, as the observer numbers it; 0: not seen */
	int64_t start_ticks; /* field 22 of its stat: with pid, never reused */
	char *command;	     /* comm of the first process */
	char *docker_id;
	char *endpoint_id; /* last part of its metadata URI */
	char *attribution; /* how we know whose it is, or why we do not */
	bool running;	   /* a process of it was seen */
	struct identity_facts identity;
	struct started_facts started;
	struct securebits_facts securebits;
	struct namespaces_facts namespaces;
	struct root_facts root;
	struct mounts_facts mounts;
	struct writable_facts writable;
	struct setuid_facts setuid;
	struct devices_facts devices;
	struct environ_facts environ;
	struct limits_facts limits;
	struct processes_facts processes;
	struct answers_facts surface;
	struct answers_facts attempts;
	struct reach_facts instance_metadata;
	struct traffic_facts traffic;
};

extern const struct type part_type, facts_type;

/* The parts of struct facts, one row each: for merging, coverage and tests. */
struct facts_part {
	const char *name;
	size_t offset;
	const struct type *type;
	const char *what; /* for people: "the root file system" */
};
extern const struct facts_part facts_parts[]; /* ends with a NULL name */

static inline struct part *facts_part_of(struct facts *facts, const struct facts_part *p)
{
	return (struct part *)(void *)((char *)facts + p->offset);
}

static inline const struct part *facts_part_const(const struct facts *facts,
						  const struct facts_part *p)
{
	return (const struct part *)(const void *)((const char *)facts + p->offset);
}

/* Marks a part as not known, with the reason and what would grant it (may be
 * NULL). Out of memory leaves the texts NULL: still not known. */
void part_unknown(struct part *part, const char *why, const char *grants);

/* A known part that is not the whole truth: the reason, and what would change that. */
void part_doubt(struct part *part, const char *why, const char *grants);

/* The capability names, "CHOWN" for bit 0; NULL past the last that we know. */
const char *cap_name(unsigned bit);
/* Accepts "SYS_ADMIN", "CAP_SYS_ADMIN", any case; -1 if unknown. */
int cap_bit(const char *name);
#define CAP_MASK(bit) (UINT64_C(1) << (bit))
/* Docker's 14, by number: a container's bounding set where nothing was added. */
#define CAPS_DOCKER_DEFAULT UINT64_C(0xa80425fb)

/* Completes 'into' with what 'from' knows and it does not, part by part: its own
 * sight stays where it has any (what a container says of itself can be forged by
 * that container). Names of parts that both know and disagree on are added to
 * 'disagree' (char *; may be NULL). 0 or -ENOMEM. */
int facts_merge(struct facts *into, const struct facts *from, struct list *disagree);

/* Do both speak of the same container? By docker id, endpoint id, or name. */
bool facts_same_container(const struct facts *a, const struct facts *b);

/* The name of a container that does not know its own. */
#define FACTS_SELF "self"

/* taskprobe.facts/1: {"schema","tool","facts":[...]}. 'list' holds struct facts. */
void facts_write(struct json_out *o, const char *tool_version, const struct list *list);
int facts_read(const struct json_doc *doc, struct list *list, struct err *err);
void facts_list_done(struct list *list);

#endif
