/* SPDX-License-Identifier: MIT
 *
 * facts.c - the tables that give struct facts its JSON form.
 */
#include "core/facts.h"

#include <assert.h>
#include <stdlib.h>

#include "core/table.h"

const char *const root_method_names[] = { "untried", "mountinfo", "unlink", "create",
					  NULL };
static_assert(ARRAY_LEN(root_method_names) == ROOT_CREATE + 2, "one name per method");

const char *const mount_kind_names[] = { "other", "root",   "runtime", "kernel",
					 "tmpfs", "volume", NULL };
static_assert(ARRAY_LEN(mount_kind_names) == MOUNT_VOLUME + 2, "one name per kind");

const char *const writable_kind_names[] = { "tree", "directory", "file", NULL };
static_assert(ARRAY_LEN(writable_kind_names) == WRITABLE_FILE + 2, "one name per kind");

static const char *const tri_names[] = { "unknown", "no", "yes", NULL };
static_assert(ARRAY_LEN(tri_names) == TRI_YES + 2, "one name per answer");

static const struct field part_fields[] = {
	RECORD_BOOL(part, known),
	RECORD_TEXT(part, seen_by),
	RECORD_TEXT(part, why),
	RECORD_TEXT(part, grants),
	RECORD_END,
};
const struct type part_type = { "part", sizeof(struct part), part_fields, false };

/* The first row of every part. */
#define PART(s) RECORD_INLINE(s, part, &part_type)

#define S identity_facts
static const struct field identity_fields[] = {
	PART(S),
	RECORD_INT(S, uid),
	RECORD_INT(S, euid),
	RECORD_INT(S, suid),
	RECORD_INT(S, fsuid),
	RECORD_INT(S, gid),
	RECORD_INT(S, egid),
	RECORD_INT(S, sgid),
	RECORD_INT(S, fsgid),
	RECORD_INTS(S, groups),
	RECORD_MASK(S, cap_inheritable),
	RECORD_MASK(S, cap_permitted),
	RECORD_MASK(S, cap_effective),
	RECORD_MASK(S, cap_bounding),
	RECORD_MASK(S, cap_ambient),
	RECORD_BOOL(S, no_new_privs),
	RECORD_INT(S, seccomp_mode),
	RECORD_INT(S, seccomp_filters),
	RECORD_TEXT(S, lsm_label),
	RECORD_END,
};
#undef S
static const struct type identity_type = { "identity", sizeof(struct identity_facts),
					   identity_fields, true };

static const struct field started_fields[] = {
	PART(started_facts),
	RECORD_INT(started_facts, uid),
	RECORD_TEXT(started_facts, evidence),
	RECORD_END,
};
static const struct type started_type = { "started", sizeof(struct started_facts),
					  started_fields, true };

static const struct field securebits_fields[] = {
	PART(securebits_facts),
	RECORD_INT(securebits_facts, bits),
	RECORD_END,
};
static const struct type securebits_type = { "securebits",
					     sizeof(struct securebits_facts),
					     securebits_fields, true };

static const struct field namespace_fields[] = {
	RECORD_TEXT(namespace_fact, kind),
	RECORD_INT(namespace_fact, inode),
	RECORD_ENUM(namespace_fact, host, tri_names),
	RECORD_TEXT(namespace_fact, evidence),
	RECORD_TEXTS(namespace_fact, shared_with),
	RECORD_END,
};
static const struct type namespace_type = { "namespace", sizeof(struct namespace_fact),
					    namespace_fields, false };

static const struct field namespaces_fields[] = {
	PART(namespaces_facts),
	RECORD_LIST(namespaces_facts, list, &namespace_type),
	RECORD_BOOL(namespaces_facts, kernel_threads),
	RECORD_INT(namespaces_facts, processes),
	RECORD_END,
};
static const struct type namespaces_type = { "namespaces",
					     sizeof(struct namespaces_facts),
					     namespaces_fields, true };

static const struct field root_fields[] = {
	PART(root_facts),
	RECORD_BOOL(root_facts, writable),
	RECORD_ENUM(root_facts, method, root_method_names),
	RECORD_ENUM(root_facts, access, tri_names),
	RECORD_TEXT(root_facts, created),
	RECORD_TEXT(root_facts, fstype),
	RECORD_END,
};
static const struct type root_type = { "root", sizeof(struct root_facts), root_fields,
				       true };

static const struct field mount_fields[] = {
	RECORD_PATH(mount_fact, path),
	RECORD_TEXT(mount_fact, fstype),
	RECORD_PATH(mount_fact, source),
	RECORD_PATH(mount_fact, root),
	RECORD_ENUM(mount_fact, kind, mount_kind_names),
	RECORD_BOOL(mount_fact, readonly),
	RECORD_BOOL(mount_fact, nosuid),
	RECORD_BOOL(mount_fact, nodev),
	RECORD_BOOL(mount_fact, noexec),
	RECORD_ENUM(mount_fact, access, tri_names),
	RECORD_INT(mount_fact, bytes_total),
	RECORD_INT(mount_fact, bytes_free),
	RECORD_END,
};
static const struct type mount_type = { "mount", sizeof(struct mount_fact), mount_fields,
					false };

static const struct field mounts_fields[] = {
	PART(mounts_facts),
	RECORD_LIST(mounts_facts, list, &mount_type),
	RECORD_TEXTS(mounts_facts, masked),
	RECORD_TEXTS(mounts_facts, protected),
	RECORD_TEXTS(mounts_facts, exposed),
	RECORD_BOOL(mounts_facts, exposed_known),
	RECORD_BOOL(mounts_facts, sys_writable),
	RECORD_BOOL(mounts_facts, proc_sys_writable),
	RECORD_TEXTS(mounts_facts, sockets),
	RECORD_END,
};
static const struct type mounts_type = { "mounts", sizeof(struct mounts_facts),
					 mounts_fields, true };

static const struct field writable_fields[] = {
	RECORD_PATH(writable_fact, path),
	RECORD_ENUM(writable_fact, kind, writable_kind_names),
	RECORD_INT(writable_fact, entries),
	RECORD_END,
};
static const struct type writable_type = { "writable", sizeof(struct writable_fact),
					   writable_fields, false };

static const struct field writables_fields[] = {
	PART(writable_facts),
	RECORD_LIST(writable_facts, list, &writable_type),
	RECORD_INT(writable_facts, entries),
	RECORD_INT(writable_facts, directories),
	RECORD_INT(writable_facts, files),
	RECORD_BOOL(writable_facts, truncated),
	RECORD_END,
};
static const struct type writables_type = { "writables", sizeof(struct writable_facts),
					    writables_fields, true };

static const struct field setuid_fields[] = {
	RECORD_PATH(setuid_fact, path),
	RECORD_INT(setuid_fact, uid),
	RECORD_INT(setuid_fact, gid),
	RECORD_BOOL(setuid_fact, setuid),
	RECORD_BOOL(setuid_fact, setgid),
	RECORD_BOOL(setuid_fact, capabilities),
	RECORD_BOOL(setuid_fact, nosuid),
	RECORD_BOOL(setuid_fact, executable),
	RECORD_END,
};
static const struct type setuid_type = { "setuid", sizeof(struct setuid_fact),
					 setuid_fields, false };

static const struct field setuids_fields[] = {
	PART(setuid_facts),
	RECORD_LIST(setuid_facts, list, &setuid_type),
	RECORD_BOOL(setuid_facts, truncated),
	RECORD_END,
};
static const struct type setuids_type = { "setuids", sizeof(struct setuid_facts),
					  setuids_fields, true };

static const struct field device_fields[] = {
	RECORD_PATH(device_fact, path),
	RECORD_BOOL(device_fact, block),
	RECORD_INT(device_fact, major),
	RECORD_INT(device_fact, minor),
	RECORD_BOOL(device_fact, standard),
	RECORD_ENUM(device_fact, access, tri_names),
	RECORD_END,
};
static const struct type device_type = { "device", sizeof(struct device_fact),
					 device_fields, false };

static const struct field devices_fields[] = {
	PART(devices_facts),
	RECORD_LIST(devices_facts, list, &device_type),
	RECORD_END,
};
static const struct type devices_type = { "devices", sizeof(struct devices_facts),
					  devices_fields, true };

static const struct field environ_fields[] = {
	PART(environ_facts),
	RECORD_TEXTS(environ_facts, names),
	RECORD_TEXTS(environ_facts, secrets),
	RECORD_END,
};
static const struct type environ_type = { "environ", sizeof(struct environ_facts),
					  environ_fields, true };

static const struct field limits_fields[] = {
	PART(limits_facts),
	RECORD_ENUM(limits_facts, pids_limited, tri_names),
	RECORD_INT(limits_facts, pids_max),
	RECORD_ENUM(limits_facts, memory_limited, tri_names),
	RECORD_INT(limits_facts, memory_max),
	RECORD_INT(limits_facts, nofile_soft),
	RECORD_INT(limits_facts, nofile_hard),
	RECORD_INT(limits_facts, nproc_soft),
	RECORD_INT(limits_facts, nproc_hard),
	RECORD_INT(limits_facts, core_soft),
	RECORD_END,
};
static const struct type limits_type = { "limits", sizeof(struct limits_facts),
					 limits_fields, true };

static const struct field entered_fields[] = {
	RECORD_INT(entered_fact, pid),
	RECORD_INT(entered_fact, uid),
	RECORD_PATH(entered_fact, command),
	RECORD_BOOL(entered_fact, orphan),
	RECORD_END,
};
static const struct type entered_type = { "entered", sizeof(struct entered_fact),
					  entered_fields, false };

static const struct field processes_fields[] = {
	PART(processes_facts),
	RECORD_INT(processes_facts, count),
	RECORD_INTS(processes_facts, uids),
	RECORD_LIST(processes_facts, entered, &entered_type),
	RECORD_BOOL(processes_facts, ssm_agent),
	RECORD_END,
};
static const struct type processes_type = { "processes", sizeof(struct processes_facts),
					    processes_fields, true };

static const struct field answer_fields[] = {
	RECORD_TEXT(answer_fact, what),
	RECORD_TEXT(answer_fact, answer),
	RECORD_BOOL(answer_fact, allowed),
	RECORD_END,
};
static const struct type answer_type = { "answer", sizeof(struct answer_fact),
					 answer_fields, false };

static const struct field answers_fields[] = {
	PART(answers_facts),
	RECORD_LIST(answers_facts, list, &answer_type),
	RECORD_END,
};
static const struct type answers_type = { "answers", sizeof(struct answers_facts),
					  answers_fields, true };

static const struct field reach_fields[] = {
	PART(reach_facts),
	RECORD_BOOL(reach_facts, reachable),
	RECORD_TEXT(reach_facts, evidence),
	RECORD_END,
};
static const struct type reach_type = { "reach", sizeof(struct reach_facts), reach_fields,
					true };

static const struct field traffic_fields[] = {
	PART(traffic_facts),
	RECORD_INT(traffic_facts, bytes_written),
	RECORD_INT(traffic_facts, bytes_read),
	RECORD_END,
};
static const struct type traffic_type = { "traffic", sizeof(struct traffic_facts),
					  traffic_fields, true };

static const struct field facts_fields[] = {
	RECORD_PATH(facts, container),
	RECORD_BOOL(facts, self),
	RECORD_TEXT(facts, seen_by),
	RECORD_INT(facts, pid),
	RECORD_INT(facts, start_ticks),
	RECORD_PATH(facts, command),
	RECORD_TEXT(facts, docker_id),
	RECORD_TEXT(facts, endpoint_id),
	RECORD_PATH(facts, attribution),
	RECORD_BOOL(facts, running),
	RECORD_STRUCT(facts, identity, &identity_type),
	RECORD_STRUCT(facts, started, &started_type),
	RECORD_STRUCT(facts, securebits, &securebits_type),
	RECORD_STRUCT(facts, namespaces, &namespaces_type),
	RECORD_STRUCT(facts, root, &root_type),
	RECORD_STRUCT(facts, mounts, &mounts_type),
	RECORD_STRUCT(facts, writable, &writables_type),
	RECORD_STRUCT(facts, setuid, &setuids_type),
	RECORD_STRUCT(facts, devices, &devices_type),
	RECORD_STRUCT(facts, environ, &environ_type),
	RECORD_STRUCT(facts, limits, &limits_type),
	RECORD_STRUCT(facts, processes, &processes_type),
	RECORD_STRUCT(facts, surface, &answers_type),
	RECORD_STRUCT(facts, attempts, &answers_type),
	RECORD_STRUCT(facts, instance_metadata, &reach_type),
	RECORD_STRUCT(facts, traffic, &traffic_type),
	RECORD_END,
};
const struct type facts_type = { "facts", sizeof(struct facts), facts_fields, false };

#define FACTS_PART(m, ty, what)                          \
	{                                                \
#m, offsetof(struct facts, m), &ty, what \
	}
const struct facts_part facts_parts[] = {
	FACTS_PART(identity, identity_type, "user, capabilities and filters"),
	FACTS_PART(started, started_type, "the user the container started with"),
	FACTS_PART(securebits, securebits_type, "securebits"),
	FACTS_PART(namespaces, namespaces_type, "namespaces"),
	FACTS_PART(root, root_type, "the root file system"),
	FACTS_PART(mounts, mounts_type, "mounts"),
	FACTS_PART(writable, writables_type, "what the app can write"),
	FACTS_PART(setuid, setuids_type, "setuid files"),
	FACTS_PART(devices, devices_type, "devices"),
	FACTS_PART(environ, environ_type, "names in the environment"),
	FACTS_PART(limits, limits_type, "limits"),
	FACTS_PART(processes, processes_type, "processes"),
	FACTS_PART(surface, answers_type, "the system calls its filter refuses"),
	FACTS_PART(attempts, answers_type, "attempts at privileged operations"),
	FACTS_PART(instance_metadata, reach_type, "the instance metadata service"),
	FACTS_PART(traffic, traffic_type, "bytes written"),
	{ NULL, 0, NULL, NULL },
};

void part_unknown(struct part *part, const char *why, const char *grants)
{
	part->known = false;
	(void)str_set(&part->why, why);
	(void)str_set(&part->grants, grants);
}

void part_doubt(struct part *part, const char *why, const char *grants)
{
	(void)str_set(&part->why, why);
	(void)str_set(&part->grants, grants);
}

struct facts_document {
	char *schema;
	struct list facts;
};

static const struct field document_fields[] = {
	RECORD_TEXT(facts_document, schema),
	RECORD_LIST(facts_document, facts, &facts_type),
	RECORD_END,
};
static const struct type document_type = { "document", sizeof(struct facts_document),
					   document_fields, false };

void facts_write(struct json_out *o, const char *tool_version, const struct list *list)
{
	json_open(o, NULL, '{');
	json_put_text(o, "schema", "taskprobe.facts/1");
	json_open(o, "tool", '{');
	json_put_text(o, "name", "taskprobe");
	json_put_text(o, "version", tool_version);
	json_close(o, '}');
	json_open(o, "facts", '[');
	LIST_EACH (struct facts, f, list)
		record_write(o, NULL, &facts_type, f);
	json_close(o, ']');
	json_close(o, '}');
}

int facts_read(const struct json_doc *doc, struct list *list, struct err *err)
{
	struct facts_document document = { 0 };
	int r = record_read(doc, doc->root, &document_type, &document, err);

	if (r == 0) {
		facts_list_done(list);
		*list = document.facts;
		document.facts = (struct list){ 0 };
	}
	record_done(&document_type, &document);
	return r;
}

void facts_list_done(struct list *list)
{
	record_list_done(&facts_type, list);
}
