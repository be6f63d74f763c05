/* SPDX-License-Identifier: MIT
 *
 * test_plan_rules.c - each rule by which a plan is made, on its own.
 */
#include "tests/unit/plan_given.h"

static bool has_option(const struct plan_mount *mount, const char *option)
{
	return texts_have(&mount->options, option);
}

/* --- where --- */

TEST(a_mount_is_at_the_directory_that_is_written_in)
{
	struct inventory *i = given_run();

	given_dir(i, "/", 20, 0, 0755, 0);
	given_dir(i, "/var", 9, 0, 0755, 0);
	given_dir(i, "/var/cache", 3, 0, 0755, 0);
	given_dir(i, "/var/cache/app", 0, 101, 0750, 100);
	given_path(i, "/var/cache/app/x", "create,write");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/var/cache/app");
	assert_int_equal(plan.entries, 0);
	assert_int_equal(plan.by_hand.len, 0);
	assert_string_equal(plan.container, "web");
}

TEST(siblings_stay_apart_when_the_parent_holds_more)
{
	struct inventory *i = given_run();

	given_dir(i, "/srv/app", 7, 0, 0755, 0);
	given_dir(i, "/srv/app/a", 2, 0, 0755, 0);
	given_dir(i, "/srv/app/b", 3, 0, 0755, 0);
	given_path(i, "/srv/app/a/x", "create");
	given_path(i, "/srv/app/b/x", "create");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app/a", "/srv/app/b");
	assert_int_equal(plan.entries, 5);
}

TEST(siblings_that_are_all_there_is_become_one_mount)
{
	struct inventory *i = given_run();

	given_dir(i, "/srv/app", 2, 0, 0755, 0);
	given_dir(i, "/srv/app/a", 2, 0, 0755, 0);
	given_dir(i, "/srv/app/b", 3, 0, 0755, 0);
	given_path(i, "/srv/app/a/x", "create");
	given_path(i, "/srv/app/b/x", "create");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app");
}

TEST(a_mount_above_saves_those_below)
{
	struct inventory *i = given_run();

	given_dir(i, "/srv/app", 4, 0, 0755, 0);
	given_dir(i, "/srv/app/a", 2, 0, 0755, 0);
	given_path(i, "/srv/app/a/x", "create");
	given_path(i, "/srv/app/pid", "create");
	given_path(i, "/srv/app.d/pid", "create"); /* sorts between them */
	given_dir(i, "/srv/app.d", 0, 0, 0755, 0);
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app", "/srv/app.d");
	assert_int_equal(mount_of(&plan, "/srv/app")->entries, 6);
}

TEST(what_the_app_made_lies_in_what_the_image_has)
{
	struct inventory *i = given_run();

	given_dir(i, "/srv/app", 0, 101, 0755, 0);
	given_dir(i, "/srv/app/new", 0, 101, 0700, 0);
	given_path(i, "/srv/app/new/", "mkdir");
	given_path(i, "/srv/app/new/deep/", "mkdir,chmod");
	given_path(i, "/srv/app/new/deep/f", "create,write,chown");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app");
	assert_int_equal(mount_of(&plan, "/srv/app")->path_count, 3);
}

TEST(a_directory_whose_owner_is_changed_needs_itself)
{
	struct inventory *i = given_run();

	given_dir(i, "/srv/app", 5, 0, 0755, 0);
	given_dir(i, "/srv/app/data", 0, 0, 0755, 0);
	given_path(i, "/srv/app/data/", "+chown");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app/data");
}

TEST(a_directory_that_is_removed_needs_its_parent)
{
	struct inventory *i = given_run();

	given_dir(i, "/srv/app", 5, 0, 0755, 0);
	given_path(i, "/srv/app/data/", "+rmdir,mkdir");
	given_path(i, "/srv/app/data/x", "create");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app");
}

TEST(a_file_without_a_name_is_made_in_the_directory_itself)
{
	struct inventory *i = given_run();

	given_dir(i, "/srv/app", 5, 0, 0755, 0);
	given_dir(i, "/srv/app/data", 0, 0, 0755, 0);
	given_path(i, "/srv/app/data/", "+create");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app/data");
}

TEST(what_is_mounted_already_needs_nothing)
{
	AUTO(texts_done) struct list mounted = { 0 };
	struct inventory *i = given_run();

	assert_int_equal(texts_add(&mounted, "/data/"), 0);
	given_path(i, "/data/x", "create");
	given_path(i, "/data/sub/x", "create");
	given_path(i, "/database/x", "create");
	given_dir(i, "/database", 0, 0, 0755, 0);
	const struct plan_options options = { .memory_mib = -1, .mounted = &mounted };
	AUTO(plan_done) struct plan plan = planned_with(i, &options);
	MOUNTS_ARE(&plan, "/database");
	assert_int_equal(plan.by_hand.len, 0);
}

/* --- nothing is hidden --- */

TEST(any_entry_of_the_image_is_carried_over)
{
	struct inventory *i = given_run();

	given_dir(i, "/run", 1, 0, 0755, 5);
	given_path(i, "/run/app.pid", "create,unlink");
	const struct plan_options options = { .memory_mib = -1, .prefer = PREFER_TMPFS };
	AUTO(plan_done) struct plan plan = planned_with(i, &options);
	const struct plan_mount *m = mount_of(&plan, "/run");
	assert_int_equal(m->kind, PLAN_VOLUME);
	assert_true(m->carries_image_content);
	assert_int_equal(m->entries, 1);
	LINE_IS(&plan, "VOLUME [\"/run\"]");
}

TEST(what_is_not_known_is_carried_over)
{
	struct inventory *i = given_run();

	given_path(i, "/run/app.pid", "create,unlink");
	AUTO(plan_done) struct plan plan = planned(i);
	const struct plan_mount *m = mount_of(&plan, "/run");
	assert_int_equal(m->kind, PLAN_VOLUME);
	assert_true(m->carries_image_content);
	assert_int_equal(m->entries, -1);
	assert_int_equal(m->uid, -1);
	LINE_IS(&plan, "VOLUME [\"/run\"]");
	assert_true(has_risk(&plan, "is not known"));
}

TEST(docker_on_the_instance_copies_without_a_line)
{
	struct inventory *i = given_run();

	given_dir(i, "/run", 1, 0, 0755, 5);
	given_path(i, "/run/app.pid", "create");
	const struct plan_options options = { .memory_mib = -1, .launch = LAUNCH_EC2 };
	AUTO(plan_done) struct plan plan = planned_with(i, &options);
	assert_true(mount_of(&plan, "/run")->carries_image_content);
	assert_int_equal(plan.image_changes.len, 0);
}

/* --- pairs --- */

TEST(renames_stay_within_one_mount)
{
	struct inventory *i = given_run();

	given_dir(i, "/srv/app", 4, 0, 0755, 0);
	given_dir(i, "/srv/app/tmp", 0, 0, 0755, 0);
	given_dir(i, "/srv/app/data", 0, 0, 0755, 0);
	given_rename(i, "/srv/app/tmp/x", "/srv/app/data/x");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app");
	assert_true(mount_of(&plan, "/srv/app")->carries_image_content);
}

TEST(links_stay_within_one_mount)
{
	struct inventory *i = given_run();

	given_path(i, "/srv/app/tmp/x", "create,link");
	given_path(i, "/srv/app/data/x", "link");
	given_pair(i, "link", "/srv/app/tmp/x", "/srv/app/data/x");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app");
}

/* The file that it is linked from needs not be written itself. */
TEST(a_link_from_what_is_in_no_mount_is_a_miss)
{
	struct inventory *i = given_run();

	given_path(i, "/srv/app/data/x", "link");
	given_pair(i, "link", "/usr/share/app/x", "/srv/app/data/x");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app/data");
	assert_int_equal(plan.by_hand.len, 1);
	const struct plan_by_hand *miss = plan.by_hand.items;
	assert_string_equal(miss->path, "/usr/share/app/x");
	assert_non_null(strstr(miss->reason, "EXDEV"));
}

/* The mount that joins one pair swallows a mount of another, whose other end follows. */
TEST(pairs_pull_each_other_along)
{
	struct inventory *i = given_run();

	given_rename(i, "/app/a/b/x", "/app/a/c/x");
	given_rename(i, "/app/a/d/y", "/app/e/y");
	given_rename(i, "/app/e/z", "/app/f/g/z");
	given_path(i, "/opt/x/y", "create");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/app", "/opt/x");
}

TEST(nothing_above_is_mounted_that_is_half_an_image)
{
	struct inventory *i = given_run();

	given_dir(i, "/var", 30, 0, 0755, 0);
	given_dir(i, "/var/lib/nginx/proxy", 0, 33, 0700, 0);
	given_dir(i, "/var/cache/nginx", 0, 33, 0755, 0);
	given_rename(i, "/var/lib/nginx/proxy/1", "/var/cache/nginx/1");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/var/lib/taskprobe-joined");
	assert_int_equal(plan.entries, 0);
}

TEST(a_rename_that_never_worked_joins_nothing)
{
	struct inventory *i = given_run();
	static const char failed[] = ",\"processes\":[]"; /* EXDEV, and then it copied */

	given_path_more(i, "/srv/app/tmp/x", "create,unlink", failed);
	given_path_more(i, "/srv/app/data/x", "create,write", failed);
	given_pair(i, "rename", "/srv/app/tmp/x", "/srv/app/data/x");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv/app/data", "/srv/app/tmp");
}

TEST(where_nothing_can_be_mounted_above_both_they_move_into_one_volume)
{
	struct inventory *i = given_run();

	given_dir(i, "/tmp", 0, 0, 01777, 50);
	given_dir(i, "/data", 3, 101, 0755, 50);
	given_rename(i, "/tmp/x", "/data/x");
	given_path_more(i, "/tmp/r", "create", GIVEN_BY("/bin/sh", 0));
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/var/lib/taskprobe-joined");
	LINE_IS(&plan, "RUN mkdir -p '/var/lib/taskprobe-joined' && mv '/data' "
		       "'/var/lib/taskprobe-joined/data' && ln -s "
		       "'/var/lib/taskprobe-joined/data' '/data'");
	LINE_IS(&plan, "RUN mkdir -p '/var/lib/taskprobe-joined' && mv '/tmp' "
		       "'/var/lib/taskprobe-joined/tmp' && ln -s "
		       "'/var/lib/taskprobe-joined/tmp' '/tmp'");
	LINE_IS(&plan, "VOLUME [\"/var/lib/taskprobe-joined\"]");
	assert_int_equal(plan.by_hand.len, 0);
	assert_int_equal(plan.entries, 3);
}

/* /srv/a joins d and e, and takes b and c in, each with a partner elsewhere. */
TEST(volumes_that_a_mount_brings_together_become_one)
{
	struct inventory *i = given_run();

	given_rename(i, "/srv/a/b/x", "/tmp/x");
	given_rename(i, "/srv/a/c/x", "/data/x");
	given_rename(i, "/srv/a/d/x", "/srv/a/e/x");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/var/lib/taskprobe-joined");
	LINE_IS(&plan, "RUN mkdir -p '/var/lib/taskprobe-joined/srv' && mv '/srv/a' "
		       "'/var/lib/taskprobe-joined/srv/a' && ln -s "
		       "'/var/lib/taskprobe-joined/srv/a' '/srv/a'");
	assert_int_equal(mount_of(&plan, "/var/lib/taskprobe-joined")->path_count, 6);
	assert_int_equal(plan.by_hand.len, 0);
}

TEST(a_directory_of_every_image_does_not_move)
{
	struct inventory *i = given_run();

	given_dir(i, "/tmp", 0, 0, 01777, 50);
	given_dir(i, "/etc", 90, 0, 0755, 50);
	given_rename(i, "/tmp/x", "/etc/x");
	given_path_more(i, "/tmp/r", "create", GIVEN_BY("/bin/sh", 0));
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/etc");
	LINE_IS(&plan,
		"RUN mkdir -p '/etc/.taskprobe' && mv '/tmp' '/etc/.taskprobe/tmp' "
		"&& ln -s '/etc/.taskprobe/tmp' '/tmp'");
	LINE_IS(&plan, "VOLUME [\"/etc\"]");
	assert_int_equal(plan.by_hand.len, 0);
}

TEST(an_empty_one_carries_what_moves_into_it)
{
	struct inventory *i = given_run();

	given_dir(i, "/tmp", 0, 0, 01777, 50);
	given_dir(i, "/srv", 0, 0, 0755, 50);
	given_rename(i, "/tmp/x", "/srv/x");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/srv");
	assert_int_equal(mount_of(&plan, "/srv")->kind, PLAN_VOLUME);
	LINE_IS(&plan, "VOLUME [\"/srv\"]");
}

TEST(two_of_them_never_become_one)
{
	struct inventory *i = given_run();

	given_rename(i, "/srv/x", "/etc/x");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/etc", "/srv");
	assert_int_equal(plan.by_hand.len, 1);
	assert_non_null(
		strstr(LIST_AT(&plan.by_hand, struct plan_by_hand, 0)->reason, "EXDEV"));
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

/* --- single files --- */

TEST(a_file_that_is_rewritten_in_etc_is_moved)
{
	struct inventory *i = given_run();

	given_dir(i, "/etc", 90, 0, 0755, 0);
	given_path_more(i, "/etc/app.conf", "+write,truncate,chmod",
			GIVEN_BY("/bin/sh", 0));
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/var/lib/taskprobe/etc");
	LINE_IS(&plan, "RUN mkdir -p '/var/lib/taskprobe/etc' && mv '/etc/app.conf' "
		       "'/var/lib/taskprobe/etc/app.conf' && ln -s "
		       "'/var/lib/taskprobe/etc/app.conf' '/etc/app.conf'");
	LINE_IS(&plan, "VOLUME [\"/var/lib/taskprobe/etc\"]");
	assert_int_equal(plan.entries, 1);
	assert_int_equal(plan.by_hand.len, 0);
	assert_true(has_risk(&plan, "O_NOFOLLOW"));
}

TEST(entries_that_are_made_in_etc_need_all_of_it)
{
	struct inventory *i = given_run();

	given_dir(i, "/etc", 90, 0, 0755, 0);
	given_path(i, "/etc/app.conf", "+write");
	given_path(i, "/etc/.pwd.lock", "create");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/etc");
	assert_int_equal(plan.entries, 90);
	assert_true(has_risk(&plan, "all of /etc becomes writable"));
}

TEST(a_change_of_owner_does_not_follow_a_link)
{
	struct inventory *i = given_run();

	given_dir(i, "/etc", 90, 0, 0755, 0);
	given_path(i, "/etc/app.conf", "+write,chown");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/etc");
}

TEST(a_link_stands_for_files_with_plain_names_alone)
{
	struct inventory *i = given_run();

	given_dir(i, "/etc", 90, 0, 0755, 0);
	given_path(i, "/etc/app$conf", "+write");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/etc");
}

TEST(a_file_right_below_the_root_is_moved)
{
	struct inventory *i = given_run();

	given_dir(i, "/", 20, 0, 0755, 0);
	given_path_more(i, "/app.log", "create,write", GIVEN_BY("/bin/sh", 7));
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/var/lib/taskprobe-root");
	LINE_IS(&plan, "RUN mkdir -p '/var/lib/taskprobe-root' && ln -s "
		       "'/var/lib/taskprobe-root/app.log' '/app.log' && chown 7:7 "
		       "'/var/lib/taskprobe-root'");
	assert_int_equal(mount_of(&plan, "/var/lib/taskprobe-root")->uid, 7);
	assert_int_equal(plan.by_hand.len, 0);
}

TEST(what_nothing_gives_is_left_to_a_human)
{
	struct inventory *i = given_run();

	given_path(i, "/x.pid", "create,unlink");
	given_path(i, "/dir/", "mkdir,rmdir");
	given_path(i, "/sys/kernel/x", "+write");
	given_path_more(i, "/etc/hosts", "+write", "");
	given_line(i, str_format("{\"record\":\"path\",\"path\":\"/etc/hosts\",\"kind\":"
				 "\"file\",\"ops\":{},\"mount\":\"/etc/hosts\"}"));
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan);
	assert_int_equal(plan.by_hand.len, 4);
	const struct plan_by_hand *miss = plan.by_hand.items;
	assert_string_equal(miss[0].path, "/dir");
	assert_string_equal(miss[1].path, "/etc/hosts");
	assert_non_null(strstr(miss[1].change, "extraHosts"));
	assert_string_equal(miss[2].path, "/sys/kernel/x");
	assert_string_equal(miss[3].path, "/x.pid");
}

/* Erlang asks of each file whether it may write it. */
TEST(programs_are_not_made_writable_for_a_question)
{
	struct inventory *i = given_run();

	given_dir(i, "/usr/lib/erlang/ebin", 3, 0, 0755, 0);
	given_dir(i, "/usr/local/app", 3, 0, 0755, 0);
	given_dir(i, "/var/lib/app", 3, 0, 0755, 0);
	given_path(i, "/usr/lib/erlang/ebin/", "+access");
	given_path(i, "/usr/lib/erlang/ebin/x", "+access");
	given_path(i, "/usr/local/app/x", "+access");
	given_path(i, "/var/lib/app/", "+access");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/usr/local/app", "/var/lib/app");
	assert_int_equal(plan.ignored.len, 2);
	assert_int_equal(plan.by_hand.len, 0);
}

TEST(programs_that_are_written_are_made_writable)
{
	struct inventory *i = given_run();

	given_dir(i, "/usr/lib/erlang/ebin", 3, 0, 0755, 0);
	given_path(i, "/usr/lib/erlang/ebin/x", "access");
	given_path(i, "/usr/lib/erlang/ebin/y", "create");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/usr/lib/erlang/ebin");
	assert_int_equal(plan.ignored.len, 0);
}

#define PYTHON GIVEN_BY("/usr/bin/python3.11", 0)

TEST(byte_code_is_left_unwritten)
{
	struct inventory *i = given_run();

	given_dir(i, "/app", 4, 0, 0755, 0);
	given_path_more(i, "/app/__pycache__/", "mkdir", PYTHON);
	given_path_more(i, "/app/__pycache__/a.cpython-311.pyc", "rename", PYTHON);
	given_path_more(i, "/app/__pycache__/a.cpython-311.pyc.140", "create,rename",
			PYTHON);
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan);
	assert_int_equal(plan.environment.len, 1);
	const struct plan_variable *v = plan.environment.items;
	assert_string_equal(v->name, "PYTHONDONTWRITEBYTECODE");
	assert_string_equal(v->value, "1");
	assert_int_equal(plan.by_hand.len, 0);
}

TEST(byte_code_in_a_directory_that_is_mounted_anyway_is_no_matter)
{
	struct inventory *i = given_run();

	given_path_more(i, "/app/__pycache__/", "mkdir", PYTHON);
	given_path_more(i, "/app/__pycache__/a.pyc", "create", PYTHON);
	given_path_more(i, "/app/x", "create", PYTHON);
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/app");
	assert_int_equal(plan.environment.len, 0);
}

/* The variable does not keep it from that. */
TEST(byte_code_that_the_app_removes_needs_its_directory)
{
	struct inventory *i = given_run();

	given_path_more(i, "/app/__pycache__/a.pyc", "+unlink", PYTHON);
	given_path_more(i, "/plugins/__pycache__/", "mkdir,rmdir", PYTHON);
	given_path_more(i, "/lib3/__pycache__/a.cpython-311.pyc.1234", "create,unlink",
			PYTHON);
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/app/__pycache__", "/plugins");
	assert_int_equal(plan.environment.len, 1);
}

TEST(other_files_beside_byte_code_need_their_directory)
{
	struct inventory *i = given_run();

	given_path_more(i, "/app/__pycache__/", "mkdir", PYTHON);
	given_path_more(i, "/app/__pycache__/a.nbi", "create", PYTHON);
	given_path_more(i, "/lib2/__pycache__/", "mkdir", GIVEN_BY("/usr/bin/make", 0));
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/app", "/lib2");
	assert_int_equal(plan.environment.len, 0);
}

/* --- what needs nothing --- */

TEST(what_failed_anyway_is_left_alone)
{
	struct inventory *i = given_run();

	given(i, "{\"record\":\"path\",\"path\":\"/usr/lib/x/__pycache__\",\"ops\":{"
		 "\"mkdir\":{\"written\":0,\"failed\":{\"EACCES\":4}}}}");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan);
	assert_int_equal(plan.ignored.len, 1);
	const struct plan_ignored *ignored = plan.ignored.items;
	assert_string_equal(ignored->path, "/usr/lib/x/__pycache__");
	assert_non_null(strstr(ignored->reason, "EACCES"));
	assert_int_equal(plan.by_hand.len, 0);
}

TEST(what_worked_once_is_needed)
{
	struct inventory *i = given_run();

	given(i, "{\"record\":\"path\",\"path\":\"/data/x\",\"ops\":{"
		 "\"mkdir\":{\"written\":1,\"failed\":{\"EACCES\":4}}}}");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/data");
	assert_int_equal(plan.ignored.len, 0);
}

TEST(a_question_gets_a_mount_where_that_is_cheap)
{
	struct inventory *i = given_run();

	given_dir(i, "/var/lib/app", 2, 0, 0755, 0);
	given_path(i, "/var/lib/app/", "+access");
	given_path(i, "/", "+access");
	given_path(i, "/usr/lib/", "+access");
	given(i,
	      "{\"record\":\"path\",\"path\":\"/etc/hosts\",\"kind\":\"file\",\"mount\":"
	      "\"/etc/hosts\",\"ops\":{\"access\":{\"written\":1}}}");
	AUTO(plan_done) struct plan plan = planned(i);
	MOUNTS_ARE(&plan, "/var/lib/app");
	assert_int_equal(plan.ignored.len, 3);
	assert_int_equal(plan.by_hand.len, 0);
}

/* --- ECS Exec --- */

TEST(ecs_exec_gets_its_paths)
{
	const struct plan_options options = { .memory_mib = -1, .exec = true };
	const struct plan_options on_ec2 = { .memory_mib = -1,
					     .exec = true,
					     .launch = LAUNCH_EC2 };
	AUTO(plan_done) struct plan plan = planned_with(given_run(), &options);
	MOUNTS_ARE(&plan, "/managed-agents", "/var/lib/amazon/ssm",
		   "/var/log/amazon/ssm");
	assert_true(has_risk(&plan, "isn't supported"));
	/* There the agent brings the others, and two mounts at one place are refused. */
	AUTO(plan_done) struct plan other = planned_with(given_run(), &on_ec2);
	MOUNTS_ARE(&other, "/var/lib/amazon/ssm");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mount_is_at_the_directory_that_is_written_in),
		cmocka_unit_test(siblings_stay_apart_when_the_parent_holds_more),
		cmocka_unit_test(siblings_that_are_all_there_is_become_one_mount),
		cmocka_unit_test(a_mount_above_saves_those_below),
		cmocka_unit_test(what_the_app_made_lies_in_what_the_image_has),
		cmocka_unit_test(a_directory_whose_owner_is_changed_needs_itself),
		cmocka_unit_test(a_directory_that_is_removed_needs_its_parent),
		cmocka_unit_test(a_file_without_a_name_is_made_in_the_directory_itself),
		cmocka_unit_test(what_is_mounted_already_needs_nothing),
		cmocka_unit_test(any_entry_of_the_image_is_carried_over),
		cmocka_unit_test(what_is_not_known_is_carried_over),
		cmocka_unit_test(docker_on_the_instance_copies_without_a_line),
		cmocka_unit_test(renames_stay_within_one_mount),
		cmocka_unit_test(links_stay_within_one_mount),
		cmocka_unit_test(a_link_from_what_is_in_no_mount_is_a_miss),
		cmocka_unit_test(pairs_pull_each_other_along),
		cmocka_unit_test(nothing_above_is_mounted_that_is_half_an_image),
		cmocka_unit_test(a_rename_that_never_worked_joins_nothing),
		cmocka_unit_test(
			where_nothing_can_be_mounted_above_both_they_move_into_one_volume),
		cmocka_unit_test(volumes_that_a_mount_brings_together_become_one),
		cmocka_unit_test(a_directory_of_every_image_does_not_move),
		cmocka_unit_test(an_empty_one_carries_what_moves_into_it),
		cmocka_unit_test(two_of_them_never_become_one),
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
		cmocka_unit_test(a_file_that_is_rewritten_in_etc_is_moved),
		cmocka_unit_test(entries_that_are_made_in_etc_need_all_of_it),
		cmocka_unit_test(a_change_of_owner_does_not_follow_a_link),
		cmocka_unit_test(a_link_stands_for_files_with_plain_names_alone),
		cmocka_unit_test(a_file_right_below_the_root_is_moved),
		cmocka_unit_test(programs_are_not_made_writable_for_a_question),
		cmocka_unit_test(programs_that_are_written_are_made_writable),
		cmocka_unit_test(what_nothing_gives_is_left_to_a_human),
		cmocka_unit_test(byte_code_is_left_unwritten),
		cmocka_unit_test(
			byte_code_in_a_directory_that_is_mounted_anyway_is_no_matter),
		cmocka_unit_test(byte_code_that_the_app_removes_needs_its_directory),
		cmocka_unit_test(other_files_beside_byte_code_need_their_directory),
		cmocka_unit_test(what_failed_anyway_is_left_alone),
		cmocka_unit_test(what_worked_once_is_needed),
		cmocka_unit_test(a_question_gets_a_mount_where_that_is_cheap),
		cmocka_unit_test(ecs_exec_gets_its_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
