/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "core/plan.h"
#include "probe/trace/names/planned.h"
#include "probe/trace/names/planned_place.h"
#include "tests/unit/test.h"

struct given {
	const char *path, *option;
	enum plan_kind kind;
	int64_t uid, mode;
};

static int make(const struct given *given, size_t n, struct planned **ret,
		struct err *err)
{
	AUTO(list_done) struct list mounts = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct plan_mount *m = LIST_ADD(&mounts, struct plan_mount);

		assert_non_null(m);
		m->path = (char *)(uintptr_t)given[i].path;
		m->kind = given[i].kind;
		m->uid = m->gid = given[i].uid;
		m->mode = given[i].mode;
		if (given[i].option)
			assert_int_equal(texts_add(&m->options, given[i].option), 0);
	}
	int r = planned_new(&mounts, ret, err);
	LIST_EACH (struct plan_mount, it, &mounts)
		texts_done(&it->options);
	return r;
}

static const char *found(const struct planned *p, const char *path)
{
	const struct planned_mount *m = planned_find(p, path, strlen(path));

	return m ? m->path : "none";
}

static void deepest_wins(void **state)
{
	static const struct given given[] = {
		{ "/run", NULL, PLAN_TMPFS, -1, -1 },
		{ "/run/app//sock/", NULL, PLAN_TMPFS, -1, -1 },
		{ "/var/lib", NULL, PLAN_VOLUME, -1, -1 },
	};
	struct planned *p = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(make(given, 3, &p, &err), 0);
	assert_string_equal(found(p, "/run"), "/run");
	assert_string_equal(found(p, "/run/app"), "/run");
	assert_string_equal(found(p, "/run/app/sock"), "/run/app/sock");
	assert_string_equal(found(p, "/run/app/sock/a/b"), "/run/app/sock");
	assert_string_equal(found(p, "/run/app/socket"), "/run");
	assert_string_equal(found(p, "/running"), "none");
	assert_string_equal(found(p, "/var"), "none");
	assert_string_equal(found(p, "/"), "none");
	assert_string_equal(found(p, ""), "none");
	assert_true(planned_find(p, "/run", 4)->id != planned_find(p, "/var/lib", 8)->id);
	planned_done(p);
}

static void no_place(void **state)
{
	static const char *const bad[] = { "/",	      "//",	"",	   "run",
					   "/run/..", "/./run", "/a/../b", "." };
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const struct given given = { bad[i], NULL, PLAN_TMPFS, -1, -1 };
		struct planned *p = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(make(&given, 1, &p, &err), -EINVAL);
		assert_null(p);
		assert_true(err.msg[0]);
	}
}

static void no_two_at_one_place(void **state)
{
	static const struct given given[] = {
		{ "/run", NULL, PLAN_TMPFS, -1, -1 },
		{ "/run/", NULL, PLAN_VOLUME, -1, -1 },
	};
	struct planned *p = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(make(given, 2, &p, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "/run"));
}

static void noexec_as_docker_has_it(void **state)
{
	static const struct given given[] = {
		{ "/a", NULL, PLAN_TMPFS, -1, -1 },
		{ "/b", "exec", PLAN_TMPFS, -1, -1 },
		{ "/c", NULL, PLAN_VOLUME, -1, -1 },
		{ "/d", "noexec", PLAN_TMPFS, -1, -1 },
		{ "/e", "mode=1777", PLAN_TMPFS, -1, -1 },
	};
	static const bool want[] = { true, false, false, true, true };
	struct planned *p = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(make(given, 5, &p, &err), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(planned_find(p, given[i].path, 2)->noexec, want[i]);
	planned_done(p);
}

static void owner_is_the_plans_until_changed(void **state)
{
	static const struct given given = { "/a", NULL, PLAN_TMPFS, 101, 0700 };
	const struct sys_statx below = { .uid = 7,
					 .gid = 8,
					 .mode = S_IFDIR | 0755,
					 .attributes = SYS_STATX_ATTR_IMMUTABLE };
	struct planned *p = NULL;
	struct err err = ERR_INIT;
	struct sys_statx st;

	(void)state;
	assert_int_equal(make(&given, 1, &p, &err), 0);
	const struct planned_mount *m = planned_find(p, "/a", 2);
	planned_stat(m, &below, &st);
	assert_int_equal(st.uid, 101);
	assert_int_equal(st.gid, 101);
	assert_int_equal(st.mode, S_IFDIR | 0700);
	assert_int_equal(st.attributes, 0);
	planned_change(p, m, 5, -1, 0711);
	planned_stat(m, &below, &st);
	assert_int_equal(st.uid, 5);
	assert_int_equal(st.gid, 101);
	assert_int_equal(st.mode, S_IFDIR | 0711);
	planned_done(p);
}

/* --- the place --- */

static struct place_found place;

/* What names_find() hands over: "PARENT/NAME", a file that is there. */
static void find(const struct planned *p, const char *path,
		 const struct surface_mount *on, const struct identity_facts *who,
		 enum call_kind kind)
{
	static struct request request;
	const struct judge judge = { who, &request, 0 };

	request.kind = kind;
	memset(&place, 0, sizeof(place));
	place.len = (size_t)snprintf(place.path, sizeof(place.path), "%s", path);
	place.name = strrchr(place.path, '/') + 1;
	place.mount = on;
	place.planned = place.parent_planned = true;
	place.facts = (struct oracle_name){ .kind = KIND_FILE,
					    .mount = on->id,
					    .parent_mount = on->id };
	place.on = planned_find(p, place.path, place.len);
	place.in = planned_find(p, place.path, (size_t)(place.name - place.path) - 1);
	planned_place(&place, &judge, on);
}

static void place_is_on_its_mount(void **state)
{
	static const struct given given[] = {
		{ "/run", NULL, PLAN_TMPFS, -1, -1 },
		{ "/run/deep", NULL, PLAN_TMPFS, -1, -1 },
	};
	const struct surface_mount root = { .id = 1, .path = "/" };
	const struct surface_mount user = { .id = 2, .path = "/run/users" };
	const struct identity_facts who = { .part.known = true };
	struct planned *p = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(make(given, 2, &p, &err), 0);
	find(p, "/etc/a", &root, &who, CALL_CHMOD);
	assert_true(place.other && place.then.readonly && place.then.parent_readonly);
	assert_int_equal(place.then.mount, 1);
	find(p, "/run/a", &root, &who, CALL_CHMOD);
	assert_false(place.then.readonly || place.then.parent_readonly);
	assert_true(place.then.mount == place.then.parent_mount && place.then.mount != 1);
	const uint64_t run = place.then.mount;
	/* The mount point itself is on it, and in the root. */
	find(p, "/run", &root, &who, CALL_RENAME);
	assert_true(place.then.mount_point && place.then.parent_readonly);
	assert_false(place.then.readonly);
	assert_int_equal(place.then.parent_mount, 1);
	find(p, "/run/deep", &root, &who, CALL_RENAME);
	assert_int_equal(place.then.parent_mount, run);
	assert_true(place.then.mount != run && place.then.mount_point);
	/* What is mounted below it natively stays. */
	find(p, "/run/users/a", &user, &who, CALL_CHMOD);
	assert_int_equal(place.then.mount, 2);
	assert_null(place.on);
	planned_done(p);
}

static void read_only_where_the_plan_says_so(void **state)
{
	static const struct given given[] = {
		{ "/run", "ro", PLAN_TMPFS, -1, -1 },
		{ "/run/rw", "rw", PLAN_TMPFS, -1, -1 },
	};
	const struct surface_mount root = { .id = 1, .path = "/" };
	const struct identity_facts who = { .part.known = true };
	struct planned *p = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(make(given, 2, &p, &err), 0);
	find(p, "/run/a", &root, &who, CALL_CHMOD);
	assert_true(place.then.readonly && place.then.parent_readonly);
	find(p, "/run", &root, &who, CALL_CHMOD);
	assert_true(place.then.readonly);
	find(p, "/run/rw", &root, &who, CALL_RENAME);
	assert_true(place.then.parent_readonly);
	assert_false(place.then.readonly);
	planned_done(p);
}

static void closed_directory_lets_nobody_through(void **state)
{
	static const struct given given = { "/data", NULL, PLAN_VOLUME, 0, 0700 };
	const struct surface_mount root = { .id = 1, .path = "/" };
	const struct identity_facts other = {
		.part.known = true, .uid = 5, .euid = 5, .fsuid = 5, .fsgid = 5
	};
	const struct identity_facts owner = { .part.known = true };
	struct planned *p = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(make(&given, 1, &p, &err), 0);
	find(p, "/data/a", &root, &other, CALL_CHMOD);
	assert_int_equal(place.then.walk, EACCES);
	find(p, "/data", &root, &other, CALL_CHMOD);
	assert_int_equal(place.then.walk, 0);
	find(p, "/data/a", &root, &owner, CALL_CHMOD);
	assert_int_equal(place.then.walk, 0);
	planned_done(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deepest_wins),
		cmocka_unit_test(no_place),
		cmocka_unit_test(no_two_at_one_place),
		cmocka_unit_test(noexec_as_docker_has_it),
		cmocka_unit_test(owner_is_the_plans_until_changed),
		cmocka_unit_test(place_is_on_its_mount),
		cmocka_unit_test(read_only_where_the_plan_says_so),
		cmocka_unit_test(closed_directory_lets_nobody_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
