/* SPDX-License-Identifier: MIT
 *
 * names_child.h - a child in some state (its root, cwd, uid, descriptors) that opens,
 * creates or makes what it is told; what names_find() says of the same name is
 * compared with what it got.
 */
#ifndef TESTS_NAMES_CHILD_H
#define TESTS_NAMES_CHILD_H

#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "probe/trace/names/names.h"
#include "tests/unit/fstree.h"

/* --- the child --- */

enum way {
	WAY_FOLLOW,   /* open, O_PATH */
	WAY_NOFOLLOW, /* the same with O_NOFOLLOW */
	WAY_RESOLVE,  /* openat2 */
	WAY_CREATE,   /* open with O_CREAT, and if it was not there, unlink */
	WAY_MKDIR,    /* and rmdir */
	WAY_CHDIR,
	WAY_FCHDIR,
	WAY_CHROOT,
	WAY_OPEN,    /* O_RDONLY, kept: the number is the answer */
	WAY_TMPFILE, /* likewise */
	WAY_CLOSE,
	WAY_UNLINK,
	WAY_RMDIR,
	WAY_BE, /* another uid */
	WAY_UNSHARE,
	WAY_OTHER, /* child_other() */
};

struct ask {
	enum way way;
	int dirfd, flags;
	uint64_t resolve;
	char path[PATH_MAX], path2[PATH_MAX];
};

/* What a test file's child does besides; -1 and errno. */
static int (*child_other)(const struct ask *ask);

struct answer {
	int error; /* positive; 0 */
	int fd;	   /* open in the child until the next question */
	bool made; /* was not there before */
};

struct child {
	pid_t pid;
	int socket;
};

static int child_open(const struct ask *a)
{
	const struct open_how how = {
		.flags = (unsigned)a->flags | O_PATH | O_CLOEXEC,
		.resolve = a->resolve,
	};

	/* A rename anywhere on the machine makes ".." answer EAGAIN. */
	if (a->way == WAY_RESOLVE) {
		int fd;

		do
			fd = sys_openat2(a->dirfd, a->path, &how);
		while (fd < 0 && errno == EAGAIN);
		return fd;
	}
	return openat(a->dirfd, a->path,
		      O_PATH | O_CLOEXEC | (a->way == WAY_NOFOLLOW ? O_NOFOLLOW : 0));
}

/* Where it was made, the parent has to look at it before it is removed. */
static struct answer child_make(const struct ask *a)
{
	struct answer r = { .fd = -1 };

	if (a->way == WAY_MKDIR) {
		r.error = mkdirat(a->dirfd, a->path, 0777) < 0 ? errno : 0;
		r.made = r.error == 0;
		if (r.made)
			r.fd = openat(a->dirfd, a->path, O_PATH | O_CLOEXEC);
		return r;
	}
	r.fd = openat(a->dirfd, a->path, O_WRONLY | O_CREAT | O_CLOEXEC | a->flags, 0600);
	r.error = r.fd < 0 ? errno : 0;
	return r;
}

static void child_be(const struct ask *a)
{
	const uid_t uid = (uid_t)a->flags;

	(void)setgroups(0, NULL);
	(void)setresgid(uid, uid, uid);
	(void)setresuid(uid, uid, uid);
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static struct answer child_do(const struct ask *a)
{
	struct answer r = { .fd = -1 };
	int ret = 0;

	switch (a->way) {
	case WAY_FOLLOW:
	case WAY_NOFOLLOW:
	case WAY_RESOLVE:
		ret = r.fd = child_open(a);
		break;
	case WAY_CREATE:
	case WAY_MKDIR:
		return child_make(a);
	case WAY_OPEN:
		ret = r.fd = openat(a->dirfd, a->path, a->flags, 0600);
		break;
	case WAY_TMPFILE:
		ret = r.fd = openat(a->dirfd, a->path, O_TMPFILE | O_RDWR, 0600);
		break;
	case WAY_CHDIR:
		ret = chdir(a->path);
		break;
	case WAY_FCHDIR:
		ret = fchdir(a->dirfd);
		break;
	case WAY_CHROOT:
		ret = chroot(a->path);
		break;
	case WAY_CLOSE:
		ret = close(a->dirfd);
		break;
	case WAY_UNLINK:
		ret = unlinkat(a->dirfd, a->path, 0);
		break;
	case WAY_RMDIR:
		ret = unlinkat(a->dirfd, a->path, AT_REMOVEDIR);
		break;
	case WAY_BE:
		child_be(a);
		break;
	case WAY_UNSHARE:
		ret = unshare(a->flags);
		break;
	case WAY_OTHER:
		ret = child_other(a);
		break;
	}
	r.error = ret < 0 ? errno : 0;
	return r;
}

static void child_run(int socket)
{
	static struct ask a;
	int last = -1;

	(void)umask(0);
	while (read(socket, &a, sizeof(a)) == (ssize_t)sizeof(a)) {
		if (last >= 0)
			(void)close(last);
		const struct answer r = child_do(&a);

		last = a.way == WAY_OPEN || a.way == WAY_TMPFILE ? -1 : r.fd;
		if (write(socket, &r, sizeof(r)) != (ssize_t)sizeof(r))
			break;
	}
	_exit(0);
}

static struct child child_new(void)
{
	struct child c;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	c.pid = fork();
	if (c.pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(pair[0]);
		child_run(pair[1]);
	}
	assert_true(c.pid > 0);
	(void)close(pair[1]);
	c.socket = pair[0];
	return c;
}

static void child_done(struct child *c)
{
	(void)close(c->socket);
	(void)waitpid(c->pid, NULL, 0);
}

static struct answer child_ask(const struct child *c, const struct ask *a)
{
	struct answer r = { .error = EIO };

	if (write(c->socket, a, sizeof(*a)) != (ssize_t)sizeof(*a) ||
	    read(c->socket, &r, sizeof(r)) != (ssize_t)sizeof(r))
		fail_msg("the child is gone");
	return r;
}

/* A question whose answer must be yes; the descriptor. */
static inline int child_must(const struct child *c, enum way way, int dirfd,
			     const char *path, int flags)
{
	static struct ask a;

	a = (struct ask){ .way = way, .dirfd = dirfd, .flags = flags };
	(void)snprintf(a.path, sizeof(a.path), "%s", path);
	const struct answer r = child_ask(c, &a);
	if (r.error)
		fail_msg("the child's %d of %s: %s", way, path, strerror(r.error));
	return r.fd;
}

/* --- both answers --- */

static struct tracees *tracees;
static struct surface *surface;
static int proc = -1;

static int setup_here(void)
{
	struct err err = ERR_INIT;

	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	tracees = tracees_new(proc, 16);
	return tracees && surface_new(-1, true, &surface, &err) == 0 ? 0 : -1;
}

static inline int setup(void **state)
{
	return tree_setup(state) < 0 ? -1 : setup_here();
}

static inline int teardown(void **state)
{
	tracees_done(tracees);
	surface_done(surface);
	(void)close(proc);
	return tree_teardown(state);
}

static enum call_kind kind_of(enum way way)
{
	if (way == WAY_CREATE || way == WAY_RESOLVE)
		return CALL_OPEN;
	if (way == WAY_UNLINK || way == WAY_RMDIR)
		return way == WAY_UNLINK ? CALL_UNLINK : CALL_RMDIR;
	return way == WAY_MKDIR ? CALL_MKDIR : CALL_CHMOD;
}

static const struct request *request_of(pid_t tid, const struct ask *a)
{
	static struct request r;

	r = (struct request){
		.kind = kind_of(a->way),
		.tid = tid,
		.flags = (unsigned)a->flags,
		.resolve = a->resolve,
		.follow = a->way != WAY_NOFOLLOW && !(a->flags & O_NOFOLLOW),
		.uid = UINT32_MAX,
		.gid = UINT32_MAX,
	};
	if (a->way == WAY_CREATE)
		r.flags |= O_WRONLY | O_CREAT;
	r.name[0].given = true;
	r.name[0].dirfd = a->dirfd;
	r.name[0].len = strlen(a->path);
	memcpy(r.name[0].path, a->path, r.name[0].len + 1);
	return &r;
}

static void find_as(pid_t tid, const struct request *r, struct place_found *ret)
{
	const struct names_view view = { tracees, surface, NULL };
	const struct tracee *tracee = tracees_get(tracees, tid);

	assert_non_null(tracee);
	names_find(&view, tracee, r, 0, ret);
}

/* What we predict of the call: 0 or an errno. */
static int predicted(const struct ask *a, const struct place_found *p)
{
	const struct oracle_name *f = &p->facts;

	if (f->walk)
		return f->walk;
	if (a->way == WAY_MKDIR) {
		if (f->last != LAST_NAME)
			return EEXIST;
		return f->gone	   ? ENOENT
		       : f->lookup ? f->lookup
		       : f->kind   ? EEXIST
				   : f->enter;
	}
	if (a->way == WAY_CREATE) {
		if (f->last == LAST_NAME && f->slash)
			return EISDIR;
		if (f->lookup || f->gone)
			return f->lookup ? f->lookup : ENOENT;
		if (f->kind == KIND_NONE)
			return f->enter;
		if (f->kind == KIND_DIRECTORY || f->create)
			return f->create ? f->create : EISDIR;
		return f->kind == KIND_SYMLINK ? ELOOP : f->write;
	}
	if (f->lookup)
		return f->lookup;
	if (f->kind == KIND_NONE)
		return ENOENT;
	return f->slash && f->kind != KIND_DIRECTORY ? ENOTDIR : 0;
}

static const char *shown(const char *path)
{
	static char buf[2][512];
	static unsigned next;
	char *to = buf[next++ % 2];
	size_t n = 0;

	for (; *path && n < sizeof(buf[0]) - 8; path++)
		n += (size_t)snprintf(to + n, 8, *path < ' ' ? "\\x%02x" : "%c",
				      (unsigned char)*path);
	to[n] = '\0';
	return to;
}

/* Says which question it was, and how the answers differ. */
__attribute__((format(printf, 2, 3))) static void differ(const struct ask *a,
							 const char *fmt, ...)
{
	char text[1200];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fail_msg("way %d, dirfd %d, flags %#x, resolve %#llx, path %s (%zu bytes): %s",
		 a->way, a->dirfd, (unsigned)a->flags, (unsigned long long)a->resolve,
		 shown(a->path), strlen(a->path), text);
}

static void compare_file(const struct child *c, const struct ask *a,
			 const struct answer *answer, const struct place_found *p)
{
	char link[64], text[PATH_MAX + 1];
	struct sys_statx st;

	(void)snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)c->pid, answer->fd);
	const ssize_t n = readlink(link, text, sizeof(text) - 1);

	assert_true(n > 0);
	text[n] = '\0';
	assert_int_equal(
		sys_statx(AT_FDCWD, link, 0, SYS_STATX_BASIC | SYS_STATX_MNT_ID, &st), 0);
	if (p->nameless) {
		if (text[0] == '/' && st.nlink > 0)
			differ(a, "nameless, and is %s", shown(text));
		return;
	}
	if (strcmp(text, p->path) != 0)
		differ(a, "is %s, found %s", shown(text), shown(p->path));
	assert_int_equal(p->len, (size_t)n);
	assert_ptr_equal(p->name, strrchr(p->path, '/') + 1);
	if (p->facts.kind == KIND_NONE)
		return;
	if (p->st.ino != st.ino || p->st.mnt_id != st.mnt_id)
		differ(a, "another file: %llu on %llu, found %llu on %llu",
		       (unsigned long long)st.ino, (unsigned long long)st.mnt_id,
		       (unsigned long long)p->st.ino, (unsigned long long)p->st.mnt_id);
	assert_int_equal(p->facts.mount, st.mnt_id);
}

/* The two agree in the errno, in the path and in the file. 1 where it worked. */
static int compare(const struct child *c, const struct ask *a)
{
	static struct place_found p = PLACE_FOUND_INIT;

	find_as(c->pid, request_of(c->pid, a), &p);
	const int kind = (int)p.facts.kind;
	const struct answer answer = child_ask(c, a);
	if (p.unresolved)
		differ(a, "unresolved: %s", p.unresolved);
	if (predicted(a, &p) != answer.error)
		differ(a, "%s, predicted %s (kind %d, path %s)", err_name(answer.error),
		       err_name(predicted(a, &p)), kind, shown(p.path));
	if (answer.error == 0)
		compare_file(c, a, &answer, &p);
	if (answer.error == 0 && (a->way == WAY_CREATE || a->way == WAY_MKDIR) &&
	    kind == KIND_NONE)
		assert_int_equal(unlinkat(p.parent, p.name,
					  a->way == WAY_MKDIR ? AT_REMOVEDIR : 0),
				 0);
	place_found_done(&p);
	return answer.error == 0;
}

static inline int compare_path(const struct child *c, enum way way, int dirfd,
			       const char *path)
{
	static struct ask a;

	a = (struct ask){ .way = way, .dirfd = dirfd };
	(void)snprintf(a.path, sizeof(a.path), "%s", path);
	return compare(c, &a);
}

/* --- one name --- */

static struct place_found place = PLACE_FOUND_INIT;

static inline struct ask ask_of(enum way way, int dirfd, const char *path)
{
	struct ask a = { .way = way, .dirfd = dirfd };

	(void)snprintf(a.path, sizeof(a.path), "%s", path);
	return a;
}

/* What is found of it, without the child's doing anything. */
static inline const struct place_found *find_path(const struct child *c, enum way way,
						  int dirfd, const char *path)
{
	static struct ask a;

	a = ask_of(way, dirfd, path);
	find_as(c->pid, request_of(c->pid, &a), &place);
	if (place.unresolved)
		fail_msg("%s: %s", path, place.unresolved);
	return &place;
}

static inline const struct place_found *find_fd(const struct child *c, int fd)
{
	static struct ask a;
	static struct request r;

	a = ask_of(WAY_FOLLOW, fd, "");
	r = *request_of(c->pid, &a);
	r.name[0].by_fd = true;
	find_as(c->pid, &r, &place);
	if (place.unresolved)
		fail_msg("descriptor %d: %s", fd, place.unresolved);
	assert_true(place.facts.by_fd);
	assert_int_equal(place.parent, -1);
	return &place;
}

static inline void assert_place(const struct place_found *p, enum file_kind kind,
				const char *path)
{
	assert_int_equal(p->facts.walk, 0);
	assert_int_equal(p->facts.kind, kind);
	assert_false(p->nameless);
	assert_string_equal(p->path, path);
	assert_int_equal(p->len, strlen(path));
}

static inline void assert_nameless(const struct place_found *p, enum file_kind kind)
{
	assert_int_equal(p->facts.walk, 0);
	assert_int_equal(p->facts.kind, kind);
	assert_true(p->nameless);
	assert_string_equal(p->path, "");
	assert_int_equal(p->len, 0);
}

/* Where nothing is ever made; each test has its own below. */
static inline void make_top(const char *name)
{
	make_dir(name, 0777, 0);
}

static inline struct child child_in(const char *name)
{
	struct child c = child_new();

	child_must(&c, WAY_CHDIR, 0, at(name), 0);
	return c;
}

static inline void make_link(const char *path, const char *target)
{
	assert_int_equal(symlink(target, at(path)), 0);
}

#endif
