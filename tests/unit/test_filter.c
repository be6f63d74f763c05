/* SPDX-License-Identifier: MIT */
#include "probe/trace/calls/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "test.h"

#define X32_BIT 0x40000000
#define NOTIFY	SECCOMP_RET_USER_NOTIF
#define ALLOW	SECCOMP_RET_ALLOW
#define GARBAGE 0xdeadbeef00000000ULL

/* --- what is expected, written down apart from the filter's own table --- */

static char always[] =
	"openat2 creat mkdir mkdirat mknod mknodat rename renameat renameat2 "
	"link linkat symlink symlinkat unlink unlinkat rmdir truncate "
	"truncate64 chmod fchmod fchmodat fchmodat2 file_setattr chown lchown "
	"fchown chown32 lchown32 fchown32 fchownat utime utimes futimesat "
	"utimensat utimensat_time64 setxattr lsetxattr fsetxattr setxattrat "
	"removexattr lremovexattr fremovexattr removexattrat bind execve "
	"execveat chdir fchdir chroot setuid setgid setreuid setregid setresuid "
	"setresgid setgroups setfsuid setfsgid setuid32 setgid32 setreuid32 "
	"setregid32 setresuid32 setresgid32 setgroups32 setfsuid32 setfsgid32 "
	"capset mount umount umount2 pivot_root open_tree open_tree_attr "
	"move_mount fsmount fspick mount_setattr setns unshare io_uring_setup";

/* Under a condition on argument 'arg': 'o' open's flags, 'b' the same without
 * O_DIRECTORY, 'w' W_OK, 'm' mapped executable, 'd' PR_SET_DUMPABLE, 'l' a listener, 's'
 * socketcall's bind, 'i' a file's flags; 'a' always. */
static const struct expected {
	const char *name;
	char when;
	int arg;
} tested[] = {
	{ "open", 'o', 1 },
	{ "openat", 'o', 2 },
	{ "open_by_handle_at", 'b', 2 },
	{ "ioctl", 'i', 1 },
	{ "access", 'w', 1 },
	{ "faccessat", 'w', 2 },
	{ "faccessat2", 'w', 2 },
	{ "socketcall", 's', 0 },
	{ "mmap", 'm', 2 },
	{ "mmap2", 'm', 2 },
	{ "prctl", 'd', 0 },
	{ "seccomp", 'l', 0 },
};

/* Those that the installed libseccomp may not know, or knows as a part of another. */
static const struct {
	const char *name;
	int nr;
} newer[] = {
	{ "fchmodat2", 452 },	   { "file_setattr", 469 },  { "setxattrat", 463 },
	{ "removexattrat", 466 },  { "faccessat2", 439 },    { "bind", 361 },
	{ "open_tree_attr", 467 }, { "mount_setattr", 442 },
};

static struct expected expected[128]; /* both */
static size_t expected_len;

static int fill_expected(void **state)
{
	char *rest = always;

	(void)state;
	memcpy(expected, tested, sizeof(tested));
	expected_len = ARRAY_LEN(tested);
	for (char *name;
	     (name = strsep(&rest, " ")) && expected_len < ARRAY_LEN(expected);)
		expected[expected_len++] = (struct expected){ name, 'a', 0 };
	return rest ? -1 : 0;
}

static const uint32_t tokens[ABI_COUNT] = { SCMP_ARCH_X86_64, SCMP_ARCH_X86,
					    SCMP_ARCH_X32, SCMP_ARCH_AARCH64 };

/* -1: this ABI does not have it. */
static int number_of(enum abi abi, const struct expected *call)
{
	int nr = seccomp_syscall_resolve_name_arch(tokens[abi], call->name);

	if (nr >= 0)
		return nr;
	/* Not known at all, or i386's bind, which it takes for socketcall's. */
	if (nr == __NR_SCMP_ERROR || (abi == ABI_I386 && strcmp(call->name, "bind") == 0))
		for (size_t i = 0; i < ARRAY_LEN(newer); i++)
			if (strcmp(newer[i].name, call->name) == 0)
				return newer[i].nr | (abi == ABI_X32 ? X32_BIT : 0);
	return -1;
}

static bool is_expected(const struct expected *call, enum abi abi, const uint64_t *args)
{
	uint32_t arg = (uint32_t)args[call->arg];

	switch (call->when) {
	case 'o':
	case 'b':
		return arg & 3 || arg & 0x40 || arg & 0x200 || arg & 0x400000;
	case 'w':
		return arg & 2;
	case 'm':
		/* i386 has an mmap with all of it behind a pointer. */
		return (abi == ABI_I386 && strcmp(call->name, "mmap") == 0) ||
		       (arg & 4 && !(args[3] & 0x20));
	case 'd':
		return arg == 4;
	case 'l':
		return arg == 1 && args[1] & 8;
	case 's':
		return arg == 2;
	case 'i':
		return arg == 0x40086602 || arg == 0x40046602 || arg == 0x401c5820;
	default:
		return true;
	}
}

static unsigned expect(const struct expected *call, enum abi abi, const uint64_t *args,
		       const struct filter_options *options)
{
	if (!call || !is_expected(call, abi, args))
		return ALLOW;
	return options->refuse_io_uring && strcmp(call->name, "io_uring_setup") == 0
		       ? SECCOMP_RET_ERRNO | ENOSYS
		       : NOTIFY;
}

/* --- simulated --- */

static void program_done(const struct sock_fprog *program)
{
	free(program->filter);
}

static struct sock_fprog make(enum abi native, const struct filter_options *options)
{
	struct sock_fprog program = { 0 };
	struct err err = ERR_INIT;

	if (filter_make(native, options, &program, &err) < 0)
		fail_msg("%s: %s", abi_name(native), err.msg);
	return program;
}

static void check(const struct sock_fprog *program, const struct expected *call,
		  enum abi abi, int nr, const uint64_t args[6],
		  const struct filter_options *options)
{
	struct seccomp_data data = { .nr = nr, .arch = abi_arch(abi) };
	unsigned want = expect(call, abi, args, options);
	unsigned got = 0;

	memcpy(data.args, args, sizeof(data.args));
	assert_int_equal(filter_simulate(program, &data, &got), 0);
	if (got != want)
		fail_msg("%s %#x (%s) %#llx %#llx %#llx %#llx: %#x, not %#x",
			 abi_name(abi), (unsigned)nr, call ? call->name : "not ours",
			 (unsigned long long)args[0], (unsigned long long)args[1],
			 (unsigned long long)args[2], (unsigned long long)args[3], got,
			 want);
}

/* What the tests of the filter look at, bits beside it, and near misses. */
static const uint32_t values[] = {
	0,	    1,		2,	    3,	     4,		 5,
	7,	    8,		9,	    0x20,    0x22,	 0x24,
	0x40,	    0x200,	0x4000,	    0x10000, 0x400000,	 0x410000,
	0x80000,    0x8000,	0x241,	    0x1000,  0x40086602, 0x40046602,
	0x401c5820, 0x80086601, 0x40086601, 0x5401,  UINT32_MAX,
};

/* One argument after the other, and two at a time, on two backgrounds. */
static void check_arguments(const struct sock_fprog *program, const struct expected *call,
			    enum abi abi, int nr, const struct filter_options *options)
{
	static const uint64_t grounds[] = { 0, GARBAGE };

	for (size_t ground = 0; ground < ARRAY_LEN(grounds); ground++)
		for (size_t i = 0; i < ARRAY_LEN(values); i++)
			for (size_t j = 0; j < ARRAY_LEN(values); j++) {
				uint64_t args[6];

				for (size_t k = 0; k < 6; k++)
					args[k] = grounds[ground];
				args[0] = (grounds[ground] & GARBAGE) | values[i];
				args[1] = (grounds[ground] & GARBAGE) | values[j];
				args[2] = (grounds[ground] & GARBAGE) | values[i];
				args[3] = (grounds[ground] & GARBAGE) | values[j];
				check(program, call, abi, nr, args, options);
			}
}

/* Of those whose arguments do not matter, a few. */
static void check_plain(const struct sock_fprog *program, const struct expected *call,
			enum abi abi, int nr, const struct filter_options *options)
{
	for (size_t i = 0; i < ARRAY_LEN(values); i += 7) {
		uint64_t args[6] = { values[i], values[i],	     values[i],
				     values[i], GARBAGE | values[i], values[i] };

		check(program, call, abi, nr, args, options);
	}
}

static const struct expected *expected_at(const int *numbers, int nr)
{
	for (size_t i = 0; i < expected_len; i++)
		if (numbers[i] == nr)
			return &expected[i];
	return NULL;
}

/* xorshift: the same numbers on every run. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void check_random(const struct sock_fprog *program, const int *numbers,
			 enum abi abi, const struct filter_options *options)
{
	uint64_t state = 88172645463325252ULL;

	for (int i = 0; i < 5000; i++) {
		int nr = numbers[next_random(&state) % expected_len];
		uint64_t args[6];

		/* A few bits: with half of them set, all would be notified. */
		for (size_t j = 0; j < 6; j++)
			args[j] = next_random(&state) & next_random(&state) &
				  next_random(&state) & next_random(&state);
		if (nr >= 0)
			check(program, expected_at(numbers, nr), abi, nr, args, options);
	}
}

static void check_abi(const struct sock_fprog *program, enum abi abi,
		      const struct filter_options *options)
{
	const int bit = abi == ABI_X32 ? X32_BIT : 0;
	int numbers[ARRAY_LEN(expected)];
	size_t have = 0;

	for (size_t i = 0; i < expected_len; i++) {
		numbers[i] = number_of(abi, &expected[i]);
		have += numbers[i] >= 0;
	}
	assert_in_range(have, 60, expected_len);
	for (int nr = 0; nr <= 600; nr++) {
		const struct expected *call = expected_at(numbers, nr | bit);

		if (call && call->when != 'a')
			check_arguments(program, call, abi, nr | bit, options);
		else
			check_plain(program, call, abi, nr | bit, options);
	}
	check_random(program, numbers, abi, options);
}

static const struct filter_options all_options[] = {
	{ .refuse_io_uring = false },
	{ .refuse_io_uring = true },
};

TEST(every_call_of_every_abi_is_let_through_or_notified)
{
	for (size_t i = 0; i < ARRAY_LEN(all_options); i++) {
		AUTO(program_done)
		struct sock_fprog x86 = make(ABI_X86_64, &all_options[i]);
		AUTO(program_done)
		struct sock_fprog arm = make(ABI_ARM64, &all_options[i]);

		check_abi(&x86, ABI_X86_64, &all_options[i]);
		check_abi(&x86, ABI_I386, &all_options[i]);
		check_abi(&x86, ABI_X32, &all_options[i]);
		check_abi(&arm, ABI_ARM64, &all_options[i]);
	}
}

static unsigned answer(const struct sock_fprog *program, uint32_t arch, int nr)
{
	const struct seccomp_data data = { .nr = nr, .arch = arch };
	unsigned ret = 0;

	assert_int_equal(filter_simulate(program, &data, &ret), 0);
	return ret;
}

/* read(2) has a number everywhere, and is notified where nobody knows it. */
TEST(an_abi_without_a_table_is_notified_whole)
{
	static const uint32_t foreign[] = { AUDIT_ARCH_ARM, AUDIT_ARCH_RISCV64, 0,
					    UINT32_MAX, AUDIT_ARCH_X86_64 ^ 1 };
	AUTO(program_done) struct sock_fprog x86 = make(ABI_X86_64, &all_options[0]);
	AUTO(program_done) struct sock_fprog arm = make(ABI_ARM64, &all_options[0]);

	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		for (int nr = -1; nr <= 600; nr++) {
			assert_int_equal(answer(&x86, foreign[i], nr), NOTIFY);
			assert_int_equal(answer(&arm, foreign[i], nr), NOTIFY);
		}
	assert_int_equal(answer(&x86, AUDIT_ARCH_AARCH64, 63), NOTIFY);
	assert_int_equal(answer(&arm, AUDIT_ARCH_X86_64, 0), NOTIFY);
	assert_int_equal(answer(&arm, AUDIT_ARCH_I386, 3), NOTIFY);
}

TEST(numbers_that_no_kernel_has_are_let_through)
{
	static const int numbers[] = { -1,	    INT32_MAX,	  INT32_MIN,
				       X32_BIT - 1, X32_BIT * -1, (int)0x80000002 };
	static const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386 };
	AUTO(program_done) struct sock_fprog program = make(ABI_X86_64, &all_options[0]);

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		for (size_t j = 0; j < ARRAY_LEN(archs); j++)
			assert_int_equal(answer(&program, archs[j], numbers[i]), ALLOW);
}

TEST(a_machine_without_a_table_has_no_filter)
{
	struct sock_fprog program = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(filter_make(ABI_COUNT, &all_options[0], &program, &err),
			 -ENOSYS);
	assert_non_null(strstr(err.msg, "no table"));
}

/* --- speed --- */

/* Walks the program; what it tells: how many instructions, and whether any of them
 * looked at an argument. */
static unsigned walk(const struct sock_fprog *program, const struct seccomp_data *data,
		     size_t *steps, bool *looked)
{
	uint32_t a = 0;

	*steps = 0;
	*looked = false;
	for (size_t i = 0;; i++) {
		const struct sock_filter *insn = &program->filter[i];
		uint32_t k = insn->k;

		(*steps)++;
		switch (insn->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&a, (const char *)data + k, sizeof(a));
			*looked = *looked || k >= 8;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= k;
			break;
		case BPF_RET | BPF_K:
			return k;
		case BPF_JMP | BPF_JA:
			i += k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			i += a == k ? insn->jt : insn->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			i += a >= k ? insn->jt : insn->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			i += a > k ? insn->jt : insn->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			i += a & k ? insn->jt : insn->jf;
			break;
		default:
			fail_msg("instruction %#x", insn->code);
		}
	}
}

/* From 5.11 on, the kernel remembers calls that a filter allows without a look at their
 * arguments, and does not run it for them again. */
TEST(calls_that_are_not_ours_are_allowed_by_their_number_alone)
{
	static const struct {
		enum abi native, abi;
	} runs[] = { { ABI_X86_64, ABI_X86_64 },
		     { ABI_X86_64, ABI_I386 },
		     { ABI_ARM64, ABI_ARM64 } };

	for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
		AUTO(program_done)
		struct sock_fprog program = make(runs[i].native, &all_options[1]);
		int numbers[ARRAY_LEN(expected)];

		for (size_t j = 0; j < expected_len; j++)
			numbers[j] = number_of(runs[i].abi, &expected[j]);
		for (int nr = 0; nr <= 600; nr++) {
			const struct seccomp_data data = {
				.nr = nr, .arch = abi_arch(runs[i].abi)
			};
			size_t steps;
			bool looked;

			if (expected_at(numbers, nr))
				continue;
			assert_int_equal(walk(&program, &data, &steps, &looked), ALLOW);
			assert_false(looked);
		}
	}
}

TEST(a_read_only_open_takes_few_instructions)
{
	static const struct {
		enum abi native, abi;
		int nr;
		size_t most;
	} opens[] = { { ABI_X86_64, ABI_X86_64, 257, 8 },
		      { ABI_X86_64, ABI_X86_64, 2, 9 },
		      { ABI_X86_64, ABI_I386, 295, 8 },
		      { ABI_X86_64, ABI_I386, 5, 9 },
		      { ABI_ARM64, ABI_ARM64, 56, 8 } };

	for (size_t i = 0; i < ARRAY_LEN(opens); i++) {
		AUTO(program_done)
		struct sock_fprog program = make(opens[i].native, &all_options[0]);
		struct seccomp_data data = { .nr = opens[i].nr,
					     .arch = abi_arch(opens[i].abi) };
		size_t steps;
		bool looked;

		assert_int_equal(walk(&program, &data, &steps, &looked), ALLOW);
		assert_true(looked);
		assert_in_range(steps, 1, opens[i].most);
		data.args[1] = data.args[2] = O_WRONLY;
		assert_int_equal(walk(&program, &data, &steps, &looked), NOTIFY);
	}
}

/* Far below the kernel's 4,096 instructions. */
TEST(programs_are_small)
{
	AUTO(program_done) struct sock_fprog x86 = make(ABI_X86_64, &all_options[1]);
	AUTO(program_done) struct sock_fprog arm = make(ABI_ARM64, &all_options[1]);

	assert_in_range(x86.len, 1, 512);
	assert_in_range(arm.len, 1, 256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_of_every_abi_is_let_through_or_notified),
		cmocka_unit_test(an_abi_without_a_table_is_notified_whole),
		cmocka_unit_test(numbers_that_no_kernel_has_are_let_through),
		cmocka_unit_test(a_machine_without_a_table_has_no_filter),
		cmocka_unit_test(
			calls_that_are_not_ours_are_allowed_by_their_number_alone),
		cmocka_unit_test(a_read_only_open_takes_few_instructions),
		cmocka_unit_test(programs_are_small),
	};

	return cmocka_run_group_tests(tests, fill_expected, NULL);
}
