/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checks/plan/plan.h"
#include "checks/plan/slice.h"
#include "core/cleanup.h"
#include "core/json.h"

#define OUT_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is no record is left out, for the rest to be planned from. */
static void feed(struct inventory *inventory, const char *text, size_t len)
{
	for (const char *p = text, *end; p < text + len; p = end + 1) {
		AUTO(inventory_record_done) struct inventory_record record = { 0 };
		struct err err = ERR_INIT;

		end = memchr(p, '\n', (size_t)(text + len - p));
		end = end ? end : text + len;
		if (inventory_read(p, (size_t)(end - p), &record, &err) == 0)
			(void)inventory_add(inventory, &record);
	}
}

static void check(const struct plan *plan)
{
	LIST_EACH (const struct plan_mount, mount, &plan->mounts) {
		if (!slice_is_plain(mount->path) || strcmp(mount->path, "/") == 0 ||
		    !mount->reason || (mount->kind == PLAN_TMPFS) != !mount->volume ||
		    (mount->carries_image_content && mount->kind != PLAN_VOLUME))
			abort();
		LIST_EACH (const struct plan_mount, other, &plan->mounts)
			if (other != mount && strcmp(other->path, mount->path) == 0)
				abort();
	}
	LIST_EACH (const struct plan_change, change, &plan->image_changes)
		if (strpbrk(change->dockerfile, "\r\n"))
			abort();
}

/* The plan as JSON, which is JSON; "" where there is none. */
static void planned(const char *text, size_t len, const struct plan_options *options,
		    struct str *out)
{
	AUTO(plan_done) struct plan plan = { 0 };
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	struct err err = ERR_INIT;
	struct json_out o = JSON_OUT_INIT(out, false);
	struct inventory *inventory = inventory_new();

	if (!inventory)
		abort();
	feed(inventory, text, len);
	const int r = plan_make(inventory, options, &plan, &err);
	inventory_done(inventory);
	if (r < 0 && (r != -EINVAL || !err.msg[0]))
		abort();
	if (r < 0)
		return;
	check(&plan);
	record_write(&o, NULL, &plan_type, &plan);
	if (out->error || json_parse(out->s, out->len, &doc, &err) < 0)
		abort();
}

/* The first byte chooses the options. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(str_done) struct str once = STR_INIT(OUT_MAX);
	AUTO(str_done) struct str twice = STR_INIT(OUT_MAX);
	AUTO(texts_done) struct list mounted = { 0 };

	if (size == 0)
		return 0;
	if (texts_add(&mounted, "/data/") < 0 || texts_add(&mounted, "/srv/a") < 0)
		abort();
	const struct plan_options options = {
		.prefer = data[0] & 3,
		.launch = (data[0] >> 2 & 3) % (LAUNCH_EXTERNAL + 1),
		.exec = data[0] & 16,
		.memory_mib = data[0] & 32 ? 512 : -1,
		.mounted = data[0] & 64 ? &mounted : NULL,
		.readonly = data[0] & 128 ? &mounted : NULL,
	};
	planned((const char *)data + 1, size - 1, &options, &once);
	planned((const char *)data + 1, size - 1, &options, &twice);
	if (strcmp(once.s, twice.s) != 0)
		abort();
	return 0;
}
