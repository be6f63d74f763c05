/* SPDX-License-Identifier: MIT
 *
 * version.h - which taskprobe this is.
 */
#ifndef AGENT_VERSION_H
#define AGENT_VERSION_H

/* TASKPROBE_VERSION comes from the root CMakeLists.txt, the one place that has it. */
#ifndef TASKPROBE_VERSION
#error "the build defines TASKPROBE_VERSION"
#endif

#endif
