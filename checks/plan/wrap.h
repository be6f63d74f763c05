/* SPDX-License-Identifier: MIT
 *
 * wrap.h - a task definition in which an app starts under taskprobe, in an image
 * that nobody has to build anew; and the way back.
 *
 * A container that runs first (dependsOn SUCCESS) copies the program into a
 * volume, which the app's container mounts. Its entryPoint becomes taskprobe's,
 * with the image's own ENTRYPOINT and CMD behind it: a definition that overrides
 * entryPoint drops both. Whatever else the definition says, unknown members and
 * order included, stays as it is; what DescribeTaskDefinition adds on output only
 * is left out, so that the result can be registered.
 */
#ifndef CHECKS_PLAN_WRAP_H
#define CHECKS_PLAN_WRAP_H

#include <stdbool.h>
#include <stddef.h>

#include "checks/plan/image.h"
#include "core/err.h"
#include "core/str.h"

struct wrap_options {
	const char *container; /* whose app */
	const char *image;     /* taskprobe's own, for the container that copies it */
	bool probe;	       /* probe --exec instead of trace */
};

/* Appends the definition to 'out' as JSON. 0; -EINVAL with words: no definition, no such
 * container, wrapped already, a Windows task, nothing to start; -E2BIG, -ENOMEM. */
int wrap_definition(const char *text, size_t len, const struct image_config *image,
		    const struct wrap_options *options, struct str *out, struct err *err);

/* The definition as it was before, from a wrapped one. -EINVAL where that container is
 * not wrapped. */
int unwrap_definition(const char *text, size_t len, const char *container,
		      struct str *out, struct err *err);

#endif
