/* SPDX-License-Identifier: MIT */
#include "probe/proc/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "probe/proc/mounts.h"
#include "probe/proc/patience.h"

/* A task definition has some ten mounts; a dozen names each. */
#define CANDIDATES_MAX 8192

static const char *const names[] = { "docker.sock", "containerd.sock", "crio.sock",
				     "podman.sock" };

static const char *const well_known[] = {
	"/var/run/docker.sock",
	"/run/docker.sock",
	"/run/containerd/containerd.sock",
	"/run/docker/containerd/containerd.sock",
	"/run/k3s/containerd/containerd.sock",
	"/run/crio/crio.sock",
	"/run/podman/podman.sock",
};

/* The same, as seen from what of the host may be mounted: the socket's directory, /run,
 * or the whole. */
static const char *const below_mount[] = {
	"docker.sock",
	"containerd.sock",
	"crio.sock",
	"podman.sock",
	"containerd/containerd.sock",
	"docker/containerd/containerd.sock",
	"k3s/containerd/containerd.sock",
	"crio/crio.sock",
	"podman/podman.sock",
	"run/docker.sock",
	"run/containerd/containerd.sock",
	"run/docker/containerd/containerd.sock",
	"run/k3s/containerd/containerd.sock",
	"run/crio/crio.sock",
	"run/podman/podman.sock",
};

bool sockets_is_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *last = slash ? slash + 1 : path;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(last, names[i]) == 0)
			return true;
	return false;
}

/* UNASKED is zero: where the child got stuck, the rest stays so. */
enum found { UNASKED, NOT_THERE, REFUSED, OTHER_FILE, SOCKET };

struct sight {
	enum found found;
	dev_t dev;
	ino_t ino;
};

struct question {
	const struct root *root;
	const struct list *paths; /* char * */
};

static struct sight look(const struct root *root, const char *path)
{
	AUTO_CLOSE int fd = root_openat(root, path, O_PATH | O_NOFOLLOW);
	struct stat st;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return (struct sight){ .found = NOT_THERE };
	if (fd < 0 || fstat(fd, &st) < 0)
		return (struct sight){ .found = REFUSED };
	return (struct sight){ .found = S_ISSOCK(st.st_mode) ? SOCKET : OTHER_FILE,
			       .dev = st.st_dev,
			       .ino = st.st_ino };
}

static void look_at_all(const void *arg, void *answer, size_t size)
{
	const struct question *q = arg;
	struct sight *sights = answer;

	for (size_t i = 0; i < q->paths->len && i < size / sizeof(*sights); i++)
		sights[i] = look(q->root, *LIST_AT(q->paths, char *, i));
}

static int add_below(const struct mount_fact *m, struct list *paths)
{
	for (size_t i = 0; i < ARRAY_LEN(below_mount); i++) {
		AUTO_FREE char *path = str_format("%s/%s", m->path, below_mount[i]);

		if (!path || texts_add(paths, path) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* What the mounts themselves say comes first, so that it is the path reported. */
static int candidates(const struct mounts_facts *mounts, struct list *paths)
{
	LIST_EACH (char *, path, &mounts->sockets)
		if (texts_add(paths, *path) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < ARRAY_LEN(well_known); i++)
		if (texts_add(paths, well_known[i]) < 0)
			return -ENOMEM;
	LIST_EACH (struct mount_fact, m, &mounts->list) {
		if ((m->kind != MOUNT_VOLUME && m->kind != MOUNT_TMPFS) ||
		    mounts_may_hang(m->fstype))
			continue;
		if (paths->len + ARRAY_LEN(below_mount) > CANDIDATES_MAX)
			return -E2BIG;
		if (add_below(m, paths) < 0)
			return -ENOMEM;
	}
	return 0;
}

static bool is_known(const struct sight *sights, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (sights[k].found == SOCKET && sights[k].dev == sights[i].dev &&
		    sights[k].ino == sights[i].ino)
			return true;
	return false;
}

/* The first 'told' paths are those of the mounts: they stay unless looked at and found
 * to be something else (Docker makes a directory where the host has no such socket). */
static int collect(const struct list *paths, const struct sight *sights, size_t told,
		   struct list *ret)
{
	for (size_t i = 0; i < paths->len; i++) {
		const enum found found = sights[i].found;
		const bool in_doubt = found == UNASKED || found == REFUSED;

		if (found == SOCKET ? is_known(sights, i) : !(in_doubt && i < told))
			continue;
		if (texts_add(ret, *LIST_AT(paths, char *, i)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static bool may_hang(const struct mounts_facts *mounts)
{
	LIST_EACH (struct mount_fact, m, &mounts->list)
		if (mounts_may_hang(m->fstype))
			return true;
	return false;
}

static bool is_incomplete(const struct sight *sights, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sights[i].found == REFUSED || sights[i].found == UNASKED)
			return true;
	return false;
}

int sockets_look(const struct target *target, struct mounts_facts *ret, int timeout_ms)
{
	AUTO(texts_done) struct list paths = { 0 };
	AUTO(texts_done) struct list found = { 0 };
	const int over = candidates(ret, &paths);
	AUTO_FREE struct sight *sights = calloc(paths.len + 1, sizeof(*sights));
	const struct question q = { .root = &target->root, .paths = &paths };
	const size_t size = paths.len * sizeof(*sights);
	int r = 0;

	if (!sights || over == -ENOMEM)
		return -ENOMEM;
	/* A link may lead from any of these paths into a mount that hangs. */
	if (may_hang(ret))
		r = patience_ask(look_at_all, &q, sights, size, timeout_ms);
	else
		look_at_all(&q, sights, size);
	if (collect(&paths, sights, ret->sockets.len, &found) < 0)
		return -ENOMEM;
	texts_done(&ret->sockets);
	ret->sockets = found;
	found = (struct list){ 0 };
	if (r == 0 && is_incomplete(sights, paths.len))
		r = -EACCES;
	return r < 0 ? r : over;
}
