/* SPDX-License-Identifier: MIT
 *
 * test_plan_input.c - plans of what comes from anywhere: other containers, broken
 * paths, a great many of them; and what a plan says of what was not seen.
 */
#include <stdio.h>
#include <stdlib.h>

#include "checks/plan/slice.h"
#include "core/json.h"
#include "core/rehearsal.h"
#include "tests/unit/plan_given.h"

static int refused(struct inventory *inventory, struct err *err)
{
	const struct plan_options options = { .memory_mib = -1 };
	struct plan plan = { 0 };
	const int r = plan_make(inventory, &options, &plan, err);

	if (r == 0)
		plan_done(&plan);
	inventory_done(inventory);
	return r;
}

#define REFUSED(inventory, words)                                     \
	do {                                                          \
		struct err err_ = ERR_INIT;                           \
                                                                      \
		assert_int_equal(refused(inventory, &err_), -EINVAL); \
		if (!strstr(err_.msg, words))                         \
			fail_msg("%s: not for %s", err_.msg, words);  \
	} while (0)

TEST(nothing_is_no_inventory)
{
	REFUSED(inventory_new(), "no inventory");
}

TEST(a_run_that_wrote_nothing_needs_nothing)
{
	AUTO(plan_done) struct plan plan = planned(given_run());

	MOUNTS_ARE(&plan);
	assert_int_equal(plan.runs, 1);
	assert_int_equal(plan.risks.len, 1);
	assert_true(has_risk(&plan, "one run"));
}

TEST(a_plan_is_for_one_container)
{
	struct inventory *i = given_run();

	given(i, "{\"record\":\"run\",\"schema\":\"taskprobe.inventory/1\",\"id\":\"2\","
		 "\"container\":\"db\"}");
	REFUSED(i, "different containers");
}

TEST(paths_are_plain)
{
	static const char *const broken[] = { "/a/../b", "/a/..", "/a//b",
					      "/a/./b",	 "/a/",	  "//" };

	for (size_t n = 0; n < ARRAY_LEN(broken); n++) {
		struct inventory *i = given_run();

		given_line(i,
			   str_format("{\"record\":\"path\",\"path\":\"%s\",\"ops\":{}}",
				      broken[n]));
		REFUSED(i, "not absolute and plain");
		i = given_run();
		given_dir(i, broken[n], 1, 0, 0755, 0);
		REFUSED(i, "not absolute and plain");
		i = given_run();
		given_pair(i, "rename", "/x", broken[n]);
		REFUSED(i, "not absolute and plain");
	}
	struct inventory *i = given_run();
	given_path(i, "/srv/...", "create");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv");
}

/* A colon would end the path in a bind, a quote the shell's word. */
/* Whoever says so: all that is written would seem to be in a directory of the app's. */
TEST(nobody_makes_the_root)
{
	struct inventory *i = given_run();

	given_path(i, "/", "mkdir");
	given_path(i, "/data/x", "create");
	given_dir(i, "/data", 2, 0, 0755, 0);
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/data");
	assert_int_equal(plan.by_hand.len, 1);
}

TEST(there_are_no_more_owners_than_a_kernel_has)
{
	struct inventory *i = given_run();

	given_line(
		i,
		str_format("{\"record\":\"dir\",\"path\":\"/d\",\"entries\":0,\"empty\":"
			   "true,\"uid\":4294967296,\"gid\":0,\"mode\":493,"
			   "\"peak_bytes\":0}"));
	REFUSED(i, "/d: there is no such uid");
	i = given_run();
	given_path_more(i, "/d/x", "create", GIVEN_BY("/app", 4294967295));
	REFUSED(i, "/d/x: there is no such uid");
}

/* "/a:b" is nobody's kernel's. */
TEST(what_cannot_be_written_down_below_the_root_is_said_so)
{
	struct inventory *i = given_run();

	given_path(i, "/a:b/", "mkdir");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan);
	assert_int_equal(plan.by_hand.len, 1);
	const struct plan_by_hand *miss = plan.by_hand.items;
	assert_non_null(strstr(miss->reason, "colon"));
}

TEST(a_name_that_cannot_be_written_down_is_mounted_above)
{
	static const char *const odd[] = { "a:b", "a,b",    "a'b",    "a$b",
					   "a`b", "a\\\\b", "a\\\"b", "a\\nb" };

	for (size_t n = 0; n < ARRAY_LEN(odd); n++) {
		AUTO_FREE char *path = str_format("/srv/%s/x", odd[n]);
		struct inventory *i = given_run();

		given_path(i, path, "create");
		AUTO(plan_done) struct plan plan = planned(i);
		MOUNTS_ARE(&plan, "/srv");
	}
	struct inventory *i = given_run();
	given_path(i, "/a:b/x", "create");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan);
	assert_int_equal(plan.by_hand.len, 1);
}

/* --- what was not seen --- */

TEST(a_truncated_inventory_is_counted)
{
	struct inventory *i = inventory_new();

	given(i, GIVEN_RUN);
	AUTO(plan_done) struct plan plan = planned(i);
	assert_int_equal(plan.truncated, 1);
	AUTO(plan_done) struct plan whole = planned(given_run());
	assert_int_equal(whole.truncated, 0);
}

TEST(what_could_not_be_seen_is_a_risk)
{
	struct inventory *i = inventory_new();

	given(i, GIVEN_RUN);
	given(i, "{\"record\":\"end\",\"ended\":\"exit\",\"exit\":0,\"coverage\":{"
		 "\"events\":9,\"unresolved\":3,\"lost\":2,\"blind_spots\":[\"io_uring\"]"
		 "}}");
	AUTO(plan_done) struct plan plan = planned(i);
	assert_true(
		has_risk(&plan, "3 operations could not be resolved to a path, and 2"));
	assert_true(has_risk(&plan, "not seen: io_uring"));
}

TEST(what_some_runs_alone_wrote_is_a_risk)
{
	struct inventory *i = inventory_new();

	given(i, "{\"record\":\"run\",\"schema\":\"taskprobe.inventory/1\",\"id\":\"1\","
		 "\"merged\":5}");
	given_path_more(i, "/data/a", "create", ",\"runs\":5");
	given_path_more(i, "/data/b", "create", ",\"runs\":1");
	AUTO(plan_done) struct plan plan = planned(i);
	assert_int_equal(plan.runs, 5);
	assert_null(plan.container);
	assert_true(has_risk(&plan, "1 path was written in some of the 5 runs only"));
}

/* --- known programs --- */

static const struct plan_advice *advice_on(const struct plan *plan, const char *program)
{
	LIST_EACH (const struct plan_advice, advice, &plan->advice)
		if (strcmp(advice->program, program) == 0)
			return advice;
	return NULL;
}

TEST(known_programs_get_advice_with_its_source)
{
	struct inventory *i = given_run();

	given_path_more(i, "/data/a", "create", GIVEN_BY("/usr/sbin/php-fpm8.2", 33));
	given_path_more(i, "/data/b", "create", GIVEN_BY("/usr/bin/javascript", 33));
	given_path_more(i, "/data/c", "create",
			GIVEN_BY("/opt/datadog-agent/bin/agent/agent", 0));
	AUTO(plan_done) struct plan plan = planned(i);
	const struct plan_advice *advice = advice_on(&plan, "php-fpm");
	assert_non_null(advice);
	assert_non_null(strstr(advice->advice, "session.save_path"));
	assert_non_null(strstr(advice->source, "https://www.php.net/"));
	assert_non_null(advice_on(&plan, "Datadog agent"));
	assert_int_equal(plan.advice.len, 2);
	/* It replaces nothing. */
	MOUNTS_ARE(&plan, "/data");
}

TEST(the_command_tells_the_program_too)
{
	struct inventory *i = inventory_new();

	given(i, "{\"record\":\"run\",\"schema\":\"taskprobe.inventory/1\",\"id\":\"1\","
		 "\"command\":[\"/docker-entrypoint.sh\",\"nginx\",\"-g\"]}");
	AUTO(plan_done) struct plan plan = planned(i);
	assert_non_null(advice_on(&plan, "nginx"));
}

/* --- the same bytes, many paths --- */

static char *as_json(const struct type *type, const void *record)
{
	struct str out = STR_INIT((size_t)64 << 20);
	struct json_out o = JSON_OUT_INIT(&out, false);

	record_write(&o, NULL, type, record);
	assert_int_equal(out.error, 0);
	return str_take(&out);
}

/* A way through the numbers below n, each once, by an odd step. */
static struct inventory *in_order(int step)
{
	enum { N = 512 };
	struct inventory *i = given_run();

	for (int n = 0, k = 0; n < N; n++, k = (k + step) % N) {
		AUTO_FREE char *dir = str_format("/srv/%d/%d", k % 7, k % 31);
		AUTO_FREE char *path = str_format("%s/%d", dir, k);
		AUTO_FREE char *to = str_format("/srv/%d/%d/%d", k % 7, k % 3, k);

		if (k % 4)
			given_dir(i, dir, k % 31 % 3, k % 31, 0755, k % 31 << 16);
		if (k % 5)
			given_path(i, path, "create,write");
		else
			given_rename(i, path, to);
		given_path(i, path, "unlink");
	}
	return i;
}

TEST(the_same_records_in_any_order_give_the_same_bytes)
{
	AUTO(plan_done) struct plan first = planned(in_order(1));
	AUTO_FREE char *text = as_json(&plan_type, &first);

	for (int step = 3; step < 60; step += 8) {
		AUTO(plan_done) struct plan plan = planned(in_order(step));
		AUTO_FREE char *again = as_json(&plan_type, &plan);

		assert_string_equal(again, text);
	}
}

static struct inventory *crowd(int n, const char *before)
{
	struct inventory *i = given_run();

	for (int k = 0; k < n; k++) {
		AUTO_FREE char *path = str_format("%s%d/x", before, k);

		given_path(i, path, "create");
	}
	given_path(i, "/data/x", "create");
	return i;
}

TEST(too_many_directories_share_one_above)
{
	AUTO(plan_done) struct plan plan = planned(crowd(63, "/srv/www/"));
	assert_int_equal(plan.mounts.len, 64);
	AUTO(plan_done) struct plan more = planned(crowd(64, "/srv/www/"));
	MOUNTS_ARE(&more, "/data", "/srv/www");
	assert_true(has_risk(&more, "too many"));
	assert_int_equal(mount_of(&more, "/srv/www")->path_count, 64);
	assert_int_equal(mount_of(&more, "/srv/www")->paths.len, PLAN_PATHS_SHOWN);
	/* The nearest one that holds them, not the one at the depth that fits. */
	AUTO(plan_done) struct plan deep = planned(crowd(64, "/srv/a/b/c/d/"));
	MOUNTS_ARE(&deep, "/data", "/srv/a/b/c/d");
	/* Nothing is above these, and nothing gets lost. */
	AUTO(plan_done) struct plan top = planned(crowd(1000, "/d"));
	assert_int_equal(top.mounts.len, 256);
	assert_int_equal(top.by_hand.len, 200);
	assert_true(has_risk(&top, "545 paths need a change by hand"));
}

TEST(what_is_listed_is_bounded)
{
	struct inventory *i = given_run();

	for (int k = 0; k < 500; k++)
		given_line(i,
			   str_format("{\"record\":\"path\",\"path\":\"/x%d\",\"ops\":{"
				      "\"mkdir\":{\"written\":0,\"failed\":{\"EACCES\":"
				      "4}}}}",
				      k));
	AUTO(plan_done) struct plan plan = planned(i);
	assert_int_equal(plan.ignored.len, 200);
	assert_true(has_risk(&plan, "300 paths were ignored"));
}

/* --- the parts --- */

TEST(directories_come_right_before_what_is_below_them)
{
	static const char *const sorted[] = { "/",    "/a",   "/a/b",	"/a/b/c",
					      "/a b", "/a.b", "/a.b/c", "/ab" };

	for (size_t x = 0; x < ARRAY_LEN(sorted); x++)
		for (size_t y = 0; y < ARRAY_LEN(sorted); y++) {
			const int order =
				slice_order(slice_of(sorted[x]), slice_of(sorted[y]));

			assert_int_equal((order > 0) - (order < 0), (x > y) - (x < y));
		}
}

static void common_is(const char *a, const char *b, const char *common)
{
	assert_true(slice_is(slice_common(slice_of(a), slice_of(b)), common));
	assert_true(slice_is(slice_common(slice_of(b), slice_of(a)), common));
}

TEST(what_two_directories_have_above_them)
{
	common_is("/a/b", "/a/c", "/a");
	common_is("/a/b", "/a/bc", "/a");
	common_is("/a/b", "/a/b/c", "/a/b");
	common_is("/a", "/b", "/");
	common_is("/", "/b", "/");
	common_is("/a/b", "/a/b", "/a/b");
	assert_true(slice_is(slice_top(slice_of("/a/b/c"), 2), "/a/b"));
	assert_true(slice_is(slice_top(slice_of("/a"), 2), "/a"));
	assert_int_equal(slice_depth(slice_of("/")), 0);
	assert_int_equal(slice_depth(slice_of("/a/b")), 2);
	assert_true(slice_is(slice_parent(slice_of("/a")), "/"));
	assert_true(slice_is(slice_parent(slice_of("/")), "/"));
	assert_false(slice_covers(slice_of("/a"), slice_of("/ab")));
	assert_true(slice_covers(slice_of("/"), slice_of("/ab")));
}

/* What is written of a record that was read. */
static char *read_again(const struct type *type, const char *text)
{
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	AUTO_FREE void *record = calloc(1, type->size);
	struct err err = ERR_INIT;

	assert_non_null(record);
	assert_int_equal(json_parse(text, strlen(text), &doc, &err), 0);
	if (record_read(&doc, doc.root, type, record, &err) < 0)
		fail_msg("%s", err.msg);
	char *again = as_json(type, record);
	record_done(type, record);
	return again;
}

TEST(a_plan_is_read_as_it_is_written)
{
	struct inventory *i = given_run();

	given_path(i, "/data/\xc3\xa4", "create");
	given_path(i, "/etc/hosts.d:x/y", "unlink");
	given_path(i, "/x", "unlink");
	given_path_more(i, "/app/__pycache__/", "mkdir", GIVEN_BY("/bin/python3", 0));
	AUTO(plan_done) struct plan plan = planned(i);
	AUTO_FREE char *text = as_json(&plan_type, &plan);
	AUTO_FREE char *again = read_again(&plan_type, text);
	assert_string_equal(again, text);
	assert_non_null(strstr(text, "\"environment\":[{\"name\":\"PYTHON"));
}

TEST(a_rehearsal_is_read_as_it_is_written)
{
	static const char given_text[] =
		"{\"how\":\"real\",\"valid\":true,\"exit\":3,\"refused\":[{\"path\":\"/"
		"a\","
		"\"to\":\"/b\",\"call\":\"rename\",\"error\":\"EXDEV\",\"uid\":1}],"
		"\"mounts\":[{\"path\":\"/tmp\",\"kind\":\"efs\"}]}";
	AUTO_FREE char *text = read_again(&rehearsal_type, given_text);
	AUTO_FREE char *again = read_again(&rehearsal_type, text);

	assert_string_equal(again, text);
	assert_non_null(
		strstr(text, "\"to\":\"/b\",\"call\":\"rename\",\"error\":\"EXDEV\""));
	assert_non_null(strstr(text, "\"path\":\"/tmp\",\"kind\":\"efs\""));
	assert_non_null(strstr(text, "\"how\":\"real\",\"valid\":true"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_no_inventory),
		cmocka_unit_test(a_run_that_wrote_nothing_needs_nothing),
		cmocka_unit_test(a_plan_is_for_one_container),
		cmocka_unit_test(paths_are_plain),
		cmocka_unit_test(nobody_makes_the_root),
		cmocka_unit_test(there_are_no_more_owners_than_a_kernel_has),
		cmocka_unit_test(what_cannot_be_written_down_below_the_root_is_said_so),
		cmocka_unit_test(a_name_that_cannot_be_written_down_is_mounted_above),
		cmocka_unit_test(a_truncated_inventory_is_counted),
		cmocka_unit_test(what_could_not_be_seen_is_a_risk),
		cmocka_unit_test(what_some_runs_alone_wrote_is_a_risk),
		cmocka_unit_test(known_programs_get_advice_with_its_source),
		cmocka_unit_test(the_command_tells_the_program_too),
		cmocka_unit_test(the_same_records_in_any_order_give_the_same_bytes),
		cmocka_unit_test(too_many_directories_share_one_above),
		cmocka_unit_test(what_is_listed_is_bounded),
		cmocka_unit_test(directories_come_right_before_what_is_below_them),
		cmocka_unit_test(what_two_directories_have_above_them),
		cmocka_unit_test(a_plan_is_read_as_it_is_written),
		cmocka_unit_test(a_rehearsal_is_read_as_it_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
