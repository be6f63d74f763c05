/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "agent/files.h"
#include "agent/verb.h"
#include "checks/report/catalogue.h"
#include "core/cleanup.h"
#include "core/table.h"

#define CATALOGUE_MAX ((size_t)1 << 20)

static const struct format {
	const char *name;
	void (*render)(struct str *out);
} formats[] = {
	{ "text", catalogue_text },
	{ "markdown", catalogue_markdown },
	{ "json", catalogue_json },
};

static int run(struct settings *settings, const struct list *rest)
{
	AUTO(str_done) struct str out = STR_INIT(CATALOGUE_MAX);
	struct err err = ERR_INIT;
	const char *want =
		settings->formats.len ? *LIST_AT(&settings->formats, char *, 0) : "text";

	if (rest->len != 1 || strcmp(*LIST_AT(rest, char *, 0), "controls") != 0) {
		complain("list: what? There is: taskprobe list controls");
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		if (strcmp(formats[i].name, want) != 0)
			continue;
		formats[i].render(&out);
		if (out.error || file_write("-", out.s, out.len, &err) < 0) {
			complain("list: %s", out.error ? err_words(out.error) : err.msg);
			return EXIT_BLIND;
		}
		return EXIT_CLEAN;
	}
	complain("list: '%s' is no format; there are text, markdown and json", want);
	return EXIT_USAGE;
}

const struct verb verb_list = {
	.name = "list",
	.synopsis = "list controls [-f text|markdown|json]",
	.help = "print the controls",
	.text = "Prints every control: what it demands, how its declared and its "
		"observed rule judge,\n"
		"what observing it takes, and the remedy.",
	.takes = TAKES_LIST,
	.run = run,
};
