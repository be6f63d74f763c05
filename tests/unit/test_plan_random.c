/* SPDX-License-Identifier: MIT
 *
 * test_plan_random.c - what must hold of each plan, asked of a great many small ones:
 * every path that was written is in a mount or is said to be a miss, nothing of the
 * image is hidden, and both ends of a rename are in one mount.
 */
#include <stdio.h>

#include "tests/unit/plan_given.h"

#define ROUNDS 3000
#define PATHS  20

static uint32_t seed;

static unsigned below(unsigned n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

struct world {
	struct inventory *inventory;
	char path[PATHS][64];
	bool directory[PATHS];
	size_t n;
	struct {
		size_t from, to;
	} pair[PATHS];
	size_t pairs;
};

static bool is_below(const char *dir, const char *path)
{
	const size_t n = strlen(dir);

	return strncmp(dir, path, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

/* Its directory; "" stands for "/". */
static void parent_of(const char *path, char *ret, size_t size)
{
	(void)snprintf(ret, size, "%.*s", (int)(strrchr(path, '/') - path), path);
}

static bool has_path(const struct world *w, const char *path)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->path[i], path) == 0)
			return true;
	return false;
}

/* What the image has: all but what is below "new". */
static bool is_new(const char *path)
{
	return strstr(path, "/new") != NULL;
}

static void add_dirs(struct world *w, const char *path)
{
	char dir[64];

	(void)snprintf(dir, sizeof(dir), "%s", path);
	while (strcmp(dir, "") != 0) {
		char *slash = strrchr(dir, '/');

		*slash = '\0';
		if (*dir && !is_new(dir) && strlen(dir) % 4)
			given_dir(w->inventory, dir, strlen(dir) % 3 == 0 ? 0 : 2,
				  (int)strlen(dir), 0750, 1000);
	}
}

static void random_path(char *ret, size_t size)
{
	static const char *const parts[] = { "srv", "etc", "tmp", "a", "b", "new" };
	const unsigned depth = 1 + below(4);
	size_t len = 0;

	for (unsigned i = 0; i < depth; i++)
		len += (size_t)snprintf(ret + len, size - len, "/%s",
					parts[below(ARRAY_LEN(parts))]);
}

static const char *random_ops(bool directory, bool fresh)
{
	static const char *const of_new[] = { "create,write", "create", "create,unlink",
					      "create,chown" };
	static const char *const of_old[] = { "+write", "+write,chmod", "+chown",
					      "+unlink" };
	static const char *const of_dirs[] = { "+chown", "+chmod", "+rmdir,mkdir",
					       "+utime" };

	if (directory)
		return fresh ? "mkdir" : of_dirs[below(ARRAY_LEN(of_dirs))];
	return fresh ? of_new[below(ARRAY_LEN(of_new))]
		     : of_old[below(ARRAY_LEN(of_old))];
}

static void add_path(struct world *w, const char *path, bool directory, const char *ops)
{
	char text[80];

	if (w->n == PATHS || has_path(w, path))
		return;
	(void)snprintf(w->path[w->n], sizeof(w->path[0]), "%s", path);
	w->directory[w->n++] = directory && !strstr(ops, "dir");
	(void)snprintf(text, sizeof(text), "%s%s", path, directory ? "/" : "");
	given_path(w->inventory, text, ops);
	add_dirs(w, path);
	if (directory && !is_new(path) && strlen(path) % 4)
		given_dir(w->inventory, path, strlen(path) % 3 == 0 ? 0 : 2,
			  (int)strlen(path), 0750, 1000);
}

/* Whatever is below a new directory, somebody made that first. */
static void add_new_dirs(struct world *w, const char *path)
{
	char dir[64];

	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		(void)snprintf(dir, sizeof(dir), "%.*s", (int)(p - path), path);
		if (is_new(dir))
			add_path(w, dir, true, "mkdir");
	}
}

static void add_random(struct world *w)
{
	char path[64], to[64];
	const bool directory = below(4) == 0, rename = below(3) == 0;

	random_path(path, sizeof(path));
	random_path(to, sizeof(to));
	/* Room for all of it, or nothing. */
	if (w->n + 10 > PATHS)
		return;
	add_new_dirs(w, path);
	if (!rename || has_path(w, path) || has_path(w, to) || is_below(path, to) ||
	    is_below(to, path)) {
		add_path(w, path, directory, random_ops(directory, is_new(path)));
		return;
	}
	add_new_dirs(w, to);
	w->pair[w->pairs].from = w->n;
	add_path(w, path, false, "create,rename");
	w->pair[w->pairs++].to = w->n;
	add_path(w, to, false, "rename");
	given_pair(w->inventory, "rename", path, to);
}

/* --- what must hold --- */

/* The mount that the path is in, through the links that the plan makes too; NULL. */
static const struct plan_mount *place_of(const struct world *w, const struct plan *plan,
					 size_t i)
{
	char dir[64];
	const struct plan_mount *found = NULL;

	parent_of(w->path[i], dir, sizeof(dir));
	LIST_EACH (const struct plan_mount, mount, &plan->mounts) {
		assert_true(mount->path_count <= PLAN_PATHS_SHOWN);
		if (is_below(mount->path, w->directory[i] ? w->path[i] : dir) ||
		    texts_have(&mount->paths, w->path[i]))
			if (!found || strlen(mount->path) > strlen(found->path))
				found = mount;
	}
	/* The app makes the mount's directory itself. */
	if (!found && strcmp(dir, "") == 0)
		LIST_EACH (const struct plan_mount, mount, &plan->mounts)
			if (strcmp(mount->path, w->path[i]) == 0 && is_new(mount->path))
				found = mount;
	return found;
}

static bool is_missed(const struct plan *plan, const char *path)
{
	LIST_EACH (const struct plan_by_hand, miss, &plan->by_hand)
		if (strcmp(miss->path, path) == 0)
			return true;
	return false;
}

static void check_hidden(const struct world *w, const struct plan_mount *mount)
{
	const struct inventory_dir *held = inventory_find_dir(w->inventory, mount->path);

	if (mount->carries_image_content) {
		assert_int_equal(mount->kind, PLAN_VOLUME);
		return;
	}
	if (is_new(mount->path))
		return;
	if (!held || !held->empty)
		fail_msg("%s hides what is there", mount->path);
	assert_int_equal(mount->uid, held->uid);
	assert_int_equal(mount->mode, held->mode);
}

static void check(const struct world *w, const struct plan *plan)
{
	for (size_t i = 0; i < w->n; i++)
		if (!place_of(w, plan, i) && !is_missed(plan, w->path[i]))
			fail_msg("%s got lost", w->path[i]);
	for (size_t i = 0; i < w->pairs; i++) {
		const size_t from = w->pair[i].from, to = w->pair[i].to;

		if (place_of(w, plan, from) != place_of(w, plan, to) &&
		    !is_missed(plan, w->path[from]) && !is_missed(plan, w->path[to]))
			fail_msg("%s and %s are apart", w->path[from], w->path[to]);
	}
	LIST_EACH (const struct plan_mount, mount, &plan->mounts) {
		check_hidden(w, mount);
		assert_true(strlen(mount->path) > 1);
		assert_true((mount->volume != NULL) == (mount->kind != PLAN_TMPFS));
	}
}

TEST(of_each_plan_it_holds)
{
	const struct plan_options options = { .memory_mib = -1 };
	size_t mounts = 0, misses = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct world w = { .inventory = given_run() };
		struct plan plan = { 0 };
		struct err err = ERR_INIT;

		seed = round;
		for (int i = 0; i < 8; i++)
			add_random(&w);
		assert_int_equal(plan_make(w.inventory, &options, &plan, &err), 0);
		check(&w, &plan);
		mounts += plan.mounts.len;
		misses += plan.by_hand.len;
		plan_done(&plan);
		inventory_done(w.inventory);
	}
	/* They are not all misses. */
	assert_true(mounts > ROUNDS);
	assert_true(misses < mounts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_each_plan_it_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
