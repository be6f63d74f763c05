/* SPDX-License-Identifier: MIT */
#include "checks/plan/changes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "checks/plan/needs.h"
#include "core/cleanup.h"

#define LINE_MAX_BYTES ((size_t)1 << 20)

/* The paths have no quote in them (slice_is_writable_down). */
static void quote(struct str *out, const char *before, const char *path)
{
	(void)str_puts(out, before);
	(void)str_puts(out, "'");
	(void)str_puts(out, path);
	(void)str_puts(out, "'");
}

static void own(struct str *line, const char *path, int64_t uid, int64_t gid,
		int64_t mode)
{
	if (uid > 0 || gid > 0) {
		(void)str_printf(line, " && chown %" PRId64 ":%" PRId64,
				 uid > 0 ? uid : 0, gid > 0 ? gid : 0);
		quote(line, " ", path);
	}
	if (mode >= 0 && mode != 0755) {
		(void)str_printf(line, " && chmod %04" PRIo64, (uint64_t)mode);
		quote(line, " ", path);
	}
}

static int add_line(struct planning *p, struct str *line, const char *reason)
{
	return line->error ? line->error : add_change(p->plan, str_take(line), reason);
}

int changes_make(struct planning *p, const struct plan_mount *mount)
{
	AUTO(str_done) struct str line = STR_INIT(LINE_MAX_BYTES);

	quote(&line, "RUN mkdir -p ", mount->path);
	own(&line, mount->path, mount->uid, mount->gid, mount->mode);
	return add_line(
		p, &line,
		"the app makes this directory itself; mounted, it has to belong to "
		"the same user");
}

int changes_move_files(struct planning *p, struct slice dir, const char *to)
{
	AUTO(str_done) struct str line = STR_INIT(LINE_MAX_BYTES);
	const struct inventory_process *who = NULL;

	quote(&line, "RUN mkdir -p ", to);
	LIST_EACH (const struct moved, moved, &p->moved) {
		const char *path = moved->path->path;
		const char *name = strrchr(path, '/') + 1;
		AUTO_FREE char *target = str_format("%s/%s", to, name);

		if (!slice_same(moved->dir, dir))
			continue;
		if (!target)
			return -ENOMEM;
		if (moved->path->in_image != TRI_NO) {
			quote(&line, " && mv ", path);
			quote(&line, " ", target);
		} else if (moved->path->processes.len) {
			who = LIST_AT(&moved->path->processes, struct inventory_process,
				      0);
		}
		quote(&line, " && ln -s ", target);
		quote(&line, " ", path);
	}
	/* Who makes a file needs the directory. */
	own(&line, to, who ? who->uid : 0, who ? who->gid : 0, -1);
	return add_line(p, &line,
			"these files are written, but a mount over their directory would "
			"make all of it writable (or is impossible): they move into a "
			"volume, and links lead there");
}

int changes_move_directory(struct planning *p, const struct site *site, const char *to)
{
	AUTO(str_done) struct str line = STR_INIT(LINE_MAX_BYTES);
	AUTO_FREE char *path = slice_text(site->dir);
	AUTO_FREE char *target = path ? str_format("%s%s", to, path) : NULL;
	AUTO_FREE char *above =
		target ? slice_text(slice_parent(slice_of(target))) : NULL;

	if (!above)
		return -ENOMEM;
	if (site->flags & NEED_MADE) {
		quote(&line, "RUN mkdir -p ", target);
		own(&line, target, site->uid, site->gid, -1);
	} else {
		quote(&line, "RUN mkdir -p ", above);
		quote(&line, " && mv ", path);
		quote(&line, " ", target);
	}
	quote(&line, " && ln -s ", target);
	quote(&line, " ", path);
	return add_line(
		p, &line,
		"files are renamed or linked between this directory and another, "
		"which only works within one mount, and above both is \"/\" or half "
		"the image: both move into one volume, and links lead there");
}

/* Docker on the container instance copies what the image has into an empty volume at
 * its first use, owner and mode too. */
static bool copies_anyway(enum launch_type launch)
{
	return launch == LAUNCH_EC2 || launch == LAUNCH_EXTERNAL;
}

int changes_volume(struct planning *p, const struct plan_mount *mount)
{
	const bool plain = mount->uid == 0 && mount->gid == 0 && mount->mode == 0755;

	if (mount->kind != PLAN_VOLUME || (plain && !mount->carries_image_content) ||
	    copies_anyway(p->options->launch))
		return 0;
	return add_change(
		p->plan, str_format("VOLUME [\"%s\"]", mount->path),
		mount->carries_image_content
			? "what the image has there is copied into the volume, "
			  "owner and mode too: without this line it is empty on "
			  "Fargate"
			: "the volume gets the owner and mode that the image's "
			  "directory has: without this line it belongs to root "
			  "on Fargate");
}

static int insert_line(struct plan *plan, size_t at, char *line, const char *reason)
{
	int r = add_change(plan, line, reason);

	if (r < 0)
		return r;
	struct plan_change *all = plan->image_changes.items;
	const struct plan_change last = all[plan->image_changes.len - 1];
	memmove(&all[at + 1], &all[at],
		(plan->image_changes.len - 1 - at) * sizeof(*all));
	all[at] = last;
	return 0;
}

int changes_user(struct planning *p)
{
	/* Where root wrote, the image starts as root, and runs RUN so. */
	if (p->plan->image_changes.len == 0 || p->root_wrote || p->uid < 0)
		return 0;
	int r = insert_line(p->plan, 0, str_format("USER 0:0"),
			    "the lines below are root's");
	if (r < 0)
		return r;
	return add_change(
		p->plan,
		p->gid < 0 ? str_format("USER %" PRId64, p->uid)
			   : str_format("USER %" PRId64 ":%" PRId64, p->uid, p->gid),
		"the user that the app was seen to run as; the image's own USER "
		"line may stand here instead");
}
