/* SPDX-License-Identifier: MIT
 *
 * With real threads and processes. As root this program first runs what needs every
 * capability, and then drops to those that Docker gives by default.
 */
#include "probe/trace/tracee/tracee.h"

#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "probe/caps.h"
#include "tests/unit/tracees.h"

/* --- memory --- */

static struct entry *as_mem(struct tracees *all, const struct tracee *t)
{
	struct entry *e = entry_find(all, t->tid);

	e->process->readv_refused = true;
	return e;
}

/* Two pages, the second of which is not there. */
static char *last_page(void)
{
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	assert_int_equal(munmap(p + PAGE, PAGE), 0);
	return p;
}

static void texts_at_an_edge(struct tracees *all, const struct tracee *t)
{
	char *page = last_page(), buf[PAGE];

	memset(page, 'x', PAGE);
	assert_int_equal(tracee_read_text(all, t, ADDR(page), buf, sizeof(buf)),
			 -ENAMETOOLONG);
	assert_int_equal(tracee_read_text(all, t, ADDR(page + 1), buf, sizeof(buf)),
			 -EFAULT);
	assert_int_equal(tracee_read(all, t, ADDR(page + PAGE - 3), buf, 8), 3);
	assert_int_equal(tracee_read(all, t, ADDR(page + PAGE), buf, 8), -EFAULT);
	page[PAGE - 1] = '\0';
	assert_int_equal(tracee_read_text(all, t, ADDR(page), buf, sizeof(buf)),
			 PAGE - 1);
	assert_int_equal(tracee_read_text(all, t, ADDR(page + PAGE - 1), buf, 1), 0);
	assert_int_equal(tracee_read_text(all, t, ADDR(page + PAGE - 2), buf, 1),
			 -ENAMETOOLONG);
	assert_int_equal(munmap(page, PAGE), 0);
}

static void texts_over_an_edge(struct tracees *all, const struct tracee *t)
{
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char buf[PAGE];

	assert_true(p != MAP_FAILED);
	memset(p, 'y', 2 * PAGE);
	for (size_t start = PAGE - 600; start < PAGE; start += 37) {
		p[start + 4095] = '\0';
		assert_int_equal(
			tracee_read_text(all, t, ADDR(p + start), buf, sizeof(buf)),
			4095);
		assert_memory_equal(buf, p + start, 4096);
		p[start + 4095] = 'y';
	}
	assert_int_equal(tracee_read(all, t, ADDR(p + 100), buf, PAGE), PAGE);
	assert_int_equal(munmap(p, 2 * PAGE), 0);
}

static void bad_addresses(struct tracees *all, const struct tracee *t)
{
	const uint64_t bad[] = { 0,
				 1,
				 UINT64_C(0x7ffffffff000),
				 UINT64_C(1) << 63,
				 UINT64_MAX,
				 UINT64_MAX - 4095 };
	char buf[16];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(tracee_read(all, t, bad[i], buf, sizeof(buf)), -EFAULT);
		assert_int_equal(tracee_read_text(all, t, bad[i], buf, sizeof(buf)),
				 -EFAULT);
	}
	assert_int_equal(tracee_read(all, t, 0, buf, 0), 0);
}

TEST(a_text_is_read_up_to_the_last_byte_that_is_there)
{
	struct tracees *all = table(16);
	const struct tracee *self = get(all, getpid());

	for (int mem = 0; mem < 2; mem++) {
		if (mem)
			(void)as_mem(all, self);
		texts_at_an_edge(all, self);
		texts_over_an_edge(all, self);
		bad_addresses(all, self);
		assert_text(all, self, "ours");
		assert_int_equal(as_mem(all, self)->process->mem >= 0, mem);
		self = get(all, getpid());
		as_mem(all, self)->process->readv_refused = false;
	}
	tracees_done(all);
}

static void play_still(const struct actor *self, void *arg)
{
	(void)snprintf(text, sizeof(text), "%s", (const char *)arg);
	did(self, 0);
}

static char still[] = "a child's";

TEST(a_child_has_its_own_memory_and_links)
{
	const struct actor a = actor_start(play_still, still);
	struct tracees *all = table(16);
	char buf[64];
	(void)step(&a);

	const struct tracee *t = get(all, a.pid);
	assert_int_equal(t->tgid, a.pid);
	assert_int_equal(t->who.euid, geteuid());
	assert_true(t->own_view && !t->closed);
	assert_string_equal(strrchr(t->exe, '/'), "/test_tracee");
	assert_text(all, t, "a child's");
	assert_leads(all, t, "cwd", ".");
	assert_leads(all, t, "root", "/");
	assert_int_equal(tracee_readlink(all, t, "root", buf, sizeof(buf)), 1);
	assert_string_equal(buf, "/");
	assert_refused(all, t, "fd/4000", -EBADF);
	assert_int_equal(tracee_open(all, t, "fd/4000/"), -EBADF);
	assert_int_equal(tracee_readlink(all, t, "cwd", buf, 1), -ENAMETOOLONG);
	(void)snprintf(buf, sizeof(buf), "fd/%d/", a.says_);
	assert_int_equal(tracee_open(all, t, buf), -ENOTDIR);
	assert_true(tracee_readlink(all, t, buf, buf, sizeof(buf)) > 0);
	assert_memory_equal(buf, "pipe:[", 6);
	/* Without a pidfd, as on an old kernel. */
	struct life *life = entry_life(entry_find(all, a.pid));
	cleanup_close(&life->pidfd);
	life->pidfd = -1;
	assert_ptr_equal(get(all, a.pid), t);
	actor_end(&a);
	assert_null(tracees_get(all, a.pid));
	assert_null(entry_find(all, a.pid));
	tracees_done(all);
}

TEST(what_ended_is_not_found)
{
	struct tracees *all = table(16);
	const pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_null(tracees_get(all, pid));
	assert_null(tracees_get(all, 0));
	assert_null(tracees_get(all, -1));
	tracees_done(all);
}

/* --- threads --- */

static void play_thread(const struct actor *self, void *arg)
{
	(void)arg;
	did(self, a_thread());
}

TEST(threads_share_their_process)
{
	const struct actor a = actor_start(play_thread, NULL);
	struct tracees *all = table(16);
	const pid_t tid = step(&a);

	/* The thread first: its process is made without an entry of the leader. */
	const struct tracee *t = get(all, tid);
	assert_int_equal(t->tgid, a.pid);
	assert_text(all, t, "ours");
	assert_true(t->own_view);
	const struct tracee *leader = get(all, a.pid);
	assert_int_equal(leader->tgid, a.pid);
	assert_ptr_equal(entry_find(all, tid)->process, entry_find(all, a.pid)->process);
	assert_int_equal(entry_find(all, tid)->process->threads, 2);
	assert_ptr_equal(t->exe, leader->exe);
	actor_end(&a);
	assert_null(tracees_get(all, tid));
	assert_null(tracees_get(all, a.pid));
	tracees_done(all);
}

/* --- another uid --- */

static void play_other(const struct actor *self, void *arg)
{
	struct err err = ERR_INIT;
	const uint64_t keep = *(const uint64_t *)arg;

	(void)snprintf(text, sizeof(text), "another's");
	must(prctl(PR_SET_KEEPCAPS, keep != 0, 0, 0, 0) == 0);
	drop_to(4242);
	must(caps_set(&(struct caps){ .effective = keep, .permitted = keep }, &err) == 0);
	/* As after an exec. */
	must(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	did(self, open("/", O_RDONLY | O_DIRECTORY));
}

static void looks_into_another(uint64_t keep)
{
	const struct actor a = actor_start(play_other, &keep);

	assert_int_equal(prctl(PR_SET_PDEATHSIG, SIGWINCH, 0, 0, 0), 0);
	struct tracees *all = table(16);
	const uint64_t caps = own_caps();
	const int dir = step(&a);
	char link[32];

	const struct tracee *t = get(all, a.pid);
	assert_int_equal(t->who.fsuid, 4242);
	assert_int_equal(t->who.cap_permitted, keep);
	assert_true(t->own_view && !t->closed);
	assert_non_null(t->exe);
	assert_text(all, t, "another's");
	assert_leads(all, t, "cwd", ".");
	(void)snprintf(link, sizeof(link), "fd/%d/", dir);
	assert_leads(all, t, link, "/");
	assert_refused(all, t, "fd/4000", -EBADF);
	assert_ptr_equal(get(all, a.pid), t);
	/* We are ourselves again. */
	int deathsig = 0;
	assert_int_equal(prctl(PR_GET_PDEATHSIG, &deathsig, 0, 0, 0), 0);
	assert_int_equal(deathsig, SIGWINCH);
	assert_int_equal(prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0), 0);
	assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
	assert_int_equal(setfsuid((uid_t)-1), geteuid());
	assert_int_equal(setfsgid((gid_t)-1), getegid());
	assert_int_equal(own_caps(), caps);
	actor_end(&a);
	tracees_done(all);
}

TEST(another_uid_is_looked_into_with_its_own_ids)
{
	NEED_ROOT();
	looks_into_another(0);
}

/* Our capabilities for files go with our fsuid, and have to be there. */
TEST(another_uid_with_capabilities_is_looked_into)
{
	NEED_ROOT();
	looks_into_another(CAP_MASK(CAP_CHOWN) | CAP_MASK(CAP_SETUID));
}

/* --- roots --- */

static void play_chroot(const struct actor *self, void *arg)
{
	(void)arg;
	did(self, a_thread());
	must(chroot("/usr") == 0);
	did(self, 1);
}

TEST(a_chroot_gives_another_view_whenever_it_takes_place)
{
	NEED_ROOT();
	const struct actor a = actor_start(play_chroot, NULL);
	struct tracees *all = table(16);
	const pid_t tid = step(&a);

	const struct tracee *t = get(all, a.pid);
	assert_true(t->own_view);
	assert_true(get(all, tid)->own_view);
	before(all, t, CALL_CHROOT, "chroot", 0, -1);
	/* The other thread comes in between: its view is asked for each time. */
	assert_true(get(all, tid)->own_view);
	(void)next(&a);
	t = get(all, tid);
	assert_false(t->own_view);
	assert_leads(all, t, "root", "/usr");
	assert_false(get(all, a.pid)->own_view);
	assert_int_equal(all->unsettled_len, 0);
	actor_end(&a);
	tracees_done(all);
}

/* --- the table --- */

TEST(the_table_stays_small_and_leaks_nothing)
{
	const size_t before_all = open_fds();
	struct tracees *all = table(3);
	struct actor actors[8];

	for (size_t i = 0; i < ARRAY_LEN(actors); i++) {
		actors[i] = actor_start(play_still, still);
		(void)step(&actors[i]);
	}
	const size_t with_actors = open_fds();
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < ARRAY_LEN(actors); i++) {
			assert_text(all, get(all, actors[i].pid), "a child's");
			assert_true(all->len <= 3);
		}
	assert_true(open_fds() <= with_actors + 3 * 3);
	/* The dead make room, unasked. */
	for (size_t i = 0; i < ARRAY_LEN(actors); i++)
		actor_end(&actors[i]);
	assert_text(all, get(all, getpid()), "ours");
	assert_int_equal(all->len, 2);
	tracees_sweep(all);
	assert_int_equal(all->len, 1);
	tracees_done(all);
	assert_int_equal(open_fds(), before_all);
}

TEST(without_descriptors_the_oldest_go)
{
	struct rlimit old, few;
	struct tracees *all = table(100);
	struct actor actors[6];

	for (size_t i = 0; i < ARRAY_LEN(actors); i++) {
		actors[i] = actor_start(play_still, still);
		(void)step(&actors[i]);
	}
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	const int next_fd = dup(0);
	assert_true(next_fd >= 0);
	(void)close(next_fd);
	few = old;
	few.rlim_cur = (rlim_t)next_fd + 7;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	bool ok = true;
	for (size_t i = 0; i < ARRAY_LEN(actors); i++)
		ok = ok && tracees_get(all, actors[i].pid);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_true(ok);
	assert_true(all->len < ARRAY_LEN(actors));
	for (size_t i = 0; i < ARRAY_LEN(actors); i++)
		actor_end(&actors[i]);
	tracees_done(all);
}

/* --- with every capability --- */

struct clone_args_ {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls,
		set_tid, set_tid_size, cgroup;
};

static pid_t fork_as(pid_t pid)
{
	struct clone_args_ args = { .exit_signal = SIGCHLD,
				    .set_tid = ADDR(&pid),
				    .set_tid_size = 1 };

	return (pid_t)syscall(435 /* clone3 */, &args, sizeof(args));
}

TEST(a_reused_tid_is_another_thread)
{
	struct tracees *all = table(16);
	const struct actor a = actor_start(play_still, still);

	(void)step(&a);
	const struct tracee *t = get(all, a.pid);
	assert_text(all, t, "a child's");
	(void)as_mem(all, t);
	assert_text(all, t, "a child's");
	actor_end(&a);
	(void)snprintf(text, sizeof(text), "the next one's");
	const pid_t again = fork_as(a.pid);
	if (again == 0) {
		(void)alarm(120);
		for (;;)
			(void)pause();
	}
	(void)snprintf(text, sizeof(text), "ours");
	if (again < 0) {
		tracees_done(all);
		print_message("no clone3 with set_tid here: %s\n", strerror(errno));
		skip();
	}
	assert_int_equal(again, a.pid);
	t = get(all, again);
	assert_text(all, t, "the next one's");
	assert_int_equal(kill(again, SIGKILL), 0);
	assert_int_equal(waitpid(again, NULL, 0), again);
	tracees_done(all);
}

static void play_unshare(const struct actor *self, void *arg)
{
	(void)arg;
	did(self, 0);
	did(self, unshare(CLONE_NEWNS) == 0 ? 0 : errno);
}

TEST(a_mount_namespace_of_its_own_is_another_view)
{
	NEED_ROOT();
	const struct actor a = actor_start(play_unshare, NULL);
	struct tracees *all = table(16);

	(void)step(&a);
	const struct tracee *t = get(all, a.pid);
	assert_true(t->own_view);
	before(all, t, CALL_MOUNT, "unshare", CLONE_NEWNS, -1);
	const int code = next(&a);
	t = get(all, a.pid);
	assert_int_equal(t->own_view, code != 0);
	actor_end(&a);
	tracees_done(all);
	if (code)
		skip();
}

int main(void)
{
	const struct CMUnitTest privileged[] = {
		cmocka_unit_test(a_reused_tid_is_another_thread),
		cmocka_unit_test(a_mount_namespace_of_its_own_is_another_view),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_read_up_to_the_last_byte_that_is_there),
		cmocka_unit_test(a_child_has_its_own_memory_and_links),
		cmocka_unit_test(what_ended_is_not_found),
		cmocka_unit_test(threads_share_their_process),
		cmocka_unit_test(another_uid_is_looked_into_with_its_own_ids),
		cmocka_unit_test(another_uid_with_capabilities_is_looked_into),
		cmocka_unit_test(a_chroot_gives_another_view_whenever_it_takes_place),
		cmocka_unit_test(the_table_stays_small_and_leaks_nothing),
		cmocka_unit_test(without_descriptors_the_oldest_go),
	};

	int r = cmocka_run_group_tests_name("with our capabilities", privileged, NULL,
					    NULL);

	drop_to_docker();
	return r + cmocka_run_group_tests_name("as in a container", tests, NULL, NULL);
}
