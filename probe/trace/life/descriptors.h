/* SPDX-License-Identifier: MIT
 *
 * descriptors.h - what was open when we were started belongs to the app alone: a
 * reader of its pipes must see their end when the app's processes are gone.
 *
 * What we opened closes on exec, and what we inherited does not: that tells them apart.
 */
#ifndef PROBE_TRACE_LIFE_DESCRIPTORS_H
#define PROBE_TRACE_LIFE_DESCRIPTORS_H

/* Opens /dev/null where 0, 1 or 2 is closed, so that nothing of ours gets that number;
 * closed again by exec. */
void descriptors_fill(void);

/* Closes what was inherited, but for stderr; 0 and 1 become /dev/null. Not before the
 * app has been forked. */
void descriptors_leave(void);

/* stderr too: nobody waits for our words any more. */
void descriptors_leave_stderr(void);

#endif
