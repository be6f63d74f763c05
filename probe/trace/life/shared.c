/* SPDX-License-Identifier: MIT */
#include "probe/trace/life/shared.h"

#include <stddef.h>
#include <sys/mman.h>

struct life_shared *shared_new(void)
{
	void *page = mmap(NULL, sizeof(struct life_shared), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return page == MAP_FAILED ? NULL : page;
}

void shared_done(struct life_shared *shared)
{
	if (shared)
		(void)munmap(shared, sizeof(*shared));
}

uint64_t shared_id(const struct life_shared *shared)
{
	return __atomic_load_n(&shared->notif.id, __ATOMIC_SEQ_CST);
}

bool shared_claim(struct life_shared *shared, uint32_t number)
{
	uint32_t before = number - 1;

	return atomic_compare_exchange_strong(&shared->signal, &before, number);
}
