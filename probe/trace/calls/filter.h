/* SPDX-License-Identifier: MIT
 *
 * filter.h - the seccomp program: which calls stop for us, and nothing else.
 *
 * The one door to libseccomp. What that library cannot say (calls newer than it
 * is, an ABI without a table) stands in a prelude of ours before its program. A
 * call that reads only never leaves the kernel.
 */
#ifndef PROBE_TRACE_CALLS_FILTER_H
#define PROBE_TRACE_CALLS_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>

#include "core/err.h"
#include "probe/trace/calls/calls.h"

struct filter_options {
	/* Answer io_uring_setup with ENOSYS instead of notifying it. */
	bool refuse_io_uring;
};

/* Of the machine that this was compiled for; ABI_COUNT: it has no table. An x86-64
 * kernel runs i386 and x32 too, so that is also the answer of a program for i386. */
enum abi abi_native(void);

/* The program for a machine of 'native' (any: a filter for arm64 can be made and
 * simulated on x86-64). An ABI without a table is notified whole, and so reported.
 * The caller frees ret->filter. 0, -ENOMEM, -E2BIG, -ENOSYS (no table of this machine),
 * or what libseccomp says. */
int filter_make(enum abi native, const struct filter_options *options,
		struct sock_fprog *ret, struct err *err);

/* What the program answers to a call: SECCOMP_RET_* (with data). Pure: an interpreter
 * of the few instructions that our programs are made of, for tests. -EINVAL for a program
 * with any other, and for one that the kernel would refuse. */
struct seccomp_data;
int filter_simulate(const struct sock_fprog *program, const struct seccomp_data *data,
		    unsigned *ret);

#endif
