/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "checks/input/metadata.h"
#include "core/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The three documents have so much in common that one input does for all. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(task_done) struct task task = { 0 };
	struct running_container container = { 0 };
	struct list stats = { 0 };
	const char *text = (const char *)data;
	struct err err = ERR_INIT;

	int failed = metadata_parse_task(text, size, &task, &err);
	if (task.metadata.known == (failed != 0))
		abort();
	LIST_EACH (const struct running_container, c, &task.containers)
		if (!c->name || (c->docker_id && !*c->docker_id))
			abort();
	if (metadata_parse_container(text, size, &container, &err) == 0 &&
	    !container.name)
		abort();
	(void)metadata_parse_stats(text, size, &stats, &err);
	record_done(&running_container_type, &container);
	record_list_done(&container_stats_type, &stats);
	return 0;
}
