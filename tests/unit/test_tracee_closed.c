/* SPDX-License-Identifier: MIT
 *
 * Processes that closed themselves to us, and those that execute something. As root this
 * program first runs what needs every capability, and then drops to those that Docker
 * gives by default: without SYS_PTRACE.
 */
#include "probe/trace/tracee/tracee.h"

#include <sys/mman.h>

#include "core/num.h"
#include "tests/unit/tracees.h"

/* --- closed processes --- */

struct closing {
	int dir, file, gone;
	char cwd[32];
};

static void play_closing(const struct actor *self, void *arg)
{
	struct closing *c = arg;

	(void)snprintf(text, sizeof(text), "before");
	must(chdir("/usr") == 0);
	c->dir = open("/etc", O_RDONLY | O_DIRECTORY);
	c->file = open("/etc/passwd", O_RDONLY);
	c->gone = open("/var", O_RDONLY | O_DIRECTORY);
	did(self, 0);
	drop_to(4242);
	(void)snprintf(text, sizeof(text), "after");
	did(self, 1);
	must(close(c->gone) == 0);
	did(self, 2);
	must(open("/sys", O_RDONLY | O_DIRECTORY) == c->gone);
	did(self, 3);
	must(chdir("/tmp") == 0);
	did(self, 4);
	must(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	did(self, 5);
}

static struct closing *shared_closing(void)
{
	struct closing *c = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(c != MAP_FAILED);
	return c;
}

static char *fd_link(int fd, const char *end)
{
	static char link[32];

	(void)snprintf(link, sizeof(link), "fd/%d%s", fd, end);
	return link;
}

TEST(a_process_that_was_closed_from_the_start_says_so)
{
	NEED_ROOT();
	struct closing *c = shared_closing();
	const struct actor a = actor_start(play_closing, c);
	struct tracees *all = table(16);
	char buf[8];

	(void)step(&a);
	(void)next(&a);
	const struct tracee *t = get(all, a.pid);
	assert_true(t->closed);
	assert_int_equal(t->who.euid, 4242);
	assert_null(t->exe);
	assert_false(t->own_view);
	assert_int_equal(tracee_read(all, t, ADDR(text), buf, sizeof(buf)), -EPERM);
	assert_int_equal(tracee_read_text(all, t, ADDR(text), buf, sizeof(buf)), -EPERM);
	assert_refused(all, t, "cwd", -EACCES);
	assert_refused(all, t, "root", -EACCES);
	assert_refused(all, t, fd_link(c->dir, ""), -EACCES);
	assert_refused(all, t, fd_link(c->dir, "/"), -EACCES);
	assert_refused(all, t, "fd/4000", -EBADF);
	actor_end(&a);
	tracees_done(all);
	assert_int_equal(munmap(c, PAGE), 0);
}

TEST(what_was_kept_in_time_serves_a_closed_process)
{
	NEED_ROOT();
	struct closing *c = shared_closing();
	const struct actor a = actor_start(play_closing, c);
	struct tracees *all = table(16);

	(void)step(&a);
	const struct tracee *t = get(all, a.pid);
	assert_false(t->closed);
	before_creds(all, t);
	(void)next(&a);
	t = get(all, a.pid);
	assert_true(t->closed && t->own_view);
	assert_int_equal(t->who.fsuid, 4242);
	assert_non_null(t->exe);
	assert_text(all, t, "after");
	assert_leads(all, t, "cwd", "/usr");
	assert_leads(all, t, "root", "/");
	/* It may be another file by now. */
	assert_refused(all, t, fd_link(c->dir, "/"), -EACCES);
	assert_refused(all, t, fd_link(c->dir, ""), -EACCES);
	assert_refused(all, t, fd_link(c->file, "/"), -EACCES);
	assert_refused(all, t, "fd/4000/", -EBADF);
	assert_refused(all, t, fd_link(c->gone, "/"), -EACCES);
	(void)next(&a);
	t = get(all, a.pid);
	assert_refused(all, t, fd_link(c->gone, "/"), -EBADF);
	(void)next(&a);
	t = get(all, a.pid);
	assert_refused(all, t, fd_link(c->gone, "/"), -EACCES);
	actor_end(&a);
	tracees_done(all);
	assert_int_equal(munmap(c, PAGE), 0);
}

TEST(a_closed_process_is_followed_where_it_goes)
{
	NEED_ROOT();
	struct closing *c = shared_closing();
	const struct actor a = actor_start(play_closing, c);
	struct tracees *all = table(16);
	AUTO_CLOSE int tmp = opened("/tmp"), etc = opened("/etc");

	(void)step(&a);
	before_creds(all, get(all, a.pid));
	(void)next(&a);
	(void)next(&a);
	(void)next(&a);
	const struct tracee *t = get(all, a.pid);
	/* A signal took it out of the wait: it did not go. */
	before(all, t, CALL_CHDIR, "chdir", 0, etc);
	tracee_unsent(all, a.pid);
	t = get(all, a.pid);
	assert_leads(all, t, "cwd", "/usr");
	/* It fails: the same. */
	before(all, t, CALL_CHDIR, "chdir", 0, -1);
	t = get(all, a.pid);
	assert_leads(all, t, "cwd", "/usr");
	before(all, t, CALL_CHDIR, "chdir", 0, tmp);
	(void)next(&a);
	t = get(all, a.pid);
	assert_leads(all, t, "cwd", "/tmp");
	before(all, t, CALL_CHDIR, "chdir", 0, TRACEE_TO_UNKNOWN);
	t = get(all, a.pid);
	assert_refused(all, t, "cwd", -EACCES);
	before(all, t, CALL_FCHDIR, "fchdir", 0, etc);
	t = get(all, a.pid);
	assert_leads(all, t, "cwd", "/etc");
	/* It opens itself again: it is asked, and what was kept is let go. */
	before(all, t, CALL_PRCTL, "prctl", PR_SET_DUMPABLE, -1);
	(void)next(&a);
	t = get(all, a.pid);
	assert_false(t->closed);
	assert_null(entry_find(all, a.pid)->process->kept);
	assert_leads(all, t, "cwd", "/tmp");
	assert_leads(all, t, fd_link(c->file, ""), "/etc/passwd");
	actor_end(&a);
	tracees_done(all);
	assert_int_equal(munmap(c, PAGE), 0);
}

static void play_undumpable(const struct actor *self, void *arg)
{
	(void)arg;
	(void)snprintf(text, sizeof(text), "hidden");
	did(self, a_thread());
	must(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
	did(self, 1);
	const pid_t child = fork();
	if (child == 0)
		for (;;)
			(void)pause();
	did(self, child);
	must(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
	must(unshare(CLONE_FS) == 0 || errno == EPERM);
	did(self, 3);
}

/* Needs no root: so it is with ssh-agent, for anybody. */
TEST(a_process_may_close_itself_by_prctl)
{
	const struct actor a = actor_start(play_undumpable, NULL);
	struct tracees *all = table(16);
	char buf[8];
	const pid_t tid = step(&a);

	(void)get(all, tid);
	before(all, get(all, a.pid), CALL_PRCTL, "prctl", PR_SET_DUMPABLE, -1);
	(void)next(&a);
	const struct tracee *t = get(all, a.pid);
	assert_true(t->closed && t->own_view);
	assert_text(all, t, "hidden");
	assert_leads(all, t, "cwd", ".");
	/* Its other thread, and one that was never seen before. */
	t = get(all, tid);
	assert_true(t->closed);
	assert_text(all, t, "hidden");
	/* What it forks from then on has a memory that nobody opened. */
	const pid_t child = next(&a);
	t = get(all, child);
	assert_true(t->closed && !t->own_view);
	assert_int_equal(tracee_read(all, t, ADDR(text), buf, sizeof(buf)), -EPERM);
	assert_refused(all, t, "cwd", -EACCES);
	/* Threads with directories of their own: not known whose was kept. */
	t = get(all, a.pid);
	before(all, t, CALL_MOUNT, "unshare", CLONE_FS, -1);
	(void)next(&a);
	t = get(all, a.pid);
	assert_refused(all, t, "cwd", -EACCES);
	assert_text(all, t, "hidden");
	actor_end(&a);
	tracees_done(all);
}

/* --- exec --- */

static void play_exec(const struct actor *self, void *arg)
{
	(void)arg;
	(void)snprintf(text, sizeof(text), "first");
	did(self, 0);
	drop_to(4242);
	did(self, 1);
	(void)execl("/nonexistent/program", "x", (char *)NULL);
	did(self, 2);
	(void)execl("/bin/sleep", "sleep", "120", (char *)NULL);
}

/* The program is another one as soon as its name is. */
static void wait_for_exe(pid_t pid, const char *name)
{
	char path[64], buf[64] = "";
	AUTO_CLOSE int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	while (strncmp(buf, name, strlen(name)) != 0) {
		(void)usleep(1000);
		cleanup_close(&fd);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(fd >= 0 && read(fd, buf, sizeof(buf) - 1) > 0);
	}
}

/* As su-exec does along PATH: the memory of a closed process is still the same after an
 * exec that failed, and another one's after one that did not. */
TEST(an_exec_that_fails_leaves_what_was_known)
{
	NEED_ROOT();
	const struct actor a = actor_start(play_exec, NULL);
	struct tracees *all = table(16);
	char buf[64];

	(void)step(&a);
	before_creds(all, get(all, a.pid));
	(void)next(&a);
	const struct tracee *t = get(all, a.pid);
	assert_true(t->closed);
	assert_text(all, t, "first");
	before(all, t, CALL_EXEC, "execve", 0, -1);
	(void)next(&a);
	t = get(all, a.pid);
	assert_true(t->closed);
	assert_text(all, t, "first");
	assert_leads(all, t, "cwd", ".");
	assert_non_null(t->exe);
	before(all, t, CALL_EXEC, "execve", 0, -1);
	go(&a);
	wait_for_exe(a.pid, "sleep");
	t = get(all, a.pid);
	assert_false(t->closed);
	assert_string_equal(strrchr(t->exe, '/'), "/sleep");
	assert_null(entry_find(all, a.pid)->process->kept);
	if (tracee_read_text(all, t, ADDR(text), buf, sizeof(buf)) >= 0)
		assert_string_not_equal(buf, "first");
	actor_end(&a);
	tracees_done(all);
}

/* The same in a program that was executed itself: it is at another address. */
static void play_executed(const struct actor *self, void *arg)
{
	char says[12], hears[12];

	(void)arg;
	(void)snprintf(says, sizeof(says), "%d", self->says_);
	(void)snprintf(hears, sizeof(hears), "%d", self->hears_);
	must(fcntl(self->says_, F_SETFD, 0) == 0 && fcntl(self->hears_, F_SETFD, 0) == 0);
	(void)execl("/proc/self/exe", "test_tracee", says, hears, (char *)NULL);
}

static int executed(const char *says, const char *hears)
{
	int64_t up = -1, down = -1;

	must(num_i64(says, &up) == 0 && num_i64(hears, &down) == 0);
	const struct actor self = { .says_ = (int)up, .hears_ = (int)down };

	(void)alarm(120);
	did(&self, (int)(ADDR(text) >> 32));
	did(&self, (int)(uint32_t)ADDR(text));
	play_exec(&self, NULL);
	return 1;
}

TEST(an_exec_that_fails_is_told_from_one_before)
{
	NEED_ROOT();
	const struct actor a = actor_start(play_executed, NULL);
	struct tracees *all = table(16);
	char buf[64] = "";
	uint64_t at = (uint64_t)(uint32_t)step(&a) << 32;

	at |= (uint32_t)next(&a);
	(void)next(&a);
	before_creds(all, get(all, a.pid));
	(void)next(&a);
	before(all, get(all, a.pid), CALL_EXEC, "execve", 0, -1);
	(void)next(&a);
	const struct tracee *t = get(all, a.pid);
	assert_true(t->closed);
	assert_int_equal(tracee_read_text(all, t, at, buf, sizeof(buf)), 5);
	assert_string_equal(buf, "first");
	assert_leads(all, t, "cwd", ".");
	before(all, t, CALL_EXEC, "execve", 0, -1);
	go(&a);
	wait_for_exe(a.pid, "sleep");
	t = get(all, a.pid);
	assert_false(t->closed);
	assert_int_equal(entry_find(all, a.pid)->process->mem, -1);
	actor_end(&a);
	tracees_done(all);
}

static void play_vfork(const struct actor *self, void *arg)
{
	(void)arg;
	(void)snprintf(text, sizeof(text), "parent's");
	drop_to(4242);
	must(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	const pid_t child = vfork();
	if (child == 0) {
		did(self, getpid());
		(void)execl("/bin/sleep", "sleep", "120", (char *)NULL);
		_exit(1);
	}
	(void)snprintf(text, sizeof(text), "parent's still");
	did(self, 0);
}

/* Until its exec the child's memory is its parent's, which goes on being there. */
TEST(a_vfork_child_leaves_its_parents_memory)
{
	NEED_ROOT();
	const struct actor a = actor_start(play_vfork, NULL);
	struct tracees *all = table(16);
	const pid_t child = step(&a);
	char buf[64] = "";

	const struct tracee *t = get(all, child);
	assert_text(all, t, "parent's");
	assert_true(entry_find(all, child)->process->mem >= 0);
	before(all, t, CALL_EXEC, "execve", 0, -1);
	(void)next(&a);
	wait_for_exe(child, "sleep");
	t = get(all, child);
	assert_string_equal(strrchr(t->exe, '/'), "/sleep");
	if (tracee_read_text(all, t, ADDR(text), buf, sizeof(buf)) >= 0)
		assert_string_not_equal(buf, "parent's still");
	assert_text(all, get(all, a.pid), "parent's still");
	(void)kill(child, SIGKILL);
	actor_end(&a);
	tracees_done(all);
}

struct crew {
	const struct actor *self;
	volatile pid_t tid;
};

static void *thread_executes(void *arg)
{
	struct crew *crew = arg;

	/* Raw: of this thread alone. Its capabilities go too. */
	must(syscall(SYS_setresuid, 4242, 4242, 4242) == 0);
	crew->tid = gettid();
	did(crew->self, crew->tid);
	(void)execl("/bin/sleep", "sleep", "120", (char *)NULL);
	_exit(1);
}

static void play_thread_exec(const struct actor *self, void *arg)
{
	struct crew crew = { .self = self };
	pthread_t thread;

	(void)arg;
	must(pthread_create(&thread, NULL, thread_executes, &crew) == 0);
	for (;;)
		(void)pause();
}

/* A thread that executes takes its leader's TID, and its own is gone. */
TEST(a_leader_may_be_another_thread_after_an_exec)
{
	NEED_ROOT();
	const struct actor a = actor_start(play_thread_exec, NULL);
	struct tracees *all = table(16);
	const pid_t tid = step(&a);

	assert_int_equal(get(all, a.pid)->who.euid, 0);
	const struct tracee *t = get(all, tid);
	assert_int_equal(t->who.euid, 4242);
	before(all, t, CALL_EXEC, "execve", 0, -1);
	/* The leader comes once more before the exec takes place. */
	assert_int_equal(get(all, a.pid)->who.euid, 0);
	go(&a);
	wait_for_exe(a.pid, "sleep");
	t = get(all, a.pid);
	assert_int_equal(t->who.euid, 4242);
	assert_string_equal(strrchr(t->exe, '/'), "/sleep");
	assert_null(entry_find(all, tid));
	assert_int_equal(entry_find(all, a.pid)->process->changing, 0);
	actor_end(&a);
	tracees_done(all);
}

static void play_chroot_closed(const struct actor *self, void *arg)
{
	(void)arg;
	did(self, 0);
	must(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
	did(self, 1);
	must(chroot("/usr") == 0);
	did(self, 2);
}

TEST(a_closed_process_may_change_its_root)
{
	NEED_ROOT();
	const struct actor a = actor_start(play_chroot_closed, NULL);
	struct tracees *all = table(16);
	AUTO_CLOSE int usr = opened("/usr");

	(void)step(&a);
	before(all, get(all, a.pid), CALL_PRCTL, "prctl", PR_SET_DUMPABLE, -1);
	(void)next(&a);
	const struct tracee *t = get(all, a.pid);
	assert_true(t->closed && t->own_view);
	before(all, t, CALL_CHROOT, "chroot", 0, usr);
	(void)next(&a);
	t = get(all, a.pid);
	assert_false(t->own_view);
	assert_leads(all, t, "root", "/usr");
	actor_end(&a);
	tracees_done(all);
}

/* With SYS_PTRACE nothing closes itself, and nothing has to be kept. */
TEST(with_sys_ptrace_nothing_is_closed)
{
	NEED_ROOT();
	if (!(own_caps() & CAP_MASK(CAP_SYS_PTRACE)))
		skip();
	struct closing *c = shared_closing();
	const struct actor a = actor_start(play_closing, c);
	struct tracees *all = table(16);

	(void)step(&a);
	before_creds(all, get(all, a.pid));
	assert_null(entry_find(all, a.pid)->process->kept);
	(void)next(&a);
	const struct tracee *t = get(all, a.pid);
	assert_false(t->closed);
	assert_text(all, t, "after");
	assert_leads(all, t, "cwd", "/usr");
	assert_leads(all, t, fd_link(c->file, ""), "/etc/passwd");
	actor_end(&a);
	tracees_done(all);
	assert_int_equal(munmap(c, PAGE), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest privileged[] = {
		cmocka_unit_test(with_sys_ptrace_nothing_is_closed),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_that_was_closed_from_the_start_says_so),
		cmocka_unit_test(what_was_kept_in_time_serves_a_closed_process),
		cmocka_unit_test(a_closed_process_is_followed_where_it_goes),
		cmocka_unit_test(a_process_may_close_itself_by_prctl),
		cmocka_unit_test(an_exec_that_fails_leaves_what_was_known),
		cmocka_unit_test(an_exec_that_fails_is_told_from_one_before),
		cmocka_unit_test(a_vfork_child_leaves_its_parents_memory),
		cmocka_unit_test(a_leader_may_be_another_thread_after_an_exec),
		cmocka_unit_test(a_closed_process_may_change_its_root),
	};

	if (argc == 3)
		return executed(argv[1], argv[2]);
	int r = cmocka_run_group_tests_name("with our capabilities", privileged, NULL,
					    NULL);

	drop_to_docker();
	return r + cmocka_run_group_tests_name("as in a container", tests, NULL, NULL);
}
