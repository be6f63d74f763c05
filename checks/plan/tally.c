/* SPDX-License-Identifier: MIT
 *
 * tally.c - once it is clear where mounts go: which paths each of them is for, and what
 * becomes of those that are in none. No path is left without a word.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "checks/plan/needs.h"
#include "core/cleanup.h"

/* Executables; an app has a few, a build has hundreds. */
#define PROGRAMS_MOST 100
/* Files right below "/", each of which gets a link. */
#define LOOSE_MOST 16

static void add_up(int64_t *sum, int64_t n)
{
	if (__builtin_add_overflow(*sum, n, sum))
		*sum = INT64_MAX;
}

/* --- who --- */

static int note_program(struct planning *p, const char *exe)
{
	const char **slot;

	LIST_EACH (const char *const, have, &p->programs)
		if (strcmp(*have, exe) == 0)
			return 0;
	if (p->programs.len >= PROGRAMS_MOST)
		return 0;
	slot = LIST_ADD(&p->programs, const char *);
	if (!slot)
		return -ENOMEM;
	*slot = exe;
	return 0;
}

static int note_processes(struct planning *p, const struct inventory_path *path)
{
	int r = 0;

	LIST_EACH (const struct inventory_process, who, &path->processes) {
		p->root_wrote |= who->uid == 0;
		p->user_wrote |= who->uid == p->options->user;
		if (who->uid > 0 && who->count > p->most) {
			p->uid = who->uid;
			p->gid = who->gid;
			p->most = who->count;
		}
		if (who->exe && r == 0)
			r = note_program(p, who->exe);
	}
	if (path->runs > 0 && path->runs < p->runs)
		p->some_runs++;
	return r;
}

/* --- in a mount --- */

static bool ends_with(const char *text, const char *end)
{
	const size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

/* Would anybody miss it after a restart? */
static bool is_lasting(const struct inventory_path *path)
{
	if (path->kind == INVENTORY_SOCKET || path->kind == INVENTORY_FIFO ||
	    path->kind == INVENTORY_DIRECTORY || path->exists == TRI_NO)
		return false;
	return !ends_with(path->path, ".pid") && !ends_with(path->path, ".lock") &&
	       !ends_with(path->path, ".sock");
}

static bool has_op(const struct inventory_path *path, enum inventory_op op)
{
	LIST_EACH (const struct inventory_count, c, &path->counts)
		if (c->op == op && c->code == 0 && c->count > 0)
			return true;
	return false;
}

static int count_in(struct site *site, const struct want *want)
{
	const struct inventory_path *path = want->path;

	site->paths++;
	add_up(&site->writes, want->writes);
	site->lasting += is_lasting(path);
	site->attributes |= has_op(path, OP_XATTR);
	site->devices |= path->kind == INVENTORY_DEVICE && has_op(path, OP_MKNOD);
	site->foreign |= path->mount && strcmp(path->mount, "/") != 0;
	LIST_EACH (const struct inventory_process, who, &path->processes)
		if (who->uid >= 0 && who->count > site->most) {
			site->uid = who->uid;
			site->gid = who->gid;
			site->most = who->count;
		}
	if (site->shown.len >= PLAN_PATHS_SHOWN)
		return 0;
	const char **slot = LIST_ADD(&site->shown, const char *);
	if (!slot)
		return -ENOMEM;
	*slot = path->path;
	return 0;
}

/* --- in none --- */

static int ignore_failed(struct planning *p, const struct inventory_path *path)
{
	AUTO_FREE char *reason = NULL;

	if (path->counts.len == 0) /* it was executed, and that is all */
		return 0;
	const struct inventory_count *c =
		LIST_AT(&path->counts, struct inventory_count, 0);
	reason = str_format("it never worked: %s got %s without a read-only root too",
			    inventory_op_names[c->op], err_words(c->code));
	return reason ? add_ignored(p, path->path, reason) : -ENOMEM;
}

/* Where a mount for it would be too much. */
static int ignore_other(struct planning *p, const struct inventory_path *path)
{
	p->other_answers++;
	return add_ignored(
		p, path->path,
		"there was nothing that could be removed or renamed there; the "
		"answer becomes EROFS, which means something else");
}

static int say_fixed(struct planning *p, const struct inventory_path *path)
{
	const char *change = "let the app do without it: the file is a mount of the "
			     "runtime's own";

	if (strcmp(path->path, "/etc/hosts") == 0)
		change = "declare the names as extraHosts of the container (not with "
			 "network mode awsvpc), or resolve them by DNS";
	else if (strcmp(path->path, "/etc/resolv.conf") == 0)
		change = "declare dnsServers and dnsSearchDomains of the container (not "
			 "with network mode awsvpc), or set it in the VPC's DHCP options";
	else if (strcmp(path->path, "/etc/hostname") == 0)
		change = "declare the hostname of the container (not with network mode "
			 "awsvpc)";
	return add_by_hand(p, path->path, change,
			   "it is a mount of the runtime's own, which a read-only root "
			   "makes read-only too; no other mount changes that");
}

static bool is_in(const struct list *dirs, struct slice dir)
{
	LIST_EACH (const struct slice, one, dirs)
		if (slice_same(*one, dir))
			return true;
	return false;
}

/* A link in the place of a file right below "/": opening follows it, also where its
 * target is still to be made. */
static bool link_will_do(const struct planning *p, const struct inventory_path *path)
{
	if (path->kind != INVENTORY_FILE || !slice_is_writable_down(slice_of(path->path)))
		return false;
	LIST_EACH (const struct inventory_count, c, &path->counts)
		if (c->code == 0 && c->op != OP_CREATE && c->op != OP_WRITE &&
		    c->op != OP_TRUNCATE && c->op != OP_CHMOD && c->op != OP_ACCESS)
			return false;
	return p->loose < LOOSE_MOST;
}

static int move_file(struct planning *p, const struct inventory_path *path,
		     struct slice dir)
{
	struct moved *slot = LIST_ADD(&p->moved, struct moved);

	if (!slot)
		return -ENOMEM;
	*slot = (struct moved){ path, dir };
	p->loose += slice_is_root(dir);
	return 0;
}

static int say_impossible(struct planning *p, const struct want *want, struct slice dir)
{
	if (slice_is_root(dir))
		return add_by_hand(p, want->path->path,
				   "let the app use a directory of its own instead of "
				   "\"/\" (its working directory, HOME, or a setting)",
				   "it is made, changed or removed right in \"/\", where "
				   "nothing can be mounted");
	if (!slice_is_writable_down(dir))
		return add_by_hand(p, want->path->path,
				   "let the app use a directory of another name",
				   "neither a task definition nor a Dockerfile can say "
				   "that name (a colon, a quote, a control character "
				   "...), and above it is \"/\"");
	if (!is_mountable(dir))
		return add_by_hand(p, want->path->path,
				   "let the app do without it: /proc, /sys and /dev are "
				   "the kernel's (settings of it go into systemControls)",
				   "it is in a file system of the kernel, which no mount "
				   "of a task replaces");
	return add_by_hand(p, want->path->path, "let the app write it somewhere else",
			   "there are too many different directories for one mount each");
}

static int find_place(struct planning *p, const struct want *want,
		      const struct need *need)
{
	if (want->other)
		return ignore_other(p, want->path);
	if (!(need->flags & ~(unsigned)NEED_QUESTION))
		return add_ignored(
			p, want->path->path,
			"it was only asked whether it may be written (access), "
			"and the answer becomes EROFS; it was not written");
	if (want->bytecode) {
		p->bytecode++;
		return 0;
	}
	if (given_mount_of(p, need->dir) == GIVEN_READONLY)
		return add_by_hand(
			p, want->path->path,
			"set readOnly to false, or let the app write somewhere else",
			"it is in what the definition mounts read-only");
	if (is_in(&p->linked, need->dir) ||
	    (slice_is_root(need->dir) && link_will_do(p, want->path)))
		return move_file(p, want->path, need->dir);
	return say_impossible(p, want, need->dir);
}

static bool is_question(const struct want *want)
{
	for (size_t i = 0; i < want->n; i++)
		if (want->need[i].flags & ~(unsigned)NEED_QUESTION)
			return false;
	return true;
}

static int tally(struct planning *p, const struct want *want)
{
	struct site *site = site_covering(p, slice_of(want->path->path));
	struct site *counted = NULL;
	int r = note_processes(p, want->path);

	if (site)
		site->executed |= want->path->executed;
	if (r < 0 || (!want->written && !want->other))
		return r < 0 ? r : ignore_failed(p, want->path);
	if (want->fixed && want->written && !is_question(want))
		return say_fixed(p, want->path);
	for (size_t i = 0; i < want->n && r == 0; i++) {
		const struct need *need = &want->need[i];

		const enum given given = given_mount_of(p, need->dir);

		if (given == GIVEN_WRITABLE)
			continue;
		site = given == GIVEN_NONE ? site_covering(p, need->dir) : NULL;
		if (!site)
			r = find_place(p, want, need);
		else if (site != counted)
			r = count_in(site, want);
		counted = site ? site : counted;
	}
	return r;
}

int sites_tally(struct planning *p)
{
	struct wants wants = { .planning = p };
	struct want want;
	int r = 0;

	LIST_EACH (struct site, site, &p->sites)
		site->held = planning_dir(p, site->dir);
	while (r == 0 && want_next(&wants, &want))
		r = tally(p, &want);
	return r;
}
