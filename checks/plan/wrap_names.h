/* SPDX-License-Identifier: MIT
 *
 * wrap_names.h - what a wrapped definition has of ours, by its names.
 */
#ifndef CHECKS_PLAN_WRAP_NAMES_H
#define CHECKS_PLAN_WRAP_NAMES_H

#include <stdbool.h>

#include "core/json.h"

#define WRAP_VOLUME    "taskprobe"
#define WRAP_INSTALLER "taskprobe-install"
#define WRAP_DIRECTORY "/opt/taskprobe"
/* A docker label of the app's container: what it had before, for the way back. */
#define WRAP_LABEL "taskprobe.wrapped"
/* One of the installer's: the definition had no member "volumes". */
#define WRAP_VOLUMES_LABEL "taskprobe.volumes"

/* Did the definition have no volumes before? 'installer' may be NULL. */
bool wrap_added_volumes(const struct json *installer);

#endif
