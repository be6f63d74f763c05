/* SPDX-License-Identifier: MIT */
#include "probe/trace/names/names.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "probe/trace/names/judge.h"
#include "probe/trace/names/nameless.h"
#include "probe/trace/names/planned_place.h"
#include "probe/trace/names/walk.h"

void place_found_done(struct place_found *p)
{
	cleanup_close(&p->parent);
	p->parent = -1;
}

/* The path is large: emptied, not zeroed. */
static void clear(struct place_found *p)
{
	place_found_done(p);
	p->unresolved = NULL;
	p->nameless = p->crosses = p->planned = p->parent_planned = p->other = false;
	p->on = p->in = NULL;
	p->path[p->len = 0] = '\0';
	p->name = p->path;
	p->mount = NULL;
	p->facts = (struct oracle_name){ 0 };
	p->st.mask = p->parent_st.mask = 0;
}

/* --- which rules of path_resolution(7) the call has --- */

/* It is about an entry of the parent, and looks the last component up by itself. */
static bool is_entry(const struct request *r, int which)
{
	const uint64_t kinds = CALL_BIT(MKDIR) | CALL_BIT(MKNOD) | CALL_BIT(SYMLINK) |
			       CALL_BIT(RENAME) | CALL_BIT(UNLINK) | CALL_BIT(RMDIR) |
			       CALL_BIT(BIND);

	return (kinds >> r->kind & 1) || (r->kind == CALL_LINK && which == 1);
}

static bool follows(const struct request *r, int which)
{
	if (is_entry(r, which) || which != 0)
		return false;
	if (r->kind == CALL_OPEN &&
	    (r->flags & O_NOFOLLOW ||
	     (r->flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)))
		return false;
	return r->follow;
}

/* --- the mounts --- */

struct find {
	const struct names_view *view;
	const struct tracee *tracee;
	const struct identity_facts *who;
	const struct request *request;
	int which;
	struct place_found *place;
};

#define NOT_LISTED                                                                  \
	"paths on mounts that no list shows (unmounted while they were in use, or " \
	"mounted faster than taskprobe reads them)"

#define NO_PARENT "paths whose parent directory could not be looked at"

static const struct surface_mount *mount_of(const struct find *f, uint64_t id)
{
	const struct surface_mount *m = surface_find(f->view->surface, id);

	return m || f->tracee->own_view
		       ? m
		       : surface_find_of(f->view->surface, f->tracee->tid, id);
}

static void on_mount(struct place_found *p, const struct surface_mount *m)
{
	p->mount = m;
	p->facts.mount = m->id;
	p->facts.readonly = m->readonly;
	p->planned = m->planned;
}

static void parent_on_mount(struct place_found *p, const struct surface_mount *m)
{
	p->facts.parent_mount = m->id;
	p->facts.parent_readonly = m->readonly;
	p->parent_planned = m->planned;
}

static void drop_text(struct place_found *p)
{
	p->nameless = true;
	p->path[p->len = 0] = '\0';
	p->name = p->path;
}

/* On overlayfs the device of a file is not always that of the mount. */
static bool is_layered(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) < 0 || fs.f_type == OVERLAYFS_SUPER_MAGIC ||
	       fs.f_type == FUSE_SUPER_MAGIC;
}

/* On no listed mount: a pipe, which is on none at all; a file that an inherited
 * descriptor leads to in another namespace, where it stays as it is and has no name here;
 * or one that we cannot tell of. */
static bool off_the_list(const struct find *f, int fd, const struct sys_statx *st)
{
	struct place_found *p = f->place;

	if (!p->nameless &&
	    (surface_could_become(f->view->surface, st) || is_layered(fd)))
		p->unresolved = NOT_LISTED;
	else
		drop_text(p);
	return p->unresolved == NULL;
}

static bool set_mount(const struct find *f, int fd)
{
	struct place_found *p = f->place;
	const struct surface_mount *m = mount_of(f, p->st.mnt_id);

	if (!m) {
		p->facts.mount = p->st.mnt_id;
		return off_the_list(f, fd, &p->st);
	}
	on_mount(p, m);
	return true;
}

static bool set_parent_mount(const struct find *f)
{
	struct place_found *p = f->place;
	const uint64_t id = p->parent_st.mnt_id;
	const struct surface_mount *m =
		p->mount && p->mount->id == id ? p->mount : mount_of(f, id);

	if (!m) {
		p->facts.parent_mount = id;
		return off_the_list(f, p->parent, &p->parent_st);
	}
	parent_on_mount(p, m);
	if (!p->mount) /* nothing there yet: it would come to be on this one */
		on_mount(p, m);
	return true;
}

/* --- texts --- */

/* The same of the parent, whose text ends at 'len' of the path. */
static bool parent_is_deleted(struct place_found *p, size_t len)
{
	const char was = p->path[len];

	p->path[len] = '\0';
	const bool deleted = nameless_is_deleted(p->path, len, p->parent, &p->parent_st);
	p->path[len] = was;
	return deleted;
}

static void take_text(struct place_found *p, size_t len, size_t name)
{
	if (len == 0) {
		p->path[len++] = '/';
		p->path[len] = '\0';
		name = len;
	}
	p->len = len;
	p->name = p->path + name;
}

/* Also of what has lost its name: the text says where it had it. */
static void see_planned(const struct find *f, size_t len, size_t name)
{
	struct place_found *p = f->place;
	const struct planned *planned = f->view->planned;

	if (!planned)
		return;
	p->on = planned_find(planned, p->path, len);
	p->in = planned_find(planned, p->path, name > 0 ? name - 1 : 0);
}

static size_t name_in(const char *text, size_t len)
{
	while (len > 0 && text[len - 1] != '/')
		len--;
	return len;
}

/* --- what a walk found --- */

static struct judge judge_of(const struct find *f)
{
	return (struct judge){ f->who, f->request, f->which };
}

/* The object 'name' in 'fd', or 'fd' itself, and its mount. */
static bool judge(const struct find *f, int fd, const char *name)
{
	const struct judge j = judge_of(f);
	struct place_found *p = f->place;

	judge_object(&j, fd, name, &p->st, &p->facts);
	if (!set_mount(f, fd))
		return false;
	if (p->mount && p->mount->noexec && p->facts.kind == KIND_FILE)
		p->facts.execute = EACCES;
	return true;
}

/* A parent that nobody asked for, or that there is none of. */
static void same_parent(struct place_found *p)
{
	p->facts.parent_mount = p->facts.mount;
	p->facts.parent_readonly = p->facts.readonly;
	p->parent_planned = p->planned;
}

/* It lies on a mount that may hang and that stays as it is: nothing is asked, and what is
 * answered is the same in both worlds. */
static void found_hanging(const struct find *f, const struct surface_mount *m)
{
	struct place_found *p = f->place;

	on_mount(p, m);
	parent_on_mount(p, m);
	p->facts.kind = KIND_FILE;
	p->facts.full = -1;
}

/* Its mount point: of the parent all can be told. */
static void found_hanging_point(const struct find *f, const struct surface_mount *m)
{
	const struct judge j = judge_of(f);
	struct place_found *p = f->place;

	found_hanging(f, m);
	p->facts.kind = KIND_DIRECTORY;
	p->facts.mount_point = true;
	if (sys_statx(p->parent, "", AT_EMPTY_PATH, WALK_STAT, &p->parent_st) < 0 ||
	    !set_parent_mount(f))
		return;
	judge_parent(&j, p->parent, &p->parent_st, NULL, &p->facts);
}

/* ".", "..", "/", or where a link of /proc leads. */
static void found_object(const struct find *f, struct walk *w)
{
	struct place_found *p = f->place;

	p->st = w->st;
	see_planned(f, w->len, w->name);
	if (nameless_is(p->path, w->len, w->object, &p->st))
		drop_text(p);
	else
		take_text(p, w->len, w->name);
	if (!judge(f, w->object, ""))
		return;
	if (w->last == LAST_NAME || p->nameless) {
		same_parent(p);
		return;
	}
	/* To the kernel the parent is where ".", ".." or "/" is looked for. */
	p->parent_st = w->last == LAST_DOTDOT ? w->in : p->st;
	/* Without permission to search there is none. */
	p->parent = openat(w->object, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	(void)set_parent_mount(f);
}

static bool look_at_parent(const struct find *f, const struct sys_statx *st)
{
	const struct judge j = judge_of(f);
	struct place_found *p = f->place;

	if (st && !judge_needs_parent(&j, st)) {
		same_parent(p);
		return true;
	}
	if (sys_statx(p->parent, "", AT_EMPTY_PATH, WALK_STAT, &p->parent_st) < 0) {
		p->unresolved = NO_PARENT;
		return false;
	}
	if (!set_parent_mount(f))
		return false;
	judge_parent(&j, p->parent, &p->parent_st, st, &p->facts);
	return true;
}

static void found_missing(const struct find *f, struct walk *w)
{
	struct place_found *p = f->place;

	p->facts.dangling = w->dangling;
	p->facts.lookup = w->lookup;
	if (!look_at_parent(f, NULL))
		return;
	/* In a removed directory nothing can be made. */
	if (parent_is_deleted(p, w->name - 1)) {
		p->facts.gone = true;
		drop_text(p);
	}
}

static void found_name(const struct find *f, struct walk *w)
{
	struct place_found *p = f->place;

	p->parent = TAKE_FD(w->dir);
	see_planned(f, w->len, w->name);
	take_text(p, w->len, w->name);
	if (w->hangs)
		return found_hanging_point(f, w->hangs);
	if (w->missing)
		return found_missing(f, w);
	p->st = w->st;
	if (judge(f, p->parent, p->name))
		(void)look_at_parent(f, &p->st);
}

static void found(const struct find *f, struct walk *w)
{
	struct place_found *p = f->place;

	p->unresolved = w->unresolved;
	p->crosses = w->crosses;
	p->facts.walk = w->error;
	p->facts.last = w->last;
	p->facts.slash = w->slash;
	if (w->unresolved)
		return;
	if (w->error)
		return drop_text(p);
	if (w->hangs && w->dir < 0) {
		see_planned(f, w->len, w->name);
		take_text(p, w->len, w->name);
		return found_hanging(f, w->hangs);
	}
	if (w->object >= 0)
		found_object(f, w);
	else
		found_name(f, w);
}

static void find_path(const struct find *f)
{
	const struct request *r = f->request;
	const struct request_name *name = &r->name[f->which];
	AUTO(path_walk_done)
	struct walk w = { .view = f->view,
			  .tracee = f->tracee,
			  .who = f->who,
			  .us = walk_is_us(f->who),
			  .follow = follows(r, f->which),
			  .entry = is_entry(r, f->which),
			  .create = r->kind == CALL_OPEN && r->flags & O_CREAT,
			  .resolve = r->resolve,
			  .dirfd = name->dirfd,
			  .text = f->place->path,
			  .dir = -1,
			  .object = -1,
			  .base = -1,
			  .root = -1 };

	if (name->len == 0)
		w.error = ENOENT;
	else
		path_walk_run(&w, name->path, name->len);
	found(f, &w);
}

/* --- by descriptor --- */

static bool fd_hangs(const struct find *f, const char *link)
{
	struct place_found *p = f->place;

	if (!surface_may_hang(f->view->surface))
		return false;
	const ssize_t n = tracee_readlink(f->view->tracees, f->tracee, link, p->path,
					  sizeof(p->path));
	const struct surface_mount *m =
		n > 0 ? surface_hangs(f->view->surface, p->path, (size_t)n) : NULL;
	if (!m)
		return false;
	see_planned(f, (size_t)n, name_in(p->path, (size_t)n));
	take_text(p, (size_t)n, name_in(p->path, (size_t)n));
	found_hanging(f, m);
	return true;
}

static void fd_failed(struct place_found *p, int code)
{
	if (code == -EBADF)
		p->facts.walk = EBADF;
	else if (code == -EACCES || code == -EPERM)
		p->unresolved = "descriptors of processes that gave up their uid and "
				"whose /proc is closed: add SYS_PTRACE to "
				"linuxParameters.capabilities.add";
	else
		p->unresolved = "descriptors that could not be looked at in /proc";
}

static void find_descriptor(const struct find *f)
{
	struct place_found *p = f->place;
	const int number = f->request->name[f->which].dirfd;
	char link[sizeof("fd/-2147483648")] = "cwd";

	p->facts.by_fd = true;
	if (number != AT_FDCWD)
		(void)snprintf(link, sizeof(link), "fd/%d", number);
	if (fd_hangs(f, link))
		return;
	AUTO_CLOSE int fd = tracee_open(f->view->tracees, f->tracee, link);
	if (fd < 0)
		return fd_failed(p, fd);
	const ssize_t n = walk_fd_text(fd, p->path, sizeof(p->path));
	if (n < 0 || sys_statx(fd, "", AT_EMPTY_PATH, WALK_STAT, &p->st) < 0) {
		p->unresolved = "descriptors that could not be looked at in /proc";
		return;
	}
	see_planned(f, (size_t)n, name_in(p->path, (size_t)n));
	if (nameless_is(p->path, (size_t)n, fd, &p->st))
		drop_text(p);
	else
		take_text(p, (size_t)n, name_in(p->path, (size_t)n));
	if (judge(f, fd, ""))
		same_parent(p);
}

/* What was found about searching directories is no longer so after these. */
static bool changes_directories(const struct request *r, const struct place_found *p)
{
	const uint64_t kinds =
		CALL_BIT(CHMOD) | CALL_BIT(CHOWN) | CALL_BIT(XATTR) | CALL_BIT(RENAME);

	return (kinds >> r->kind & 1) && p->facts.kind == KIND_DIRECTORY;
}

/* access(2) asks what a setuid program's user may: with the real ids, and the
 * capabilities that these would have. */
static void be_real(struct identity_facts *who)
{
	who->fsuid = who->uid;
	who->fsgid = who->gid;
	who->cap_effective = who->uid == 0 ? who->cap_permitted : 0;
}

static void other_world(const struct find *f)
{
	const struct judge j = judge_of(f);
	struct place_found *p = f->place;
	const struct surface_mount *parents = p->mount;

	if (p->in && (!parents || parents->id != p->facts.parent_mount))
		parents = mount_of(f, p->facts.parent_mount);
	planned_place(p, &j, parents);
}

void names_find(const struct names_view *view, const struct tracee *tracee,
		const struct request *request, int which, struct place_found *ret)
{
	static bool changed; /* by the call before */
	struct identity_facts who = tracee->who;
	const struct find f = { view, tracee, &who, request, which, ret };

	if (request->kind == CALL_ACCESS && !(request->flags & AT_EACCESS))
		be_real(&who);
	if (changed && which == 0) {
		walk_search_forget();
		changed = false;
	}
	clear(ret);
	if (!request->name[which].given)
		ret->unresolved = "calls without a name";
	else if (request->name[which].by_fd)
		find_descriptor(&f);
	else
		find_path(&f);
	if (view->planned && !ret->unresolved)
		other_world(&f);
	changed |= changes_directories(request, ret);
}
