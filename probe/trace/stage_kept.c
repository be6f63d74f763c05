/* SPDX-License-Identifier: MIT */
#include "probe/trace/stage_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/plan.h"
#include "core/str.h"
#include "probe/proc/mountinfo.h"
#include "probe/root.h"
#include "probe/trace/stage.h"

/* Each is a descriptor; a task has a few. */
#define KEPT_MOST 256

void stage_kept_done(struct list *kept)
{
	LIST_EACH (struct stage_kept, it, kept) {
		cleanup_close(&it->fd);
		free(it->path);
	}
	list_done(kept);
}

static bool is_covered(const struct list *mounts, const char *path)
{
	bool below = false;

	LIST_EACH (const struct plan_mount, it, mounts) {
		if (strcmp(path, it->path) == 0)
			return false; /* the plan's own is in its place */
		below |= path_is_below(path, it->path);
	}
	return below;
}

static int keep(const char *path, struct list *kept, struct err *err)
{
	struct stage_kept *k =
		kept->len < KEPT_MOST ? LIST_ADD(kept, struct stage_kept) : NULL;
	struct stat st;

	if (!k)
		return err_set(err, kept->len < KEPT_MOST ? -ENOMEM : -E2BIG,
			       "%s: too many mounts below the plan's", path);
	*k = (struct stage_kept){ .path = strdup(path), .fd = -1 };
	if (!k->path)
		return err_set(err, -ENOMEM, "out of memory");
	k->fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (k->fd < 0 || fstat(k->fd, &st) < 0)
		return err_set(err, -errno, "%s: %s", path, err_words(errno));
	k->directory = S_ISDIR(st.st_mode);
	return 0;
}

int stage_keep(const struct list *mounts, struct list *ret, struct err *err)
{
	AUTO(str_done) struct str text = STR_INIT(MOUNTINFO_MAX);
	AUTO(root_done) struct root proc = ROOT_INIT;
	struct mountinfo info = { .list = { 0 } };
	int r = root_open("/proc/self", &proc, err);

	if (r == 0)
		r = root_read(&proc, "mountinfo", &text, err);
	if (r == 0)
		r = mountinfo_parse(text.s, text.len, &info, err);
	LIST_EACH (const struct mountinfo_line, it, &info.list)
		if (r == 0 && is_covered(mounts, it->path))
			r = keep(it->path, ret, err);
	mountinfo_done(&info);
	return r;
}

/* Its mount point, as a runtime makes it. */
static int make_point(const struct stage_kept *kept)
{
	char *slash = strrchr(kept->path, '/');

	if (kept->directory)
		return stage_directories(kept->path);
	*slash = '\0';
	int r = *kept->path ? stage_directories(kept->path) : 0;
	*slash = '/';
	if (r < 0)
		return r;
	AUTO_CLOSE int fd =
		open(kept->path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		     0755);
	return fd < 0 && errno != EEXIST ? -errno : 0;
}

int stage_put_back(const struct stage_kept *kept, struct err *err)
{
	char from[sizeof("/proc/self/fd/-2147483648")];
	int r = make_point(kept);

	(void)snprintf(from, sizeof(from), "/proc/self/fd/%d", kept->fd);
	if (r == 0 && mount(from, kept->path, NULL, MS_BIND, NULL) < 0)
		r = -errno;
	return r < 0 ? err_set(err, r, "%s, which is a mount of its own: %s", kept->path,
			       err_words(r))
		     : 0;
}
