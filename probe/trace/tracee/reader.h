/* SPDX-License-Identifier: MIT
 *
 * reader.h - copying a call's arguments and texts from its caller, for request.c.
 */
#ifndef PROBE_TRACE_TRACEE_READER_H
#define PROBE_TRACE_TRACEE_READER_H

#include <errno.h>

#include "probe/trace/tracee/request.h"
#include "probe/trace/tracee/tracee.h"

struct reader {
	struct tracees *all;
	const struct tracee *tracee;
	struct request *to;
};

/* The errno that the call ends with: the first one counts. */
static inline void end_early(struct request *to, int code)
{
	if (!to->early)
		to->early = code;
}

static inline uint64_t arg(const struct request *to, int index)
{
	return index < 0 ? 0 : to->args[index];
}

static inline int arg_int(const struct request *to, int index)
{
	return (int)(uint32_t)arg(to, index);
}

/* What reading memory answered: of the caller's making, or of ours? */
void reader_failed(const struct reader *r, ssize_t code);
/* All of it: a part of a struct is a fault. */
bool reader_copy(const struct reader *r, uint64_t address, void *ret, size_t size);
/* A struct whose size the caller says, of which 'known' bytes are known to us, and the
 * others must be zero. */
bool reader_copy_sized(const struct reader *r, uint64_t address, uint64_t size, void *ret,
		       size_t known);
/* Its length, or a negative errno, which the request then has. */
ssize_t reader_text(const struct reader *r, uint64_t address, char *ret, size_t size);

/* The object of a call on a descriptor. */
void reader_fd(const struct reader *r, int fd);
/* All that the table says of names and descriptors. */
void reader_names(const struct reader *r);

#endif
