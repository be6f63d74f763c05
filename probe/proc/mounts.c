/* SPDX-License-Identifier: MIT */
#include "probe/proc/mounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "probe/proc/sockets.h"

static bool is_one_of(const char *text, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(text, list[i]) == 0)
			return true;
	return false;
}

#define IS_ONE_OF(text, list) is_one_of((text), (list), ARRAY_LEN(list))

static const char *const kernel_types[] = {
	"proc",	       "sysfs",	     "cgroup",	"cgroup2",  "devpts",	 "mqueue",
	"devtmpfs",    "bpf",	     "debugfs", "tracefs",  "pstore",	 "configfs",
	"fusectl",     "securityfs", "nsfs",	"efivarfs", "hugetlbfs", "selinuxfs",
	"binfmt_misc", "rpc_pipefs", "autofs",
};

/* Files that the runtime binds into every container. */
static const char *const runtime_files[] = {
	"/etc/hosts",	     "/etc/hostname",	 "/etc/resolv.conf", "/run/.containerenv",
	"/sbin/docker-init", "/run/podman-init", "/dev/init",
};

bool mounts_may_hang(const char *fstype)
{
	static const char *const types[] = {
		"nfs",	     "nfs4",   "cifs", "smb3",	  "9p",	    "virtiofs",
		"ceph",	     "lustre", "afs",  "coda",	  "gfs2",   "ocfs2",
		"glusterfs", "autofs", "fuse", "fuseblk", "beegfs",
	};

	return strncmp(fstype, "fuse.", 5) == 0 || IS_ONE_OF(fstype, types);
}

static bool ends_with(const char *text, const char *tail)
{
	const size_t n = strlen(text), m = strlen(tail);

	return n >= m && strcmp(text + n - m, tail) == 0;
}

/* A file hidden by a bind of /dev/null: the host's (devtmpfs) or the container's own
 * (tmpfs). */
static bool is_null(const struct mountinfo_line *m)
{
	return ends_with(m->root, "/null") &&
	       (strcmp(m->fstype, "devtmpfs") == 0 || strcmp(m->fstype, "tmpfs") == 0);
}

static bool is_whole_tmpfs(const struct mountinfo_line *m)
{
	return (strcmp(m->fstype, "tmpfs") == 0 || strcmp(m->fstype, "ramfs") == 0) &&
	       strcmp(m->root, "/") == 0;
}

static bool is_kernel_path(const char *path)
{
	return path_is_below(path, "/proc") || path_is_below(path, "/sys");
}

/* Below /dev: device nodes bound one by one come from devtmpfs or the tmpfs of some
 * /dev, consoles from devpts. */
static enum mount_kind kind_in_dev(const struct mountinfo_line *m)
{
	if (strcmp(m->path, "/dev") == 0)
		return is_whole_tmpfs(m) ? MOUNT_KERNEL : MOUNT_VOLUME;
	if (is_whole_tmpfs(m))
		return MOUNT_TMPFS;
	return strcmp(m->fstype, "tmpfs") == 0 ? MOUNT_KERNEL : MOUNT_VOLUME;
}

enum mount_kind mounts_kind(const struct mountinfo_line *m)
{
	if (strcmp(m->path, "/") == 0)
		return MOUNT_ROOT;
	if (IS_ONE_OF(m->path, runtime_files) ||
	    strncmp(m->path, "/ecs-execute-command-", 21) == 0)
		return MOUNT_RUNTIME;
	const bool kernel = IS_ONE_OF(m->fstype, kernel_types);
	const bool dev = path_is_below(m->path, "/dev");
	if (kernel && (dev || is_kernel_path(m->path)))
		return MOUNT_KERNEL;
	if (dev)
		return kind_in_dev(m);
	if (is_kernel_path(m->path) &&
	    (strcmp(m->fstype, "tmpfs") == 0 || strcmp(m->fstype, "fuse.lxcfs") == 0))
		return MOUNT_KERNEL;
	/* The host's /proc at /host/proc is mounted in like any other directory. */
	return is_whole_tmpfs(m) ? MOUNT_TMPFS : MOUNT_VOLUME;
}

static int add_mount(const struct mountinfo_line *line, struct mounts_facts *facts)
{
	struct mount_fact *m = LIST_ADD(&facts->list, struct mount_fact);

	if (!m)
		return -ENOMEM;
	m->path = strdup(line->path);
	m->fstype = strdup(line->fstype);
	m->source = strdup(line->source);
	m->root = strdup(line->root);
	m->kind = mounts_kind(line);
	m->readonly = line->readonly;
	m->nosuid = line->nosuid;
	m->nodev = line->nodev;
	m->noexec = line->noexec;
	m->bytes_total = m->bytes_free = -1;
	return m->path && m->fstype && m->source && m->root ? 0 : -ENOMEM;
}

/* cgroup v1 is mounted into a small read-only tmpfs, which hides nothing. */
static bool is_mask(const struct mountinfo_line *m)
{
	return is_null(m) || (is_whole_tmpfs(m) && m->readonly &&
			      strcmp(m->path, "/sys/fs/cgroup") != 0);
}

static int add_surface(const struct mountinfo_line *m, struct mounts_facts *facts)
{
	if (!is_kernel_path(m->path) || strcmp(m->path, "/proc") == 0)
		return 0;
	if (is_mask(m))
		return texts_add(&facts->masked, m->path);
	return m->readonly ? texts_add(&facts->protected, m->path) : 0;
}

static bool is_writable(const struct mountinfo *info, const char *path,
			const char *fstype)
{
	const struct mountinfo_line *m = mountinfo_over(info, path);

	return m && strcmp(m->fstype, fstype) == 0 && !m->readonly;
}

/* /sys itself is mostly read-only; a part of it may be mounted again, writable. */
static bool sys_is_writable(const struct mountinfo *info)
{
	LIST_EACH (struct mountinfo_line, m, &info->list)
		if (path_is_below(m->path, "/sys") && strcmp(m->fstype, "sysfs") == 0 &&
		    !m->readonly)
			return true;
	return false;
}

static int fill(const struct mountinfo *info, struct mounts_facts *facts)
{
	LIST_EACH (struct mountinfo_line, m, &info->list) {
		if (add_mount(m, facts) < 0 || add_surface(m, facts) < 0)
			return -ENOMEM;
		if (sockets_is_name(m->root) && texts_add(&facts->sockets, m->path) < 0)
			return -ENOMEM;
	}
	facts->sys_writable = sys_is_writable(info);
	facts->proc_sys_writable = is_writable(info, "/proc/sys", "proc");
	return 0;
}

static int parse_info(const struct mountinfo *info, struct mounts_facts *ret,
		      struct err *err)
{
	AUTO(mounts_facts_done) struct mounts_facts facts = { 0 };

	if (fill(info, &facts) < 0)
		return err_set(err, -ENOMEM, "mounts");
	*ret = facts;
	facts = (struct mounts_facts){ 0 };
	return 0;
}

int mounts_parse(const char *text, size_t len, struct mounts_facts *ret, struct err *err)
{
	AUTO(mountinfo_done) struct mountinfo info = { 0 };
	int r = mountinfo_parse(text, len, &info, err);

	return r < 0 ? r : parse_info(&info, ret, err);
}

static int compare(const void *key, const void *item)
{
	return strcmp(key, ((const struct mount_fact *)item)->path);
}

static struct mount_fact *find(const struct mounts_facts *mounts, const char *path)
{
	return mounts->list.len ? bsearch(path, mounts->list.items, mounts->list.len,
					  sizeof(struct mount_fact), compare)
				: NULL;
}

bool mounts_root(const struct mounts_facts *mounts, struct mount_fact **ret)
{
	struct mount_fact *m = find(mounts, "/");

	if (m)
		*ret = m;
	return m != NULL;
}

bool mounts_is_whole(const struct mounts_facts *mounts)
{
	const struct mount_fact *proc = find(mounts, "/proc");

	return find(mounts, "/") && proc && str_equal(proc->fstype, "proc");
}

bool mounts_is_point(const struct mounts_facts *mounts, const char *path)
{
	return find(mounts, path) != NULL;
}

void mounts_facts_done(struct mounts_facts *mounts)
{
	LIST_EACH (struct mount_fact, m, &mounts->list) {
		free(m->path);
		free(m->fstype);
		free(m->source);
		free(m->root);
	}
	list_done(&mounts->list);
	texts_done(&mounts->masked);
	texts_done(&mounts->protected);
	texts_done(&mounts->exposed);
	texts_done(&mounts->sockets);
	free(mounts->part.seen_by);
	free(mounts->part.why);
	free(mounts->part.grants);
	*mounts = (struct mounts_facts){ 0 };
}
