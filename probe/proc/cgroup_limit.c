/* SPDX-License-Identifier: MIT */
#include "probe/proc/cgroup_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "core/cleanup.h"
#include "core/num.h"
#include "probe/proc/cgroup.h"
#include "probe/proc/limits.h"
#include "probe/proc/mountinfo.h"

/* v1 shows "no limit" as the largest multiple of a page below 2^63; and no machine has
 * 2^60 bytes or processes. */
#define HUGE_LIMIT (INT64_C(1) << 60)
#define FILE_MAX   64
#define STAT_MAX   8192

const struct cgroup_limit_kind cgroup_limit_pids = { .controller = "pids",
						     .v1 = "pids.max",
						     .v2 = "pids.max" };
const struct cgroup_limit_kind cgroup_limit_memory = {
	.controller = "memory",
	.v1 = "memory.limit_in_bytes",
	.v2 = "memory.max",
	.v1_stat = true,
};

int limits_parse_max(const char *text, int64_t *ret)
{
	char word[FILE_MAX];
	const size_t n = strcspn(text, "\n");
	uint64_t v;

	if (n >= sizeof(word) || (text[n] && text[n + 1]))
		return -EINVAL;
	memcpy(word, text, n);
	word[n] = '\0';
	if (strcmp(word, "max") == 0)
		return 0;
	if (num_u64(word, 10, &v) < 0)
		return -EINVAL;
	if (v >= HUGE_LIMIT)
		return 0;
	*ret = (int64_t)v;
	return 1;
}

const char *cgroup_limit_below(const char *path, const char *root)
{
	if (!path_is_below(path, root))
		return NULL;
	const char *rest = strcmp(root, "/") == 0 ? path : path + strlen(root);
	while (*rest == '/')
		rest++;
	/* What lies beside or above the reader's namespace is shown with "..". */
	for (const char *up = rest; (up = strstr(up, "..")); up += 2)
		if ((up == rest || up[-1] == '/') && (up[2] == '/' || up[2] == '\0'))
			return NULL;
	return rest;
}

/* One hierarchy as the target has it mounted. */
struct hierarchy {
	struct root dir; /* O_PATH on the mount point */
	bool v2;
	char *rest; /* from there to the target's cgroup */
};

static void hierarchy_done(struct hierarchy *h)
{
	root_done(&h->dir);
	cleanup_free(&h->rest);
}

/* The line that counts: v1's where the controller is bound to one, else v2's. */
static const struct cgroup_line *line_for(const struct cgroup_lines *lines,
					  const char *controller)
{
	const struct cgroup_line *v2 = NULL;

	LIST_EACH (struct cgroup_line, it, &lines->list) {
		if (it->v2)
			v2 = it;
		else if (options_have(it->controllers, controller))
			return it;
	}
	return v2;
}

/* A peer may have mounted something else over it since: what counts is what is open. */
static int open_mount(const struct target *target, const struct mountinfo_line *m,
		      bool v2, struct root *ret)
{
	AUTO_CLOSE int fd = root_openat(&target->root, m->path, O_PATH | O_DIRECTORY);
	struct statfs fs;

	if (fd < 0)
		return fd;
	if (fstatfs(fd, &fs) < 0)
		return -errno;
	if ((unsigned long)fs.f_type !=
	    (unsigned long)(v2 ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC))
		return -ESTALE;
	ret->fd = TAKE_FD(fd);
	return 0;
}

static int find_mount(const struct target *target, const struct mountinfo *info,
		      const struct cgroup_line *line, const char *controller,
		      struct hierarchy *ret)
{
	int r = -ENOENT;

	LIST_EACH (struct mountinfo_line, m, &info->list) {
		const bool fits = line->v2 ? strcmp(m->fstype, "cgroup2") == 0
					   : strcmp(m->fstype, "cgroup") == 0 &&
						     options_have(m->super, controller);
		const char *rest = fits ? cgroup_limit_below(line->path, m->root) : NULL;

		if (!rest)
			continue;
		r = open_mount(target, m, line->v2, &ret->dir);
		if (r < 0)
			continue;
		ret->v2 = line->v2;
		ret->rest = strdup(rest);
		return ret->rest ? 0 : -ENOMEM;
	}
	return r;
}

/* 1 with *ret, 0 for no limit at this level, or a negative errno. */
static int read_level(const struct hierarchy *h, const char *dir, const char *file,
		      int64_t *ret)
{
	AUTO(str_done) struct str text = STR_INIT(FILE_MAX);
	AUTO_FREE char *path = str_format("%s%s%s", dir, *dir ? "/" : "", file);
	struct err err = ERR_INIT;

	if (!path)
		return -ENOMEM;
	int r = root_read(&h->dir, path, &text, &err);
	/* The root has no such file, nor has a level for which v2 did not enable it. */
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : limits_parse_max(text.s, ret);
}

static bool has(const struct hierarchy *h, const char *file)
{
	AUTO_CLOSE int fd = root_openat(&h->dir, file, O_PATH);

	return fd >= 0;
}

static bool lacks(const struct hierarchy *h, const char *file)
{
	AUTO_CLOSE int fd = root_openat(&h->dir, file, O_PATH);

	return fd == -ENOENT;
}

/* Is the mount's top the top of the hierarchy? The kernel gives each a file that the
 * other has not. */
static bool is_top(const struct hierarchy *h)
{
	return h->v2 ? has(h, "cgroup.procs") && lacks(h, "cgroup.type")
		     : has(h, "release_agent");
}

/* "hierarchical_memory_limit N" of memory.stat: the least of all levels, those out of
 * sight too. */
static int read_v1_stat(const struct hierarchy *h, int64_t *ret)
{
	static const char head[] = "hierarchical_memory_limit ";
	AUTO(str_done) struct str text = STR_INIT(STAT_MAX);
	AUTO_FREE char *path =
		str_format("%s%smemory.stat", h->rest, *h->rest ? "/" : "");
	struct err err = ERR_INIT;

	if (!path || root_read(&h->dir, path, &text, &err) < 0)
		return -ENODATA;
	const char *at = strstr(text.s, head);
	if (!at || (at != text.s && at[-1] != '\n'))
		return -ENODATA;
	at += sizeof(head) - 1;
	AUTO_FREE char *number = strndup(at, strcspn(at, "\n"));
	return number ? limits_parse_max(number, ret) : -ENOMEM;
}

/* From the target's cgroup up to the mount's top. 1 with the least limit, 0, or <0. */
static int walk_up(const struct hierarchy *h, const char *file, int64_t *max)
{
	AUTO_FREE char *dir = strdup(h->rest);
	int found = 0;

	if (!dir)
		return -ENOMEM;
	for (;;) {
		int64_t v = 0;
		int r = read_level(h, dir, file, &v);

		if (r < 0)
			return r;
		if (r > 0 && (!found || v < *max)) {
			*max = v;
			found = 1;
		}
		if (!*dir)
			return found;
		char *slash = strrchr(dir, '/');
		*(slash ? slash : dir) = '\0';
	}
}

/* That the cgroup is there at all: a file that is missing in a directory that is missing
 * is no answer. */
static bool exists(const struct hierarchy *h)
{
	AUTO_FREE char *path =
		str_format("%s%scgroup.procs", h->rest, *h->rest ? "/" : "");

	return path && has(h, path);
}

static enum tri judge(const struct hierarchy *h, const struct cgroup_limit_kind *kind,
		      int64_t *max, const char **why)
{
	if (!exists(h)) {
		*why = "its cgroup is not in its /sys/fs/cgroup";
		return TRI_UNKNOWN;
	}
	int r = !h->v2 && kind->v1_stat ? read_v1_stat(h, max) : -ENODATA;
	if (r >= 0)
		return r > 0 ? TRI_YES : TRI_NO;
	r = walk_up(h, h->v2 ? kind->v2 : kind->v1, max);
	if (r > 0)
		return TRI_YES;
	*why = r < 0 ? err_words(r)
		     : "none on the cgroups in sight; those above are hidden by the "
		       "cgroup "
		       "namespace or mount";
	return r == 0 && is_top(h) ? TRI_NO : TRI_UNKNOWN;
}

static enum tri find(const struct target *target, const struct cgroup_limit_kind *kind,
		     int64_t *max, const char **why)
{
	AUTO(cgroup_lines_done) struct cgroup_lines lines = { 0 };
	AUTO(mountinfo_done) struct mountinfo info = { 0 };
	AUTO(hierarchy_done) struct hierarchy h = { .dir = ROOT_INIT };
	struct err err = ERR_INIT;

	*why = "its cgroup cannot be read";
	if (cgroup_read(target, &lines, &err) < 0 ||
	    mountinfo_read(target, &info, &err) < 0)
		return TRI_UNKNOWN;
	const struct cgroup_line *line = line_for(&lines, kind->controller);
	if (!line)
		return TRI_UNKNOWN;
	*why = "its root file system, where the cgroups are mounted, cannot be read";
	if (target->root.fd < 0)
		return TRI_UNKNOWN;
	*why = "its cgroup is not mounted in its root file system";
	if (find_mount(target, &info, line, kind->controller, &h) < 0)
		return TRI_UNKNOWN;
	return judge(&h, kind, max, why);
}

enum tri cgroup_limit_find(const struct target *target,
			   const struct cgroup_limit_kind *kind, int64_t *max, char **why)
{
	const char *reason = NULL;
	int64_t v = 0;
	const enum tri ret = find(target, kind, &v, &reason);

	if (ret == TRI_YES)
		*max = v;
	if (ret == TRI_UNKNOWN && reason)
		*why = strdup(reason);
	return ret;
}
