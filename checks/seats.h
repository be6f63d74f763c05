/* SPDX-License-Identifier: MIT
 *
 * seats.h - the containers that are judged: the union by name of definition,
 * metadata and facts. Pause containers of the platform are left out. Each
 * sight of a container has a seat of its own: where two facts bear one name,
 * both are judged.
 */
#ifndef CHECKS_SEATS_H
#define CHECKS_SEATS_H

#include "core/report.h"

/* Name of a container that the facts do not name. */
#define SEAT_NAMELESS "?"

struct seat {
	const char *name;
	const struct container_definition *declared; /* of a current definition alone */
	const struct running_container *running;
	const struct facts *facts;
	bool self;
	bool nameless; /* whose it is could not be told: nothing declared applies */
};

/* Fills 'seats' (struct seat), which point into 'report'; 'only' is a container's
 * name or NULL. Release with list_done. 0 or -ENOMEM. */
int seats_take(const struct report *report, const char *only, struct list *seats);

/* Is it running, as far as anyone says? */
bool seat_is_running(const struct seat *seat);

#endif
