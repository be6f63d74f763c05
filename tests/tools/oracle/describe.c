/* SPDX-License-Identifier: MIT */
#include "tests/tools/oracle/describe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "probe/sys.h"
#include "tests/tools/oracle/tree.h"

#define LINKS_MAX 40

static int protected_links, protected_symlinks, protected_fifos, protected_files;

static int setting(const char *name)
{
	char path[100], text[16] = "";
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/sys/fs/protected_%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail("%s", path);
	(void)!read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	return text[0] - '0';
}

void describe_prepare(void)
{
	protected_links = setting("hardlinks");
	protected_symlinks = setting("symlinks");
	protected_fifos = setting("fifos");
	protected_files = setting("regular");
}

/* --- asking --- */

struct object {
	struct sys_statx st;
	bool readonly;
};

static bool look(int fd, struct object *ret)
{
	struct statvfs vfs;

	if (sys_statx(fd, "", AT_EMPTY_PATH, 0x17ff, &ret->st) < 0 ||
	    fstatvfs(fd, &vfs) < 0)
		return false;
	ret->readonly = vfs.f_flag & ST_RDONLY;
	return true;
}

static int may(int fd, int mode)
{
	int r = sys_faccessat2(fd, "", mode, AT_EMPTY_PATH | AT_EACCESS);

	return r == 0 || errno == EROFS ? 0 : errno;
}

static bool immutable(const struct object *o)
{
	return o->st.attributes & SYS_STATX_ATTR_IMMUTABLE;
}

static bool append_only(const struct object *o)
{
	return o->st.attributes & SYS_STATX_ATTR_APPEND;
}

static bool ours(const struct object *o)
{
	return geteuid() == 0 || o->st.uid == geteuid();
}

static enum file_kind kind_of(unsigned mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return KIND_FILE;
	case S_IFDIR:
		return KIND_DIRECTORY;
	case S_IFLNK:
		return KIND_SYMLINK;
	case S_IFSOCK:
		return KIND_SOCKET;
	case S_IFIFO:
		return KIND_FIFO;
	default:
		return KIND_DEVICE;
	}
}

/* Whether it is empty is no secret to the kernel: asked as root. */
static int entries_in(int parent, const char *name)
{
	uid_t euid = geteuid();
	int found = 0;

	(void)!setresuid((uid_t)-1, 0, (uid_t)-1);
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	while (dir && readdir(dir))
		found++;
	if (dir)
		(void)closedir(dir);
	(void)!setresuid((uid_t)-1, euid, (uid_t)-1);
	return dir ? found > 2 : -1;
}

static int chown_answer(const struct object *o, int owner)
{
	if (owner < 0)
		return S_ISREG(o->st.mode) && (o->st.mode & S_ISUID) && !ours(o) ? EPERM
										 : 0;
	if (immutable(o) || append_only(o))
		return EPERM;
	if (geteuid() == 0 || (o->st.uid == geteuid() && (uid_t)owner == geteuid()))
		return 0;
	return EPERM;
}

/* may_linkat() */
static int link_answer(const struct object *o, int fd)
{
	unsigned group_exec = S_ISGID | S_IXGRP;

	if (!protected_links || ours(o))
		return 0;
	if (!S_ISREG(o->st.mode) || (o->st.mode & S_ISUID) ||
	    (o->st.mode & group_exec) == group_exec || may(fd, R_OK | W_OK))
		return EPERM;
	return 0;
}

static void describe_object(const struct object *o, int fd, int owner,
			    struct oracle_name *ret)
{
	bool fixed = immutable(o) || append_only(o);

	ret->kind = kind_of(o->st.mode);
	ret->write = may(fd, W_OK);
	ret->read = may(fd, R_OK);
	ret->execute = may(fd, X_OK);
	ret->change = fixed || !ours(o) ? EPERM : 0;
	ret->touch = immutable(o) ? EPERM : ours(o) ? 0 : ret->write;
	ret->chown = chown_answer(o, owner);
	ret->link = link_answer(o, fd);
	ret->append = append_only(o);
	ret->stranger = !ours(o);
	ret->sticky = ret->kind == KIND_DIRECTORY && (o->st.mode & S_ISVTX);
	ret->busy = o->st.ino == tree_running() && o->st.dev_minor == tree_device();
	ret->mount = o->st.mnt_id;
	ret->readonly = o->readonly;
	ret->inode = o->st.ino;
	ret->device = (uint64_t)o->st.dev_major << 32 | o->st.dev_minor;
	ret->full = -1;
	if (ret->kind == KIND_DIRECTORY)
		ret->inside = may(fd, W_OK | X_OK);
}

/* may_create_in_sticky() */
static int create_answer(const struct object *parent, const struct object *o)
{
	unsigned mode = parent->st.mode;
	bool fifo = S_ISFIFO(o->st.mode), file = S_ISREG(o->st.mode);

	if (!(mode & S_ISVTX) || (fifo && !protected_fifos) || (file && !protected_files))
		return 0;
	if (o->st.uid == parent->st.uid || o->st.uid == geteuid())
		return 0;
	if (mode & S_IWOTH)
		return EACCES;
	return (mode & S_IWGRP) && ((fifo && protected_fifos >= 2) ||
				    (file && protected_files >= 2))
		       ? EACCES
		       : 0;
}

static void describe_parent(const struct object *parent, int fd, struct oracle_name *ret)
{
	ret->enter = may(fd, W_OK | X_OK);
	ret->gone = parent->st.nlink == 0;
	ret->parent_mount = parent->st.mnt_id;
	ret->parent_readonly = parent->readonly;
	ret->parent_inode = parent->st.ino;
}

static int remove_answer(const struct object *parent, const struct object *o, int enter)
{
	bool sticky = parent->st.mode & S_ISVTX;

	if (enter)
		return enter;
	if (append_only(parent) || append_only(o) || immutable(o))
		return EPERM;
	return sticky && !ours(parent) && !ours(o) ? EPERM : 0;
}

/* --- walking --- */

struct split {
	char parent[PATH_MAX], last[PATH_MAX];
	enum oracle_last kind;
	bool slash;
};

static void split(const char *path, struct split *ret)
{
	size_t len = strlen(path), end = len;

	while (end > 0 && path[end - 1] == '/')
		end--;
	ret->slash = end < len;
	size_t start = end;
	while (start > 0 && path[start - 1] != '/')
		start--;
	(void)snprintf(ret->last, sizeof(ret->last), "%.*s", (int)(end - start),
		       path + start);
	(void)snprintf(ret->parent, sizeof(ret->parent), "%.*s", (int)start, path);
	if (start == 0)
		(void)snprintf(ret->parent, sizeof(ret->parent), "./");
	ret->kind = end == 0			   ? LAST_ROOT
		    : strcmp(ret->last, ".") == 0  ? LAST_DOT
		    : strcmp(ret->last, "..") == 0 ? LAST_DOTDOT
						   : LAST_NAME;
}

/* With "." at its end the directory itself has to let us search it. */
static int open_parent(const struct split *s)
{
	char path[PATH_MAX + 2];

	(void)snprintf(path, sizeof(path), "%s.", s->kind == LAST_ROOT ? "/" : s->parent);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The link's text in place of its name; false: not to be followed. */
static bool follow_link(const struct split *s, const struct object *parent, int parent_fd,
			const struct object *o, char *path, int *error)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(parent_fd, s->last, text, sizeof(text) - 1);

	if (n < 0)
		fail("readlink %s", s->last);
	text[n] = '\0';
	if (protected_symlinks && (parent->st.mode & S_ISVTX) &&
	    (parent->st.mode & S_IWOTH) && o->st.uid != geteuid() &&
	    o->st.uid != parent->st.uid) {
		*error = EACCES;
		return false;
	}
	n = snprintf(path, PATH_MAX, "%s%s%s", text[0] == '/' ? "" : s->parent, text,
		     s->slash ? "/" : "");
	if (n >= PATH_MAX)
		fail("%s leads too far", s->last);
	return true;
}

/* One component: true where a link is to be followed, and 'path' is its target's. */
static bool step(char *path, enum at_end end, int owner, struct described *ret)
{
	struct oracle_name *facts = &ret->facts;
	struct object parent, o;
	struct split s;
	bool again = false;
	int fd = -1;

	*facts = (struct oracle_name){ 0 };
	if (path[0] == '\0') {
		facts->walk = ENOENT;
		return false;
	}
	split(path, &s);
	facts->last = s.kind;
	facts->slash = s.slash;
	int parent_fd = open_parent(&s);
	if (parent_fd < 0 || !look(parent_fd, &parent)) {
		facts->walk = errno;
		return false;
	}
	describe_parent(&parent, parent_fd, facts);
	ret->on = parent.st.dev_minor != tree_device();
	fd = openat(parent_fd, s.kind == LAST_ROOT ? "/" : s.last,
		    O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENAMETOOLONG)
		facts->lookup = ENAMETOOLONG;
	if (fd >= 0 && look(fd, &o)) {
		if (S_ISLNK(o.st.mode) &&
		    (end == END_FOLLOW || (end == END_LINK && s.slash)))
			again = follow_link(&s, &parent, parent_fd, &o, path,
					    &facts->walk);
		describe_object(&o, fd, owner, facts);
		if (facts->kind == KIND_DIRECTORY)
			facts->full = entries_in(parent_fd, s.last);
		facts->remove = remove_answer(&parent, &o, facts->enter);
		facts->create = create_answer(&parent, &o);
		facts->mount_point = o.st.mnt_id != parent.st.mnt_id;
		ret->on = o.st.dev_minor != tree_device();
	}
	if (fd >= 0)
		(void)close(fd);
	(void)close(parent_fd);
	return again;
}

struct described describe_path(const char *path, enum at_end end, int owner)
{
	struct described ret = { .on = 0 };
	char now[PATH_MAX];
	bool followed = false;

	(void)snprintf(now, sizeof(now), "%s", path);
	for (int links = 0; step(now, end, owner, &ret); links++) {
		followed = true;
		if (links == LINKS_MAX) {
			ret.facts.walk = ELOOP;
			break;
		}
	}
	ret.facts.dangling = followed && ret.facts.kind == KIND_NONE;
	return ret;
}

struct described describe_fd(int fd, int owner)
{
	struct described ret = { .facts.by_fd = true };
	struct object o;

	if (!look(fd, &o))
		fail("a descriptor");
	describe_object(&o, fd, owner, &ret.facts);
	ret.on = o.st.dev_minor != tree_device();
	return ret;
}

bool describe_attr(const char *path, enum at_end end, int fd, const char *attr)
{
	uid_t euid = geteuid();
	ssize_t n;

	(void)!setresuid((uid_t)-1, 0, (uid_t)-1);
	n = fd >= 0		? fgetxattr(fd, attr, NULL, 0)
	    : end == END_FOLLOW ? getxattr(path, attr, NULL, 0)
				: lgetxattr(path, attr, NULL, 0);
	(void)!setresuid((uid_t)-1, euid, (uid_t)-1);
	return n >= 0;
}

bool describe_below(const char *above, const char *below)
{
	struct object top, o;
	int fd = open(above, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC), up;
	struct split s;
	bool found = false;

	if (fd < 0)
		return false;
	if (!look(fd, &top))
		fail("%s", above);
	(void)close(fd);
	split(below, &s);
	fd = open_parent(&s);
	for (uint64_t last = 0; fd >= 0 && look(fd, &o) && !found;
	     last = o.st.ino, fd = up) {
		found = o.st.ino == top.st.ino && o.st.dev_minor == top.st.dev_minor;
		up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		(void)close(fd);
		if (o.st.ino == last) {
			fd = up;
			break;
		}
	}
	if (fd >= 0)
		(void)close(fd);
	return found;
}
