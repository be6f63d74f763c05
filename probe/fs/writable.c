/* SPDX-License-Identifier: MIT */
#include "probe/fs/writable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include "core/cleanup.h"
#include "core/str.h"
#include "probe/fs/access.h"
#include "probe/fs/devices.h"
#include "probe/fs/walk.h"

/* A directory that we are in. */
struct fold {
	bool search;	 /* 'who' gets here and may search it */
	bool make;	 /* and may make entries in it */
	bool all;	 /* all below it so far is writable */
	size_t rows;	 /* rows before it */
	int64_t lost;	 /* rows that found no room before it */
	int64_t entries; /* counted when we came */
	int64_t serial;	 /* no two directories have the same */
};

struct inventory {
	const struct identity_facts *who;
	const struct writable_limits *limits;
	struct writable_facts *ret;
	struct setuid_facts *setuid;
	struct list folds;	  /* struct fold */
	int64_t lost;		  /* rows that found no room */
	size_t text, setuid_text; /* bytes of the rows' paths */
	int64_t unread;		  /* directories that 'who' may search and we not list */
	int64_t unsure;		  /* whose ACL or owner we could not tell */
	int64_t serial;		  /* of the last directory entered */
	int64_t cwd; /* the directory that we work in, while its files are asked */
	bool readonly, nosuid, no_xattr, stays;
};

static struct fold *current(struct inventory *v)
{
	return LIST_AT(&v->folds, struct fold, v->folds.len - 1);
}

/* --- rows --- */

/* Is there room for the path of 'name' in the current directory? */
static bool has_room(const struct walk *w, const char *name, size_t rows, size_t text)
{
	const struct inventory *v = w->user;

	return rows < v->limits->rows &&
	       text + w->path_len + strlen(name) < v->limits->text;
}

static void add_row(struct walk *w, const char *name, enum writable_kind kind,
		    int64_t entries)
{
	struct inventory *v = w->user;

	if (!has_room(w, name, v->ret->list.len, v->text)) {
		v->lost++;
		return;
	}
	AUTO_FREE char *path = walk_path(w, name);
	struct writable_fact *row =
		path ? LIST_ADD(&v->ret->list, struct writable_fact) : NULL;

	if (!row) {
		w->stop = "out of memory";
		return;
	}
	v->text += strlen(path);
	*row = (struct writable_fact){ TAKE_PTR(path), kind, entries };
}

static void drop_rows(struct inventory *v, const struct fold *fold)
{
	struct list *list = &v->ret->list;

	while (list->len > fold->rows) {
		char *path = LIST_AT(list, struct writable_fact, --list->len)->path;

		v->text -= strlen(path);
		free(path);
	}
	v->lost = fold->lost;
}

/* --- setuid files --- */

/* Every executable file is asked: three times faster by its bare name, with the
 * directory to work in, than through /proc/self/fd. */
static ssize_t ask_capabilities(struct inventory *v, int dirfd, const char *name)
{
	const char *attr = "security.capability";

	if (v->stays || (v->cwd != current(v)->serial && fchdir(dirfd) < 0))
		return access_xattr(dirfd, name, attr, NULL, 0);
	v->cwd = current(v)->serial;
	ssize_t r = lgetxattr(name, attr, NULL, 0);
	return r < 0 ? -errno : r;
}

static bool has_capabilities(struct inventory *v, int dirfd, const char *name)
{
	if (v->no_xattr)
		return false;
	ssize_t r = ask_capabilities(v, dirfd, name);

	v->no_xattr = r == -EOPNOTSUPP;
	return r > 0;
}

static void look_for_setuid(struct walk *w, int dirfd, const char *name,
			    const struct sys_statx *st)
{
	struct inventory *v = w->user;
	/* Setgid without the group's x bit once meant mandatory locking. */
	bool setuid = st->mode & S_ISUID;
	bool setgid = (st->mode & S_ISGID) && (st->mode & S_IXGRP);

	if (!(st->mode & 0111))
		return;
	bool capabilities = has_capabilities(v, dirfd, name);
	if (!setuid && !setgid && !capabilities)
		return;
	if (!has_room(w, name, v->setuid->list.len, v->setuid_text)) {
		v->setuid->truncated = true;
		return;
	}
	AUTO_FREE char *path = walk_path(w, name);
	struct setuid_fact *row =
		path ? LIST_ADD(&v->setuid->list, struct setuid_fact) : NULL;
	if (!row) {
		w->stop = "out of memory";
		return;
	}
	v->setuid_text += strlen(path);
	*row = (struct setuid_fact){
		.path = TAKE_PTR(path),
		.uid = st->uid,
		.gid = st->gid,
		.setuid = setuid,
		.setgid = setgid,
		.capabilities = capabilities,
		.nosuid = v->nosuid,
		/* Where we cannot tell: a warning too many, not one too few. */
		.executable = current(v)->search &&
			      access_check_at(v->who, dirfd, name, st, X_OK) != TRI_NO,
	};
}

/* --- the walk --- */

/* May 'who', who gets to the directory above, do this? */
static bool check(struct inventory *v, bool reached, int fd, const char *name,
		  const struct sys_statx *st, unsigned want)
{
	enum tri may = reached ? access_check_at(v->who, fd, name, st, want) : TRI_NO;

	if (may == TRI_UNKNOWN)
		v->unsure++;
	return may == TRI_YES;
}

static void enter(struct walk *w, int fd, const struct sys_statx *st)
{
	struct inventory *v = w->user;
	bool reached = v->folds.len == 0 || current(v)->search;
	struct fold *fold = LIST_ADD(&v->folds, struct fold);

	if (!fold) {
		w->stop = "out of memory";
		return;
	}
	fold->search = check(v, reached, fd, "", st, X_OK);
	fold->make =
		!v->readonly && fold->search && check(v, true, fd, "", st, W_OK | X_OK);
	fold->all = true;
	fold->serial = ++v->serial;
	fold->rows = v->ret->list.len;
	fold->lost = v->lost;
	fold->entries = w->entries;
	v->ret->directories += fold->make;
}

static void file(struct walk *w, int dirfd, const char *name, const struct sys_statx *st)
{
	struct inventory *v = w->user;
	struct fold *fold = v->folds.len == 0 ? NULL : current(v);

	if (!fold)
		return;
	if (!v->readonly && check(v, fold->search, dirfd, name, st, W_OK)) {
		v->ret->files++;
		add_row(w, name, WRITABLE_FILE, 1);
	} else {
		fold->all = false;
	}
	look_for_setuid(w, dirfd, name, st);
}

static void leave(struct walk *w, bool whole)
{
	struct inventory *v = w->user;

	if (v->folds.len == 0)
		return;
	struct fold fold = *current(v);
	bool tree = fold.make && fold.all && whole;

	if (!whole && !w->stop && fold.search)
		v->unread++;
	if (tree) {
		drop_rows(v, &fold);
		add_row(w, "", WRITABLE_TREE, w->entries - fold.entries + 1);
	} else if (fold.make) {
		add_row(w, "", WRITABLE_DIRECTORY, 1);
	}
	v->folds.len--;
	if (v->folds.len > 0)
		current(v)->all &= tree;
}

/* --- what is said of it --- */

static void why_incomplete(const struct inventory *v, const struct walk *w, bool rows,
			   struct part *part)
{
	AUTO(str_done) struct str why = STR_INIT(1000);

	if (w->stop)
		(void)str_printf(&why, "; the walk ended early: %s (%lld looked at)",
				 w->stop, (long long)w->entries);
	if (w->too_deep)
		(void)str_printf(&why, "; nothing below %zu levels was looked at",
				 v->limits->depth);
	if (rows)
		(void)str_printf(&why,
				 "; the list ends after %zu rows, or %zu bytes of paths",
				 v->limits->rows, v->limits->text);
	if (v->unread > 0)
		(void)str_printf(&why, "; %lld directories could not be read",
				 (long long)v->unread);
	if (v->unsure > 0)
		(void)str_printf(&why,
				 "; of %lld files or directories the owner or the ACL "
				 "could not be told",
				 (long long)v->unsure);
	if (why.len > 0)
		(void)str_set(&part->why, why.s + 2);
	if (v->unread > 0)
		(void)str_set(&part->grants,
			      "run taskprobe as root, with DAC_READ_SEARCH or "
			      "DAC_OVERRIDE, or run it in the container "
			      "(taskprobe probe --exec)");
}

static int row_by_path(const void *a, const void *b)
{
	return strcmp(((const struct writable_fact *)a)->path,
		      ((const struct writable_fact *)b)->path);
}

static int setuid_by_path(const void *a, const void *b)
{
	return strcmp(((const struct setuid_fact *)a)->path,
		      ((const struct setuid_fact *)b)->path);
}

static void finish(struct inventory *v, const struct walk *w)
{
	bool early = w->stop || w->too_deep;
	struct writable_facts *ret = v->ret;

	ret->part.known = true;
	v->setuid->part.known = true;
	ret->entries = w->entries;
	/* On a read-only root nothing is writable, however far we got. */
	ret->truncated = !v->readonly && (early || v->lost > 0);
	if (!v->readonly)
		why_incomplete(v, w, v->lost > 0, &ret->part);
	why_incomplete(v, w, v->setuid->truncated, &v->setuid->part);
	v->setuid->truncated |= early;
	if (ret->list.len > 1)
		qsort(ret->list.items, ret->list.len, sizeof(struct writable_fact),
		      row_by_path);
	if (v->setuid->list.len > 1)
		qsort(v->setuid->list.items, v->setuid->list.len,
		      sizeof(struct setuid_fact), setuid_by_path);
}

static void failed(struct inventory *v, const char *why)
{
	part_unknown(&v->ret->part, why, NULL);
	part_unknown(&v->setuid->part, why, NULL);
}

static void take_inventory(struct inventory *v, const struct target *target,
			   const struct mounts_facts *mounts)
{
	AUTO(walk_done)
	struct walk walk = {
		.mounts = mounts,
		.entries_max = v->limits->entries,
		.depth_max = v->limits->depth,
		.deadline_ms = target->deadline_ms,
		.user = v,
		.enter = enter,
		.file = file,
		.leave = leave,
	};
	AUTO_CLOSE int cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	/* Without a way back (a directory that is closed to us) we stay. */
	v->cwd = -1;
	v->stays = cwd < 0;
	int r = walk_run(&walk, target->root.fd);
	if (cwd >= 0 && fchdir(cwd) < 0)
		r = -errno;
	if (r < 0) {
		AUTO_FREE char *why = str_format("the root directory: %s", err_words(r));

		failed(v, why);
		return;
	}
	finish(v, &walk);
}

/* The descriptor's own mount says it: mountinfo may be older than a remount. */
static int look_at_mount(struct inventory *v, int fd)
{
	struct statfs st;

	if (fstatfs(fd, &st) < 0) {
		failed(v, "the root file system does not answer statfs");
		return -EIO;
	}
	v->readonly = st.f_flags & ST_RDONLY;
	v->nosuid = st.f_flags & ST_NOSUID;
	return 0;
}

void writable_probe(const struct target *target, const struct mounts_facts *mounts,
		    const struct identity_facts *who,
		    const struct writable_limits *limits, struct writable_facts *ret,
		    struct setuid_facts *setuid, struct devices_facts *devices)
{
	struct inventory v = {
		.who = who, .limits = limits, .ret = ret, .setuid = setuid
	};

	if (devices)
		devices_probe(target, mounts, who, devices);
	(void)str_set(&ret->part.seen_by, target->seen_by);
	(void)str_set(&setuid->part.seen_by, target->seen_by);
	if (target->root.fd < 0) {
		target_refused(target, &ret->part, "the files", target->root_errno);
		target_refused(target, &setuid->part, "the files", target->root_errno);
		return;
	}
	if (!who->part.known) {
		failed(&v, "whose credentials to compute with is not known");
		return;
	}
	if (look_at_mount(&v, target->root.fd) == 0)
		take_inventory(&v, target, mounts);
	list_done(&v.folds);
}
