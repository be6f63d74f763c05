/* SPDX-License-Identifier: MIT
 *
 * request.h - a notified call, taken apart: its arguments as one struct,
 * whatever the ABI; the texts read from the caller's memory. No name is looked
 * up here.
 */
#ifndef PROBE_TRACE_TRACEE_REQUEST_H
#define PROBE_TRACE_TRACEE_REQUEST_H

#include <limits.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "probe/trace/calls/calls.h"

struct tracees;
struct tracee;

struct request_name {
	bool given;
	/* 'dirfd' is the object itself: f* calls, AT_EMPTY_PATH, a NULL path. With
	 * AT_EMPTY_PATH it may be AT_FDCWD: the working directory. */
	bool by_fd;
	int dirfd;  /* AT_FDCWD, or a descriptor of the caller */
	size_t len; /* of 'path', without its NUL */
	char path[PATH_MAX];
};

struct request {
	const struct call *call;
	enum call_kind
		kind; /* the call's own, but RMDIR for unlinkat with AT_REMOVEDIR */
	enum abi abi;
	pid_t tid;
	struct request_name name[2];
	/* open's (openat2's and creat's too) in this machine's constants and without
	 * O_LARGEFILE, RENAME_*, AT_*; 0. */
	unsigned flags;
	bool at;	  /* 'flags' is an argument of the call, not ours */
	bool empty;	  /* SYMLINK: its target is an empty text: ENOENT */
	uint64_t resolve; /* openat2's RESOLVE_* */
	unsigned mode;
	bool follow;	   /* is a link at the end of name[0] followed */
	bool now, omit;	   /* UTIME: both times "now", both left alone */
	uint32_t uid, gid; /* CHOWN: -1 leaves it */
	char attr[256];	   /* XATTR: which one, "user.mime_type" */
	uint64_t args[6];
	/* The errno that the call ends with before it looks at any name (EFAULT,
	 * ENAMETOOLONG, EINVAL, EBADF); 0. */
	int early;
	/* Its memory could not be read: the call cannot be judged. */
	bool unread;
	/* Nothing to do with files: BIND of what is no unix socket with a path, MMAP of
	 * no file or not executable. */
	bool other;
};

/* Takes a notification apart. 0; -ENOSYS for a call that is in no table. 'tracee' is
 * NULL where the thread is gone or unknown: its texts are then 'unread'. Where both
 * times are "left alone" ('omit') the call looks at no name, and name[0] is there only
 * if it could be read. */
int request_read(struct tracees *all, const struct tracee *tracee,
		 const struct seccomp_notif *notif, struct request *ret);

#endif
