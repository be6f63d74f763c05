/* SPDX-License-Identifier: MIT */
/* Who does it: programs that were just written, threads with their own directory and
 * credentials, processes that closed themselves. */
#include "say.h"
#include "special.h"

#define STACK 65536
static char stack[STACK] __attribute__((aligned(16)));
#define STACK_TOP (stack + STACK)

/* --- executed --- */

static char buffer[65536];

static void copy_program(const char *name)
{
	long from = do_open("/proc/self/exe", READ), n;
	long to = SYS3(__NR_open, name, WRITE | CREATE, 0755);

	say_effect("copy", "create", here(name), to);
	while ((n = SYS3(__NR_read, from, buffer, sizeof(buffer))) > 0)
		(void)SYS3(__NR_write, to, buffer, n);
	(void)do_close(from);
	(void)do_close(to);
}

static long execute(int at, const char *name)
{
	const char *const argv[] = { name, "nothing", NULL }, *const none[] = { NULL };
	long pid = sys_fork();

	if (pid == 0) {
		(void)(at ? SYS5(__NR_execveat, FD_CWD, name, argv, none, 0)
			  : SYS3(__NR_execve, name, argv, none));
		sys_exit(1);
	}
	return sys_wait(pid);
}

static void map_executable(const char *name)
{
	long fd = do_open(name, READ);
#ifdef __x86_64__
	long at = SYS6(__NR_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
#else
	long at = SYS6(__NR_mmap2, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
#endif
	if (at < 0 && at > -4096)
		say_skipped("mmap", "not allowed");
	else
		say_executed(here(name));
	(void)do_close(fd);
}

static void run_executed(void)
{
	copy_program("run");
	say_after = 1;
	copy_program("runat");
	copy_program("mapped");
	copy_program("neither");
	if (execute(0, "run") == 0)
		say_executed(here("run"));
	if (execute(1, here("runat")) == 0)
		say_executed(here("runat"));
	map_executable("mapped");
}

/* --- a thread with its own directory and descriptors --- */

static int thread_tid;

static void in_thread(void (*run)(void *), unsigned long flags)
{
	volatile int *tid = &thread_tid;

	*tid = -1;
	long r = sys_spawn(flags | SHARE_VM | SHARE_SIGHAND | SHARE_THREAD | CLEAR_TID,
			   STACK_TOP, &thread_tid, run, NULL);
	if (r < 0)
		say_broken("clone", r);
	/* The kernel clears it and wakes the futex; what was said is in order anyway. */
	while (*tid != 0)
		(void)SYS4(__NR_futex, &thread_tid, 0 /* WAIT */, *tid, NULL);
}

static void setup_thread(void)
{
	make_directory("leader", 0755);
	make_directory("thread", 0755);
}

static void thread_run(void *arg)
{
	(void)arg;
	(void)SYS1(__NR_chdir, "../thread");
	long fd = do_open(".", READ | DIRECTORY);
	open_effect("relative", "create", here("thread/a"), "a", WRITE | CREATE);
	open_effect("proc-thread", "create", here("thread/b"), "/proc/thread-self/cwd/b",
		    WRITE | CREATE);
	/* /proc/self is the leader's. */
	open_effect("proc-self", "create", here("leader/c"), "/proc/self/cwd/c",
		    WRITE | CREATE);
	say_effect("dirfd", "mkdir", here("thread/d"), SYS3(__NR_mkdirat, fd, "d", 0755));
	open_nothing("proc-self-fd", "/proc/self/fd/777/n", WRITE | CREATE);
	sys_exit_thread();
}

static void run_thread(void)
{
	/* A descriptor of the leader alone, with the number of the thread's own. */
	(void)SYS1(__NR_chdir, "leader");
	in_thread(thread_run, 0);
	open_effect("leader", "create", here("leader/e"), "e", WRITE | CREATE);
}

/* The first thread of a process is gone, and the process is not. */
static void alone_run(void *arg)
{
	struct {
		long seconds, nanoseconds;
	} moment = { 0, 20000000 };

	(void)arg;
	(void)SYS2(__NR_nanosleep, &moment, NULL);
	open_effect("relative", "create", here("a"), "a", WRITE | CREATE);
	open_effect("proc-thread", "create", here("b"), "/proc/thread-self/cwd/b",
		    WRITE | CREATE);
	say_effect("absolute", "mkdir", here("c"), SYS2(__NR_mkdir, here("c"), 0755));
	sys_exit(0);
}

static void run_leaderless(void)
{
	long r = sys_spawn(SHARE_VM | SHARE_FS | SHARE_FILES | SHARE_SIGHAND |
				   SHARE_THREAD,
			   STACK_TOP, &thread_tid, alone_run, NULL);

	if (r < 0)
		say_broken("clone", r);
	sys_exit_thread();
}

/* --- credentials --- */

static void setup_credentials(void)
{
	make_as_root(1);
	make_directory("root", 0755);
	make_as_root(0);
	make_directory("mine", 0755);
	(void)SYS3(__NR_lchown, "mine", 1000, 1000);
	make_directory("mine/d", 0755);
	(void)SYS3(__NR_lchown, "mine/d", 1000, 1000);
}

#ifdef __i386__
#define SETRESUID __NR_setresuid32
#define SETRESGID __NR_setresgid32
#define SETGROUPS __NR_setgroups32
#define SETFSUID  __NR_setfsuid32
#else
#define SETRESUID __NR_setresuid
#define SETRESGID __NR_setresgid
#define SETGROUPS __NR_setgroups
#define SETFSUID  __NR_setfsuid
#endif

static void drop(void)
{
	(void)SYS2(SETGROUPS, 0, NULL);
	long r = SYS3(SETRESGID, 1000, 1000, 1000);

	if (r == 0)
		r = SYS3(SETRESUID, 1000, 1000, 1000);
	if (r < 0)
		say_broken("setresuid", r);
}

/* This thread alone. */
static void own_credentials(void *arg)
{
	(void)arg;
	drop();
	say_effect("mkdir", "mkdir", here("mine/a"),
		   SYS2(__NR_mkdir, here("mine/a"), 0755));
	say_effect("refused", "mkdir", here("root/a"),
		   SYS2(__NR_mkdir, here("root/a"), 0755));
	open_nothing("write", "/etc/passwd", WRITE);
	sys_exit_thread();
}

static void run_credentials(void)
{
	in_thread(own_credentials, SHARE_FS | SHARE_FILES);
	/* The leader is still root. */
	say_effect("leader", "mkdir", here("root/b"),
		   SYS2(__NR_mkdir, here("root/b"), 0755));
}

static void run_fsuid(void)
{
	/* CAP_DAC_OVERRIDE goes with fsuid 0, and comes back. */
	(void)SYS1(SETFSUID, 1000);
	say_effect("refused", "mkdir", here("root/a"),
		   SYS2(__NR_mkdir, here("root/a"), 0755));
	(void)SYS1(SETFSUID, 0);
	say_effect("again", "mkdir", here("root/b"),
		   SYS2(__NR_mkdir, here("root/b"), 0755));
}

/* What it had before it closed itself. */
static void run_inherited(void)
{
	long fd = do_open("mine/d", READ | DIRECTORY);

	(void)SYS1(__NR_chdir, "mine");
	drop();
	open_effect("relative", "create", here("mine/a"), "a", WRITE | CREATE);
	/* Its number might be another directory's by now: no path is better than a wrong
	 * one. */
	say_hidden = 1;
	say_effect("dirfd", "mkdir", here("mine/d/b"), SYS3(__NR_mkdirat, fd, "b", 0755));
	say_hidden = 0;
	say_effect("absolute", "mkdir", here("mine/c"),
		   SYS2(__NR_mkdir, here("mine/c"), 0755));
	say_effect("refused", "mkdir", here("root/c"),
		   SYS2(__NR_mkdir, here("root/c"), 0755));
	(void)SYS1(__NR_chdir, "d");
	say_after = 1;
	open_effect("after-chdir", "create", here("mine/d/e"), "e", WRITE | CREATE);
	say_effect("up", "mkdir", here("mine/f"), SYS2(__NR_mkdir, "../f", 0755));
	(void)SYS1(__NR_fchdir, fd);
	say_hidden = 1;
	open_effect("after-fchdir", "create", here("mine/d/g"), "g", WRITE | CREATE);
	fd = do_open("..", READ | DIRECTORY);
	say_effect("new-dirfd", "mkdir", here("mine/h"),
		   SYS3(__NR_mkdirat, fd, "h", 0755));
}

#ifdef __x86_64__
/* i386 calls of a 64-bit program: their numbers, and pointers that fit. */
static void run_int80(void)
{
	char *low = (char *)SYS6(__NR_mmap, 0, 4096, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOW, -1, 0);
	char *end = low + 4096;
	long p = (long)low, q = (long)low + 2048;

	if (sys_int80(20 /* getpid */, 0, 0, 0, 0) != SYS0(__NR_getpid)) {
		say_skipped("all", "this kernel has no 32-bit calls");
		return;
	}
	(void)text_copy(low, end, "n");
	(void)text_copy(low + 2048, end, "o");
	say_effect("mkdir", "mkdir", here("n"), sys_int80(39, p, 0755, 0, 0));
	say_after = 1;
	say_pair("rename", "rename", here("n"), here("o"), sys_int80(38, p, q, 0, 0));
	say_effect("open", "create", here("n"), sys_int80(5, p, WRITE | CREATE, 0644, 0));
	say_effect("chmod", "chmod", here("n"), sys_int80(15, p, 0600, 0, 0));
	say_effect("truncate64", "truncate", here("n"), sys_int80(193, p, 0, 0, 0));
	say_effect("chown32", "chown", here("n"), sys_int80(212, p, -1, -1, 0));
	say_effect("openat", "write", here("n"), sys_int80(295, FD_CWD, p, BOTH, 0));
	say_effect("unlink", "unlink", here("n"), sys_int80(10, p, 0, 0, 0));
	say_effect("rmdir", "rmdir", here("o"), sys_int80(40, q, 0, 0, 0));
	say_nothing("read", sys_int80(5, q, READ, 0, 0));
}
#endif

const struct special special_running[] = {
	{ "executed", NULL, run_executed, 0 },
	{ "own-cwd", setup_thread, run_thread, 0 },
	{ "leaderless", NULL, run_leaderless, 0 },
	{ "credentials", setup_credentials, run_credentials, 1 },
	{ "fsuid", setup_credentials, run_fsuid, 1 },
	{ "inherited", setup_credentials, run_inherited, 1 },
#ifdef __x86_64__
	{ "int80", NULL, run_int80, 0 },
#endif
	{ 0 },
};
