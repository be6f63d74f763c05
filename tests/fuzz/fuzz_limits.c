/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "probe/proc/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = strndup((const char *)data, size);
	struct limits_facts facts = { 0 };
	struct err err = ERR_INIT;
	int64_t max;

	(void)limits_parse((const char *)data, size, &facts, &err);
	if (text)
		(void)limits_parse_max(text, &max);
	return 0;
}
