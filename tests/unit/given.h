/* SPDX-License-Identifier: MIT
 *
 * given.h - reports for the tests of checks/, set up member by member in words:
 * "f.root.writable=true". Paths are those of the JSON documents, by the record
 * tables. The first letter says whose member it is: t task, d definition, c the
 * definition of app, r app in the metadata, f the facts of app.
 *
 * A declared value takes "absent", "unknown" or its value. A list of texts or
 * numbers takes them with commas. "-" empties. list[+] is a new item, list[$]
 * the last one.
 */
#ifndef TESTS_GIVEN_H
#define TESTS_GIVEN_H

#include <ctype.h>
#include <string.h>

#include "checks/judge.h"
#include "core/cleanup.h"
#include "core/num.h"
#include "tests/unit/test.h"

struct given_at {
	const struct field *field;
	void *record; /* that the field is a member of */
};

static struct given_at given_find(const struct type *type, void *record, const char *name,
				  size_t len)
{
	for (const struct field *f = type->fields; f->name; f++) {
		if (f->kind == FIELD_INLINE) {
			struct given_at at = given_find(
				f->type, (char *)record + f->offset, name, len);

			if (at.field)
				return at;
		} else if (strlen(f->name) == len && strncmp(f->name, name, len) == 0) {
			return (struct given_at){ f, record };
		}
	}
	return (struct given_at){ 0 };
}

static inline void *given_member(struct given_at at)
{
	return (char *)at.record + at.field->offset;
}

static inline void given_enum(struct given_at at, const char *value)
{
	for (int i = 0; at.field->names[i]; i++)
		if (strcmp(at.field->names[i], value) == 0) {
			*(int *)given_member(at) = i;
			return;
		}
	fail_msg("%s is no word of %s", value, at.field->name);
}

static inline void given_items(struct given_at at, const char *value)
{
	struct list *list = given_member(at);
	AUTO_FREE char *copy = strdup(value);
	char *rest = copy;

	if (at.field->kind == FIELD_TEXTS)
		texts_done(list);
	else
		list_done(list);
	for (char *one; strcmp(value, "-") != 0 && (one = strsep(&rest, ",")) != NULL;) {
		int64_t n = 0;

		if (at.field->kind == FIELD_TEXTS) {
			assert_int_equal(texts_add(list, one), 0);
			continue;
		}
		assert_int_equal(num_i64(one, &n), 0);
		*LIST_ADD(list, int64_t) = n;
	}
}

static inline void given_value(struct given_at at, const char *value);

/* A struct as a whole: a declared value, or the state of one. */
static inline void given_declared(struct given_at at, const char *value)
{
	void *record = given_member(at);
	struct given_at state = given_find(at.field->type, record, "state", 5);
	struct given_at member = given_find(at.field->type, record, "value", 5);

	if (!member.field)
		member = given_find(at.field->type, record, "list", 4);
	assert_non_null(state.field);
	if (!member.field || strcmp(value, "absent") == 0 ||
	    strcmp(value, "unknown") == 0) {
		record_done(at.field->type, record);
		given_enum(state, value);
		return;
	}
	given_enum(state, "declared");
	given_value(member, value);
}

static inline void given_value(struct given_at at, const char *value)
{
	const bool none = strcmp(value, "-") == 0;

	switch (at.field->kind) {
	case FIELD_BOOL:
		assert_true(strcmp(value, "true") == 0 || strcmp(value, "false") == 0);
		*(bool *)given_member(at) = value[0] == 't';
		break;
	case FIELD_INT:
		assert_int_equal(num_i64(value, given_member(at)), 0);
		break;
	case FIELD_MASK:
		assert_int_equal(num_u64(value + 2, 16, given_member(at)), 0);
		break;
	case FIELD_TEXT:
	case FIELD_PATH:
		assert_int_equal(str_set(given_member(at), none ? NULL : value), 0);
		break;
	case FIELD_ENUM:
		given_enum(at, value);
		break;
	case FIELD_TEXTS:
	case FIELD_INTS:
		given_items(at, value);
		break;
	case FIELD_LIST:
		assert_true(none);
		record_list_done(at.field->type, given_member(at));
		break;
	case FIELD_STRUCT:
	case FIELD_INLINE:
		given_declared(at, value);
		break;
	}
}

/* The item that "[+]", "[$]" or "[2]" names. */
static inline void *given_item(struct given_at at, const char *index)
{
	struct list *list = given_member(at);
	size_t n = list->len - 1;

	assert_int_equal(at.field->kind, FIELD_LIST);
	if (index[1] == '+')
		return list_add(list, at.field->type->size);
	if (isdigit((unsigned char)index[1]))
		n = (size_t)(index[1] - '0');
	assert_true(n < list->len);
	return (char *)list->items + n * at.field->type->size;
}

/* 'path' ends at '='. */
static inline void given_path(const struct type *type, void *record, const char *path)
{
	for (;;) {
		const size_t len = strcspn(path, ".=[");
		const struct given_at at = given_find(type, record, path, len);

		if (!at.field)
			fail_msg("%s has no member %.*s", type->name, (int)len, path);
		if (path[len] == '=') {
			given_value(at, path + len + 1);
			return;
		}
		record = path[len] == '[' ? given_item(at, path + len) : given_member(at);
		type = at.field->type;
		path = strchr(path + len, '.') + 1;
	}
}

static inline void given_one(struct report *r, const char *words)
{
	struct task *t = &r->task;
	void *record = words[0] == 't'	 ? (void *)t
		       : words[0] == 'd' ? (void *)&t->definition
		       : words[0] == 'c' ? t->definition.containers.items
		       : words[0] == 'r' ? t->containers.items
					 : r->facts.items;
	const struct type *type = words[0] == 't'   ? &task_type
				  : words[0] == 'd' ? &definition_type
				  : words[0] == 'c' ? &container_definition_type
				  : words[0] == 'r' ? &running_container_type
						    : &facts_type;

	assert_non_null(record);
	assert_int_equal(words[1], '.');
	given_path(type, record, words + 2);
}

/* Several, with blanks between them. */
static inline void given(struct report *r, const char *words)
{
	AUTO_FREE char *copy = strdup(words);
	char *rest = copy;

	for (char *one; (one = strsep(&rest, " \t\n")) != NULL;)
		if (*one)
			given_one(r, one);
}

/* Every part of 'f' known. */
static inline void given_known(struct facts *f)
{
	for (const struct facts_part *p = facts_parts; p->name; p++) {
		struct part *part = facts_part_of(f, p);

		part->known = true;
		assert_int_equal(str_set(&part->seen_by, "the sidecar"), 0);
	}
}

static const char *const given_good_task[] = {
	"t.metadata.known=true t.containers_part.known=true t.family=web t.revision=7",
	"t.launch_type=EC2 t.execute_command=false",
	"d.known=true d.source=taskdef.json d.family=web d.revision=7",
	"d.network_mode=awsvpc d.pid_mode=absent d.ipc_mode=absent d.os_family=LINUX",
	"d.requires_compatibilities=EC2",
	"c.name=app c.image=app:1 c.user=1000 c.privileged=absent c.readonly_root=true",
	"c.readonly_root.line=12 c.cap_add=absent c.cap_drop=absent",
	"c.security_options=no-new-privileges,apparmor:docker-default",
	"c.log_driver=awslogs c.environment_at=declared c.memory=512",
	"c.unknown_parts=declared",
	"c.tmpfs[+].path=/tmp c.tmpfs[$].size_mib=64",
	"r.name=app r.docker_id=0a1b r.type=NORMAL r.known_status=RUNNING",
	"r.log_driver=awslogs r.network_mode=awsvpc",
};

static const char *const given_good_facts[] = {
	"f.container=app f.seen_by=taskprobe f.pid=7 f.start_ticks=100 f.command=app",
	"f.docker_id=0a1b f.endpoint_id=e1 f.attribution=cgroup f.running=true",
	"f.identity.uid=1000 f.identity.euid=1000 f.identity.suid=1000 "
	"f.identity.fsuid=1000",
	"f.identity.gid=1000 f.identity.egid=1000 f.identity.sgid=1000 "
	"f.identity.fsgid=1000",
	"f.identity.groups=1000 f.identity.cap_bounding=0xa80425fb",
	"f.identity.no_new_privs=true f.identity.seccomp_mode=2 "
	"f.identity.seccomp_filters=1",
	"f.identity.lsm_label=docker-default",
	"f.started.uid=1000 f.started.evidence=pipes",
	"f.namespaces.list[+].kind=pid f.namespaces.list[$].host=no",
	"f.namespaces.list[+].kind=net f.namespaces.list[$].host=no",
	"f.namespaces.list[+].kind=ipc f.namespaces.list[$].host=no",
	"f.namespaces.list[+].kind=uts f.namespaces.list[$].host=no",
	"f.namespaces.list[+].kind=cgroup f.namespaces.list[$].host=no",
	"f.namespaces.list[+].kind=user f.namespaces.list[$].host=yes",
	"f.root.method=unlink f.root.access=no f.root.fstype=overlay",
	"f.mounts.list[+].path=/ f.mounts.list[$].kind=root "
	"f.mounts.list[$].readonly=true",
	"f.mounts.list[$].fstype=overlay",
	"f.mounts.list[+].path=/tmp f.mounts.list[$].kind=tmpfs "
	"f.mounts.list[$].fstype=tmpfs",
	"f.mounts.list[$].root=/ f.mounts.list[$].access=yes "
	"f.mounts.list[$].nosuid=true",
	"f.mounts.list[$].nodev=true f.mounts.list[$].noexec=true",
	"f.mounts.list[$].bytes_total=67108864 f.mounts.list[$].bytes_free=67104768",
	"f.mounts.list[+].path=/efs f.mounts.list[$].kind=volume "
	"f.mounts.list[$].fstype=nfs4",
	"f.mounts.list[$].root=/exports f.mounts.list[$].nosuid=true",
	"f.mounts.list[$].noexec=true f.mounts.list[$].access=no",
	"f.mounts.list[+].path=/data f.mounts.list[$].kind=volume",
	"f.mounts.list[$].root=/var/lib/docker/volumes/data/_data",
	"f.mounts.list[$].nosuid=true f.mounts.list[$].noexec=true "
	"f.mounts.list[$].access=no",
	"f.mounts.list[+].path=/etc/hosts f.mounts.list[$].kind=runtime",
	"f.mounts.list[$].access=no",
	"f.mounts.list[+].path=/conf f.mounts.list[$].kind=volume "
	"f.mounts.list[$].fstype=ext4",
	"f.mounts.list[$].root=/srv/conf f.mounts.list[$].readonly=true",
	"f.mounts.exposed_known=true "
	"f.mounts.masked=/proc/kcore,/proc/keys "
	"f.mounts.protected=/proc/sys,/proc/sysrq-trigger",
	"f.writable.entries=100 f.writable.list[+].path=/var/tmp",
	/* With no_new_privs off: not executable, nosuid, and without a bit. */
	"f.setuid.list[+].path=/bin/a f.setuid.list[$].setuid=true",
	"f.setuid.list[+].path=/bin/b f.setuid.list[$].setuid=true",
	"f.setuid.list[$].executable=true f.setuid.list[$].nosuid=true",
	"f.setuid.list[+].path=/bin/c f.setuid.list[$].executable=true",
	"f.devices.list[+].path=/dev/null f.devices.list[$].standard=true",
	"f.environ.names=HOME,PATH",
	"f.limits.pids_limited=yes f.limits.pids_max=512",
	"f.limits.memory_limited=yes f.limits.memory_max=536870912",
	"f.processes.count=1 f.processes.uids=1000",
	"f.processes.entered[+].pid=99 f.processes.entered[$].uid=1000",
	"f.surface.list[+].what=bpf f.surface.list[$].answer=EPERM",
	"f.attempts.list[+].what=x f.attempts.list[$].answer=EPERM",
	"f.instance_metadata.evidence=timeout",
};

#define GIVEN_EACH(list)                     \
	for (const char *const *it = (list); \
	     it < (list) + sizeof(list) / sizeof((list)[0]); it++)

/* A task of one container, app, in which everything is as it should be. */
static inline void given_good(struct report *r)
{
	struct task *t = &r->task;

	*r = (struct report){ 0 };
	assert_non_null(LIST_ADD(&t->definition.containers, struct container_definition));
	assert_non_null(LIST_ADD(&t->containers, struct running_container));
	assert_non_null(LIST_ADD(&r->facts, struct facts));
	given_known(r->facts.items);
	GIVEN_EACH(given_good_task)
	given(r, *it);
	GIVEN_EACH(given_good_facts)
	given(r, *it);
	/* Its words have blanks. */
	struct facts *f = r->facts.items;
	assert_int_equal(str_set(&LIST_AT(&f->attempts.list, struct answer_fact, 0)->what,
				 "mount a tmpfs"),
			 0);
}

static const struct judge_options given_options = { .fail_on = SEVERITY_HIGH };

static inline void given_judged(struct report *r, const struct judge_options *options)
{
	struct err err = ERR_INIT;

	assert_int_equal(judge(r, options ? options : &given_options, &err), 0);
}

/* The finding of 'control' on 'name' (NULL: whatever it is on); NULL if none. */
static inline const struct finding *given_finding(const struct report *r,
						  const char *control, const char *name)
{
	LIST_EACH (const struct finding, f, &r->findings)
		if (strcmp(f->control, control) == 0 &&
		    (!name || strcmp(f->resource.name, name) == 0))
			return f;
	return NULL;
}

#endif
