/* SPDX-License-Identifier: MIT
 *
 * golden.h - files that a test's output must equal byte for byte. UPDATE=1 in the
 * environment rewrites them; read the difference before committing it.
 */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/str.h"
#include "tests/unit/test.h"

#define GOLDEN_MAX (8 << 20)

/* The folder tests/, which FIXTURES ends below; by name, for tests/fixtures may be
 * empty and then is not in a checkout. Freed by the caller. */
static inline char *golden_path(const char *path)
{
	return str_format("%.*s/%s", (int)(sizeof(FIXTURES) - sizeof("/fixtures")),
			  FIXTURES, path);
}

/* 'path' is relative to tests/. */
static inline void golden_check(const char *path, const char *text)
{
	AUTO_FREE char *full = golden_path(path);
	const char *update = getenv("UPDATE");
	AUTO(str_done) struct str have = STR_INIT(GOLDEN_MAX);
	char block[4096];
	size_t n;

	if (update && strcmp(update, "1") == 0) {
		AUTO_FCLOSE FILE *out = fopen(full, "we");

		assert_non_null(out);
		assert_int_equal(fwrite(text, 1, strlen(text), out), strlen(text));
		return;
	}
	AUTO_FCLOSE FILE *in = fopen(full, "re");
	if (!in)
		fail_msg("%s is missing: UPDATE=1 writes it", path);
	while ((n = fread(block, 1, sizeof(block), in)) > 0)
		assert_int_equal(str_add(&have, block, n), 0);
	if (strcmp(have.s, text) != 0) {
		print_message("%s\n", text);
		fail_msg("%s differs from the above: UPDATE=1 rewrites it", path);
	}
}

#endif
