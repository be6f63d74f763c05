/* SPDX-License-Identifier: MIT */
#include "probe/trace/oracle.h"

#include "probe/trace/oracle/rules.h"

int oracle_answer(const struct oracle_call *call)
{
	static int (*const answers[])(const struct oracle_call *) = {
		[ORACLE_OPEN] = rule_open,     [ORACLE_MKDIR] = rule_mkdir,
		[ORACLE_MKNOD] = rule_mknod,   [ORACLE_SYMLINK] = rule_symlink,
		[ORACLE_BIND] = rule_bind,     [ORACLE_LINK] = rule_link,
		[ORACLE_RENAME] = rule_rename, [ORACLE_UNLINK] = rule_unlink,
		[ORACLE_RMDIR] = rule_rmdir,   [ORACLE_TRUNCATE] = rule_truncate,
		[ORACLE_CHMOD] = rule_chmod,   [ORACLE_CHOWN] = rule_chown,
		[ORACLE_UTIME] = rule_utime,   [ORACLE_XATTR] = rule_xattr,
		[ORACLE_ACCESS] = rule_access,
	};

	return answers[call->op](call);
}
