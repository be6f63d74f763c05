/* SPDX-License-Identifier: MIT
 *
 * app.h - the way from a fork of ours to the app: its calls stop for us, and nothing
 * else of what it inherits is different.
 */
#ifndef PROBE_TRACE_LIFE_APP_H
#define PROBE_TRACE_LIFE_APP_H

#include <linux/filter.h>

#include "core/err.h"
#include "probe/trace/life/listener.h"
#include "probe/trace/life/signals.h"
#include "probe/trace/life/wire.h"

#define APP_NOT_STARTED	   125
#define APP_NOT_EXECUTABLE 126
#define APP_NOT_FOUND	   127

struct app {
	char *const *argv;
	const struct sock_fprog *filter;
	const struct listener_features *features;
	const struct signals_kept *signals;
};

/* Waits for WIRE_READY on the socket to the supervisor, makes the listener, sends it,
 * waits for WIRE_GO and becomes the app. Returns on failure alone: a negative errno,
 * with words, and the status to end with in *status. */
int app_become(const struct app *app, int supervisor, int *status, struct err *err);

/* The same in a child of ours, which tells the supervisor what failed. */
_Noreturn void app_run(const struct app *app, int supervisor);

#endif
