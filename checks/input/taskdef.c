/* SPDX-License-Identifier: MIT
 *
 * taskdef.c - the tables of a task definition's fields, and what no table says:
 * the wrapping, a volume's kind, names that must be there once.
 */
#include "checks/input/taskdef.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "checks/input/shape.h"
#include "core/cleanup.h"
#include "core/num.h"
#include "core/table.h"

/* ECS allows 10; generated documents have been seen with more. */
#define CONTAINERS_MAX 1000

/* Of environment and its like only names are kept: values may be secrets. */
#define S decl_name
static const struct shape name_rows[] = {
	SHAPE_HERE,
	SHAPE_ROW("name", SHAPE_TEXT, name, .required = true),
	SHAPE_END,
};
static const struct shape environment_file_rows[] = {
	SHAPE_HERE,
	SHAPE_ROW("value", SHAPE_TEXT, name, .required = true),
	SHAPE_END,
};
static const struct shape device_rows[] = {
	SHAPE_HERE,
	SHAPE_ROW("hostPath", SHAPE_TEXT, name, .required = true),
	SHAPE_END,
};
#undef S

#define S decl_mount
static const struct shape mount_rows[] = {
	SHAPE_HERE,
	SHAPE_ROW("sourceVolume", SHAPE_TEXT, volume, .required = true),
	SHAPE_ROW("containerPath", SHAPE_TEXT, path, .required = true),
	SHAPE_ROW("readOnly", SHAPE_BOOL, readonly),
	SHAPE_END,
};
static const struct shape volumes_from_rows[] = {
	SHAPE_HERE,
	SHAPE_ROW("sourceContainer", SHAPE_TEXT, volume, .required = true),
	SHAPE_ROW("readOnly", SHAPE_BOOL, readonly),
	SHAPE_END,
};
#undef S

#define S decl_tmpfs
static const struct shape tmpfs_rows[] = {
	SHAPE_HERE,
	SHAPE_ROW("containerPath", SHAPE_TEXT, path, .required = true),
	SHAPE_ROW("size", SHAPE_INT, size_mib),
	SHAPE_ROW("mountOptions", SHAPE_TEXTS, options),
	SHAPE_END,
};
#undef S

/* --- volumes --- */

static int set_kind(const struct shape_reader *r, const struct shape_spot *at,
		    const struct json *value, const char *kind,
		    struct decl_volume *volume)
{
	if (volume->kind)
		return shape_fail(r, at, value, -EINVAL,
				  "is a second kind of the same volume");
	return str_set(&volume->kind, kind) < 0
		       ? err_set(r->err, -ENOMEM, "out of memory")
		       : 0;
}

/* A row whose 'note' is a volume's kind: the member's being there says it. */
static int volume_kind(const struct shape_reader *r, const struct shape_spot *at,
		       const struct json *value, const struct shape *row, void *to)
{
	if (!value)
		return 0;
	if (json_kind(value) != JSON_OBJECT)
		return shape_wrong(r, at, value, "an object");
	return set_kind(r, at, value, row->note, to);
}

/* {"host":{}} and {"host":{"sourcePath":""}} both mean: the platform makes one. */
static int volume_host_path(const struct shape_reader *r, const struct shape_spot *at,
			    const struct json *value, const struct shape *row, void *to)
{
	struct decl_volume *volume = to;
	int failed = shape_text(r, at, value, &volume->host_path);

	if (failed || !volume->host_path)
		return failed;
	if (!*volume->host_path)
		return str_set(&volume->host_path, NULL);
	return set_kind(r, at, value, row->note, volume);
}

static int volume_at_launch(const struct shape_reader *r, const struct shape_spot *at,
			    const struct json *value, const struct shape *row, void *to)
{
	if (!value)
		return 0;
	if (json_kind(value) != JSON_BOOL)
		return shape_wrong(r, at, value, "true or false");
	return json_is_true(value) ? set_kind(r, at, value, row->note, to) : 0;
}

static int transit_encryption(const struct shape_reader *r, const struct shape_spot *at,
			      const struct json *value, const struct shape *row, void *to)
{
	struct decl_bool *ret = to;
	const char *text = value ? json_text(value) : NULL;

	(void)row;
	shape_state(r, value, &ret->at);
	if (!value)
		return 0;
	if (!text || (strcmp(text, "ENABLED") != 0 && strcmp(text, "DISABLED") != 0))
		return shape_wrong(r, at, value, "\"ENABLED\" or \"DISABLED\"");
	ret->value = strcmp(text, "ENABLED") == 0;
	return 0;
}

/* Read into the volume itself rather than a member of it. */
#define WHOLE(key_, call_, note_)                                             \
	{                                                                     \
		.key = key_, .kind = SHAPE_CALL, .call = call_, .note = note_ \
	}

#define S decl_volume
static const struct shape host_rows[] = {
	WHOLE("sourcePath", volume_host_path, "host"),
	SHAPE_END,
};
static const struct shape efs_rows[] = {
	SHAPE_ROW("transitEncryption", SHAPE_CALL, transit_encryption,
		  .call = transit_encryption),
	SHAPE_END,
};
static const struct shape volume_rows[] = {
	SHAPE_HERE,
	SHAPE_ROW("name", SHAPE_TEXT, name, .required = true),
	SHAPE_INSIDE("host", host_rows),
	WHOLE("dockerVolumeConfiguration", volume_kind, "docker"),
	WHOLE("efsVolumeConfiguration", volume_kind, "efs"),
	SHAPE_INSIDE("efsVolumeConfiguration", efs_rows),
	WHOLE("fsxWindowsFileServerVolumeConfiguration", volume_kind, "fsx"),
	WHOLE("s3filesVolumeConfiguration", volume_kind, "s3files"),
	WHOLE("configuredAtLaunch", volume_at_launch, "configured-at-launch"),
	SHAPE_END,
};
#undef S

/* --- containers --- */

#define S container_definition
static const struct shape capabilities_rows[] = {
	SHAPE_ROW("add", SHAPE_DECL_TEXTS, cap_add),
	SHAPE_ROW("drop", SHAPE_DECL_TEXTS, cap_drop),
	SHAPE_END,
};
static const struct shape linux_rows[] = {
	SHAPE_INSIDE("capabilities", capabilities_rows),
	SHAPE_ROW("initProcessEnabled", SHAPE_DECL_BOOL, init_process),
	SHAPE_ITEMS("tmpfs", tmpfs, tmpfs_rows, decl_tmpfs),
	SHAPE_ITEMS("devices", devices, device_rows, decl_name),
	SHAPE_END,
};
static const struct shape log_rows[] = {
	SHAPE_ROW("logDriver", SHAPE_DECL_TEXT, log_driver),
	SHAPE_END,
};
static const struct shape container_rows[] = {
	SHAPE_HERE,
	SHAPE_ROW("name", SHAPE_TEXT, name, .required = true),
	SHAPE_ROW("image", SHAPE_DECL_TEXT, image),
	SHAPE_ROW("user", SHAPE_DECL_TEXT, user),
	SHAPE_ROW("privileged", SHAPE_DECL_BOOL, privileged),
	SHAPE_ROW("readonlyRootFilesystem", SHAPE_DECL_BOOL, readonly_root),
	SHAPE_ROW("essential", SHAPE_DECL_BOOL, essential),
	SHAPE_ROW("memory", SHAPE_DECL_INT, memory),
	SHAPE_INSIDE("linuxParameters", linux_rows),
	SHAPE_ROW("dockerSecurityOptions", SHAPE_DECL_TEXTS, security_options),
	SHAPE_INSIDE("logConfiguration", log_rows),
	SHAPE_ROW("environment", SHAPE_DECL_ANY, environment_at),
	SHAPE_ITEMS("environment", environment, name_rows, decl_name),
	SHAPE_ITEMS("secrets", secrets, name_rows, decl_name),
	SHAPE_ITEMS("environmentFiles", environment_files, environment_file_rows,
		    decl_name),
	SHAPE_ITEMS("mountPoints", mounts, mount_rows, decl_mount),
	SHAPE_ITEMS("volumesFrom", volumes_from, volumes_from_rows, decl_mount),
	SHAPE_END,
};
#undef S

/* --- the task --- */

/* An integer of the API; infrastructure tools print it as text. */
static int revision(const struct shape_reader *r, const struct shape_spot *at,
		    const struct json *value, const struct shape *row, void *to)
{
	struct decl_int *ret = to;
	uint64_t number = 0;

	(void)row;
	shape_state(r, value, &ret->at);
	if (!value)
		return 0;
	const char *text = json_text(value) ? json_text(value) : json_number_text(value);
	if (!text || num_u64(text, 10, &number) < 0 || number > INT64_MAX)
		return shape_wrong(r, at, value, "a revision's number");
	ret->value = (int64_t)number;
	return 0;
}

#define S definition
static const struct shape platform_rows[] = {
	SHAPE_ROW("operatingSystemFamily", SHAPE_DECL_TEXT, os_family),
	SHAPE_END,
};
static const struct shape task_rows[] = {
	SHAPE_ROW("family", SHAPE_DECL_TEXT, family),
	SHAPE_ROW("revision", SHAPE_CALL, revision, .call = revision),
	SHAPE_ROW("networkMode", SHAPE_DECL_TEXT, network_mode),
	SHAPE_ROW("pidMode", SHAPE_DECL_TEXT, pid_mode),
	SHAPE_ROW("ipcMode", SHAPE_DECL_TEXT, ipc_mode),
	SHAPE_INSIDE("runtimePlatform", platform_rows),
	SHAPE_ROW("requiresCompatibilities", SHAPE_DECL_TEXTS, requires_compatibilities),
	SHAPE_ITEMS("volumes", volumes, volume_rows, decl_volume),
	SHAPE_ITEMS("containerDefinitions", containers, container_rows,
		    container_definition, .most = CONTAINERS_MAX),
	SHAPE_END,
};
#undef S

/* --- what no table says --- */

static int no_definition(const struct json_doc *doc, const struct json *at,
			 struct err *err, const char *why)
{
	struct place p = json_place(doc, at);

	return err_set(err, -EINVAL,
		       "line %zu, column %zu: this is no task definition: %s", p.line,
		       p.column, why);
}

/* What people hand over instead of one. Found by keys of the outermost object. */
static const struct other {
	const char *key, *what;
} others[] = {
	{ "ContainerDefinitions", "its keys begin with capitals, as CloudFormation's do; "
				  "'containerDefinitions' was expected" },
	{ "Resources", "it looks like a CloudFormation template" },
	{ "container_definitions",
	  "it looks like Terraform's form of one; the JSON inside "
	  "container_definitions has other names around it" },
	{ "planned_values", "it looks like a Terraform plan" },
	{ "TaskARN", "it looks like the answer of the task metadata endpoint" },
	{ "tasks", "it looks like the answer of DescribeTasks" },
	{ "taskDefinitionArns", "it looks like the answer of ListTaskDefinitions" },
	{ "services", "it looks like the answer of DescribeServices" },
};

static const char *what_else(const struct json *object)
{
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (json_get(object, others[i].key))
			return others[i].what;
	for (const struct json *m = json_first(object); m; m = json_next(m))
		if (strcasecmp(json_name(m), "taskDefinition") == 0 ||
		    strcasecmp(json_name(m), "containerDefinitions") == 0 ||
		    strcasecmp(json_name(m), "family") == 0)
			return "its keys are spelt in another case than 'family' and "
			       "'containerDefinitions'";
	return "it has neither 'family' nor 'containerDefinitions'";
}

/* Finds the definition in the document, bare or wrapped, with its spot. */
static int unwrap(const struct json_doc *doc, const struct json **ret, bool *wrapped,
		  struct err *err)
{
	const struct json *root = doc->root;

	if (json_kind(root) != JSON_OBJECT)
		return no_definition(doc, root, err, "an object was expected");
	const struct json *inner = json_get(root, "taskDefinition");
	bool bare = json_get(root, "family") || json_get(root, "containerDefinitions");
	if (inner && bare)
		return no_definition(doc, root, err,
				     "it has 'taskDefinition' and a definition's members "
				     "beside it");
	if (inner && json_kind(inner) != JSON_OBJECT)
		return no_definition(
			doc, inner, err,
			"'taskDefinition' is not an object but only names one");
	if (!inner && !bare)
		return no_definition(doc, root, err, what_else(root));
	if (inner && !json_get(inner, "family") &&
	    !json_get(inner, "containerDefinitions"))
		return no_definition(doc, inner, err, what_else(inner));
	*ret = inner ? inner : root;
	*wrapped = inner != NULL;
	return 0;
}

static int twice(struct err *err, const char *what, const char *name, int64_t line,
		 int64_t column)
{
	char quoted[80];

	shape_quote(quoted, sizeof(quoted), name);
	return err_set(err, -EINVAL, "line %lld, column %lld: a second %s is named '%s'",
		       (long long)line, (long long)column, what, quoted);
}

static int check_names(const struct definition *d, struct err *err)
{
	LIST_EACH (const struct container_definition, c, &d->containers)
		LIST_EACH (const struct container_definition, other, &d->containers)
			if (other < c && strcmp(other->name, c->name) == 0)
				return twice(err, "container", c->name, c->line,
					     c->column);
	LIST_EACH (const struct decl_volume, v, &d->volumes)
		LIST_EACH (const struct decl_volume, other, &d->volumes)
			if (other < v && strcmp(other->name, v->name) == 0)
				return twice(err, "volume", v->name, v->line, v->column);
	return 0;
}

static int complete(struct definition *d, const char *source, struct err *err)
{
	LIST_EACH (struct decl_volume, v, &d->volumes)
		if (!v->kind && str_set(&v->kind, "empty") < 0)
			return err_set(err, -ENOMEM, "out of memory");
	LIST_EACH (struct container_definition, c, &d->containers)
		c->unknown_parts = (struct value){ .state = VALUE_DECLARED,
						   .line = c->line,
						   .column = c->column };
	if (str_set(&d->source, source) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	d->part.known = true;
	return 0;
}

static void definition_done(struct definition *d)
{
	record_done(&definition_type, d);
}

static int read_definition(const struct json_doc *doc, struct definition *ret,
			   struct err *err)
{
	const struct shape_reader r = { .doc = doc, .err = err, .exact_case = true };
	const struct shape_spot wrapper = { .key = "taskDefinition" };
	const struct json *object = NULL;
	bool wrapped = false;

	int failed = unwrap(doc, &object, &wrapped, err);
	if (!failed)
		failed =
			shape_read(&r, wrapped ? &wrapper : NULL, object, task_rows, ret);
	if (!failed && ret->containers.len == 0)
		failed = no_definition(doc, object, err,
				       "it has no container in 'containerDefinitions'");
	return failed ? failed : check_names(ret, err);
}

int taskdef_parse(const char *text, size_t len, const char *source,
		  struct definition *ret, struct err *err)
{
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	AUTO(definition_done) struct definition d = { 0 };

	int failed = json_parse(text, len, &doc, err);
	if (!failed)
		failed = read_definition(&doc, &d, err);
	if (!failed)
		failed = complete(&d, source, err);
	if (failed)
		return source ? err_wrap(err, "%s", source) : failed;
	*ret = d;
	d = (struct definition){ 0 };
	return 0;
}
