/* SPDX-License-Identifier: MIT
 *
 * The instructions that our programs are made of, and no other: loads of
 * seccomp_data, AND, jumps by a constant, and returns.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "probe/trace/calls/filter.h"

#define LOAD (BPF_LD | BPF_W | BPF_ABS)
#define AND  (BPF_ALU | BPF_AND | BPF_K)
#define RET  (BPF_RET | BPF_K)
#define JUMP (BPF_JMP | BPF_JA)
#define JEQ  (BPF_JMP | BPF_JEQ | BPF_K)
#define JGT  (BPF_JMP | BPF_JGT | BPF_K)
#define JGE  (BPF_JMP | BPF_JGE | BPF_K)
#define JSET (BPF_JMP | BPF_JSET | BPF_K)

static bool is_valid(const struct sock_filter *insn, size_t behind)
{
	switch (insn->code) {
	case LOAD:
		return insn->k % 4 == 0 && insn->k < sizeof(struct seccomp_data);
	case AND:
	case RET:
		return true;
	case JUMP:
		return insn->k < behind;
	case JEQ:
	case JGT:
	case JGE:
	case JSET:
		return insn->jt < behind && insn->jf < behind;
	default:
		return false;
	}
}

/* As the kernel's check: jumps stay inside, and go forward by their type, so that
 * every program ends; the last instruction returns. */
static bool is_program(const struct sock_fprog *program)
{
	size_t n = program->len;

	if (n == 0 || n > BPF_MAXINSNS || program->filter[n - 1].code != RET)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_valid(&program->filter[i], n - i - 1))
			return false;
	return true;
}

static size_t jump(const struct sock_filter *insn, uint32_t a)
{
	switch (insn->code) {
	case JUMP:
		return insn->k;
	case JEQ:
		return a == insn->k ? insn->jt : insn->jf;
	case JGT:
		return a > insn->k ? insn->jt : insn->jf;
	case JGE:
		return a >= insn->k ? insn->jt : insn->jf;
	case JSET:
		return a & insn->k ? insn->jt : insn->jf;
	default:
		return 0;
	}
}

int filter_simulate(const struct sock_fprog *program, const struct seccomp_data *data,
		    unsigned *ret)
{
	uint32_t a = 0;

	if (!is_program(program))
		return -EINVAL;
	for (const struct sock_filter *insn = program->filter;; insn++) {
		if (insn->code == RET) {
			*ret = insn->k;
			return 0;
		}
		if (insn->code == LOAD)
			memcpy(&a, (const char *)data + insn->k, sizeof(a));
		else if (insn->code == AND)
			a &= insn->k;
		else
			insn += jump(insn, a);
	}
}
