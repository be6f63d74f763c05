/* SPDX-License-Identifier: MIT */
/* Objects rather than names: descriptors, unnamed files, pipes, devices, sockets. */
#include "say.h"
#include "special.h"

static const char *fd_path(const char *start, long fd)
{
	static char text[64];

	(void)text_number(text_copy(text, text + sizeof(text), start),
			  text + sizeof(text), fd);
	return text;
}

static void setup_tmpfile(void)
{
	make_directory("d", 0755);
}

static void run_tmpfile(void)
{
	long fd = do_open("d", BOTH | TMPFILE);

	say_effect("open", "create", here("d"), fd);
	if (fd < 0) {
		say_skipped("linkat", "the file system has no O_TMPFILE");
		return;
	}
	say_after = 1;
	say_effect("linkat-proc", "link", here("a"),
		   SYS5(__NR_linkat, FD_CWD, fd_path("/proc/self/fd/", fd), FD_CWD, "a",
			SYMLINK_FOLLOW));
	/* The descriptor goes on being of a file without a name: none can be told. */
	say_nothing("fchmod-linked", SYS2(__NR_fchmod, fd, 0600));
	/* Without CAP_DAC_READ_SEARCH there is no such name for most kernels. */
	long r = SYS5(__NR_linkat, fd, "", FD_CWD, "b", EMPTY_PATH);
	if (r == -ENOENT_)
		say_nothing("linkat-empty", r);
	else
		say_effect("linkat-empty", "link", here("b"), r);
	(void)do_close(fd);
	fd = do_open("d", BOTH | TMPFILE);
	say_effect("open-again", "create", here("d"), fd);
	say_nothing("fchmod-unnamed", SYS2(__NR_fchmod, fd, 0600));
	(void)do_close(fd);
}

static void run_nameless(void)
{
	long fd = SYS2(__NR_memfd_create, "x", 0);
	int ends[2];

	say_nothing("memfd-chmod", SYS2(__NR_fchmod, fd, 0600));
	open_nothing("memfd-reopen", fd_path("/proc/self/fd/", fd), WRITE | TRUNCATE);
	(void)do_close(fd);
	(void)SYS1(__NR_pipe, ends);
	say_nothing("pipe-chmod", SYS2(__NR_fchmod, ends[1], 0600));
	open_nothing("pipe-reopen", fd_path("/dev/fd/", ends[1]), WRITE);
	open_nothing("null", "/dev/null", WRITE | TRUNCATE);
	open_nothing("null-creat", "/dev/null", WRITE | CREATE | TRUNCATE);
	open_nothing("zero", "/dev/zero", BOTH);
	open_nothing("ptmx", "/dev/ptmx", BOTH);
	say_nothing("null-access", SYS2(__NR_access, "/dev/null", W));
	open_nothing("oom", "/proc/self/oom_score_adj", WRITE);
	open_nothing("proc-missing", "/proc/taskprobe", WRITE | CREATE);
}

static void setup_reopened(void)
{
	make_file("f", 0644);
	make_file("g", 0644);
	make_directory("d", 0755);
}

static void run_reopened(void)
{
	long fd = do_open("f", READ), path = do_open("g", PATH_ONLY);
	const char *proc;

	open_effect("proc", "write", here("f"), fd_path("/proc/self/fd/", fd), WRITE);
	open_effect("thread", "write", here("f"), fd_path("/proc/thread-self/fd/", fd),
		    BOTH);
	open_effect("dev", "truncate", here("f"), fd_path("/dev/fd/", fd),
		    WRITE | TRUNCATE);
	proc = fd_path("/proc/self/fd/", fd);
	say_effect("chmod", "chmod", here("f"), SYS2(__NR_chmod, proc, 0600));
	say_effect("truncate", "truncate", here("f"), SYS2(__NR_truncate, proc, 0));
	say_effect("path-chown", "chown", here("g"),
		   SYS5(__NR_fchownat, path, "", -1, -1, EMPTY_PATH));
	say_effect("path-chmod", "chmod", here("g"),
		   SYS2(__NR_chmod, fd_path("/proc/self/fd/", path), 0640));
	open_effect("path-write", "write", here("g"), fd_path("/proc/self/fd/", path),
		    WRITE);
	say_nothing("path-fchmod", SYS2(__NR_fchmod, path, 0600));
	say_nothing("file-as-dirfd", SYS3(__NR_mkdirat, fd, "n", 0755));
	/* An absolute name leaves the descriptor alone, whatever it is. */
	say_effect("absolute-bad-dirfd", "mkdir", here("n"),
		   SYS3(__NR_mkdirat, 999, here("n"), 0755));
	say_effect("absolute-file-dirfd", "mkdir", here("o"),
		   SYS3(__NR_mkdirat, fd, here("o"), 0755));
	say_effect("empty-cwd", "chown", here(""),
		   SYS5(__NR_fchownat, FD_CWD, "", -1, -1, EMPTY_PATH));
	say_after = 1;
	say_effect("unlink", "unlink", here("f"), SYS1(__NR_unlink, "f"));
	say_nothing("deleted-fchmod", SYS2(__NR_fchmod, fd, 0600));
	say_nothing("deleted-chmod",
		    SYS2(__NR_chmod, fd_path("/proc/self/fd/", fd), 0600));
}

static void setup_devices(void)
{
	/* What is opened on a read-only root too, and changed on none. */
	long r = SYS3(__NR_mknod, "fifo", TYPE_FIFO | 0666, 0);

	if (r < 0 && r != -EEXIST_)
		say_broken("fifo", r);
	make_file("mark", 0644);
}

static void run_devices(void)
{
	open_nothing("fifo", "fifo", BOTH | 04000);
	open_nothing("fifo-creat", "fifo", BOTH | CREATE | 04000);
	open_nothing("fifo-trunc", "fifo", BOTH | TRUNCATE | 04000);
	say_nothing("fifo-access", SYS2(__NR_access, "fifo", W));
	say_effect("fifo-utime", "utime", here("fifo"),
		   SYS4(__NR_utimensat, FD_CWD, "fifo", NULL, 0));
	say_effect("fifo-unlink", "unlink", here("fifo"), SYS1(__NR_unlink, "fifo"));
}

struct address {
	uint16_t family;
	char path[108];
};

static void bind_nothing(const char *call, struct address address, long size)
{
	long fd = SYS3(__NR_socket, FAMILY_UNIX, SOCKET_STREAM, 0);

	say_nothing(call, SYS3(__NR_bind, fd, &address, size));
	(void)do_close(fd);
}

static void run_sockets(void)
{
	struct address inet = { 2, "" };
	long fd;

	bind_nothing("unnamed", (struct address){ FAMILY_UNIX, "" }, 2);
	bind_nothing("abstract", (struct address){ FAMILY_UNIX, "\0taskprobe-writes" },
		     19);
	bind_nothing("missing-parent", (struct address){ FAMILY_UNIX, "no/n" }, 7);
	bind_nothing("too-long", (struct address){ FAMILY_UNIX, "n" }, 200);
	fd = SYS3(__NR_socket, 2, SOCKET_STREAM, 0);
	say_nothing("inet", SYS3(__NR_bind, fd, &inet, 16));
	(void)do_close(fd);
	/* A name that its NUL does not end. */
	struct address full = { FAMILY_UNIX, "./././././x" };
	fd = SYS3(__NR_socket, FAMILY_UNIX, 2, 0);
	say_effect("no-nul", "bind", here("x"), SYS3(__NR_bind, fd, &full, 2 + 11));
	(void)do_close(fd);
	say_effect("unlink", "unlink", here("x"), SYS1(__NR_unlink, "x"));
}

const struct special special_objects[] = {
	{ "tmpfile", setup_tmpfile, run_tmpfile, 0 },
	{ "nameless", NULL, run_nameless, 0 },
	{ "reopened", setup_reopened, run_reopened, 0 },
	{ "devices", setup_devices, run_devices, 0 },
	{ "sockets", NULL, run_sockets, 0 },
	{ 0 },
};
