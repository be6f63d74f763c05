/* SPDX-License-Identifier: MIT
 *
 * test_plan_forms.c - one plan in each form, as a whole page, and that no text of
 * others ends its quotes or its comment.
 */
#include <string.h>

#include "checks/plan/fit.h"
#include "checks/plan/fragment.h"
#include "core/table.h"
#include "tests/unit/golden.h"
#include "tests/unit/plan_forms.h"

/* One of each kind, with texts that must not break out of what they are put into. */
static const char web_plan[] =
	"{\"container\":\"web\",\"runs\":5,\"entries\":3,\"mounts\":["
	"{\"path\":\"/tmp\",\"kind\":\"tmpfs\",\"uid\":101,\"gid\":101,\"mode\":1023,"
	"\"size_mib\":64,\"seen_bytes\":2500000,\"options\":[\"noexec\",\"nosuid\","
	"\"nodev\",\"uid=101\",\"gid=101\",\"mode=1777\"],\"carries_image_content\":"
	"false,"
	"\"entries\":0,\"reason\":\"short-lived files, at most 2.3 MiB seen\","
	"\"paths\":[\"/tmp/a\",\"/tmp/b\"],\"path_count\":12,\"writes\":340},"
	"{\"path\":\"/var/lib/app\",\"kind\":\"volume\",\"volume\":\"var-lib-app\","
	"\"uid\":101,\"gid\":101,\"mode\":493,\"size_mib\":0,\"seen_bytes\":-1,"
	"\"options\":[],\"carries_image_content\":true,\"entries\":3,"
	"\"reason\":\"files of the image are changed there\\nand \\\"kept\\\"\","
	"\"paths\":[\"/var/lib/app/db\"],\"path_count\":1,\"writes\":7}],"
	"\"image_changes\":[{\"dockerfile\":\"VOLUME [\\\"/var/lib/app\\\"]\","
	"\"reason\":\"Fargate copies the image's content into the volume\"}],"
	"\"environment\":[{\"name\":\"TMPDIR\",\"value\":\"/tmp/${x} %{y} $z\","
	"\"reason\":\"python looks there\"}],"
	"\"by_hand\":[],"
	"\"ignored\":[{\"path\":\"/usr/lib/__pycache__\",\"reason\":\"failed without a "
	"read-only root too\"}],"
	"\"advice\":[{\"program\":\"nginx\",\"advice\":\"client_body_temp_path moves "
	"it\","
	"\"source\":\"nginx.org\"}],"
	"\"risks\":[\"/tmp/b was written in 1 run of 5\"]}";

static const char api_plan[] =
	"{\"container\":\"api\",\"runs\":1,\"truncated\":1,\"mounts\":[{\"path\":"
	"\"/srv/shared\",\"kind\":\"efs\",\"uid\":0,\"gid\":0,\"mode\":493,"
	"\"seen_bytes\":1048576,\"reason\":\"replicas share "
	"it\",\"paths\":[\"/srv/shared/"
	"x\"],\"path_count\":1,\"writes\":1}],\"by_hand\":[{\"path\":\"/etc/passwd\","
	"\"change\":\"make the entry point not write it\",\"reason\":\"a file beside the "
	"image's own\"}],\"risks\":[\"1 of 1 runs have no end record\"]}";

static const char definition[] =
	"{\"family\":\"shop\",\"containerDefinitions\":[{\"name\":\"web\",\"image\":"
	"\"w\"},{\"name\":\"api\",\"image\":\"a\"}]}";

static void given_both(struct given_plans *g)
{
	struct err err = ERR_INIT;

	given_definition(g, definition);
	given_plan(g, web_plan);
	given_plan(g, api_plan);
	g->document.plans = &g->plans;
	if (plan_fit(&g->plans, &g->definition, LAUNCH_FARGATE, &err) < 0)
		fail_msg("%s", err.msg);
}

static void check(void (*write)(const struct plan_document *, struct str *),
		  const char *file)
{
	GIVEN_PLANS g = GIVEN_PLANS_INIT;
	AUTO(str_done) struct str out = STR_INIT(PLAN_TEXT_MAX);

	given_both(&g);
	write(&g.document, &out);
	assert_int_equal(out.error, 0);
	golden_check(file, out.s);
}

TEST(json_is_a_document)
{
	check(plan_json, "golden/plan-several.json");
}

TEST(taskdef_is_a_definition)
{
	check(plan_taskdef, "golden/plan-taskdef.json");
}

TEST(cloudformation_is_a_fragment)
{
	check(plan_cloudformation, "golden/plan-cloudformation.yml");
}

TEST(terraform_is_a_fragment)
{
	check(plan_terraform, "golden/plan-terraform.tf");
}

TEST(compose_is_a_file)
{
	check(plan_compose, "golden/plan-compose.yml");
}

TEST(dockerfile_is_lines)
{
	check(plan_dockerfile, "golden/plan-dockerfile.txt");
}

static void text_in_log(const struct plan_document *d, struct str *out)
{
	plan_text(d, &(struct text_style){ .color = false }, out);
}

static void text_on_terminal(const struct plan_document *d, struct str *out)
{
	plan_text(d, &(struct text_style){ .color = true, .width = 72 }, out);
}

TEST(text_explains_itself)
{
	check(text_in_log, "golden/plan-log.txt");
	check(text_on_terminal, "golden/plan-color.txt");
}

/* Of one container the members are the document's own. */
TEST(json_of_one_container_is_flat)
{
	GIVEN_PLANS g = GIVEN_PLANS_INIT;
	AUTO(str_done) struct str out = STR_INIT(PLAN_TEXT_MAX);

	given_plan(&g, web_plan);
	g.document.plans = &g.plans;
	plan_json(&g.document, &out);
	AUTO_FREE char *got = compact(out.s);
	assert_has(got, "{\"schema\":\"taskprobe.plan/1\",\"container\":\"web\",");
	assert_lacks(got, "task_definition");
	assert_lacks(got, "containers");
}

TEST(quotes_hold_what_is_in_them)
{
	static const struct {
		void (*quote)(struct str *, const char *);
		const char *text, *quoted;
	} cases[] = {
		{ fragment_yaml, "a\"b\\c\nd", "\"a\\\"b\\\\c\\u000ad\"" },
		{ fragment_yaml, "\xe2\x80\xa8\xc2\x85\xef\xbb\xbf\x7f",
		  "\"\\u2028\\u0085\\ufeff\\u007f\"" },
		{ fragment_yaml, "\xff\xc3\xb6", "\"\\ufffd\xc3\xb6\"" },
		{ fragment_yaml, "${A}", "\"${A}\"" },
		{ fragment_hcl, "${A} %{B} $${C} {D}",
		  "\"$\\u007bA} %\\u007bB} $$\\u007bC} {D}\"" },
		{ fragment_hcl, "\"}\n", "\"\\\"}\\u000a\"" },
		{ fragment_compose, "$A ${B}", "\"$$A $${B}\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(str_done) struct str out = STR_INIT(4096);

		cases[i].quote(&out, cases[i].text);
		assert_string_equal(out.s, cases[i].quoted);
	}
}

TEST(a_comment_ends_where_we_end_it)
{
	AUTO(str_done) struct str out = STR_INIT(65536);

	fragment_comment(&out, 2, "one\ntwo\r\x1b[31mthree");
	assert_string_equal(out.s, "  # one\\ntwo\\x0d\\e[31mthree\n");
	str_reset(&out);
	fragment_comment(&out, 0, "");
	assert_string_equal(out.s, "#\n");
	str_reset(&out);
	for (int i = 0; i < 40; i++)
		(void)str_puts(&out, "word ");
	AUTO(str_done) struct str lines = STR_INIT(65536);
	fragment_comment(&lines, 4, out.s);
	for (const char *line = lines.s; *line;) {
		const size_t n = strcspn(line, "\n");

		assert_true(n <= 88 && strncmp(line, "    # word", 10) == 0);
		line += n + 1;
	}
}

/* What is not one line would be an instruction that nobody planned. */
TEST(a_line_of_the_dockerfile_is_one_line)
{
	GIVEN_PLANS g = GIVEN_PLANS_INIT;
	AUTO(str_done) struct str out = STR_INIT(65536);

	given_plan(&g,
		   "{\"container\":\"w\\nRUN evil\",\"image_changes\":[{"
		   "\"dockerfile\":\"RUN true\\nRUN evil\",\"reason\":\"x\\nRUN evil\"}"
		   "]}");
	g.document.plans = &g.plans;
	plan_dockerfile(&g.document, &out);
	assert_lacks(out.s, "\nRUN evil");
	assert_has(out.s, "# left out");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_a_document),
		cmocka_unit_test(taskdef_is_a_definition),
		cmocka_unit_test(cloudformation_is_a_fragment),
		cmocka_unit_test(terraform_is_a_fragment),
		cmocka_unit_test(compose_is_a_file),
		cmocka_unit_test(dockerfile_is_lines),
		cmocka_unit_test(text_explains_itself),
		cmocka_unit_test(json_of_one_container_is_flat),
		cmocka_unit_test(quotes_hold_what_is_in_them),
		cmocka_unit_test(a_comment_ends_where_we_end_it),
		cmocka_unit_test(a_line_of_the_dockerfile_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
