/* SPDX-License-Identifier: MIT */
#include "probe/trace/calls/calls.h"

#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

#include "core/cleanup.h"
#include "test.h"

#define X32_BIT 0x40000000

/* --- numbers, against libseccomp's and the kernel's headers --- */

static const uint32_t tokens[ABI_COUNT] = { SCMP_ARCH_X86_64, SCMP_ARCH_X86,
					    SCMP_ARCH_X32, SCMP_ARCH_AARCH64 };

static bool is_known(enum abi abi, const char *name)
{
	return seccomp_syscall_resolve_name_arch(tokens[abi], name) != __NR_SCMP_ERROR;
}

TEST(calls_have_the_numbers_that_libseccomp_knows)
{
	size_t compared = 0;

	for (size_t i = 0; call_at(i); i++)
		for (enum abi abi = 0; abi < ABI_COUNT; abi++) {
			const struct call *call = call_at(i);
			int theirs = seccomp_syscall_resolve_name_arch(tokens[abi],
								       call->name);

			/* Negative: a call that this ABI does not have, or socketcall's.
			 */
			if (call->number[abi] < 0 || theirs < 0)
				continue;
			if (call->number[abi] != theirs)
				fail_msg("%s of %s: %d, not %d", call->name,
					 abi_name(abi), theirs, call->number[abi]);
			compared++;
		}
	assert_true(compared > 250);
}

/* What has a number in their table has one in ours, be it in a row of its own. */
TEST(calls_leave_out_no_abi)
{
	for (size_t i = 0; call_at(i); i++)
		for (enum abi abi = 0; abi < ABI_COUNT; abi++) {
			const char *name = call_at(i)->name;
			int nr = seccomp_syscall_resolve_name_arch(tokens[abi], name);

			if (nr >= 0 && is_known(abi, name) && !call_find(abi, nr))
				fail_msg("%s of %s (%d) is missing", name, abi_name(abi),
					 nr);
		}
}

/* The kernel's headers, where this machine has them: none has all four. */
static const struct {
	enum abi abi;
	const char *path, *again; /* where it stands on Debian, and elsewhere */
} headers[] = {
	{ ABI_X86_64, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
	  "/usr/include/asm/unistd_64.h" },
	{ ABI_I386, "/usr/include/x86_64-linux-gnu/asm/unistd_32.h",
	  "/usr/include/asm/unistd_32.h" },
	{ ABI_X32, "/usr/include/x86_64-linux-gnu/asm/unistd_x32.h",
	  "/usr/include/asm/unistd_x32.h" },
	{ ABI_ARM64, "/usr/include/asm-generic/unistd.h", "/dev/null" },
};

static bool is_define(const char *line, char name[64], int *nr)
{
	if (sscanf(line, "#define __NR_%63[a-z0-9_] (__X32_SYSCALL_BIT + %d)", name,
		   nr) == 2) {
		*nr |= X32_BIT;
		return true;
	}
	/* 3264: on 64-bit machines under the plain name. */
	return sscanf(line, "#define __NR_%63[a-z0-9_] %d", name, nr) == 2 ||
	       sscanf(line, "#define __NR3264_%63[a-z0-9_] %d", name, nr) == 2;
}

static void check_line(enum abi abi, const char *line, size_t *compared)
{
	const struct call *found;
	char name[64];
	int nr;

	/* asm-generic has the time64 calls for 32-bit machines alone. */
	if (!is_define(line, name, &nr) ||
	    (abi == ABI_ARM64 && strcmp(name, "utimensat_time64") == 0))
		return;
	found = call_find(abi, nr);
	for (size_t i = 0; call_at(i); i++) {
		if (strcmp(call_at(i)->name, name) != 0)
			continue;
		if (!found || strcmp(found->name, name) != 0)
			fail_msg("%s of %s: %d is %s", name, abi_name(abi), nr,
				 found ? found->name : "nothing");
		(*compared)++;
		return;
	}
}

TEST(calls_have_the_numbers_of_the_kernels_headers)
{
	size_t compared = 0;

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		AUTO_FCLOSE FILE *file = fopen(headers[i].path, "re");
		char line[256];

		if (!file)
			file = fopen(headers[i].again, "re");
		while (file && fgets(line, sizeof(line), file))
			check_line(headers[i].abi, line, &compared);
	}
	if (compared == 0)
		skip();
	assert_true(compared > 60);
}

TEST(a_number_is_one_call)
{
	for (size_t i = 0; call_at(i); i++)
		for (enum abi abi = 0; abi < ABI_COUNT; abi++)
			if (call_at(i)->number[abi] >= 0)
				assert_ptr_equal(call_find(abi, call_at(i)->number[abi]),
						 call_at(i));
	for (enum abi abi = 0; abi < ABI_COUNT; abi++)
		assert_null(call_find(abi, -1));
	assert_null(call_find(ABI_X86_64, 0));	 /* read */
	assert_null(call_find(ABI_X32, 2));	 /* open, without its bit */
	assert_null(call_find(ABI_X86_64, 520)); /* x32's execve, without its bit */
}

TEST(an_abi_is_known_by_arch_and_number)
{
	assert_int_equal(abi_of(AUDIT_ARCH_X86_64, 2), ABI_X86_64);
	assert_int_equal(abi_of(AUDIT_ARCH_X86_64, X32_BIT | 2), ABI_X32);
	assert_int_equal(abi_of(AUDIT_ARCH_X86_64, -1), ABI_X86_64);
	assert_int_equal(abi_of(AUDIT_ARCH_I386, 5), ABI_I386);
	assert_int_equal(abi_of(AUDIT_ARCH_AARCH64, 56), ABI_ARM64);
	assert_int_equal(abi_of(AUDIT_ARCH_ARM, 5), -1);
	assert_int_equal(abi_of(AUDIT_ARCH_RISCV64, 56), -1);
	assert_int_equal(abi_of(0, 0), -1);
	for (enum abi abi = 0; abi < ABI_COUNT; abi++)
		assert_int_equal(abi_of(abi_arch(abi), abi == ABI_X32 ? X32_BIT : 0),
				 abi);
}

/* --- arguments --- */

/* From section 2 of the manual, a letter for each argument: d and D directories, p and P
 * paths, F the object's descriptor, f flags, m mode, x the call's own pointer, '.'
 * something else. " n": never follows a link at the end. */
static const struct shape {
	const char *name, *args;
} shapes[] = {
	{ "open", "pfm" },
	{ "openat", "dpfm" },
	{ "openat2", "dpx." },
	{ "creat", "pm" },
	{ "open_by_handle_at", ".xf" },
	{ "mkdir", "pm n" },
	{ "mkdirat", "dpm n" },
	{ "mknod", "pm. n" },
	{ "mknodat", "dpm. n" },
	{ "symlink", "xp n" },
	{ "symlinkat", "xdp n" },
	{ "link", "pP n" },
	{ "linkat", "dpDPf" },
	{ "rename", "pP n" },
	{ "renameat", "dpDP n" },
	{ "renameat2", "dpDPf n" },
	{ "unlink", "p n" },
	{ "unlinkat", "dpf n" },
	{ "rmdir", "p n" },
	{ "truncate", "p." },
	{ "truncate64", "p.." },
	{ "chmod", "pm" },
	{ "fchmod", "Fm" },
	{ "fchmodat", "dpm" },
	{ "fchmodat2", "dpmf" },
	{ "file_setattr", "dpx.f" },
	{ "ioctl", "F.x" },
	{ "chown", "p.." },
	{ "lchown", "p.. n" },
	{ "fchown", "F.." },
	{ "fchownat", "dp..f" },
	{ "chown32", "p.." },
	{ "lchown32", "p.. n" },
	{ "fchown32", "F.." },
	{ "utime", "px" },
	{ "utimes", "px" },
	{ "futimesat", "dpx" },
	{ "utimensat", "dpxf" },
	{ "utimensat_time64", "dpxf" },
	{ "setxattr", "p...." },
	{ "lsetxattr", "p.... n" },
	{ "fsetxattr", "F...." },
	{ "setxattrat", "dpf..." },
	{ "removexattr", "p." },
	{ "lremovexattr", "p. n" },
	{ "fremovexattr", "F." },
	{ "removexattrat", "dpf." },
	{ "access", "pm" },
	{ "faccessat", "dpm" },
	{ "faccessat2", "dpmf" },
	{ "bind", ".x." },
	{ "socketcall", ".x" },
	{ "execve", "p.." },
	{ "execveat", "dp..f" },
	{ "mmap2", "....F." },
	{ "chdir", "p" },
	{ "fchdir", "F" },
	{ "chroot", "p" },
};

static void check_shape(const struct call *call, const char *args)
{
	const char *end = args + strcspn(args, " ");
	const struct {
		char letter;
		int at;
	} have[] = {
		{ 'd', call->dirfd }, { 'p', call->path },  { 'D', call->dirfd2 },
		{ 'P', call->path2 }, { 'F', call->fd },    { 'f', call->flags },
		{ 'm', call->mode },  { 'x', call->extra },
	};

	for (size_t i = 0; i < sizeof(have) / sizeof(have[0]); i++) {
		const char *found = memchr(args, have[i].letter, (size_t)(end - args));

		if (have[i].at != (found ? found - args : -1))
			fail_msg("%s: '%c' is argument %d, not %td", call->name,
				 have[i].letter, have[i].at, found ? found - args : -1);
	}
	if (call->nofollow != (*end == ' '))
		fail_msg("%s: follows links or not?", call->name);
}

TEST(arguments_are_where_the_manual_has_them)
{
	for (size_t i = 0; call_at(i); i++) {
		const struct call *call = call_at(i);
		const char *args = "......";

		for (size_t j = 0; j < sizeof(shapes) / sizeof(shapes[0]); j++)
			if (strcmp(shapes[j].name, call->name) == 0)
				args = shapes[j].args;
		/* Two rows of that name: the old one has its arguments behind a pointer.
		 */
		if (strcmp(call->name, "mmap") == 0)
			args = call->number[ABI_I386] == 90 ? "x" : "....F.";
		check_shape(call, args);
	}
}

/* i386's first chown family has ids of 16 bits, and it alone. */
TEST(ids_are_16_bits_wide_in_three_calls)
{
	for (size_t i = 0; call_at(i); i++) {
		int nr = call_at(i)->number[ABI_I386];

		assert_int_equal(call_at(i)->ids16, nr == 182 || nr == 16 || nr == 95);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_have_the_numbers_that_libseccomp_knows),
		cmocka_unit_test(calls_leave_out_no_abi),
		cmocka_unit_test(calls_have_the_numbers_of_the_kernels_headers),
		cmocka_unit_test(a_number_is_one_call),
		cmocka_unit_test(an_abi_is_known_by_arch_and_number),
		cmocka_unit_test(arguments_are_where_the_manual_has_them),
		cmocka_unit_test(ids_are_16_bits_wide_in_three_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
