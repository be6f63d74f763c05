/* SPDX-License-Identifier: MIT
 *
 * How large things are and were, what is there still, and what finds no room.
 */
#include "tests/unit/recorder_world.h"

TEST(peaks_are_what_was_there_at_one_time)
{
	WORLD(w, 0);

	makes_directory(&w, "d");
	writes(&w, "d/a", 3000);
	writes(&w, "d/b", 5000);
	recorder_flush(w.recorder);
	assert_int_equal(dir(&w, "d")->peak_bytes, 8000);
	unlinks(&w, "d/a");
	unlinks(&w, "d/b");
	writes(&w, "d/c", 4000);
	recorder_flush(w.recorder);
	assert_int_equal(dir(&w, "d")->peak_bytes, 8000);
	writes(&w, "d/e", 4500);
	recorder_end(w.recorder, "exit", 0);
	assert_int_equal(dir(&w, "d")->peak_bytes, 8500);
	assert_int_equal(dir(&w, "")->peak_bytes, 8500);
	assert_int_equal(dir(&w, "/")->peak_bytes, 8500);
}

TEST(files_that_live_a_millisecond_count_at_unlink)
{
	WORLD(w, 0);

	makes_directory(&w, "d");
	for (int i = 0; i < 3; i++) {
		writes(&w, "d/a", 7000);
		unlinks(&w, "d/a");
	}
	writes(&w, "d/b", 9000);
	writes(&w, "d/b", 10); /* truncated: it was 9,000 before */
	recorder_flush(w.recorder);
	assert_int_equal(dir(&w, "d")->peak_bytes, 9000);
	assert_int_equal(path(&w, "d/a")->size, 7000);
	assert_int_equal(path(&w, "d/a")->exists, TRI_NO);
	assert_int_equal(times(path(&w, "d/a"), OP_UNLINK, 0), 3);
}

TEST(a_renamed_file_is_there_once)
{
	WORLD(w, 0);

	makes_directory(&w, "d");
	writes(&w, "d/tmp", 6000);
	renames(&w, "d/tmp", "d/final");
	recorder_flush(w.recorder);
	writes(&w, "d/tmp", 6000);
	renames(&w, "d/tmp", "d/final");
	recorder_end(w.recorder, "exit", 0);
	/* Both are there until the old one is replaced. */
	assert_int_equal(dir(&w, "d")->peak_bytes, 12000);
	assert_int_equal(path(&w, "d/final")->size, 6000);
	assert_int_equal(path(&w, "d/final")->kind, INVENTORY_FILE);
	assert_int_equal(path(&w, "d/tmp")->exists, TRI_NO);
	assert_int_equal(path(&w, "d/final")->exists, TRI_YES);
	AUTO(list_done) struct list pairs = { 0 };
	assert_int_equal(inventory_list_pairs(w.inventory, &pairs), 0);
	assert_int_equal(pairs.len, 1);
	assert_int_equal((*LIST_AT(&pairs, struct inventory_pair *, 0))->count, 2);
}

TEST(hard_links_take_their_room_once)
{
	WORLD(w, 0);

	makes_directory(&w, "d");
	writes(&w, "d/a", 8000);
	happens(&w, OP_LINK, "d/a", "d/b", 0);
	answered(&w);
	AUTO_FREE char *a = strdup(in(&w, "d/a"));
	assert_int_equal(link(a, in(&w, "d/b")), 0);
	writes(&w, "d/b", 8000);
	recorder_end(w.recorder, "exit", 0);
	assert_int_equal(dir(&w, "d")->peak_bytes, 8000);
	assert_int_equal(times(path(&w, "d/a"), OP_LINK, 0), 1);
	assert_int_equal(times(path(&w, "d/b"), OP_LINK, 0), 1);
}

TEST(holes_take_no_room)
{
	WORLD(w, 0);

	makes_directory(&w, "d");
	writes(&w, "d/a", 4096);
	assert_int_equal(truncate(in(&w, "d/a"), (off_t)1 << 30), 0);
	recorder_end(w.recorder, "exit", 0);
	assert_true(dir(&w, "d")->peak_bytes < 1 << 20);
	assert_int_equal(path(&w, "d/a")->size, 1 << 30);
}

TEST(what_was_not_written_takes_no_room)
{
	WORLD(w, 0);

	assert_int_equal(mkdir(in(&w, "d"), 0755), 0);
	fill(&w, "d/a", 5000);
	fill(&w, "d/b", 5000);
	fill(&w, "d/c", 5000);
	happens(&w, OP_WRITE, "d/a", NULL, EACCES);
	answered(&w);
	happens(&w, OP_ACCESS, "d/b", NULL, 0);
	answered(&w);
	unlinks(&w, "d/c");
	recorder_end(w.recorder, "exit", 0);
	assert_int_equal(dir(&w, "d")->peak_bytes, 0);
}

TEST(what_does_not_go_in_is_lost_and_said)
{
	WORLD(w, 2);

	writes(&w, "a", 1);
	writes(&w, "b", 1);
	writes(&w, "c", 1);
	writes(&w, "d", 1);
	writes(&w, "a", 1);
	recorder_lost(w.recorder, 5);
	recorder_end(w.recorder, "signal", 143);
	const struct inventory_end *end = inventory_ended(w.inventory);
	assert_int_equal(inventory_paths(w.inventory), 2);
	assert_int_equal(times(path(&w, "a"), OP_TRUNCATE, 0), 1);
	assert_int_equal(end->lost, 7);
	assert_int_equal(end->exit, 143);
	assert_string_equal(end->ended, "signal");
	assert_int_equal(end->blind_spots.len, 1);
	assert_non_null(
		strstr(*LIST_AT(&end->blind_spots, char *, 0), "more than 2 distinct"));
}

TEST(while_nothing_can_be_written_all_is_kept)
{
	WORLD(w, 0);

	w.full = true;
	for (int i = 0; i < 1000; i++) {
		writes(&w, i % 2 ? "a" : "b", 1);
		recorder_flush(w.recorder);
	}
	assert_int_equal(w.records, 0);
	w.full = false;
	recorder_flush(w.recorder);
	assert_int_equal(times(path(&w, "a"), OP_CREATE, 0), 1);
	assert_int_equal(times(path(&w, "a"), OP_TRUNCATE, 0), 499);
	assert_int_equal(times(path(&w, "b"), OP_TRUNCATE, 0), 499);
	/* At the end there is no later. */
	writes(&w, "a", 1);
	w.full = true;
	recorder_end(w.recorder, "exit", 0);
	assert_int_equal(times(path(&w, "a"), OP_TRUNCATE, 0), 500);
	assert_non_null(inventory_ended(w.inventory));
}

TEST(many_paths_at_once_do_not_wait_for_the_flush)
{
	WORLD(w, 0);
	char name[64];

	for (int i = 0; i < 40000; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		happens(&w, OP_CREATE, name, NULL, 0);
		answered(&w);
	}
	assert_int_equal(w.flushes, 2);
	recorder_end(w.recorder, "exit", 0);
	assert_int_equal(inventory_paths(w.inventory), 40000);
	assert_int_equal(recorder_progress(w.recorder).paths, 40000);
	assert_int_equal(recorder_progress(w.recorder).lost, 0);
}

TEST(what_changes_without_an_event_is_seen)
{
	WORLD(w, 0);

	writes(&w, "log", 100);
	writes(&w, "gone", 100);
	assert_int_equal(symlink("log", in(&w, "link")), 0);
	recorder_flush(w.recorder);
	fill(&w, "log", 90000); /* through a descriptor that was open */
	assert_int_equal(unlink(in(&w, "gone")), 0);
	recorder_flush(w.recorder);
	assert_int_equal(path(&w, "log")->size, 90000);
	assert_int_equal(path(&w, "gone")->exists, TRI_NO);
	assert_int_equal(dir(&w, "")->peak_bytes, 90100);
}

TEST(a_log_that_grows_is_no_news_each_second)
{
	WORLD(w, 0);

	writes(&w, "log", 10000);
	recorder_flush(w.recorder);
	size_t before = w.records;
	for (int i = 1; i <= 10; i++) {
		fill(&w, "log", 10000 + (size_t)i * 100);
		recorder_flush(w.recorder);
	}
	assert_int_equal(w.records, before);
	recorder_end(w.recorder, "exit", 0);
	assert_int_equal(path(&w, "log")->size, 11000);
	assert_int_equal(dir(&w, "")->peak_bytes, 11000);
}

TEST(a_prediction_that_was_wrong_is_corrected)
{
	WORLD(w, 0);

	happens(&w, OP_CREATE, "a", NULL, 0);
	answered(&w); /* and then the call failed after all */
	happens(&w, OP_MKNOD, "p", NULL, 0);
	answered(&w);
	assert_int_equal(mkfifo(in(&w, "p"), 0644), 0);
	recorder_flush(w.recorder);
	assert_int_equal(path(&w, "a")->exists, TRI_NO);
	assert_int_equal(path(&w, "p")->exists, TRI_YES);
	assert_int_equal(path(&w, "p")->kind, INVENTORY_FIFO);
}

TEST(a_link_on_the_way_leads_to_another_file)
{
	WORLD(w, 0);

	makes_directory(&w, "d");
	writes(&w, "d/a", 10);
	renames(&w, "d", "e");
	AUTO_FREE char *target = strdup(in(&w, "e"));
	assert_int_equal(symlink(target, in(&w, "d")), 0);
	recorder_flush(w.recorder);
	assert_int_equal(path(&w, "d/a")->exists, TRI_NO);
	assert_int_equal(path(&w, "d")->kind, INVENTORY_SYMLINK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peaks_are_what_was_there_at_one_time),
		cmocka_unit_test(files_that_live_a_millisecond_count_at_unlink),
		cmocka_unit_test(a_renamed_file_is_there_once),
		cmocka_unit_test(hard_links_take_their_room_once),
		cmocka_unit_test(holes_take_no_room),
		cmocka_unit_test(what_was_not_written_takes_no_room),
		cmocka_unit_test(what_does_not_go_in_is_lost_and_said),
		cmocka_unit_test(while_nothing_can_be_written_all_is_kept),
		cmocka_unit_test(many_paths_at_once_do_not_wait_for_the_flush),
		cmocka_unit_test(what_changes_without_an_event_is_seen),
		cmocka_unit_test(a_log_that_grows_is_no_news_each_second),
		cmocka_unit_test(a_prediction_that_was_wrong_is_corrected),
		cmocka_unit_test(a_link_on_the_way_leads_to_another_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
