/* SPDX-License-Identifier: MIT
 *
 * image.h - what an image starts: its ENTRYPOINT and CMD, as tools print them.
 */
#ifndef CHECKS_PLAN_IMAGE_H
#define CHECKS_PLAN_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/list.h"

struct image_config {
	struct list entrypoint, command; /* char * */
};

/* Reads what `docker inspect IMAGE` and `podman inspect IMAGE` print (a list of one
 * object with "Config"), `skopeo inspect --config` (an OCI image configuration:
 * "config"), or such an object alone. 0, -EINVAL with words (several images, no
 * configuration, wrong kinds), -E2BIG, -ENOMEM. */
int image_config_parse(const char *text, size_t len, struct image_config *ret,
		       struct err *err);
void image_config_done(struct image_config *config);

#endif
