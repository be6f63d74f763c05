/* SPDX-License-Identifier: MIT
 *
 * reach.h - can the EC2 instance metadata service be reached from here? Opt-in: it
 * asks over the network.
 */
#ifndef AGENT_REACH_H
#define AGENT_REACH_H

#include "core/facts.h"

/* Fills facts->instance_metadata, seen by 'seen_by'. At most two seconds. */
void reach_instance_metadata(struct facts *facts, const char *seen_by);

/* Says of a part that nobody filled that it was not tried. */
void reach_not_tried(struct facts *facts);

#endif
