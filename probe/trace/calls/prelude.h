/* SPDX-License-Identifier: MIT
 *
 * prelude.h - our own part of the seccomp program, in front of libseccomp's: an
 * ABI without a table, calls that the library does not know, and tests that take
 * it many instructions. And what every test is in terms of BPF, for both parts.
 */
#ifndef PROBE_TRACE_CALLS_PRELUDE_H
#define PROBE_TRACE_CALLS_PRELUDE_H

#include "probe/trace/calls/filter.h"

/* What the low half of an argument is asked. The arguments that are tested are 32 bits
 * wide, or have all their flags there: the kernel ignores what stands in the upper half,
 * and so must we. */
struct condition {
	int arg;
	bool any; /* one or more of the bits of 'mask'; else (argument & mask) == value */
	uint32_t mask, value;
};

/* Conditions that must all hold. */
struct alternative {
	size_t n;
	struct condition conditions[2];
};

#define ALTERNATIVES_MAX 3

/* When this call is notified: under one of these. Their number; 0: always. */
size_t call_alternatives(const struct call *call,
			 struct alternative ret[ALTERNATIVES_MAX]);

/* What it is then answered, SECCOMP_RET_*. */
uint32_t call_action(const struct call *call, const struct filter_options *options);

/* The ABIs that a machine of 'native' runs; their number. 0: none with a table. */
size_t abis_of(enum abi native, enum abi ret[ABI_COUNT]);

/* Is this call the prelude's? */
typedef bool calls_pick(const struct call *call, enum abi abi);

#define PRELUDE_MAX 1024

/* Writes the prelude for the calls that 'ours' picks. Its end is the beginning of the
 * library's program. The number of instructions, or -E2BIG. */
int prelude_make(enum abi native, const struct filter_options *options, calls_pick *ours,
		 struct sock_filter ret[PRELUDE_MAX]);

#endif
