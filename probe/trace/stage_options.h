/* SPDX-License-Identifier: MIT
 *
 * stage_options.h - the words of a tmpfs's options, as a runtime reads them.
 */
#ifndef PROBE_TRACE_STAGE_OPTIONS_H
#define PROBE_TRACE_STAGE_OPTIONS_H

enum stage_option {
	STAGE_OPTION_FLAG,    /* mount(2)'s: *flags is changed */
	STAGE_OPTION_IGNORED, /* how mounts spread, and what a plain mount has anyway */
	STAGE_OPTION_OWN,     /* the file system's: size=, mode=, uid= ... */
	STAGE_OPTION_UNKNOWN, /* no such mount can be made */
};

enum stage_option stage_option(const char *word, unsigned long *flags);

#endif
