/* SPDX-License-Identifier: MIT */
#include "probe/proc/namespaces.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "core/cleanup.h"
#include "core/num.h"
#include "core/table.h"
#include "probe/proc/stat.h"

/* The numbers of the initial namespaces are part of the kernel's interface; all that
 * are given out later begin at 0xF0000000. mnt and net got theirs with Linux 6.18. */
static const struct kind {
	const char *name;
	int64_t initial;
	bool late;
} kinds[] = {
	{ "pid", 0xEFFFFFFC, false },	 { "mnt", 0xEFFFFFF8, true },
	{ "net", 0xEFFFFFF9, true },	 { "user", 0xEFFFFFFD, false },
	{ "uts", 0xEFFFFFFE, false },	 { "ipc", 0xEFFFFFFF, false },
	{ "cgroup", 0xEFFFFFFB, false }, { "time", 0xEFFFFFFA, false },
};

int namespaces_parse(const char *link, const char *kind, int64_t *ret)
{
	const size_t n = strlen(kind), len = strlen(link);
	char number[24];
	int64_t v;

	if (strncmp(link, kind, n) != 0 || strncmp(link + n, ":[", 2) != 0 ||
	    link[len - 1] != ']' || len - n - 3 >= sizeof(number))
		return -EINVAL;
	memcpy(number, link + n + 2, len - n - 3);
	number[len - n - 3] = '\0';
	if (!isdigit((unsigned char)number[0]) || num_i64(number, &v) < 0 || v <= 0)
		return -EINVAL;
	*ret = v;
	return 0;
}

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

enum tri namespaces_judge(const char *name, int64_t inode,
			  const struct namespaces_host *host, const char **evidence)
{
	const struct kind *kind = find_kind(name);

	*evidence = NULL;
	if (!kind || inode <= 0)
		return TRI_UNKNOWN;
	if (inode == kind->initial) {
		*evidence = "its number is the fixed one of the initial namespace";
		return TRI_YES;
	}
	if (!kind->late || host->fixed_mnt_net) {
		*evidence = "its number is not the fixed one of the initial namespace";
		return TRI_NO;
	}
	if (strcmp(name, "net") != 0 || inode != host->own_net)
		return TRI_UNKNOWN;
	if (host->own_net_host == TRI_YES)
		*evidence = "settings of the initial namespace alone are in "
			    "/proc/sys/net/core";
	if (host->own_net_host == TRI_NO)
		*evidence =
			"/proc/sys/net/core lacks the settings of the initial namespace";
	return host->own_net_host;
}

enum tri namespaces_net_is_initial(const struct root *proc)
{
	AUTO_CLOSE int every = root_openat(proc, "sys/net/core/somaxconn", O_PATH);
	AUTO_CLOSE int initial =
		root_openat(proc, "sys/net/core/netdev_max_backlog", O_PATH);

	if (every < 0)
		return TRI_UNKNOWN; /* masked */
	if (initial >= 0)
		return TRI_YES;
	return initial == -ENOENT ? TRI_NO : TRI_UNKNOWN;
}

/* Only the release tells that a kernel has the fixed numbers: nothing in sight need be
 * in an initial namespace. */
static bool has_fixed_mnt_net(void)
{
	struct utsname name;
	uint64_t major, minor;

	if (uname(&name) < 0)
		return false;
	char *minor_text = strchr(name.release, '.');
	if (!minor_text)
		return false;
	*minor_text++ = '\0';
	minor_text[strspn(minor_text, "0123456789")] = '\0';
	if (num_u64(name.release, 10, &major) < 0 || num_u64(minor_text, 10, &minor) < 0)
		return false;
	return major > 6 || (major == 6 && minor >= 18);
}

static struct namespaces_host look_at_host(void)
{
	AUTO(root_done) struct root proc = ROOT_INIT;
	struct namespaces_host host = { .fixed_mnt_net = has_fixed_mnt_net() };
	struct err err = ERR_INIT;
	char link[64];

	/* Our own: what /proc/sys/net shows is the reader's, never a peer's. */
	if (root_open("/proc", &proc, &err) < 0)
		return host;
	if (root_readlink(&proc, "self/ns/net", link, sizeof(link)) == 0 &&
	    namespaces_parse(link, "net", &host.own_net) == 0)
		host.own_net_host = namespaces_net_is_initial(&proc);
	return host;
}

/* 0 also where this kernel has no such kind. */
static int add(const struct target *target, const struct kind *kind,
	       const struct namespaces_host *host, struct list *list)
{
	char path[32], link[64];
	const char *evidence;
	int64_t inode;

	(void)snprintf(path, sizeof(path), "ns/%s", kind->name);
	int r = root_readlink(&target->proc, path, link, sizeof(link));
	if (r == -ENOENT && target_is_same(target))
		return 0;
	if (r == 0)
		r = namespaces_parse(link, kind->name, &inode);
	if (r < 0)
		return r;
	struct namespace_fact *ns = LIST_ADD(list, struct namespace_fact);
	if (!ns)
		return -ENOMEM;
	ns->kind = strdup(kind->name);
	ns->inode = inode;
	ns->host = namespaces_judge(kind->name, inode, host, &evidence);
	if (evidence)
		ns->evidence = strdup(evidence);
	return ns->kind ? 0 : -ENOMEM;
}

static void drop(struct list *list)
{
	LIST_EACH (struct namespace_fact, ns, list) {
		free(ns->kind);
		free(ns->evidence);
		texts_done(&ns->shared_with);
	}
	list_done(list);
}

void namespaces_probe(const struct target *target, struct namespaces_facts *ret)
{
	const struct namespaces_host host = look_at_host();

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		int r = add(target, &kinds[i], &host, &ret->list);

		if (r < 0) {
			drop(&ret->list);
			target_refused(target, &ret->part, "the namespaces",
				       r == -ENOENT ? ESRCH : r);
			return;
		}
	}
	if (ret->list.len > 0)
		target_seen(target, &ret->part);
	else
		part_unknown(&ret->part, "this /proc shows no namespaces", NULL);
}

static int stat_of(const struct root *proc, const char *path, struct stat_line *ret)
{
	AUTO(str_done) struct str text = STR_INIT(4096);
	struct err err = ERR_INIT;
	int r = root_read(proc, path, &text, &err);

	return r < 0 ? r : stat_parse(text.s, text.len, ret, &err);
}

enum tri namespaces_kernel_threads(const struct root *proc)
{
	struct stat_line init, thread;

	if (stat_of(proc, "1/stat", &init) < 0)
		return TRI_UNKNOWN;
	int r = stat_of(proc, "2/stat", &thread);
	if (r == -ENOENT || r == -ESRCH)
		return TRI_NO;
	if (r < 0)
		return TRI_UNKNOWN;
	return thread.ppid == 0 && (thread.flags & STAT_KERNEL_THREAD) &&
			       strcmp(thread.comm, "kthreadd") == 0
		       ? TRI_YES
		       : TRI_NO;
}
