/* SPDX-License-Identifier: MIT
 *
 * test_generated.c - files that are written from tables are committed as the
 * tables have them: those of docs/schema, and docs/CONTROLS.md.
 */
#include "checks/control.h"
#include "checks/report/catalogue.h"
#include "core/facts.h"
#include "core/json.h"
#include "tests/unit/given.h"
#include "tests/unit/golden.h"

/* The generator is a tool of the tests, not a library. */
#include "tests/tools/schema.c"

static void check(void (*generate)(struct str *out), const char *path)
{
	AUTO(str_done) struct str out = STR_INIT(GOLDEN_MAX);

	generate(&out);
	assert_int_equal(out.error, 0);
	golden_check(path, out.s);
}

TEST(the_schema_of_reports_is_that_of_the_tables)
{
	check(schema_report, "../docs/schema/report.json");
}

TEST(the_schema_of_facts_is_that_of_the_tables)
{
	check(schema_facts, "../docs/schema/facts.json");
}

TEST(the_schema_of_plans_is_that_of_the_tables)
{
	check(schema_plan, "../docs/schema/plan.json");
}

TEST(the_schema_of_rehearsals_is_that_of_the_tables)
{
	check(schema_rehearsal, "../docs/schema/rehearsal.json");
}

TEST(the_page_on_controls_is_that_of_the_constants)
{
	check(catalogue_markdown, "../docs/CONTROLS.md");
}

TEST(no_two_types_of_a_schema_have_one_name)
{
	struct types types = { .n = 0 };

	meet(&types, &report_type);
	meet(&types, &plan_type);
	meet(&types, &rehearsal_type);
	assert_true(types.n > 20 && types.n < TYPES_MAX);
	for (size_t i = 0; i < types.n; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(types.met[i]->name, types.met[j]->name);
}

/* A text that is always there must be a text of that type. */
TEST(each_text_that_is_always_there_exists)
{
	struct types types = { .n = 0 };

	meet(&types, &report_type);
	meet(&types, &plan_type);
	meet(&types, &rehearsal_type);
	for (size_t n = 0; n < ARRAY_LEN(always); n++) {
		bool found = false;

		for (size_t i = 0; i < types.n; i++)
			for (const struct field *f = types.met[i]->fields; f->name; f++)
				found |=
					strcmp(types.met[i]->name, always[n].type) == 0 &&
					strcmp(f->name, always[n].member) == 0;
		assert_true(found);
	}
}

TEST(the_catalogue_names_every_control_in_every_form)
{
	AUTO(str_done) struct str text = STR_INIT(GOLDEN_MAX);
	AUTO(str_done) struct str json = STR_INIT(GOLDEN_MAX);
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	struct err err = ERR_INIT;
	const struct json *one;

	catalogue_text(&text);
	catalogue_json(&json);
	assert_int_equal(json_parse(json.s, json.len, &doc, &err), 0);
	one = json_first(json_get(doc.root, "controls"));
	for (const struct control *const *c = controls; *c; c++, one = json_next(one)) {
		assert_non_null(strstr(text.s, (*c)->id));
		assert_string_equal(json_text(json_get(one, "id")), (*c)->id);
	}
	assert_null(one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_schema_of_reports_is_that_of_the_tables),
		cmocka_unit_test(the_schema_of_facts_is_that_of_the_tables),
		cmocka_unit_test(the_schema_of_plans_is_that_of_the_tables),
		cmocka_unit_test(the_schema_of_rehearsals_is_that_of_the_tables),
		cmocka_unit_test(the_page_on_controls_is_that_of_the_constants),
		cmocka_unit_test(no_two_types_of_a_schema_have_one_name),
		cmocka_unit_test(each_text_that_is_always_there_exists),
		cmocka_unit_test(the_catalogue_names_every_control_in_every_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
