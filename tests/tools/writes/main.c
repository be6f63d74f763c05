/* SPDX-License-Identifier: MIT
 *
 * writes - performs every call that writes by name, in every form, and says on standard
 * output what it did (say.h). What it says is what the kernel answered; which calls a
 * read-only root refuses is written down beside them, and proved by running it on one.
 *
 * With "few" as the last word, in fewer forms:
 *
 *   writes setup UID         makes TOP and what is needed in it, as root; UID: who runs
 * it writes run               does everything writes context NAME      one context's part
 * of it, in this process (for itself) writes as UID COMMAND... with that uid and gid, by
 * setuid and exec writes docker COMMAND... as root with the capabilities of a container
 * of Docker's writes nothing           ends
 */
#include "acts.h"
#include "say.h"
#include "special.h"
#include "sys.h"

#define BIT(form) (1u << (form))
#define ALL	  (BIT(FORMS) - 1)
#define FEW	  (BIT(ABSOLUTE) | BIT(RELATIVE) | BIT(DIRFD) | BIT(PROC_CWD))
#define JAIL	  TOP "/jail"
#define IN_JAIL                                                                     \
	(BIT(ABSOLUTE) | BIT(RELATIVE) | BIT(DIRFD) | BIT(DOTS) | BIT(ABOVE_ROOT) | \
	 BIT(LINK) | BIT(LINK_ABSOLUTE))
#define STACK 262144

static char stack[STACK] __attribute__((aligned(16)));
static int shared_tid;

static void here_(const struct ground *ground);
static void forked(const struct ground *ground);
static void threaded(const struct ground *ground);
static void vforked(const struct ground *ground);
static void cloned3(const struct ground *ground);
static void shared(const struct ground *ground);
static void jailed(const struct ground *ground);
static void closed(const struct ground *ground);
static void dropped(const struct ground *ground);
static void executed(const struct ground *ground);
static void orphaned(const struct ground *ground);

/* -1: whoever runs it. */
struct context {
	struct ground ground;
	void (*run)(const struct ground *ground);
	int for_root;
};
static struct context contexts[] = {
	{ { "main", "", ALL, -1, HIDES_NOTHING }, here_, 0 },
	{ { "fork", "", FEW, -1, HIDES_NOTHING }, forked, 0 },
	{ { "thread", "", FEW | BIT(PROC_THREAD), -1, HIDES_NOTHING }, threaded, 0 },
	{ { "vfork", "", FEW, -1, HIDES_NOTHING }, vforked, 0 },
	{ { "clone3", "", FEW, -1, HIDES_NOTHING }, cloned3, 0 },
	{ { "shared", "", FEW, -1, HIDES_NOTHING }, shared, 0 },
	{ { "chroot", JAIL, IN_JAIL, -1, HIDES_NOTHING }, jailed, 1 },
	{ { "closed", "", FEW, -1, HIDES_DESCRIPTORS }, closed, 0 },
	{ { "dropped", "", FEW, 1000, HIDES_DESCRIPTORS }, dropped, 1 },
	{ { "executed", "", FEW, 1000, HIDES_NOTHING }, executed, 1 },
	{ { "orphaned", "", BIT(ABSOLUTE), 1000, HIDES_ALL }, orphaned, 1 },
	{ { NULL, NULL, 0, 0, HIDES_NOTHING }, NULL, 0 },
};
static char **self_environment;
static int few;

static void wait_for(const char *what, long pid)
{
	int status = pid < 0 ? (int)pid : sys_wait(pid);

	if (status != 0)
		say_broken(what, status);
}

static void here_(const struct ground *ground)
{
	acts_do(ground);
}

static void forked(const struct ground *ground)
{
	long pid = sys_fork();

	if (pid == 0) {
		acts_do(ground);
		sys_exit(0);
	}
	wait_for("fork", pid);
}

static void thread_start(void *arg)
{
	acts_do(arg);
	sys_exit_thread();
}

static void process_start(void *arg)
{
	acts_do(arg);
	sys_exit(0);
}

static void threaded(const struct ground *ground)
{
	volatile int *tid = &shared_tid;

	*tid = -1;
	long r = sys_spawn(SHARE_VM | SHARE_FS | SHARE_FILES | SHARE_SIGHAND |
				   SHARE_THREAD | CLEAR_TID,
			   stack + STACK, &shared_tid, thread_start, (void *)ground);
	if (r < 0)
		say_broken("clone", r);
	while (*tid != 0)
		(void)SYS4(__NR_futex, &shared_tid, 0 /* WAIT */, *tid, NULL);
}

static void vforked(const struct ground *ground)
{
	wait_for("vfork", sys_spawn(SHARE_VM | SHARE_VFORK | SIGNAL_CHILD, stack + STACK,
				    &shared_tid, process_start, (void *)ground));
}

static void cloned3(const struct ground *ground)
{
	long pid = sys_clone3(0);

	if (pid == -ENOSYS_ || pid == -EPERM_) {
		say_skipped("all", "this kernel or profile has no such call");
		return;
	}
	if (pid == 0)
		process_start((void *)ground);
	wait_for("clone3", pid);
}

static void shared(const struct ground *ground)
{
	wait_for("clone",
		 sys_spawn(SHARE_VM | SHARE_FS | SHARE_FILES | SIGNAL_CHILD,
			   stack + STACK, &shared_tid, process_start, (void *)ground));
}

static void jailed(const struct ground *ground)
{
	long pid = sys_fork();

	if (pid == 0) {
		long r = SYS1(__NR_chroot, ground->root);

		if (r < 0)
			say_broken("chroot", r);
		acts_do(ground);
		sys_exit(0);
	}
	wait_for("chroot", pid);
}

static void closed(const struct ground *ground)
{
	long pid = sys_fork();

	if (pid == 0) {
		(void)SYS2(__NR_prctl, SET_DUMPABLE, 0);
		acts_do(ground);
		sys_exit(0);
	}
	wait_for("prctl", pid);
}

#ifdef __i386__
#define SETUID __NR_setuid32
#define SETGID __NR_setgid32
#define GROUPS __NR_setgroups32
#else
#define SETUID __NR_setuid
#define SETGID __NR_setgid
#define GROUPS __NR_setgroups
#endif

static void drop(long uid)
{
	(void)SYS2(GROUPS, 0, NULL);
	long r = SYS1(SETGID, uid);

	if (r == 0)
		r = SYS1(SETUID, uid);
	if (r < 0)
		say_broken("setuid", r);
}

static void dropped(const struct ground *ground)
{
	long pid = sys_fork();

	if (pid == 0) {
		drop(1000);
		acts_do(ground);
		sys_exit(0);
	}
	wait_for("setuid", pid);
}

static void executed(const struct ground *ground)
{
	const char *const argv[] = { "writes", "context", ground->name,
				     few ? "few" : NULL, NULL };
	long pid = sys_fork();

	if (pid == 0) {
		drop(1000);
		say_broken("exec",
			   SYS3(__NR_execve, "/proc/self/exe", argv, self_environment));
	}
	wait_for("exec", pid);
}

/* Forked by one that had closed itself: nobody could open its memory in time. */
static void orphaned(const struct ground *ground)
{
	long pid = sys_fork();

	if (pid == 0) {
		drop(1000);
		pid = sys_fork();
		if (pid == 0) {
			acts_do(ground);
			sys_exit(0);
		}
		wait_for("fork", pid);
		sys_exit(0);
	}
	wait_for("setuid", pid);
}

/* --- all of it --- */

static int do_setup(int uid)
{
	(void)SYS1(__NR_umask, 0);
	(void)SYS2(__NR_mkdir, TOP, 0755);
	(void)SYS2(__NR_mkdir, JAIL, 0755);
	for (struct context *c = contexts; c->run; c++) {
		c->ground.uid = c->ground.uid < 0 ? uid : c->ground.uid;
		if (uid == 0 || c->for_root == 0)
			acts_setup(&c->ground);
	}
	special_setup(uid);
	return 0;
}

static int do_run(void)
{
	const int root = SYS0(__NR_geteuid) == 0;

	(void)SYS1(__NR_umask, 0);
	for (struct context *c = contexts; c->run; c++) {
		say_context = c->ground.name;
		say_after = 0;
		if (c->for_root && !root)
			say_skipped("all", "as root alone");
		else
			c->run(&c->ground);
	}
	special_run();
	return 0;
}

static int do_context(const char *name)
{
	(void)SYS1(__NR_umask, 0);
	for (struct context *c = contexts; c->run; c++)
		if (text_equal(c->ground.name, name)) {
			acts_do(&c->ground);
			return 0;
		}
	return 2;
}

/* The bounding set bounds what root gets by an exec. */
static void bound(void)
{
	const unsigned long docker = 0xa80425fb;

	for (int i = 0; i < 32; i++)
		if (!(docker >> i & 1))
			(void)SYS2(__NR_prctl, 24 /* PR_CAPBSET_DROP */, i);
	for (int i = 32; SYS2(__NR_prctl, 24, i) == 0; i++)
		continue;
}

static int number(const char *text)
{
	int n = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		n = 10 * n + *text - '0';
	return n;
}

static void only_few(void)
{
	for (struct context *c = contexts; c->run; c++)
		c->ground.forms &= c == contexts ? FEW | BIT(DOTS) | BIT(LINK_ABSOLUTE)
						 : BIT(ABSOLUTE) | BIT(PROC_THREAD);
}

int run(int argc, char **argv, char **environment)
{
	const char *what = argc > 1 ? argv[1] : "";

	few = argc > 2 && text_equal(argv[argc - 1], "few") && !text_equal(what, "as") &&
	      !text_equal(what, "docker");
	if (few) {
		only_few();
		argc--;
	}
	self_environment = environment;
	if (argc == 3 && text_equal(what, "setup"))
		return do_setup(number(argv[2]));
	if (argc == 2 && text_equal(what, "run"))
		return do_run();
	if (argc == 3 && text_equal(what, "context"))
		return do_context(argv[2]);
	if (argc > 3 && text_equal(what, "as")) {
		drop(number(argv[2]));
		say_broken(argv[3], SYS3(__NR_execve, argv[3], argv + 3, environment));
	}
	if (argc > 2 && text_equal(what, "docker")) {
		bound();
		say_broken(argv[2], SYS3(__NR_execve, argv[2], argv + 2, environment));
	}
	return text_equal(what, "nothing") ? 0 : 2;
}
