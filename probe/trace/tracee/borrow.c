/* SPDX-License-Identifier: MIT
 *
 * Looking into a process of another uid. The kernel compares our fsuid and fsgid with
 * all three of its uids and gids, and our effective capabilities with its permitted
 * ones (ptrace(2), PTRACE_MODE_FSCREDS). What a change of fsuid does on the side is
 * undone: it clears our dumpable flag, the death signal and the capabilities for files.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>

#include "probe/trace/tracee/state.h"

static bool all_same(const struct identity_facts *who)
{
	return who->uid == who->euid && who->uid == who->suid && who->gid == who->egid &&
	       who->gid == who->sgid;
}

/* An id that cannot be set leaves the old one, which is what is returned. */
static uid_t own_fsuid(void)
{
	return (uid_t)setfsuid((uid_t)-1);
}

static gid_t own_fsgid(void)
{
	return (gid_t)setfsgid((gid_t)-1);
}

int own_read(struct own *ret)
{
	ret->fsuid = own_fsuid();
	ret->fsgid = own_fsgid();
	ret->dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	ret->deathsig = 0;
	(void)prctl(PR_GET_PDEATHSIG, &ret->deathsig, 0, 0, 0);
	return sys_caps_get(&ret->caps);
}

bool borrow_begin(const struct own *own, const struct identity_facts *who)
{
	if (!who->part.known || !all_same(who) ||
	    (who->cap_permitted & ~own->caps.effective))
		return false;
	if ((int64_t)own->fsuid == who->uid && (int64_t)own->fsgid == who->gid)
		return false;
	/* The gid first: afterwards we might not be allowed to. */
	(void)setfsgid((gid_t)who->gid);
	(void)setfsuid((uid_t)who->uid);
	if (who->cap_permitted)
		(void)sys_caps_set(&own->caps);
	return true;
}

void borrow_end(const struct own *own)
{
	int saved = errno;

	(void)setfsuid(own->fsuid);
	(void)setfsgid(own->fsgid);
	/* Back to fsuid 0 raises every capability for files that is permitted. */
	if (own->caps.effective != own->caps.permitted || own->fsuid != 0)
		(void)sys_caps_set(&own->caps);
	if (own->dumpable > 0)
		(void)prctl(PR_SET_DUMPABLE, own->dumpable, 0, 0, 0);
	if (own->deathsig)
		(void)prctl(PR_SET_PDEATHSIG, own->deathsig, 0, 0, 0);
	errno = saved;
}

struct look {
	enum { LOOK_OPEN, LOOK_READLINK, LOOK_STATX } what;
	const char *path;
	int flags;
	unsigned mask;
	char *text;
	size_t size;
	struct sys_statx *st;
};

static int ask(int proc, const struct look *look)
{
	ssize_t r = -1;

	switch (look->what) {
	case LOOK_OPEN:
		r = openat(proc, look->path, look->flags | O_CLOEXEC | O_NOCTTY);
		break;
	case LOOK_READLINK:
		r = readlinkat(proc, look->path, look->text, look->size);
		break;
	case LOOK_STATX:
		r = sys_statx(proc, look->path, AT_NO_AUTOMOUNT | SYS_AT_STATX_DONT_SYNC,
			      look->mask, look->st);
		break;
	}
	return r < 0 ? -errno : (int)r;
}

static bool refused(int r)
{
	return r == -EACCES || r == -EPERM;
}

static int ask_borrowed(const struct own *own, struct entry *e, const struct look *look)
{
	if (!borrow_begin(own, &e->tracee.who))
		return -EACCES;
	int r = ask(entry_proc(e), look);

	borrow_end(own);
	return r;
}

static int ask_either(const struct own *own, struct entry *e, const struct look *look)
{
	int r = -EACCES;

	if (!e->borrow) {
		r = ask(entry_proc(e), look);
		if (!refused(r))
			return r;
	}
	r = ask_borrowed(own, e, look);
	e->borrow = !refused(r);
	return refused(r) ? -EACCES : r;
}

static int look_at(struct tracees *all, struct entry *e, const struct look *look)
{
	int r = ask_either(&all->own, e, look);

	while ((r == -EMFILE || r == -ENFILE) && tracees_shrink(all))
		r = ask_either(&all->own, e, look);
	return r;
}

int look_open(struct tracees *all, struct entry *e, const char *path, int flags)
{
	return look_at(all, e,
		       &(struct look){ .what = LOOK_OPEN, .path = path, .flags = flags });
}

int look_readlink(struct tracees *all, struct entry *e, const char *path, char *ret,
		  size_t size)
{
	return look_at(
		all, e,
		&(struct look){
			.what = LOOK_READLINK, .path = path, .text = ret, .size = size });
}

int look_statx(struct tracees *all, struct entry *e, const char *path, unsigned mask,
	       struct sys_statx *ret)
{
	return look_at(
		all, e,
		&(struct look){
			.what = LOOK_STATX, .path = path, .mask = mask, .st = ret });
}
