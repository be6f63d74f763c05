/* SPDX-License-Identifier: MIT */
#include "sys.h"

long start_on(unsigned long flags, void *stack, int *tid, void (*run)(void *), void *arg);

#ifdef __x86_64__

long sys_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

long sys_int80(long number, long a, long b, long c, long d)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "0"(number), "b"(a), "c"(b), "d"(c), "S"(d)
			 : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

/* The child has its registers and an empty stack, nothing else. */
__asm__(".text\n"
	"start_on:\n"
	"	push %r12\n"
	"	push %r13\n"
	"	mov %rcx, %r12\n"
	"	mov %r8, %r13\n"
	"	mov %rdx, %r10\n"
	"	mov $56, %eax\n"
	"	syscall\n"
	"	test %rax, %rax\n"
	"	jnz 1f\n"
	"	xor %ebp, %ebp\n"
	"	mov %r13, %rdi\n"
	"	call *%r12\n"
	"	hlt\n"
	"1:	pop %r13\n"
	"	pop %r12\n"
	"	ret\n");

#ifdef WRITES_BARE
__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call start_bare\n"
	"	hlt\n");
#endif

#else

/* Six arguments take all registers, ebp too. */
__asm__(".text\n"
	"call_of:\n"
	"	push %ebp\n"
	"	push %edi\n"
	"	push %esi\n"
	"	push %ebx\n"
	"	mov 20(%esp), %eax\n"
	"	mov 24(%esp), %ebx\n"
	"	mov 28(%esp), %ecx\n"
	"	mov 32(%esp), %edx\n"
	"	mov 36(%esp), %esi\n"
	"	mov 40(%esp), %edi\n"
	"	mov 44(%esp), %ebp\n"
	"	int $0x80\n"
	"	pop %ebx\n"
	"	pop %esi\n"
	"	pop %edi\n"
	"	pop %ebp\n"
	"	ret\n");
long call_of(long number, long a, long b, long c, long d, long e, long f);

long sys_call(long number, long a, long b, long c, long d, long e, long f)
{
	return call_of(number, a, b, c, d, e, f);
}

__asm__(".text\n"
	"start_on:\n"
	"	push %ebp\n"
	"	push %edi\n"
	"	push %esi\n"
	"	push %ebx\n"
	"	mov 20(%esp), %ebx\n"
	"	mov 24(%esp), %ecx\n"
	"	mov 28(%esp), %edx\n"
	"	mov 28(%esp), %edi\n"
	"	mov 32(%esp), %ebp\n"
	"	mov 36(%esp), %eax\n"
	"	sub $16, %ecx\n"
	"	mov %eax, (%ecx)\n"
	"	xor %esi, %esi\n"
	"	mov $120, %eax\n"
	"	int $0x80\n"
	"	test %eax, %eax\n"
	"	jnz 1f\n"
	"	call *%ebp\n"
	"	hlt\n"
	"1:	pop %ebx\n"
	"	pop %esi\n"
	"	pop %edi\n"
	"	pop %ebp\n"
	"	ret\n");

#ifdef WRITES_BARE
__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %esp, %eax\n"
	"	and $-16, %esp\n"
	"	sub $12, %esp\n"
	"	push %eax\n"
	"	call start_bare\n"
	"	hlt\n");
#endif

#endif

#ifdef WRITES_BARE
/* 'stack' as the kernel leaves it: argc, argv, NULL, environment, NULL. */
void start_bare(long *stack);
void start_bare(long *stack)
{
	char **argv = (char **)(stack + 1);

	sys_exit(run((int)stack[0], argv, argv + stack[0] + 1));
}

/* The compiler calls these by itself. */
void *memcpy(void *to, const void *from, size_t size);
void *memcpy(void *to, const void *from, size_t size)
{
	char *t = to;
	const char *f = from;

	while (size-- > 0)
		*t++ = *f++;
	return to;
}

void *memset(void *to, int byte, size_t size);
void *memset(void *to, int byte, size_t size)
{
	char *t = to;

	while (size-- > 0)
		*t++ = (char)byte;
	return to;
}
#else
int main(int argc, char **argv)
{
	return run(argc, argv, argv + argc + 1);
}
#endif

long sys_spawn(unsigned long flags, void *stack_top, int *tid, void (*start)(void *arg),
	       void *arg)
{
	return start_on(flags, stack_top, tid, start, arg);
}

long sys_clone3(unsigned long flags)
{
	uint64_t args[8] = { flags, 0, 0, 0, SIGNAL_CHILD };

	return SYS2(__NR_clone3, args, sizeof(args));
}

long sys_fork(void)
{
	return SYS5(__NR_clone, SIGNAL_CHILD, 0, 0, 0, 0);
}

void sys_exit(int status)
{
	for (;;)
		(void)SYS1(__NR_exit_group, status);
}

void sys_exit_thread(void)
{
	for (;;)
		(void)SYS1(__NR_exit, 0);
}

int sys_wait(long pid)
{
	int status = -1;
	long r;

	do
		r = SYS4(__NR_wait4, pid, &status, 0, 0);
	while (r == -EINTR_);
	return status;
}

int sys_release(void)
{
	char names[6][65]; /* struct utsname: the third is the release */
	int number[2] = { 0, 0 }, n = 0;

	if (SYS1(__NR_uname, names) < 0)
		return 0;
	for (const char *p = names[2]; n < 2 && *p; p++) {
		if (*p >= '0' && *p <= '9')
			number[n] = 10 * number[n] + *p - '0';
		else
			n++;
	}
	return 100 * number[0] + number[1];
}

size_t text_len(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	return n;
}

int text_equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

char *text_copy(char *to, const char *end, const char *from)
{
	while (*from && to < end - 1)
		*to++ = *from++;
	*to = '\0';
	return to;
}

char *text_number(char *to, const char *end, long value)
{
	char digits[24];
	char *at = digits + sizeof(digits) - 1;
	unsigned long rest = value < 0 ? -(unsigned long)value : (unsigned long)value;

	*at = '\0';
	do
		*--at = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (value < 0)
		*--at = '-';
	return text_copy(to, end, at);
}
