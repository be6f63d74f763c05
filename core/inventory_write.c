/* SPDX-License-Identifier: MIT
 *
 * inventory_write.c - records of an inventory as lines. Texts that belong to the
 * app are bounded, so that every line stays below INVENTORY_LINE_MAX.
 */
#include <stdio.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/inventory.h"
#include "core/json.h"
#include "core/moment.h"
#include "core/text.h"

/* Behind this much of a line no further argument, process or blind spot is written.
 * The longest of them (a path of control characters, and in base64) takes 32 KiB. */
#define LINE_FULL (INVENTORY_LINE_MAX / 2)
/* An argument of a command line may be 128 KiB long, and one byte six in JSON. */
#define ARGUMENT_MAX ((size_t)16 * 1024)

static void put_text(struct json_out *o, const char *key, const char *text)
{
	if (text)
		json_put_text(o, key, text);
}

/* As FIELD_PATH of record.h. */
static void put_path(struct json_out *o, const char *key, const char *path)
{
	AUTO(str_done) struct str b64 = STR_INIT(INVENTORY_LINE_MAX);
	char name[32];

	if (!path)
		return;
	json_put_text(o, key, path);
	const size_t len = strlen(path);
	if (text_is_utf8(path, len))
		return;
	(void)snprintf(name, sizeof(name), "%s_b64", key);
	if (base64_encode(&b64, path, len) < 0)
		o->out->error = b64.error;
	json_put_text(o, name, b64.s);
}

static void put_tri(struct json_out *o, const char *key, enum tri v)
{
	if (v != TRI_UNKNOWN)
		json_put_bool(o, key, v == TRI_YES);
}

static void put_moment(struct json_out *o, const char *key, int64_t ms)
{
	char text[MOMENT_TEXT_MAX];

	if (ms == 0)
		return;
	moment_write(text, ms);
	json_put_text(o, key, text);
}

static void put_argument(struct json_out *o, const char *argument)
{
	char cut[ARGUMENT_MAX + sizeof("...")];

	if (strlen(argument) <= ARGUMENT_MAX) {
		json_put_text(o, NULL, argument);
		return;
	}
	(void)snprintf(cut, sizeof(cut), "%.*s...", (int)ARGUMENT_MAX, argument);
	json_put_text(o, NULL, cut);
}

/* As many as go into a line; "..." stands for the rest. */
static void put_texts(struct json_out *o, const char *key, const struct list *texts)
{
	const size_t from = o->out->len;

	json_open(o, key, '[');
	LIST_EACH (char *const, text, texts) {
		if (o->out->len - from > LINE_FULL) {
			json_put_text(o, NULL, "...");
			break;
		}
		put_argument(o, *text);
	}
	json_close(o, ']');
}

static void put_run(struct json_out *o, const struct inventory_run *run)
{
	json_put_text(o, "schema", INVENTORY_SCHEMA);
	put_text(o, "id", run->id);
	put_text(o, "tool", run->tool);
	put_text(o, "method", run->method);
	put_texts(o, "command", &run->command);
	put_text(o, "container", run->container);
	put_text(o, "image", run->image);
	put_text(o, "task", run->task);
	put_text(o, "started", run->started);
	put_text(o, "ended", run->ended);
	if (run->records)
		json_put_int(o, "records", run->records);
	if (run->merged)
		json_put_int(o, "merged", run->merged);
}

static void put_failed(struct json_out *o, const struct inventory_count *c)
{
	char number[32];
	const char *name = err_name(c->code);

	/* "errno" stands for all that have no name. */
	if (err_code(name) == 0) {
		(void)snprintf(number, sizeof(number), "errno %d", c->code);
		name = number;
	}
	json_put_int(o, name, c->count);
}

/* The counts are sorted by operation, then by code: success comes first. */
static void put_ops(struct json_out *o, const struct list *counts)
{
	json_open(o, "ops", '{');
	for (size_t i = 0; i < counts->len;) {
		const struct inventory_count *c =
			LIST_AT(counts, struct inventory_count, i);
		const enum inventory_op op = c->op;

		json_open(o, inventory_op_names[op], '{');
		json_put_int(o, "written", c->code == 0 ? c->count : 0);
		if (c->code == 0)
			c++, i++;
		const size_t failed = i;
		for (; i < counts->len && c->op == op; c++, i++) {
			if (i == failed)
				json_open(o, "failed", '{');
			put_failed(o, c);
		}
		if (i > failed)
			json_close(o, '}');
		json_close(o, '}');
	}
	json_close(o, '}');
}

static void put_process(struct json_out *o, const struct inventory_process *p)
{
	json_open(o, NULL, '{');
	put_path(o, "exe", p->exe);
	json_put_int(o, "uid", p->uid);
	json_put_int(o, "gid", p->gid);
	json_put_int(o, "count", p->count);
	json_close(o, '}');
}

static void put_processes(struct json_out *o, const struct list *processes)
{
	struct inventory_process rest = { NULL, -1, -1, 0 };
	const size_t from = o->out->len;

	json_open(o, "processes", '[');
	LIST_EACH (const struct inventory_process, p, processes) {
		if (o->out->len - from <= LINE_FULL)
			put_process(o, p);
		else if (__builtin_add_overflow(rest.count, p->count, &rest.count))
			rest.count = INT64_MAX;
	}
	if (rest.count)
		put_process(o, &rest);
	json_close(o, ']');
}

static void put_path_record(struct json_out *o, const struct inventory_path *path)
{
	put_path(o, "path", path->path);
	if (path->kind != INVENTORY_UNKNOWN)
		json_put_text(o, "kind", inventory_kind_names[path->kind]);
	put_ops(o, &path->counts);
	put_processes(o, &path->processes);
	put_moment(o, "first", path->first);
	put_moment(o, "last", path->last);
	if (path->size >= 0)
		json_put_int(o, "size", path->size);
	put_tri(o, "in_image", path->in_image);
	put_tri(o, "exists", path->exists);
	put_path(o, "mount", path->mount);
	if (path->executed)
		json_put_bool(o, "executed", true);
	if (path->runs)
		json_put_int(o, "runs", path->runs);
}

static void put_pair(struct json_out *o, const struct inventory_pair *pair)
{
	json_put_text(o, "op", inventory_op_names[pair->op]);
	put_path(o, "from", pair->from);
	put_path(o, "to", pair->to);
	json_put_int(o, "count", pair->count);
}

static void put_dir(struct json_out *o, const struct inventory_dir *dir)
{
	put_path(o, "path", dir->path);
	json_put_int(o, "entries", dir->entries);
	json_put_bool(o, "empty", dir->empty);
	json_put_int(o, "uid", dir->uid);
	json_put_int(o, "gid", dir->gid);
	json_put_int(o, "mode", dir->mode);
	json_put_int(o, "peak_bytes", dir->peak_bytes);
}

static void put_end(struct json_out *o, const struct inventory_end *end)
{
	put_text(o, "ended", end->ended);
	json_put_int(o, "exit", end->exit);
	json_open(o, "coverage", '{');
	json_put_int(o, "events", end->events);
	json_put_int(o, "unresolved", end->unresolved);
	json_put_int(o, "lost", end->lost);
	put_texts(o, "blind_spots", &end->blind_spots);
	json_close(o, '}');
}

void inventory_write(struct str *out, const struct inventory_record *record)
{
	struct json_out o = JSON_OUT_INIT(out, false);

	json_open(&o, NULL, '{');
	json_put_text(&o, "record", inventory_record_names[record->kind]);
	switch (record->kind) {
	case RECORD_RUN:
		put_run(&o, &record->run);
		break;
	case RECORD_PATH:
		put_path_record(&o, &record->path);
		break;
	case RECORD_PAIR:
		put_pair(&o, &record->pair);
		break;
	case RECORD_DIR:
		put_dir(&o, &record->dir);
		break;
	case RECORD_ENDED:
		put_end(&o, &record->end);
		break;
	}
	json_close(&o, '}');
	(void)str_puts(out, "\n");
}

/* --- all of a set --- */

struct writer {
	int (*put)(void *arg, const char *line, size_t len);
	void *arg;
	struct str line;
};

static int write_record(struct writer *w, const struct inventory_record *record)
{
	str_reset(&w->line);
	inventory_write(&w->line, record);
	return w->line.error ? w->line.error : w->put(w->arg, w->line.s, w->line.len);
}

/* The items are pointers to a struct that stands in the record as 'member'. */
#define WRITE_LIST(w, inventory, name, kind_, member, type)                        \
	({                                                                         \
		AUTO(list_done) struct list items = { 0 };                         \
		int r_ = inventory_list_##name(inventory, &items);                 \
                                                                                   \
		LIST_EACH (const struct type *const, it, &items) {                 \
			const struct inventory_record record = { .kind = (kind_),  \
								 .member = **it }; \
			if (r_ == 0)                                               \
				r_ = write_record(w, &record);                     \
		}                                                                  \
		r_;                                                                \
	})

int inventory_write_each(const struct inventory *inventory,
			 int (*put)(void *arg, const char *line, size_t len), void *arg)
{
	struct writer w = { .put = put,
			    .arg = arg,
			    .line = STR_INIT(2 * INVENTORY_LINE_MAX) };
	const struct inventory_end *end = inventory_ended(inventory);
	int r = WRITE_LIST(&w, inventory, runs, RECORD_RUN, run, inventory_run);

	if (r == 0)
		r = WRITE_LIST(&w, inventory, dirs, RECORD_DIR, dir, inventory_dir);
	if (r == 0)
		r = WRITE_LIST(&w, inventory, paths, RECORD_PATH, path, inventory_path);
	if (r == 0)
		r = WRITE_LIST(&w, inventory, pairs, RECORD_PAIR, pair, inventory_pair);
	if (r == 0 && end)
		r = write_record(&w, &(struct inventory_record){ .kind = RECORD_ENDED,
								 .end = *end });
	str_done(&w.line);
	return r;
}

static int put_str(void *arg, const char *line, size_t len)
{
	return str_add(arg, line, len);
}

int inventory_write_all(const struct inventory *inventory, struct str *out)
{
	return inventory_write_each(inventory, put_str, out);
}
