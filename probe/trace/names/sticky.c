/* SPDX-License-Identifier: MIT */
#include "probe/trace/names/sticky.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"

struct sysctl {
	const char *path;
	bool asked;
	int value;
};

/* Where it cannot be read the answer is the one that lets more through. */
static int ask(struct sysctl *s)
{
	if (s->asked)
		return s->value;
	AUTO_CLOSE int fd = open(s->path, O_RDONLY | O_CLOEXEC);
	char digit = '0';

	s->asked = true;
	if (fd >= 0 && read(fd, &digit, 1) == 1 && digit >= '0' && digit <= '9')
		s->value = digit - '0';
	return s->value;
}

static struct sysctl symlinks = { .path = "/proc/sys/fs/protected_symlinks" };
static struct sysctl hardlinks = { .path = "/proc/sys/fs/protected_hardlinks" };
static struct sysctl regular = { .path = "/proc/sys/fs/protected_regular" };
static struct sysctl fifos = { .path = "/proc/sys/fs/protected_fifos" };

/* may_follow_link() of the kernel */
bool sticky_may_follow(const struct identity_facts *who, int dir,
		       const struct sys_statx *st)
{
	struct sys_statx parent;

	if (!who->part.known || who->fsuid == st->uid || !ask(&symlinks))
		return true;
	if (sys_statx(dir, "", AT_EMPTY_PATH, SYS_STATX_MODE | SYS_STATX_UID, &parent) <
	    0)
		return true;
	return (parent.mode & (S_ISVTX | S_IWOTH)) != (S_ISVTX | S_IWOTH) ||
	       parent.uid == st->uid;
}

/* may_create_in_sticky() */
bool sticky_may_open(const struct identity_facts *who, const struct sys_statx *parent,
		     const struct sys_statx *st)
{
	if (!who->part.known || !(parent->mode & S_ISVTX) || st->uid == parent->uid ||
	    who->fsuid == st->uid)
		return true;
	if ((S_ISREG(st->mode) && !ask(&regular)) || (S_ISFIFO(st->mode) && !ask(&fifos)))
		return true;
	if (parent->mode & S_IWOTH)
		return false;
	return !((parent->mode & S_IWGRP) && ((S_ISFIFO(st->mode) && ask(&fifos) >= 2) ||
					      (S_ISREG(st->mode) && ask(&regular) >= 2)));
}

bool sticky_protects_links(void)
{
	return ask(&hardlinks) != 0;
}
