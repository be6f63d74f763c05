/* SPDX-License-Identifier: MIT
 *
 * What the kernel copies from the caller before it looks at any name is copied here in
 * its order, so that 'early' is the errno which the call ends with. Where several things
 * are wrong at once kernels differ, and nothing is written either way.
 */
#include "probe/trace/tracee/request.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "probe/trace/tracee/open_flags.h"
#include "probe/trace/tracee/reader.h"

#define MODE_BITS 07777U /* of chmod */

static bool follows(const struct request *to)
{
	switch ((int)to->kind) {
	case CALL_OPEN:
		return !(to->flags & O_NOFOLLOW) &&
		       (to->flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
	case CALL_LINK:
		return to->call->flags >= 0 && to->flags & AT_SYMLINK_FOLLOW;
	case CALL_MKDIR:
	case CALL_MKNOD:
	case CALL_SYMLINK:
	case CALL_RENAME:
	case CALL_UNLINK:
	case CALL_RMDIR:
	case CALL_BIND:
		return false;
	default:
		return !to->call->nofollow &&
		       !(to->call->flags >= 0 && to->flags & AT_SYMLINK_NOFOLLOW);
	}
}

/* --- what is behind a pointer of its own --- */

static void take_how(const struct reader *r)
{
	struct request *to = r->to;
	struct open_how how = { 0 };

	to->at = true;
	if (!reader_copy_sized(r, arg(to, to->call->extra), to->args[3], &how,
			       sizeof(how)))
		return;
	int code = open_how_check(to->abi, how.flags, how.mode, how.resolve);
	if (code)
		end_early(to, code);
	to->flags = open_flags(to->abi, (unsigned)how.flags);
	to->mode = (unsigned)how.mode;
	to->resolve = how.resolve;
}

static void take_open(const struct reader *r)
{
	struct request *to = r->to;

	if (to->call->extra >= 0) {
		take_how(r);
	} else {
		to->flags = to->call->flags < 0 ? O_CREAT | O_WRONLY | O_TRUNC /* creat */
						: open_flags_plain(to->abi, to->flags);
		to->mode = (unsigned)arg(to, to->call->mode) & MODE_BITS;
	}
	if (!open_creates(to->flags))
		to->mode = 0;
}

/* Nanoseconds or microseconds of both; 0 where there are but seconds. */
static bool copy_times(const struct reader *r, uint64_t address, int64_t ret[2])
{
	const struct request *to = r->to;
	const bool narrow = to->abi == ABI_I386 && to->call->times != 'T';
	/* A utimbuf is two seconds. */
	const size_t n = to->call->times == 'u' ? 2 : 4;
	int64_t wide[4] = { 0 };
	int32_t small[4] = { 0 };

	if (!reader_copy(r, address, narrow ? (void *)small : (void *)wide,
			 n * (narrow ? sizeof(small[0]) : sizeof(wide[0]))))
		return false;
	for (int i = 0; i < 2; i++) {
		const int at = 2 * i + 1;

		ret[i] = n == 2 ? 0 : narrow ? small[at] : wide[at];
		/* The upper half is padding to a program of 32 bits. */
		if (to->call->times == 'T' ||
		    (to->call->times == 't' && to->abi == ABI_X32))
			ret[i] &= 0xffffffff;
	}
	return true;
}

/* <sys/stat.h> has them; the kernel's ABI is the same everywhere. */
#define NSEC_NOW  0x3fffffff
#define NSEC_OMIT 0x3ffffffe

static bool nsec_is_valid(int64_t n)
{
	return n == NSEC_NOW || n == NSEC_OMIT || (n >= 0 && n < 1000000000);
}

static void take_times(const struct reader *r)
{
	struct request *to = r->to;
	const uint64_t address = arg(to, to->call->extra);
	const bool nsec = to->call->times == 't' || to->call->times == 'T';
	int64_t t[2];

	to->now = address == 0;
	if (to->now || !copy_times(r, address, t))
		return;
	if (nsec) {
		to->now = t[0] == NSEC_NOW && t[1] == NSEC_NOW;
		to->omit = t[0] == NSEC_OMIT && t[1] == NSEC_OMIT;
	}
	for (int i = 0; i < 2; i++)
		if (nsec ? !nsec_is_valid(t[i]) : t[i] < 0 || t[i] >= 1000000)
			end_early(to, EINVAL);
}

/* Both times left alone: the kernel does not even look at the path. */
static void take_utime(const struct reader *r)
{
	struct request *to = r->to;

	take_times(r);
	reader_names(r);
	if (to->omit) {
		to->early = 0;
		to->unread = false;
	}
}

static bool is_set(const struct call *call)
{
	return strstr(call->name, "setxattr") != NULL;
}

static void take_xattr_name(const struct reader *r, uint64_t address)
{
	char *name = r->to->attr;
	ssize_t n = r->tracee ? tracee_read_text(r->all, r->tracee, address, name,
						 sizeof(r->to->attr))
			      : -EPERM;

	if (n <= 0)
		name[0] = '\0';
	if (n == 0 || n == -ENAMETOOLONG)
		end_early(r->to, ERANGE);
	else if (n < 0)
		reader_failed(r, n);
}

static void check_xattr(struct request *to, uint64_t size, uint64_t flags)
{
	if ((uint32_t)flags & ~3U) /* XATTR_CREATE, XATTR_REPLACE */
		end_early(to, EINVAL);
	else if (size > 65536) /* XATTR_SIZE_MAX */
		end_early(to, E2BIG);
}

static void take_xattr(const struct reader *r)
{
	struct request *to = r->to;
	const struct call *call = to->call;
	const int first = call->fd >= 0 ? call->fd : call->path;
	struct {
		uint64_t value;
		uint32_t size, flags;
	} at = { 0 };

	if (is_set(call) && call->flags < 0)
		check_xattr(to, to->args[first + 2 + 1], to->args[first + 4]);
	else if (is_set(call) &&
		 reader_copy_sized(r, to->args[4], to->args[5], &at, sizeof(at)))
		check_xattr(to, at.size, at.flags);
	take_xattr_name(r, to->args[call->flags < 0 ? first + 1 : 3]);
	reader_names(r);
}

static void take_bind(const struct reader *r)
{
	struct request *to = r->to;
	struct {
		uint16_t family;
		char path[108];
	} name = { 0 };
	uint32_t args[3];
	uint64_t address = arg(to, to->call->extra);
	int64_t len = arg_int(to, 2);

	to->other = true;
	if (to->call->test == TEST_SOCKETCALL) {
		if (!reader_copy(r, address, args, sizeof(args)))
			return;
		address = args[1];
		len = (int32_t)args[2];
	}
	if (len <= 2 || len > (int64_t)sizeof(name) ||
	    !reader_copy(r, address, &name, (size_t)len) || name.family != AF_UNIX ||
	    !name.path[0])
		return;
	to->other = false;
	to->name[0].given = true;
	to->name[0].dirfd = AT_FDCWD;
	to->name[0].len = strnlen(name.path, (size_t)len - 2);
	memcpy(to->name[0].path, name.path, to->name[0].len);
	to->name[0].path[to->name[0].len] = '\0';
}

static void take_mmap(const struct reader *r)
{
	struct request *to = r->to;
	uint32_t old[6];
	uint64_t prot = to->args[2], flags = to->args[3];
	int fd = arg_int(to, to->call->fd);

	to->other = true;
	if (to->call->extra >= 0) {
		if (!reader_copy(r, arg(to, to->call->extra), old, sizeof(old)))
			return;
		prot = old[2];
		flags = old[3];
		fd = (int)old[4];
	}
	if (!(prot & PROT_EXEC) || flags & MAP_ANONYMOUS)
		return;
	to->other = false;
	reader_fd(r, fd);
}

static void take_truncate(const struct reader *r)
{
	struct request *to = r->to;
	int64_t length = (int64_t)to->args[1];

	if (strcmp(to->call->name, "truncate64") == 0)
		length = (int64_t)(to->args[2] << 32 | to->args[1]);
	else if (to->abi == ABI_I386)
		length = (int32_t)to->args[1];
	if (length < 0)
		end_early(to, EINVAL);
	reader_names(r);
}

static void take_chown(const struct reader *r)
{
	struct request *to = r->to;
	const int first = to->call->fd >= 0 ? to->call->fd : to->call->path;

	to->uid = (uint32_t)to->args[first + 1];
	to->gid = (uint32_t)to->args[first + 2];
	if (to->call->ids16) {
		to->uid =
			(uint16_t)to->uid == UINT16_MAX ? UINT32_MAX : (uint16_t)to->uid;
		to->gid =
			(uint16_t)to->gid == UINT16_MAX ? UINT32_MAX : (uint16_t)to->gid;
	}
	reader_names(r);
}

/* The target is a text of any kind, read into a name that is otherwise not used. */
static void take_symlink(const struct reader *r)
{
	struct request *to = r->to;
	ssize_t n = reader_text(r, arg(to, to->call->extra), to->name[1].path,
				sizeof(to->name[1].path));

	to->empty = n == 0;
	to->name[1].path[0] = '\0';
	reader_names(r);
}

static void take_kind(const struct reader *r)
{
	struct request *to = r->to;

	switch (to->kind) {
	case CALL_OPEN:
		take_open(r);
		reader_names(r);
		break;
	case CALL_SYMLINK:
		take_symlink(r);
		break;
	case CALL_TRUNCATE:
		take_truncate(r);
		break;
	case CALL_CHOWN:
		take_chown(r);
		break;
	case CALL_UTIME:
		take_utime(r);
		break;
	case CALL_XATTR:
		take_xattr(r);
		break;
	case CALL_BIND:
		take_bind(r);
		break;
	case CALL_MMAP:
		take_mmap(r);
		break;
	case CALL_MKDIR:
	case CALL_CHMOD:
		to->mode &= MODE_BITS;
		reader_names(r);
		break;
	case CALL_MKNOD:
	case CALL_LINK:
	case CALL_RENAME:
	case CALL_UNLINK:
	case CALL_RMDIR:
	case CALL_ACCESS:
	case CALL_EXEC:
	case CALL_CHDIR:
	case CALL_FCHDIR:
	case CALL_CHROOT:
		reader_names(r);
		break;
	case CALL_CREDS:
	case CALL_PRCTL:
	case CALL_MOUNT:
	case CALL_IO_URING:
	case CALL_LISTENER:
	case CALL_BLIND:
		break;
	}
}

static void name_clear(struct request_name *name)
{
	name->given = name->by_fd = false;
	name->dirfd = AT_FDCWD;
	name->len = 0;
	name->path[0] = '\0';
}

static void request_clear(struct request *to)
{
	name_clear(&to->name[0]);
	name_clear(&to->name[1]);
	to->flags = to->mode = 0;
	to->resolve = 0;
	to->at = to->empty = to->follow = to->now = to->omit = false;
	to->uid = to->gid = UINT32_MAX;
	to->attr[0] = '\0';
	to->early = 0;
	to->unread = to->other = false;
}

/* Registers of 64 bits may hold anything above a caller's 32. */
static void take_args(struct request *to, const struct seccomp_data *data)
{
	for (int i = 0; i < 6; i++)
		to->args[i] =
			to->abi == ABI_I386 ? (uint32_t)data->args[i] : data->args[i];
}

int request_read(struct tracees *all, const struct tracee *tracee,
		 const struct seccomp_notif *notif, struct request *ret)
{
	const struct reader r = { .all = all, .tracee = tracee, .to = ret };
	int abi = abi_of(notif->data.arch, notif->data.nr);
	const struct call *call =
		abi < 0 ? NULL : call_find((enum abi)abi, notif->data.nr);

	if (!call)
		return -ENOSYS;
	request_clear(ret);
	ret->call = call;
	ret->kind = call->kind;
	ret->abi = (enum abi)abi;
	ret->tid = (pid_t)notif->pid;
	take_args(ret, &notif->data);
	ret->at = call->flags >= 0;
	ret->flags = (unsigned)arg(ret, call->flags);
	ret->mode = (unsigned)arg(ret, call->mode);
	if (call->kind == CALL_UNLINK && ret->flags & AT_REMOVEDIR)
		ret->kind = CALL_RMDIR;
	take_kind(&r);
	ret->follow = follows(ret);
	return 0;
}
