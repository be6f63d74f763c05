/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "agent/http.h"
#include "agent/metadata.h"
#include "checks/input/metadata.h"
#include "core/cleanup.h"
#include "core/table.h"
#include "tests/unit/test.h"

/* --- a world in which a minute takes no time --- */

struct reply {
	int code;    /* of the transport, or 0 */
	long status; /* 0 with code 0: the end of the script; its last reply is repeated
		      */
	const char *body;
};

static const struct reply *script;
static char urls[64][200];
static size_t asked;
static int64_t now, slept, longest_nap;
static int64_t request_takes;
static int64_t chance; /* -1: as long as it gets */

static int64_t fake_now(void)
{
	return now;
}

static void fake_sleep(int64_t ms)
{
	assert_true(ms > 0);
	now += ms;
	slept += ms;
	if (ms > longest_nap)
		longest_nap = ms;
}

static int64_t fake_jitter(int64_t most)
{
	return chance < 0 || chance > most ? most : chance;
}

static int fake_get(const char *url, const struct http_limits *limits,
		    struct http_answer *ret, struct err *err)
{
	assert_true(limits->direct); /* a proxy must never see the metadata */
	assert_true(limits->max_bytes <= 16 << 20);
	assert_true(limits->total_ms > 0 && limits->connect_ms > 0);
	if (asked < ARRAY_LEN(urls))
		(void)snprintf(urls[asked], sizeof(urls[0]), "%s", url);
	asked++;
	now += request_takes;
	const struct reply *r = script;
	if (script[1].code || script[1].status)
		script++;
	if (r->code)
		return err_set(err, r->code, "%s: no luck", url);
	*ret = (struct http_answer){ .status = r->status, .body = STR_INIT(10000) };
	(void)str_puts(&ret->body, r->body ? r->body : "");
	return 0;
}

static const struct metadata_world world = { fake_now, fake_sleep, fake_jitter,
					     fake_get };

#define BASE "http://169.254.170.2/v4/own-1"
#define TASK                                                                     \
	"{\"Family\":\"f\",\"Containers\":[{\"Name\":\"a\",\"DockerId\":\"1\"}," \
	"{\"Name\":\"b\",\"DockerId\":\"2\"}]}"
#define OWN "{\"Name\":\"b\",\"DockerId\":\"2\"}"

static struct metadata_source begin(const struct reply *replies, int64_t window_ms)
{
	struct metadata_source source = METADATA_SOURCE_INIT(BASE);

	script = replies;
	asked = 0;
	now = 1000000;
	slept = longest_nap = request_takes = 0;
	chance = -1;
	source.window_ms = window_ms;

	source.world = &world;
	return source;
}

static int read_all(const struct metadata_source *source, struct task *t, struct err *err)
{
	return metadata_read(source, t, err);
}

TEST(metadata_marks_the_own_container)
{
	static const struct reply replies[] = { { 0, 200, TASK },
						{ 0, 200, OWN },
						{ 0 } };
	struct metadata_source source = begin(replies, 0);
	AUTO(task_done) struct task t = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(read_all(&source, &t, &err), 0);
	assert_int_equal(asked, 2);
	assert_string_equal(urls[0], BASE "/task");
	assert_string_equal(urls[1], BASE);
	assert_true(t.metadata.known);
	assert_false(task_running(&t, "a")->self);
	assert_true(task_running(&t, "b")->self);
	assert_null(t.containers_part.why);
}

TEST(metadata_slashes_at_the_end_of_the_base_do_no_harm)
{
	static const struct reply replies[] = { { 0, 200, TASK },
						{ 0, 200, OWN },
						{ 0 } };
	struct metadata_source source = begin(replies, 0);
	AUTO(task_done) struct task t = { 0 };
	struct err err = ERR_INIT;

	source.base = BASE "//";
	assert_int_equal(read_all(&source, &t, &err), 0);
	assert_string_equal(urls[0], BASE "/task");
	assert_string_equal(urls[1], BASE);
}

TEST(metadata_without_the_own_container_is_no_failure)
{
	static const struct reply rows[][3] = {
		{ { 0, 200, TASK }, { 0, 404, "\"x\"" }, { 0 } },
		{ { 0, 200, TASK }, { 0, 200, "{\"Name\":" }, { 0 } },
		{ { 0, 200, TASK },
		  { 0, 200, "{\"Name\":\"z\",\"DockerId\":\"9\"}" },
		  { 0 } },
		{ { 0, 200, TASK }, { -ETIMEDOUT, 0, NULL }, { 0 } },
		{ { 0, 200, TASK }, { -E2BIG, 0, NULL }, { 0 } },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct metadata_source source = begin(rows[i], 30000);
		AUTO(task_done) struct task t = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(read_all(&source, &t, &err), 0);
		assert_true(t.metadata.known);
		assert_true(t.containers_part.known);
		LIST_EACH (const struct running_container, c, &t.containers)
			assert_false(c->self);
		assert_non_null(strstr(t.containers_part.why, "ours is not known"));
		assert_true(slept <= 2000); /* we could do without */
	}
}

/* What may go better later is asked again, and the answer then is the answer. */
TEST(metadata_tries_again_in_the_window)
{
	static const struct reply first[] = {
		{ 0, 404, "\"x\"" },
		{ 0, 429, "slow down" },
		{ 0, 500, "\"x\"" },
		{ 0, 503, NULL },
		{ -ECONNREFUSED, 0, NULL },
		{ -ETIMEDOUT, 0, NULL },
		{ -EIO, 0, NULL },
		{ 0, 200, "{\"Family\":" },
		{ 0, 200, "" },
		{ 0, 200, "\"an error as a string\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(first); i++) {
		const struct reply replies[] = {
			first[i], first[i], { 0, 200, TASK }, { 0, 200, OWN }, { 0 }
		};
		struct metadata_source source = begin(replies, 30000);
		AUTO(task_done) struct task t = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(read_all(&source, &t, &err), 0);
		assert_int_equal(asked, 4);
		assert_true(task_running(&t, "b")->self);
		assert_int_equal(slept, 100 + 200);
	}
}

TEST(metadata_one_attempt_without_a_window)
{
	static const struct reply replies[] = { { 0, 404, NULL }, { 0 } };
	struct metadata_source source = begin(replies, 0);
	AUTO(task_done) struct task t = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(read_all(&source, &t, &err), -ENOENT);
	assert_int_equal(asked, 1);
	assert_int_equal(slept, 0);
}

TEST(metadata_final_answers_are_final)
{
	static const struct reply rows[][2] = {
		{ { 0, 400, NULL }, { 0 } },	 { { 0, 401, NULL }, { 0 } },
		{ { 0, 403, NULL }, { 0 } },	 { { 0, 302, NULL }, { 0 } },
		{ { 0, 101, NULL }, { 0 } },	 { { 0, 600, NULL }, { 0 } },
		{ { -E2BIG, 0, NULL }, { 0 } },	 { { -EINVAL, 0, NULL }, { 0 } },
		{ { -ENOMEM, 0, NULL }, { 0 } },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct metadata_source source = begin(rows[i], 30000);
		AUTO(task_done) struct task t = { 0 };
		struct err err = ERR_INIT;

		assert_true(read_all(&source, &t, &err) < 0);
		assert_int_equal(asked, 1);
		assert_false(t.metadata.known);
		assert_false(t.containers_part.known);
	}
}

TEST(metadata_ends_with_its_window)
{
	static const struct reply replies[] = { { 0, 500, NULL }, { 0 } };

	for (int64_t window = 1; window < 100000; window = window * 3 + 7) {
		struct metadata_source source = begin(replies, window);
		AUTO(task_done) struct task t = { 0 };
		struct err err = ERR_INIT;

		request_takes = 7;
		assert_int_equal(read_all(&source, &t, &err), -EIO);
		assert_true(now - 1000000 <= window + request_takes * 2);
		assert_true(slept >= window - 7 * (int64_t)asked);
		assert_false(t.metadata.known);
		assert_non_null(strstr(t.metadata.why, "status 500"));
		assert_non_null(strstr(t.metadata.why, BASE "/task"));
		assert_non_null(t.metadata.grants);
		assert_string_equal(t.metadata.why, err.msg);
	}
}

TEST(metadata_backs_off_and_naps_shortly)
{
	static const struct reply replies[] = { { 0, 500, NULL }, { 0 } };
	struct metadata_source source = begin(replies, 60000);
	AUTO(task_done) struct task t = { 0 };
	struct err err = ERR_INIT;

	assert_true(read_all(&source, &t, &err) < 0);
	/* 100, 200 ... 3200, and then 5000 each: 6300 + 11 * 5000 > 60000. */
	assert_in_range(asked, 17, 19);
	assert_int_equal(slept, 60000);
	assert_true(longest_nap <= 100); /* a signal does not wait longer */
}

TEST(metadata_jitter_is_full)
{
	static const struct reply replies[] = { { 0, 429, NULL },
						{ 0, 429, NULL },
						{ 0, 200, TASK },
						{ 0, 200, OWN },
						{ 0 } };
	struct metadata_source source = begin(replies, 30000);
	AUTO(task_done) struct task t = { 0 };
	struct err err = ERR_INIT;

	chance = 0;
	assert_int_equal(read_all(&source, &t, &err), 0);
	assert_int_equal(slept, 0);
	source = begin(replies, 30000);
	chance = 40;
	assert_int_equal(read_all(&source, &t, &err), 0);
	assert_int_equal(slept, 80);
}

static int patience;

static bool stop_soon(void)
{
	return patience-- <= 0;
}

TEST(metadata_stops_in_the_middle_of_a_sleep)
{
	static const struct reply replies[] = { { 0, 500, NULL }, { 0 } };
	struct metadata_source source = begin(replies, 60000);
	AUTO(task_done) struct task t = { 0 };
	struct err err = ERR_INIT;

	source.stop = stop_soon;
	patience = 30;
	assert_int_equal(read_all(&source, &t, &err), -EINTR);
	assert_true(slept <= 3000);
	assert_false(t.metadata.known);
}

TEST(metadata_broken_json_names_url_and_place)
{
	static const struct reply replies[] = { { 0, 200, "{\n \"Family\": 7}" }, { 0 } };
	struct metadata_source source = begin(replies, 0);
	AUTO(task_done) struct task t = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(read_all(&source, &t, &err), -EINVAL);
	assert_string_equal(err.msg,
			    BASE "/task: line 2, column 12: Family is a number; a "
				 "string was expected");
	assert_string_equal(t.metadata.why, err.msg);
}

TEST(metadata_too_deep_is_not_asked_again)
{
	AUTO(str_done) struct str deep = STR_INIT(10000);
	struct err err = ERR_INIT;

	for (int i = 0; i < 5000; i++)
		(void)str_puts(&deep, "[");
	const struct reply replies[] = { { 0, 200, deep.s }, { 0 } };
	struct metadata_source source = begin(replies, 30000);
	AUTO(task_done) struct task t = { 0 };
	assert_int_equal(read_all(&source, &t, &err), -E2BIG);
	assert_int_equal(asked, 1);
}

TEST(metadata_needs_a_base)
{
	static const struct reply replies[] = { { 0, 200, TASK }, { 0 } };
	struct metadata_source source = begin(replies, 30000);
	AUTO(task_done) struct task t = { 0 };
	struct err err = ERR_INIT;

	source.base = NULL;
	assert_int_equal(read_all(&source, &t, &err), -EINVAL);
	source.base = "";
	assert_int_equal(read_all(&source, &t, &err), -EINVAL);
	assert_int_equal(asked, 0);
	assert_false(t.metadata.known);
}

TEST(metadata_read_again_keeps_what_it_had)
{
	static const struct reply good[] = { { 0, 200, TASK }, { 0, 200, OWN }, { 0 } };
	static const struct reply bad[] = { { 0, 500, NULL }, { 0 } };
	struct metadata_source source = begin(good, 0);
	AUTO(task_done) struct task t = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(read_all(&source, &t, &err), 0);
	source = begin(bad, 0);
	assert_true(read_all(&source, &t, &err) < 0);
	assert_true(t.metadata.known);
	assert_int_equal(t.containers.len, 2);
	assert_true(task_running(&t, "b")->self);
}

TEST(metadata_reads_statistics)
{
	static const struct reply replies[] = { { 0, 200, "{\"1\":null}" }, { 0 } };
	struct metadata_source source = begin(replies, 0);
	struct list stats = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(metadata_read_stats(&source, &stats, &err), 0);
	assert_string_equal(urls[0], BASE "/task/stats");
	assert_int_equal(stats.len, 1);
	record_list_done(&container_stats_type, &stats);
}

/* --- whose endpoint --- */

TEST(resolve_asks_our_own_authority)
{
	static const struct reply replies[] = { { 0, 200, OWN }, { 0 } };
	struct metadata_source source = begin(replies, 0);
	struct running_container c = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(metadata_resolve(&source, "other-2", &c, &err), 0);
	assert_int_equal(asked, 1);
	assert_string_equal(urls[0], "http://169.254.170.2/v4/other-2");
	assert_string_equal(c.name, "b");
	record_done(&running_container_type, &c);
}

TEST(resolve_refuses_ids_that_are_none)
{
	static const char *const bad[] = { "",	  ".",	  "..",	  "a/b", "a/../b",
					   "a?b", "a#b",  "a%2f", "a b", "a\n",
					   "a@b", "\xff", "a:b" };
	static const struct reply replies[] = { { 0, 200, OWN }, { 0 } };
	struct metadata_source source = begin(replies, 0);
	char longest[300];

	memset(longest, 'a', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i <= ARRAY_LEN(bad); i++) {
		struct running_container c = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(metadata_resolve(&source,
						  i < ARRAY_LEN(bad) ? bad[i] : longest,
						  &c, &err),
				 -EINVAL);
	}
	assert_int_equal(asked, 0);
}

/* The id comes from a container that we do not trust: it cannot make us wait. */
TEST(resolve_has_no_patience)
{
	static const struct reply missing[] = { { 0, 404, NULL }, { 0 } };
	static const struct reply failing[] = { { 0, 500, NULL }, { 0 } };
	struct metadata_source source = begin(missing, 60000);
	struct running_container c = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(metadata_resolve(&source, "x", &c, &err), -ENOENT);
	assert_int_equal(asked, 1);
	source = begin(failing, 60000);
	assert_int_equal(metadata_resolve(&source, "x", &c, &err), -EIO);
	assert_true(slept <= 2000);
}

TEST(uri_id_is_ours_or_nothing)
{
	static const struct {
		const char *base, *uri, *id;
	} cases[] = {
		{ BASE, BASE, "own-1" },
		{ BASE, "http://169.254.170.2/v4/abc-9", "abc-9" },
		{ BASE, "http://169.254.170.2/v3/abc", "abc" },
		{ BASE, "HTTP://169.254.170.2/v4/abc", "abc" },
		{ BASE, "http://169.254.170.2:80/v4/abc", "abc" },
		{ "http://h:80/v4/x", "http://h/v4/abc", "abc" },
		{ "http://h:8080/v4/x", "http://h:8080/v4/abc", "abc" },
		{ "https://h/v4/x", "https://h:443/v4/abc", "abc" },
		{ "https://h/v4/x", "https://h:80/v4/abc", NULL },
		{ "http://h:8080/v4/x", "http://h/v4/abc", NULL },
		{ "http://h:8080/v4/x", "http://h:808/v4/abc", NULL },
		{ BASE, "https://169.254.170.2/v4/abc", NULL },
		{ BASE, "http://169.254.170.3/v4/abc", NULL },
		{ BASE, "http://169.254.170.20/v4/abc", NULL },
		{ BASE, "http://evil@169.254.170.2/v4/abc", NULL },
		{ BASE, "http://169.254.170.2@evil/v4/abc", NULL },
		{ BASE, "http://169.254.170.2.evil/v4/abc", NULL },
		{ BASE, "http://169.254.170.2", NULL },
		{ BASE, "http://169.254.170.2/", NULL },
		{ BASE, "http://169.254.170.2/v4/", NULL },
		{ BASE, "http://169.254.170.2/v4/abc/", NULL },
		{ BASE, "http://169.254.170.2/v4/a?x", NULL },
		{ BASE, "http://169.254.170.2/v4/a#x", NULL },
		{ BASE, "http://169.254.170.2?/abc", NULL },
		{ BASE, "http://169.254.170.2/v4/x?/abc", NULL },
		{ BASE, "http://169.254.170.2/v4/..", NULL },
		{ BASE, "http://169.254.170.2/v4/a%41", NULL },
		{ BASE, "http://169.254.170.2/v4/a\n", NULL },
		{ BASE, "//169.254.170.2/v4/abc", NULL },
		{ BASE, "abc", NULL },
		{ BASE, "", NULL },
		{ BASE, NULL, NULL },
		{ NULL, BASE, NULL },
		{ "", BASE, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *id = metadata_uri_id(cases[i].base, cases[i].uri);

		if (!str_equal(id, cases[i].id))
			fail_msg("%s: %s", cases[i].uri, id ? id : "NULL");
		if (id)
			assert_true(id > cases[i].uri &&
				    id < cases[i].uri + strlen(cases[i].uri));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metadata_marks_the_own_container),
		cmocka_unit_test(metadata_slashes_at_the_end_of_the_base_do_no_harm),
		cmocka_unit_test(metadata_without_the_own_container_is_no_failure),
		cmocka_unit_test(metadata_tries_again_in_the_window),
		cmocka_unit_test(metadata_one_attempt_without_a_window),
		cmocka_unit_test(metadata_final_answers_are_final),
		cmocka_unit_test(metadata_ends_with_its_window),
		cmocka_unit_test(metadata_backs_off_and_naps_shortly),
		cmocka_unit_test(metadata_jitter_is_full),
		cmocka_unit_test(metadata_stops_in_the_middle_of_a_sleep),
		cmocka_unit_test(metadata_broken_json_names_url_and_place),
		cmocka_unit_test(metadata_too_deep_is_not_asked_again),
		cmocka_unit_test(metadata_needs_a_base),
		cmocka_unit_test(metadata_read_again_keeps_what_it_had),
		cmocka_unit_test(metadata_reads_statistics),
		cmocka_unit_test(resolve_asks_our_own_authority),
		cmocka_unit_test(resolve_refuses_ids_that_are_none),
		cmocka_unit_test(resolve_has_no_patience),
		cmocka_unit_test(uri_id_is_ours_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
