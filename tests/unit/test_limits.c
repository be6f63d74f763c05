/* SPDX-License-Identifier: MIT */
#include "probe/proc/limits.h"

#include <errno.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "probe/proc/cgroup_limit.h"
#include "probe/proc/mountinfo.h"
#include "tests/unit/test.h"

static const char good[] =
	"Limit                     Soft Limit           Hard Limit           Units     \n"
	"Max cpu time              unlimited            unlimited            seconds   \n"
	"Max core file size        0                    unlimited            bytes     \n"
	"Max processes             96365                unlimited            processes \n"
	"Max open files            1024                 524288               files     \n"
	"Max nice priority         0                    0                    \n";

static int parse(const char *text, struct limits_facts *ret)
{
	struct err err = ERR_INIT;

	return limits_parse(text, strlen(text), ret, &err);
}

TEST(the_limits_are_taken)
{
	struct limits_facts facts = { 0 };

	assert_int_equal(parse(good, &facts), 0);
	assert_int_equal(facts.nofile_soft, 1024);
	assert_int_equal(facts.nofile_hard, 524288);
	assert_int_equal(facts.nproc_soft, 96365);
	assert_int_equal(facts.nproc_hard, -1);
	assert_int_equal(facts.core_soft, 0);
	assert_int_equal(facts.pids_limited, TRI_UNKNOWN);
}

TEST(malformed_limits_are_refused)
{
	static const struct {
		const char *text;
		int want;
	} bad[] = {
		{ "", -ENODATA },
		{ "Max open files  1 1 files\nMax processes  1 1 x\n", -ENODATA },
		{ "Max open files  1 1 files\nMax processes  1\nMax core file size  0 "
		  "0\n",
		  -EINVAL },
		{ "Max open files  x 1 files\n", -EINVAL },
		{ "Max open files  -1 1 files\n", -EINVAL },
		{ "Max open files  1 1\nMax open files  2 2\n", -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct limits_facts facts = { 0 };

		if (parse(bad[i].text, &facts) != bad[i].want)
			fail_msg("taken: %s", bad[i].text);
		assert_int_equal(facts.nofile_soft, 0);
	}
}

TEST(a_maximum_is_a_number_or_none)
{
	static const struct {
		const char *text;
		int want;
		int64_t value;
	} cases[] = {
		{ "100\n", 1, 100 },
		{ "0\n", 1, 0 },
		{ "100", 1, 100 },
		{ "max\n", 0, 0 },
		{ "9223372036854771712\n", 0, 0 },
		{ "18446744073709551615\n", 0, 0 },
		{ "", -EINVAL, 0 },
		{ "\n", -EINVAL, 0 },
		{ "-1\n", -EINVAL, 0 },
		{ "maximum\n", -EINVAL, 0 },
		{ "1\n2\n", -EINVAL, 0 },
		{ "1 \n", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t v = 0;

		if (limits_parse_max(cases[i].text, &v) != cases[i].want ||
		    v != cases[i].value)
			fail_msg("'%s': %lld", cases[i].text, (long long)v);
	}
}

TEST(a_cgroup_is_found_below_its_mount)
{
	static const struct {
		const char *path, *root, *want;
	} cases[] = {
		{ "/", "/", "" },
		{ "/a/b", "/", "a/b" },
		{ "/docker/x", "/docker/x", "" },
		{ "/docker/x/sub", "/docker/x", "sub" },
		{ "/../y", "/../y", "" }, /* a sibling's namespace */
		{ "/../y/sub", "/../y", "sub" },
		{ "/docker/xy", "/docker/x", NULL },
		{ "/docker", "/docker/x", NULL },
		{ "/../y", "/", NULL }, /* above what the mount shows */
		{ "/a/..", "/", NULL },
		{ "/a..b/..c", "/", "a..b/..c" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *got = cgroup_limit_below(cases[i].path, cases[i].root);

		if (!str_equal(got, cases[i].want))
			fail_msg("%s below %s: %s", cases[i].path, cases[i].root,
				 got ? got : "none");
	}
}

/* --- a process in a fixture: its files, and a root that holds no real cgroups --- */

static char dir[64];

static void put(const char *path, const char *text)
{
	char full[256];

	(void)snprintf(full, sizeof(full), "%s/%s", dir, path);
	FILE *f = fopen(full, "w");
	assert_non_null(f);
	(void)fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int set_up(void **state)
{
	char full[256];

	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/taskprobe-limits-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(full, sizeof(full), "%s/7", dir);
	assert_int_equal(mkdir(full, 0755), 0);
	(void)snprintf(full, sizeof(full), "%s/7/root", dir);
	assert_int_equal(mkdir(full, 0755), 0);
	(void)snprintf(full, sizeof(full), "%s/7/root/cg", dir);
	assert_int_equal(mkdir(full, 0755), 0);
	put("7/stat", "7 (x) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 42 0 0\n");
	put("7/limits", good);
	put("7/cgroup", "0::/\n");
	put("7/mountinfo",
	    "1 0 0:1 / / rw - ext4 x rw\n2 1 0:2 / /cg rw - cgroup2 c rw\n");
	put("7/root/cg/pids.max", "5\n");
	put("7/root/cg/cgroup.procs", "7\n");
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void done(struct limits_facts *facts)
{
	free(facts->part.seen_by);
	free(facts->part.why);
	free(facts->part.grants);
}

/* A peer may lay a directory of its own where it says that its cgroups are. */
TEST(files_that_are_no_cgroups_prove_nothing)
{
	AUTO(root_done) struct root proc = ROOT_INIT;
	AUTO(target_done) struct target target = TARGET_INIT;
	AUTO(done) struct limits_facts facts = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(root_open(dir, &proc, &err), 0);
	assert_int_equal(target_open(&proc, 7, &target, &err), 0);
	assert_int_equal(target.pidfd, -1);
	limits_probe(&target, &facts);
	assert_true(facts.part.known);
	assert_int_equal(facts.nofile_soft, 1024);
	assert_int_equal(facts.pids_limited, TRI_UNKNOWN);
	assert_int_equal(facts.memory_limited, TRI_UNKNOWN);
	assert_non_null(strstr(facts.part.why, "pids limit"));
	assert_non_null(strstr(facts.part.why, "memory limit"));
}

TEST(without_the_root_the_cgroups_are_unknown)
{
	AUTO(root_done) struct root proc = ROOT_INIT;
	AUTO(target_done) struct target target = TARGET_INIT;
	AUTO(done) struct limits_facts facts = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(root_open(dir, &proc, &err), 0);
	assert_int_equal(target_open(&proc, 7, &target, &err), 0);
	root_done(&target.root);
	target.root_errno = EACCES;
	limits_probe(&target, &facts);
	assert_true(facts.part.known);
	assert_int_equal(facts.pids_limited, TRI_UNKNOWN);
	assert_non_null(facts.part.grants);
}

TEST(our_own_limits_are_those_of_getrlimit)
{
	AUTO(root_done) struct root proc = ROOT_INIT;
	AUTO(target_done) struct target self = TARGET_INIT;
	AUTO(done) struct limits_facts facts = { 0 };
	struct err err = ERR_INIT;
	struct rlimit nofile;

	assert_int_equal(root_open("/proc", &proc, &err), 0);
	assert_int_equal(target_open(&proc, getpid(), &self, &err), 0);
	limits_probe(&self, &facts);
	assert_true(facts.part.known);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &nofile), 0);
	assert_int_equal(facts.nofile_soft, (int64_t)nofile.rlim_cur);
}

/* --- cgroup v2 for real: a file that every cgroup has stands for pids.max, whose
 * controller may be bound to v1 --- */

static const struct cgroup_limit_kind descendants = {
	.controller = "none of v1",
	.v1 = "none",
	.v2 = "cgroup.max.descendants",
};

/* What the process 'pid' is told: the limit, -1 for none, -2 for unknown. */
static int64_t limit_of(pid_t pid)
{
	AUTO(root_done) struct root proc = ROOT_INIT;
	AUTO(target_done) struct target target = TARGET_INIT;
	AUTO_FREE char *why = NULL;
	struct err err = ERR_INIT;
	int64_t max = -1;

	if (root_open("/proc", &proc, &err) < 0 ||
	    target_open(&proc, pid, &target, &err) < 0)
		return -3;
	const enum tri r = cgroup_limit_find(&target, &descendants, &max, &why);
	return r == TRI_UNKNOWN ? (why ? -2 : -4) : max;
}

static bool put_at(const char *top, const char *file, const char *text)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", top, file);
	FILE *f = fopen(path, "w");
	if (!f)
		return false;
	const bool ok = fputs(text, f) >= 0;
	return fclose(f) == 0 && ok;
}

/* In a child: a cgroup namespace is for good. */
static int look_in(const char *top, const char *mounted)
{
	char low[160];
	int64_t seen[5];

	if (!put_at(top, "low/cgroup.procs", "0"))
		return 77;
	if (!put_at(top, "cgroup.max.descendants", "5") ||
	    !put_at(top, "low/cgroup.max.descendants", "9"))
		return 2;
	seen[0] = limit_of(getpid());
	if (!put_at(top, "cgroup.max.descendants", "max"))
		return 3;
	seen[1] = limit_of(getpid());
	if (!put_at(top, "low/cgroup.max.descendants", "max"))
		return 4;
	seen[2] = limit_of(getpid());
	/* The mount is now one of a hierarchy that begins above our own. */
	if (unshare(CLONE_NEWCGROUP) < 0)
		return 77;
	seen[3] = limit_of(getpid());
	/* As runtimes mount it: the container's own cgroup, and a limit above it. */
	(void)snprintf(low, sizeof(low), "%s/low", top);
	if (!put_at(top, "cgroup.max.descendants", "5") || unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(low, mounted, NULL, MS_BIND, NULL) < 0)
		return 77;
	seen[4] = limit_of(getpid());
	if (seen[0] != 5 || seen[1] != 9)
		return 5;
	if (seen[4] != -2)
		return 8;
	/* With all of it in sight there is none; else it is not to be known. */
	if (seen[2] != -1 && seen[2] != -2)
		return 6;
	return seen[3] == seen[2] || seen[3] == -2 ? 0 : 7;
}

/* Where cgroup v2 is mounted; "" for nowhere. */
static void find_v2(char mounted[static 65])
{
	AUTO(mountinfo_done) struct mountinfo info = { 0 };
	AUTO(root_done) struct root proc = ROOT_INIT;
	AUTO(target_done) struct target self = TARGET_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(root_open("/proc", &proc, &err), 0);
	assert_int_equal(target_open(&proc, getpid(), &self, &err), 0);
	assert_int_equal(mountinfo_read(&self, &info, &err), 0);
	mounted[0] = '\0';
	LIST_EACH (struct mountinfo_line, m, &info.list)
		if (strcmp(m->fstype, "cgroup2") == 0 && strlen(m->path) < 65)
			(void)snprintf(mounted, 65, "%.64s", m->path);
}

/* skip() jumps: nothing may be held when it is called. */
TEST(a_limit_above_is_found_in_cgroup_v2)
{
	char mounted[65], top[128], low[160];
	int status;

	find_v2(mounted);
	(void)snprintf(top, sizeof(top), "%s/taskprobe-test-%d", mounted, getpid());
	if (!mounted[0] || mkdir(top, 0755) < 0)
		skip();
	(void)snprintf(low, sizeof(low), "%s/low", top);
	assert_int_equal(mkdir(low, 0755), 0);
	const pid_t pid = fork();
	if (pid == 0)
		_exit(look_in(top, mounted));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(rmdir(low), 0);
	assert_int_equal(rmdir(top), 0);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_limits_are_taken),
		cmocka_unit_test(malformed_limits_are_refused),
		cmocka_unit_test(a_maximum_is_a_number_or_none),
		cmocka_unit_test(a_cgroup_is_found_below_its_mount),
		cmocka_unit_test_setup_teardown(files_that_are_no_cgroups_prove_nothing,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_the_root_the_cgroups_are_unknown,
						set_up, tear_down),
		cmocka_unit_test(our_own_limits_are_those_of_getrlimit),
		cmocka_unit_test(a_limit_above_is_found_in_cgroup_v2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
