/* SPDX-License-Identifier: MIT
 *
 * err.h - what went wrong, in words, plus one errno.
 *
 * A function that can fail returns 0 or a negative errno and takes a
 * 'struct err *' as its last argument: filled in on failure, left alone on
 * success. It lives on the caller's stack, so that saying what went wrong
 * never allocates and therefore never fails itself.
 */
#ifndef CORE_ERR_H
#define CORE_ERR_H

struct err {
	int code;      /* negative errno; 0 means no error */
	char msg[400]; /* outermost context first: "metadata: line 3, column 7: ..." */
};

#define ERR_INIT          \
	{                 \
		.code = 0 \
	}

/* Fills *err and returns 'code': 'return err_set(err, -errno, "open %s", path)'. */
int err_set(struct err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts context in front of the message in *err; returns the code it holds. */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The errno in words: "EROFS (read-only file system)"; for evidence that people
 * read. 'code' is positive or negative. A static string, never NULL. */
const char *err_words(int code);

/* The bare name, "EROFS"; "errno" for one that the table does not have. */
const char *err_name(int code);

/* The errno of a bare name, positive; 0 for one that the table does not have. */
int err_code(const char *name);

#endif
