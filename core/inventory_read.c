/* SPDX-License-Identifier: MIT
 *
 * inventory_read.c - lines of an inventory as records. They come from containers
 * that we do not trust, and through logs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/inventory.h"
#include "core/json_scan.h"
#include "core/moment.h"
#include "core/num.h"
#include "core/text.h"

/* Of one line; a value costs 150 bytes. The largest that we write has 5,000. */
#define VALUES_MAX 20000
/* A PATH_MAX below a root of the same length, twice. */
#define PATH_BYTES_MAX ((size_t)16 * 1024)
/* The kernel's own, above, never reach an app. */
#define ERRNO_MAX 511

struct reader {
	const struct json_scan *scan;
	const struct json_token *object; /* whose members are read */
	struct err *err;
};

static int bad(const struct reader *r, const struct json_token *v, const char *name,
	       const char *expected)
{
	return err_set(r->err, -EINVAL, "column %u: '%s' is a %s; %s was expected",
		       v->at + 1, name, json_kind_name(v->kind), expected);
}

static int missing(const struct reader *r, const char *name)
{
	return err_set(r->err, -EINVAL, "the record has no '%s'", name);
}

static int out_of_memory(const struct reader *r)
{
	return err_set(r->err, -ENOMEM, "out of memory");
}

static const struct json_token *member(const struct reader *r, const char *name)
{
	return json_scan_get(r->scan, r->object, name);
}

/* *ret is NULL on entry, and stays so where the member is missing. */
static int get_text(const struct reader *r, const char *name, char **ret)
{
	const struct json_token *v = member(r, name);

	if (!v)
		return 0;
	if (v->kind != JSON_TEXT)
		return bad(r, v, name, "a string");
	*ret = json_scan_text(r->scan, v);
	return *ret ? 0 : out_of_memory(r);
}

static int need_text(const struct reader *r, const char *name, char **ret)
{
	int failed = get_text(r, name, ret);

	if (failed == 0 && (!*ret || !**ret))
		failed = missing(r, name);
	return failed;
}

/* The bytes of a path, where its text cannot be all of them. */
static int get_bytes(const struct reader *r, const char *name, char **ret)
{
	AUTO(str_done) struct str bytes = STR_INIT(PATH_BYTES_MAX);
	AUTO_FREE char *b64 = NULL;
	char key[32];

	(void)snprintf(key, sizeof(key), "%s_b64", name);
	int failed = get_text(r, key, &b64);
	if (failed < 0 || !b64)
		return failed;
	if (base64_decode(&bytes, b64, strlen(b64)) < 0 || strlen(bytes.s) != bytes.len)
		return bad(r, member(r, key), key, "base64 of a path");
	free(*ret);
	*ret = str_take(&bytes);
	return *ret ? 0 : out_of_memory(r);
}

static int get_path(const struct reader *r, const char *name, char **ret)
{
	int failed = get_text(r, name, ret);

	if (failed == 0 && *ret && strlen(*ret) > PATH_BYTES_MAX)
		return bad(r, member(r, name), name, "a shorter path");
	if (failed == 0 && *ret)
		failed = get_bytes(r, name, ret);
	return failed;
}

static int need_path(const struct reader *r, const char *name, char **ret)
{
	int failed = get_path(r, name, ret);

	if (failed == 0 && !*ret)
		failed = missing(r, name);
	if (failed == 0 && **ret != '/')
		failed = bad(r, member(r, name), name, "an absolute path");
	return failed;
}

static int get_int(const struct reader *r, const char *name, int64_t *ret)
{
	const struct json_token *v = member(r, name);

	return v && json_scan_int(r->scan, v, ret) < 0
		       ? bad(r, v, name, "a 64-bit integer")
		       : 0;
}

/* Of something that was counted. */
static int get_count(const struct reader *r, const char *name, int64_t *ret)
{
	const int failed = get_int(r, name, ret);

	return failed == 0 && *ret < 0
		       ? bad(r, member(r, name), name, "a number from 0 on")
		       : failed;
}

static int get_bool(const struct reader *r, const char *name, bool *ret)
{
	const struct json_token *v = member(r, name);

	if (v && v->kind != JSON_BOOL)
		return bad(r, v, name, "true or false");
	*ret = v && r->scan->text[v->at] == 't';
	return 0;
}

static int get_tri(const struct reader *r, const char *name, enum tri *ret)
{
	bool yes;
	const int failed = get_bool(r, name, &yes);

	*ret = !member(r, name) ? TRI_UNKNOWN : yes ? TRI_YES : TRI_NO;
	return failed;
}

static int get_moment(const struct reader *r, const char *name, int64_t *ret)
{
	const struct json_token *v = member(r, name);
	char text[MOMENT_TEXT_MAX + 8]; /* a fraction may have nine digits */

	if (!v)
		return 0;
	const size_t len = v->end - v->at - 2;
	if (v->kind == JSON_TEXT && len < sizeof(text)) {
		memcpy(text, r->scan->text + v->at + 1, len);
		text[len] = '\0';
		if (moment_read(text, ret) == 0)
			return 0;
	}
	return bad(r, v, name, "a time like \"2026-01-31T23:59:59.123Z\"");
}

static int get_texts(const struct reader *r, const char *name, struct list *ret)
{
	const struct json_token *v = member(r, name);

	if (v && v->kind != JSON_LIST)
		return bad(r, v, name, "a list");
	for (const struct json_token *e = json_scan_first(r->scan, v); e;
	     e = json_scan_next(r->scan, v, e)) {
		AUTO_FREE char *text =
			e->kind == JSON_TEXT ? json_scan_text(r->scan, e) : NULL;

		if (e->kind != JSON_TEXT)
			return bad(r, e, name, "a list of strings");
		if (!text || texts_add(ret, text) < 0)
			return out_of_memory(r);
	}
	return 0;
}

static bool is_text(const struct reader *r, const struct json_token *v, const char *text)
{
	const size_t len = strlen(text);

	return v->kind == JSON_TEXT && !v->escaped && v->end - v->at == len + 2 &&
	       memcmp(r->scan->text + v->at + 1, text, len) == 0;
}

static bool is_named(const struct reader *r, const struct json_token *v, const char *name)
{
	const size_t len = strlen(name);

	return v->name_len == len && memcmp(r->scan->text + v->name, name, len) == 0;
}

/* Its place in a table of words; -1. */
static int word(const struct reader *r, const struct json_token *v,
		const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (is_text(r, v, words[i]))
			return i;
	return -1;
}

static int name_word(const struct reader *r, const struct json_token *v,
		     const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (is_named(r, v, words[i]))
			return i;
	return -1;
}

/* --- the records --- */

static int read_run(const struct reader *r, struct inventory_run *run)
{
	const struct json_token *schema = member(r, "schema");
	int failed = 0;

	if (!schema)
		return missing(r, "schema");
	if (!is_text(r, schema, INVENTORY_SCHEMA))
		return bad(r, schema, "schema", "\"" INVENTORY_SCHEMA "\"");
	if ((failed = need_text(r, "id", &run->id)) < 0 ||
	    (failed = get_text(r, "tool", &run->tool)) < 0 ||
	    (failed = get_text(r, "method", &run->method)) < 0 ||
	    (failed = get_texts(r, "command", &run->command)) < 0 ||
	    (failed = get_text(r, "container", &run->container)) < 0 ||
	    (failed = get_text(r, "image", &run->image)) < 0 ||
	    (failed = get_text(r, "task", &run->task)) < 0 ||
	    (failed = get_text(r, "started", &run->started)) < 0 ||
	    (failed = get_text(r, "ended", &run->ended)) < 0 ||
	    (failed = get_count(r, "records", &run->records)) < 0)
		return failed;
	return get_count(r, "merged", &run->merged);
}

static int errno_of(const struct reader *r, const struct json_token *v)
{
	static const char prefix[] = "errno ";
	char name[32];
	uint64_t number;

	if (v->name_len >= sizeof(name))
		return 0;
	memcpy(name, r->scan->text + v->name, v->name_len);
	name[v->name_len] = '\0';
	if (strncmp(name, prefix, sizeof(prefix) - 1) == 0 &&
	    num_u64(name + sizeof(prefix) - 1, 10, &number) == 0 && number > 0 &&
	    number <= ERRNO_MAX)
		return (int)number;
	return err_code(name);
}

static int read_failed(const struct reader *op, enum inventory_op which,
		       struct inventory_path *path)
{
	const struct json_token *failed = member(op, "failed");

	if (failed && failed->kind != JSON_OBJECT)
		return bad(op, failed, "failed", "an object");
	for (const struct json_token *e = json_scan_first(op->scan, failed); e;
	     e = json_scan_next(op->scan, failed, e)) {
		const int code = errno_of(op, e);
		int64_t n = 0;

		if (code == 0)
			return bad(op, e, "failed", "the name of an errno");
		if (json_scan_int(op->scan, e, &n) < 0 || n < 0)
			return bad(op, e, "failed", "a number from 0 on");
		if (n > 0 && inventory_path_count(path, which, code, n) < 0)
			return out_of_memory(op);
	}
	return 0;
}

/* An operation that we do not know is one of a later version: what it did must not
 * get lost, so that the record is refused. */
static int read_ops(const struct reader *r, struct inventory_path *path)
{
	const struct json_token *ops = member(r, "ops");

	if (!ops)
		return missing(r, "ops");
	if (ops->kind != JSON_OBJECT)
		return bad(r, ops, "ops", "an object");
	for (const struct json_token *e = json_scan_first(r->scan, ops); e;
	     e = json_scan_next(r->scan, ops, e)) {
		const struct reader op = { r->scan, e, r->err };
		const int which = name_word(r, e, inventory_op_names);
		int64_t written = 0;

		if (which < 0 || e->kind != JSON_OBJECT)
			return bad(r, e, "ops", "an object of a known operation");
		int failed = get_count(&op, "written", &written);
		if (failed == 0 && written > 0 &&
		    inventory_path_count(path, (enum inventory_op)which, 0, written) < 0)
			failed = out_of_memory(r);
		if (failed == 0)
			failed = read_failed(&op, (enum inventory_op)which, path);
		if (failed < 0)
			return failed;
	}
	return 0;
}

static int read_processes(const struct reader *r, struct inventory_path *path)
{
	const struct json_token *list = member(r, "processes");

	if (list && list->kind != JSON_LIST)
		return bad(r, list, "processes", "a list");
	for (const struct json_token *e = json_scan_first(r->scan, list); e;
	     e = json_scan_next(r->scan, list, e)) {
		const struct reader process = { r->scan, e, r->err };
		int64_t uid = -1, gid = -1, count = 0;
		AUTO_FREE char *exe = NULL;
		int failed;

		if (e->kind != JSON_OBJECT)
			return bad(r, e, "processes", "a list of objects");
		if ((failed = get_path(&process, "exe", &exe)) < 0 ||
		    (failed = get_int(&process, "uid", &uid)) < 0 ||
		    (failed = get_int(&process, "gid", &gid)) < 0 ||
		    (failed = get_count(&process, "count", &count)) < 0)
			return failed;
		if (inventory_path_process(path, exe, uid, gid, count) < 0)
			return out_of_memory(r);
	}
	return 0;
}

static int read_path(const struct reader *r, struct inventory_path *path)
{
	const struct json_token *kind = member(r, "kind");
	const int k = kind ? word(r, kind, inventory_kind_names) : 0;
	int failed;

	path->size = -1;
	if (k < 0)
		return bad(r, kind, "kind", "one of its words");
	path->kind = (enum inventory_kind)k;
	if ((failed = need_path(r, "path", &path->path)) < 0 ||
	    (failed = read_ops(r, path)) < 0 || (failed = read_processes(r, path)) < 0 ||
	    (failed = get_moment(r, "first", &path->first)) < 0 ||
	    (failed = get_moment(r, "last", &path->last)) < 0 ||
	    (failed = get_int(r, "size", &path->size)) < 0 ||
	    (failed = get_tri(r, "in_image", &path->in_image)) < 0 ||
	    (failed = get_tri(r, "exists", &path->exists)) < 0 ||
	    (failed = get_path(r, "mount", &path->mount)) < 0 ||
	    (failed = get_bool(r, "executed", &path->executed)) < 0)
		return failed;
	return get_count(r, "runs", &path->runs);
}

static int read_pair(const struct reader *r, struct inventory_pair *pair)
{
	const struct json_token *op = member(r, "op");
	const int which = op ? word(r, op, inventory_op_names) : -1;
	int failed;

	if (!op)
		return missing(r, "op");
	if (which != OP_RENAME && which != OP_LINK)
		return bad(r, op, "op", "\"rename\" or \"link\"");
	pair->op = (enum inventory_op)which;
	if ((failed = need_path(r, "from", &pair->from)) < 0 ||
	    (failed = need_path(r, "to", &pair->to)) < 0)
		return failed;
	return get_count(r, "count", &pair->count);
}

static int read_dir(const struct reader *r, struct inventory_dir *dir)
{
	int failed;

	if ((failed = need_path(r, "path", &dir->path)) < 0 ||
	    (failed = get_count(r, "entries", &dir->entries)) < 0 ||
	    (failed = get_bool(r, "empty", &dir->empty)) < 0 ||
	    (failed = get_int(r, "uid", &dir->uid)) < 0 ||
	    (failed = get_int(r, "gid", &dir->gid)) < 0 ||
	    (failed = get_int(r, "mode", &dir->mode)) < 0)
		return failed;
	return get_count(r, "peak_bytes", &dir->peak_bytes);
}

static int read_end(const struct reader *r, struct inventory_end *end)
{
	const struct json_token *coverage = member(r, "coverage");
	const struct reader c = { r->scan, coverage, r->err };
	int failed;

	if ((failed = need_text(r, "ended", &end->ended)) < 0 ||
	    (failed = get_int(r, "exit", &end->exit)) < 0)
		return failed;
	if (!coverage)
		return missing(r, "coverage");
	if (coverage->kind != JSON_OBJECT)
		return bad(r, coverage, "coverage", "an object");
	/* Zero of these is a statement. */
	if (!member(&c, "events") || !member(&c, "unresolved") || !member(&c, "lost"))
		return missing(r, "coverage' with 'events', 'unresolved' and 'lost");
	if ((failed = get_count(&c, "events", &end->events)) < 0 ||
	    (failed = get_count(&c, "unresolved", &end->unresolved)) < 0 ||
	    (failed = get_count(&c, "lost", &end->lost)) < 0)
		return failed;
	return get_texts(&c, "blind_spots", &end->blind_spots);
}

static int read_record(const struct reader *r, struct inventory_record *record)
{
	const struct json_token *name = member(r, "record");
	const int kind = name ? word(r, name, inventory_record_names) : -1;

	if (!name)
		return err_set(r->err, -ENOMSG, "no record: it has no 'record'");
	if (kind < 0)
		return err_set(r->err, -ENOMSG, "no record of a kind that we know");
	record->kind = (enum inventory_record_kind)kind;
	switch (record->kind) {
	case RECORD_RUN:
		return read_run(r, &record->run);
	case RECORD_PATH:
		return read_path(r, &record->path);
	case RECORD_PAIR:
		return read_pair(r, &record->pair);
	case RECORD_DIR:
		return read_dir(r, &record->dir);
	case RECORD_ENDED:
		break;
	}
	return read_end(r, &record->end);
}

int inventory_read(const char *line, size_t len, struct inventory_record *ret,
		   struct err *err)
{
	AUTO(inventory_record_done) struct inventory_record record = { 0 };
	AUTO(json_scan_done) struct json_scan scan = JSON_SCAN_INIT;

	if (len > INVENTORY_LINE_MAX)
		return err_set(err, -E2BIG, "longer than %zu bytes", INVENTORY_LINE_MAX);
	int r = json_scan_line(line, len, VALUES_MAX, &scan, err);
	if (r < 0)
		return r;
	const struct reader reader = { &scan, scan.tokens, err };
	if (scan.tokens->kind != JSON_OBJECT)
		return err_set(err, -ENOMSG, "no record: no object");
	r = read_record(&reader, &record);
	if (r < 0)
		return r;
	*ret = record;
	record = (struct inventory_record){ 0 };
	return 0;
}
