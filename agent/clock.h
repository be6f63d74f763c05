/* SPDX-License-Identifier: MIT
 *
 * clock.h - the agent's clocks.
 */
#ifndef AGENT_CLOCK_H
#define AGENT_CLOCK_H

#include <stdint.h>

#define CLOCK_TEXT_MAX sizeof("2026-01-31T23:59:59Z")

int64_t clock_ms(void);			   /* CLOCK_MONOTONIC */
void clock_sleep_ms(int64_t ms);	   /* a signal ends it early */
void clock_text(char ret[CLOCK_TEXT_MAX]); /* now, RFC 3339, UTC */

#endif
