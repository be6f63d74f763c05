/* SPDX-License-Identifier: MIT */
/* Names: long, odd, at the edge of memory, wrong. */
#include "acts.h"
#include "say.h"
#include "special.h"

#define LONGEST	  8192
#define PATH_MOST 4096
#define PAGE	  4096L

static char long_path[LONGEST];

/* Fills 'long_path' with "./" behind 'start' so that 'name' ends it at 'len' bytes. */
static const char *path_of(const char *start, const char *name, size_t len)
{
	char *end = long_path + sizeof(long_path), *at = text_copy(long_path, end, start);

	while ((size_t)(at - long_path) + 2 + text_len(name) <= len)
		at = text_copy(at, end, "./");
	if ((size_t)(at - long_path) + text_len(name) < len)
		at = text_copy(at, end, "/");
	(void)text_copy(at, end, name);
	return long_path;
}

static void run_long(void)
{
	char start[64];
	const char *dir = here("");

	open_effect("relative-4095", "create", here("a"), path_of("./", "a", 4095),
		    WRITE | CREATE);
	(void)text_copy(start, start + sizeof(start), dir);
	open_effect("absolute-4095", "create", here("b"), path_of(start, "b", 4095),
		    WRITE | CREATE);
	open_nothing("relative-4096", path_of("./", "c", 4096), WRITE | CREATE);
	open_nothing("absolute-5000", path_of(start, "c", 5000), WRITE | CREATE);
	say_nothing("mkdir-4096", SYS2(__NR_mkdir, path_of("./", "c", 4096), 0755));
	say_nothing("unlink-4096", SYS1(__NR_unlink, path_of("./", "a", 4096)));
	say_nothing("rename-4096", SYS2(__NR_rename, "a", path_of("./", "c", 4096)));
}

static const char *component(char letter, size_t len)
{
	static char text[300];

	for (size_t i = 0; i < len; i++)
		text[i] = letter;
	text[len] = '\0';
	return text;
}

static void run_component(void)
{
	static char full[LONGEST];
	char *end = full + sizeof(full), *at = text_copy(full, end, here("start"));

	open_nothing("component-256", component('x', 256), WRITE | CREATE);
	say_nothing("mkdir-256", SYS2(__NR_mkdir, component('x', 256), 0755));
	say_effect("mkdir", "mkdir", full, SYS2(__NR_mkdir, "start", 0755));
	say_after = 1;
	(void)SYS1(__NR_chdir, "start");
	/* Past PATH_MAX: no path can name it, but there it is. */
	for (int i = 0; i < 20; i++) {
		const char *name = component((char)('a' + i), 255);

		/* The kernel itself cannot tell where that is. */
		say_hidden = at - full >= PATH_MOST;
		at = text_copy(text_copy(at, end, "/"), end, name);
		say_effect("mkdir-255", "mkdir", full, SYS2(__NR_mkdir, name, 0755));
		if (SYS1(__NR_chdir, name) < 0)
			return; /* on a read-only root */
	}
	(void)text_copy(at, end, "/file");
	say_hidden = 1;
	open_effect("past-path-max", "create", full, "file", WRITE | CREATE);
	say_effect("past-path-max", "chmod", full, SYS2(__NR_chmod, "file", 0600));
	say_effect("past-path-max", "unlink", full, SYS1(__NR_unlink, "file"));
	say_hidden = 0;
}

static const char *const odd[] = {
	"line\nbreak",	"quote\"",   "back\\slash",  "esc\033[31m", "bytes\xff\xfe",
	"x (deleted)",	" ",	     "tab\t",	     "%s%n",	    "-rf",
	"...",		"..x",	     "\xe2\x80\xae", "\xc3\x28",    "pipe:[7]",
	"memfd:x",	"{\"a\":1}", "\x01\x02\x7f", "caf\xc3\xa9", "'$(id)'`id`",
	"\xed\xa0\x80", "\xc0\xaf",  NULL,
};

static void run_odd(void)
{
	for (size_t i = 0; odd[i]; i++) {
		const char *name = odd[i];
		long fd = do_open(name, WRITE | CREATE);

		say_after = 0;
		say_effect("create", "create", here(name), fd);
		say_after = 1;
		say_effect("fchmod", "chmod", here(name), SYS2(__NR_fchmod, fd, 0600));
		say_effect("chmod", "chmod", here(name),
			   SYS2(__NR_chmod, here(name), 0640));
		(void)do_close(fd);
		if (i % 2)
			say_effect("unlink", "unlink", here(name),
				   SYS1(__NR_unlink, name));
	}
}

/* Two pages, the second of them not there. */
static char *edge_of_memory(void)
{
#ifdef __x86_64__
	long at = SYS6(__NR_mmap, 0, 2 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#else
	long at = SYS6(__NR_mmap2, 0, 2 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#endif
	(void)SYS2(__NR_munmap, at + PAGE, PAGE);
	return (char *)at + PAGE;
}

static void setup_memory(void)
{
	make_file("f", 0644);
}

static void run_memory(void)
{
	char *edge = edge_of_memory(), *bad = (char *)8;

	edge[-2] = 'n';
	edge[-1] = '\0';
	open_effect("ends-with-the-page", "create", here("n"), edge - 2, WRITE | CREATE);
	edge[-1] = 'n';
	open_nothing("runs-off-the-page", edge - 2, WRITE | CREATE);
	open_nothing("open", bad, WRITE | CREATE);
	open_nothing("null", NULL, WRITE | CREATE);
	say_nothing("mkdir", SYS2(__NR_mkdir, bad, 0755));
	say_nothing("unlink", SYS1(__NR_unlink, bad));
	say_nothing("rename-from", SYS2(__NR_rename, bad, "n"));
	say_nothing("rename-to", SYS2(__NR_rename, "f", bad));
	say_nothing("chmod", SYS2(__NR_chmod, bad, 0));
	say_nothing("symlink-target", SYS2(__NR_symlink, bad, "n"));
	say_nothing("times", SYS4(__NR_utimensat, FD_CWD, "f", bad, 0));
	say_nothing("openat2", SYS4(__NR_openat2, FD_CWD, "f", bad, 24));
	say_nothing("bind", SYS3(__NR_bind, 0, bad, 16));
}

static void setup_first(void)
{
	make_file("f", 0644);
	make_directory("d", 0755);
	make_directory("full", 0755);
	make_file("full/f", 0644);
	make_directory("e", 0755);
}

/* Errors that come before a read-only root's, and those that come after. */
static void run_first(void)
{
	open_nothing("file-as-directory", "f/x", WRITE | CREATE);
	open_nothing("missing-parent", "no/x", WRITE | CREATE);
	open_nothing("slash-behind-new", "n/", WRITE | CREATE);
	open_nothing("empty", "", WRITE | CREATE);
	say_nothing("mkdir-missing-parent", SYS2(__NR_mkdir, "no/x", 0755));
	say_nothing("mkdir-root", SYS2(__NR_mkdir, "/", 0755));
	say_nothing("mkdir-top", SYS2(__NR_mkdir, TOP, 0755));
	say_nothing("mkdir-dot", SYS2(__NR_mkdir, "d/.", 0755));
	say_nothing("chmod-file-slash", SYS2(__NR_chmod, "f/", 0));
	say_nothing("chmod-missing", SYS2(__NR_chmod, "n", 0));
	say_nothing("rmdir-dot", SYS1(__NR_rmdir, "d/."));
	say_nothing("rmdir-dot-dot", SYS1(__NR_rmdir, "d/.."));
	say_nothing("rmdir-root", SYS1(__NR_rmdir, "/"));
	say_nothing("unlink-dot", SYS1(__NR_unlink, "."));
	say_nothing("rename-dot", SYS2(__NR_rename, "d/.", "n"));
	say_nothing("rename-to-dot-dot", SYS2(__NR_rename, "d", "e/.."));
	say_nothing("rename-missing-parent", SYS2(__NR_rename, "f", "no/x"));
	say_nothing("symlink-empty", SYS2(__NR_symlink, "", "n"));
	say_nothing("unlink-missing-parent", SYS1(__NR_unlink, "no/x"));
	say_nothing("bad-descriptor", SYS3(__NR_mkdirat, 999, "n", 0755));
	say_nothing("fchmod-bad-descriptor", SYS2(__NR_fchmod, 999, 0));
	say_nothing("utimensat-invalid", SYS4(__NR_utimensat, FD_CWD, "f", NULL, 0x8000));
	say_effect("rmdir-full", "rmdir", here("full"), SYS1(__NR_rmdir, "full"));
	say_effect("unlink-file-slash", "unlink", here("f"), SYS1(__NR_unlink, "f/"));
	say_pair("rename-self", "rename", here("f"), here("f"),
		 SYS2(__NR_rename, "f", "f"));
	say_pair("rename-file-over-directory", "rename", here("f"), here("d"),
		 SYS2(__NR_rename, "f", "d"));
	say_pair("rename-directory-over-file", "rename", here("d"), here("f"),
		 SYS2(__NR_rename, "d", "f"));
	say_pair("rename-noreplace-there", "rename", here("f"), here("d"),
		 SYS5(__NR_renameat2, FD_CWD, "f", FD_CWD, "d", NOREPLACE));
	say_pair("exchange-missing", "rename", here("f"), here("n"),
		 SYS5(__NR_renameat2, FD_CWD, "f", FD_CWD, "n", EXCHANGE));
	say_effect("mkdir-slash", "mkdir", here("made"),
		   SYS2(__NR_mkdir, "made//", 0755));
	say_after = 1;
	/* Not with what came with the image: an overlay answers EXDEV for that. */
	say_pair("rename-into-itself", "rename", here("made"), here("made/x"),
		 SYS2(__NR_rename, "made", "made/x"));
	say_pair("rename-over-full", "rename", here("made"), here("full"),
		 SYS2(__NR_rename, "made", "full"));
}

const struct special special_names[] = {
	{ "long", NULL, run_long, 0 },
	{ "component", NULL, run_component, 0 },
	{ "odd", NULL, run_odd, 0 },
	{ "memory", setup_memory, run_memory, 0 },
	{ "first", setup_first, run_first, 0 },
	{ 0 },
};
