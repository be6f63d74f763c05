/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>

#include "core/cleanup.h"
#include "probe/proc/environ.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(environ_facts_done) struct environ_facts facts = { 0 };
	struct err err = ERR_INIT;

	(void)environ_parse((const char *)data, size, &facts, &err);
	return 0;
}
