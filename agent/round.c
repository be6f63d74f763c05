/* SPDX-License-Identifier: MIT */
#include "agent/round.h"

#include "agent/gather.h"
#include "agent/http.h"
#include "agent/output.h"
#include "agent/verb.h"
#include "core/cleanup.h"

int round_run(const struct settings *settings, bool (*stop)(void), int *status,
	      struct err *err)
{
	AUTO(report_done) struct report report = { 0 };
	struct gather gather = { .settings = settings, .stop = stop };
	int r = gather_report(&gather, &report, err);

	http_done();
	if (r == 0)
		r = output_report(settings, &report, err);
	*status = r < 0 || gather.definition_broken ? EXIT_BLIND
						    : (int)report.summary.exit_status;
	return r;
}
