/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include "checks/input/taskdef.h"
#include "core/cleanup.h"
#include "core/table.h"
#include "tests/unit/test.h"

static void definition_done(struct definition *d)
{
	record_done(&definition_type, d);
}

static int parse(const char *text, struct definition *ret, struct err *err)
{
	return taskdef_parse(text, strlen(text), NULL, ret, err);
}

static const char full[] =
	"{\n"
	"  \"family\": \"shop\", \"revision\": 12,\n"
	"  \"networkMode\": \"awsvpc\", \"pidMode\": \"task\", \"ipcMode\": \"none\",\n"
	"  \"requiresCompatibilities\": [\"EC2\", \"FARGATE\"],\n"
	"  \"runtimePlatform\": {\"operatingSystemFamily\": \"LINUX\",\n"
	"                      \"cpuArchitecture\": \"ARM64\"},\n"
	"  \"volumes\": [\n"
	"    {\"name\": \"host\", \"host\": {\"sourcePath\": \"/srv\"}},\n"
	"    {\"name\": \"docker\", \"dockerVolumeConfiguration\": {\"scope\": "
	"\"task\"}},\n"
	"    {\"name\": \"efs\", \"efsVolumeConfiguration\": {\"fileSystemId\": "
	"\"fs-1\",\n"
	"      \"transitEncryption\": \"ENABLED\"}},\n"
	"    {\"name\": \"fsx\", \"fsxWindowsFileServerVolumeConfiguration\": {}},\n"
	"    {\"name\": \"s3\", \"s3filesVolumeConfiguration\": {}},\n"
	"    {\"name\": \"ebs\", \"configuredAtLaunch\": true},\n"
	"    {\"name\": \"none\", \"host\": {}, \"configuredAtLaunch\": false},\n"
	"    {\"name\": \"blank\", \"host\": {\"sourcePath\": \"\"}}\n"
	"  ],\n"
	"  \"containerDefinitions\": [\n"
	"    {\"name\": \"app\", \"image\": \"shop:1\", \"user\": \"1000:1000\",\n"
	"     \"privileged\": false, \"readonlyRootFilesystem\": true,\n"
	"     \"essential\": true, \"memory\": 512, \"cpu\": 10,\n"
	"     \"linuxParameters\": {\n"
	"       \"capabilities\": {\"add\": [\"SYS_PTRACE\"], \"drop\": [\"ALL\"]},\n"
	"       \"initProcessEnabled\": true,\n"
	"       \"tmpfs\": [{\"containerPath\": \"/tmp\", \"size\": 64,\n"
	"                  \"mountOptions\": [\"noexec\", \"mode=1777\"]}],\n"
	"       \"devices\": [{\"hostPath\": \"/dev/fuse\"}]},\n"
	"     \"dockerSecurityOptions\": [\"no-new-privileges\"],\n"
	"     \"logConfiguration\": {\"logDriver\": \"awslogs\", \"options\": {}},\n"
	"     \"environment\": [{\"name\": \"A\", \"value\": \"1\"}, {\"name\": "
	"\"B\"}],\n"
	"     \"secrets\": [{\"name\": \"S\", \"valueFrom\": \"arn:x\"}],\n"
	"     \"environmentFiles\": [{\"value\": \"arn:y\", \"type\": \"s3\"}],\n"
	"     \"mountPoints\": [{\"sourceVolume\": \"efs\", \"containerPath\": "
	"\"/data\",\n"
	"                      \"readOnly\": true}],\n"
	"     \"volumesFrom\": [{\"sourceContainer\": \"side\"}]},\n"
	"    {\"name\": \"side\"}\n"
	"  ]\n"
	"}\n";

static void check_text(const struct decl_text *t, const char *value, int64_t line)
{
	assert_int_equal(t->at.state, VALUE_DECLARED);
	assert_string_equal(t->value, value);
	assert_int_equal(t->at.line, line);
}

static void check_bool(const struct decl_bool *b, bool value, int64_t line,
		       int64_t column)
{
	assert_int_equal(b->at.state, VALUE_DECLARED);
	assert_int_equal(b->value, value);
	assert_int_equal(b->at.line, line);
	assert_int_equal(b->at.column, column);
}

static void check_texts(const struct list *list, const char *first, const char *second)
{
	assert_int_equal(list->len, second ? 2 : 1);
	assert_string_equal(*LIST_AT(list, char *, 0), first);
	if (second)
		assert_string_equal(*LIST_AT(list, char *, 1), second);
}

TEST(taskdef_reads_every_field_with_its_place)
{
	AUTO(definition_done) struct definition d = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(taskdef_parse(full, strlen(full), "td.json", &d, &err), 0);
	assert_true(d.part.known);
	assert_false(d.stale);
	assert_string_equal(d.source, "td.json");
	check_text(&d.family, "shop", 2);
	assert_int_equal(d.revision.at.state, VALUE_DECLARED);
	assert_int_equal(d.revision.value, 12);
	check_text(&d.network_mode, "awsvpc", 3);
	check_text(&d.pid_mode, "task", 3);
	check_text(&d.ipc_mode, "none", 3);
	check_text(&d.os_family, "LINUX", 5);
	check_texts(&d.requires_compatibilities.list, "EC2", "FARGATE");
	assert_int_equal(d.containers.len, 2);

	const struct container_definition *c =
		LIST_AT(&d.containers, struct container_definition, 0);
	assert_string_equal(c->name, "app");
	assert_int_equal(c->line, 19);
	assert_int_equal(c->column, 5);
	check_text(&c->image, "shop:1", 19);
	check_text(&c->user, "1000:1000", 19);
	check_bool(&c->privileged, false, 20, 20);
	check_bool(&c->readonly_root, true, 20, 53);
	check_bool(&c->essential, true, 21, 19);
	check_bool(&c->init_process, true, 24, 30);
	assert_int_equal(c->memory.value, 512);
	check_texts(&c->cap_add.list, "SYS_PTRACE", NULL);
	check_texts(&c->cap_drop.list, "ALL", NULL);
	check_texts(&c->security_options.list, "no-new-privileges", NULL);
	check_text(&c->log_driver, "awslogs", 29);
	assert_int_equal(c->environment_at.state, VALUE_DECLARED);
	assert_int_equal(c->environment.len, 2);
	assert_string_equal(LIST_AT(&c->environment, struct decl_name, 1)->name, "B");
	assert_int_equal(LIST_AT(&c->environment, struct decl_name, 1)->line, 30);
	assert_string_equal(LIST_AT(&c->secrets, struct decl_name, 0)->name, "S");
	assert_string_equal(LIST_AT(&c->environment_files, struct decl_name, 0)->name,
			    "arn:y");
	assert_string_equal(LIST_AT(&c->devices, struct decl_name, 0)->name, "/dev/fuse");

	const struct decl_tmpfs *t = LIST_AT(&c->tmpfs, struct decl_tmpfs, 0);
	assert_string_equal(t->path, "/tmp");
	assert_int_equal(t->size_mib, 64);
	check_texts(&t->options, "noexec", "mode=1777");
	assert_int_equal(t->line, 25);
	const struct decl_mount *m = LIST_AT(&c->mounts, struct decl_mount, 0);
	assert_string_equal(m->volume, "efs");
	assert_string_equal(m->path, "/data");
	assert_true(m->readonly);
	m = LIST_AT(&c->volumes_from, struct decl_mount, 0);
	assert_string_equal(m->volume, "side");
	assert_null(m->path);
	assert_false(m->readonly);
}

TEST(taskdef_tells_the_kinds_of_volumes)
{
	static const char *const kinds[] = { "host",  "docker",	 "efs",
					     "fsx",   "s3files", "configured-at-launch",
					     "empty", "empty" };
	AUTO(definition_done) struct definition d = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(parse(full, &d, &err), 0);
	assert_int_equal(d.volumes.len, ARRAY_LEN(kinds));
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct decl_volume *v = LIST_AT(&d.volumes, struct decl_volume, i);

		assert_string_equal(v->kind, kinds[i]);
		assert_int_equal(v->host_path != NULL, i == 0);
		assert_int_equal(v->transit_encryption.at.state,
				 i == 2 ? VALUE_DECLARED : VALUE_ABSENT);
		assert_int_equal(v->transit_encryption.value, i == 2);
	}
}

/* No declared value may stay unknown where a definition was read. */
static void check_states(const struct type *type, const void *record)
{
	for (const struct field *f = type->fields; f->name; f++) {
		const char *at = (const char *)record + f->offset;

		if (type == &value_type) {
			assert_int_not_equal(((const struct value *)record)->state,
					     VALUE_UNKNOWN);
			return;
		}
		if (f->kind == FIELD_STRUCT || f->kind == FIELD_INLINE)
			check_states(f->type, at);
		if (f->kind == FIELD_LIST) {
			const struct list *list = (const void *)at;

			for (size_t i = 0; i < list->len; i++)
				check_states(f->type, (const char *)list->items +
							      i * f->type->size);
		}
	}
}

TEST(taskdef_leaves_nothing_unknown)
{
	static const char *const documents[] = {
		full,
		"{\"containerDefinitions\":[{\"name\":\"a\"}]}",
		"{\"containerDefinitions\":[{\"name\":\"a\",\"linuxParameters\":null,"
		"\"logConfiguration\":null}],\"runtimePlatform\":null,\"volumes\":null}",
		"{\"containerDefinitions\":[{\"name\":\"a\",\"linuxParameters\":{"
		"\"capabilities\":null}}],\"volumes\":[{\"name\":\"v\"}]}",
	};

	for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
		AUTO(definition_done) struct definition d = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(parse(documents[i], &d, &err), 0);
		check_states(&definition_type, &d);
	}
}

TEST(taskdef_missing_is_absent_not_false)
{
	AUTO(definition_done) struct definition d = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(parse(full, &d, &err), 0);
	const struct container_definition *c =
		LIST_AT(&d.containers, struct container_definition, 1);
	assert_int_equal(c->readonly_root.at.state, VALUE_ABSENT);
	assert_int_equal(c->privileged.at.state, VALUE_ABSENT);
	assert_int_equal(c->user.at.state, VALUE_ABSENT);
	assert_int_equal(c->log_driver.at.state, VALUE_ABSENT);
	assert_int_equal(c->cap_add.at.state, VALUE_ABSENT);
	assert_int_equal(c->environment_at.state, VALUE_ABSENT);
}

TEST(taskdef_takes_the_wrapped_form)
{
	AUTO(definition_done) struct definition d = { 0 };
	AUTO(str_done) struct str text = STR_INIT(100000);
	struct err err = ERR_INIT;

	(void)str_printf(&text, "{\"taskDefinition\": %s, \"tags\": [], \"x\": 1}", full);
	assert_int_equal(parse(text.s, &d, &err), 0);
	assert_int_equal(d.containers.len, 2);
	assert_string_equal(d.family.value, "shop");
}

/* --- every field times every kind of JSON value --- */

enum { ACCEPT_NULL = 1, BOOL = 2, NUMBER = 4, TEXT = 8, LIST = 16, OBJECT = 32 };

static const struct {
	int kind;
	const char *text;
} kinds[] = {
	{ ACCEPT_NULL, "null" }, { BOOL, "true" }, { BOOL, "false" }, { NUMBER, "7" },
	{ TEXT, "\"text\"" },	 { LIST, "[]" },   { OBJECT, "{}" },
};

#define CONTAINER(inside) "{\"containerDefinitions\":[{\"name\":\"a\"," inside "}]}"
#define VOLUME(inside)                                                         \
	"{\"containerDefinitions\":[{\"name\":\"a\"}],\"volumes\":[{\"name\":" \
	"\"v\"," inside "}]}"
#define TASK(inside) "{\"containerDefinitions\":[{\"name\":\"a\"}]," inside "}"
#define C0	     "containerDefinitions[0]"

static const struct field_case {
	const char *format; /* %s: the value */
	int accepted;
	const char *path;
} fields[] = {
	{ "{\"family\":\"f\",\"containerDefinitions\":%s}", 0, "containerDefinitions" },
	{ "{\"containerDefinitions\":[%s]}", 0, C0 },
	{ "{\"containerDefinitions\":[{\"name\":%s}]}", TEXT, C0 },
	{ "{\"taskDefinition\":%s}", 0, "task" },
	{ TASK("\"family\":%s"), ACCEPT_NULL | TEXT, "family" },
	{ TASK("\"revision\":%s"), ACCEPT_NULL | NUMBER, "revision" },
	{ TASK("\"networkMode\":%s"), ACCEPT_NULL | TEXT, "networkMode" },
	{ TASK("\"pidMode\":%s"), ACCEPT_NULL | TEXT, "pidMode" },
	{ TASK("\"ipcMode\":%s"), ACCEPT_NULL | TEXT, "ipcMode" },
	{ TASK("\"runtimePlatform\":%s"), ACCEPT_NULL | OBJECT, "runtimePlatform" },
	{ TASK("\"runtimePlatform\":{\"operatingSystemFamily\":%s}"), ACCEPT_NULL | TEXT,
	  "runtimePlatform.operatingSystemFamily" },
	{ TASK("\"requiresCompatibilities\":%s"), ACCEPT_NULL | LIST,
	  "requiresCompatibilities" },
	{ TASK("\"requiresCompatibilities\":[\"EC2\",%s]"), TEXT,
	  "requiresCompatibilities[1]" },
	{ TASK("\"volumes\":%s"), ACCEPT_NULL | LIST, "volumes" },
	{ TASK("\"volumes\":[%s]"), 0, "volumes[0]" },
	{ TASK("\"volumes\":[{\"name\":%s}]"), TEXT, "volumes[0]" },
	{ VOLUME("\"host\":%s"), ACCEPT_NULL | OBJECT, "volumes[0].host" },
	{ VOLUME("\"host\":{\"sourcePath\":%s}"), ACCEPT_NULL | TEXT,
	  "volumes[0].host.sourcePath" },
	{ VOLUME("\"dockerVolumeConfiguration\":%s"), ACCEPT_NULL | OBJECT,
	  "volumes[0].dockerVolumeConfiguration" },
	{ VOLUME("\"efsVolumeConfiguration\":%s"), ACCEPT_NULL | OBJECT,
	  "volumes[0].efsVolumeConfiguration" },
	{ VOLUME("\"efsVolumeConfiguration\":{\"transitEncryption\":%s}"), ACCEPT_NULL,
	  "volumes[0].efsVolumeConfiguration.transitEncryption" },
	{ VOLUME("\"fsxWindowsFileServerVolumeConfiguration\":%s"), ACCEPT_NULL | OBJECT,
	  "volumes[0].fsxWindowsFileServerVolumeConfiguration" },
	{ VOLUME("\"s3filesVolumeConfiguration\":%s"), ACCEPT_NULL | OBJECT,
	  "volumes[0].s3filesVolumeConfiguration" },
	{ VOLUME("\"configuredAtLaunch\":%s"), ACCEPT_NULL | BOOL,
	  "volumes[0].configuredAtLaunch" },
	{ CONTAINER("\"image\":%s"), ACCEPT_NULL | TEXT, C0 ".image" },
	{ CONTAINER("\"user\":%s"), ACCEPT_NULL | TEXT, C0 ".user" },
	{ CONTAINER("\"privileged\":%s"), ACCEPT_NULL | BOOL, C0 ".privileged" },
	{ CONTAINER("\"readonlyRootFilesystem\":%s"), ACCEPT_NULL | BOOL,
	  C0 ".readonlyRootFilesystem" },
	{ CONTAINER("\"essential\":%s"), ACCEPT_NULL | BOOL, C0 ".essential" },
	{ CONTAINER("\"memory\":%s"), ACCEPT_NULL | NUMBER, C0 ".memory" },
	{ CONTAINER("\"linuxParameters\":%s"), ACCEPT_NULL | OBJECT,
	  C0 ".linuxParameters" },
	{ CONTAINER("\"linuxParameters\":{\"capabilities\":%s}"), ACCEPT_NULL | OBJECT,
	  C0 ".linuxParameters.capabilities" },
	{ CONTAINER("\"linuxParameters\":{\"capabilities\":{\"add\":%s}}"),
	  ACCEPT_NULL | LIST, C0 ".linuxParameters.capabilities.add" },
	{ CONTAINER("\"linuxParameters\":{\"capabilities\":{\"add\":[%s]}}"), TEXT,
	  C0 ".linuxParameters.capabilities.add[0]" },
	{ CONTAINER("\"linuxParameters\":{\"capabilities\":{\"drop\":%s}}"),
	  ACCEPT_NULL | LIST, C0 ".linuxParameters.capabilities.drop" },
	{ CONTAINER("\"linuxParameters\":{\"initProcessEnabled\":%s}"),
	  ACCEPT_NULL | BOOL, C0 ".linuxParameters.initProcessEnabled" },
	{ CONTAINER("\"linuxParameters\":{\"tmpfs\":%s}"), ACCEPT_NULL | LIST,
	  C0 ".linuxParameters.tmpfs" },
	{ CONTAINER("\"linuxParameters\":{\"tmpfs\":[%s]}"), 0,
	  C0 ".linuxParameters.tmpfs[0]" },
	{ CONTAINER("\"linuxParameters\":{\"tmpfs\":[{\"containerPath\":%s}]}"), TEXT,
	  C0 ".linuxParameters.tmpfs[0]" },
	{ CONTAINER("\"linuxParameters\":{\"tmpfs\":[{\"containerPath\":\"/t\","
		    "\"size\":%s}]}"),
	  ACCEPT_NULL | NUMBER, C0 ".linuxParameters.tmpfs[0].size" },
	{ CONTAINER("\"linuxParameters\":{\"tmpfs\":[{\"containerPath\":\"/t\","
		    "\"mountOptions\":%s}]}"),
	  ACCEPT_NULL | LIST, C0 ".linuxParameters.tmpfs[0].mountOptions" },
	{ CONTAINER("\"linuxParameters\":{\"devices\":%s}"), ACCEPT_NULL | LIST,
	  C0 ".linuxParameters.devices" },
	{ CONTAINER("\"linuxParameters\":{\"devices\":[{\"hostPath\":%s}]}"), TEXT,
	  C0 ".linuxParameters.devices[0]" },
	{ CONTAINER("\"dockerSecurityOptions\":%s"), ACCEPT_NULL | LIST,
	  C0 ".dockerSecurityOptions" },
	{ CONTAINER("\"dockerSecurityOptions\":[%s]"), TEXT,
	  C0 ".dockerSecurityOptions[0]" },
	{ CONTAINER("\"logConfiguration\":%s"), ACCEPT_NULL | OBJECT,
	  C0 ".logConfiguration" },
	{ CONTAINER("\"logConfiguration\":{\"logDriver\":%s}"), ACCEPT_NULL | TEXT,
	  C0 ".logConfiguration.logDriver" },
	{ CONTAINER("\"environment\":%s"), ACCEPT_NULL | LIST, C0 ".environment" },
	{ CONTAINER("\"environment\":[%s]"), 0, C0 ".environment[0]" },
	{ CONTAINER("\"environment\":[{\"name\":%s}]"), TEXT, C0 ".environment[0]" },
	{ CONTAINER("\"secrets\":%s"), ACCEPT_NULL | LIST, C0 ".secrets" },
	{ CONTAINER("\"secrets\":[{\"name\":%s}]"), TEXT, C0 ".secrets[0]" },
	{ CONTAINER("\"environmentFiles\":%s"), ACCEPT_NULL | LIST,
	  C0 ".environmentFiles" },
	{ CONTAINER("\"environmentFiles\":[{\"value\":%s}]"), TEXT,
	  C0 ".environmentFiles[0]" },
	{ CONTAINER("\"mountPoints\":%s"), ACCEPT_NULL | LIST, C0 ".mountPoints" },
	{ CONTAINER("\"mountPoints\":[{\"sourceVolume\":%s,\"containerPath\":\"/x\"}]"),
	  TEXT, C0 ".mountPoints[0]" },
	{ CONTAINER("\"mountPoints\":[{\"sourceVolume\":\"v\",\"containerPath\":%s}]"),
	  TEXT, C0 ".mountPoints[0]" },
	{ CONTAINER("\"mountPoints\":[{\"sourceVolume\":\"v\",\"containerPath\":\"/x\","
		    "\"readOnly\":%s}]"),
	  ACCEPT_NULL | BOOL, C0 ".mountPoints[0].readOnly" },
	{ CONTAINER("\"volumesFrom\":%s"), ACCEPT_NULL | LIST, C0 ".volumesFrom" },
	{ CONTAINER("\"volumesFrom\":[{\"sourceContainer\":%s}]"), TEXT,
	  C0 ".volumesFrom[0]" },
	{ CONTAINER("\"volumesFrom\":[{\"sourceContainer\":\"b\",\"readOnly\":%s}]"),
	  ACCEPT_NULL | BOOL, C0 ".volumesFrom[0].readOnly" },
};

static int parse_field(const struct field_case *f, const char *value,
		       struct definition *d, struct err *err)
{
	AUTO(str_done) struct str text = STR_INIT(1000);
	const char *hole = strstr(f->format, "%s");

	assert_non_null(hole);
	(void)str_add(&text, f->format, (size_t)(hole - f->format));
	(void)str_puts(&text, value);
	(void)str_puts(&text, hole + 2);
	return parse(text.s, d, err);
}

TEST(taskdef_wrong_kinds_are_errors_that_name_the_field)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
			AUTO(definition_done) struct definition d = { 0 };
			struct err err = ERR_INIT;
			int r = parse_field(&fields[i], kinds[k].text, &d, &err);

			if (fields[i].accepted & kinds[k].kind) {
				if (r != 0)
					fail_msg("%s as %s: %s", fields[i].path,
						 kinds[k].text, err.msg);
				continue;
			}
			if (r != -EINVAL)
				fail_msg("%s as %s was accepted", fields[i].path,
					 kinds[k].text);
			assert_memory_equal(err.msg, "line 1, column ", 15);
			if (!strstr(err.msg, fields[i].path))
				fail_msg("'%s' does not name %s", err.msg,
					 fields[i].path);
			assert_false(d.part.known);
		}
}

/* A null reads as if the field were not there: the definitions are the same. */
TEST(taskdef_null_is_absent)
{
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		AUTO(definition_done) struct definition d = { 0 };

		if (!(fields[i].accepted & ACCEPT_NULL))
			continue;
		assert_int_equal(parse_field(&fields[i], "null", &d, &err), 0);
		const struct container_definition *c =
			LIST_AT(&d.containers, struct container_definition, 0);
		assert_int_not_equal(c->user.at.state, VALUE_DECLARED);
		assert_int_not_equal(c->readonly_root.at.state, VALUE_DECLARED);
		assert_int_not_equal(c->privileged.at.state, VALUE_DECLARED);
		assert_int_not_equal(c->log_driver.at.state, VALUE_DECLARED);
		assert_int_not_equal(c->environment_at.state, VALUE_DECLARED);
		assert_int_not_equal(c->cap_add.at.state, VALUE_DECLARED);
		assert_int_not_equal(d.pid_mode.at.state, VALUE_DECLARED);
		assert_int_not_equal(d.revision.at.state, VALUE_DECLARED);
		check_states(&definition_type, &d);
	}
}

/* --- documents --- */

static const struct {
	const char *text, *message;
} refused[] = {
	{ "{}",
	  "line 1, column 1: this is no task definition: it has neither 'family' nor "
	  "'containerDefinitions'" },
	{ "[]", "an object was expected" },
	{ "\"x\"", "an object was expected" },
	{ "null", "an object was expected" },
	{ "{\"taskDefinition\":\"arn:aws:ecs:eu-west-1:1:task-definition/a:1\"}",
	  "only names one" },
	{ "{\"taskDefinition\":{}}", "neither" },
	{ "{\"taskDefinition\":{\"family\":\"a\"},\"family\":\"a\"}", "beside it" },
	{ "{\"family\":\"a\"}", "no container" },
	{ "{\"family\":\"a\",\"containerDefinitions\":[]}", "no container" },
	{ "{\"family\":\"a\",\"containerDefinitions\":null}", "no container" },
	{ "{\"Family\":\"a\",\"ContainerDefinitions\":[{\"Name\":\"a\"}]}",
	  "'containerDefinitions' was expected" },
	{ "{\"FAMILY\":\"a\"}", "another case" },
	{ "{\"TaskDefinition\":{}}", "another case" },
	{ "{\"Resources\":{}}", "CloudFormation template" },
	{ "{\"container_definitions\":\"[]\"}", "Terraform" },
	{ "{\"planned_values\":{}}", "Terraform plan" },
	{ "{\"TaskARN\":\"x\",\"Family\":\"y\"}", "metadata endpoint" },
	{ "{\"tasks\":[]}", "DescribeTasks" },
	{ "{\"containerDefinitions\":[{\"Name\":\"a\"}]}",
	  "containerDefinitions[0] has 'Name', which is spelt 'name' here" },
	{ CONTAINER("\"ReadonlyRootFilesystem\":true"), C0
	  " has 'ReadonlyRootFilesystem', which is spelt 'readonlyRootFilesystem' here" },
	{ CONTAINER("\"readOnlyRootFilesystem\":true"),
	  "is spelt 'readonlyRootFilesystem'" },
	{ CONTAINER("\"linuxParameters\":{\"Capabilities\":{}}"),
	  "is spelt 'capabilities'" },
	{ CONTAINER("\"logConfiguration\":{\"LogDriver\":\"x\"}"),
	  "is spelt 'logDriver'" },
	{ CONTAINER("\"environment\":[{\"Name\":\"x\"}]"), "is spelt 'name'" },
	{ CONTAINER("\"privileged\":\"true\""),
	  C0 ".privileged is a string; true or false was expected" },
	{ CONTAINER("\"memory\":1.5"), C0 ".memory is no integer" },
	{ CONTAINER("\"memory\":9223372036854775808"), C0 ".memory is no integer" },
	{ CONTAINER("\"environment\":[{\"value\":\"x\"}]"),
	  C0 ".environment[0] has no 'name'" },
	{ CONTAINER("\"environment\":[{\"name\":\"\"}]"),
	  C0 ".environment[0] has no 'name'" },
	{ "{\"containerDefinitions\":[{\"name\":\"\"}]}", C0 " has no 'name'" },
	{ "{\"containerDefinitions\":[{\"image\":\"x\"}]}", C0 " has no 'name'" },
	{ "{\"containerDefinitions\":[\n{\"name\":\"a\"},\n{\"name\":\"a\"}]}",
	  "line 3, column 1: a second container is named 'a'" },
	{ "{\"containerDefinitions\":[{\"name\":\"x\\u001b[2J\"},{\"name\":\"x\\u001b["
	  "2J\"}]}",
	  "named 'x\\e[2J'" },
	{ TASK("\"volumes\":[{\"name\":\"v\"},{\"name\":\"v\"}]"),
	  "a second volume is named 'v'" },
	{ VOLUME("\"host\":{\"sourcePath\":\"/\"},\"efsVolumeConfiguration\":{}"),
	  "a second kind" },
	{ VOLUME("\"efsVolumeConfiguration\":{\"transitEncryption\":\"enabled\"}"),
	  "transitEncryption" },
	{ TASK("\"revision\":\"\""), "revision" },
	{ TASK("\"revision\":\"1a\""), "revision" },
	{ TASK("\"revision\":-1"), "revision" },
	{ TASK("\"revision\":1.0"), "revision" },
	{ TASK("\"revision\":18446744073709551615"), "revision" },
	{ CONTAINER("\"user\":\"0\",\"user\":\"1000\""), "a key stands twice" },
	{ CONTAINER("\"user\":\"1000\\u0000\""), "\\u0000" },
};

TEST(taskdef_refuses_with_words)
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct definition d = { .stale = true };
		struct err err = ERR_INIT;

		if (parse(refused[i].text, &d, &err) != -EINVAL)
			fail_msg("accepted: %s", refused[i].text);
		assert_memory_equal(err.msg, "line ", 5);
		if (!strstr(err.msg, refused[i].message))
			fail_msg("%s\ngave: %s", refused[i].text, err.msg);
		assert_true(d.stale); /* left alone */
		assert_false(d.part.known);
	}
}

TEST(taskdef_names_its_source)
{
	AUTO(definition_done) struct definition d = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(taskdef_parse("{", 1, "td.json", &d, &err), -EINVAL);
	assert_memory_equal(err.msg, "td.json: line 1, column 2: ", 27);
}

TEST(taskdef_revision_may_be_digits)
{
	AUTO(definition_done) struct definition d = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(parse(TASK("\"revision\":\"0012\""), &d, &err), 0);
	assert_int_equal(d.revision.value, 12);
}

TEST(taskdef_ignores_what_it_does_not_know)
{
	AUTO(definition_done) struct definition d = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(
		parse("{\"containerDefinitions\":[{\"name\":\"a\",\"new\":[1,{}],"
		      "\"cpu\":\"x\",\"ulimits\":7}],\"tags\":7,\"x\":null}",
		      &d, &err),
		0);
}

static void put_containers(struct str *text, int n)
{
	(void)str_puts(text, "{\"containerDefinitions\":[");
	for (int i = 0; i < n; i++)
		(void)str_printf(text, "%s{\"name\":\"c%d\"}", i ? "," : "", i);
	(void)str_puts(text, "]}");
}

TEST(taskdef_bounds_containers)
{
	for (int n = 1000; n <= 1001; n++) {
		AUTO(definition_done) struct definition d = { 0 };
		AUTO(str_done) struct str text = STR_INIT(1 << 20);
		struct err err = ERR_INIT;

		put_containers(&text, n);
		assert_int_equal(parse(text.s, &d, &err), n == 1000 ? 0 : -E2BIG);
		assert_int_equal(d.containers.len, n == 1000 ? 1000 : 0);
	}
}

TEST(taskdef_bounds_texts)
{
	for (int n = 65536; n <= 65537; n++) {
		AUTO(definition_done) struct definition d = { 0 };
		AUTO(str_done) struct str text = STR_INIT(1 << 20);
		struct err err = ERR_INIT;

		(void)str_printf(&text, CONTAINER("\"user\":\"%0*d\""), n, 1);
		assert_int_equal(parse(text.s, &d, &err), n == 65536 ? 0 : -E2BIG);
	}
}

/* Cut anywhere it is an error with a place, and nothing of it is kept. */
TEST(taskdef_cut_anywhere_is_an_error)
{
	for (size_t n = 0; n < strlen(full) - 2; n++) {
		struct definition d = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(taskdef_parse(full, n, NULL, &d, &err), -EINVAL);
		assert_memory_equal(err.msg, "line ", 5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taskdef_reads_every_field_with_its_place),
		cmocka_unit_test(taskdef_tells_the_kinds_of_volumes),
		cmocka_unit_test(taskdef_leaves_nothing_unknown),
		cmocka_unit_test(taskdef_missing_is_absent_not_false),
		cmocka_unit_test(taskdef_takes_the_wrapped_form),
		cmocka_unit_test(taskdef_wrong_kinds_are_errors_that_name_the_field),
		cmocka_unit_test(taskdef_null_is_absent),
		cmocka_unit_test(taskdef_refuses_with_words),
		cmocka_unit_test(taskdef_names_its_source),
		cmocka_unit_test(taskdef_revision_may_be_digits),
		cmocka_unit_test(taskdef_ignores_what_it_does_not_know),
		cmocka_unit_test(taskdef_bounds_containers),
		cmocka_unit_test(taskdef_bounds_texts),
		cmocka_unit_test(taskdef_cut_anywhere_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
