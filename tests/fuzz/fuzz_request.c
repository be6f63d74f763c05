/* SPDX-License-Identifier: MIT
 *
 * A notification and the memory it points to, both the fuzzer's: the first byte picks a
 * call of the table, six arguments follow, the rest is the memory. It is our own, below
 * 4 GiB and with nothing behind it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probe/trace/tracee/request.h"
#include "probe/trace/tracee/tracee.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMORY	((size_t)4 * 4096)
#define ARG_LEN 5 /* how, and 32 bits */

static struct tracees *all;
static unsigned char *memory;

static void setup(void)
{
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	memory = mmap((void *)0x20000000, MEMORY + 4096, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	all = tracees_new(proc, 4);
	if (proc < 0 || memory == MAP_FAILED || munmap(memory + MEMORY, 4096) < 0 || !all)
		abort();
}

/* Most values of 64 bits point nowhere: half of them point into the memory, which ends
 * where the input's bytes do. */
static uint64_t argument(const uint8_t *p, size_t memory_len)
{
	uint64_t n = 0;

	memcpy(&n, p + 1, 4);
	if (p[0] & 1)
		return (uint64_t)(uintptr_t)(memory + MEMORY - memory_len) + n % MEMORY;
	if (p[0] & 2)
		return n << 32 | n;
	return p[0] & 4 ? (uint64_t)(int64_t)(int32_t)n : n;
}

static const struct call *pick(uint8_t byte)
{
	size_t n = 0;

	while (call_at(n))
		n++;
	return call_at(byte % n);
}

/* What every reader of a request relies on. */
static void check(const struct request *r)
{
	for (int i = 0; i < 2; i++) {
		const struct request_name *n = &r->name[i];

		if (n->len >= sizeof(n->path) || n->path[n->len] != '\0' ||
		    (n->given && strlen(n->path) != n->len) || (n->by_fd && !n->given))
			abort();
	}
	if (r->early < 0 || (r->unread && r->early == EFAULT))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seccomp_notif notif = { .pid = (uint32_t)getpid() };
	static struct request request;
	const size_t head = 2 + 6 * ARG_LEN;

	if (!all)
		setup();
	if (size < head || size - head > MEMORY)
		return 0;
	const struct call *call = pick(data[0]);
	const enum abi abi = data[1] % ABI_COUNT;
	if (call->number[abi] < 0)
		return 0;
	notif.data.arch = abi_arch(abi);
	notif.data.nr = call->number[abi];
	memset(memory, 0, MEMORY);
	memcpy(memory + MEMORY - (size - head), data + head, size - head);
	for (size_t i = 0; i < 6; i++)
		notif.data.args[i] = argument(data + 2 + i * ARG_LEN, size - head);
	if (request_read(all, tracees_get(all, getpid()), &notif, &request) < 0)
		abort();
	check(&request);
	return 0;
}
