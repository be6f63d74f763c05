/* SPDX-License-Identifier: MIT */
#include "probe/proc/securebits.h"

#include <errno.h>
#include <sys/prctl.h>

void securebits_probe(const struct target *target, struct securebits_facts *ret)
{
	if (!target->self) {
		part_unknown(&ret->part, "a process shows its securebits to nobody else",
			     "start the app under `taskprobe probe --exec`");
		return;
	}
	const int bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
	if (bits < 0) {
		part_unknown(&ret->part, err_words(errno), NULL);
		return;
	}
	ret->bits = bits;
	target_seen(target, &ret->part);
}
