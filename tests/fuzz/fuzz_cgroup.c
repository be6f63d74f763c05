/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>

#include "core/cleanup.h"
#include "core/list.h"
#include "probe/proc/cgroup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(cgroup_lines_done) struct cgroup_lines lines = { 0 };
	AUTO(texts_done) struct list ids = { 0 };
	struct err err = ERR_INIT;
	bool ambiguous;

	if (cgroup_parse((const char *)data, size, &lines, &err) < 0)
		return 0;
	if (texts_add(&ids, "0123456789ab") == 0 && texts_add(&ids, "aaaaaaaaaaaa") == 0)
		(void)cgroup_container_id(&lines, &ids, &ambiguous);
	return 0;
}
