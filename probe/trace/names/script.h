/* SPDX-License-Identifier: MIT
 *
 * script.h - the interpreter that a script names in its first line: the kernel executes
 * that, too, and asks its mount whether it may.
 */
#ifndef PROBE_TRACE_NAMES_SCRIPT_H
#define PROBE_TRACE_NAMES_SCRIPT_H

#include <stddef.h>

#include "probe/trace/names/names.h"

/* BINPRM_BUF_SIZE */
#define SCRIPT_MAX 256

/* As load_script() reads the first bytes of a file; the length of the name, with its NUL
 * behind it, or 0: it names none. */
size_t script_parse(const char *text, size_t len, char ret[SCRIPT_MAX]);

/* The same of what names_find() found; 0 as well where nobody could look. */
size_t script_interpreter(const struct place_found *place, char ret[SCRIPT_MAX]);

#endif
