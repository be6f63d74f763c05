/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/cleanup.h"
#include "probe/proc/mounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(mounts_facts_done) struct mounts_facts facts = { 0 };
	struct mount_fact *root;
	struct err err = ERR_INIT;

	if (mounts_parse((const char *)data, size, &facts, &err) < 0)
		return 0;
	(void)mounts_root(&facts, &root);
	/* Sorted, each path once, and found again. */
	for (size_t i = 0; i < facts.list.len; i++) {
		const char *path = LIST_AT(&facts.list, struct mount_fact, i)->path;

		if (!mounts_is_point(&facts, path) ||
		    (i > 0 && strcmp(LIST_AT(&facts.list, struct mount_fact, i - 1)->path,
				     path) >= 0))
			__builtin_trap();
	}
	return 0;
}
