/* SPDX-License-Identifier: MIT */
#include "agent/reach.h"

#include <errno.h>

#include "agent/http.h"

/* Any answer, a refusal included, means that the address can be reached. */
static const char url[] = "http://169.254.169.254/latest/meta-data/";

void reach_instance_metadata(struct facts *facts, const char *seen_by)
{
	const struct http_limits limits = { .connect_ms = 1000,
					    .total_ms = 2000,
					    .max_bytes = 64 * 1024 };
	struct reach_facts *reach = &facts->instance_metadata;
	struct http_answer answer = { 0 };
	struct err err = ERR_INIT;
	int r = http_get(url, &limits, &answer, &err);

	/* A refused connection alone shows that nothing is there: time that runs out, or
	 * an answer that is none, shows neither. */
	if (r < 0 && r != -E2BIG && r != -ECONNREFUSED) {
		part_unknown(&reach->part, err.msg, NULL);
	} else {
		reach->part.known = true;
		(void)str_set(&reach->part.seen_by, seen_by);
		reach->reachable = r != -ECONNREFUSED;
		reach->evidence = r == 0 ? str_format("%s answered with status %ld", url,
						      answer.status)
					 : str_format("%s", err.msg);
	}
	http_answer_done(&answer);
}

void reach_not_tried(struct facts *facts)
{
	struct part *part = &facts->instance_metadata.part;

	if (!part->known && !part->why)
		part_unknown(part, "not tried: it is opt-in", "--instance-metadata");
}
