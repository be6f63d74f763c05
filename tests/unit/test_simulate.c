/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "core/table.h"
#include "probe/trace/calls/filter.h"
#include "test.h"

#define ALLOW SECCOMP_RET_ALLOW

#define LOAD(offset)                                   \
	{                                              \
		BPF_LD | BPF_W | BPF_ABS, 0, 0, offset \
	}
#define RET(action)                           \
	{                                     \
		BPF_RET | BPF_K, 0, 0, action \
	}

TEST(programs_that_the_kernel_would_refuse_are_refused)
{
	static const struct {
		unsigned short n;
		struct sock_filter code[3];
	} bad[] = {
		{ 0, { RET(ALLOW) } },
		{ 1, { LOAD(0) } },		 /* no end */
		{ 2, { LOAD(1), RET(ALLOW) } },	 /* not aligned */
		{ 2, { LOAD(64), RET(ALLOW) } }, /* behind the data */
		{ 2, { { BPF_JMP | BPF_JA, 0, 0, 1 }, RET(ALLOW) } }, /* out of it */
		{ 2, { { BPF_JMP | BPF_JA, 0, 0, UINT32_MAX }, RET(ALLOW) } },
		{ 2, { { BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0 }, RET(ALLOW) } },
		{ 2, { { BPF_JMP | BPF_JSET | BPF_K, 0, 1, 0 }, RET(ALLOW) } },
		{ 2, { { BPF_LD | BPF_B | BPF_ABS, 0, 0, 0 }, RET(ALLOW) } },
		{ 3, { LOAD(0), { BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0 }, RET(ALLOW) } },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct sock_filter code[3];
		const struct sock_fprog program = { bad[i].n, code };
		const struct seccomp_data data = { 0 };
		unsigned ret;

		memcpy(code, bad[i].code, sizeof(code));
		assert_int_equal(filter_simulate(&program, &data, &ret), -EINVAL);
	}
}

/* Compares as the kernel does: without a sign. */
TEST(every_instruction_does_what_it_does_in_the_kernel)
{
	static const struct {
		uint16_t op;
		uint32_t k;
		int nr;
		bool met;
	} cases[] = {
		{ BPF_JEQ, 7, 7, true },  { BPF_JEQ, 7, 8, false },
		{ BPF_JGT, 7, 8, true },  { BPF_JGT, 7, 7, false },
		{ BPF_JGT, 7, -1, true }, { BPF_JGE, 7, 7, true },
		{ BPF_JGE, 7, 6, false }, { BPF_JGE, 0x80000000, 1, false },
		{ BPF_JSET, 6, 2, true }, { BPF_JSET, 6, 9, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sock_filter code[] = {
			LOAD(0), { BPF_JMP | BPF_K | cases[i].op, 1, 2, cases[i].k },
			RET(1),	 RET(2),
			RET(3),
		};
		const struct sock_fprog program = { ARRAY_LEN(code), code };
		const struct seccomp_data data = { .nr = cases[i].nr };
		unsigned ret = 0;

		assert_int_equal(filter_simulate(&program, &data, &ret), 0);
		assert_int_equal(ret, cases[i].met ? 2 : 3);
	}
}

TEST(a_mask_and_a_jump)
{
	struct sock_filter code[] = {
		LOAD(16), /* the low half of the first argument */
		{ BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xff },
		{ BPF_JMP | BPF_JA, 0, 0, 1 },
		RET(1),
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0x42 },
		RET(2),
		RET(3),
	};
	const struct sock_fprog program = { ARRAY_LEN(code), code };
	struct seccomp_data data = { .args = { 0xffffffffffffff42ULL } };
	unsigned ret = 0;

	assert_int_equal(filter_simulate(&program, &data, &ret), 0);
	assert_int_equal(ret, 2);
	data.args[0] = 0x4200000000ULL;
	assert_int_equal(filter_simulate(&program, &data, &ret), 0);
	assert_int_equal(ret, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_that_the_kernel_would_refuse_are_refused),
		cmocka_unit_test(every_instruction_does_what_it_does_in_the_kernel),
		cmocka_unit_test(a_mask_and_a_jump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
