/* SPDX-License-Identifier: MIT
 *
 * Two programs, one behind the other. The prelude (ours) ends the matter for what
 * libseccomp cannot say, or says at length:
 *
 * - calls that it does not know (which depends on its age), or by another number:
 *   i386's bind is to it but a part of socketcall;
 * - an ABI without a table;
 * - "any of these bits", which takes it a rule for each bit. The flags of open are
 *   that, and the calls with them are those that must pass fast: a read-only openat
 *   leaves after seven instructions.
 *
 * All others are libseccomp's, sorted into a binary tree. Comparisons are masked to 32
 * bits: its plain ones, and SCMP_CMP32 too, would have the upper half be zero, and
 * whoever sets a bit there would pass.
 */
#include "probe/trace/calls/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "probe/trace/calls/prelude.h"

/* The library asks the kernel what it has, and knows of notification from level 5 on.
 * Whether this kernel has it is found out when the program is installed. */
#define API_LEVEL 5

static const uint32_t tokens[ABI_COUNT] = {
	[ABI_X86_64] = SCMP_ARCH_X86_64,
	[ABI_I386] = SCMP_ARCH_X86,
	[ABI_X32] = SCMP_ARCH_X32,
	[ABI_ARM64] = SCMP_ARCH_AARCH64,
};

enum abi abi_native(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return ABI_X86_64;
#elif defined(__aarch64__)
	return ABI_ARM64;
#else
	return ABI_COUNT;
#endif
}

static bool is_ours(const struct call *call, enum abi abi)
{
	struct alternative alternatives[ALTERNATIVES_MAX];
	size_t n = call_alternatives(call, alternatives);

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < alternatives[i].n; j++)
			if (alternatives[i].conditions[j].any)
				return true;
	return seccomp_syscall_resolve_name_arch(tokens[abi], call->name) !=
	       call->number[abi];
}

static void context_done(const scmp_filter_ctx *context)
{
	if (*context)
		seccomp_release(*context);
}

/* SECCOMP_RET_* and SCMP_ACT_* are the same numbers. */
static int add_rule(scmp_filter_ctx context, uint32_t action, int nr,
		    const struct alternative *alternative)
{
	struct scmp_arg_cmp compare[2];

	for (size_t i = 0; i < alternative->n; i++)
		compare[i] = (struct scmp_arg_cmp){
			.arg = (unsigned)alternative->conditions[i].arg,
			.op = SCMP_CMP_MASKED_EQ,
			.datum_a = alternative->conditions[i].mask,
			.datum_b = alternative->conditions[i].value,
		};
	return seccomp_rule_add_exact_array(context, action, nr, (unsigned)alternative->n,
					    compare);
}

/* Rules name a call by the number that it has on the machine that the library runs
 * on, or by a stand-in where it has none there. */
static int add_call(scmp_filter_ctx context, const struct call *call, enum abi abi,
		    const struct filter_options *options, struct err *err)
{
	struct alternative alternatives[ALTERNATIVES_MAX] = { { .n = 0 } };
	size_t n = call_alternatives(call, alternatives);
	uint32_t action = call_action(call, options);
	int nr = seccomp_syscall_resolve_name(call->name);
	int r = 0;

	for (size_t i = 0; i < (n > 0 ? n : 1) && r == 0; i++)
		r = add_rule(context, action, nr, &alternatives[i]);
	return r < 0 ? err_set(err, r, "rule for %s of %s: %s", call->name, abi_name(abi),
			       err_words(r))
		     : 0;
}

static int make_context(enum abi abi, const struct filter_options *options,
			scmp_filter_ctx *ret, struct err *err)
{
	AUTO(context_done) scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
	int r = 0;

	if (!context)
		return err_set(err, -ENOMEM, "libseccomp");
	if (tokens[abi] != seccomp_arch_native()) {
		r = seccomp_arch_add(context, tokens[abi]);
		if (r == 0)
			r = seccomp_arch_remove(context, SCMP_ARCH_NATIVE);
	}
	/* Never met behind the prelude; but killing the app is not for us. */
	if (r == 0)
		r = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_NOTIFY);
	if (r == 0)
		r = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r < 0)
		return err_set(err, r, "libseccomp for %s: %s", abi_name(abi),
			       err_words(r));
	for (size_t i = 0; call_at(i) && r == 0; i++)
		if (call_at(i)->number[abi] >= 0 && !is_ours(call_at(i), abi))
			r = add_call(context, call_at(i), abi, options, err);
	if (r == 0)
		*ret = TAKE_PTR(context);
	return r;
}

/* One context for each ABI, since rows of one name differ between them. */
static int make_library(enum abi native, const struct filter_options *options,
			scmp_filter_ctx *ret, struct err *err)
{
	AUTO(context_done) scmp_filter_ctx all = NULL;
	enum abi abis[ABI_COUNT];
	size_t n = abis_of(native, abis);

	if (n == 0)
		return err_set(err, -ENOSYS, "no table of this machine's system calls");
	(void)seccomp_api_set(API_LEVEL);
	for (size_t i = 0; i < n; i++) {
		scmp_filter_ctx context = NULL;
		int r = make_context(abis[i], options, &context, err);

		if (r == 0 && all) {
			r = seccomp_merge(all, context); /* takes it, if it can */
			if (r < 0) {
				seccomp_release(context);
				(void)err_set(err, r, "merge: %s", err_words(r));
			}
		} else if (r == 0) {
			all = context;
		}
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(all);
	return 0;
}

/* The library writes its program to a descriptor. Non-blocking: what does not fit into
 * the pipe is an error, not a wait for ourselves. */
static int export(scmp_filter_ctx context, struct sock_filter *ret, size_t max,
		  struct err *err)
{
	AUTO_CLOSE int in = -1;
	AUTO_CLOSE int out = -1;
	size_t len = 0;
	int ends[2];
	int r;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_set(err, -errno, "pipe: %s", err_words(errno));
	in = ends[0];
	out = ends[1];
	r = seccomp_export_bpf(context, out);
	if (r < 0)
		return err_set(err, r, "libseccomp's program: %s", err_words(r));
	while (len < max * sizeof(*ret)) {
		ssize_t got = read(in, (char *)ret + len, max * sizeof(*ret) - len);

		if (got <= 0)
			break;
		len += (size_t)got;
	}
	if (len == max * sizeof(*ret))
		return err_set(err, -E2BIG, "libseccomp's program: too large");
	return (int)(len / sizeof(*ret));
}

int filter_make(enum abi native, const struct filter_options *options,
		struct sock_fprog *ret, struct err *err)
{
	AUTO(context_done) scmp_filter_ctx library = NULL;
	AUTO_FREE struct sock_filter *code = calloc(BPF_MAXINSNS, sizeof(*code));
	int head, tail, r;

	if (!code)
		return err_set(err, -ENOMEM, "seccomp program");
	r = make_library(native, options, &library, err);
	if (r < 0)
		return err_wrap(err, "seccomp program");
	head = prelude_make(native, options, is_ours, code);
	if (head < 0)
		return err_set(err, head, "seccomp program: too many calls");
	tail = export(library, code + head, BPF_MAXINSNS - (size_t)head, err);
	if (tail < 0)
		return err_wrap(err, "seccomp program");
	ret->len = (unsigned short)(head + tail);
	ret->filter = TAKE_PTR(code);
	return 0;
}
