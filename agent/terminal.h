/* SPDX-License-Identifier: MIT
 *
 * terminal.h - colours and width of a page that goes to a terminal.
 */
#ifndef AGENT_TERMINAL_H
#define AGENT_TERMINAL_H

#include "agent/settings.h"
#include "checks/report/text.h"

/* Of the terminal that descriptor 'fd' is, --no-color, $NO_COLOR and a dumb one heeded;
 * for anything else neither colours nor a width. */
struct text_style terminal_style(const struct settings *settings, int fd);

#endif
