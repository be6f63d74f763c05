/* SPDX-License-Identifier: MIT */
#include "agent/targets.h"

#include <errno.h>
#include <string.h>

#include "core/list.h"
#include "core/str.h"
#include "core/table.h"

static const char *const format_names[] = { "json", "text" };

static int find_format(const char *spec, const char **file, struct err *err)
{
	const size_t n = strcspn(spec, "=");

	*file = spec[n] ? spec + n + 1 : NULL;
	for (int i = 0; i < TARGET_COUNT; i++)
		if (strlen(format_names[i]) == n &&
		    strncmp(format_names[i], spec, n) == 0)
			return i;
	return err_set(err, -EINVAL, "'%s' is no format; there are text and json", spec);
}

int targets_read(const struct settings *settings, struct target ret[TARGET_COUNT],
		 struct err *err)
{
	memset(ret, 0, TARGET_COUNT * sizeof(*ret));
	LIST_EACH (char *const, spec, &settings->formats) {
		const char *file;
		const int format = find_format(*spec, &file, err);

		if (format < 0)
			return format;
		ret[format] = (struct target){ .wanted = true,
					       .file = file ? file : settings->output };
	}
	return 0;
}

/* By another of its names. There the app's own descriptor is meant, which is not ours
 * any more when something is written. */
static bool is_stdout(const char *file)
{
	static const char *const names[] = { "-", "/dev/stdout", "/dev/fd/1",
					     "/proc/self/fd/1" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(file, names[i]) == 0)
			return true;
	return false;
}

int targets_check(const struct target targets[TARGET_COUNT], struct err *err)
{
	for (int i = 0; i < TARGET_COUNT; i++) {
		const char *file = targets[i].file;

		if (file && (!*file || is_stdout(file)))
			return err_set(err, -EINVAL,
				       "'%s' is no file: standard output is the app's",
				       file);
	}
	if (targets[TARGET_JSON].file &&
	    str_equal(targets[TARGET_JSON].file, targets[TARGET_TEXT].file))
		return err_set(err, -EINVAL, "text and json cannot both go to %s",
			       targets[TARGET_JSON].file);
	return 0;
}
