/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>

#include "probe/proc/stat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct stat_line stat;

	(void)stat_parse((const char *)data, size, &stat, &err);
	return 0;
}
