/* SPDX-License-Identifier: MIT
 *
 * task.h - what is declared of an ECS task, whatever the source
 * (taskprobe.task/1): the task definition, and what the task metadata
 * endpoint says of the running task.
 *
 * Every value of the definition is declared, absent or unknown, and remembers
 * where it stands. Unknown is zero: nothing reads as absent by accident.
 */
#ifndef CORE_TASK_H
#define CORE_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/facts.h"
#include "core/list.h"
#include "core/record.h"

enum value_state { VALUE_UNKNOWN, VALUE_ABSENT, VALUE_DECLARED };
extern const char *const value_state_names[];

/* Head of every declared value. Lines and columns count from 1; 0: no place. */
struct value {
	enum value_state state;
	int64_t line, column;
	char *why; /* of an unknown one */
};

struct decl_bool {
	struct value at;
	bool value;
};
struct decl_text {
	struct value at;
	char *value;
};
struct decl_int {
	struct value at;
	int64_t value;
};
struct decl_texts {
	struct value at;
	struct list list; /* char * */
};

struct decl_mount {
	char *volume, *path;
	bool readonly;
	int64_t line, column;
};

struct decl_tmpfs {
	char *path;
	int64_t size_mib;
	struct list options; /* char * */
	int64_t line, column;
};

struct decl_volume {
	char *name;
	char *host_path; /* host.sourcePath; NULL: the platform makes an empty one */
	/* "host", "docker", "efs", "fsx", "s3files", "configured-at-launch", "empty" */
	char *kind;
	struct decl_bool transit_encryption; /* EFS */
	int64_t line, column;
};

/* An entry of environment, environmentFiles or secrets: never a value. */
struct decl_name {
	char *name;
	int64_t line, column;
};

struct container_definition {
	char *name;
	int64_t line, column;
	struct decl_text image, user;
	struct decl_bool privileged, readonly_root, essential, init_process;
	struct decl_texts cap_add, cap_drop, security_options;
	struct decl_text log_driver; /* absent: no logConfiguration, or driver null */
	struct value environment_at;
	struct list environment;       /* struct decl_name */
	struct list secrets;	       /* struct decl_name */
	struct list environment_files; /* struct decl_name */
	struct list mounts;	       /* struct decl_mount */
	struct list tmpfs;	       /* struct decl_tmpfs */
	struct list devices;	       /* struct decl_name: hostPath */
	/* struct decl_mount: 'volume' is the source container, 'path' NULL */
	struct list volumes_from;
	struct decl_int memory;
	/* UNKNOWN where any of the lists above could not be read */
	struct value unknown_parts;
};

struct definition {
	struct part part; /* known: a definition was given and read */
	bool stale;	  /* its family or revision is not the running task's */
	char *source;	  /* "taskdef.json", "TASKPROBE_TASK_DEFINITION" */
	struct decl_text family, network_mode, pid_mode, ipc_mode, os_family;
	struct decl_int revision;
	struct decl_texts requires_compatibilities;
	struct list volumes;	/* struct decl_volume */
	struct list containers; /* struct container_definition */
};

/* A container as the metadata endpoint lists it. */
struct running_container {
	char *name, *docker_id, *docker_name, *image, *image_id;
	char *type; /* NORMAL, CNI_PAUSE, NAMESPACE_PAUSE, ... */
	char *known_status, *desired_status;
	char *log_driver;
	char *network_mode;    /* of its first network */
	struct list addresses; /* char *: IPv4 and IPv6 */
	int64_t memory_mib;    /* Limits.Memory; 0: unset or not said */
	int64_t restart_count; /* -1: not said */
	bool self;
};

struct task {
	struct part metadata; /* could the endpoint be read */
	char *cluster, *arn, *family, *revision, *service, *launch_type;
	char *availability_zone, *known_status, *desired_status;
	struct part containers_part; /* did it list the containers (early on: no) */
	struct list containers;	     /* struct running_container */
	struct definition definition;
	/* DescribeTasks alone says it: unknown, for now */
	struct decl_bool execute_command;
};

extern const struct type value_type, decl_bool_type, decl_text_type, decl_int_type,
	decl_texts_type, container_definition_type, definition_type,
	running_container_type, task_type;

const struct container_definition *task_definition_of(const struct task *task,
						      const char *name);
const struct running_container *task_running(const struct task *task, const char *name);

/* Compares the definition's family and revision with the metadata's. Sets
 * definition.stale and definition.part.why. Without metadata it stays as it is.
 * A definition that cannot be compared, because family or revision is missing on
 * either side, is stale too: nobody knows whether it is the one that runs. */
void task_reconcile(struct task *task);

void task_done(struct task *task);

#endif
