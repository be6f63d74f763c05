/* SPDX-License-Identifier: MIT
 *
 * sticky.h - fs.protected_symlinks, _hardlinks, _regular and _fifos: what may be done
 * with others' links and files in a sticky directory such as /tmp. The sysctls are read
 * once.
 */
#ifndef PROBE_TRACE_NAMES_STICKY_H
#define PROBE_TRACE_NAMES_STICKY_H

#include <stdbool.h>

#include "core/facts.h"
#include "probe/sys.h"

/* May 'who' follow the link 'st' of the directory 'dir' at the end of a path? */
bool sticky_may_follow(const struct identity_facts *who, int dir,
		       const struct sys_statx *st);
/* May 'who' open with O_CREAT what 'st' describes in the directory 'parent'? */
bool sticky_may_open(const struct identity_facts *who, const struct sys_statx *parent,
		     const struct sys_statx *st);

/* Must a file be one's own, or one that one may read and write, to be linked? */
bool sticky_protects_links(void);

#endif
