/* SPDX-License-Identifier: MIT */
#include "agent/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/files.h"
#include "agent/terminal.h"
#include "checks/report/text.h"
#include "core/cleanup.h"
#include "core/table.h"

/* A report of 100 containers with 4,096 writable rows each stays below. */
#define OUTPUT_MAX ((size_t)256 << 20)

static void as_text(const struct settings *s, const struct report *report, bool to_stdout,
		    struct str *out)
{
	struct text_style style = { .color = false };

	if (to_stdout)
		style = terminal_style(s, STDOUT_FILENO);
	report_text(report, &style, out);
}

static void as_json(const struct settings *s, const struct report *report, bool to_stdout,
		    struct str *out)
{
	struct json_out o = JSON_OUT_INIT(out, true);

	(void)s;
	(void)to_stdout;
	record_write(&o, NULL, &report_type, report);
	(void)str_puts(out, "\n");
}

static const struct format {
	const char *name;
	void (*render)(const struct settings *, const struct report *, bool,
		       struct str *);
} formats[] = { { "text", as_text }, { "json", as_json } };

static const struct format *find(const char *spec, const char **file, struct err *err)
{
	size_t n = strcspn(spec, "=");

	*file = spec[n] && spec[n + 1] ? spec + n + 1 : NULL;
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (strlen(formats[i].name) == n &&
		    strncmp(formats[i].name, spec, n) == 0)
			return &formats[i];
	(void)err_set(err, -EINVAL, "'%s' is no format; there are text and json", spec);
	return NULL;
}

int output_check(const struct settings *settings, struct err *err)
{
	const char *file;

	LIST_EACH (char *, spec, &settings->formats)
		if (!find(*spec, &file, err))
			return err->code;
	return 0;
}

static int output_one(const struct settings *s, const struct report *report,
		      const char *spec, struct err *err)
{
	AUTO(str_done) struct str text = STR_INIT(OUTPUT_MAX);
	const char *file;
	const struct format *f = find(spec, &file, err);

	if (!f)
		return err->code;
	if (!file)
		file = s->output;
	f->render(s, report, !file || strcmp(file, "-") == 0, &text);
	if (text.error)
		return err_set(err, text.error, "the report is too large: %s",
			       err_words(text.error));
	return file_write(file ? file : "-", text.s, text.len, err);
}

int output_report(const struct settings *settings, const struct report *report,
		  struct err *err)
{
	int failed = 0;

	if (settings->formats.len == 0)
		return output_one(settings, report, "text", err);
	LIST_EACH (char *, spec, &settings->formats) {
		int r = output_one(settings, report, *spec, err);

		if (r < 0)
			failed = r; /* the others are printed all the same */
	}
	return failed;
}
