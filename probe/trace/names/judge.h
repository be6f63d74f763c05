/* SPDX-License-Identifier: MIT
 *
 * judge.h - what a thread's credentials are told about what a name leads to: the
 * part of the oracle's question that owner, mode, ACL and attributes answer.
 * What cannot be known counts as allowed: an operation that was refused and is
 * reported is a nuisance, one that was granted and is not is a hole.
 */
#ifndef PROBE_TRACE_NAMES_JUDGE_H
#define PROBE_TRACE_NAMES_JUDGE_H

#include "core/facts.h"
#include "probe/sys.h"
#include "probe/trace/oracle.h"
#include "probe/trace/tracee/request.h"

/* A set of call kinds is a sum of these. */
#define CALL_BIT(kind) (UINT64_C(1) << CALL_##kind)

struct judge {
	const struct identity_facts *who;
	const struct request *request;
	int which;
};

/* For 'dir': the object is none that could be looked at, as the root of a mount that is
 * not there; it has no ACL, and its entries are not known. */
#define JUDGE_NOWHERE (-1)

/* Fills in kind, write, read, change, touch, chown, full, mount_point, inode and device
 * of the object 'name' in 'dir' ("" for 'dir' itself), which 'st' describes. */
void judge_object(const struct judge *judge, int dir, const char *name,
		  const struct sys_statx *st, struct oracle_name *ret);
/* Fills in enter, remove, create and parent_inode; 'st' is the object's, NULL where there
 * is none. */
void judge_parent(const struct judge *judge, int parent,
		  const struct sys_statx *parent_st, const struct sys_statx *st,
		  struct oracle_name *ret);
/* Does the answer depend on the parent, where the object exists? */
bool judge_needs_parent(const struct judge *judge, const struct sys_statx *st);

#endif
