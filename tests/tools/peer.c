/* SPDX-License-Identifier: MIT
 *
 * peer.c - a container's process that makes it hard for whoever looks at it:
 *
 *   peer environ BYTES [NAME=VALUE]  an environment of that size, the variable last
 *   peer undumpable                  closed to processes of its own uid
 *   peer killer | tracer             kills, or stops, all else of its uid
 *   peer processes COUNT             so many children, half of them a chain
 *   peer mounts COUNT                so many bind mounts below /m
 *   peer deep DEPTH LENGTH           a tree in /home/app, names of that length, that does
 *                                    not fold: each level has a read-only file
 *   peer many DIRECTORY COUNT        so many files
 *   peer setuid DEPTH LENGTH COUNT   so many setuid files at the bottom of such a tree
 *   peer swap                        /var/run is by turns a link and a directory
 *   peer names                       newline, ESC and bytes that are no UTF-8
 *
 * Each prints "ready" and stays until it is killed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Its owner in the busybox image is uid 1000. */
#define DEEP "/home/app/deep"

static void fail(const char *what)
{
	(void)fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void ready(void)
{
	(void)puts("ready");
	(void)fflush(stdout);
}

static _Noreturn void stay(void)
{
	ready();
	for (;;)
		(void)pause();
}

static long number(const char *text)
{
	return text ? strtol(text, NULL, 10) : 0;
}

/* --- environ --- */

/* Field 'index' (from 1) of /proc/self/stat. */
static uint64_t stat_field(int index)
{
	static char text[4096];
	FILE *file = fopen("/proc/self/stat", "re");
	char *at;

	if (!file || !fgets(text, sizeof(text), file))
		fail("/proc/self/stat");
	(void)fclose(file);
	at = strrchr(text, ')') + 2;
	for (int i = 3; i < index; i++)
		at = strchr(at, ' ') + 1;
	return strtoull(at, NULL, 10);
}

/* No exec takes so much: the kernel is told where the environment is. */
static void set_environ(char *start, size_t len)
{
	struct prctl_mm_map map = {
		.start_code = stat_field(26),
		.end_code = stat_field(27),
		.start_data = stat_field(45),
		.end_data = stat_field(46),
		.start_brk = stat_field(47),
		.brk = (uint64_t)(uintptr_t)sbrk(0),
		.start_stack = stat_field(28),
		.arg_start = stat_field(48),
		.arg_end = stat_field(49),
		.env_start = (uint64_t)(uintptr_t)start,
		.env_end = (uint64_t)(uintptr_t)start + len,
		.exe_fd = (uint32_t)-1,
	};

	if (prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) < 0)
		fail("PR_SET_MM_MAP");
}

static void do_environ(char **args)
{
	size_t len = (size_t)number(args[0]), last = args[1] ? strlen(args[1]) + 1 : 0;
	char *memory = mmap(NULL, len + 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		fail("mmap");
	for (size_t i = 0; i + 16 <= len - last; i += 16)
		(void)snprintf(memory + i, 16, "A%07zu=aaaaaa", i / 16 % 10000000);
	if (last)
		memcpy(memory + len - last, args[1], last);
	set_environ(memory, len);
	stay();
}

/* --- against observers --- */

/* Not the owner of its files: those of an undumpable process are root's. */
static int uid_of(long pid)
{
	char path[64], line[256];
	int uid = -1;

	(void)snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Uid: %*d %d", &uid) == 1)
			break;
	if (file)
		(void)fclose(file);
	return uid;
}

static void attack(void (*how)(pid_t pid))
{
	for (;;) {
		DIR *dir = opendir("/proc");

		for (struct dirent *d = readdir(dir); d; d = readdir(dir)) {
			long pid = number(d->d_name);

			if (pid > 1 && pid != getpid() && uid_of(pid) == (int)getuid())
				how((pid_t)pid);
		}
		(void)closedir(dir);
	}
}

static void kill_it(pid_t pid)
{
	(void)kill(pid, SIGKILL);
}

static void stop_it(pid_t pid)
{
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0)
		(void)ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
	else
		(void)kill(pid, SIGSTOP);
}

/* --- many --- */

/* Half of them children of this one, half a chain of parents. */
static void do_processes(long count)
{
	for (long i = 0; i < count / 2; i++) {
		pid_t pid = fork();

		if (pid < 0)
			fail("fork");
		if (pid == 0)
			for (;;)
				(void)pause();
	}
	for (long i = count / 2; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			fail("fork");
		if (pid > 0)
			for (;;)
				(void)pause();
	}
	stay(); /* the last of the chain */
}

static void do_mounts(long count)
{
	char path[64];

	(void)mkdir("/m", 0755);
	for (long i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "/m/%ld", i);
		if (mkdir(path, 0755) < 0 || mount("/srv", path, NULL, MS_BIND, NULL) < 0)
			fail(path);
	}
	stay();
}

static int dig(long depth, long length, int readonly)
{
	char name[256];
	int dir = AT_FDCWD;

	memset(name, 'd', sizeof(name));
	name[length < 255 ? length : 255] = '\0';
	if (mkdir(DEEP, 0755) < 0 || (dir = open(DEEP, O_PATH | O_DIRECTORY)) < 0)
		fail(DEEP);
	for (long i = 0; i < depth; i++) {
		int file = readonly ? openat(dir, "f", O_CREAT | O_WRONLY, 0444) : -1;

		if (mkdirat(dir, name, 0755) < 0)
			fail("mkdirat");
		int next = openat(dir, name, O_PATH | O_DIRECTORY);
		(void)close(file);
		(void)close(dir);
		dir = next;
	}
	return dir;
}

static void fill(int dir, long count, mode_t mode)
{
	char name[32];

	for (long i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "f%ld", i);
		int fd = openat(dir, name, O_CREAT | O_WRONLY, 0644);

		if (fd < 0 || (mode && fchmod(fd, mode) < 0))
			fail(name);
		(void)close(fd);
	}
}

static void do_many(char **args)
{
	(void)mkdir(args[0], 0755);
	int dir = open(args[0], O_PATH | O_DIRECTORY);

	if (dir < 0)
		fail(args[0]);
	fill(dir, number(args[1]), 0);
	stay();
}

/* --- names and links --- */

static void do_names(void)
{
	static const char *const names[] = {
		"/srv/line\nbreak",  "/srv/esc\033[31mred", "/srv/bytes\xff\xfe",
		"/srv/tab\tquote\"", "/srv/c1\xc2\x9b",	    "/srv/rtl\xe2\x80\xae"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (mkdir(names[i], 0755) < 0)
			fail("mkdir");
		int dir = open(names[i], O_PATH | O_DIRECTORY);
		int fd = openat(dir, "set\nuid\033]0;x\007", O_CREAT | O_WRONLY, 0755);

		if (fd < 0 || fchmod(fd, 04755) < 0)
			fail("setuid");
	}
	(void)prctl(PR_SET_NAME, "a\nb\033[2Jc) R 1\xff");
	stay();
}

static void do_swap(void)
{
	(void)mkdir("/swap", 0755);
	if (symlink("/host", "/swap/link") < 0 || mkdir("/swap/dir", 0755) < 0)
		fail("/swap");
	(void)rename("/var/run", "/swap/old");
	if (symlink("/swap/now", "/var/run") < 0)
		fail("/var/run");
	if (rename("/swap/link", "/swap/now") < 0)
		fail("/swap/now");
	ready();
	for (;;)
		(void)syscall(SYS_renameat2, AT_FDCWD, "/swap/now", AT_FDCWD, "/swap/dir",
			      2 /* RENAME_EXCHANGE */);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	char **args = argv + 2;

	if (strcmp(what, "environ") == 0)
		do_environ(args);
	if (strcmp(what, "undumpable") == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
		stay();
	if (strcmp(what, "killer") == 0 || strcmp(what, "tracer") == 0) {
		ready();
		attack(what[0] == 'k' ? kill_it : stop_it);
	}
	if (strcmp(what, "processes") == 0)
		do_processes(number(args[0]));
	if (strcmp(what, "mounts") == 0)
		do_mounts(number(args[0]));
	if (strcmp(what, "deep") == 0 && dig(number(args[0]), number(args[1]), 1) >= 0)
		stay();
	if (strcmp(what, "setuid") == 0) {
		fill(dig(number(args[0]), number(args[1]), 0), number(args[2]), 04755);
		stay();
	}
	if (strcmp(what, "many") == 0)
		do_many(args);
	if (strcmp(what, "names") == 0)
		do_names();
	if (strcmp(what, "swap") == 0)
		do_swap();
	(void)fprintf(stderr, "peer: %s?\n", what);
	return 2;
}
