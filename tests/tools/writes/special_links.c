/* SPDX-License-Identifier: MIT */
/* Links at the end of a name, and what openat2 makes of them. */
#include "say.h"
#include "special.h"

static const long old_times[4] = { 1000000000, 0, 1000000000, 0 };

static void setup_final(void)
{
	make_file("f", 0644);
	make_directory("d", 0755);
	make_link("s", "f");
	make_link("absolute", here("f"));
	make_link("twice", "s");
	make_link("through", "../final/d/../f");
}

static void run_final(void)
{
	static const char *const names[] = { "s", "absolute", "twice", "through", NULL };

	for (size_t i = 0; names[i]; i++) {
		const char *name = names[i];

		open_effect("open", "write", here("f"), name, WRITE);
		open_effect("open-creat", "write", here("f"), name, WRITE | CREATE);
		open_effect("open-trunc", "truncate", here("f"), name, WRITE | TRUNCATE);
		say_effect("truncate", "truncate", here("f"),
			   SYS2(__NR_truncate, name, 1));
		say_effect("chmod", "chmod", here("f"), SYS2(__NR_chmod, name, 0640));
		say_effect("chown", "chown", here("f"), SYS3(__NR_chown, name, -1, -1));
		say_effect("lchown", "chown", here(name),
			   SYS3(__NR_lchown, name, -1, -1));
		say_effect("utimensat", "utime", here("f"),
			   SYS4(__NR_utimensat, FD_CWD, name, old_times, 0));
		say_effect("access", "access", here("f"), SYS2(__NR_access, name, W));
		open_nothing("nofollow", name, WRITE | NO_FOLLOW);
		open_nothing("excl", name, WRITE | CREATE | EXCLUSIVE);
	}
	say_pair("rename", "rename", here("s"), here("moved"),
		 SYS2(__NR_rename, "s", "moved"));
}

static void setup_dangling(void)
{
	make_link("relative", "n1");
	make_link("absolute", here("n2"));
	make_link("chain", "chained");
	make_link("chained", "n3");
	make_link("nowhere", "no/n4");
	make_link("slash", "n5/");
	make_link("creat", "n6");
}

static void run_dangling(void)
{
	open_nothing("excl", "relative", WRITE | CREATE | EXCLUSIVE);
	open_nothing("nofollow", "relative", WRITE | CREATE | NO_FOLLOW);
	open_nothing("plain", "relative", WRITE);
	open_nothing("nowhere", "nowhere", WRITE | CREATE);
	open_nothing("slash", "slash", WRITE | CREATE);
	say_nothing("mkdir", SYS2(__NR_mkdir, "relative", 0755));
	say_nothing("symlink", SYS2(__NR_symlink, "x", "relative"));
	say_nothing("mknod", SYS3(__NR_mknod, "relative", TYPE_FIFO | 0600, 0));
	say_nothing("chmod", SYS2(__NR_chmod, "relative", 0600));
	open_effect("relative", "create", here("n1"), "relative", WRITE | CREATE);
	open_effect("absolute", "create", here("n2"), "absolute", WRITE | CREATE);
	open_effect("chain", "create", here("n3"), "chain", WRITE | CREATE);
	long fd = SYS2(__NR_creat, "creat", 0644);
	say_effect("creat", "create", here("n6"), fd);
	(void)do_close(fd);
}

static void setup_loop(void)
{
	make_link("a", "b");
	make_link("b", "a");
	make_link("self", "self/x");
}

static void run_loop(void)
{
	open_nothing("open", "a", WRITE | CREATE);
	open_nothing("through", "self/y", WRITE | CREATE);
	say_nothing("chmod", SYS2(__NR_chmod, "a", 0600));
	say_nothing("mkdir", SYS2(__NR_mkdir, "a", 0755));
	say_effect("unlink", "unlink", here("a"), SYS1(__NR_unlink, "a"));
}

static long open_how(const char *dir, const char *path, uint64_t flags, uint64_t resolve)
{
	const uint64_t how[3] = { flags, flags & CREATE ? 0644 : 0, resolve };
	long fd = do_open(dir, PATH_ONLY | DIRECTORY);
	long r = SYS4(__NR_openat2, fd, path, how, sizeof(how));

	(void)do_close(fd);
	return r;
}

static void setup_resolve(void)
{
	make_directory("d", 0755);
	make_directory("d/in", 0755);
	make_link("d/absolute", "/in");
	make_link("d/up", "../../../../in");
	make_link("d/link", "in");
}

/* RESOLVE_*: 1 no other mount, 4 no links, 8 beneath, 16 in root */
static void run_resolve(void)
{
	long r = open_how("d", "in", READ, 0);

	if (r == -ENOSYS_ || r == -EPERM_) {
		say_skipped("openat2", "this kernel or profile has no such call");
		return;
	}
	(void)do_close(r);
	say_effect("in-root", "create", here("d/a"),
		   open_how("d", "/a", WRITE | CREATE, 16));
	say_effect("in-root-up", "create", here("d/b"),
		   open_how("d", "../../b", WRITE | CREATE, 16));
	say_effect("in-root-absolute-link", "create", here("d/in/c"),
		   open_how("d", "absolute/c", WRITE | CREATE, 16));
	say_effect("in-root-link-up", "create", here("d/in/e"),
		   open_how("d", "up/e", WRITE | CREATE, 16));
	say_effect("beneath", "create", here("d/f"),
		   open_how("d", "f", WRITE | CREATE, 8));
	say_effect("beneath-link", "create", here("d/in/g"),
		   open_how("d", "link/g", WRITE | CREATE, 8));
	say_effect("no-links", "create", here("d/h"),
		   open_how("d", "h", WRITE | CREATE, 4));
	say_nothing("beneath-up", open_how("d", "../n", WRITE | CREATE, 8));
	say_nothing("beneath-absolute", open_how("d", "/n", WRITE | CREATE, 8));
	say_nothing("no-links-link", open_how("d", "link/n", WRITE | CREATE, 4));
	say_nothing("invalid-flags", open_how("d", "n", 1ull << 40, 0));
}

const struct special special_links[] = {
	{ "final", setup_final, run_final, 0 },
	{ "dangling", setup_dangling, run_dangling, 0 },
	{ "loop", setup_loop, run_loop, 0 },
	{ "resolve", setup_resolve, run_resolve, 0 },
	{ 0 },
};
