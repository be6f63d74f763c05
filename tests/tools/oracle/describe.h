/* SPDX-License-Identifier: MIT
 *
 * describe.h - the facts of a name that the oracle asks for, found out simply: by
 * asking the kernel with the caller's own credentials. Shares no code with the
 * tracer's own resolution (probe/trace/names).
 */
#ifndef TESTS_TOOLS_ORACLE_DESCRIBE_H
#define TESTS_TOOLS_ORACLE_DESCRIBE_H

#include "probe/trace/oracle.h"

/* Reads what stands in /proc/sys/fs; before any chroot. */
void describe_prepare(void);

struct described {
	struct oracle_name facts;
	int on; /* which of tree_limits[]: of the object, or of its parent */
};

/* What becomes of a link at the end of a path: a slash behind it has it followed, but
 * not where the call wants the name itself. */
enum at_end { END_FOLLOW, END_LINK, END_NAME };

/* Of a path; 'owner': -1, or who CHOWN makes the owner. */
struct described describe_path(const char *path, enum at_end end, int owner);
/* Has it this attribute? */
bool describe_attr(const char *path, enum at_end end, int fd, const char *attr);
/* Of a descriptor. */
struct described describe_fd(int fd, int owner);
/* Is 'below' below the directory 'above'? Both are names of entries. */
bool describe_below(const char *above, const char *below);

#endif
