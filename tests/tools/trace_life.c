/* SPDX-License-Identifier: MIT
 *
 * trace_life.c - trace_run() without the rest: for tests of processes, signals and
 * wake-ups. `trace_life [-o FILE] [--for TIME] [--pid1] [--wake HOW] -- CMD...`; FILE
 * gets the end record alone.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/num.h"
#include "probe/trace/trace.h"

static void record(void *arg, const struct inventory_record *record)
{
	const struct inventory_end *end = &record->end;

	if (record->kind == RECORD_ENDED && *(int *)arg >= 0)
		(void)dprintf(*(int *)arg,
			      "{\"record\":\"end\",\"ended\":\"%s\",\"exit\":%lld,"
			      "\"coverage\":{\"events\":%lld,\"lost\":%lld}}\n",
			      end->ended, (long long)end->exit, (long long)end->events,
			      (long long)end->lost);
}

static void say(void *arg, const char *words)
{
	(void)arg;
	(void)dprintf(2, "trace_life: %s\n", words);
}

static enum trace_wake wake_named(const char *name)
{
	for (int i = 0; trace_wake_names[i]; i++)
		if (strcmp(trace_wake_names[i], name) == 0)
			return (enum trace_wake)i;
	return WAKE_AUTO;
}

int main(int argc, char **argv)
{
	int out = -1, i = 1;
	struct inventory_run run = { 0 };
	struct trace_options options = {
		.run = &run,
		.say = say,
		.sink = { .record = record, .arg = &out },
	};
	struct trace_result result;
	struct err err = ERR_INIT;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--pid1") == 0)
			options.pid1 = true;
		else if (i + 1 < argc && strcmp(argv[i], "-o") == 0)
			out = open(argv[++i], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
				   0644);
		else if (i + 1 < argc && strcmp(argv[i], "--wake") == 0)
			options.wake = wake_named(argv[++i]);
		else if (i + 1 < argc && strcmp(argv[i], "--for") == 0)
			(void)num_duration_ms(argv[++i], &options.for_ms);
	}
	if (i + 1 >= argc)
		return 2;
	options.argv = argv + i + 1;
	if (trace_run(&options, &result, &err) < 0) {
		(void)dprintf(2, "trace_life: %s\n", err.msg);
		return result.status;
	}
	trace_end_as(&result);
}
