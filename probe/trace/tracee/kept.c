/* SPDX-License-Identifier: MIT
 *
 * What is kept of a process that may close itself to us: a descriptor of its working
 * directory and its root, and where a later chdir leads.
 *
 * Its other descriptors close and open again without a word to us: a number that was a
 * directory then may be another one now, and a wrong path is worse than none.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "core/num.h"
#include "probe/trace/tracee/state.h"

static void fd_drop(int *fd)
{
	cleanup_close(fd);
	*fd = -1;
}

static void pending_drop(struct kept *kept)
{
	fd_drop(&kept->pending.fd);
	kept->pending.tid = 0;
}

void kept_forget_paths(struct process *p)
{
	if (!p->kept)
		return;
	pending_drop(p->kept);
	fd_drop(&p->kept->cwd);
	fd_drop(&p->kept->root);
}

void kept_drop(struct process *p)
{
	if (!p->kept)
		return;
	kept_forget_paths(p);
	free(p->kept);
	p->kept = NULL;
}

static int number_of(const char *name)
{
	int64_t n;

	return num_i64(name, &n) < 0 || n < 0 || n > INT32_MAX ? -1 : (int)n;
}

/* With SYS_PTRACE no process closes itself to us. */
static bool never_closes(void)
{
	uint64_t caps;

	return sys_cap_effective(&caps) == 0 && (caps & CAP_MASK(CAP_SYS_PTRACE));
}

void kept_take(struct tracees *all, struct entry *e)
{
	struct process *p = e->process;

	if (p->closed || never_closes())
		return;
	memory_open(all, e);
	kept_drop(p);
	struct kept *kept = calloc(1, sizeof(*kept));
	if (!kept)
		return;
	kept->pending.fd = -1;
	kept->cwd = look_open(all, e, "cwd", O_PATH);
	kept->root = look_open(all, e, "root", O_PATH);
	p->kept = kept;
}

static void commit(struct kept *kept)
{
	int *slot = kept->pending.root ? &kept->root : &kept->cwd;

	if (!kept->pending.tid)
		return;
	fd_drop(slot);
	*slot = TAKE_FD(kept->pending.fd);
	kept->pending.tid = 0;
}

void kept_check(struct entry *e)
{
	if (e->process->kept)
		commit(e->process->kept);
}

/* Whether the number is open at all can be asked of a closed process too. */
static int closed_number(struct entry *e, int number)
{
	struct sys_statx st;
	char link[24];

	(void)snprintf(link, sizeof(link), "fd/%d", number);
	if (sys_statx(entry_proc(e), link, AT_SYMLINK_NOFOLLOW, 0, &st) < 0 &&
	    errno == ENOENT)
		return -EBADF;
	return -EACCES;
}

int kept_find(struct entry *e, const char *link)
{
	const struct process *p = e->process;
	const size_t len = strlen(link);
	char number[16];
	int fd = -1;

	if (strncmp(link, "fd/", 3) == 0) {
		const bool dir = link[len - 1] == '/';

		if (len >= sizeof(number) + 3)
			return -EACCES;
		memcpy(number, link + 3, len - 2);
		number[len - 3 - dir] = '\0';
		return number_of(number) < 0 ? -EBADF
					     : closed_number(e, number_of(number));
	}
	if (!p->kept || p->split_fs)
		return -EACCES;
	if (strcmp(link, "cwd") == 0)
		fd = p->kept->cwd;
	else if (strcmp(link, "root") == 0)
		fd = p->kept->root;
	return fd < 0 ? -EACCES : fd;
}

void kept_move(struct entry *e, bool root, int to)
{
	struct kept *kept = e->process->kept;

	if (!kept)
		return;
	/* Not looked up, for a process that was open: it may close itself meanwhile. */
	if (to == -1 && !e->process->closed)
		to = TRACEE_TO_UNKNOWN;
	if (to == -1)
		return;
	commit(kept);
	kept->pending.tid = e->tracee.tid;
	kept->pending.root = root;
	kept->pending.fd = to < 0 ? -1 : fcntl(to, F_DUPFD_CLOEXEC, 0);
}

void kept_unmove(struct entry *e)
{
	struct kept *kept = e->process->kept;

	if (kept && kept->pending.tid == e->tracee.tid)
		pending_drop(kept);
}
