/* SPDX-License-Identifier: MIT
 *
 * mounts.c - sites, and what is moved, become the mounts of the plan, with the lines of
 * a Dockerfile that they need.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "checks/plan/changes.h"
#include "checks/plan/kind.h"
#include "checks/plan/needs.h"
#include "checks/report/words.h"
#include "core/cleanup.h"
#include "core/table.h"

#define REASON_MAX	 ((size_t)64 * 1024)
#define VOLUME_NAME_MOST 200

static int out_of(struct str *text, char **ret)
{
	if (text->error)
		return text->error;
	*ret = str_take(text);
	return *ret ? 0 : -ENOMEM;
}

/* --- why --- */

static void put_writers(struct str *out, const struct site *site)
{
	if (!(site->flags & ~(unsigned)NEED_QUESTION)) {
		words_many(out, site->paths, "path", "paths");
		(void)str_puts(out, " asked for there, to be written or removed, with an "
				    "answer that a read-only root changes");
		return;
	}
	words_many(out, site->paths, "path", "paths");
	(void)str_puts(out, " written there, ");
	words_many(out, site->writes, "time", "times");
	if (site->uid >= 0)
		(void)str_printf(out, ", most often by uid %" PRId64, site->uid);
}

static void put_content(struct str *out, const struct site *site, int64_t entries)
{
	if (site->flags & NEED_MADE) {
		(void)str_puts(out, "the image has no such directory");
	} else if (!site->held) {
		(void)str_puts(out,
			       "what the image has there is not known, so that it is "
			       "kept");
	} else if (site->held->empty) {
		(void)str_puts(out, "the image's directory is empty");
	} else {
		(void)str_puts(out, "the image has at least ");
		words_many(out, entries, "entry", "entries");
		(void)str_puts(out, " there, which are kept");
	}
}

static int put_reason(const struct site *site, int64_t entries, const char *why,
		      char **ret)
{
	AUTO(str_done) struct str out = STR_INIT(REASON_MAX);

	put_writers(&out, site);
	(void)str_puts(&out, "; ");
	if (site->flags & NEED_MANY)
		(void)str_puts(&out, "it stands for directories below it, which are too "
				     "many for a mount each; ");
	else if (site->flags & NEED_LIFTED)
		(void)str_puts(&out, "it holds directories between which files are "
				     "renamed or linked, or that would all be mounted; ");
	put_content(&out, site, entries);
	(void)str_puts(&out, "; ");
	(void)str_puts(&out, why);
	if (site->held && site->held->peak_bytes > 0) {
		(void)str_puts(&out, "; at least ");
		words_size(&out, site->held->peak_bytes);
		(void)str_puts(&out, " at a time");
	}
	return out_of(&out, ret);
}

/* --- one mount --- */

static void set_owner(const struct site *site, struct plan_mount *mount)
{
	mount->uid = mount->gid = mount->mode = -1;
	if (site->held) {
		mount->uid = site->held->uid;
		mount->gid = site->held->gid;
		/* Zero is what a record without one has. */
		mount->mode = site->held->mode > 0 ? site->held->mode & 07777 : -1;
	} else if (site->flags & NEED_MADE) {
		mount->uid = site->uid;
		mount->gid = site->gid;
		mount->mode = 0755;
	}
}

static struct plan_mount *new_mount(struct planning *p, char *path)
{
	AUTO_FREE char *own = path;
	struct plan_mount *mount =
		own ? LIST_ADD(&p->plan->mounts, struct plan_mount) : NULL;

	if (!mount)
		return NULL;
	mount->path = TAKE_PTR(own);
	mount->kind = PLAN_VOLUME;
	mount->mode = 0755;
	mount->seen_bytes = -1;
	return mount;
}

static int show_paths(const struct site *site, struct plan_mount *mount)
{
	LIST_EACH (const char *const, path, &site->shown)
		if (mount->paths.len < PLAN_PATHS_SHOWN &&
		    texts_add(&mount->paths, *path) < 0)
			return -ENOMEM;
	mount->path_count += site->paths;
	if (__builtin_add_overflow(mount->writes, site->writes, &mount->writes))
		mount->writes = INT64_MAX;
	return 0;
}

static int mount_site(struct planning *p, const struct site *site, struct budget *budget)
{
	const struct kind_choice choice = kind_choose(site, p->options, budget);
	struct plan_mount *mount = new_mount(p, slice_text(site->dir));
	int r = 0;

	if (!mount)
		return -ENOMEM;
	mount->kind = choice.kind;
	mount->size_mib = choice.size_mib;
	mount->seen_bytes = site->held ? site->held->peak_bytes : -1;
	mount->carries_image_content = kind_carries(site);
	mount->entries =
		mount->carries_image_content ? planning_entries(p, site->dir) : 0;
	set_owner(site, mount);
	if (mount->kind == PLAN_TMPFS)
		r = kind_options(site, mount);
	if (r == 0)
		r = put_reason(site, mount->entries, choice.why, &mount->reason);
	if (r == 0)
		r = show_paths(site, mount);
	/* A volume for a directory that the image lacks is root's. */
	if (r == 0 && site->flags & NEED_MADE && mount->kind == PLAN_VOLUME &&
	    (mount->uid > 0 || mount->gid > 0 || mount->mode != 0755))
		r = changes_make(p, mount);
	return r;
}

/* --- what is moved --- */

/* The image may have been changed by an earlier plan, and the definition as well. */
static bool is_place_taken(const struct planning *p, const char *path)
{
	const struct slice here = slice_of(path);

	LIST_EACH (const struct plan_mount, mount, &p->plan->mounts)
		if (strcmp(mount->path, path) == 0)
			return true;
	return planning_dir(p, here) || is_given_at(p, here);
}

/* "/var/lib/taskprobe/etc", "/var/lib/taskprobe-2/etc" ...: two mounts at one place are
 * refused, and what is there already stays apart. */
static char *free_place(const struct planning *p, const char *base, const char *behind)
{
	char *path = str_format("%s%s", base, behind);

	for (int again = 2; path && is_place_taken(p, path); again++) {
		free(path);
		path = str_format("%s-%d%s", base, again, behind);
	}
	return path;
}

static int set_reason(struct plan_mount *mount, const char *reason)
{
	mount->carries_image_content = true;
	return str_set(&mount->reason, reason);
}

static int mount_moved(struct planning *p, struct slice dir)
{
	AUTO_FREE char *from = slice_is_root(dir) ? strdup("-root") : slice_text(dir);
	struct plan_mount *mount =
		new_mount(p, from ? free_place(p, MOVED_TO, from) : NULL);
	int r;

	if (!mount)
		return -ENOMEM;
	r = set_reason(mount, "files that are written in a directory that should not be "
			      "writable as a whole; links lead here");
	LIST_EACH (const struct moved, moved, &p->moved) {
		if (!slice_same(moved->dir, dir))
			continue;
		mount->entries += moved->path->in_image != TRI_NO;
		mount->path_count++;
		LIST_EACH (const struct inventory_count, c, &moved->path->counts)
			if (c->code == 0 &&
			    __builtin_add_overflow(mount->writes, c->count,
						   &mount->writes))
				mount->writes = INT64_MAX;
		if (r == 0 && mount->paths.len < PLAN_PATHS_SHOWN)
			r = texts_add(&mount->paths, moved->path->path);
		/* As changes_move_files() makes it. */
		if (moved->path->in_image == TRI_NO && moved->path->processes.len) {
			const struct inventory_process *who =
				moved->path->processes.items;

			mount->uid = who->uid > 0 ? who->uid : 0;
			mount->gid = who->gid > 0 ? who->gid : 0;
		}
	}
	return r == 0 ? changes_move_files(p, dir, mount->path) : r;
}

/* They come sorted by their paths: a directory's files beside each other, but for what
 * is in its subdirectories. */
static int mount_all_moved(struct planning *p)
{
	int r = 0;

	LIST_EACH (const struct moved, moved, &p->moved) {
		bool first = true;

		for (const struct moved *m = p->moved.items; m < moved; m++)
			first &= !slice_same(m->dir, moved->dir);
		if (first && r == 0)
			r = mount_moved(p, moved->dir);
	}
	return r;
}

/* Where the group's directories move: into the one of them that cannot move itself, or
 * into a volume of their own. The mount is the plan's last then. */
static int group_mount(struct planning *p, size_t group, struct budget *budget,
		       char **base)
{
	struct plan_mount *mount;

	LIST_EACH (const struct site, site, &p->sites) {
		if (site->group != group || !is_system(site->dir))
			continue;
		AUTO_FREE char *path = slice_text(site->dir);

		*base = path ? str_format("%s/.taskprobe", path) : NULL;
		return *base ? mount_site(p, site, budget) : -ENOMEM;
	}
	*base = free_place(p, MOVED_TO "-joined", "");
	mount = *base ? new_mount(p, strdup(*base)) : NULL;
	if (!mount)
		return -ENOMEM;
	mount->carries_image_content = true;
	return str_set(&mount->reason, "directories between which files are renamed or "
				       "linked, and above them is "
				       "\"/\" or half the image; links lead here");
}

static int mount_group(struct planning *p, size_t group, struct budget *budget)
{
	AUTO_FREE char *base = NULL;
	int r = group_mount(p, group, budget, &base);

	LIST_EACH (const struct site, site, &p->sites) {
		if (r < 0 || site->group != group || is_system(site->dir))
			continue;
		struct plan_mount *mount = LIST_AT(&p->plan->mounts, struct plan_mount,
						   p->plan->mounts.len - 1);
		const int64_t entries = planning_entries(p, site->dir);

		mount->entries += entries > 0 ? entries : 0;
		if (site->held && site->held->peak_bytes > mount->seen_bytes)
			mount->seen_bytes = site->held->peak_bytes;
		r = show_paths(site, mount);
		if (r == 0)
			r = changes_move_directory(p, site, base);
	}
	return r;
}

/* --- ECS Exec --- */

static int mount_exec(struct planning *p, const char *path)
{
	if (given_mount_of(p, slice_of(path)) == GIVEN_WRITABLE)
		return 0;
	LIST_EACH (const struct plan_mount, mount, &p->plan->mounts)
		if (strcmp(mount->path, path) == 0 ||
		    (mount->kind == PLAN_VOLUME &&
		     slice_covers(slice_of(mount->path), slice_of(path))))
			return 0;
	struct plan_mount *mount = new_mount(p, strdup(path));
	if (!mount)
		return -ENOMEM;
	return str_set(&mount->reason, "ECS Exec's agent writes there");
}

/* On EC2 the agent on the instance brings the others itself, and two mounts at one place
 * are refused. */
static int mount_all_exec(struct planning *p)
{
	static const char *const paths[] = { "/var/lib/amazon/ssm", "/managed-agents",
					     "/var/log/amazon/ssm" };
	const bool brought =
		p->options->launch == LAUNCH_EC2 || p->options->launch == LAUNCH_EXTERNAL;
	int r = 0;

	for (size_t i = 0; i < (brought ? 1 : ARRAY_LEN(paths)); i++)
		if (r == 0 && p->options->exec)
			r = mount_exec(p, paths[i]);
	return r;
}

/* --- names --- */

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* "taskprobe-web_var-cache-nginx". Behind the last "_" stands the path, which has none:
 * two containers never get the same name, which would be one volume. */
static char *volume_name(const char *container, const char *path, int again)
{
	AUTO(str_done) struct str name = STR_INIT(REASON_MAX);
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	(void)str_printf(&name, "taskprobe%s%s", container ? "-" : "",
			 container ? container : "");
	const size_t start = name.len;
	(void)str_puts(&name, "_");
	(void)str_puts(&name, path + 1);
	for (size_t i = 0; i < name.len; i++) {
		hash = (hash ^ (unsigned char)name.s[i]) * UINT64_C(0x100000001b3);
		if (!is_name_byte(name.s[i]) || (i > start && name.s[i] == '_'))
			name.s[i] = '-';
	}
	if (again > 1)
		(void)str_printf(&name, "-%d", again);
	if (name.error)
		return NULL;
	if (name.len <= VOLUME_NAME_MOST)
		return str_take(&name);
	return str_format("%.*s-%016" PRIx64 "-%d", VOLUME_NAME_MOST, name.s, hash,
			  again);
}

static bool is_taken(const struct plan *plan, const char *name)
{
	LIST_EACH (const struct plan_mount, mount, &plan->mounts)
		if (str_equal(mount->volume, name))
			return true;
	return false;
}

static int name_volume(struct plan *plan, struct plan_mount *mount)
{
	int r = 0;

	for (int again = 1; !mount->volume && r == 0; again++) {
		AUTO_FREE char *name = volume_name(plan->container, mount->path, again);

		if (!name)
			r = -ENOMEM;
		else if (!is_taken(plan, name))
			mount->volume = TAKE_PTR(name);
	}
	return r;
}

static int by_path(const void *a, const void *b)
{
	const struct plan_mount *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* --- all of it --- */

static int mount_all(struct planning *p)
{
	struct budget budget = budget_of(p->options);
	size_t groups = 0;
	int r = 0;

	LIST_EACH (const struct site, site, &p->sites) {
		if (r == 0 && site->group == 0)
			r = mount_site(p, site, &budget);
		if (site->group > groups)
			groups = site->group;
	}
	for (size_t group = 1; group <= groups && r == 0; group++)
		r = mount_group(p, group, &budget);
	if (r == 0)
		r = mount_all_moved(p);
	return r == 0 ? mount_all_exec(p) : r;
}

int sites_mount(struct planning *p)
{
	struct list *mounts = &p->plan->mounts;
	int r = mount_all(p);

	if (mounts->len)
		qsort(mounts->items, mounts->len, sizeof(struct plan_mount), by_path);
	if (r == 0)
		r = changes_user(p);
	LIST_EACH (struct plan_mount, mount, mounts) {
		if (r == 0 && mount->kind != PLAN_TMPFS)
			r = name_volume(p->plan, mount);
		if (r == 0)
			r = changes_volume(p, mount);
		if (mount->entries > 0 &&
		    __builtin_add_overflow(p->plan->entries, mount->entries,
					   &p->plan->entries))
			p->plan->entries = INT64_MAX;
	}
	return r;
}
