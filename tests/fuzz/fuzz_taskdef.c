/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "checks/input/taskdef.h"
#include "core/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct definition d = { 0 };
	struct err err = ERR_INIT;

	int failed = taskdef_parse((const char *)data, size, "fuzz", &d, &err);
	if (d.part.known == (failed != 0) || (failed && !err.msg[0]))
		abort();
	LIST_EACH (const struct container_definition, c, &d.containers)
		if (c->readonly_root.at.state == VALUE_UNKNOWN || !c->name)
			abort();
	record_done(&definition_type, &d);
	return 0;
}
