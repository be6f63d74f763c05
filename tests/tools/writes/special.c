/* SPDX-License-Identifier: MIT */
#include "special.h"

#include "acts.h"
#include "say.h"

#define LONGEST 8192

static const struct special *const groups[] = { special_names,	 special_links,
						special_order,	 special_objects,
						special_running, NULL };
static char directory[256];
static int owner;

/* --- for the cases --- */

const char *here(const char *name)
{
	static char texts[4][LONGEST];
	static int turn;
	char *text = texts[turn++ % 4], *end = text + LONGEST;
	char *at = text_copy(text, end, directory);

	at = text_copy(at, end, "/");
	(void)text_copy(at, end, name);
	return text;
}

static void made(const char *name, long result)
{
	if (result < 0 && result != -EEXIST_)
		say_broken(name, result);
}

void make_as_root(int yes)
{
	static int before;

	if (yes)
		before = owner;
	owner = yes ? 0 : before;
}

void make_file(const char *name, long mode)
{
	long fd = SYS3(__NR_open, name, WRITE | CREATE, mode);

	made(name, fd);
	made(name, SYS3(__NR_write, fd, "text", 4));
	made(name, SYS3(__NR_fchown, fd, owner, owner));
	made(name, SYS2(__NR_fchmod, fd, mode));
	(void)do_close(fd);
}

void make_directory(const char *name, long mode)
{
	made(name, SYS2(__NR_mkdir, name, mode));
	made(name, SYS3(__NR_lchown, name, owner, owner));
	made(name, SYS2(__NR_chmod, name, mode));
}

void make_link(const char *name, const char *target)
{
	made(name, SYS2(__NR_symlink, target, name));
	made(name, SYS3(__NR_lchown, name, owner, owner));
}

long do_open(const char *path, long flags)
{
	return SYS3(__NR_open, path, flags, 0644);
}

long do_close(long fd)
{
	return fd >= 0 ? SYS1(__NR_close, fd) : 0;
}

void open_effect(const char *call, const char *op, const char *seen, const char *path,
		 long flags)
{
	long fd = do_open(path, flags);

	(void)say_effect(call, op, seen, fd);
	(void)do_close(fd);
}

void open_nothing(const char *call, const char *path, long flags)
{
	long fd = do_open(path, flags);

	(void)say_nothing(call, fd);
	(void)do_close(fd);
}

/* --- all of them --- */

static void enter(const struct special *special)
{
	char *end = directory + sizeof(directory);

	(void)text_copy(text_copy(directory, end, TOP "/special/"), end, special->name);
}

void special_setup(int uid)
{
	made("special", SYS2(__NR_mkdir, TOP "/special", 0755));
	for (size_t i = 0; groups[i]; i++)
		for (const struct special *s = groups[i]; s->name; s++) {
			owner = uid;
			enter(s);
			make_directory(directory, 0755);
			made(directory, SYS1(__NR_chdir, directory));
			if (s->setup)
				s->setup();
		}
	made("/", SYS1(__NR_chdir, "/"));
}

static void run_one(const struct special *s)
{
	int root = SYS0(__NR_geteuid) == 0;
	long pid;

	say_context = s->name;
	if ((s->for_root > 0 && !root) || (s->for_root < 0 && root)) {
		say_skipped("all", root ? "not as root" : "as root alone");
		return;
	}
	enter(s);
	/* What it does to itself ends with it. */
	pid = sys_fork();
	if (pid == 0) {
		made(directory, SYS1(__NR_chdir, directory));
		s->run();
		sys_exit(0);
	}
	if (pid < 0 || sys_wait(pid) != 0)
		say_broken("the case ended badly", pid);
}

void special_run(void)
{
	for (size_t i = 0; groups[i]; i++)
		for (const struct special *s = groups[i]; s->name; s++)
			run_one(s);
}
