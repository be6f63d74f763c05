/* SPDX-License-Identifier: MIT
 *
 * metadata_client.c - reads the metadata of a task as the agent does, and prints
 * what came of it: one line of JSON. For tests/live/metadata_hostile.py.
 *
 *   metadata_client URI WINDOW_MS TOTAL_MS
 */
#include <inttypes.h>
#include <stdio.h>

#include "agent/clock.h"
#include "agent/http.h"
#include "agent/metadata.h"
#include "checks/input/metadata.h"
#include "core/cleanup.h"
#include "core/json.h"
#include "core/num.h"

static void put_task(struct json_out *o, const struct task *task)
{
	json_put_bool(o, "known", task->metadata.known);
	json_open(o, "containers", '[');
	LIST_EACH (const struct running_container, c, &task->containers)
		json_put_text(o, NULL, c->name);
	json_close(o, ']');
	LIST_EACH (const struct running_container, c, &task->containers)
		if (c->self)
			json_put_text(o, "self", c->name);
	if (task->containers_part.why)
		json_put_text(o, "why", task->containers_part.why);
}

/* VmHWM: what getrusage() says counts the memory of whoever started us. */
static int64_t peak_kib(void)
{
	AUTO_FCLOSE FILE *f = fopen("/proc/self/status", "re");
	char line[200];
	int64_t kib = -1;

	while (f && fgets(line, sizeof(line), f)) {
		char *number = line + strcspn(line, "0123456789");

		number[strspn(number, "0123456789")] = '\0';
		if (strncmp(line, "VmHWM:", 6) == 0)
			(void)num_i64(number, &kib);
	}
	return kib;
}

static void print(struct str *out, const struct task *task, int failed,
		  const struct err *err, int stats, int64_t ms)
{
	struct json_out o = JSON_OUT_INIT(out, false);

	json_open(&o, NULL, '{');
	put_task(&o, task);
	json_put_text(&o, "result", failed ? err_name(failed) : "ok");
	json_put_text(&o, "error", failed ? err->msg : "");
	json_put_text(&o, "stats", stats ? err_name(stats) : "ok");
	json_put_int(&o, "ms", ms);
	json_put_int(&o, "kib", peak_kib());
	json_close(&o, '}');
	(void)puts(out->s);
}

int main(int argc, char **argv)
{
	AUTO(task_done) struct task task = { 0 };
	AUTO(str_done) struct str out = STR_INIT(1 << 20);
	struct metadata_source source = METADATA_SOURCE_INIT(argc > 1 ? argv[1] : "");
	struct list stats = { 0 };
	struct err err = ERR_INIT, stats_err = ERR_INIT;

	if (argc != 4 || num_i64(argv[2], &source.window_ms) < 0 ||
	    num_i64(argv[3], &source.total_ms) < 0)
		return 2;
	source.connect_ms = source.total_ms;
	int64_t from = clock_ms();
	int failed = metadata_read(&source, &task, &err);
	int64_t took = clock_ms() - from;
	source.window_ms = 0;
	int stats_failed =
		failed ? failed : metadata_read_stats(&source, &stats, &stats_err);
	print(&out, &task, failed, &err, stats_failed, took);
	record_list_done(&container_stats_type, &stats);
	http_done();
	return 0;
}
