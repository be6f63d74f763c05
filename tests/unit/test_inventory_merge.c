/* SPDX-License-Identifier: MIT */
#include "core/inventory_merge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "tests/unit/test.h"

#define OUT_MAX ((size_t)16 << 20)

static void merge_done_at(struct merge **merge)
{
	merge_done(*merge);
}

/* --- inputs are texts --- */

static int feed(struct merge *m, const char *text, int64_t from, int64_t to,
		size_t number,
		int (*take)(struct merge *, const struct merge_line *, struct err *),
		struct err *err)
{
	int r = 0;

	for (const char *p = text + from; p < text + to && r == 0; number++) {
		const char *newline = memchr(p, '\n', (size_t)(text + to - p));
		const char *end = newline ? newline : text + to;
		/* A copy without a NUL: reading past the line's end is seen. */
		AUTO_FREE char *copy = malloc((size_t)(end - p) + !(end - p));

		assert_non_null(copy);
		memcpy(copy, p, (size_t)(end - p));
		const struct merge_line line = { .text = copy,
						 .len = (size_t)(end - p),
						 .at = p - text,
						 .number = number,
						 .cut = !newline };
		r = take(m, &line, err);
		p = end + 1;
	}
	return r;
}

static int merge_texts(const char *const *texts, size_t n, struct str *out,
		       struct merge_notes *notes, struct err *err)
{
	static const char *const names[] = { "f0", "f1", "f2", "f3", "f4", "f5" };
	AUTO(merge_done_at) struct merge *m = merge_new();
	struct merge_part part;
	int r = 0;

	assert_non_null(m);
	for (size_t i = 0; i < n && r == 0; i++) {
		r = merge_input(m, names[i], err);
		if (r == 0)
			r = feed(m, texts[i], 0, (int64_t)strlen(texts[i]), 1,
				 merge_survey, err);
	}
	if (r == 0)
		r = merge_choose(m, err);
	while (r == 0 && merge_next_part(m, &part)) {
		r = feed(m, texts[part.input], part.from, part.to, part.number, merge_add,
			 err);
		if (r == 0)
			r = merge_part_end(m, err);
	}
	if (r == 0)
		r = merge_finish(m, err);
	if (r == 0)
		assert_int_equal(inventory_write_all(merge_result(m), out), 0);
	*notes = merge_notes(m);
	return r;
}

/* The merged text, the same for every order of the inputs; the caller's to free. */
static char *merged(const char *const *texts, size_t n)
{
	AUTO(str_done) struct str first = STR_INIT(OUT_MAX);
	size_t order[6];
	int done = 0;

	for (size_t i = 0; i < n; i++)
		order[i] = i;
	/* Heap's way would be shorter, but all of 6 digits in base n is plain. */
	size_t all = 1;
	for (size_t i = 0; i < n; i++)
		all *= n;
	for (size_t code = 0; code < all; code++) {
		AUTO(str_done) struct str out = STR_INIT(OUT_MAX);
		const char *given[6];
		struct merge_notes notes;
		struct err err = ERR_INIT;
		unsigned used = 0;

		for (size_t i = 0, c = code; i < n; i++, c /= n) {
			order[i] = c % n;
			used |= 1u << order[i];
			given[i] = texts[order[i]];
		}
		if (used != (1u << n) - 1)
			continue;
		if (merge_texts(given, n, &out, &notes, &err) < 0)
			fail_msg("%s", err.msg);
		if (done++ == 0)
			assert_int_equal(str_puts(&first, out.s), 0);
		assert_string_equal(first.s, out.s);
	}
	assert_true(done > 0);
	return str_take(&first);
}
#define MERGED(...)                                           \
	({                                                    \
		const char *const texts_[] = { __VA_ARGS__ }; \
		merged(texts_, ARRAY_LEN(texts_));            \
	})

static int refused(const char *const *texts, size_t n, struct err *err)
{
	AUTO(str_done) struct str out = STR_INIT(OUT_MAX);
	struct merge_notes notes;

	return merge_texts(texts, n, &out, &notes, err);
}
#define REFUSED(words, ...)                                                  \
	do {                                                                 \
		const char *const texts_[] = { __VA_ARGS__ };                \
		struct err err_ = ERR_INIT;                                  \
                                                                             \
		if (refused(texts_, ARRAY_LEN(texts_), &err_) != -EINVAL ||  \
		    !strstr(err_.msg, words))                                \
			fail_msg("not refused for %s: %s", words, err_.msg); \
	} while (0)

#define RUN(id) \
	"{\"record\":\"run\",\"schema\":\"taskprobe.inventory/1\",\"id\":\"" id "\"}\n"
#define PATH(path, rest)                        \
	"{\"record\":\"path\",\"path\":\"" path \
	"\",\"ops\":{\"write\":{\"written\":1}}" rest "}\n"
#define END                                                                             \
	"{\"record\":\"end\",\"ended\":\"exit\",\"exit\":0,\"coverage\":{\"events\":5," \
	"\"unresolved\":1,\"lost\":0,\"blind_spots\":[\"x\"]}}\n"
#define A RUN("a") PATH("/a", "") PATH("/both", "") END
#define B RUN("b") PATH("/b", "") PATH("/both", "") END
#define C RUN("c") PATH("/c", "") END
#define HAS(text, part)                                        \
	do {                                                   \
		if (!strstr(text, part))                       \
			fail_msg("no %s in:\n%s", part, text); \
	} while (0)

TEST(the_union_counts_runs)
{
	AUTO_FREE char *text = MERGED(A, B, C);

	HAS(text,
	    "\"path\":\"/both\",\"ops\":{\"write\":{\"written\":2}},\"processes\":[],"
	    "\"runs\":2}");
	HAS(text, "\"path\":\"/c\",\"ops\":{\"write\":{\"written\":1}},\"processes\":[],"
		  "\"runs\":1}");
	HAS(text, "\"id\":\"a\",\"command\":[],\"ended\":\"exit\",\"records\":4,"
		  "\"merged\":3}");
	HAS(text, "{\"record\":\"end\",\"ended\":\"merged\",\"exit\":0,\"coverage\":"
		  "{\"events\":15,\"unresolved\":3,\"lost\":0,\"blind_spots\":[\"x\"]}}");
}

TEST(a_path_of_several_records_is_of_one_run)
{
	AUTO_FREE char *text = MERGED(RUN("a") PATH("/p", ",\"exists\":true")
					      PATH("/p", ",\"exists\":false") END);

	HAS(text, "{\"written\":2}},\"processes\":[],\"exists\":false,\"runs\":1}");
}

TEST(a_run_that_is_given_twice_counts_once)
{
	AUTO_FREE char *once = MERGED(A, B);
	AUTO_FREE char *twice = MERGED(A, B, A);
	AUTO_FREE char *joined = MERGED(A B A);

	assert_string_equal(once, twice);
	assert_string_equal(once, joined);
}

TEST(the_fuller_copy_wins)
{
	AUTO_FREE char *whole = MERGED(A);
	/* Cut at each byte: what is left is another copy of the same run. */
	for (size_t cut = strlen(RUN("a")); cut < strlen(A) - 2; cut++) {
		char copy[sizeof(A)];

		memcpy(copy, A, cut);
		copy[cut] = '\0';
		AUTO_FREE char *text = MERGED(A, copy);
		assert_string_equal(text, whole);
	}
	AUTO_FREE char *longer = MERGED(RUN("a") PATH("/a", "") PATH("/x", ""));
	AUTO_FREE char *both =
		MERGED(RUN("a") PATH("/a", "") PATH("/x", ""), RUN("a") PATH("/a", ""));
	assert_string_equal(longer, both);
}

TEST(a_run_that_was_cut_short_stays_so)
{
	AUTO_FREE char *text =
		MERGED(A, RUN("b") PATH("/b", "") "{\"record\":\"path\",\"pa");

	HAS(text, "\"id\":\"b\",\"command\":[],\"ended\":\"truncated\",\"records\":2,");
	HAS(text, "{\"record\":\"end\",\"ended\":\"truncated\"");
	HAS(text, "/b");
	AUTO_FREE char *more = MERGED(text, C);
	HAS(more, "\"id\":\"b\",\"command\":[],\"ended\":\"truncated\",\"records\":2,");
	HAS(more, "{\"record\":\"end\",\"ended\":\"truncated\"");
	/* Once it is there whole, nothing of that is left. */
	AUTO_FREE char *whole = MERGED(A, RUN("b") PATH("/b", ""), B);
	AUTO_FREE char *plain = MERGED(A, B);
	assert_string_equal(whole, plain);
}

/* As in the log of a container that was killed and started again. */
TEST(a_run_may_begin_on_the_line_that_the_last_one_broke_off)
{
	AUTO_FREE char *plain = MERGED(RUN("a") PATH("/a", ""), B);
	AUTO_FREE char *text =
		MERGED(RUN("a") PATH("/a", "") "{\"record\":\"path\",\"path\":\"/zz" B);
	AUTO_FREE char *ended =
		MERGED(RUN("a") PATH("/a", "") "{\"record\":\"path\",\"path\":\"/zz\n" B);

	assert_string_equal(text, plain);
	assert_null(strstr(ended, "/zz"));
	HAS(ended, "/both");
}

TEST(merging_merged_ones_is_the_same)
{
	AUTO_FREE char *all = MERGED(A, B, C);
	AUTO_FREE char *ab = MERGED(A, B);
	AUTO_FREE char *again = MERGED(ab);
	AUTO_FREE char *two = MERGED(ab, C);
	AUTO_FREE char *known = MERGED(all, ab);
	AUTO_FREE char *parts = MERGED(all, A, B, C, ab);

	assert_string_equal(again, ab);
	assert_string_equal(two, all);
	assert_string_equal(known, all);
	assert_string_equal(parts, all);
}

TEST(what_cannot_be_taken_apart_is_refused)
{
	AUTO_FREE char *ab = MERGED(A, B);
	AUTO_FREE char *bc = MERGED(B, C);
	AUTO_FREE char *cut = MERGED(RUN("a") PATH("/a", ""), B);

	REFUSED("run c is in it alone", ab, bc);
	REFUSED("run a is fuller in", cut, A);
	REFUSED("run a is fuller in", cut, RUN("a") PATH("/a", "") PATH("/x", ""));
	/* With the runs' own inventories there is a way. */
	AUTO_FREE char *all = MERGED(A, B, C);
	AUTO_FREE char *with_c = MERGED(ab, bc, C);
	AUTO_FREE char *with_a = MERGED(ab, bc, A);
	AUTO_FREE char *apart = MERGED(cut, A, B);
	assert_string_equal(with_c, all);
	assert_string_equal(with_a, all);
	assert_string_equal(apart, ab);
}

TEST(a_merged_inventory_that_was_cut_short_says_so)
{
	AUTO_FREE char *ab = MERGED(A, B);
	char *end = strstr(ab, "{\"record\":\"end\"");

	assert_non_null(end);
	*end = '\0';
	AUTO_FREE char *text = MERGED(ab);
	HAS(text, "\"id\":\"a\",\"command\":[],\"ended\":\"truncated\"");
	HAS(text, "\"id\":\"b\",\"command\":[],\"ended\":\"truncated\"");
	AUTO_FREE char *whole = MERGED(ab, A, B);
	AUTO_FREE char *plain = MERGED(A, B);
	assert_string_equal(whole, plain);
	REFUSED("fuller", ab, A);
	*(strchr(ab, '\n') + 1) = '\0';
	REFUSED("cut short before it names them", ab);
}

TEST(a_log_may_stand_between_and_before_the_records)
{
	AUTO_FREE char *plain = MERGED(A);
	const char text[] =
		"starting\n"
		"app-1  | " RUN("a") "{\"level\":\"info\",\"record\":\"broken\"}\n"
				     "{\"level\":\"info\"}\n{not "
				     "json}\n\n2026-01-31T00:00:00Z " PATH(
					     "/a", "") "  " PATH("/both",
								 "") "\xff\xfe{\n"
								     "| " END "done\n";
	const char *const texts[] = { text };
	AUTO(str_done) struct str out = STR_INIT(OUT_MAX);
	struct merge_notes notes;
	struct err err = ERR_INIT;

	if (merge_texts(texts, 1, &out, &notes, &err) < 0)
		fail_msg("%s", err.msg);
	assert_string_equal(out.s, plain);
	assert_int_equal(notes.skipped, 6);
	assert_int_equal(notes.cut, 0);
}

TEST(another_writers_spelling_is_read_too)
{
	AUTO_FREE char *plain = MERGED(RUN("a") PATH("/a", ""));
	AUTO_FREE char *text = MERGED(
		"{\"id\": \"a\", \"record\": \"run\", \"schema\": "
		"\"taskprobe.inventory/1\"}\r\n"
		" {\"path\": \"/a\", \"ops\": {\"write\": {\"written\": 1}}, \"record\": "
		"\"path\"} \r\n");

	assert_string_equal(text, plain);
}

TEST(what_is_broken_is_named_with_file_and_line)
{
	REFUSED("f1:2: ", A, RUN("b") "{\"record\":\"path\",\"path\":\n" PATH("/b", ""));
	REFUSED("f0:2: ", RUN("b") "{\"record\":\"path\",\"path\":7,\"ops\":{}}\n" END);
	REFUSED("f0:1: a record that belongs to no run", PATH("/b", ""));
	REFUSED("f0:4: a record that belongs to no run",
		RUN("a") PATH("/a", "") END PATH("/b", ""));
	REFUSED("f0:3: ", RUN("a") PATH("/a", "") "{\"record\":\"end\"}\n");
	REFUSED("no 'run' record", "nothing\n");
	REFUSED("no 'run' record", "");
}

TEST(two_runs_in_one_log_are_noticed)
{
	REFUSED("lines of two runs are mixed",
		RUN("a") RUN("b") PATH("/a", "") PATH("/b", "") END END);
}

TEST(what_differs_between_runs_is_decided_by_its_value)
{
	AUTO_FREE char *text = MERGED(
		RUN("a") PATH("/p",
			      ",\"kind\":\"file\",\"in_image\":true,\"exists\":false,"
			      "\"mount\":\"/\",\"size\":9,"
			      "\"first\":\"2026-01-31T00:00:00Z\","
			      "\"last\":\"2026-01-31T00:00:09Z\"") END,
		RUN("b") PATH("/p",
			      ",\"kind\":\"socket\",\"in_image\":false,\"exists\":true,"
			      "\"mount\":\"/p\",\"size\":3,\"executed\":true,"
			      "\"first\":\"2026-01-30T00:00:00Z\","
			      "\"last\":\"2026-01-31T00:00:01Z\"") END,
		RUN("c") PATH("/p", "") END);

	HAS(text, "\"kind\":\"socket\"");
	HAS(text, "\"first\":\"2026-01-30T00:00:00.000Z\","
		  "\"last\":\"2026-01-31T00:00:09.000Z\",\"size\":9,\"in_image\":true,"
		  "\"exists\":true,\"mount\":\"/p\",\"executed\":true,\"runs\":3}");
}

#define DIR(rest) "{\"record\":\"dir\",\"path\":\"/d\"," rest "}\n"
#define PAIR(n)                                                                 \
	"{\"record\":\"pair\",\"op\":\"rename\",\"from\":\"/x\",\"to\":\"/y\"," \
	"\"count\":" n "}\n"

TEST(pairs_add_up_and_directories_keep_the_most)
{
	AUTO_FREE char *text = MERGED(
		RUN("a") PAIR("2") DIR("\"entries\":3,\"empty\":false,\"uid\":5,"
				       "\"gid\":1,\"mode\":448,\"peak_bytes\":7") END,
		RUN("b") PAIR("3") DIR("\"entries\":0,\"empty\":true,\"uid\":4,"
				       "\"gid\":9,\"mode\":511,\"peak_bytes\":9") END);

	HAS(text, "\"to\":\"/y\",\"count\":5}");
	HAS(text, "\"entries\":3,\"empty\":false,\"uid\":5,\"gid\":1,\"mode\":448,"
		  "\"peak_bytes\":9}");
}

TEST(an_input_that_changes_meanwhile_is_noticed)
{
	static const char *const later[] = { RUN("b") PATH("/a", "") END,
					     RUN("a") PATH("/a", "") PATH("/b", ""),
					     RUN("a") END, "x\n" };
	const char first[] = RUN("a") PATH("/a", "") END;

	for (size_t i = 0; i < ARRAY_LEN(later); i++) {
		AUTO(merge_done_at) struct merge *m = merge_new();
		struct merge_part part;
		struct err err = ERR_INIT;

		assert_int_equal(merge_input(m, "f", &err), 0);
		assert_int_equal(
			feed(m, first, 0, (int64_t)strlen(first), 1, merge_survey, &err),
			0);
		assert_int_equal(merge_choose(m, &err), 0);
		assert_true(merge_next_part(m, &part));
		assert_int_equal(feed(m, later[i], 0, (int64_t)strlen(later[i]), 1,
				      merge_add, &err),
				 0);
		assert_int_equal(merge_part_end(m, &err), -EAGAIN);
		assert_non_null(strstr(err.msg, "changed while it was read"));
	}
}

TEST(many_runs_are_no_matter)
{
	AUTO(str_done) struct str all = STR_INIT(OUT_MAX);
	const char *texts[] = { NULL };

	for (int i = 0; i < 3000; i++)
		assert_int_equal(str_printf(&all, RUN("%d") PATH("/p", "") END, i * 7919),
				 0);
	texts[0] = all.s;
	AUTO_FREE char *text = merged(texts, 1);
	HAS(text, "\"runs\":3000}");
	texts[0] = text;
	AUTO_FREE char *again = merged(texts, 1);
	assert_string_equal(again, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_union_counts_runs),
		cmocka_unit_test(a_path_of_several_records_is_of_one_run),
		cmocka_unit_test(a_run_that_is_given_twice_counts_once),
		cmocka_unit_test(the_fuller_copy_wins),
		cmocka_unit_test(a_run_that_was_cut_short_stays_so),
		cmocka_unit_test(a_run_may_begin_on_the_line_that_the_last_one_broke_off),
		cmocka_unit_test(merging_merged_ones_is_the_same),
		cmocka_unit_test(what_cannot_be_taken_apart_is_refused),
		cmocka_unit_test(a_merged_inventory_that_was_cut_short_says_so),
		cmocka_unit_test(a_log_may_stand_between_and_before_the_records),
		cmocka_unit_test(another_writers_spelling_is_read_too),
		cmocka_unit_test(what_is_broken_is_named_with_file_and_line),
		cmocka_unit_test(two_runs_in_one_log_are_noticed),
		cmocka_unit_test(what_differs_between_runs_is_decided_by_its_value),
		cmocka_unit_test(pairs_add_up_and_directories_keep_the_most),
		cmocka_unit_test(an_input_that_changes_meanwhile_is_noticed),
		cmocka_unit_test(many_runs_are_no_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
