/* SPDX-License-Identifier: MIT
 *
 * status.h - who a process is: /proc/PID/status and its security label.
 */
#ifndef PROBE_PROC_STATUS_H
#define PROBE_PROC_STATUS_H

#include "core/err.h"
#include "core/facts.h"
#include "probe/target.h"

/* Every line that it needs must be there, and once: a missing capability set would
 * read as an empty one. Fills all but 'part' and the label. 0, -EINVAL, -ENODATA
 * or -ENOMEM; *ret is then left alone. Release it with identity_done(). */
int status_parse(const char *text, struct identity_facts *ret, struct err *err);

/* Reads and parses; no label, no part. */
int status_read(const struct target *target, struct identity_facts *ret, struct err *err);

/* World-readable: needs no access to the process. */
void status_probe(const struct target *target, struct identity_facts *ret);

void identity_done(struct identity_facts *who);

#endif
