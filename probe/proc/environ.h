/* SPDX-License-Identifier: MIT
 *
 * environ.h - the names in a process's environment. Values are secrets: they are
 * never stored, and the memory that they passed through is wiped.
 */
#ifndef PROBE_PROC_ENVIRON_H
#define PROBE_PROC_ENVIRON_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/facts.h"
#include "core/str.h"
#include "probe/target.h"

/* 'text' holds NAME=VALUE entries, each ended by a NUL. What is no such entry (a
 * process may write over its environment) is passed over. 0 or -ENOMEM. */
int environ_parse(const char *text, size_t len, struct environ_facts *ret,
		  struct err *err);

/* Has every entry its "="? A program that sets its title writes over its environment. */
bool environ_is_whole(const char *text, size_t len);

/* Needs ptrace access. Known, with 'why', where it is not whole. */
void environ_probe(const struct target *target, struct environ_facts *ret);

/* Does this name promise a secret? Any case; words are split at "_". */
bool environ_is_secret(const char *name);

/* Appends the value of 'name', for what is no secret. 0, -ENOENT where it is not set,
 * -EACCES, -E2BIG or another negative errno. */
int environ_get(const struct target *target, const char *name, struct str *value,
		struct err *err);

void environ_facts_done(struct environ_facts *ret);

#endif
