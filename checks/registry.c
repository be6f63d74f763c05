/* SPDX-License-Identifier: MIT
 *
 * registry.c - the list of all controls.
 */
#include "checks/controls/all.h"

#define X(name) &name,
const struct control *const controls[] = { CONTROLS(X) NULL };
#undef X

const struct control *control_find(const char *id)
{
	for (const struct control *const *c = controls; *c; c++)
		if (strcasecmp((*c)->id, id) == 0)
			return *c;
	return NULL;
}
