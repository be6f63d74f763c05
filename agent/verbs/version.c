/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "agent/verb.h"
#include "agent/version.h"

static int run(struct settings *settings, const struct list *rest)
{
	(void)settings;
	(void)rest;
	(void)printf("taskprobe %s\n", TASKPROBE_VERSION);
	return EXIT_CLEAN;
}

const struct verb verb_version = {
	.name = "version",
	.synopsis = "version",
	.help = "print the version",
	.text = "Prints name and version.",
	.takes = TAKES_NOTHING,
	.run = run,
};
