/* SPDX-License-Identifier: MIT */
#include "probe/proc/namespaces.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/record.h"
#include "core/table.h"
#include "tests/unit/test.h"

TEST(a_link_gives_its_number)
{
	static const char *const bad[] = { "",
					   "pid",
					   "pid:",
					   "pid:[",
					   "pid:[]",
					   "pid:[-1]",
					   "pid:[1",
					   "pid:[1]]",
					   "net:[1]",
					   "pid:[0]",
					   "pid:[1x]",
					   "xpid:[1]",
					   "pid:[99999999999999999999]",
					   "/pid:[1]",
					   "pid:[000000000000000000000000001]" };
	int64_t inode = 0;

	assert_int_equal(namespaces_parse("pid:[4026531836]", "pid", &inode), 0);
	assert_int_equal(inode, 4026531836);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (namespaces_parse(bad[i], "pid", &inode) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
}

struct judge_case {
	const char *kind;
	int64_t inode;
	struct namespaces_host host;
	enum tri want;
};

TEST(the_host_is_told_by_its_fixed_numbers)
{
	static const struct judge_case cases[] = {
		{ "pid", 4026531836, { 0 }, TRI_YES },
		{ "user", 4026531837, { 0 }, TRI_YES },
		{ "uts", 4026531838, { 0 }, TRI_YES },
		{ "ipc", 4026531839, { 0 }, TRI_YES },
		{ "cgroup", 4026531835, { 0 }, TRI_YES },
		{ "time", 4026531834, { 0 }, TRI_YES },
		{ "pid", 4026532201, { 0 }, TRI_NO },
		{ "pid", 4026531837, { 0 }, TRI_NO }, /* the number of another kind */
		{ "net", 4026531833, { 0 }, TRI_YES },
		{ "mnt", 4026531832, { 0 }, TRI_YES },
		/* Before 6.18 these two have numbers like any other. */
		{ "mnt", 4026531841, { 0 }, TRI_UNKNOWN },
		{ "mnt", 4026531841, { .fixed_mnt_net = true }, TRI_NO },
		{ "net", 4026531840, { 0 }, TRI_UNKNOWN },
		{ "net",
		  4026531840,
		  { .own_net = 4026531840, .own_net_host = TRI_YES },
		  TRI_YES },
		{ "net",
		  4026532300,
		  { .own_net = 4026532300, .own_net_host = TRI_NO },
		  TRI_NO },
		{ "net",
		  4026532300,
		  { .own_net = 4026531840, .own_net_host = TRI_YES },
		  TRI_UNKNOWN },
		{ "net", 4026532300, { .own_net = 4026532300 }, TRI_UNKNOWN },
		{ "pid", 0, { 0 }, TRI_UNKNOWN },
		{ "other", 4026531836, { 0 }, TRI_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *evidence = "";
		const enum tri got = namespaces_judge(cases[i].kind, cases[i].inode,
						      &cases[i].host, &evidence);

		if (got != cases[i].want || (evidence != NULL) != (got != TRI_UNKNOWN))
			fail_msg("%s %lld: %d", cases[i].kind, (long long)cases[i].inode,
				 got);
	}
}

static const struct namespace_fact *of(const struct namespaces_facts *facts,
				       const char *kind)
{
	LIST_EACH (struct namespace_fact, ns, &facts->list)
		if (strcmp(ns->kind, kind) == 0)
			return ns;
	return NULL;
}

static void done(struct namespaces_facts *facts)
{
	LIST_EACH (struct namespace_fact, ns, &facts->list) {
		free(ns->kind);
		free(ns->evidence);
	}
	list_done(&facts->list);
	free(facts->part.seen_by);
	free(facts->part.why);
	free(facts->part.grants);
}

static void probe_self(struct namespaces_facts *facts)
{
	AUTO(root_done) struct root proc = ROOT_INIT;
	AUTO(target_done) struct target self = TARGET_INIT;
	struct err err = ERR_INIT;

	if (root_open("/proc", &proc, &err) == 0 &&
	    target_open(&proc, getpid(), &self, &err) == 0)
		namespaces_probe(&self, facts);
}

TEST(our_own_are_seen)
{
	AUTO(done) struct namespaces_facts facts = { 0 };

	probe_self(&facts);
	assert_true(facts.part.known);
	assert_non_null(of(&facts, "pid"));
	assert_non_null(of(&facts, "mnt"));
	assert_true(of(&facts, "net")->inode > 0);
}

/* 0: a namespace that we made ourselves is not taken for the host's. */
static int in_new_namespaces(void)
{
	AUTO(done) struct namespaces_facts facts = { 0 };

	if (unshare(CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC) < 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC) < 0)
		return 77;
	probe_self(&facts);
	return facts.part.known && of(&facts, "net")->host == TRI_NO &&
			       of(&facts, "uts")->host == TRI_NO &&
			       of(&facts, "ipc")->host == TRI_NO
		       ? 0
		       : 1;
}

TEST(a_namespace_of_our_own_is_not_the_hosts)
{
	int status;
	const pid_t pid = fork();

	if (pid == 0)
		_exit(in_new_namespaces());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Where the settings are hidden (a new network namespace), and where not. */
TEST(the_net_settings_tell_the_initial_namespace)
{
	AUTO(root_done) struct root proc = ROOT_INIT;
	struct err err = ERR_INIT;
	int status;

	assert_int_equal(root_open("/proc", &proc, &err), 0);
	const pid_t pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNET) < 0 &&
		    unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
			_exit(77);
		_exit(namespaces_net_is_initial(&proc) == TRI_NO ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

TEST(a_fixture_without_settings_is_unknown)
{
	AUTO(root_done) struct root empty = ROOT_INIT;
	struct err err = ERR_INIT;
	char dir[] = "/tmp/taskprobe-ns-XXXXXX";

	assert_non_null(mkdtemp(dir));
	assert_int_equal(root_open(dir, &empty, &err), 0);
	assert_int_equal(namespaces_net_is_initial(&empty), TRI_UNKNOWN);
	assert_int_equal(namespaces_kernel_threads(&empty), TRI_UNKNOWN);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_gives_its_number),
		cmocka_unit_test(the_host_is_told_by_its_fixed_numbers),
		cmocka_unit_test(our_own_are_seen),
		cmocka_unit_test(a_namespace_of_our_own_is_not_the_hosts),
		cmocka_unit_test(the_net_settings_tell_the_initial_namespace),
		cmocka_unit_test(a_fixture_without_settings_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
