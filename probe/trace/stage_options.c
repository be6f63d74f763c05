/* SPDX-License-Identifier: MIT */
#include "probe/trace/stage_options.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>

#include "core/table.h"

struct flag {
	const char *word;
	unsigned long set, clear;
};

static const struct flag flags_known[] = {
	{ "ro", MS_RDONLY, 0 },
	{ "rw", 0, MS_RDONLY },
	{ "noexec", MS_NOEXEC, 0 },
	{ "exec", 0, MS_NOEXEC },
	{ "nosuid", MS_NOSUID, 0 },
	{ "suid", 0, MS_NOSUID },
	{ "nodev", MS_NODEV, 0 },
	{ "dev", 0, MS_NODEV },
	{ "noatime", MS_NOATIME, 0 },
	{ "atime", 0, MS_NOATIME },
	{ "nodiratime", MS_NODIRATIME, 0 },
	{ "diratime", 0, MS_NODIRATIME },
	{ "relatime", MS_RELATIME, 0 },
	{ "norelatime", 0, MS_RELATIME },
	{ "strictatime", MS_STRICTATIME, 0 },
	{ "nostrictatime", 0, MS_STRICTATIME },
	{ "sync", MS_SYNCHRONOUS, 0 },
	{ "async", 0, MS_SYNCHRONOUS },
	{ "dirsync", MS_DIRSYNC, 0 },
};

static const char *const ignored[] = {
	"defaults", "remount", "bind",	  "rbind", "mand",   "nomand",	   "private",
	"rprivate", "shared",  "rshared", "slave", "rslave", "unbindable", "runbindable",
};

static const char *const own[] = {
	"size=", "nr_blocks=", "nr_inodes=", "mode=", "uid=", "gid=", "mpol=", "huge=",
};

enum stage_option stage_option(const char *word, unsigned long *flags)
{
	for (size_t i = 0; i < ARRAY_LEN(flags_known); i++)
		if (strcmp(word, flags_known[i].word) == 0) {
			*flags = (*flags | flags_known[i].set) & ~flags_known[i].clear;
			return STAGE_OPTION_FLAG;
		}
	for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
		if (strcmp(word, ignored[i]) == 0)
			return STAGE_OPTION_IGNORED;
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		/* One word each: the kernel would read more out of it than we do. */
		if (strncmp(word, own[i], strlen(own[i])) == 0 && !strchr(word, ','))
			return STAGE_OPTION_OWN;
	return STAGE_OPTION_UNKNOWN;
}
