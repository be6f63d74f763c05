/* SPDX-License-Identifier: MIT */
#include "probe/trace/stage_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/list.h"
#include "core/str.h"
#include "probe/monotonic.h"
#include "probe/sys.h"

#define BYTES_MOST   ((int64_t)1 << 30)
#define ENTRIES_MOST 200000
#define MS_MOST	     60000
/* Two descriptors and a list each. */
#define DEPTH_MOST 200
/* Links of more files than these are copied as files of their own. */
#define LINKS_MOST 4096
#define ATTRIBUTES ((size_t)65536)

#define WANTED (SYS_STATX_BASIC | SYS_STATX_MNT_ID)

/* A file with several names: its first one, from the top of the copy. */
struct linked {
	uint64_t inode, device;
	char *path;
};

struct copy {
	struct stage_limits left; /* 'ms': until then */
	int top;
	uint64_t mount;
	struct list links; /* struct linked */
	struct str path;   /* of what is being copied, from the top */
	struct err *err;
};

static int failed(struct copy *c, int code, const char *what)
{
	return err_set(c->err, code, "%s%s%s: %s", c->path.len ? c->path.s : "the top",
		       *what ? ", " : "", what, err_words(code));
}

static int spend(struct copy *c, int64_t bytes, int64_t entries)
{
	c->left.bytes -= bytes;
	c->left.entries -= entries;
	if (c->left.bytes < 0)
		return failed(c, -EFBIG, "more than a rehearsal copies into memory");
	if (c->left.entries < 0)
		return failed(c, -E2BIG, "more files than a rehearsal copies");
	if (monotonic_ms() > c->left.ms)
		return failed(c, -ETIMEDOUT, "copying takes too long");
	return 0;
}

/* --- content --- */

static int copy_piece(struct copy *c, int from, int to, off_t at, off_t end)
{
	static char buf[65536];

	while (at < end) {
		const off_t room =
			end - at < (off_t)sizeof(buf) ? end - at : (off_t)sizeof(buf);
		const ssize_t n = pread(from, buf, (size_t)room, at);

		if (n <= 0)
			return n < 0 ? failed(c, -errno, "") : 0;
		int r = spend(c, n, 0);
		for (ssize_t done = 0; r == 0 && done < n;) {
			const ssize_t put =
				pwrite(to, buf + done, (size_t)(n - done), at + done);

			if (put < 0)
				r = failed(c, -errno, "");
			done += put;
		}
		if (r < 0)
			return r;
		at += n;
	}
	return 0;
}

/* Holes stay: what is all hole may be larger than any memory. */
static int copy_content(struct copy *c, int from, int to, off_t size)
{
	int r = ftruncate(to, size) < 0 ? failed(c, -errno, "") : 0;

	for (off_t at = 0; r == 0 && at < size;) {
		const off_t data = lseek(from, at, SEEK_DATA);
		const off_t hole = data < 0 ? -1 : lseek(from, data, SEEK_HOLE);

		if (data < 0 && errno == ENXIO)
			break;
		if (hole < 0) /* a file system without */
			return copy_piece(c, from, to, at, size);
		r = copy_piece(c, from, to, data, hole);
		at = hole;
	}
	return r;
}

/* --- owner, mode, times, attributes --- */

/* What the kernel gives each new file by itself (a label), and what tmpfs does not know
 * (user.* before 6.6), is left out. */
static int copy_attributes(struct copy *c, int from, int to)
{
	AUTO_FREE char *room = malloc(2 * ATTRIBUTES);
	const ssize_t n = room ? flistxattr(from, room, ATTRIBUTES) : -1;

	if (n < 0)
		return room && (errno == ENOTSUP || errno == EPERM)
			       ? 0
			       : failed(c, room ? -errno : -ENOMEM, "its attributes");
	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(room + at) + 1) {
		const ssize_t len =
			fgetxattr(from, room + at, room + ATTRIBUTES, ATTRIBUTES);

		if (len < 0 && errno == ENODATA)
			continue;
		if (len < 0)
			return failed(c, -errno, room + at);
		if (fsetxattr(to, room + at, room + ATTRIBUTES, (size_t)len, 0) < 0 &&
		    errno != ENOTSUP && errno != EPERM)
			return failed(c, -errno, room + at);
	}
	return 0;
}

static struct timespec time_of(const struct sys_statx_time *t)
{
	return (struct timespec){ .tv_sec = (time_t)t->sec, .tv_nsec = (long)t->nsec };
}

/* The owner first: another takes setuid bits and file capabilities away. */
static int dress(struct copy *c, int dir, const char *name, const struct sys_statx *st)
{
	const struct timespec times[2] = { time_of(&st->atime), time_of(&st->mtime) };

	if (fchownat(dir, name, st->uid, st->gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (!S_ISLNK(st->mode) && fchmodat(dir, name, st->mode & 07777, 0) < 0) ||
	    utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(c, -errno, "");
	return 0;
}

/* --- entries --- */

static int copy_directory(struct copy *c, int from, int to, int depth);

static int copy_below(struct copy *c, int from, int to, const char *name,
		      const struct sys_statx *st, int depth)
{
	if (mkdirat(to, name, 0700) < 0)
		return failed(c, -errno, "");
	if (st->mnt_id != c->mount)
		return dress(c, to, name, st);
	AUTO_CLOSE int source =
		openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO_CLOSE int copied =
		openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (source < 0 || copied < 0)
		return failed(c, -errno, "");
	int r = copy_directory(c, source, copied, depth + 1);
	if (r == 0)
		r = dress(c, to, name, st);
	return r < 0 ? r : copy_attributes(c, source, copied);
}

static int copy_file(struct copy *c, int from, int to, const char *name,
		     const struct sys_statx *st)
{
	AUTO_CLOSE int copied = openat(
		to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (copied < 0)
		return failed(c, -errno, "");
	if (st->mnt_id != c->mount)
		return dress(c, to, name, st);
	AUTO_CLOSE int source =
		openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (source < 0)
		return failed(c, -errno, "");
	/* Before minutes have gone into it. */
	int r = (int64_t)st->blocks * 512 > c->left.bytes
			? spend(c, (int64_t)st->blocks * 512, 0)
			: copy_content(c, source, copied, (off_t)st->size);
	if (r == 0)
		r = dress(c, to, name, st);
	return r < 0 ? r : copy_attributes(c, source, copied);
}

static int copy_link(struct copy *c, int from, int to, const char *name,
		     const struct sys_statx *st)
{
	char target[PATH_MAX];
	const ssize_t n = readlinkat(from, name, target, sizeof(target));

	if (n < 0 || n == sizeof(target))
		return failed(c, n < 0 ? -errno : -ENAMETOOLONG, "");
	target[n] = '\0';
	if (symlinkat(target, to, name) < 0)
		return failed(c, -errno, "");
	return dress(c, to, name, st);
}

static int copy_node(struct copy *c, int to, const char *name, const struct sys_statx *st)
{
	if (mknodat(to, name, st->mode, makedev(st->rdev_major, st->rdev_minor)) < 0)
		return failed(c, -errno, "");
	return dress(c, to, name, st);
}

/* 1: it is there now, as another name of what was copied. */
static int link_known(struct copy *c, int to, const char *name,
		      const struct sys_statx *st)
{
	const uint64_t device = (uint64_t)st->dev_major << 32 | st->dev_minor;

	if (st->nlink < 2)
		return 0;
	LIST_EACH (const struct linked, it, &c->links)
		if (it->inode == st->ino && it->device == device)
			return linkat(c->top, it->path, to, name, 0) < 0
				       ? failed(c, -errno, "")
				       : 1;
	if (c->links.len >= LINKS_MOST)
		return 0;
	struct linked *one = LIST_ADD(&c->links, struct linked);
	if (!one)
		return failed(c, -ENOMEM, "");
	*one = (struct linked){ st->ino, device, strdup(c->path.s) };
	return one->path ? 0 : failed(c, -ENOMEM, "");
}

static int copy_entry(struct copy *c, int from, int to, const char *name, int depth)
{
	struct sys_statx st;

	if (sys_statx(from, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, WANTED, &st) < 0)
		return failed(c, -errno, "");
	int r = spend(c, 0, 1);
	if (r == 0 && S_ISDIR(st.mode))
		return copy_below(c, from, to, name, &st, depth);
	if (r == 0)
		r = link_known(c, to, name, &st);
	if (r)
		return r < 0 ? r : 0;
	if (S_ISREG(st.mode))
		return copy_file(c, from, to, name, &st);
	return S_ISLNK(st.mode) ? copy_link(c, from, to, name, &st)
				: copy_node(c, to, name, &st);
}

static bool is_itself(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

static int copy_directory(struct copy *c, int from, int to, int depth)
{
	AUTO_CLOSE int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSEDIR DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const size_t len = c->path.len;
	const struct dirent *d;
	int r = 0;

	if (!dir)
		return failed(c, -errno, "");
	(void)TAKE_FD(fd);
	if (depth > DEPTH_MOST)
		return failed(c, -E2BIG, "too deep");
	while (r == 0 && (d = readdir(dir))) {
		if (is_itself(d->d_name))
			continue;
		if (str_printf(&c->path, "%s%s", len ? "/" : "", d->d_name) < 0)
			return failed(c, c->path.error, "");
		r = copy_entry(c, from, to, d->d_name, depth);
		c->path.len = r == 0 ? len : c->path.len;
		c->path.s[c->path.len] = '\0';
	}
	return r;
}

int stage_copy(int from, int to, const struct stage_limits *limits, struct err *err)
{
	struct copy c = {
		.left = { limits->bytes ? limits->bytes : BYTES_MOST,
			  limits->entries ? limits->entries : ENTRIES_MOST,
			  monotonic_ms() + (limits->ms ? limits->ms : MS_MOST) },
		.top = to,
		.path = STR_INIT((size_t)DEPTH_MOST * (NAME_MAX + 1)),
		.err = err,
	};
	struct sys_statx st;
	int r = sys_statx(from, "", AT_EMPTY_PATH, WANTED, &st) < 0 ? -errno : 0;

	if (r < 0)
		return err_set(err, r, "the top: %s", err_words(r));
	c.mount = st.mnt_id;
	r = copy_directory(&c, from, to, 0);
	if (r == 0)
		r = dress(&c, to, ".", &st);
	if (r == 0)
		r = copy_attributes(&c, from, to);
	LIST_EACH (struct linked, it, &c.links)
		free(it->path);
	list_done(&c.links);
	str_done(&c.path);
	return r;
}
