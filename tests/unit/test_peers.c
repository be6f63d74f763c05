/* SPDX-License-Identifier: MIT */
#include "probe/peers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "tests/unit/test.h"

/* One process of a made-up snapshot. */
struct row {
	int64_t pid, ppid, start;
	const char *docker_id, *cgroup;
	uint64_t mnt;
	const char *comm;
	int64_t euid;
};

static void snapshot(struct peers *peers, const struct row *rows, size_t n, int64_t self)
{
	struct err err = ERR_INIT;

	for (size_t i = 0; i < n; i++) {
		struct process *p = LIST_ADD(&peers->processes, struct process);

		assert_non_null(p);
		p->pid = rows[i].pid;
		p->ppid = rows[i].ppid;
		p->start_ticks = rows[i].start;
		p->mnt_inode = rows[i].mnt;
		p->euid = rows[i].euid;
		(void)snprintf(p->comm, sizeof(p->comm), "%s",
			       rows[i].comm ? rows[i].comm : "x");
		p->cgroup = strdup(rows[i].cgroup ? rows[i].cgroup : "0::/\n");
		p->docker_id = rows[i].docker_id ? strdup(rows[i].docker_id) : NULL;
	}
	assert_int_equal(peers_group(peers, self, &err), 0);
}

static size_t group_of(const struct peers *peers, int64_t pid)
{
	LIST_EACH (const struct process, p, &peers->processes)
		if (p->pid == pid)
			return p->group;
	fail_msg("no process %lld", (long long)pid);
	return 0;
}

#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

TEST(the_cgroup_says_which_container)
{
	static const struct row rows[] = {
		{ 1, 0, 10, NULL, "0::/../pause\n", 0, "pause", 0 },
		{ 7, 0, 20, "aaaaaaaaaaaa", "0::/../aaaaaaaaaaaa\n", 0, NULL, 0 },
		{ 8, 7, 21, "aaaaaaaaaaaa", "0::/../aaaaaaaaaaaa\n", 0, NULL, 999 },
		{ 9, 0, 22, "bbbbbbbbbbbb", "0::/../bbbbbbbbbbbb\n", 0, NULL, 0 },
	};
	AUTO(peers_done) struct peers peers = { 0 };

	snapshot(&peers, ROWS(rows), 9);
	assert_int_equal(peers.groups.len, 3);
	assert_int_equal(group_of(&peers, 7), group_of(&peers, 8));
	assert_int_not_equal(group_of(&peers, 7), group_of(&peers, 9));
	assert_true(LIST_AT(&peers.groups, struct group, group_of(&peers, 9))->self);
}

TEST(entered_processes_are_apart_and_orphans_are_doubted)
{
	static const struct row rows[] = {
		{ 1, 0, 10, NULL, "0::/../pause\n", 0, "pause", 0 },
		{ 7, 0, 20, "aaaaaaaaaaaa", "0::/a\n", 0, "app", 1000 },
		{ 8, 7, 21, "aaaaaaaaaaaa", "0::/a\n", 0, "worker", 1001 },
		{ 30, 0, 90, "aaaaaaaaaaaa", "0::/a\n", 0, "amazon-ssm-agen", 0 },
		{ 31, 30, 91, "aaaaaaaaaaaa", "0::/a\n", 0, "sh", 0 },
		{ 40, 1, 95, "aaaaaaaaaaaa", "0::/a\n", 0, "daemon", 5 },
		/* its parent ended while the snapshot was taken */
		{ 50, 49, 96, "aaaaaaaaaaaa", "0::/a\n", 0, "helper", 0 },
	};
	AUTO(peers_done) struct peers peers = { 0 };
	struct facts f = { 0 };

	snapshot(&peers, ROWS(rows), 1);
	assert_int_equal(peers_describe(&peers, group_of(&peers, 7), &f), 0);
	assert_int_equal(f.pid, 7);
	assert_int_equal(f.processes.count, 2);
	assert_int_equal(f.processes.uids.len, 2);
	assert_int_equal(f.processes.entered.len, 4);
	assert_true(f.processes.ssm_agent);
	assert_false(LIST_AT(&f.processes.entered, struct entered_fact, 0)->orphan);
	assert_true(LIST_AT(&f.processes.entered, struct entered_fact, 2)->orphan);
	assert_true(LIST_AT(&f.processes.entered, struct entered_fact, 3)->orphan);
	record_done(&facts_type, &f);
}

TEST(mount_namespaces_group_what_is_left)
{
	static const struct row rows[] = {
		{ 1, 0, 10, NULL, NULL, 100, "pause", 0 },
		{ 7, 0, 20, NULL, NULL, 200, NULL, 0 },
		{ 8, 7, 21, NULL, NULL, 200, NULL, 0 },
		{ 9, 0, 22, NULL, NULL, 300, NULL, 0 },
		{ 10, 1, 23, NULL, NULL, 300, NULL, 0 },
	};
	AUTO(peers_done) struct peers peers = { 0 };

	snapshot(&peers, ROWS(rows), 9);
	assert_int_equal(peers.groups.len, 3);
	assert_int_equal(group_of(&peers, 10), group_of(&peers, 9));
}

TEST(two_ids_in_one_mount_namespace_are_a_conflict)
{
	static const struct row rows[] = {
		{ 7, 0, 20, "aaaaaaaaaaaa", "0::/a\n", 200, NULL, 0 },
		{ 8, 7, 21, "bbbbbbbbbbbb", "0::/b\n", 200, NULL, 0 },
	};
	AUTO(peers_done) struct peers peers = { 0 };
	bool conflict = false;

	snapshot(&peers, ROWS(rows), 7);
	LIST_EACH (const struct group, g, &peers.groups)
		conflict |= g->conflict;
	assert_true(conflict);
}

TEST(without_any_sign_the_process_tree_decides)
{
	static const struct row rows[] = {
		{ 1, 0, 10, NULL, NULL, 0, "pause", 0 },
		{ 7, 0, 20, NULL, NULL, 0, NULL, 0 },
		{ 8, 7, 21, NULL, NULL, 0, NULL, 0 },
		{ 9, 0, 22, NULL, NULL, 0, NULL, 0 },
	};
	AUTO(peers_done) struct peers peers = { 0 };

	snapshot(&peers, ROWS(rows), 9);
	assert_int_equal(peers.groups.len, 3);
	assert_int_equal(group_of(&peers, 8), group_of(&peers, 7));
}

TEST(a_ring_of_parents_ends)
{
	static const struct row rows[] = {
		{ 7, 8, 20, NULL, NULL, 0, NULL, 0 },
		{ 8, 7, 21, NULL, NULL, 0, NULL, 0 },
	};
	AUTO(peers_done) struct peers peers = { 0 };
	struct facts f = { 0 };

	snapshot(&peers, ROWS(rows), 7);
	assert_int_equal(peers_describe(&peers, group_of(&peers, 7), &f), 0);
	record_done(&facts_type, &f);
}

TEST(we_find_ourselves_in_the_real_proc)
{
	AUTO(root_done) struct root proc = ROOT_INIT;
	AUTO(peers_done) struct peers peers = { 0 };
	const struct list none = { 0 };
	struct err err = ERR_INIT;
	bool self = false;

	assert_int_equal(root_open("/proc", &proc, &err), 0);
	assert_int_equal(peers_scan(&proc, &none, getpid(), &peers, &err), 0);
	LIST_EACH (const struct group, g, &peers.groups)
		self |= g->self;
	assert_true(self);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cgroup_says_which_container),
		cmocka_unit_test(entered_processes_are_apart_and_orphans_are_doubted),
		cmocka_unit_test(mount_namespaces_group_what_is_left),
		cmocka_unit_test(two_ids_in_one_mount_namespace_are_a_conflict),
		cmocka_unit_test(without_any_sign_the_process_tree_decides),
		cmocka_unit_test(a_ring_of_parents_ends),
		cmocka_unit_test(we_find_ourselves_in_the_real_proc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
