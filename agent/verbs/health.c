/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include "agent/alive.h"
#include "agent/verb.h"

static int run(struct settings *settings, const struct list *rest)
{
	struct err err = ERR_INIT;
	int64_t left;

	(void)settings;
	(void)rest;
	if (alive_ask(&left, &err) < 0) {
		complain("health: %s", err.msg);
		return EXIT_FINDINGS;
	}
	if (left < 0) {
		complain("health: the agent is stuck: overdue by %lld s",
			 (long long)-left);
		return EXIT_FINDINGS;
	}
	(void)puts("taskprobe: the agent is alive");
	return EXIT_CLEAN;
}

const struct verb verb_health = {
	.name = "health",
	.synopsis = "health",
	.help = "is the agent of this container alive (for a container health check)",
	.text = "Exit status 0 where `taskprobe agent` runs from the same executable and "
		"keeps its\n"
		"promises, 1 where it does not. Needs no port and no writable path. ECS "
		"ignores an\n"
		"image's HEALTHCHECK; write into the container's definition:\n"
		"  \"healthCheck\": { \"command\": [\"CMD\", \"/taskprobe\", \"health\"] "
		"}",
	.takes = TAKES_NOTHING,
	.run = run,
};
