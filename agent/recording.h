/* SPDX-License-Identifier: MIT
 *
 * recording.h - what trace records, to where the user wants it: lines into a file or
 * FIFO while the app runs, or a page at the end. Never to standard output, which is
 * the app's.
 */
#ifndef AGENT_RECORDING_H
#define AGENT_RECORDING_H

#include "agent/settings.h"
#include "probe/trace/trace.h"

struct recording;

/* Are the formats and files such that they can be written? 0 or -EINVAL with words. */
int recording_check(const struct settings *settings, struct err *err);

/* Opens the files, before the app starts. 0 or a negative errno with words. */
int recording_open(const struct settings *settings, struct recording **ret,
		   struct err *err);
void recording_done(struct recording *recording);

/* For struct trace_options; recording_tick() takes the sink's 'arg'. */
struct recorder_sink recording_sink(struct recording *recording);
void recording_tick(void *arg, const struct recorder_progress *progress, bool last);

#endif
