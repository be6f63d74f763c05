/* SPDX-License-Identifier: MIT
 *
 * oracle.h - what the kernel would answer.
 *
 * The one rule table of the tracer and of the rehearsal: for a call, in the
 * caller's view and with its credentials, and for mounts that are read-only or
 * not, the errno that comes first. Asked twice it tells which operations a
 * read-only root would break: once with the mounts as they are, once as they
 * would be.
 *
 * Pure: what a name leads to and what the credentials allow is found out
 * elsewhere (names/) and handed in. What cannot be known beforehand (ENOSPC,
 * EDQUOT, EIO, what a device's driver says) is not answered.
 */
#ifndef PROBE_TRACE_ORACLE_H
#define PROBE_TRACE_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

enum file_kind {
	KIND_NONE, /* does not exist */
	KIND_FILE,
	KIND_DIRECTORY,
	KIND_SYMLINK,
	KIND_SOCKET,
	KIND_FIFO,
	KIND_DEVICE, /* block or character */
};

enum oracle_op {
	ORACLE_OPEN,
	ORACLE_MKDIR,
	ORACLE_MKNOD,
	ORACLE_SYMLINK,
	ORACLE_BIND, /* of a unix socket to a path */
	ORACLE_LINK, /* from name[0] to name[1] */
	ORACLE_RENAME,
	ORACLE_UNLINK,
	ORACLE_RMDIR,
	ORACLE_TRUNCATE,
	ORACLE_CHMOD,
	ORACLE_CHOWN,
	ORACLE_UTIME,
	ORACLE_XATTR,
	ORACLE_ACCESS, /* with W_OK */
};

/* The last component of a path; what is none names no entry of its parent. */
enum oracle_last { LAST_NAME, LAST_DOT, LAST_DOTDOT, LAST_ROOT };

/* What a path or a descriptor leads to. */
struct oracle_name {
	int walk; /* the errno that ends the walk before the last component; 0 */
	enum oracle_last last;
	bool slash; /* a slash behind the last component */
	bool by_fd; /* a descriptor of the object: there was no walk */
	int lookup; /* looking for the last component ends so: ENAMETOOLONG; 0 */
	bool gone;  /* the parent directory was removed (a deleted cwd) */
	/* With links followed as the call does; KIND_NONE: the name is free. 'dangling':
	 * the last component is a link whose target is missing: then this describes the
	 * target's name and parent. */
	enum file_kind kind;
	bool dangling;
	/* What the caller's credentials are told, read-only mounts apart: 0 or the errno.
	 * For ACCESS the real ids are meant, unless it has AT_EACCESS. */
	int write;   /* writing the object: EACCES, EPERM (immutable) */
	int read;    /* reading it: EACCES */
	int execute; /* ACCESS: executing or searching it: EACCES (noexec mounts too) */
	int change;  /* its mode and times: EPERM (neither owner nor CAP_FOWNER; immutable
		      * or append-only) */
	int touch;   /* its times, to "now": a writer may as well: EACCES, EPERM */
	int chown;   /* its owner, as asked for: EPERM. Leaving both ids alone takes a
		      * setuid   bit away all the same, and so 'change' */
	int enter;   /* making an entry in its parent: EACCES, EPERM */
	int inside;  /* making one in itself, a directory (O_TMPFILE): EACCES, EPERM */
	int remove;  /* removing it from its parent: EACCES, EPERM (sticky, immutable) */
	int create;  /* O_CREAT although it exists: EACCES (another's in a sticky
		      * directory; fs.protected_regular and fs.protected_fifos) */
	int link;    /* a further link to it: EPERM (fs.protected_hardlinks) */
	bool append; /* append-only: 'write' says 0, 'change' and 'remove' EPERM */
	bool stranger; /* neither its owner nor CAP_FOWNER: no O_NOATIME */
	bool sticky;   /* a sticky directory: no attributes from strangers */
	int full;  /* -1: it is a directory and nobody looked; 0 empty; 1 has entries */
	bool busy; /* a program that runs: ETXTBSY */
	bool mount_point; /* something is mounted there: EBUSY */
	/* The mounts, in the world that is asked about. */
	uint64_t mount, parent_mount; /* identities, for EXDEV */
	bool readonly, parent_readonly;
	uint64_t inode; /* 0: not known. Renaming a file to its own link does nothing */
	uint64_t device;
	uint64_t parent_inode; /* 0: not known. A directory that gets another parent is
				* written ("..") */
};

/* Whose attribute it is, which decides who may set it; unknown is taken for a user's. */
enum oracle_attr { ATTR_UNKNOWN, ATTR_USER, ATTR_TRUSTED, ATTR_SECURITY, ATTR_SYSTEM };

/* A release as a number that compares. */
#define ORACLE_KERNEL(major, minor) ((unsigned)(major) << 16 | (unsigned)(minor))

struct oracle_call {
	enum oracle_op op;
	struct oracle_name name[2]; /* the second for LINK and RENAME */
	unsigned flags; /* open's O_*, rename's RENAME_*, unlink's and others' AT_*:
			 * validated here */
	bool at;	/* 'flags' came as an argument: unknown bits are EINVAL (only
			 * open() ignores them) */
	bool strict;	/* OPEN: openat2(), which does not */
	unsigned mode;	/* ACCESS: R_OK | W_OK | X_OK; MKNOD: the type bits; with 'strict'
			 * openat2's */
	unsigned kernel; /* ORACLE_KERNEL() of the one that runs, where the order of
			  * checks changed; 0: as today */
	/* OPEN: this kernel refuses O_CREAT with O_DIRECTORY, as since 6.4 and in stable
	 * releases before: open("/", O_CREAT | O_DIRECTORY) says EINVAL, not EISDIR.
	 * Others make a file, and then say ENOTDIR. */
	bool refuses_create_directory;
	bool now;	/* UTIME: both to the present time */
	bool omit;	/* UTIME: both UTIME_OMIT: nothing to do */
	bool empty;	/* an empty path where none may be: ENOENT; symlink("") */
	bool path_only; /* by_fd with an O_PATH descriptor: EBADF for most */
	/* MKNOD: CAP_MKNOD, or a whiteout (character device 0:0), which needs none.
	 * XATTR: CAP_SYS_ADMIN, for security.capability CAP_SETFCAP. */
	bool privileged;
	enum oracle_attr attr; /* XATTR */
	bool beneath;	       /* RENAME: name[1] lies below the directory name[0] */
	bool above;	       /* RENAME: name[0] lies below the directory name[1] */
	int early; /* what ends the call before any name is looked at: EFAULT, EINVAL,
		    * ENAMETOOLONG, EBADF; 0 */
	/* What is wrong with other arguments, where it is noticed at its own time. UTIME:
	 * EINVAL for nanoseconds that are none, once the name is found; XATTR: EINVAL,
	 * ERANGE, E2BIG, EFAULT, first of all, but after EROFS before 6.12; 0. */
	int invalid;
	/* What the file system says in the end, where that is known: EOPNOTSUPP to
	 * O_TMPFILE, EINVAL to RENAME_WHITEOUT, ENODATA for no such attribute; 0. */
	int late;
};

/* 0 (it works) or a positive errno. */
int oracle_answer(const struct oracle_call *call);

#endif
