/* SPDX-License-Identifier: MIT
 *
 * plan_given.h - inventories in a few words, and the plans that come of them.
 */
#ifndef TESTS_PLAN_GIVEN_H
#define TESTS_PLAN_GIVEN_H

#include <errno.h>
#include <string.h>

#include "checks/plan/plan.h"
#include "core/cleanup.h"
#include "core/table.h"
#include "tests/unit/test.h"

#define GIVEN_RUN                                                                \
	"{\"record\":\"run\",\"schema\":\"taskprobe.inventory/1\",\"id\":\"1\"," \
	"\"container\":\"web\",\"command\":[\"app\"]}"
#define GIVEN_END                                                                       \
	"{\"record\":\"end\",\"ended\":\"exit\",\"exit\":0,\"coverage\":{\"events\":9," \
	"\"unresolved\":0,\"lost\":0}}"

static inline void given(struct inventory *inventory, const char *line)
{
	AUTO(inventory_record_done) struct inventory_record record = { 0 };
	struct err err = ERR_INIT;

	if (inventory_read(line, strlen(line), &record, &err) < 0)
		fail_msg("%s: %s", line, err.msg);
	assert_int_equal(inventory_add(inventory, &record), 0);
}

static inline struct inventory *given_run(void)
{
	struct inventory *inventory = inventory_new();

	assert_non_null(inventory);
	given(inventory, GIVEN_RUN);
	given(inventory, GIVEN_END);
	return inventory;
}

static inline void given_line(struct inventory *inventory, char *line)
{
	assert_non_null(line);
	given(inventory, line);
	free(line);
}

/* "create" or "create,write": what worked, once each; "+": it is the image's; a slash
 * behind the path: a directory. 'more' is JSON, "" for none. */
static inline void given_path_more(struct inventory *inventory, const char *path,
				   const char *ops, const char *more)
{
	AUTO(str_done) struct str json = STR_INIT(4096);
	const size_t len = strlen(path);
	const bool directory = path[len - 1] == '/';
	const bool image = *ops == '+';

	for (const char *op = ops + image; *op;) {
		const size_t n = strcspn(op, ",");

		(void)str_printf(&json, "%s\"%.*s\":{\"written\":1}", json.len ? "," : "",
				 (int)n, op);
		op += n + (op[n] == ',');
	}
	given_line(inventory,
		   str_format("{\"record\":\"path\",\"path\":\"%.*s\",\"kind\":\"%s\","
			      "\"in_image\":%s,\"exists\":true,\"mount\":\"/\","
			      "\"ops\":{%s}%s}",
			      (int)(len - (directory && len > 1)), path,
			      directory ? "directory" : "file", image ? "true" : "false",
			      json.s, more));
}

#define GIVEN_BY(exe, uid)                                                    \
	",\"processes\":[{\"exe\":\"" exe "\",\"uid\":" #uid ",\"gid\":" #uid \
	",\"count\":3}]"

static inline void given_path(struct inventory *inventory, const char *path,
			      const char *ops)
{
	given_path_more(inventory, path, ops, GIVEN_BY("/usr/sbin/app", 101));
}

static inline void given_dir(struct inventory *inventory, const char *path, int entries,
			     int uid, int mode, long long peak)
{
	given_line(inventory,
		   str_format("{\"record\":\"dir\",\"path\":\"%s\",\"entries\":%d,"
			      "\"empty\":%s,\"uid\":%d,\"gid\":%d,\"mode\":%d,"
			      "\"peak_bytes\":%lld}",
			      path, entries, entries ? "false" : "true", uid, uid, mode,
			      peak));
}

static inline void given_pair(struct inventory *inventory, const char *op,
			      const char *from, const char *to)
{
	given_line(inventory,
		   str_format("{\"record\":\"pair\",\"op\":\"%s\",\"from\":\"%s\","
			      "\"to\":\"%s\",\"count\":1}",
			      op, from, to));
}

static inline void given_rename(struct inventory *inventory, const char *from,
				const char *to)
{
	given_path(inventory, from, "create,rename");
	given_path(inventory, to, "rename");
	given_pair(inventory, "rename", from, to);
}

static inline struct plan planned_with(struct inventory *inventory,
				       const struct plan_options *options)
{
	struct plan plan = { 0 };
	struct err err = ERR_INIT;

	if (plan_make(inventory, options, &plan, &err) < 0)
		fail_msg("%s", err.msg);
	inventory_done(inventory);
	return plan;
}

/* Takes the inventory. */
static inline struct plan planned(struct inventory *inventory)
{
	const struct plan_options options = { .memory_mib = -1 };

	return planned_with(inventory, &options);
}

static inline const struct plan_mount *mount_of(const struct plan *plan, const char *path)
{
	LIST_EACH (const struct plan_mount, mount, &plan->mounts)
		if (strcmp(mount->path, path) == 0)
			return mount;
	LIST_EACH (const struct plan_mount, mount, &plan->mounts)
		print_message("there is a mount at %s\n", mount->path);
	LIST_EACH (const struct plan_by_hand, miss, &plan->by_hand)
		print_message("by hand: %s: %s\n", miss->path, miss->reason);
	fail_msg("no mount at %s", path);
	return NULL;
}

/* Just these, in this order; NULL ends them. */
static inline void mounts_are(const struct plan *plan, const char *const *paths)
{
	size_t n = 0;

	for (; paths[n]; n++)
		(void)mount_of(plan, paths[n]);
	if (plan->mounts.len != n)
		mount_of(plan, "(nowhere else)");
	for (size_t i = 0; i < n; i++)
		assert_string_equal(LIST_AT(&plan->mounts, struct plan_mount, i)->path,
				    paths[i]);
}
#define MOUNTS_ARE(plan, ...) \
	mounts_are(plan, (const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL })

static inline bool has_line(const struct plan *plan, const char *line)
{
	LIST_EACH (const struct plan_change, change, &plan->image_changes)
		if (strcmp(change->dockerfile, line) == 0)
			return true;
	return false;
}
#define LINE_IS(plan, line)                                                             \
	do {                                                                            \
		if (!has_line(plan, line)) {                                            \
			LIST_EACH (const struct plan_change, c, &(plan)->image_changes) \
				print_message("line: %s\n", c->dockerfile);             \
			fail_msg("no line %s", line);                                   \
		}                                                                       \
	} while (0)

static inline bool has_risk(const struct plan *plan, const char *part)
{
	LIST_EACH (char *const, risk, &plan->risks)
		if (strstr(*risk, part))
			return true;
	return false;
}

#endif
