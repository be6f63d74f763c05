/* SPDX-License-Identifier: MIT */
#include "probe/trace/calls/prelude.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Flags of open(2): O_TMPFILE without the O_DIRECTORY that is a part of it, and
 * O_DIRECTORY, which x86 and arm64 number differently. */
#define TMPFILE_BIT 020000000

/* FS_IOC_SETFLAGS as a 64-bit and as a 32-bit program counts its argument, and
 * FS_IOC_FSSETXATTR. The kernel takes the first from i386 too. */
#define SETFLAGS_64 0x40086602
#define SETFLAGS_32 0x40046602
#define FSSETXATTR  0x401c5820

/* --- what is asked --- */

static struct condition equal(int arg, uint32_t value)
{
	return (struct condition){ arg, false, UINT32_MAX, value };
}

static struct condition has(int arg, uint32_t bit)
{
	return (struct condition){ arg, false, bit, bit };
}

static struct condition lacks(int arg, uint32_t bit)
{
	return (struct condition){ arg, false, bit, 0 };
}

static struct condition any(int arg, uint32_t mask)
{
	return (struct condition){ arg, true, mask, 0 };
}

static struct alternative one(struct condition condition)
{
	return (struct alternative){ 1, { condition } };
}

static struct alternative both(struct condition condition, struct condition other)
{
	return (struct alternative){ 2, { condition, other } };
}

size_t call_alternatives(const struct call *call,
			 struct alternative ret[ALTERNATIVES_MAX])
{
	switch (call->test) {
	case TEST_ALWAYS:
		return 0;
	case TEST_OPEN:
		ret[0] = one(
			any(call->flags, O_ACCMODE | O_CREAT | O_TRUNC | TMPFILE_BIT));
		return 1;
	case TEST_W_OK:
		ret[0] = one(has(call->mode, W_OK));
		return 1;
	case TEST_MAP:
		ret[0] = both(has(2, PROT_EXEC), lacks(3, MAP_ANONYMOUS));
		return 1;
	case TEST_DUMPABLE:
		ret[0] = one(equal(0, PR_SET_DUMPABLE));
		return 1;
	case TEST_LISTENER:
		ret[0] = both(equal(0, SECCOMP_SET_MODE_FILTER),
			      has(1, SECCOMP_FILTER_FLAG_NEW_LISTENER));
		return 1;
	case TEST_SOCKETCALL:
		ret[0] = one(equal(0, SYS_BIND));
		return 1;
	case TEST_IOCTL:
		ret[0] = one(equal(1, SETFLAGS_64));
		ret[1] = one(equal(1, SETFLAGS_32));
		ret[2] = one(equal(1, FSSETXATTR));
		return 3;
	}
	return 0;
}

uint32_t call_action(const struct call *call, const struct filter_options *options)
{
	return call->kind == CALL_IO_URING && options->refuse_io_uring
		       ? SECCOMP_RET_ERRNO | ENOSYS
		       : SECCOMP_RET_USER_NOTIF;
}

size_t abis_of(enum abi native, enum abi ret[ABI_COUNT])
{
	switch (native) {
	case ABI_X86_64:
	case ABI_I386:
	case ABI_X32:
		ret[0] = ABI_X86_64;
		ret[1] = ABI_I386;
		ret[2] = ABI_X32;
		return 3;
	case ABI_ARM64:
		ret[0] = ABI_ARM64;
		return 1;
	case ABI_COUNT:
		break;
	}
	return 0;
}

/* --- the assembler --- */

struct code {
	struct sock_filter *at;
	size_t n, max;
	bool failed; /* it did not fit, or a jump is too long */
};

static size_t emit(struct code *code, uint16_t op, uint8_t jt, uint8_t jf, uint32_t k)
{
	if (code->n == code->max) {
		code->failed = true;
		return code->n - 1;
	}
	code->at[code->n] = (struct sock_filter){ op, jt, jf, k };
	return code->n++;
}

static void emit_load(struct code *code, size_t offset)
{
	(void)emit(code, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

static void emit_return(struct code *code, uint32_t action)
{
	(void)emit(code, BPF_RET | BPF_K, 0, 0, action);
}

/* A jump that is always taken, and a test: where to comes later. */
static size_t emit_jump(struct code *code)
{
	return emit(code, BPF_JMP | BPF_JA, 0, 0, 0);
}

static size_t emit_test(struct code *code, uint16_t op, uint32_t k)
{
	return emit(code, BPF_JMP | op | BPF_K, 0, 0, k);
}

static void jump_here(struct code *code, size_t jump)
{
	code->at[jump].k = (uint32_t)(code->n - jump - 1);
}

/* From a test that is not met. */
static void else_here(struct code *code, size_t test)
{
	size_t length = code->n - test - 1;

	if (length > UINT8_MAX)
		code->failed = true;
	code->at[test].jf = (uint8_t)length;
}

/* The low half of an argument; all machines with a table are little-endian. */
static size_t low_half(int arg)
{
	return offsetof(struct seccomp_data, args) + (size_t)arg * sizeof(uint64_t);
}

/* The test at its end, whose "else" is to be filled in. */
static size_t emit_condition(struct code *code, const struct condition *condition)
{
	emit_load(code, low_half(condition->arg));
	if (condition->any)
		return emit_test(code, BPF_JSET, condition->mask);
	if (condition->mask != UINT32_MAX)
		(void)emit(code, BPF_ALU | BPF_AND | BPF_K, 0, 0, condition->mask);
	return emit_test(code, BPF_JEQ, condition->value);
}

static void emit_alternative(struct code *code, const struct alternative *alternative,
			     uint32_t action)
{
	size_t tests[2];

	for (size_t i = 0; i < alternative->n; i++)
		tests[i] = emit_condition(code, &alternative->conditions[i]);
	emit_return(code, action);
	for (size_t i = 0; i < alternative->n; i++)
		else_here(code, tests[i]);
}

static void emit_call(struct code *code, const struct call *call, enum abi abi,
		      const struct filter_options *options)
{
	struct alternative alternatives[ALTERNATIVES_MAX];
	size_t n = call_alternatives(call, alternatives);
	uint32_t action = call_action(call, options);
	size_t test = emit_test(code, BPF_JEQ, (uint32_t)call->number[abi]);

	for (size_t i = 0; i < n; i++)
		emit_alternative(code, &alternatives[i], action);
	emit_return(code, n > 0 ? SECCOMP_RET_ALLOW : action);
	else_here(code, test);
}

/* --- the prelude --- */

/* x86-64 and x32 are one arch; which of them it is, is asked once. */
#define X32_FIRST 0x40000000

struct prelude {
	const struct filter_options *options;
	calls_pick *ours;
	struct code code;
	size_t to_library[ABI_COUNT], n_to_library;
};

static void emit_abi(struct prelude *p, enum abi abi)
{
	const struct call *call;

	for (size_t i = 0; (call = call_at(i)); i++)
		if (call->number[abi] >= 0 && p->ours(call, abi))
			emit_call(&p->code, call, abi, p->options);
	p->to_library[p->n_to_library++] = emit_jump(&p->code);
}

/* All of an arch, and a jump to the library for what is left of it. */
static void emit_arch(struct prelude *p, enum abi abi, bool x32)
{
	size_t arch = emit_test(&p->code, BPF_JEQ, abi_arch(abi));

	emit_load(&p->code, offsetof(struct seccomp_data, nr));
	if (x32) {
		size_t first = emit_test(&p->code, BPF_JGE, X32_FIRST);

		emit_abi(p, ABI_X32);
		else_here(&p->code, first);
	}
	emit_abi(p, abi);
	else_here(&p->code, arch);
}

int prelude_make(enum abi native, const struct filter_options *options, calls_pick *ours,
		 struct sock_filter ret[PRELUDE_MAX])
{
	struct prelude p = { .options = options,
			     .ours = ours,
			     .code = { .at = ret, .max = PRELUDE_MAX } };
	enum abi abis[ABI_COUNT];
	size_t n = abis_of(native, abis);

	emit_load(&p.code, offsetof(struct seccomp_data, arch));
	for (size_t i = 0; i < n; i++)
		if (abis[i] != ABI_X32) /* comes with x86-64 */
			emit_arch(&p, abis[i], abis[i] == ABI_X86_64);
	emit_return(&p.code, SECCOMP_RET_USER_NOTIF);
	while (p.n_to_library > 0)
		jump_here(&p.code, p.to_library[--p.n_to_library]);
	return p.code.failed ? -E2BIG : (int)p.code.n;
}
