/* SPDX-License-Identifier: MIT */
#include "checks/plan/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/str.h"

/* Where the word begins that says what it is about. */
static const char *subject(const char *option, size_t *len)
{
	static const char *const negated[] = { "noexec", "nosuid", "nodev", "noatime",
					       "nodiratime" };

	for (size_t i = 0; i < sizeof(negated) / sizeof(negated[0]); i++)
		if (strcmp(option, negated[i]) == 0)
			option += strlen("no");
	if (strcmp(option, "ro") == 0)
		option = "rw";
	*len = strcspn(option, "=");
	return option;
}

bool options_override(const struct list *options, const char *option)
{
	size_t n, m;
	const char *what = subject(option, &n);

	LIST_EACH (char *const, one, options) {
		const char *about = subject(*one, &m);

		if (n == m && memcmp(what, about, n) == 0)
			return true;
	}
	return false;
}

static int complete(struct list *options, const char *name, int64_t value, bool octal)
{
	if (value < 0 || options_override(options, name))
		return 0;
	AUTO_FREE char *option = octal ? str_format("%s%04" PRIo64, name, (uint64_t)value)
				       : str_format("%s%" PRId64, name, value);

	return option ? texts_add(options, option) : -ENOMEM;
}

int options_complete(struct plan_mount *mount)
{
	int r = complete(&mount->options, "uid=", mount->uid, false);

	if (r == 0)
		r = complete(&mount->options, "gid=", mount->gid, false);
	if (r == 0)
		r = complete(&mount->options, "mode=", mount->mode, true);
	return r;
}

void options_join(struct str *out, const struct plan_mount *mount)
{
	(void)str_printf(out, "size=%" PRId64 "m", mount->size_mib);
	LIST_EACH (char *const, option, &mount->options)
		(void)str_printf(out, ",%s", *option);
}
