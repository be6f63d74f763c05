/* SPDX-License-Identifier: MIT
 *
 * exec.h - probe --exec: look from within, then become the app.
 */
#ifndef AGENT_EXEC_H
#define AGENT_EXEC_H

#include "agent/settings.h"

/* Becomes the command in 'command' (char *). Returns only where it could not: the
 * exit status, 2, 125, 126 or 127. */
int exec_probe(const struct settings *settings, const struct list *command);

#endif
