/* SPDX-License-Identifier: MIT */
#include "probe/proc/cgroup.h"

#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "tests/unit/test.h"

#define ID_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID_B "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define ID_F "cd189a933e5849daa93386466019ab50-2495160603"

static int parse(const char *text, struct cgroup_lines *ret)
{
	struct err err = ERR_INIT;

	return cgroup_parse(text, strlen(text), ret, &err);
}

TEST(every_hierarchy_is_taken)
{
	AUTO(cgroup_lines_done) struct cgroup_lines lines = { 0 };

	assert_int_equal(
		parse("12:cpu,cpuacct:/docker/x\n1:name=systemd:/a:b:c\n0::/unified\n",
		      &lines),
		0);
	assert_int_equal(lines.list.len, 3);
	const struct cgroup_line *l = lines.list.items;
	assert_string_equal(l[0].controllers, "cpu,cpuacct");
	assert_string_equal(l[0].path, "/docker/x");
	assert_false(l[0].v2);
	assert_string_equal(l[1].path, "/a:b:c");
	assert_string_equal(l[2].controllers, "");
	assert_string_equal(l[2].path, "/unified");
	assert_true(l[2].v2);
}

TEST(the_mark_of_a_removed_cgroup_is_not_its_name)
{
	AUTO(cgroup_lines_done) struct cgroup_lines lines = { 0 };

	assert_int_equal(parse("0::/ecs/" ID_A " (deleted)\n", &lines), 0);
	assert_string_equal(LIST_AT(&lines.list, struct cgroup_line, 0)->path,
			    "/ecs/" ID_A);
}

TEST(malformed_lines_are_refused)
{
	static const char *const bad[] = { "\n",	"0\n",	  "0:\n",
					   "0::\n",	"0::x\n", "1:pids\n",
					   "1:pids:\n", "::\n",	  "0::/\n\n" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct cgroup_lines lines = { 0 };

		if (parse(bad[i], &lines) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
		assert_null(lines.list.items);
	}
}

struct id_case {
	const char *text;
	const char *id;
	bool ambiguous;
};

TEST(an_id_is_found_as_a_whole_component)
{
	static const struct id_case cases[] = {
		{ "0::/ecs/task/" ID_A "\n", ID_A, false },
		{ "4:memory:/docker/" ID_A "\n0::/\n", ID_A, false },
		{ "0::/../" ID_B "\n", ID_B, false },
		{ "0::/" ID_A "/sub/group\n", ID_A, false },
		{ "0::/system.slice/docker-" ID_A ".scope\n", ID_A, false },
		{ "0::/kubepods.slice/cri-containerd-" ID_A ".scope\n", ID_A, false },
		{ "0::/libpod_parent/libpod-" ID_A "\n", ID_A, false },
		{ "0::/ecs/" ID_F "\n", ID_F, false },
		{ "0::/ecs/" ID_A " (deleted)\n", ID_A, false },
		{ "1:a:/x/" ID_A "\n2:b:/x/" ID_A "\n", ID_A, false },
		{ "1:a:/x/" ID_A "\n2:b:/x/" ID_B "\n", NULL, true },
		{ "0::/" ID_A "/" ID_B "\n", NULL, true },
		{ "0::/" ID_A "/" ID_B "/" ID_A "\n", NULL, true },
		{ "0::/\n", NULL, false },
		{ "0::/ecs/0" ID_A "\n", NULL, false },
		{ "0::/ecs/" ID_A "0\n", NULL, false },
		{ "0::/ecs/x" ID_A "\n", NULL, false },
		{ "0::/ecs/evil-" ID_A ".scope\n", NULL, false },
		{ "0::/" ID_A ".scope\n", NULL, false },
		{ "0::/docker-" ID_A ".scope.d\n", NULL, false },
		{ "0::/docker-" ID_A ".service\n", NULL, false },
		{ "0::/tooshort\n", NULL, false },
		{ "", NULL, false },
	};
	AUTO(texts_done) struct list ids = { 0 };

	assert_int_equal(texts_add(&ids, ""), 0);
	assert_int_equal(texts_add(&ids, "tooshort"), 0);
	assert_int_equal(texts_add(&ids, ID_A), 0);
	assert_int_equal(texts_add(&ids, ID_B), 0);
	assert_int_equal(texts_add(&ids, ID_F), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(cgroup_lines_done) struct cgroup_lines lines = { 0 };
		bool ambiguous = true;

		assert_int_equal(parse(cases[i].text, &lines), 0);
		const char *id = cgroup_container_id(&lines, &ids, &ambiguous);
		if (!str_equal(id, cases[i].id) || ambiguous != cases[i].ambiguous)
			fail_msg("%s: %s, ambiguous %d", cases[i].text, id ? id : "none",
				 ambiguous);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_hierarchy_is_taken),
		cmocka_unit_test(the_mark_of_a_removed_cgroup_is_not_its_name),
		cmocka_unit_test(malformed_lines_are_refused),
		cmocka_unit_test(an_id_is_found_as_a_whole_component),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
