/* SPDX-License-Identifier: MIT
 *
 * stage_mount.c - the real mounts of stage.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/plan.h"
#include "core/str.h"
#include "core/table.h"
#include "probe/proc/mountinfo.h"
#include "probe/trace/names/surface.h"
#include "probe/trace/stage.h"
#include "probe/trace/stage_copy.h"
#include "probe/trace/stage_kept.h"
#include "probe/trace/stage_options.h"

static int mount_call(const char *from, const char *to, const char *type,
		      unsigned long how, const char *data)
{
	return mount(from, to, type, how, data) < 0 ? -errno : 0;
}

static bool says(const struct plan_mount *mount, const char *prefix)
{
	LIST_EACH (char *const, it, &mount->options)
		if (strncmp(*it, prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

static void add_own(const struct plan_mount *mount, struct str *data)
{
	struct stat st;

	if (mount->kind == PLAN_TMPFS && mount->size_mib > 0 && !says(mount, "size="))
		(void)str_printf(data, ",size=%lldm", (long long)mount->size_mib);
	if (mount->uid >= 0 && !says(mount, "uid="))
		(void)str_printf(data, ",uid=%lld", (long long)mount->uid);
	if (mount->gid >= 0 && !says(mount, "gid="))
		(void)str_printf(data, ",gid=%lld", (long long)mount->gid);
	if (mount->mode >= 0 && !says(mount, "mode="))
		(void)str_printf(data, ",mode=%llo", (long long)mount->mode & 07777);
	/* A runtime keeps that of the directory below. */
	else if (!says(mount, "mode=") && stat(mount->path, &st) == 0)
		(void)str_printf(data, ",mode=%o", (unsigned)st.st_mode & 07777);
}

/* What one writes there must not reach the image's files: what the app finds is a copy.
 * The owner and mode are the image's, as a runtime copies them. */
static int carry(const struct plan_mount *mount, unsigned long how, struct err *err)
{
	static const struct stage_limits limits;
	AUTO_CLOSE int from = open(mount->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = from < 0 ? -errno : 0;

	if (r == 0)
		r = mount_call("tmpfs", mount->path, "tmpfs", how & ~MS_RDONLY, "");
	AUTO_CLOSE int to =
		r < 0 ? -1 : open(mount->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r == 0 && to < 0)
		r = -errno;
	if (r < 0)
		return err_set(err, r, "%s", err_words(r));
	r = stage_copy(from, to, &limits, err);
	if (r < 0)
		return r;
	r = how & MS_RDONLY ? mount_call(NULL, mount->path, NULL,
					 how | MS_REMOUNT | MS_BIND, NULL)
			    : 0;
	return r < 0 ? err_set(err, r, "%s", err_words(r)) : 0;
}

/* A volume is a directory of a disk to the app, and an empty one: a tmpfs without limits
 * will do. */
static int mount_one(const struct plan_mount *mount, struct err *err)
{
	const bool tmpfs = mount->kind == PLAN_TMPFS;
	AUTO(str_done) struct str data = STR_INIT(4096);
	unsigned long how = tmpfs ? MS_NOEXEC | MS_NOSUID | MS_NODEV : 0;
	int r;

	LIST_EACH (char *const, it, &mount->options)
		if (stage_option(*it, &how) == STAGE_OPTION_OWN && tmpfs)
			(void)str_printf(&data, ",%s", *it);
	add_own(mount, &data);
	if (stage_carries(mount)) {
		r = carry(mount, how, err);
	} else {
		r = data.error ? data.error
			       : mount_call("tmpfs", mount->path, "tmpfs", how,
					    data.len ? data.s + 1 : "");
		if (r < 0)
			(void)err_set(err, r, "%s", err_words(r));
	}
	return r < 0 ? err_wrap(err, "a %s at %s", plan_kind_names[mount->kind],
				mount->path)
		     : 0;
}

/* The flags that it has stay. */
static int make_readonly(const char *path, struct err *err)
{
	static const struct {
		unsigned long is, flag;
	} kept[] = {
		{ ST_NOSUID, MS_NOSUID },	  { ST_NODEV, MS_NODEV },
		{ ST_NOEXEC, MS_NOEXEC },	  { ST_NOATIME, MS_NOATIME },
		{ ST_NODIRATIME, MS_NODIRATIME }, { ST_RELATIME, MS_RELATIME },
	};
	unsigned long how = MS_REMOUNT | MS_BIND | MS_RDONLY;
	struct statvfs fs;
	int r = statvfs(path, &fs) < 0 ? -errno : 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(kept); i++)
		how |= fs.f_flag & kept[i].is ? kept[i].flag : 0;
	if (r == 0)
		r = mount_call(NULL, path, NULL, how, NULL);
	return r < 0 ? err_set(err, r, "%s cannot be made read-only: %s", path,
			       err_words(r))
		     : 0;
}

static bool is_planned(const struct list *mounts, const char *path)
{
	LIST_EACH (const struct plan_mount, it, mounts)
		if (strcmp(path, it->path) == 0)
			return true;
	return false;
}

static int make_all_readonly(const struct surface *surface, const struct list *mounts,
			     struct err *err)
{
	AUTO(list_done) struct list all = { 0 };
	int r = surface_list(surface, &all);

	if (r < 0)
		return err_set(err, r, "out of memory");
	LIST_EACH (const struct surface_mount *, it, &all)
		if (r == 0 && !is_planned(mounts, (*it)->path))
			r = make_readonly((*it)->path, err);
	return r;
}

static int shallow_first(const void *a, const void *b)
{
	const struct plan_mount *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* Those in front of 'path', which may lie in one of them; NULL: all that are left. */
static int put_back(const struct list *kept, size_t *next, const char *path,
		    struct err *err)
{
	int r = 0;

	for (; r == 0 && *next < kept->len; (*next)++) {
		const struct stage_kept *one = LIST_AT(kept, struct stage_kept, *next);

		if (path && strcmp(one->path, path) > 0)
			break;
		r = stage_put_back(one, err);
	}
	return r;
}

/* From a new list of the same: the order is ours. */
static int mount_all(const struct list *mounts, const struct list *kept, struct err *err)
{
	AUTO(list_done) struct list sorted = { 0 };
	size_t next = 0;
	int r = 0;

	LIST_EACH (const struct plan_mount, it, mounts) {
		struct plan_mount *to = LIST_ADD(&sorted, struct plan_mount);

		if (!to)
			return err_set(err, -ENOMEM, "out of memory");
		*to = *it; /* borrowed */
	}
	if (sorted.len)
		qsort(sorted.items, sorted.len, sizeof(struct plan_mount), shallow_first);
	LIST_EACH (const struct plan_mount, it, &sorted) {
		if (r == 0)
			r = put_back(kept, &next, it->path, err);
		if (r == 0 && mkdir(it->path, 0755) < 0 && errno != EEXIST)
			r = err_set(err, -errno, "%s: %s", it->path, err_words(errno));
		if (r == 0)
			r = mount_one(it, err);
	}
	return r < 0 ? r : put_back(kept, &next, NULL, err);
}

/* We stand in what a mount covers now, and would write beside it. A runtime goes there
 * last, and makes what is missing. */
static int enter_again(const char *cwd, const struct list *mounts, struct err *err)
{
	bool covered = false;

	LIST_EACH (const struct plan_mount, it, mounts)
		covered |= cwd && path_is_below(cwd, it->path);
	if (!covered)
		return 0;
	int r = stage_directories(cwd);
	if (r == 0 && chdir(cwd) < 0)
		r = -errno;
	return r < 0 ? err_set(err, r, "the working directory %s: %s", cwd, err_words(r))
		     : 0;
}

int stage_mount(const struct list *mounts, bool every, struct err *err)
{
	AUTO(stage_kept_done) struct list kept = { 0 };
	AUTO_FREE char *cwd = getcwd(NULL, 0);
	struct surface *surface = NULL;
	int r = unshare(CLONE_NEWNS) < 0 ? -errno : 0;

	if (r < 0)
		return err_set(err, r,
			       "mounts of our own: %s; --real needs CAP_SYS_ADMIN",
			       err_words(r));
	r = mount_call(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	/* In a chroot "/" is no mount: nothing spreads from it to where we came from but
	 * what is mounted below. */
	if (r < 0)
		return err_set(err, r, "/: %s", err_words(r));
	r = surface_new(-1, every, &surface, err);
	if (r == 0)
		r = stage_keep(mounts, &kept, err);
	if (r == 0)
		r = mount_all(mounts, &kept, err);
	if (r == 0)
		r = make_all_readonly(surface, mounts, err);
	if (r == 0)
		r = enter_again(cwd, mounts, err);
	surface_done(surface);
	return r;
}
