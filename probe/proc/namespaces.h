/* SPDX-License-Identifier: MIT
 *
 * namespaces.h - which namespaces a process is in, and whether they are the
 * host's. What cannot be told apart for certain stays unknown.
 */
#ifndef PROBE_PROC_NAMESPACES_H
#define PROBE_PROC_NAMESPACES_H

#include <stdint.h>

#include "core/facts.h"
#include "probe/target.h"

/* What is known besides the number, for namespaces_judge(). */
struct namespaces_host {
	bool fixed_mnt_net;    /* this kernel has fixed numbers for mnt and net too */
	int64_t own_net;       /* the reader's own network namespace; 0: not known */
	enum tri own_net_host; /* is it the initial one */
};

/* "pid:[4026531836]": the kind must be 'kind'. 0 or -EINVAL. */
int namespaces_parse(const char *link, const char *kind, int64_t *ret);

/* Is the namespace the host's? Sets *evidence to a static text where the answer is
 * known. Pure. */
enum tri namespaces_judge(const char *kind, int64_t inode,
			  const struct namespaces_host *host, const char **evidence);

/* Needs ptrace access. 'shared_with', kernel_threads and processes are the caller's. */
void namespaces_probe(const struct target *target, struct namespaces_facts *ret);

/* Are the kernel's own threads in this procfs, that is the host's processes? It is
 * world-readable; unknown where PID 1 is not in sight either (hidepid). */
enum tri namespaces_kernel_threads(const struct root *proc);

/* Is the network namespace of the reader the initial one? Some settings below
 * /proc/sys/net/core exist in it alone. */
enum tri namespaces_net_is_initial(const struct root *proc);

#endif
