/* SPDX-License-Identifier: MIT */
#include <signal.h>

#include "agent/exec.h"
#include "agent/output.h"
#include "agent/round.h"
#include "agent/verb.h"

static int run(struct settings *settings, const struct list *rest)
{
	struct err err = ERR_INIT;
	int status;

	if (settings->exec)
		return exec_probe(settings, rest);
	if (rest->len) {
		complain("probe: '%s'? A command stands behind --exec --; see taskprobe "
			 "probe --help",
			 *LIST_AT(rest, char *, 0));
		return EXIT_USAGE;
	}
	if (output_check(settings, &err) < 0) {
		complain("probe: %s", err.msg);
		return EXIT_USAGE;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	if (round_run(settings, NULL, &status, &err) < 0)
		complain("probe: %s", err.msg);
	return status;
}

const struct verb verb_probe = {
	.name = "probe",
	.synopsis =
		"probe [OPTIONS]\n"
		"       taskprobe probe --exec [-o FILE] [--self NAME] -- CMD [ARG...]",
	.help = "look once, now, and report; or (--exec) from within, then become the "
		"app",
	.text = "Looks at the task that this process is in: at its own container, and "
		"with pidMode task\n"
		"or host at the others. Prints the report and exits with the status.\n\n"
		"With --exec it looks at its own container alone, with the app's own "
		"credentials, filter\n"
		"and label, writes the facts to FILE (taskprobe.facts/1) and becomes "
		"CMD: same PID, same\n"
		"environment, nothing left open. CMD runs even where looking failed. The "
		"exit status is\n"
		"CMD's; 125 if nothing could be started, 126 if CMD cannot be executed, "
		"127 if there is\n"
		"none.",
	.takes = TAKES_PROBE,
	.run = run,
};
