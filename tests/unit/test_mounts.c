/* SPDX-License-Identifier: MIT */
#include "probe/proc/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "probe/proc/patience.h"
#include "probe/proc/sockets.h"
#include "tests/unit/test.h"

/* Docker's, with a read-only root, a volume, a tmpfs and the runtime's socket. */
static const char container[] =
	"500 400 0:60 / / ro,relatime - overlay overlay "
	"rw,lowerdir=/l/A:/l/B,upperdir=/u,workdir=/w\n"
	"501 500 0:61 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw\n"
	"502 500 0:62 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755\n"
	"503 502 0:63 / /dev/pts rw,nosuid,noexec,relatime - devpts devpts rw,gid=5\n"
	"504 500 0:64 / /sys ro,nosuid,nodev,noexec,relatime - sysfs sysfs ro\n"
	"505 504 0:30 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup "
	"rw\n"
	"506 502 0:65 / /dev/mqueue rw,nosuid,nodev,noexec,relatime - mqueue mqueue rw\n"
	"507 502 0:66 / /dev/shm rw,nosuid,nodev,noexec,relatime - tmpfs shm "
	"rw,size=65536k\n"
	"508 500 8:1 /var/lib/docker/containers/c/hosts /etc/hosts ro,relatime - ext4 "
	"/dev/sda1 rw\n"
	"509 500 8:1 /var/lib/docker/volumes/data/_data /data rw,relatime shared:7 "
	"master:8 - ext4 /dev/sda1 rw\n"
	"510 500 0:67 / /tmp rw,nosuid,nodev,noexec,relatime - tmpfs tmpfs rw\n"
	"511 500 0:22 /docker.sock /run/docker.sock rw,nosuid - tmpfs tmpfs "
	"rw,size=800k\n"
	"512 501 0:61 /bus /proc/bus ro,nosuid,nodev,noexec,relatime - proc proc rw\n"
	"513 501 0:61 /sys /proc/sys ro,nosuid,nodev,noexec,relatime - proc proc rw\n"
	"514 501 0:62 /null /proc/kcore rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755\n"
	"515 501 0:68 / /proc/acpi ro,relatime - tmpfs tmpfs ro\n"
	"516 504 0:69 / /sys/firmware ro,relatime - tmpfs tmpfs ro\n"
	"517 500 0:70 / /home/old\\040name\\012\\134x rw - nfs4 fs:/ rw,vers=4.1\n"
	"518 502 0:63 /0 /dev/console rw,nosuid,noexec,relatime - devpts devpts rw\n"
	"519 500 0:5 / /host/proc rw - proc proc rw\n";

static struct mounts_facts parsed(const char *text)
{
	struct mounts_facts facts = { 0 };
	struct err err = ERR_INIT;

	if (mounts_parse(text, strlen(text), &facts, &err) < 0)
		fail_msg("%s", err.msg);
	return facts;
}

static const struct mount_fact *at(const struct mounts_facts *facts, const char *path)
{
	LIST_EACH (struct mount_fact, m, &facts->list)
		if (strcmp(m->path, path) == 0)
			return m;
	fail_msg("no mount at %s", path);
	return NULL;
}

TEST(a_container_is_read_as_it_is)
{
	static const struct {
		const char *path;
		enum mount_kind kind;
		bool readonly;
	} want[] = {
		{ "/", MOUNT_ROOT, true },
		{ "/data", MOUNT_VOLUME, false },
		{ "/dev", MOUNT_KERNEL, false },
		{ "/dev/console", MOUNT_KERNEL, false },
		{ "/dev/mqueue", MOUNT_KERNEL, false },
		{ "/dev/pts", MOUNT_KERNEL, false },
		{ "/dev/shm", MOUNT_TMPFS, false },
		{ "/etc/hosts", MOUNT_RUNTIME, true },
		{ "/home/old name\n\\x", MOUNT_VOLUME, false },
		{ "/host/proc", MOUNT_VOLUME, false },
		{ "/proc", MOUNT_KERNEL, false },
		{ "/proc/acpi", MOUNT_KERNEL, true },
		{ "/proc/bus", MOUNT_KERNEL, true },
		{ "/proc/kcore", MOUNT_KERNEL, false },
		{ "/proc/sys", MOUNT_KERNEL, true },
		{ "/run/docker.sock", MOUNT_VOLUME, false },
		{ "/sys", MOUNT_KERNEL, true },
		{ "/sys/firmware", MOUNT_KERNEL, true },
		{ "/sys/fs/cgroup", MOUNT_KERNEL, true },
		{ "/tmp", MOUNT_TMPFS, false },
	};
	AUTO(mounts_facts_done) struct mounts_facts facts = parsed(container);

	assert_int_equal(facts.list.len, ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		const struct mount_fact *m = LIST_AT(&facts.list, struct mount_fact, i);

		assert_string_equal(m->path, want[i].path);
		if (m->kind != want[i].kind || m->readonly != want[i].readonly)
			fail_msg("%s: kind %d, readonly %d", m->path, m->kind,
				 m->readonly);
		assert_int_equal(m->bytes_total, -1);
		assert_int_equal(m->access, TRI_UNKNOWN);
		assert_true(mounts_is_point(&facts, want[i].path));
	}
	const struct mount_fact *data = at(&facts, "/data");
	assert_string_equal(data->root, "/var/lib/docker/volumes/data/_data");
	assert_string_equal(data->source, "/dev/sda1");
	assert_string_equal(data->fstype, "ext4");
	assert_false(data->nosuid || data->nodev || data->noexec);
	const struct mount_fact *tmp = at(&facts, "/tmp");
	assert_true(tmp->nosuid && tmp->nodev && tmp->noexec);
	assert_false(mounts_is_point(&facts, "/dat"));
	assert_false(mounts_is_point(&facts, "/data/"));
}

static void assert_texts(const struct list *texts, const char *want)
{
	AUTO(str_done) struct str s = STR_INIT(4096);

	LIST_EACH (char *, it, texts)
		(void)str_printf(&s, "%s ", *it);
	assert_string_equal(s.s, want);
}

TEST(masks_and_protected_paths_are_told_apart)
{
	AUTO(mounts_facts_done) struct mounts_facts facts = parsed(container);

	assert_texts(&facts.masked, "/proc/acpi /proc/kcore /sys/firmware ");
	assert_texts(&facts.protected, "/proc/bus /proc/sys /sys /sys/fs/cgroup ");
	assert_texts(&facts.sockets, "/run/docker.sock ");
	assert_false(facts.sys_writable);
	assert_false(facts.proc_sys_writable);
}

TEST(a_privileged_container_shows)
{
	AUTO(mounts_facts_done)
	struct mounts_facts facts = parsed("1 0 0:1 / / rw - overlay overlay rw\n"
					   "2 1 0:2 / /proc rw - proc proc rw\n"
					   "3 1 0:3 / /sys rw - sysfs sysfs rw\n");

	assert_true(facts.sys_writable);
	assert_true(facts.proc_sys_writable);
	assert_int_equal(facts.masked.len + facts.protected.len, 0);
}

struct readonly_case {
	const char *mount, *super;
	bool readonly;
};

TEST(read_only_is_the_mount_or_its_file_system)
{
	static const struct readonly_case cases[] = {
		{ "rw", "rw", false },
		{ "ro", "rw", true },
		{ "rw", "ro", true },
		{ "ro,nosuid", "ro,size=4k", true },
		{ "rw,relatime", "rw,errors=remount-ro,ro", false },
		{ "rw", "rw,lowerdir=/a,ro b", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE char *text = str_format("1 0 0:1 / / %s - ext4 /dev/x %s\n",
						  cases[i].mount, cases[i].super);
		AUTO(mounts_facts_done) struct mounts_facts facts = parsed(text);
		struct mount_fact *root = NULL;

		assert_true(mounts_root(&facts, &root));
		assert_int_equal(root->readonly, cases[i].readonly);
	}
}

struct top_case {
	const char *claim, *text, *path, *source; /* NULL: the path is no mount */
};

/* The kernel lists what is covered, too, and since 6.8 in no useful order. */
TEST(what_is_covered_does_not_count)
{
	static const struct top_case cases[] = {
		{ "the upper one of two",
		  "1 0 0:1 / / rw - a root rw\n2 1 0:2 / /x rw - a low rw\n3 2 0:3 / /x "
		  "ro - a up rw\n",
		  "/x", "up" },
		{ "in whatever order and with whatever ids",
		  "9 0 0:1 / / rw - a root rw\n2 7 0:3 / /x ro - a up rw\n7 9 0:2 / /x "
		  "rw - a low rw\n",
		  "/x", "up" },
		{ "three on one another",
		  "1 0 0:1 / / rw - a root rw\n4 3 0:2 / /x rw - a top rw\n3 2 0:3 / /x "
		  "rw - a mid rw\n"
		  "2 1 0:3 / /x rw - a low rw\n",
		  "/x", "top" },
		{ "a root on the root",
		  "1 0 0:1 / / ro - a low rw\n2 1 0:2 / / rw - a up rw\n", "/", "up" },
		{ "below a path that was covered later",
		  "1 0 0:1 / / rw - a root rw\n2 1 0:2 / /x/y rw - a old rw\n3 1 0:3 / "
		  "/x rw - a new rw\n",
		  "/x/y", NULL },
		{ "below a root that was covered",
		  "1 0 0:1 / / rw - a low rw\n2 1 0:2 / /x rw - a old rw\n3 1 0:3 / / rw "
		  "- a up rw\n",
		  "/x", NULL },
		{ "on the one that covers",
		  "1 0 0:1 / / rw - a root rw\n2 1 0:2 / /x/y rw - a old rw\n3 1 0:3 / "
		  "/x rw - a new rw\n"
		  "4 3 0:4 / /x/y rw - a visible rw\n",
		  "/x/y", "visible" },
		{ "a path that only begins alike",
		  "1 0 0:1 / / rw - a root rw\n2 1 0:2 / /x-y rw - a other rw\n3 1 0:3 / "
		  "/x rw - a new rw\n",
		  "/x-y", "other" },
		{ "no root in sight", "5 4 0:2 / /x rw - a one rw\n", "/x", "one" },
		{ "out of the root",
		  "1 0 0:1 / / rw - a root rw\n2 1 0:2 / ../x rw - a out rw\n", "../x",
		  NULL },
		{ "its own parent", "1 1 0:1 / / rw - a root rw\n", "/", "root" },
		{ "a ring", "1 2 0:1 / / rw - a one rw\n2 1 0:1 / / rw - a two rw\n",
		  "/x", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct top_case *c = &cases[i];
		struct mounts_facts facts = { 0 };
		struct err err = ERR_INIT;

		if (mounts_parse(c->text, strlen(c->text), &facts, &err) < 0)
			fail_msg("%s: %s", c->claim, err.msg);
		if (mounts_is_point(&facts, c->path) != (c->source != NULL))
			fail_msg("%s: %s is a mount: %d", c->claim, c->path, !c->source);
		if (c->source)
			assert_string_equal(at(&facts, c->path)->source, c->source);
		mounts_facts_done(&facts);
	}
}

TEST(a_source_may_be_empty)
{
	AUTO(mounts_facts_done)
	struct mounts_facts facts = parsed("1 0 0:1 / / rw - tmpfs  rw,size=4k\n");
	struct mount_fact *root = NULL;

	assert_true(mounts_root(&facts, &root));
	assert_string_equal(root->source, "");
	assert_string_equal(root->fstype, "tmpfs");
}

TEST(malformed_lines_are_refused)
{
	static const char *const bad[] = {
		"\n",
		"x 0 0:1 / / rw - a b rw\n",
		"1 0 0:1 / / rw a b rw\n",
		"1 0 0:1 / / rx - a b rw\n",
		"1 0 0:1 / /  - a b rw\n",
		"1 0 0:1 / / rw - a b\n",
		"1 0 0:1 / / rw - a b \n",
		"1 0 0:1 / / rw - a b rwx\n",
		"1 0 0:1 / / rw -\n",
		"1 0 0:1 /\n",
		"1 0 0:1 / / rw - a b rw\n\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct mounts_facts facts = { 0 };
		struct err err = ERR_INIT;

		if (mounts_parse(bad[i], strlen(bad[i]), &facts, &err) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
		assert_null(facts.list.items);
	}
}

TEST(a_tower_of_mounts_is_no_trouble)
{
	AUTO(str_done) struct str text = STR_INIT(4 << 20);

	(void)str_puts(&text, "1 0 0:1 / / rw - a root rw\n");
	for (int i = 2; i < 20000; i++)
		(void)str_printf(&text, "%d %d 0:2 / /x rw - a m%d rw\n", i, i - 1, i);
	AUTO(mounts_facts_done) struct mounts_facts facts = parsed(text.s);
	assert_int_equal(facts.list.len, 2);
	assert_string_equal(at(&facts, "/x")->source, "m19999");
	(void)str_puts(&text,
		       "20000 1 0:2 / /y rw - a y rw\n20001 1 0:2 / /z rw - a z rw\n");
	struct mounts_facts more = { 0 };
	struct err err = ERR_INIT;
	assert_int_equal(mounts_parse(text.s, text.len, &more, &err), -E2BIG);
}

TEST(names_of_sockets_are_whole_names)
{
	assert_true(sockets_is_name("/docker.sock"));
	assert_true(sockets_is_name("/run/containerd/containerd.sock"));
	assert_false(sockets_is_name("/run/mydocker.sock"));
	assert_false(sockets_is_name("/run/docker.sock/x"));
	assert_false(sockets_is_name("/"));
}

/* --- looking --- */

static void half_an_answer(const void *arg, void *answer, size_t size)
{
	(void)arg;
	(void)size;
	((volatile int *)answer)[0] = 1;
	for (;;)
		(void)pause();
}

static void whole_answer(const void *arg, void *answer, size_t size)
{
	memcpy(answer, arg, size);
}

TEST(a_question_without_an_answer_ends)
{
	int answer[2] = { 0, 7 };
	const int question[2] = { 3, 4 };

	assert_int_equal(patience_ask(half_an_answer, NULL, answer, sizeof(answer), 50),
			 -ETIMEDOUT);
	assert_int_equal(answer[0], 1);
	assert_int_equal(answer[1], 7);
	assert_int_equal(
		patience_ask(whole_answer, question, answer, sizeof(answer), 10000), 0);
	assert_int_equal(answer[1], 4);
	/* Nothing is left behind. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void probe_self(struct mounts_facts *facts)
{
	AUTO(root_done) struct root proc = ROOT_INIT;
	AUTO(target_done) struct target self = TARGET_INIT;
	struct identity_facts who = { .part.known = true, .cap_effective = 0 };
	struct err err = ERR_INIT;

	who.uid = who.euid = who.fsuid = 12345;
	who.gid = who.egid = who.fsgid = 12345;
	if (root_open("/proc", &proc, &err) < 0 ||
	    target_open(&proc, getpid(), &self, &err) < 0)
		_exit(3);
	mounts_probe(&self, &who, facts);
}

/* chroot into a volume: its mount is at "/" then, and nothing else is to be seen. */
TEST(another_root_than_the_containers_is_known)
{
	static const struct {
		const char *text;
		bool whole;
	} cases[] = {
		{ container, true },
		{ "", false },
		{ "509 500 8:1 /vol / ro - ext4 /dev/sda1 rw\n", false },
		{ "510 509 0:61 / /proc rw - proc proc rw\n", false },
		{ "509 500 8:1 /vol / ro - ext4 /dev/sda1 rw\n"
		  "510 509 0:71 / /proc rw - tmpfs tmpfs rw\n",
		  false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(mounts_facts_done)
		struct mounts_facts facts = parsed(cases[i].text);

		assert_int_equal(mounts_is_whole(&facts), cases[i].whole);
	}
}

TEST(our_own_mounts_have_sizes_and_access)
{
	AUTO(mounts_facts_done) struct mounts_facts facts = { 0 };
	struct mount_fact *root = NULL;

	probe_self(&facts);
	assert_true(facts.part.known);
	if (!mounts_root(&facts, &root))
		return; /* we are in a chroot ourselves */
	assert_true(root->bytes_total >= root->bytes_free);
	assert_int_equal(root->access, TRI_NO);
}

TEST(without_access_mountinfo_still_speaks)
{
	AUTO(root_done) struct root proc = ROOT_INIT;
	AUTO(target_done) struct target self = TARGET_INIT;
	AUTO(mounts_facts_done) struct mounts_facts facts = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(root_open("/proc", &proc, &err), 0);
	assert_int_equal(target_open(&proc, getpid(), &self, &err), 0);
	root_done(&self.root);
	self.root_errno = EACCES;
	mounts_probe(&self, NULL, &facts);
	assert_true(facts.part.known);
	assert_non_null(facts.part.why);
	assert_non_null(strstr(facts.part.why, "refuses the root file system"));
	assert_non_null(strstr(facts.part.grants, "probe --exec"));
	LIST_EACH (struct mount_fact, m, &facts.list)
		assert_int_equal(m->bytes_total, -1);
}

/* Runs 'check' in a mount namespace of its own. 77 where there is none to be had. */
static int in_namespace(int (*check)(const char *dir))
{
	char dir[] = "/tmp/taskprobe-mounts-XXXXXX";
	int status;

	assert_non_null(mkdtemp(dir));
	const pid_t pid = fork();
	if (pid == 0) {
		(void)alarm(60); /* against a hang */
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("ours", dir, "tmpfs", 0, "size=1m") < 0)
			_exit(77);
		_exit(check(dir));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(rmdir(dir), 0);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int put_socket(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	return fd < 0 ? -1 : bind(fd, (struct sockaddr *)&addr, sizeof(addr));
}

static int find_socket_in_mount(const char *dir)
{
	struct mounts_facts facts = { 0 };
	char run[64], path[96], link[96], fake[96];
	int ours = 0;

	(void)snprintf(run, sizeof(run), "%s/run", dir);
	(void)snprintf(path, sizeof(path), "%s/docker.sock", run);
	(void)snprintf(link, sizeof(link), "%s/containerd.sock", dir);
	(void)snprintf(fake, sizeof(fake), "%s/crio.sock", dir);
	if (mkdir(run, 0755) < 0 || put_socket(path) < 0 || symlink(path, link) < 0 ||
	    mkdir(fake, 0755) < 0)
		return 2;
	/* One socket by two names is one. */
	(void)snprintf(link, sizeof(link), "%s/crio", run);
	if (mkdir(link, 0755) < 0)
		return 3;
	(void)snprintf(link, sizeof(link), "%s/crio/crio.sock", run);
	if (linkat(AT_FDCWD, path, AT_FDCWD, link, 0) < 0)
		return 4;
	probe_self(&facts);
	LIST_EACH (char *, it, &facts.sockets)
		if (strncmp(*it, dir, strlen(dir)) == 0)
			ours += strcmp(*it, path) == 0 ? 1 : 100;
	LIST_EACH (struct mount_fact, m, &facts.list)
		if (strcmp(m->path, dir) == 0 && m->bytes_total != 1 << 20)
			ours = 50;
	mounts_facts_done(&facts);
	return ours == 1 ? 0 : ours + 10;
}

TEST(a_socket_in_a_mounted_directory_is_found)
{
	const int r = in_namespace(find_socket_in_mount);

	if (r == 77)
		skip();
	assert_int_equal(r, 0);
}

/* Says hello, and then takes every request without ever answering it: whoever waits
 * for that cannot even be killed. */
static void hang_for_ever(int fuse)
{
	static union {
		char bytes[1 << 17];
		struct fuse_in_header head;
	} in;
	struct {
		struct fuse_out_header head;
		struct fuse_init_out init;
	} out = { 0 };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (read(fuse, &in, sizeof(in)) < 0)
		_exit(1);
	out.head.len = sizeof(out);
	out.head.unique = in.head.unique;
	out.init.major = FUSE_KERNEL_VERSION;
	out.init.minor = FUSE_KERNEL_MINOR_VERSION;
	out.init.max_write = 4096;
	if (write(fuse, &out, sizeof(out)) < 0)
		_exit(1);
	while (read(fuse, &in, sizeof(in)) > 0)
		;
	_exit(0);
}

static int survive_hung_mounts(const char *dir)
{
	struct mounts_facts facts = { 0 };
	pid_t daemons[5];
	int hung = 0;

	for (size_t i = 0; i < ARRAY_LEN(daemons); i++) {
		char path[128], options[64];
		const int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);

		(void)snprintf(path, sizeof(path), "%s/%zu", dir, i);
		(void)snprintf(options, sizeof(options),
			       "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
		if (fuse < 0 || mkdir(path, 0755) < 0 ||
		    mount("hung", path, "fuse", MS_NOSUID | MS_NODEV, options) < 0)
			return 77;
		daemons[i] = fork();
		if (daemons[i] == 0)
			hang_for_ever(fuse);
		/* Only the daemon holds it: with its end the connection ends. */
		(void)close(fuse);
	}
	probe_self(&facts);
	LIST_EACH (struct mount_fact, m, &facts.list)
		if (strcmp(m->fstype, "fuse") == 0)
			hung += m->bytes_total == -1 && m->access == TRI_UNKNOWN;
	for (size_t i = 0; i < ARRAY_LEN(daemons); i++) {
		(void)kill(daemons[i], SIGKILL);
		(void)waitpid(daemons[i], NULL, 0);
	}
	/* The children that hung are free now. */
	while (waitpid(-1, NULL, 0) > 0)
		;
	const bool said = facts.part.known && facts.part.why &&
			  strstr(facts.part.why, "did not answer");
	mounts_facts_done(&facts);
	return hung == (int)ARRAY_LEN(daemons) && said ? 0 : 10 + hung;
}

TEST(hung_mounts_do_not_stop_us)
{
	const int r = in_namespace(survive_hung_mounts);

	if (r == 77)
		skip();
	assert_int_equal(r, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_container_is_read_as_it_is),
		cmocka_unit_test(masks_and_protected_paths_are_told_apart),
		cmocka_unit_test(a_privileged_container_shows),
		cmocka_unit_test(read_only_is_the_mount_or_its_file_system),
		cmocka_unit_test(what_is_covered_does_not_count),
		cmocka_unit_test(a_source_may_be_empty),
		cmocka_unit_test(malformed_lines_are_refused),
		cmocka_unit_test(a_tower_of_mounts_is_no_trouble),
		cmocka_unit_test(names_of_sockets_are_whole_names),
		cmocka_unit_test(a_question_without_an_answer_ends),
		cmocka_unit_test(another_root_than_the_containers_is_known),
		cmocka_unit_test(our_own_mounts_have_sizes_and_access),
		cmocka_unit_test(without_access_mountinfo_still_speaks),
		cmocka_unit_test(a_socket_in_a_mounted_directory_is_found),
		cmocka_unit_test(hung_mounts_do_not_stop_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
