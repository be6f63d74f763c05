/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/report.h"
#include "tests/unit/test.h"

/* docs/ARCHITECTURE.md shows the same table; it is written out here once more, so
 * that a slip in the one in core/report.c shows. */
static const struct {
	const char *declared, *observed, *standing;
} table[] = {
	{ "pass", "pass", "confirmed" },
	{ "pass", "fail", "contradicted" },
	{ "pass", "unknown", "declared-only" },
	{ "pass", "not-applicable", "declared-only" },
	{ "fail", "pass", "undeclared" },
	{ "fail", "fail", "failed" },
	{ "fail", "unknown", "declared-only" },
	{ "fail", "not-applicable", "declared-only" },
	{ "unknown", "pass", "observed-only" },
	{ "unknown", "fail", "observed-only" },
	{ "unknown", "unknown", "unknown" },
	{ "unknown", "not-applicable", "unknown" },
	{ "not-applicable", "pass", "observed-only" },
	{ "not-applicable", "fail", "observed-only" },
	{ "not-applicable", "unknown", "not-applicable" },
	{ "not-applicable", "not-applicable", "not-applicable" },
};

static enum verdict verdict(const char *name)
{
	for (int v = 0; v < VERDICT_COUNT; v++)
		if (strcmp(verdict_names[v], name) == 0)
			return (enum verdict)v;
	fail_msg("no verdict %s", name);
	return VERDICT_UNKNOWN;
}

TEST(every_pair_has_its_standing)
{
	bool seen[VERDICT_COUNT][VERDICT_COUNT] = { 0 };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		enum verdict d = verdict(table[i].declared),
			     o = verdict(table[i].observed);

		assert_string_equal(standing_names[standing_of(d, o)], table[i].standing);
		assert_false(seen[d][o]);
		seen[d][o] = true;
	}
	assert_int_equal(sizeof(table) / sizeof(table[0]), VERDICT_COUNT * VERDICT_COUNT);
}

TEST(zeroed_memory_is_unknown)
{
	const struct finding f = { 0 };

	assert_string_equal(verdict_names[f.declared], "unknown");
	assert_string_equal(standing_names[f.standing], "unknown");
	assert_int_equal(standing_of(f.declared, f.observed), STANDING_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_has_its_standing),
		cmocka_unit_test(zeroed_memory_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
