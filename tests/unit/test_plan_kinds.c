/* SPDX-License-Identifier: MIT
 *
 * test_plan_kinds.c - what a mount is: its owner and mode, memory or volume, its options,
 * whose volume.
 */
#include "tests/unit/plan_given.h"

static bool has_option(const struct plan_mount *mount, const char *option)
{
	return texts_have(&mount->options, option);
}

/* --- owners --- */

TEST(an_empty_directory_keeps_owner_and_mode)
{
	struct inventory *i = given_run();

	given_dir(i, "/run/postgresql", 0, 999, 02775, 5);
	given_path(i, "/run/postgresql/.s.PGSQL", "bind");
	AUTO(plan_done) struct plan plan = planned(i);
	const struct plan_mount *m = mount_of(&plan, "/run/postgresql");
	assert_int_equal(m->kind, PLAN_TMPFS);
	assert_int_equal(m->uid, 999);
	assert_int_equal(m->gid, 999);
	assert_int_equal(m->mode, 02775);
	assert_true(has_option(m, "uid=999"));
	assert_true(has_option(m, "gid=999"));
	assert_true(has_option(m, "mode=2775"));
	assert_int_equal(plan.image_changes.len, 0);
}

TEST(a_volume_of_another_owner_needs_its_line)
{
	struct inventory *i = given_run();

	given_dir(i, "/data", 0, 101, 0755, 5);
	given_path(i, "/data/x", "create");
	given_dir(i, "/srv/root", 0, 0, 0755, 5);
	given_path_more(i, "/srv/root/x", "create", GIVEN_BY("/app", 0));
	AUTO(plan_done) struct plan plan = planned(i);
	assert_int_equal(mount_of(&plan, "/data")->kind, PLAN_VOLUME);
	assert_false(mount_of(&plan, "/data")->carries_image_content);
	LINE_IS(&plan, "VOLUME [\"/data\"]");
	assert_int_equal(mount_of(&plan, "/srv/root")->kind, PLAN_VOLUME);
	assert_int_equal(plan.image_changes.len, 1);
}

TEST(a_group_that_is_not_known_is_no_group)
{
	static const char by[] =
		",\"processes\":[{\"exe\":\"/app\",\"uid\":101,\"count\":1}]";
	struct inventory *i = given_run();

	given_path_more(i, "/data/", "mkdir", by);
	given_path_more(i, "/data/x", "create", by);
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/data");
	LINE_IS(&plan, "USER 101");
	assert_true(has_risk(&plan,
			     "need a shell in the image; behind them stands USER 101,"));
}

TEST(a_directory_that_the_image_lacks_is_made_for_its_writer)
{
	struct inventory *i = given_run();

	given_dir(i, "/data", 0, 101, 0700, 5);
	given_path(i, "/data/", "mkdir");
	given_path(i, "/data/x", "create");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/data");
	assert_int_equal(plan.image_changes.len, 4);
	LINE_IS(&plan, "USER 0:0");
	LINE_IS(&plan, "RUN mkdir -p '/data' && chown 101:101 '/data' && chmod 0700 "
		       "'/data'");
	LINE_IS(&plan, "USER 101:101");
	LINE_IS(&plan, "VOLUME [\"/data\"]");
	assert_string_equal(
		LIST_AT(&plan.image_changes, struct plan_change, 0)->dockerfile,
		"USER 0:0");
	assert_true(has_risk(&plan, "EEXIST"));
	assert_int_equal(plan.by_hand.len, 0);
}

/* --- kinds and sizes --- */

static struct inventory *writes(const char *dir, int entries, long long peak)
{
	struct inventory *i = given_run();
	AUTO_FREE char *path = str_format("%s/file", dir);

	given_dir(i, dir, entries, 0, 0755, peak);
	given_path(i, path, "create,write");
	return i;
}

static enum plan_kind kind_of(const char *dir, long long peak)
{
	AUTO(plan_done) struct plan plan = planned(writes(dir, 0, peak));

	return mount_of(&plan, dir)->kind;
}

TEST(what_is_small_and_short_lived_goes_to_memory)
{
	assert_int_equal(kind_of("/tmp", 1000), PLAN_TMPFS);
	assert_int_equal(kind_of("/run/app", 1000), PLAN_TMPFS);
	assert_int_equal(kind_of("/app/cache", 1000), PLAN_TMPFS);
	assert_int_equal(kind_of("/tmp", 65 << 20), PLAN_VOLUME);
	assert_int_equal(kind_of("/var/lib/app", 1000), PLAN_VOLUME);
	assert_int_equal(kind_of("/app/templates", 1000), PLAN_VOLUME);
	assert_int_equal(kind_of("/app/uploads", 1000), PLAN_VOLUME);
}

static int64_t size_of(const char *dir, long long peak)
{
	const struct plan_options options = { .memory_mib = 64 * 1024 };
	AUTO(plan_done) struct plan plan = planned_with(writes(dir, 0, peak), &options);

	assert_int_equal(mount_of(&plan, dir)->seen_bytes, peak);
	return mount_of(&plan, dir)->size_mib;
}

TEST(a_tmpfs_has_head_room)
{
	assert_int_equal(size_of("/run/app", 0), 16);
	assert_int_equal(size_of("/run/app", 8 << 20), 16);
	assert_int_equal(size_of("/run/app", (8 << 20) + 1), 32);
	assert_int_equal(size_of("/run/app", 64 << 20), 128);
	assert_int_equal(size_of("/tmp", 5), 64);
}

TEST(all_tmpfs_together_take_a_quarter_of_the_memory)
{
	const struct plan_options options = { .memory_mib = 512 };
	struct inventory *i = given_run();

	for (int n = 0; n < 3; n++) {
		AUTO_FREE char *dir = str_format("/opt/tmp%d", n);
		AUTO_FREE char *path = str_format("%s/x", dir);

		given_dir(i, dir, 0, 0, 0755, 5);
		given_path(i, path, "create");
	}
	AUTO(plan_done) struct plan plan = planned_with(i, &options);
	assert_int_equal(mount_of(&plan, "/opt/tmp0")->kind, PLAN_TMPFS);
	assert_int_equal(mount_of(&plan, "/opt/tmp1")->kind, PLAN_TMPFS);
	assert_int_equal(mount_of(&plan, "/opt/tmp2")->kind, PLAN_VOLUME);
	assert_true(has_risk(&plan, "128 MiB, which counts against the memory"));
}

TEST(what_is_executed_needs_exec)
{
	struct inventory *i = writes("/tmp", 0, 5);

	given_path_more(i, "/tmp/x.so", "create", ",\"executed\":true");
	AUTO(plan_done) struct plan plan = planned(i);
	assert_true(has_option(mount_of(&plan, "/tmp"), "exec"));
	AUTO(plan_done) struct plan other = planned(writes("/tmp", 0, 5));
	assert_true(has_option(mount_of(&other, "/tmp"), "noexec"));
	assert_true(has_option(mount_of(&other, "/tmp"), "nosuid"));
	assert_true(has_option(mount_of(&other, "/tmp"), "nodev"));
}

TEST(attributes_and_devices_do_not_go_to_memory)
{
	struct inventory *i = writes("/tmp", 0, 5);

	given_path(i, "/tmp/x", "create,xattr");
	AUTO(plan_done) struct plan plan = planned(i);
	assert_int_equal(mount_of(&plan, "/tmp")->kind, PLAN_VOLUME);
}

TEST(what_is_preferred_is_taken_where_it_can_be)
{
	const struct plan_options tmpfs = { .memory_mib = 64, .prefer = PREFER_TMPFS };
	const struct plan_options volume = { .memory_mib = -1, .prefer = PREFER_VOLUME };
	const struct plan_options efs = { .memory_mib = -1, .prefer = PREFER_EFS };
	AUTO(plan_done)
	struct plan a = planned_with(writes("/data", 0, (long long)1 << 30), &tmpfs);
	AUTO(plan_done) struct plan b = planned_with(writes("/tmp", 0, 5), &volume);
	AUTO(plan_done) struct plan c = planned_with(writes("/data", 0, 5), &efs);
	AUTO(plan_done) struct plan d = planned_with(writes("/data", 1, 5), &efs);

	assert_int_equal(mount_of(&a, "/data")->kind, PLAN_TMPFS);
	assert_int_equal(mount_of(&a, "/data")->size_mib, 2048);
	assert_int_equal(mount_of(&b, "/tmp")->kind, PLAN_VOLUME);
	assert_int_equal(mount_of(&c, "/data")->kind, PLAN_EFS);
	assert_true(has_risk(&c, "access point"));
	assert_int_equal(mount_of(&d, "/data")->kind, PLAN_VOLUME);
}

/* --- volumes --- */

static char *volume_in(const char *container, const char *dir)
{
	struct inventory *i = inventory_new();
	AUTO_FREE char *path = str_format("%s/x", dir);

	given_line(i, str_format("{\"record\":\"run\",\"schema\":"
				 "\"taskprobe.inventory/1\",\"id\":\"1\","
				 "\"container\":\"%s\"}",
				 container));
	given_path(i, path, "create");
	AUTO(plan_done) struct plan plan = planned(i);
	return strdup(mount_of(&plan, dir)->volume);
}

TEST(two_containers_have_no_volume_in_common)
{
	AUTO_FREE char *a = volume_in("web", "/data/x");
	AUTO_FREE char *b = volume_in("web-data", "/x");
	AUTO_FREE char *c = volume_in("web_data", "/x");
	AUTO_FREE char *d = volume_in("web", "/data_x");

	assert_string_equal(a, "taskprobe-web_data-x");
	assert_string_equal(b, "taskprobe-web-data_x");
	assert_string_equal(c, "taskprobe-web_data_x");
	assert_string_equal(d, "taskprobe-web_data-x");
}

TEST(two_mounts_have_no_volume_in_common)
{
	struct inventory *i = given_run();

	given_path(i, "/data/a.b/x", "create");
	given_path(i, "/data/a-b/x", "create");
	AUTO(plan_done) struct plan plan = planned(i);
	assert_string_equal(mount_of(&plan, "/data/a-b")->volume,
			    "taskprobe-web_data-a-b");
	assert_string_equal(mount_of(&plan, "/data/a.b")->volume,
			    "taskprobe-web_data-a-b-2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_directory_keeps_owner_and_mode),
		cmocka_unit_test(a_volume_of_another_owner_needs_its_line),
		cmocka_unit_test(a_group_that_is_not_known_is_no_group),
		cmocka_unit_test(a_directory_that_the_image_lacks_is_made_for_its_writer),
		cmocka_unit_test(what_is_small_and_short_lived_goes_to_memory),
		cmocka_unit_test(a_tmpfs_has_head_room),
		cmocka_unit_test(all_tmpfs_together_take_a_quarter_of_the_memory),
		cmocka_unit_test(what_is_executed_needs_exec),
		cmocka_unit_test(attributes_and_devices_do_not_go_to_memory),
		cmocka_unit_test(what_is_preferred_is_taken_where_it_can_be),
		cmocka_unit_test(two_containers_have_no_volume_in_common),
		cmocka_unit_test(two_mounts_have_no_volume_in_common),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
