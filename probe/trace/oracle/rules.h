/* SPDX-License-Identifier: MIT
 *
 * rules.h - the oracle's rules, one function for each operation.
 *
 * Written along the kernel's own order of checks (fs/namei.c, fs/open.c,
 * fs/attr.c, fs/xattr.c, fs/utimes.c, net/unix/af_unix.c), which no manual page
 * promises: a differential test compares it with the kernel that runs. The
 * kernel's function is named where a rule follows one.
 */
#ifndef PROBE_TRACE_ORACLE_RULES_H
#define PROBE_TRACE_ORACLE_RULES_H

#include "probe/trace/oracle.h"

/* All of them: 0 or a positive errno. */
int rule_open(const struct oracle_call *call);
int rule_mkdir(const struct oracle_call *call);
int rule_mknod(const struct oracle_call *call);
int rule_symlink(const struct oracle_call *call);
int rule_bind(const struct oracle_call *call);
int rule_link(const struct oracle_call *call);
int rule_rename(const struct oracle_call *call);
int rule_unlink(const struct oracle_call *call);
int rule_rmdir(const struct oracle_call *call);
int rule_truncate(const struct oracle_call *call);
int rule_chmod(const struct oracle_call *call);
int rule_chown(const struct oracle_call *call);
int rule_utime(const struct oracle_call *call);
int rule_xattr(const struct oracle_call *call);
int rule_access(const struct oracle_call *call);

/* Does the running kernel check as this release began to? */
bool rules_since(const struct oracle_call *call, unsigned major, unsigned minor);

/* What ends a call before its names are looked at; 'known' are the flags that it takes,
 * ~0U for one without any. */
int rules_arguments(const struct oracle_call *call, unsigned known);

/* A name that has to lead to something: user_path_at(). */
int rules_find(const struct oracle_name *name);
/* A call's arguments, and then its first name, which may be a descriptor. */
int rules_find_object(const struct oracle_call *call, unsigned known);
/* A name for something new, a directory or not: filename_create(). Whatever is wrong with
 * the name comes before EROFS, and that before permission. */
int rules_find_free(const struct oracle_name *name, bool directory);
/* An entry that is to go, in a parent that is writable: the lookup of its name. */
int rules_find_entry(const struct oracle_name *name);
/* May it go, by a call that takes directories or all else: may_delete(). */
int rules_may_remove(const struct oracle_name *name, bool directory);

#endif
