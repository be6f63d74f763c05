/* SPDX-License-Identifier: MIT */
#include "core/task.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/table.h"

const char *const value_state_names[] = { "unknown", "absent", "declared", NULL };
static_assert(ARRAY_LEN(value_state_names) == VALUE_DECLARED + 2, "one name per state");

static const struct field value_fields[] = {
	RECORD_ENUM(value, state, value_state_names),
	RECORD_INT(value, line),
	RECORD_INT(value, column),
	RECORD_TEXT(value, why),
	RECORD_END,
};
const struct type value_type = { "value", sizeof(struct value), value_fields, false };

static const struct field decl_bool_fields[] = {
	RECORD_INLINE(decl_bool, at, &value_type),
	RECORD_BOOL(decl_bool, value),
	RECORD_END,
};
const struct type decl_bool_type = { "decl_bool", sizeof(struct decl_bool),
				     decl_bool_fields, false };

static const struct field decl_text_fields[] = {
	RECORD_INLINE(decl_text, at, &value_type),
	RECORD_TEXT(decl_text, value),
	RECORD_END,
};
const struct type decl_text_type = { "decl_text", sizeof(struct decl_text),
				     decl_text_fields, false };

static const struct field decl_int_fields[] = {
	RECORD_INLINE(decl_int, at, &value_type),
	RECORD_INT(decl_int, value),
	RECORD_END,
};
const struct type decl_int_type = { "decl_int", sizeof(struct decl_int), decl_int_fields,
				    false };

static const struct field decl_texts_fields[] = {
	RECORD_INLINE(decl_texts, at, &value_type),
	RECORD_TEXTS(decl_texts, list),
	RECORD_END,
};
const struct type decl_texts_type = { "decl_texts", sizeof(struct decl_texts),
				      decl_texts_fields, false };

static const struct field decl_mount_fields[] = {
	RECORD_TEXT(decl_mount, volume),   RECORD_TEXT(decl_mount, path),
	RECORD_BOOL(decl_mount, readonly), RECORD_INT(decl_mount, line),
	RECORD_INT(decl_mount, column),	   RECORD_END,
};
static const struct type decl_mount_type = { "decl_mount", sizeof(struct decl_mount),
					     decl_mount_fields, false };

static const struct field decl_tmpfs_fields[] = {
	RECORD_TEXT(decl_tmpfs, path),	   RECORD_INT(decl_tmpfs, size_mib),
	RECORD_TEXTS(decl_tmpfs, options), RECORD_INT(decl_tmpfs, line),
	RECORD_INT(decl_tmpfs, column),	   RECORD_END,
};
static const struct type decl_tmpfs_type = { "decl_tmpfs", sizeof(struct decl_tmpfs),
					     decl_tmpfs_fields, false };

static const struct field decl_volume_fields[] = {
	RECORD_TEXT(decl_volume, name),
	RECORD_TEXT(decl_volume, host_path),
	RECORD_TEXT(decl_volume, kind),
	RECORD_STRUCT(decl_volume, transit_encryption, &decl_bool_type),
	RECORD_INT(decl_volume, line),
	RECORD_INT(decl_volume, column),
	RECORD_END,
};
static const struct type decl_volume_type = { "decl_volume", sizeof(struct decl_volume),
					      decl_volume_fields, false };

static const struct field decl_name_fields[] = {
	RECORD_TEXT(decl_name, name),
	RECORD_INT(decl_name, line),
	RECORD_INT(decl_name, column),
	RECORD_END,
};
static const struct type decl_name_type = { "decl_name", sizeof(struct decl_name),
					    decl_name_fields, false };

#define S container_definition
static const struct field container_fields[] = {
	RECORD_TEXT(S, name),
	RECORD_INT(S, line),
	RECORD_INT(S, column),
	RECORD_STRUCT(S, image, &decl_text_type),
	RECORD_STRUCT(S, user, &decl_text_type),
	RECORD_STRUCT(S, privileged, &decl_bool_type),
	RECORD_STRUCT(S, readonly_root, &decl_bool_type),
	RECORD_STRUCT(S, essential, &decl_bool_type),
	RECORD_STRUCT(S, init_process, &decl_bool_type),
	RECORD_STRUCT(S, cap_add, &decl_texts_type),
	RECORD_STRUCT(S, cap_drop, &decl_texts_type),
	RECORD_STRUCT(S, security_options, &decl_texts_type),
	RECORD_STRUCT(S, log_driver, &decl_text_type),
	RECORD_STRUCT(S, environment_at, &value_type),
	RECORD_LIST(S, environment, &decl_name_type),
	RECORD_LIST(S, secrets, &decl_name_type),
	RECORD_LIST(S, environment_files, &decl_name_type),
	RECORD_LIST(S, mounts, &decl_mount_type),
	RECORD_LIST(S, tmpfs, &decl_tmpfs_type),
	RECORD_LIST(S, devices, &decl_name_type),
	RECORD_LIST(S, volumes_from, &decl_mount_type),
	RECORD_STRUCT(S, memory, &decl_int_type),
	RECORD_STRUCT(S, unknown_parts, &value_type),
	RECORD_END,
};
#undef S
const struct type container_definition_type = { "container_definition",
						sizeof(struct container_definition),
						container_fields, false };

static const struct field definition_fields[] = {
	RECORD_INLINE(definition, part, &part_type),
	RECORD_BOOL(definition, stale),
	RECORD_TEXT(definition, source),
	RECORD_STRUCT(definition, family, &decl_text_type),
	RECORD_STRUCT(definition, network_mode, &decl_text_type),
	RECORD_STRUCT(definition, pid_mode, &decl_text_type),
	RECORD_STRUCT(definition, ipc_mode, &decl_text_type),
	RECORD_STRUCT(definition, os_family, &decl_text_type),
	RECORD_STRUCT(definition, revision, &decl_int_type),
	RECORD_STRUCT(definition, requires_compatibilities, &decl_texts_type),
	RECORD_LIST(definition, volumes, &decl_volume_type),
	RECORD_LIST(definition, containers, &container_definition_type),
	RECORD_END,
};
const struct type definition_type = { "definition", sizeof(struct definition),
				      definition_fields, true };

#define S running_container
static const struct field running_fields[] = {
	RECORD_TEXT(S, name),
	RECORD_TEXT(S, docker_id),
	RECORD_TEXT(S, docker_name),
	RECORD_TEXT(S, image),
	RECORD_TEXT(S, image_id),
	RECORD_TEXT(S, type),
	RECORD_TEXT(S, known_status),
	RECORD_TEXT(S, desired_status),
	RECORD_TEXT(S, log_driver),
	RECORD_TEXT(S, network_mode),
	RECORD_TEXTS(S, addresses),
	RECORD_INT(S, memory_mib),
	RECORD_INT(S, restart_count),
	RECORD_BOOL(S, self),
	RECORD_END,
};
#undef S
const struct type running_container_type = { "running_container",
					     sizeof(struct running_container),
					     running_fields, false };

static const struct field task_fields[] = {
	RECORD_STRUCT(task, metadata, &part_type),
	RECORD_TEXT(task, cluster),
	RECORD_TEXT(task, arn),
	RECORD_TEXT(task, family),
	RECORD_TEXT(task, revision),
	RECORD_TEXT(task, service),
	RECORD_TEXT(task, launch_type),
	RECORD_TEXT(task, availability_zone),
	RECORD_TEXT(task, known_status),
	RECORD_TEXT(task, desired_status),
	RECORD_STRUCT(task, containers_part, &part_type),
	RECORD_LIST(task, containers, &running_container_type),
	RECORD_STRUCT(task, definition, &definition_type),
	RECORD_STRUCT(task, execute_command, &decl_bool_type),
	RECORD_END,
};
const struct type task_type = { "task", sizeof(struct task), task_fields, false };

const struct container_definition *task_definition_of(const struct task *task,
						      const char *name)
{
	LIST_EACH (const struct container_definition, c, &task->definition.containers)
		if (str_equal(c->name, name))
			return c;
	return NULL;
}

const struct running_container *task_running(const struct task *task, const char *name)
{
	LIST_EACH (const struct running_container, c, &task->containers)
		if (str_equal(c->name, name))
			return c;
	return NULL;
}

static void stale(struct definition *d, char *why)
{
	d->stale = true;
	free(d->part.why);
	d->part.why = why; /* NULL without memory: stale all the same */
}

void task_reconcile(struct task *task)
{
	struct definition *d = &task->definition;
	AUTO_FREE char *revision = str_format("%" PRId64, d->revision.value);

	if (!d->part.known || !task->metadata.known)
		return;
	const bool families = d->family.at.state == VALUE_DECLARED && task->family;
	const bool revisions = d->revision.at.state == VALUE_DECLARED && task->revision;
	/* What differs differs, whatever else is missing. */
	if ((families && !str_equal(d->family.value, task->family)) ||
	    (revisions && !str_equal(revision, task->revision)))
		stale(d, str_format("%s is %s:%s, but the task runs %s:%s",
				    d->source ? d->source : "the definition",
				    d->family.value ? d->family.value : "?",
				    d->revision.at.state == VALUE_DECLARED && revision
					    ? revision
					    : "?",
				    task->family ? task->family : "?",
				    task->revision ? task->revision : "?"));
	else if (!families || !revisions)
		stale(d,
		      strdup("it cannot be compared with the running task: family or "
			     "revision is missing on one side (describe-task-definition "
			     "prints both)"));
}

void task_done(struct task *task)
{
	record_done(&task_type, task);
}
