/* SPDX-License-Identifier: MIT
 *
 * Runs every line of tests/cases/controls.tests.
 */
#include <stdio.h>

#include "checks/control.h"
#include "tests/unit/given.h"
#include "tests/unit/golden.h"

#define HALVES 2 /* declared, observed */
static const char *const halves[HALVES] = { "declared", "observed" };

#define CONTROLS_MAX 100
static bool covered[CONTROLS_MAX][HALVES][VERDICT_COUNT];

static size_t index_of(const struct control *c)
{
	size_t n = 0;

	while (controls[n] != c)
		n++;
	assert_true(n < CONTROLS_MAX);
	return n;
}

static int half_of(const char *word)
{
	return strcmp(word, halves[1]) == 0;
}

static int verdict_of(const char *word)
{
	for (int v = 0; v < VERDICT_COUNT; v++)
		if (strcmp(verdict_names[v], word) == 0)
			return v;
	fail_msg("%s is no verdict", word);
	return 0;
}

static void run_case(const struct control *c, int half, int verdict, const char *words,
		     size_t line)
{
	struct report r;

	given_good(&r);
	given(&r, words);
	given_judged(&r, NULL);
	const struct finding *f = given_finding(&r, c->id, NULL);
	assert_non_null(f);
	const enum verdict got = half ? f->observed : f->declared;

	if ((int)got != verdict)
		fail_msg("line %zu: %s %s is %s, not %s (%s | %s)", line, c->id,
			 halves[half], verdict_names[got], verdict_names[verdict],
			 f->declared_text, f->observed_text);
	assert_string_not_equal(half ? f->observed_text : f->declared_text, "");
	report_done(&r);
}

/* "ECS.5 declared fail c.readonly_root=false", or "... never fail: reason". */
static void run_line(char *text, size_t line)
{
	char *rest = text, *id = strsep(&rest, " \t");

	while (rest && isspace((unsigned char)*rest))
		rest++;
	char *half = strsep(&rest, " \t");
	while (rest && isspace((unsigned char)*rest))
		rest++;
	char *verdict = strsep(&rest, " \t");
	const struct control *c = control_find(id);

	if (!c || !half || !verdict)
		fail_msg("line %zu cannot be read", line);
	bool *cover = covered[index_of(c)][half_of(half)];
	if (strcmp(verdict, "never") != 0) {
		cover[verdict_of(verdict)] = true;
		run_case(c, half_of(half), verdict_of(verdict), rest ? rest : "", line);
		return;
	}
	while (rest && isspace((unsigned char)*rest))
		rest++;
	char *which = strsep(&rest, ":");
	for (char *one; (one = strsep(&which, ",")) != NULL;) {
		assert_false(cover[verdict_of(one)]);
		cover[verdict_of(one)] = true;
	}
	assert_non_null(rest); /* the reason */
}

TEST(each_case_gives_its_verdict)
{
	AUTO_FREE char *path = golden_path("cases/controls.tests");
	AUTO_FCLOSE FILE *file = fopen(path, "re");
	char text[1024];

	assert_non_null(file);
	for (size_t line = 1; fgets(text, sizeof(text), file); line++) {
		text[strcspn(text, "\n")] = '\0';
		if (text[0] && text[0] != '#')
			run_line(text, line);
	}
}

/* Pass, fail and unknown each want a line, or one that says why there is none. */
TEST(each_control_has_a_case_for_each_verdict)
{
	for (size_t n = 0; controls[n]; n++)
		for (int half = 0; half < HALVES; half++)
			for (int v = 0; v < VERDICT_NOT_APPLICABLE; v++) {
				const struct control *c = controls[n];
				bool has =
					half ? c->observed != NULL : c->declared != NULL;

				if (has && !covered[n][half][v])
					fail_msg("%s lacks a case: %s %s", c->id,
						 halves[half], verdict_names[v]);
			}
}

TEST(each_control_says_all_it_has_to)
{
	for (size_t n = 0; controls[n]; n++) {
		const struct control *c = controls[n];

		assert_ptr_equal(control_find(c->id), c);
		assert_non_null(c->title);
		assert_non_null(c->remedy);
		assert_true(c->declared || c->observed);
		assert_true(!c->observed || c->requires);
		assert_true(c->severity >= SEVERITY_LOW);
	}
	assert_non_null(control_find("ecs.5"));
	assert_null(control_find("ECS.55"));
}

/* Without facts, metadata and definition nothing passes and nothing fails. */
TEST(nothing_known_is_never_a_pass)
{
	struct report r = { 0 };

	assert_non_null(LIST_ADD(&r.facts, struct facts));
	given_judged(&r, NULL);
	assert_true(r.findings.len > 0);
	LIST_EACH (const struct finding, f, &r.findings) {
		assert_true(f->declared == VERDICT_UNKNOWN ||
			    f->declared == VERDICT_NOT_APPLICABLE);
		assert_true(f->observed == VERDICT_UNKNOWN ||
			    f->observed == VERDICT_NOT_APPLICABLE);
	}
	assert_int_equal(r.summary.exit_status, 3);
	report_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case_gives_its_verdict),
		cmocka_unit_test(each_control_has_a_case_for_each_verdict),
		cmocka_unit_test(each_control_says_all_it_has_to),
		cmocka_unit_test(nothing_known_is_never_a_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
