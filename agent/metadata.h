/* SPDX-License-Identifier: MIT
 *
 * metadata.h - asks the task metadata endpoint, with the patience that a
 * starting task needs and the restraint that a shared rate limit asks for.
 */
#ifndef AGENT_METADATA_H
#define AGENT_METADATA_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/list.h"
#include "core/task.h"

/* What a test puts in the place of clock, chance and network. */
struct http_answer;
struct http_limits;
struct metadata_world {
	int64_t (*now_ms)(void);
	void (*sleep_ms)(int64_t ms);	    /* may return early */
	int64_t (*jitter_ms)(int64_t most); /* evenly from 0 to 'most' */
	int (*get)(const char *url, const struct http_limits *limits,
		   struct http_answer *ret, struct err *err);
};

struct metadata_source {
	const char *base;   /* ${ECS_CONTAINER_METADATA_URI_V4} */
	int64_t connect_ms; /* default 1000 */
	int64_t total_ms;   /* of one request; default 5000 */
	int64_t window_ms;  /* start-up window in which 404, 429, 5xx and connection
			     * errors are tried again, with exponential back-off and full
			     * jitter; 0: one attempt */
	bool (*stop)(void); /* asked between attempts: a signal came; may be NULL */
	const struct metadata_world *world; /* NULL: the real one */
};
#define METADATA_SOURCE_INIT(url)                                   \
	{                                                           \
		.base = (url), .connect_ms = 1000, .total_ms = 5000 \
	}

/* /task and the own container (marks it as self). Fills the metadata half of
 * *task. Where /task answers but the own container does not, that is no failure:
 * no container is marked, and containers_part.why says it. Failure: metadata.known
 * stays false, metadata.why and grants say it, and the same is in *err; what an
 * earlier call has read stays. -EINTR where source->stop says so. */
int metadata_read(const struct metadata_source *source, struct task *task,
		  struct err *err);

/* /task/stats into struct container_stats (checks/input/metadata.h). */
int metadata_read_stats(const struct metadata_source *source, struct list *ret,
			struct err *err);

/* What container has the endpoint id 'id' (letters, digits and '-' only, or
 * -EINVAL): asks our own authority, never one that somebody else named. -ENOENT
 * (404: no such id) is not tried again, and nothing is for more than two seconds:
 * the id comes from a container that we do not trust. */
int metadata_resolve(const struct metadata_source *source, const char *id,
		     struct running_container *ret, struct err *err);

/* The last path component of a metadata URI, if 'uri' has the same scheme, host
 * and port as 'base' and the id is well-formed; NULL otherwise. Points into 'uri'.
 * Pure. */
const char *metadata_uri_id(const char *base, const char *uri);

#endif
