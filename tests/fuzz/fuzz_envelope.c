/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "checks/input/taskdef.h"
#include "core/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(str_done) struct str out = STR_INIT(64 * 1024);
	struct definition d = { 0 };
	struct err err = ERR_INIT;

	if (envelope_open((const char *)data, size, &out, &err) == 0)
		(void)taskdef_parse(out.s, out.len, "fuzz", &d, &err);
	else if (!err.msg[0])
		abort();
	record_done(&definition_type, &d);
	return 0;
}
