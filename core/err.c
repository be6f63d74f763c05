/* SPDX-License-Identifier: MIT */
#include "core/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/table.h"

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return code;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char inner[sizeof(err->msg)];
	va_list ap;

	memcpy(inner, err->msg, sizeof(inner));
	va_start(ap, fmt);
	int n = vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n + sizeof(": ") < sizeof(err->msg)) {
		size_t room = sizeof(err->msg) - (size_t)n - sizeof(": ");

		(void)snprintf(err->msg + n, room + sizeof(": "), ": %.*s", (int)room,
			       inner);
	}
	return err->code;
}

/* strerror() depends on the locale and musl words it differently; a report
 * reads the same everywhere. The errors that a probe meets, no more. */
static const struct errno_words {
	int code;
	const char *name, *words;
} table[] = {
	{ EROFS, "EROFS", "EROFS (read-only file system)" },
	{ EACCES, "EACCES", "EACCES (permission denied)" },
	{ EPERM, "EPERM", "EPERM (operation not permitted)" },
	{ ENOENT, "ENOENT", "ENOENT (no such file or directory)" },
	{ ENOSPC, "ENOSPC", "ENOSPC (no space left on device)" },
	{ EDQUOT, "EDQUOT", "EDQUOT (disk quota exceeded)" },
	{ EBUSY, "EBUSY", "EBUSY (busy)" },
	{ EEXIST, "EEXIST", "EEXIST (file exists)" },
	{ EFAULT, "EFAULT", "EFAULT (bad address)" },
	{ EINVAL, "EINVAL", "EINVAL (invalid argument)" },
	{ EBADF, "EBADF", "EBADF (bad file descriptor)" },
	{ EIO, "EIO", "EIO (input/output error)" },
	{ EINTR, "EINTR", "EINTR (interrupted)" },
	{ EAGAIN, "EAGAIN", "EAGAIN (try again)" },
	{ ELOOP, "ELOOP", "ELOOP (too many symbolic links)" },
	{ EISDIR, "EISDIR", "EISDIR (is a directory)" },
	{ ENOTDIR, "ENOTDIR", "ENOTDIR (not a directory)" },
	{ ENAMETOOLONG, "ENAMETOOLONG", "ENAMETOOLONG (name too long)" },
	{ ENOMEM, "ENOMEM", "ENOMEM (out of memory)" },
	{ E2BIG, "E2BIG", "E2BIG (larger than the limit)" },
	{ ENOSYS, "ENOSYS", "ENOSYS (no such system call)" },
	{ EOPNOTSUPP, "EOPNOTSUPP", "EOPNOTSUPP (not supported)" },
	{ EPIPE, "EPIPE", "EPIPE (nobody reads any more)" },
	{ ENOTEMPTY, "ENOTEMPTY", "ENOTEMPTY (directory not empty)" },
	{ EXDEV, "EXDEV", "EXDEV (crosses a mount or leaves the root)" },
	{ ESRCH, "ESRCH", "ESRCH (no such process)" },
	{ ESTALE, "ESTALE", "ESTALE (stale)" },
	{ ENODATA, "ENODATA", "ENODATA (nothing there)" },
	{ EPROTO, "EPROTO", "EPROTO (not what was expected)" },
	{ ETIMEDOUT, "ETIMEDOUT", "ETIMEDOUT (timed out)" },
	{ ECONNREFUSED, "ECONNREFUSED", "ECONNREFUSED (connection refused)" },
	{ ENETUNREACH, "ENETUNREACH", "ENETUNREACH (network unreachable)" },
	{ EHOSTUNREACH, "EHOSTUNREACH", "EHOSTUNREACH (host unreachable)" },
	{ ENXIO, "ENXIO", "ENXIO (no such device)" },
	{ ENODEV, "ENODEV", "ENODEV (no such device)" },
	{ ERANGE, "ERANGE", "ERANGE (out of range)" },
	{ EMFILE, "EMFILE", "EMFILE (too many open files)" },
	{ ENOTCONN, "ENOTCONN", "ENOTCONN (not connected)" },
	{ ETXTBSY, "ETXTBSY", "ETXTBSY (text file busy)" },
	{ EUSERS, "EUSERS", "EUSERS (too many users)" },
	{ EMLINK, "EMLINK", "EMLINK (too many links)" },
	{ EFBIG, "EFBIG", "EFBIG (file too large)" },
	{ ENFILE, "ENFILE", "ENFILE (too many open files in the system)" },
	{ EOVERFLOW, "EOVERFLOW", "EOVERFLOW (value too large)" },
	{ EADDRINUSE, "EADDRINUSE", "EADDRINUSE (address in use)" },
	{ EADDRNOTAVAIL, "EADDRNOTAVAIL", "EADDRNOTAVAIL (address not available)" },
	{ EAFNOSUPPORT, "EAFNOSUPPORT", "EAFNOSUPPORT (address family not supported)" },
	{ ENOTSOCK, "ENOTSOCK", "ENOTSOCK (not a socket)" },
	{ ENOBUFS, "ENOBUFS", "ENOBUFS (no buffer space)" },
	{ ENOTTY, "ENOTTY", "ENOTTY (not for this kind of file)" },
	{ ESPIPE, "ESPIPE", "ESPIPE (cannot seek)" },
	{ ENOTBLK, "ENOTBLK", "ENOTBLK (not a block device)" },
	{ ENOLCK, "ENOLCK", "ENOLCK (no locks available)" },
	{ EDEADLK, "EDEADLK", "EDEADLK (deadlock)" },
	{ EILSEQ, "EILSEQ", "EILSEQ (not in this file system's encoding)" },
	{ ENOKEY, "ENOKEY", "ENOKEY (key not available)" },
	{ EKEYEXPIRED, "EKEYEXPIRED", "EKEYEXPIRED (key has expired)" },
	{ EKEYREVOKED, "EKEYREVOKED", "EKEYREVOKED (key was revoked)" },
	{ EKEYREJECTED, "EKEYREJECTED", "EKEYREJECTED (key was rejected)" },
	{ EUCLEAN, "EUCLEAN", "EUCLEAN (file system needs repair)" },
	{ EBADMSG, "EBADMSG", "EBADMSG (checksum is wrong)" },
	{ EREMOTEIO, "EREMOTEIO", "EREMOTEIO (remote input/output error)" },
	{ ENOMEDIUM, "ENOMEDIUM", "ENOMEDIUM (no medium)" },
	{ ENOEXEC, "ENOEXEC", "ENOEXEC (not an executable format)" },
	{ ECHILD, "ECHILD", "ECHILD (no child)" },
	{ ECOMM, "ECOMM", "ECOMM (communication error)" },
	{ ENOLINK, "ENOLINK", "ENOLINK (link was severed)" },
	{ EHOSTDOWN, "EHOSTDOWN", "EHOSTDOWN (host is down)" },
	{ ECONNRESET, "ECONNRESET", "ECONNRESET (connection reset)" },
	{ ECONNABORTED, "ECONNABORTED", "ECONNABORTED (connection aborted)" },
	{ ECANCELED, "ECANCELED", "ECANCELED (canceled)" },
	{ EALREADY, "EALREADY", "EALREADY (in progress already)" },
	{ EINPROGRESS, "EINPROGRESS", "EINPROGRESS (in progress)" },
	{ EPROTONOSUPPORT, "EPROTONOSUPPORT",
	  "EPROTONOSUPPORT (protocol not supported)" },
	{ EDOM, "EDOM", "EDOM (out of the domain)" },
};

static const struct errno_words *find(int code)
{
	if (code < 0)
		code = -code;
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].code == code)
			return &table[i];
	return NULL;
}

const char *err_words(int code)
{
	const struct errno_words *e = find(code);

	return e ? e->words : "an error without a name here";
}

const char *err_name(int code)
{
	const struct errno_words *e = find(code);

	return e ? e->name : "errno";
}

int err_code(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].code;
	return 0;
}
