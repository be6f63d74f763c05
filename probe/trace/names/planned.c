/* SPDX-License-Identifier: MIT */
#include "probe/trace/names/planned.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "core/plan.h"

struct planned {
	struct list mounts; /* struct planned_mount, the longest path first */
};

void planned_done(struct planned *planned)
{
	if (!planned)
		return;
	LIST_EACH (struct planned_mount, it, &planned->mounts)
		free(it->path);
	list_done(&planned->mounts);
	free(planned);
}

/* No slash at the end, and none doubled. NULL: it is no absolute path below the root. */
static char *normal(const char *path)
{
	char *out = path && path[0] == '/' ? malloc(strlen(path) + 1) : NULL;
	size_t len = 0;

	while (out && *path) {
		path += strspn(path, "/");
		const size_t n = strcspn(path, "/");

		if (n == 0)
			break;
		if (path[0] == '.' && (n == 1 || (n == 2 && path[1] == '.'))) {
			len = 0;
			break;
		}
		out[len++] = '/';
		memcpy(out + len, path, n);
		len += n;
		path += n;
	}
	if (len == 0) {
		free(out);
		return NULL;
	}
	out[len] = '\0';
	return out;
}

/* The last word counts. */
static bool is_set(const struct plan_mount *mount, const char *set, const char *unset,
		   bool otherwise)
{
	bool is = otherwise;

	LIST_EACH (char *const, option, &mount->options) {
		if (strcmp(*option, set) == 0)
			is = true;
		else if (strcmp(*option, unset) == 0)
			is = false;
	}
	return is;
}

static int add(struct planned *p, const struct plan_mount *mount, struct err *err)
{
	AUTO_FREE char *path = normal(mount->path);

	if (!path)
		return err_set(err, -EINVAL,
			       "'%s' is no place for a mount: it takes an absolute path "
			       "below the root, without '.' and '..'",
			       mount->path ? mount->path : "");
	LIST_EACH (const struct planned_mount, it, &p->mounts)
		if (strcmp(it->path, path) == 0)
			return err_set(err, -EINVAL, "two mounts at %s", path);
	struct planned_mount *m = LIST_ADD(&p->mounts, struct planned_mount);
	if (!m)
		return err_set(err, -ENOMEM, "out of memory");
	*m = (struct planned_mount){
		.len = strlen(path),
		.id = UINT64_MAX - p->mounts.len,
		.uid = mount->uid,
		.gid = mount->gid,
		.mode = mount->mode,
		/* Docker's tmpfs is noexec unless told otherwise. */
		.noexec = is_set(mount, "noexec", "exec", mount->kind == PLAN_TMPFS),
		.readonly = is_set(mount, "ro", "rw", false),
	};
	m->path = TAKE_PTR(path);
	return 0;
}

static int longest_first(const void *a, const void *b)
{
	const struct planned_mount *x = a, *y = b;

	return x->len != y->len ? (x->len < y->len ? 1 : -1) : strcmp(x->path, y->path);
}

int planned_new(const struct list *mounts, struct planned **ret, struct err *err)
{
	struct planned *p = calloc(1, sizeof(*p));
	int r = p ? 0 : err_set(err, -ENOMEM, "out of memory");

	if (p && mounts->len > PLANNED_MOST)
		r = err_set(err, -E2BIG, "%zu mounts: more than %d are no plan",
			    mounts->len, PLANNED_MOST);
	LIST_EACH (const struct plan_mount, it, mounts)
		if (r == 0)
			r = add(p, it, err);
	if (r < 0) {
		planned_done(p);
		return r;
	}
	if (p->mounts.len)
		qsort(p->mounts.items, p->mounts.len, sizeof(struct planned_mount),
		      longest_first);
	*ret = p;
	return 0;
}

const struct planned_mount *planned_find(const struct planned *planned, const char *path,
					 size_t len)
{
	LIST_EACH (const struct planned_mount, it, &planned->mounts)
		if (len >= it->len && memcmp(path, it->path, it->len) == 0 &&
		    (len == it->len || path[it->len] == '/'))
			return it;
	return NULL;
}

void planned_change(struct planned *planned, const struct planned_mount *mount,
		    int64_t uid, int64_t gid, int64_t mode)
{
	LIST_EACH (struct planned_mount, it, &planned->mounts) {
		if (it != mount)
			continue;
		it->uid = uid < 0 ? it->uid : uid;
		it->gid = gid < 0 ? it->gid : gid;
		it->mode = mode < 0 ? it->mode : mode;
	}
}

void planned_stat(const struct planned_mount *mount, const struct sys_statx *st,
		  struct sys_statx *ret)
{
	*ret = *st;
	ret->attributes &= ~(SYS_STATX_ATTR_IMMUTABLE | SYS_STATX_ATTR_APPEND);
	if (mount->uid >= 0)
		ret->uid = (uint32_t)mount->uid;
	if (mount->gid >= 0)
		ret->gid = (uint32_t)mount->gid;
	if (mount->mode >= 0)
		ret->mode = S_IFDIR | ((uint32_t)mount->mode & 07777);
}
