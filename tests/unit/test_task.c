/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "core/cleanup.h"
#include "core/report.h"
#include "core/table.h"
#include "tests/unit/test.h"

static struct task task_with(const char *family, int64_t revision, const char *family_run,
			     const char *revision_run)
{
	struct task t = { 0 };

	t.metadata.known = t.definition.part.known = true;
	t.definition.source = strdup("td.json");
	if (family) {
		t.definition.family.at.state = VALUE_DECLARED;
		t.definition.family.value = strdup(family);
	}
	if (revision) {
		t.definition.revision.at.state = VALUE_DECLARED;
		t.definition.revision.value = revision;
	}
	t.family = family_run ? strdup(family_run) : NULL;
	t.revision = revision_run ? strdup(revision_run) : NULL;
	return t;
}

TEST(reconcile_finds_the_same)
{
	AUTO(task_done) struct task t = task_with("shop", 12, "shop", "12");

	task_reconcile(&t);
	assert_false(t.definition.stale);
	assert_null(t.definition.part.why);
}

TEST(reconcile_finds_another_revision_or_family)
{
	AUTO(task_done) struct task a = task_with("shop", 11, "shop", "12");
	AUTO(task_done) struct task b = task_with("shop", 12, "stop", "12");
	AUTO(task_done) struct task c = task_with("shop", 1, "shop", "12");

	task_reconcile(&a);
	assert_true(a.definition.stale);
	assert_string_equal(a.definition.part.why,
			    "td.json is shop:11, but the task runs shop:12");
	task_reconcile(&b);
	assert_true(b.definition.stale);
	task_reconcile(&c);
	assert_true(c.definition.stale);
}

TEST(reconcile_says_when_it_cannot_compare)
{
	AUTO(task_done) struct task a = task_with(NULL, 12, "shop", "12");
	AUTO(task_done) struct task b = task_with("shop", 0, "shop", "12");
	AUTO(task_done) struct task c = task_with("shop", 12, NULL, "12");
	AUTO(task_done) struct task d = task_with("shop", 12, "shop", NULL);
	struct task *const all[] = { &a, &b, &c, &d };

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		task_reconcile(all[i]);
		assert_true(all[i]->definition.stale);
		assert_non_null(
			strstr(all[i]->definition.part.why, "cannot be compared"));
	}
}

TEST(reconcile_finds_another_family_without_a_revision)
{
	AUTO(task_done) struct task a = task_with("shop", 0, "stop", "12");
	AUTO(task_done) struct task b = task_with(NULL, 11, "shop", "12");

	task_reconcile(&a);
	assert_true(a.definition.stale);
	assert_string_equal(a.definition.part.why,
			    "td.json is shop:?, but the task runs stop:12");
	task_reconcile(&b);
	assert_true(b.definition.stale);
}

TEST(reconcile_needs_both_sides)
{
	AUTO(task_done) struct task t = task_with("shop", 11, "shop", "12");

	t.metadata.known = false;
	task_reconcile(&t);
	assert_false(t.definition.stale);
	t.metadata.known = true;
	t.definition.part.known = false;
	task_reconcile(&t);
	assert_false(t.definition.stale);
}

TEST(task_finds_by_name)
{
	AUTO(task_done) struct task t = { 0 };

	LIST_ADD(&t.containers, struct running_container)->name = strdup("a");
	LIST_ADD(&t.definition.containers, struct container_definition)->name =
		strdup("b");
	assert_non_null(task_running(&t, "a"));
	assert_null(task_running(&t, "b"));
	assert_non_null(task_definition_of(&t, "b"));
	assert_null(task_definition_of(&t, "a"));
	assert_null(task_definition_of(&t, "B"));
}

/* docs/ARCHITECTURE.md has the same table. */
TEST(standings_are_those_of_the_table)
{
	static const enum standing table[VERDICT_COUNT][VERDICT_COUNT] = {
		/* observed: unknown, pass, fail, not-applicable */
		{ STANDING_UNKNOWN, STANDING_OBSERVED_ONLY, STANDING_OBSERVED_ONLY,
		  STANDING_UNKNOWN },
		{ STANDING_DECLARED_ONLY, STANDING_CONFIRMED, STANDING_CONTRADICTED,
		  STANDING_DECLARED_ONLY },
		{ STANDING_DECLARED_ONLY, STANDING_UNDECLARED, STANDING_FAILED,
		  STANDING_DECLARED_ONLY },
		{ STANDING_NOT_APPLICABLE, STANDING_OBSERVED_ONLY, STANDING_OBSERVED_ONLY,
		  STANDING_NOT_APPLICABLE },
	};

	for (int d = 0; d < VERDICT_COUNT; d++)
		for (int o = 0; o < VERDICT_COUNT; o++)
			assert_int_equal(standing_of((enum verdict)d, (enum verdict)o),
					 table[d][o]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reconcile_finds_the_same),
		cmocka_unit_test(reconcile_finds_another_revision_or_family),
		cmocka_unit_test(reconcile_says_when_it_cannot_compare),
		cmocka_unit_test(reconcile_finds_another_family_without_a_revision),
		cmocka_unit_test(reconcile_needs_both_sides),
		cmocka_unit_test(task_finds_by_name),
		cmocka_unit_test(standings_are_those_of_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
