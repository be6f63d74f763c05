/* SPDX-License-Identifier: MIT */
#include "checks/input/metadata.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "checks/input/shape.h"
#include "core/cleanup.h"

/* A task has 10 containers, and those that the platform adds. */
#define CONTAINERS_MAX 1000

/* About 200 values to a container, be it of metadata or of statistics. */
#define VALUES_MAX (200 * CONTAINERS_MAX)

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "out of memory");
}

/* --- one container --- */

/* {"Networks":[{"NetworkMode":"awsvpc","IPv4Addresses":[...],"IPv6Addresses":[...]}]} */
struct network {
	char *mode;
	struct list addresses4, addresses6;
};

#define S network
static const struct shape network_rows[] = {
	SHAPE_ROW("NetworkMode", SHAPE_TEXT, mode),
	SHAPE_ROW("IPv4Addresses", SHAPE_TEXTS, addresses4),
	SHAPE_ROW("IPv6Addresses", SHAPE_TEXTS, addresses6),
	SHAPE_END,
};
static const struct field network_fields[] = {
	RECORD_TEXT(S, mode),
	RECORD_TEXTS(S, addresses4),
	RECORD_TEXTS(S, addresses6),
	RECORD_END,
};
#undef S
static const struct type network_type = { "network", sizeof(struct network),
					  network_fields, false };

struct networks {
	struct list list; /* struct network */
};

static void networks_done(struct networks *networks)
{
	record_list_done(&network_type, &networks->list);
}

#define S networks
static const struct shape networks_rows[] = {
	SHAPE_ITEMS("Networks", list, network_rows, network),
	SHAPE_END,
};
#undef S

static int add_addresses(struct list *to, const struct list *from)
{
	LIST_EACH (char *const, text, from)
		if (texts_add(to, *text) < 0)
			return -ENOMEM;
	return 0;
}

static int take_networks(struct running_container *c, struct networks *networks,
			 struct err *err)
{
	LIST_EACH (struct network, n, &networks->list) {
		if (!c->network_mode)
			c->network_mode = TAKE_PTR(n->mode);
		if (add_addresses(&c->addresses, &n->addresses4) < 0 ||
		    add_addresses(&c->addresses, &n->addresses6) < 0)
			return no_memory(err);
	}
	return 0;
}

#define S running_container
static const struct shape limits_rows[] = {
	SHAPE_ROW("Memory", SHAPE_INT, memory_mib),
	SHAPE_END,
};
static const struct shape container_rows[] = {
	SHAPE_ROW("Name", SHAPE_TEXT, name),
	SHAPE_ROW("DockerId", SHAPE_TEXT, docker_id),
	SHAPE_ROW("DockerName", SHAPE_TEXT, docker_name),
	SHAPE_ROW("Image", SHAPE_TEXT, image),
	SHAPE_ROW("ImageID", SHAPE_TEXT, image_id),
	SHAPE_ROW("Type", SHAPE_TEXT, type),
	SHAPE_ROW("KnownStatus", SHAPE_TEXT, known_status),
	SHAPE_ROW("DesiredStatus", SHAPE_TEXT, desired_status),
	SHAPE_ROW("LogDriver", SHAPE_TEXT, log_driver),
	SHAPE_ROW("RestartCount", SHAPE_INT, restart_count),
	SHAPE_INSIDE("Limits", limits_rows),
	SHAPE_END,
};
#undef S

static int read_container(const struct shape_reader *r, const struct shape_spot *at,
			  const struct json *object, struct running_container *ret)
{
	AUTO(networks_done) struct networks networks = { 0 };

	ret->restart_count = -1;
	int failed = shape_read(r, at, object, container_rows, ret);
	if (!failed)
		failed = shape_read(r, at, object, networks_rows, &networks);
	if (!failed)
		failed = take_networks(ret, &networks, r->err);
	/* Every field is optional, yet others look a container up by its name. */
	if (!failed && !ret->name)
		failed = str_set(&ret->name, ret->docker_id ? ret->docker_id : "?") < 0
				 ? no_memory(r->err)
				 : 0;
	return failed;
}

/* --- the task --- */

static const char *last_part(const char *arn)
{
	const char *slash = arn ? strrchr(arn, '/') : NULL;

	return slash && slash[1] ? slash + 1 : arn;
}

/* A short name on EC2, an ARN on Fargate. */
static int cluster(const struct shape_reader *r, const struct shape_spot *at,
		   const struct json *value, const struct shape *row, void *to)
{
	AUTO_FREE char *text = NULL;
	int failed = shape_text(r, at, value, &text);

	(void)row;
	if (failed)
		return failed;
	return str_set(to, last_part(text)) < 0 ? no_memory(r->err) : 0;
}

/* Documented as a string. */
static int revision(const struct shape_reader *r, const struct shape_spot *at,
		    const struct json *value, const struct shape *row, void *to)
{
	(void)row;
	if (!value || json_kind(value) != JSON_NUMBER)
		return shape_text(r, at, value, to);
	return str_set(to, json_number_text(value)) < 0 ? no_memory(r->err) : 0;
}

static int containers(const struct shape_reader *r, const struct shape_spot *at,
		      const struct json *value, const struct shape *row, void *to)
{
	struct shape_spot element = { .up = at };
	int failed = 0;

	(void)row;
	if (value && json_kind(value) != JSON_LIST)
		return shape_wrong(r, at, value, "a list");
	for (const struct json *e = json_first(value); e && !failed; e = json_next(e)) {
		struct running_container *c = LIST_ADD(to, struct running_container);

		if (element.index == CONTAINERS_MAX)
			return shape_fail(r, at, value, -E2BIG,
					  "has more than 1000 entries");
		failed = c ? read_container(r, &element, e, c) : no_memory(r->err);
		element.index++;
	}
	return failed;
}

#define S task
static const struct shape task_rows[] = {
	SHAPE_ROW("Cluster", SHAPE_CALL, cluster, .call = cluster),
	SHAPE_ROW("TaskARN", SHAPE_TEXT, arn),
	SHAPE_ROW("Family", SHAPE_TEXT, family),
	SHAPE_ROW("Revision", SHAPE_CALL, revision, .call = revision),
	SHAPE_ROW("ServiceName", SHAPE_TEXT, service),
	SHAPE_ROW("LaunchType", SHAPE_TEXT, launch_type),
	SHAPE_ROW("AvailabilityZone", SHAPE_TEXT, availability_zone),
	SHAPE_ROW("KnownStatus", SHAPE_TEXT, known_status),
	SHAPE_ROW("DesiredStatus", SHAPE_TEXT, desired_status),
	SHAPE_ROW("Containers", SHAPE_CALL, containers, .call = containers),
	SHAPE_END,
};
#undef S

static int by_name(const void *a, const void *b)
{
	const struct running_container *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order || !x->docker_id || !y->docker_id)
		return order ? order : (x->docker_id != NULL) - (y->docker_id != NULL);
	return strcmp(x->docker_id, y->docker_id);
}

/* An endpoint that lists a container twice has one all the same; two containers of
 * one name would be judged as each other. 'list' is sorted. */
static int drop_repeats(struct list *list, struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->len; i++) {
		struct running_container *c = LIST_AT(list, struct running_container, i);
		struct running_container *last =
			kept ? LIST_AT(list, struct running_container, kept - 1) : NULL;
		bool same = last && strcmp(last->name, c->name) == 0 &&
			    strcmp(c->name, "?") != 0;

		if (same && by_name(last, c) == 0) {
			record_done(&running_container_type, c);
			continue;
		}
		if (same) {
			char name[80];

			shape_quote(name, sizeof(name), c->name);
			return err_set(err, -EINVAL,
				       "Containers lists two different ones named '%s'",
				       name);
		}
		if (kept++ != i) {
			*LIST_AT(list, struct running_container, kept - 1) = *c;
			*c = (struct running_container){ 0 };
		}
	}
	list->len = kept;
	return 0;
}

static int complete(struct task *task, struct err *err)
{
	struct list *list = &task->containers;

	if (list->len > 0)
		qsort(list->items, list->len, sizeof(struct running_container), by_name);
	task->metadata.known = true;
	task->containers_part.known = list->len > 0;
	/* We run in one ourselves: an empty list is one that is not there yet. */
	if (list->len == 0 && str_set(&task->containers_part.why,
				      "the metadata endpoint lists no containers") < 0)
		return no_memory(err);
	return drop_repeats(list, err);
}

/* {} would parse as a task of which nothing is said: some other server's answer. */
static int require_any(const struct json_doc *doc, const char *const *keys,
		       const char *what, struct err *err)
{
	for (; *keys; keys++)
		if (json_get(doc->root, *keys))
			return 0;
	return err_set(err, -EINVAL,
		       "line 1, column 1: this is no metadata of a %s: "
		       "it has none of the fields that tell one",
		       what);
}

static int read_task(const char *text, size_t len, struct task *ret, struct err *err)
{
	static const char *const telling[] = { "TaskARN", "Family", "Containers", NULL };
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;

	int failed = json_parse_most(text, len, VALUES_MAX, &doc, err);
	if (failed)
		return failed;
	const struct shape_reader r = { .doc = &doc, .err = err, .empty_absent = true };
	failed = shape_read(&r, NULL, doc.root, task_rows, ret);
	if (!failed)
		failed = require_any(&doc, telling, "task", err);
	return failed ? failed : complete(ret, err);
}

/* The halves that the endpoint does not know of. */
static void move_declared(struct task *to, struct task *from)
{
	to->definition = from->definition;
	from->definition = (struct definition){ 0 };
	to->execute_command = from->execute_command;
	from->execute_command = (struct decl_bool){ 0 };
}

int metadata_parse_task(const char *text, size_t len, struct task *ret, struct err *err)
{
	AUTO(task_done) struct task task = { 0 };

	int failed = read_task(text, len, &task, err);
	if (failed)
		return failed;
	move_declared(&task, ret);
	task_done(ret);
	*ret = task;
	task = (struct task){ 0 };
	return 0;
}

static void container_done(struct running_container *c)
{
	record_done(&running_container_type, c);
}

int metadata_parse_container(const char *text, size_t len, struct running_container *ret,
			     struct err *err)
{
	static const char *const telling[] = { "DockerId", "Name", NULL };
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	AUTO(container_done) struct running_container c = { 0 };

	int failed = json_parse_most(text, len, VALUES_MAX, &doc, err);
	if (failed)
		return failed;
	const struct shape_reader r = { .doc = &doc, .err = err, .empty_absent = true };
	failed = read_container(&r, NULL, doc.root, &c);
	if (!failed)
		failed = require_any(&doc, telling, "container", err);
	if (failed)
		return failed;
	container_done(ret);
	*ret = c;
	c = (struct running_container){ 0 };
	return 0;
}

/* --- statistics --- */

#define S container_stats
static const struct field stats_fields[] = {
	RECORD_TEXT(S, docker_id),
	RECORD_BOOL(S, known),
	RECORD_INT(S, bytes_written),
	RECORD_INT(S, bytes_read),
	RECORD_END,
};
#undef S
const struct type container_stats_type = { "container_stats",
					   sizeof(struct container_stats), stats_fields,
					   false };

/* {"major":259,"minor":0,"op":"Write","value":4096}; "write" on cgroup v2. */
struct counter {
	char *op;
	int64_t value;
};

#define S counter
static const struct shape counter_rows[] = {
	SHAPE_ROW("op", SHAPE_TEXT, op),
	SHAPE_ROW("value", SHAPE_INT, value),
	SHAPE_END,
};
#undef S

static int add_counter(const struct shape_reader *r, const struct shape_spot *at,
		       const struct json *e, struct container_stats *stats)
{
	struct counter counter = { 0 };
	int failed = shape_read(r, at, e, counter_rows, &counter);
	AUTO_FREE char *op = counter.op;
	int64_t *sum = NULL;

	if (failed)
		return failed;
	if (op && strcasecmp(op, "write") == 0)
		sum = &stats->bytes_written;
	else if (op && strcasecmp(op, "read") == 0)
		sum = &stats->bytes_read;
	if (sum &&
	    (counter.value < 0 || __builtin_add_overflow(*sum, counter.value, sum)))
		return shape_fail(r, at, e, -EINVAL, "counts what cannot be");
	return 0;
}

/* A missing, null or empty list says nothing: it is what a kernel without that
 * accounting has, and no proof that nothing was written. */
static int counters(const struct shape_reader *r, const struct shape_spot *at,
		    const struct json *value, const struct shape *row, void *to)
{
	struct shape_spot element = { .up = at };
	struct container_stats *stats = to;
	int failed = 0;

	(void)row;
	if (value && json_kind(value) != JSON_LIST)
		return shape_wrong(r, at, value, "a list");
	for (const struct json *e = json_first(value); e && !failed; e = json_next(e)) {
		failed = json_kind(e) == JSON_OBJECT
				 ? add_counter(r, &element, e, stats)
				 : shape_wrong(r, &element, e, "an object");
		stats->known = true;
		element.index++;
	}
	return failed;
}

static const struct shape blkio_rows[] = {
	{ .key = "io_service_bytes_recursive", .kind = SHAPE_CALL, .call = counters },
	SHAPE_END,
};
static const struct shape stats_rows[] = {
	SHAPE_INSIDE("blkio_stats", blkio_rows),
	SHAPE_END,
};

static int read_stats(const struct shape_reader *r, const struct json *root,
		      struct list *ret)
{
	size_t n = 0;
	int failed = 0;

	if (json_kind(root) != JSON_OBJECT)
		return shape_wrong(r, NULL, root, "an object");
	for (const struct json *m = json_first(root); m && !failed; m = json_next(m)) {
		char id[80];

		if (++n > CONTAINERS_MAX)
			return shape_fail(r, NULL, root, -E2BIG,
					  "has more than 1000 containers");
		shape_quote(id, sizeof(id), json_name(m));
		const struct shape_spot at = { .key = id };
		struct container_stats *stats = LIST_ADD(ret, struct container_stats);
		if (!stats || str_set(&stats->docker_id, json_name(m)) < 0)
			return no_memory(r->err);
		if (json_kind(m) != JSON_NULL)
			failed = shape_read(r, &at, m, stats_rows, stats);
	}
	return failed;
}

static void stats_list_done(struct list *list)
{
	record_list_done(&container_stats_type, list);
}

int metadata_parse_stats(const char *text, size_t len, struct list *ret, struct err *err)
{
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	AUTO(stats_list_done) struct list list = { 0 };

	int failed = json_parse_most(text, len, VALUES_MAX, &doc, err);
	if (failed)
		return failed;
	const struct shape_reader r = { .doc = &doc, .err = err };
	failed = read_stats(&r, doc.root, &list);
	if (failed)
		return failed;
	stats_list_done(ret);
	*ret = list;
	list = (struct list){ 0 };
	return 0;
}
