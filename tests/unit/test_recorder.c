/* SPDX-License-Identifier: MIT */
#include "tests/unit/recorder_world.h"

TEST(counts_are_what_came_since_the_last_record)
{
	WORLD(w, 0);

	happens(&w, OP_CREATE, "a", NULL, 0);
	answered(&w);
	now = 2000;
	happens(&w, OP_CREATE, "a", NULL, 0);
	answered(&w);
	happens(&w, OP_CREATE, "a", NULL, EACCES);
	answered(&w);
	recorder_flush(w.recorder);
	assert_int_equal(times(path(&w, "a"), OP_CREATE, 0), 2);
	assert_int_equal(times(path(&w, "a"), OP_CREATE, EACCES), 1);
	assert_int_equal(path(&w, "a")->first, 1000);
	assert_int_equal(path(&w, "a")->last, 2000);
	size_t before = w.records;
	recorder_flush(w.recorder);
	assert_int_equal(w.records, before);
	now = 3000;
	happens(&w, OP_CREATE, "a", NULL, EACCES);
	answered(&w);
	str_reset(&w.lines);
	recorder_flush(w.recorder);
	assert_non_null(strstr(w.lines.s, "\"failed\":{\"EACCES\":1}"));
	assert_int_equal(times(path(&w, "a"), OP_CREATE, EACCES), 2);
	assert_int_equal(path(&w, "a")->last, 3000);
}

/* What an app does for a month must not fill a disk; what is new is told at once. */
TEST(repetition_is_written_out_ever_more_rarely)
{
	AUTO(list_done) struct list pairs = { 0 };
	WORLD(w, 0);

	for (int i = 0; i < 5000; i++) {
		writes(&w, "a", 1);
		renames(&w, "a", "b");
		recorder_flush(w.recorder);
	}
	assert_true(w.records < 500);
	assert_true(times(path(&w, "b"), OP_RENAME, 0) > 4000);
	happens(&w, OP_CREATE, "a", NULL, EACCES);
	answered(&w);
	recorder_flush(w.recorder);
	assert_int_equal(times(path(&w, "a"), OP_CREATE, EACCES), 1);
	executes(&w, "b");
	recorder_flush(w.recorder);
	assert_true(path(&w, "b")->executed);
	recorder_end(w.recorder, "exit", 0);
	assert_int_equal(times(path(&w, "a"), OP_RENAME, 0), 5000);
	assert_int_equal(times(path(&w, "b"), OP_RENAME, 0), 5000);
	assert_int_equal(inventory_list_pairs(w.inventory, &pairs), 0);
	assert_int_equal(pairs.len, 1);
	LIST_EACH (const struct inventory_pair *, pair, &pairs)
		assert_int_equal((*pair)->count, 5000);
}

TEST(what_is_not_answered_leaves_nothing)
{
	WORLD(w, 0);

	happens(&w, OP_CREATE, "a", NULL, 0);
	recorder_end(w.recorder, "exit", 0);
	assert_int_equal(inventory_paths(w.inventory), 0);
	assert_int_equal(inventory_ended(w.inventory)->events, 1);
}

TEST(processes_are_told_apart)
{
	WORLD(w, 0);

	writes(&w, "a", 1);
	w.tracee.exe = "/bin/other";
	writes(&w, "a", 1);
	w.tracee.who.euid = 0;
	writes(&w, "a", 1);
	writes(&w, "a", 1);
	w.tracee.who.part.known = false;
	w.tracee.exe = NULL;
	writes(&w, "a", 1);
	recorder_flush(w.recorder);
	const struct list *all = &path(&w, "a")->processes;
	int64_t sum = 0, unknown = 0;
	assert_int_equal(all->len, 4);
	LIST_EACH (const struct inventory_process, p, all) {
		sum += p->count;
		if (!p->exe) {
			unknown++;
			assert_int_equal(p->uid, -1);
		} else if (p->uid == 0) {
			assert_int_equal(p->count, 2);
			assert_int_equal(p->gid, 1001);
		}
	}
	assert_int_equal(sum, 5);
	assert_int_equal(unknown, 1);
}

TEST(in_the_image_is_what_was_there_before_the_run)
{
	WORLD(w, 0);

	fill(&w, "old", 10);
	writes(&w, "old", 5);
	writes(&w, "new", 5);
	writes(&w, "new", 5); /* there now, and still the run's */
	unlinks(&w, "old");
	writes(&w, "old", 5);
	happens(&w, OP_UNLINK, "never", NULL, ENOENT);
	answered(&w);
	recorder_flush(w.recorder);
	assert_int_equal(path(&w, "old")->in_image, TRI_YES);
	assert_int_equal(path(&w, "new")->in_image, TRI_NO);
	assert_int_equal(path(&w, "never")->in_image, TRI_NO);
	assert_int_equal(path(&w, "never")->exists, TRI_NO);
	assert_int_equal(path(&w, "old")->exists, TRI_YES);
	assert_int_equal(path(&w, "old")->size, 10); /* the largest */
}

TEST(below_a_renamed_directory_nothing_is_the_images)
{
	WORLD(w, 0);

	assert_int_equal(mkdir(in(&w, "a"), 0755), 0);
	fill(&w, "a/f", 7);
	renames(&w, "a", "b");
	writes(&w, "b/f", 3);
	executes(&w, "b/f");
	recorder_flush(w.recorder);
	assert_int_equal(path(&w, "a")->in_image, TRI_YES);
	assert_int_equal(path(&w, "a")->exists, TRI_NO);
	assert_int_equal(path(&w, "b")->in_image, TRI_NO);
	assert_int_equal(path(&w, "b")->kind, INVENTORY_DIRECTORY);
	assert_int_equal(path(&w, "b/f")->in_image, TRI_NO);
	/* What a mount at "a" would hide, and one at "b" would not. */
	assert_int_equal(dir(&w, "a")->entries, 1);
	assert_int_equal(dir(&w, "b")->entries, 0);
	assert_true(dir(&w, "b")->empty);
}

TEST(a_program_in_a_renamed_directory_needs_exec_too)
{
	WORLD(w, 0);

	assert_int_equal(mkdir(in(&w, "a"), 0755), 0);
	fill(&w, "a/f", 7);
	renames(&w, "a", "b");
	writes(&w, "b/g", 3);
	executes(&w, "b/f");
	recorder_flush(w.recorder);
	assert_true(path(&w, "b/f")->executed);
	assert_int_equal(path(&w, "b/f")->counts.len, 0);
	assert_int_equal(path(&w, "b/f")->in_image, TRI_NO);
}

TEST(directories_are_counted_before_the_run_writes_in_them)
{
	WORLD(w, 0);

	assert_int_equal(mkdir(in(&w, "d"), 0711), 0);
	assert_int_equal(chmod(in(&w, "d"), 01711), 0);
	fill(&w, "d/one", 1);
	assert_int_equal(mkdir(in(&w, "d/two"), 0755), 0);
	writes(&w, "d/three", 1);
	writes(&w, "d/four", 1);
	recorder_flush(w.recorder);
	assert_int_equal(dir(&w, "d")->entries, 2);
	assert_false(dir(&w, "d")->empty);
	assert_int_equal(dir(&w, "d")->mode, 01711);
	assert_int_equal(dir(&w, "d")->uid, geteuid());
	assert_int_equal(dir(&w, "")->entries, 1);
	assert_true(dir(&w, "/tmp")->entries >= 1);
	assert_true(dir(&w, "/")->entries > 2);
}

TEST(directories_of_the_run_hold_nothing_of_the_image)
{
	WORLD(w, 0);

	makes_directory(&w, "d");
	makes_directory(&w, "d/e");
	writes(&w, "d/e/f", 1);
	recorder_flush(w.recorder);
	assert_int_equal(path(&w, "d")->in_image, TRI_NO);
	assert_int_equal(path(&w, "d")->kind, INVENTORY_DIRECTORY);
	assert_int_equal(dir(&w, "d")->entries, 0);
	assert_int_equal(dir(&w, "d/e")->entries, 0);
	assert_int_equal(dir(&w, "d/e")->mode, 0750);
}

TEST(large_directories_are_not_counted_to_their_end)
{
	WORLD(w, 0);
	char name[64];

	assert_int_equal(mkdir(in(&w, "d"), 0755), 0);
	for (int i = 0; i < INVENTORY_ENTRIES_MOST + 5; i++) {
		(void)snprintf(name, sizeof(name), "d/%d", i);
		AUTO_CLOSE int fd = open(in(&w, name), O_WRONLY | O_CREAT, 0644);
		assert_true(fd >= 0);
	}
	writes(&w, "d/x", 1);
	recorder_flush(w.recorder);
	assert_int_equal(dir(&w, "d")->entries, INVENTORY_ENTRIES_MOST);
}

TEST(a_mount_that_may_hang_is_not_looked_at)
{
	WORLD(w, 0);

	w.mount.may_hang = true;
	writes(&w, "a", 10);
	assert_int_equal(unlink(in(&w, "a")), 0);
	recorder_flush(w.recorder);
	recorder_end(w.recorder, "exit", 0);
	assert_null(inventory_find_dir(w.inventory, w.dir));
	assert_int_equal(path(&w, "a")->exists,
			 TRI_YES); /* as predicted, not looked at */
	const struct inventory_end *end = inventory_ended(w.inventory);
	assert_int_equal(end->blind_spots.len, 1);
	assert_non_null(strstr(*LIST_AT(&end->blind_spots, char *, 0), "is not known"));
}

TEST(a_file_without_a_name_is_linked_from_none)
{
	WORLD(w, 0);

	happens(&w, OP_LINK, "x", "y", 0);
	w.event.place[0].nameless = true;
	answered(&w);
	recorder_end(w.recorder, "exit", 0);
	AUTO(list_done) struct list pairs = { 0 };
	assert_int_equal(inventory_list_pairs(w.inventory, &pairs), 0);
	assert_int_equal(pairs.len, 0);
	assert_int_equal(inventory_paths(w.inventory), 1);
	assert_int_equal(times(path(&w, "y"), OP_LINK, 0), 1);
}

TEST(executed_is_told_of_what_was_written)
{
	WORLD(w, 0);

	fill(&w, "image", 1);
	fill(&w, "refused", 1);
	executes(&w, "image");
	happens(&w, OP_WRITE, "refused", NULL, EACCES);
	answered(&w);
	executes(&w, "refused");
	happens(&w, OP_ACCESS, "image", NULL, 0);
	answered(&w);
	executes(&w, "image");
	writes(&w, "program", 1);
	executes(&w, "program");
	recorder_end(w.recorder, "exit", 0);
	assert_false(path(&w, "image")->executed);
	assert_false(path(&w, "refused")->executed);
	assert_true(path(&w, "program")->executed);
}

TEST(executed_reaches_a_path_that_was_written_out_before)
{
	WORLD(w, 0);

	writes(&w, "program", 1);
	recorder_flush(w.recorder);
	assert_false(path(&w, "program")->executed);
	executes(&w, "program");
	recorder_flush(w.recorder);
	assert_true(path(&w, "program")->executed);
	assert_int_equal(times(path(&w, "program"), OP_CREATE, 0), 1);
}

TEST(unresolved_operations_are_counted_with_their_reasons)
{
	WORLD(w, 0);

	for (int i = 0; i < 3; i++) {
		w.event.unresolved = true;
		w.event.counts = false;
		w.event.why = i ? "it is closed" : "it vanished";
		recorder_before(w.recorder, &w.event);
		recorder_add(w.recorder, &w.event);
	}
	recorder_blind_spot(w.recorder, "io_uring");
	recorder_blind_spot(w.recorder, "io_uring");
	assert_int_equal(recorder_progress(w.recorder).unresolved, 3);
	recorder_end(w.recorder, "exit", 0);
	const struct list *spots = &inventory_ended(w.inventory)->blind_spots;
	assert_int_equal(spots->len, 3);
	assert_true(texts_have(spots, "io_uring"));
	assert_true(texts_have(spots, "1 operation could not be followed: it vanished"));
	assert_true(
		texts_have(spots, "2 operations could not be followed: it is closed"));
}

TEST(any_name_is_a_path)
{
	WORLD(w, 0);
	char name[256];

	memset(name, 'n', 250);
	name[250] = '\0';
	writes(&w, "new\nline \"\033[31m\xff", 1);
	writes(&w, name, 1);
	recorder_end(w.recorder, "exit", 0);
	assert_int_equal(path(&w, "new\nline \"\033[31m\xff")->in_image, TRI_NO);
	assert_int_equal(path(&w, name)->exists, TRI_YES);
	assert_null(strchr(w.lines.s, '\033'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_what_came_since_the_last_record),
		cmocka_unit_test(repetition_is_written_out_ever_more_rarely),
		cmocka_unit_test(what_is_not_answered_leaves_nothing),
		cmocka_unit_test(processes_are_told_apart),
		cmocka_unit_test(in_the_image_is_what_was_there_before_the_run),
		cmocka_unit_test(below_a_renamed_directory_nothing_is_the_images),
		cmocka_unit_test(a_program_in_a_renamed_directory_needs_exec_too),
		cmocka_unit_test(directories_are_counted_before_the_run_writes_in_them),
		cmocka_unit_test(directories_of_the_run_hold_nothing_of_the_image),
		cmocka_unit_test(large_directories_are_not_counted_to_their_end),
		cmocka_unit_test(a_mount_that_may_hang_is_not_looked_at),
		cmocka_unit_test(a_file_without_a_name_is_linked_from_none),
		cmocka_unit_test(executed_is_told_of_what_was_written),
		cmocka_unit_test(executed_reaches_a_path_that_was_written_out_before),
		cmocka_unit_test(unresolved_operations_are_counted_with_their_reasons),
		cmocka_unit_test(any_name_is_a_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
