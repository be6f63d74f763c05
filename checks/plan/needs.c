/* SPDX-License-Identifier: MIT */
#include "checks/plan/needs.h"

#include <errno.h>
#include <string.h>

static const unsigned flags_of[OP_COUNT] = {
	[OP_CREATE] = NEED_ENTRIES,   [OP_WRITE] = NEED_CONTENT,
	[OP_TRUNCATE] = NEED_CONTENT, [OP_MKDIR] = NEED_ENTRIES,
	[OP_UNLINK] = NEED_ENTRIES,   [OP_RMDIR] = NEED_ENTRIES,
	[OP_RENAME] = NEED_ENTRIES,   [OP_LINK] = NEED_ENTRIES,
	[OP_SYMLINK] = NEED_ENTRIES,  [OP_MKNOD] = NEED_ENTRIES,
	[OP_CHMOD] = NEED_CONTENT,    [OP_CHOWN] = NEED_OWNER,
	[OP_UTIME] = NEED_OWNER,      [OP_XATTR] = NEED_OWNER,
	[OP_BIND] = NEED_ENTRIES,     [OP_ACCESS] = NEED_ASKED,
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool worked(const struct inventory_path *path, enum inventory_op op)
{
	LIST_EACH (const struct inventory_count, c, &path->counts)
		if (c->op == op && c->code == 0 && c->count > 0)
			return true;
	return false;
}

/* --- what Python writes beside the modules that it loads --- */

static bool is_python(const struct inventory_path *path)
{
	LIST_EACH (const struct inventory_process, p, &path->processes) {
		const char *exe = p->exe ? base_name(p->exe) : "";

		if (strncmp(exe, "python", 6) != 0 && strncmp(exe, "pypy", 4) != 0)
			return false;
	}
	return path->processes.len > 0;
}

#define BIT(op) (1u << (op))

/* Was nothing else done to it? The variable keeps Python from writing; an app that
 * removes byte code, or gives it another owner, does so all the same. */
static bool only(const struct inventory_path *path, unsigned ops)
{
	LIST_EACH (const struct inventory_count, c, &path->counts)
		if (c->code == 0 && c->count > 0 &&
		    !(BIT(c->op) & (ops | BIT(OP_ACCESS))))
			return false;
	return true;
}

/* "__pycache__" itself, and in it "x.cpython-311.pyc" and, until it is renamed,
 * "x.cpython-311.pyc.140212345". */
static bool is_bytecode(const struct inventory_path *path)
{
	static const char dir[] = "/__pycache__";
	const char *name = base_name(path->path);
	const size_t before = (size_t)(name - path->path) - 1;
	unsigned ops = BIT(OP_CREATE) | BIT(OP_WRITE) | BIT(OP_TRUNCATE) | BIT(OP_RENAME);

	if (strcmp(name, dir + 1) == 0)
		return worked(path, OP_MKDIR) && only(path, BIT(OP_MKDIR)) &&
		       is_python(path);
	const char *end = strstr(name, ".pyc");
	if (!end || before < sizeof(dir) - 1 ||
	    memcmp(path->path + before - (sizeof(dir) - 1), dir, sizeof(dir) - 1) != 0)
		return false;
	if (end[4] == '.')
		ops |= BIT(OP_UNLINK);
	return (end[4] == '\0' || end[4] == '.') && only(path, ops) && is_python(path);
}

/* --- what an operation asks for --- */

static bool is_directory(const struct inventory_path *path)
{
	return path->kind == INVENTORY_DIRECTORY;
}

/* Whatever of it is in the image already, the app removed first. */
static bool is_made(const struct inventory_path *path)
{
	if (path->in_image == TRI_YES || slice_is_root(slice_of(path->path)))
		return false;
	return worked(path, OP_MKDIR) || (is_directory(path) && path->in_image == TRI_NO);
}

/* A file of the image's, with a name that a Dockerfile takes. */
static bool may_be_moved(const struct inventory_path *path)
{
	return path->kind == INVENTORY_FILE && path->in_image != TRI_NO &&
	       slice_is_writable_down(slice_of(path->path));
}

/* Directories that come before what is in them: the topmost is met first. */
static void follow_made(struct wants *w, const struct inventory_path *path)
{
	const struct slice here = slice_of(path->path);

	if (w->made.len && slice_covers(w->made, here))
		return;
	w->made = is_made(path) && !is_given_at(w->planning, here) ? here
								   : (struct slice){ 0 };
}

static struct need need_at(const struct wants *w, struct slice dir, unsigned flags)
{
	if (!w->made.len || !slice_covers(w->made, dir) ||
	    given_mount_of(w->planning, dir) != GIVEN_NONE)
		return (struct need){ dir, flags, 1 };
	flags |= flags & NEED_QUESTION ? 0 : NEED_ENTRIES;
	const struct slice above = slice_parent(w->made);
	if (slice_is_root(above))
		return (struct need){ w->made, flags | NEED_MADE, 1 };
	return (struct need){ above, flags, 1 };
}

static void add_need(struct want *want, struct need need)
{
	for (size_t i = 0; i < want->n; i++)
		if (slice_same(want->need[i].dir, need.dir)) {
			want->need[i].flags |= need.flags;
			return;
		}
	want->need[want->n++] = need;
}

/* Making a directory right below "/" needs a mount there, since "/" cannot be one. That
 * goes for nothing else that is done to it. */
static bool is_made_below_root(const struct wants *w, const struct inventory_path *path)
{
	const struct slice here = slice_of(path->path);

	if (!w->made.len || !slice_same(w->made, here) ||
	    !slice_is_root(slice_parent(here)))
		return false;
	return !worked(path, OP_RMDIR) && !worked(path, OP_UNLINK) &&
	       !worked(path, OP_RENAME) && !worked(path, OP_SYMLINK);
}

/* A mount point is there before the app, file or directory, and cannot be removed. */
static bool has_entry_in_itself(const struct wants *w, const struct inventory_path *path)
{
	return is_given_at(w->planning, slice_of(path->path)) ||
	       is_made_below_root(w, path);
}

/* The kernel answers EROFS before it looks for the name that is removed or renamed. Who
 * was denied is denied again; who takes "it is not there" or "it is not empty" for
 * granted does not take EROFS so. */
static bool has_meaning(int code)
{
	return code == ENOENT || code == ENOTEMPTY || code == EEXIST || code == EISDIR ||
	       code == ENOTDIR;
}

static void wants_of(const struct wants *w, struct want *want)
{
	const struct inventory_path *path = want->path;
	const struct slice here = slice_of(path->path);
	unsigned outer = 0, self = 0;

	LIST_EACH (const struct inventory_count, c, &path->counts) {
		if (c->count <= 0)
			continue;
		if (c->code != 0 && has_meaning(c->code)) {
			outer |= NEED_GONE;
			want->other = true;
		}
		if (c->code != 0)
			continue;
		if (__builtin_add_overflow(want->writes, c->count, &want->writes))
			want->writes = INT64_MAX;
		/* A file without a name (O_TMPFILE) is made in the directory itself. */
		if (is_directory(path) &&
		    (!(flags_of[c->op] & NEED_ENTRIES) || c->op == OP_CREATE))
			self |= flags_of[c->op] |
				(c->op == OP_ACCESS ? 0u : (unsigned)NEED_SELF);
		else
			outer |= flags_of[c->op];
	}
	want->written = want->writes > 0;
	want->other &= !want->written;
	if (outer & NEED_CONTENT && !may_be_moved(path))
		outer |= NEED_OWNER;
	if (outer)
		add_need(want,
			 need_at(w,
				 has_entry_in_itself(w, path) ? here : slice_parent(here),
				 outer));
	if (self)
		add_need(want, need_at(w, here, self));
}

bool want_next(struct wants *w, struct want *ret)
{
	if (w->next == w->planning->paths.len)
		return false;
	const struct inventory_path *path =
		*LIST_AT(&w->planning->paths, const struct inventory_path *, w->next++);
	*ret = (struct want){ .path = path };
	follow_made(w, path);
	wants_of(w, ret);
	ret->bytecode = is_bytecode(path);
	ret->fixed = path->mount && !is_directory(path) &&
		     strcmp(path->mount, path->path) == 0 &&
		     !is_given_at(w->planning, slice_of(path->path));
	return true;
}
