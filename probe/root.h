/* SPDX-License-Identifier: MIT
 *
 * root.h - where the probe looks.
 *
 * Every file is opened relative to a directory descriptor: "/proc", a
 * process's directory in it, a peer's root file system, or a fixture tree in
 * tests. A path can never leave it: openat2 with RESOLVE_BENEATH, or with
 * RESOLVE_IN_ROOT for a container's root, where absolute links are legal and
 * mean that root. Kernels and filters without openat2 (ENOSYS, EPERM) get a
 * component-wise walk with the same promises.
 */
#ifndef PROBE_ROOT_H
#define PROBE_ROOT_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/err.h"
#include "core/str.h"

struct root {
	int fd;	     /* O_PATH | O_DIRECTORY; -1 when not open */
	bool chroot; /* links resolve inside it (a container's root), not refused */
};
#define ROOT_INIT        \
	{                \
		.fd = -1 \
	}

/* Opens a directory by path: for "/proc" and fixtures, the only absolute open. */
int root_open(const char *dir, struct root *ret, struct err *err);
void root_done(struct root *root);

/* Opens 'path' below the root. 'flags' as for open(2), O_CLOEXEC | O_NOCTTY |
 * O_NONBLOCK are added. A descriptor, or a negative errno: -EXDEV where the path
 * would leave the root, -ELOOP for magic links. Never blocks on a FIFO or device
 * opened with O_PATH; callers that read open with root_read(). */
int root_openat(const struct root *root, const char *path, int flags);

/* Appends the content of the regular file 'path' (anything else is -EPROTO).
 * -E2BIG when it exceeds the limit of 'out', which then holds what fitted. */
int root_read(const struct root *root, const char *path, struct str *out,
	      struct err *err);

/* The target of the symbolic or magic link 'path', NUL-terminated. */
int root_readlink(const struct root *root, const char *path, char *ret, size_t size);

#endif
