/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "probe/proc/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(identity_done) struct identity_facts who = { 0 };
	AUTO_FREE char *text = strndup((const char *)data, size);
	struct err err = ERR_INIT;

	if (text)
		(void)status_parse(text, &who, &err);
	return 0;
}
