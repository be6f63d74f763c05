/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>

#include "probe/fs/access.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever parses can be asked, and an answer without capabilities is yes or no. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct acl acl = { 0 };
	struct err err = ERR_INIT;
	const struct identity_facts who = { .part.known = true,
					    .fsuid = 1000,
					    .fsgid = 1000 };
	struct access_object o = { .mode = 0100070, .acl = &acl };

	if (acl_parse(data, size, &acl, &err) < 0)
		return 0;
	if (acl.len > ACL_ENTRIES_MAX)
		abort();
	for (unsigned want = 0; want < 8; want++)
		if (access_check(&who, &o, want) == TRI_UNKNOWN)
			abort();
	return 0;
}
