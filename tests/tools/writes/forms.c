/* SPDX-License-Identifier: MIT */
#include "acts.h"
#include "say.h"
#include "sys.h"

/* As long as TOP and three names need. */
#define SIZE 256

const char *const form_names[FORMS] = {
	[ABSOLUTE] = "absolute",
	[RELATIVE] = "relative",
	[DIRFD] = "dirfd",
	[DIRFD_PATH] = "dirfd-path",
	[DOTS] = "dots",
	[ABOVE_ROOT] = "above-root",
	[LINK] = "link",
	[LINK_ABSOLUTE] = "link-absolute",
	[PROC_CWD] = "proc-cwd",
	[PROC_FD] = "proc-fd",
	[PROC_THREAD] = "proc-thread",
	[PROC_PID] = "proc-pid",
	[DEV_FD] = "dev-fd",
};

/* One act in one form. */
struct spot {
	char own[SIZE];	   /* its directory as the process sees it */
	char seen[SIZE];   /* as the container does */
	char prefix[SIZE]; /* what stands before the names */
	int dirfd, fd;
};

static int has(const struct act *act, char letter)
{
	for (const char *p = act->args; *p; p++)
		if (*p == letter)
			return 1;
	return 0;
}

/* Descriptors of directories only where the call takes one; and a name that has to go
 * into a socket address is short. */
static int fits(const struct act *act, enum form form)
{
	if (form == DIRFD || form == DIRFD_PATH)
		return has(act, 'd');
	if (has(act, 'f'))
		return form == ABSOLUTE || form == RELATIVE;
	return 1;
}

static char *join(char *to, const char *end, const char *const *texts)
{
	for (; *texts; texts++)
		to = text_copy(to, end, *texts);
	return to;
}
#define JOIN(to, ...) join(to, (to) + SIZE, (const char *const[]){ __VA_ARGS__, NULL })

static void place(struct spot *spot, const struct ground *ground, enum form form,
		  const struct act *act)
{
	JOIN(spot->own, TOP, "/", ground->name, "/", form_names[form], "/", act->name);
	JOIN(spot->seen, ground->root, spot->own);
	spot->dirfd = FD_CWD;
	spot->fd = -1;
}

/* --- what has to be there before --- */

static void made(const char *what, long result)
{
	if (result < 0 && result != -EEXIST_)
		say_broken(what, result);
}

static void make_directory(const char *path, int uid)
{
	made(path, SYS2(__NR_mkdir, path, 0755));
	made(path, SYS3(__NR_lchown, path, uid, uid));
}

/* Each step of a path below 'root' (which is there). */
static void make_path(const char *root, const char *path, int uid)
{
	char text[SIZE], *at = JOIN(text, root);

	for (const char *p = path; *p; p++) {
		if (*p == '/' && p > path) {
			*at = '\0';
			make_directory(text, uid);
		}
		*at++ = *p;
	}
	*at = '\0';
	make_directory(text, uid);
}

static void make_file(const char *dir, const char *name, int uid)
{
	char text[SIZE];

	JOIN(text, dir, "/", name);
	long fd = SYS3(__NR_open, text, WRITE | CREATE, 0644);
	made(text, fd);
	made(text, SYS3(__NR_write, fd, "text", 4));
	made(text, SYS3(__NR_fchown, fd, uid, uid));
	/* Not all file systems have these. */
	(void)SYS5(__NR_fsetxattr, fd, "user.taskprobe", "x", 1, 0);
	(void)SYS1(__NR_close, fd);
}

static void make_link(const char *dir, const char *name, const char *target, int uid)
{
	char text[SIZE];

	JOIN(text, dir, "/", name);
	made(text, SYS2(__NR_symlink, target, text));
	made(text, SYS3(__NR_lchown, text, uid, uid));
}

static void setup(const struct spot *spot, const struct ground *ground)
{
	char text[SIZE];

	make_path(ground->root, spot->own, ground->uid);
	make_file(spot->seen, "f", ground->uid);
	make_file(spot->seen, "t", ground->uid);
	JOIN(text, spot->seen, "/d");
	make_directory(text, ground->uid);
	make_link(spot->seen, "s", "f", ground->uid);
	make_link(spot->seen, "m", ".", ground->uid);
	make_link(spot->seen, "a", spot->own, ground->uid);
}

static void each(const struct ground *ground,
		 void (*what)(struct spot *, const struct ground *, enum form,
			      const struct act *))
{
	static struct spot spot;

	for (enum form form = 0; form < FORMS; form++)
		for (const struct act *act = acts; act->name; act++)
			if (ground->forms >> form & 1 && fits(act, form)) {
				place(&spot, ground, form, act);
				what(&spot, ground, form, act);
			}
}

static void setup_one(struct spot *spot, const struct ground *ground, enum form form,
		      const struct act *act)
{
	(void)form;
	(void)act;
	setup(spot, ground);
}

void acts_setup(const struct ground *ground)
{
	each(ground, setup_one);
}

/* --- the forms --- */

static void go(const char *path)
{
	long r = SYS1(__NR_chdir, path);

	if (r < 0)
		say_broken(path, r);
}

static void open_directory(struct spot *spot, long flags)
{
	spot->dirfd = (int)SYS3(__NR_open, spot->own, flags | DIRECTORY, 0);
	if (spot->dirfd < 0)
		say_broken(spot->own, spot->dirfd);
}

static void by_descriptor(struct spot *spot, const char *where)
{
	char number[24];

	open_directory(spot, READ);
	(void)text_number(number, number + sizeof(number), spot->dirfd);
	JOIN(spot->prefix, where, number, "/");
	spot->fd = spot->dirfd;
	spot->dirfd = FD_CWD;
}

static void prepare(struct spot *spot, enum form form)
{
	char number[24];

	spot->prefix[0] = '\0';
	switch (form) {
	case ABSOLUTE:
		JOIN(spot->prefix, spot->own, "/");
		return;
	case DIRFD:
	case DIRFD_PATH:
		return open_directory(spot, form == DIRFD ? READ : PATH_ONLY);
	case ABOVE_ROOT:
		JOIN(spot->prefix, "/../..//", spot->own, "/");
		return;
	case LINK_ABSOLUTE:
		JOIN(spot->prefix, spot->own, "/a/");
		return;
	case PROC_FD:
		return by_descriptor(spot, "/proc/self/fd/");
	case DEV_FD:
		return by_descriptor(spot, "/dev/fd/");
	default:
		break;
	}
	go(spot->own);
	(void)text_number(number, number + sizeof(number), SYS0(__NR_getpid));
	if (form == DOTS)
		JOIN(spot->prefix, ".//d/.././");
	if (form == LINK)
		JOIN(spot->prefix, "m/");
	if (form == PROC_CWD)
		JOIN(spot->prefix, "/proc/self/cwd/");
	if (form == PROC_THREAD)
		JOIN(spot->prefix, "/proc/thread-self/cwd/");
	if (form == PROC_PID)
		JOIN(spot->prefix, "/proc/", number, "/cwd/");
}

/* --- the calls --- */

struct address {
	uint16_t family;
	char path[108];
};

static long bind_to(const struct act *act, const char *path)
{
	struct address address = { FAMILY_UNIX, "" };
	long fd = SYS3(__NR_socket, FAMILY_UNIX, SOCKET_STREAM, 0), r;
	char *end = text_copy(address.path, address.path + sizeof(address.path), path);
	long size = end - (char *)&address + 1;

	if (fd < 0)
		return fd;
#ifdef __i386__
	long args[3] = { fd, (long)&address, size };

	if (act->number == __NR_socketcall)
		r = SYS2(__NR_socketcall, 2, args);
	else
#endif
		r = SYS3(act->number, fd, &address, size);
	(void)SYS1(__NR_close, fd);
	return r;
}

static long call(const struct act *act, struct spot *spot, const char *path,
		 const char *path2)
{
	long a[6] = { 0 };
	int n = 0, constant = 0;

	if (has(act, 'b'))
		return bind_to(act, path);
	if (has(act, 'f'))
		spot->fd = (int)SYS3(__NR_open, path, READ, 0);
	for (const char *p = act->args; *p; p++, n++) {
		switch (*p) {
		case 'd':
			a[n] = spot->dirfd;
			break;
		case 'p':
			a[n] = (long)path;
			break;
		case 'q':
			a[n] = (long)path2;
			break;
		case 'f':
			a[n] = spot->fd;
			break;
		case 'u':
			a[n] = SYS0(__NR_geteuid);
			break;
		case 'g':
			a[n] = SYS0(__NR_getegid);
			break;
		default:
			a[n] = act->constants[constant++];
		}
	}
	return sys_call(act->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Whether what comes back is a descriptor to close. */
static int opens(const struct act *act)
{
	return act->number == __NR_open || act->number == __NR_openat ||
	       act->number == __NR_openat2 || act->number == __NR_creat;
}

/* What nobody can resolve for a process that closed itself: a descriptor whose number
 * was given later. */
static int is_hidden(const struct ground *ground, enum form form, const struct act *act)
{
	return ground->hides == HIDES_ALL ||
	       (ground->hides == HIDES_DESCRIPTORS && (form == DIRFD || has(act, 'f')));
}

static void act_one(struct spot *spot, const struct ground *ground, enum form form,
		    const struct act *act)
{
	static char context[SIZE]; /* what is said after us may still name it */
	char path[2 * SIZE], path2[2 * SIZE], seen[SIZE], seen2[SIZE];
	const char name[2] = { act->object, '\0' }, name2[2] = { act->to, '\0' };
	/* chmod and others follow the link, and change what it leads to */
	const int follows = text_equal(act->name, "chmod-link");

	JOIN(context, ground->name, "/", form_names[form]);
	say_context = context;
	say_hidden = is_hidden(ground, form, act);
	if (say_hidden && !act->op)
		return; /* it may not even be looked at */
	if (act_lacks(act)) {
		say_skipped(act->name, "this kernel or profile has no such call");
		return;
	}
	prepare(spot, form);
	join(path, path + sizeof(path),
	     (const char *const[]){ spot->prefix, name, NULL });
	join(path2, path2 + sizeof(path2),
	     (const char *const[]){ spot->prefix, name2, NULL });
	JOIN(seen, spot->seen, "/", follows ? "f" : name);
	JOIN(seen2, spot->seen, "/", name2);
	long r = call(act, spot, path, path2);
	if (!act->op)
		(void)say_nothing(act->name, r);
	else if (act->to)
		(void)say_pair(act->name, act->op, seen, seen2, r);
	else
		(void)say_effect(act->name, act->op, seen, r);
	say_hidden = 0;
	if (r >= 0 && opens(act))
		(void)SYS1(__NR_close, r);
	if (spot->fd >= 0)
		(void)SYS1(__NR_close, spot->fd);
	if (spot->dirfd >= 0)
		(void)SYS1(__NR_close, spot->dirfd);
}

void acts_do(const struct ground *ground)
{
	each(ground, act_one);
}
