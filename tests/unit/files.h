/* SPDX-License-Identifier: MIT
 *
 * files.h - small files for the test of a verb, in the directory that it works in.
 */
#ifndef TESTS_UNIT_FILES_H
#define TESTS_UNIT_FILES_H

#include <string.h>

#include "agent/files.h"
#include "tests/unit/test.h"

static inline void put(const char *name, const char *text)
{
	struct err err = ERR_INIT;

	if (file_write(name, text, strlen(text), &err) < 0)
		fail_msg("%s", err.msg);
}

/* The caller frees it. */
static inline char *content(const char *name)
{
	struct str text = STR_INIT(16 << 20);
	struct err err = ERR_INIT;

	if (file_read(name, &text, &err) < 0)
		fail_msg("%s", err.msg);
	return str_take(&text);
}

#endif
