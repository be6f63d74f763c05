/* SPDX-License-Identifier: MIT */
#include "probe/trace/tracee/reader.h"

#include <fcntl.h>
#include <string.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

void reader_failed(const struct reader *r, ssize_t code)
{
	if (code == -EFAULT || code == -ENAMETOOLONG)
		end_early(r->to, (int)-code);
	else
		r->to->unread = true;
}

bool reader_copy(const struct reader *r, uint64_t address, void *ret, size_t size)
{
	ssize_t n =
		r->tracee ? tracee_read(r->all, r->tracee, address, ret, size) : -EPERM;

	if (n >= 0 && (size_t)n == size)
		return true;
	reader_failed(r, n >= 0 ? -EFAULT : n);
	return false;
}

ssize_t reader_text(const struct reader *r, uint64_t address, char *ret, size_t size)
{
	ssize_t n = -EPERM;

	if (r->tracee)
		n = tracee_read_text(r->all, r->tracee, address, ret, size);
	if (n < 0)
		reader_failed(r, n);
	return n;
}

/* Longer than we know it is fine as long as the rest is zero. */
static bool rest_is_zero(const struct reader *r, uint64_t address, uint64_t size)
{
	char buf[256];

	while (size > 0) {
		size_t n = size < sizeof(buf) ? (size_t)size : sizeof(buf);

		if (!reader_copy(r, address, buf, n))
			return false;
		for (size_t i = 0; i < n; i++)
			if (buf[i]) {
				end_early(r->to, E2BIG);
				return false;
			}
		address += n;
		size -= n;
	}
	return true;
}

bool reader_copy_sized(const struct reader *r, uint64_t address, uint64_t size, void *ret,
		       size_t known)
{
	if (size < known)
		end_early(r->to, EINVAL);
	else if (size > 4096)
		end_early(r->to, E2BIG);
	else
		return rest_is_zero(r, address + known, size - known) &&
		       reader_copy(r, address, ret, known);
	return false;
}

void reader_fd(const struct reader *r, int fd)
{
	struct request_name *name = &r->to->name[0];

	name->given = name->by_fd = true;
	name->dirfd = fd;
	if (fd < 0)
		end_early(r->to, EBADF);
}

static bool takes_empty_path(const struct request *to)
{
	if (to->call->flags < 0 || !(to->flags & AT_EMPTY_PATH))
		return false;
	switch ((int)to->kind) {
	case CALL_LINK:
	case CALL_CHMOD:
	case CALL_CHOWN:
	case CALL_UTIME:
	case CALL_XATTR:
	case CALL_ACCESS:
	case CALL_EXEC:
		return true;
	default:
		return false;
	}
}

/* futimens() is utimensat() with a NULL path; the calls that came with Linux 6.13 take
 * one for an empty path. */
static bool takes_null_path(const struct request *to, int dirfd)
{
	if (to->call->dirfd < 0)
		return false;
	if (to->kind == CALL_UTIME)
		return dirfd != AT_FDCWD;
	return takes_empty_path(to) &&
	       (to->kind == CALL_XATTR || strcmp(to->call->name, "file_setattr") == 0);
}

static void take_null_path(struct request *to)
{
	struct request_name *name = &to->name[0];

	name->given = name->by_fd = true;
	if (name->dirfd < 0 && name->dirfd != AT_FDCWD)
		end_early(to, EBADF);
	if (to->kind == CALL_UTIME && to->flags != 0)
		end_early(to, EINVAL);
}

static void take_name(const struct reader *r, int which, int dirfd, int path)
{
	struct request *to = r->to;
	struct request_name *name = &to->name[which];

	name->dirfd = dirfd < 0 ? AT_FDCWD : arg_int(to, dirfd);
	if (which == 0 && arg(to, path) == 0 && takes_null_path(to, name->dirfd)) {
		take_null_path(to);
		return;
	}
	ssize_t n = reader_text(r, arg(to, path), name->path, sizeof(name->path));
	if (n < 0) {
		name->path[0] = '\0';
		return;
	}
	name->given = true;
	name->len = (size_t)n;
	name->by_fd = which == 0 && n == 0 && takes_empty_path(to);
	if (name->by_fd && name->dirfd < 0 && name->dirfd != AT_FDCWD)
		end_early(to, EBADF);
}

void reader_names(const struct reader *r)
{
	const struct call *call = r->to->call;

	if (call->fd >= 0)
		reader_fd(r, arg_int(r->to, call->fd));
	if (call->path >= 0)
		take_name(r, 0, call->dirfd, call->path);
	if (call->path2 >= 0)
		take_name(r, 1, call->dirfd2, call->path2);
}
