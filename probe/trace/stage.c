/* SPDX-License-Identifier: MIT */
#include "probe/trace/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/plan.h"
#include "core/str.h"
#include "probe/proc/mountinfo.h"
#include "probe/sys.h"
#include "probe/trace/stage_options.h"

/* Counted no further: the number is for people. */
#define ENTRIES_MOST 1000

static int add(struct list *texts, char *text)
{
	const int r = text ? texts_add(texts, text) : -ENOMEM;

	free(text);
	return r;
}

/* --- the path, and the directory --- */

static int no_place(const struct plan_mount *mount, int code, struct err *err)
{
	return err_set(err, code, "a mount at %s: %s", mount->path, err_words(code));
}

static bool is_dots(const char *name, size_t len)
{
	return name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'));
}

/* Without the slashes at its end, which would follow a link. */
static size_t trim(char *path, size_t len)
{
	while (len > 1 && path[len - 1] == '/')
		len--;
	path[len] = '\0';
	return len;
}

static bool is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

/* What is not there cannot be a link: the rest of the path stands as it is. */
static int join(struct str *to, const char *rest)
{
	while (*rest) {
		rest += strspn(rest, "/");
		const size_t n = strcspn(rest, "/");

		if (is_dots(rest, n))
			return -EINVAL;
		if (n > 0) {
			(void)str_puts(to, "/");
			(void)str_add(to, rest, n);
		}
		rest += n;
	}
	return to->error;
}

/* A runtime resolves links within the root, which is ours. */
static int resolve(struct plan_mount *mount, struct err *err)
{
	AUTO(str_done) struct str out = STR_INIT(PATH_MAX);
	AUTO_FREE char *path = mount->path ? strdup(mount->path) : NULL;
	size_t len = path ? strlen(path) : 0;
	char real[PATH_MAX];

	if (path)
		len = trim(path, len);
	if (!path || path[0] != '/')
		return err_set(err, -EINVAL, "a mount at '%s': that is no absolute path",
			       mount->path ? mount->path : "");
	while (len > 1 && !realpath(path, real)) {
		if (errno != ENOENT)
			return no_place(mount, -errno, err);
		if (is_link(path))
			return err_set(err, -ENOENT,
				       "a mount at %s: %s is a link to what is not there",
				       mount->path, path);
		while (len > 1 && path[len - 1] != '/')
			len--;
		len = trim(path, len);
	}
	if (len > 1 && strcmp(real, "/") != 0)
		(void)str_puts(&out, real);
	const int r = join(&out, mount->path + len);
	if (r < 0 || out.len == 0)
		return no_place(mount, r < 0 ? r : -EINVAL, err);
	/* No runtime mounts there, and we could not look at the app any more. */
	if (path_is_below(out.s, "/proc"))
		return err_set(err, -EINVAL, "a mount at %s: nothing is mounted on /proc",
			       mount->path);
	free(mount->path);
	mount->path = str_take(&out);
	return mount->path ? 0 : err_set(err, -ENOMEM, "out of memory");
}

static int own(const struct plan_mount *mount)
{
	const uid_t uid = mount->uid < 0 ? (uid_t)-1 : (uid_t)mount->uid;
	const gid_t gid = mount->gid < 0 ? (gid_t)-1 : (gid_t)mount->gid;

	if ((mount->uid >= 0 || mount->gid >= 0) && lchown(mount->path, uid, gid) < 0)
		return -errno;
	if (mount->mode >= 0 && chmod(mount->path, (mode_t)mount->mode & 07777) < 0)
		return -errno;
	return 0;
}

int stage_directories(const char *wanted)
{
	AUTO_FREE char *path = strdup(wanted);

	if (!path)
		return -ENOMEM;
	const mode_t mask = umask(0022);
	int r = 0;
	for (char *at = path + 1; r == 0 && *at; at++) {
		at += strcspn(at, "/");
		const char was = *at;

		*at = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			r = -errno;
		*at = was;
		if (!was)
			break;
	}
	(void)umask(mask);
	return r;
}

static int make(const struct plan_mount *mount)
{
	const int r = stage_directories(mount->path);

	return r < 0 ? r : own(mount);
}

/* --- what cannot be shown --- */

static bool is_itself(const char *name)
{
	return is_dots(name, strlen(name));
}

static bool is_mount_point(const char *path)
{
	struct sys_statx st;

	return sys_statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
			 SYS_STATX_MODE, &st) == 0 &&
	       st.attributes & SYS_STATX_ATTR_MOUNT_ROOT;
}

/* A mount point of the plan's, or of a mount that stays on top: a runtime makes it. */
static bool is_made(const struct list *mounts, const char *path)
{
	LIST_EACH (const struct plan_mount, it, mounts)
		if (strcmp(it->path, path) == 0)
			return true;
	return is_mount_point(path);
}

static bool leads_to_one(const struct list *mounts, const char *path)
{
	LIST_EACH (const struct plan_mount, it, mounts)
		if (path_is_below(it->path, path))
			return true;
	return false;
}

/* What a mount there hides, to ENTRIES_MOST. -1: nobody could look. A directory on the
 * way to another mount counts by what it holds; there are as many as the path has. */
static int entries_of(const char *path, const struct list *mounts)
{
	AUTO_CLOSEDIR DIR *dir = opendir(path);
	const struct dirent *d;
	int n = 0;

	while (dir && n >= 0 && n < ENTRIES_MOST && (d = readdir(dir))) {
		AUTO_FREE char *entry = is_itself(d->d_name)
						? NULL
						: str_format("%s/%s", path, d->d_name);

		if (!entry || is_made(mounts, entry))
			continue;
		const int more =
			leads_to_one(mounts, entry) ? entries_of(entry, mounts) : 1;
		n = more < 0 ? -1 : n + more;
	}
	return dir ? n : -1;
}

bool stage_carries(const struct plan_mount *mount)
{
	return mount->carries_image_content && mount->kind != PLAN_TMPFS;
}

/* To read is not notified, so nobody can tell whether the app needs what would not be
 * there. What is mounted there already has no image's content. */
static int look_at_content(const struct plan_mount *mount, const struct list *mounts,
			   struct list *blind, struct list *invalid)
{
	if (stage_carries(mount) || is_mount_point(mount->path))
		return 0;
	const int n = entries_of(mount->path, mounts);
	if (n == 0)
		return 0;
	if (n < 0)
		return add(blind, str_format("what %s holds is not known: a mount there "
					     "would hide it",
					     mount->path));
	return add(invalid,
		   str_format("%s%d %s of %s would be hidden by the mount there, "
			      "and the app finds %s here (--real hides %s)",
			      n >= ENTRIES_MOST ? "at least " : "", n,
			      n == 1 ? "entry" : "entries", mount->path,
			      n == 1 ? "it" : "them", n == 1 ? "it" : "them"));
}

static bool differs(int64_t planned, int64_t is)
{
	return planned >= 0 && planned != is;
}

static int look_at_owner(const struct plan_mount *mount, const struct stat *st,
			 struct list *blind)
{
	const int64_t mode = st->st_mode & 07777;

	if (mount->uid < 0 || mount->gid < 0 || mount->mode < 0)
		if (add(blind, str_format("the plan does not say whose %s is, or with "
					  "which mode: it is taken as it is here",
					  mount->path)) < 0)
			return -ENOMEM;
	if (!differs(mount->uid, st->st_uid) && !differs(mount->gid, st->st_gid) &&
	    !differs(mount->mode, mode))
		return 0;
	return add(blind, str_format("%s is %lld:%lld with 0%llo here, and with the plan "
				     "%lld:%lld with 0%llo: what is refused here for "
				     "that alone fails as it does without a plan",
				     mount->path, (long long)st->st_uid,
				     (long long)st->st_gid, (long long)mode,
				     (long long)mount->uid, (long long)mount->gid,
				     (long long)(mount->mode < 0 ? mode : mount->mode)));
}

static int look(const struct plan_mount *mount, const struct list *mounts, bool real,
		struct list *blind, struct list *invalid, struct err *err)
{
	struct stat st;
	int r = stat(mount->path, &st) < 0 ? -errno : 0;

	if (r == -ENOENT) {
		r = make(mount);
		if (r < 0)
			return add(invalid, str_format("the mount point %s is missing "
						       "and could not be made: %s",
						       mount->path, err_words(r)));
		return 0;
	}
	if (r < 0)
		return no_place(mount, r, err);
	if (!S_ISDIR(st.st_mode))
		return no_place(mount, -ENOTDIR, err);
	if (real)
		return 0;
	r = look_at_owner(mount, &st, blind);
	return r < 0 ? r : look_at_content(mount, mounts, blind, invalid);
}

static int check_options(const struct plan_mount *mount, struct err *err)
{
	unsigned long flags = 0;

	LIST_EACH (char *const, it, &mount->options)
		if (mount->kind == PLAN_TMPFS &&
		    stage_option(*it, &flags) == STAGE_OPTION_UNKNOWN)
			return err_set(err, -EINVAL,
				       "a mount at %s: no tmpfs has the "
				       "option '%s'",
				       mount->path, *it);
	return 0;
}

int stage_points(struct list *mounts, bool real, struct list *blind, struct list *invalid,
		 struct err *err)
{
	LIST_EACH (struct plan_mount, it, mounts) {
		int r = check_options(it, err);

		if (r == 0)
			r = resolve(it, err);
		if (r < 0)
			return r;
	}
	LIST_EACH (const struct plan_mount, it, mounts) {
		const int r = look(it, mounts, real, blind, invalid, err);

		if (r == -ENOMEM)
			return err_set(err, r, "out of memory");
		if (r < 0)
			return r;
	}
	return 0;
}
