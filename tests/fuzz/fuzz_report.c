/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_report(const struct report *report, struct str *out)
{
	struct json_out o = JSON_OUT_INIT(out, false);

	record_write(&o, NULL, &report_type, report);
}

static int get_report(const char *text, size_t len, struct report *ret)
{
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	struct err err = ERR_INIT;

	int failed = json_parse(text, len, &doc, &err);
	return failed ? failed : record_read(&doc, doc.root, &report_type, ret, &err);
}

/* What was read is written, and read again is the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(str_done) struct str first = STR_INIT(64 << 20), second = STR_INIT(64 << 20);
	AUTO(report_done) struct report a = { 0 };
	AUTO(report_done) struct report b = { 0 };

	if (get_report((const char *)data, size, &a) < 0)
		return 0;
	put_report(&a, &first);
	if (get_report(first.s, first.len, &b) < 0)
		abort();
	put_report(&b, &second);
	if (strcmp(first.s, second.s) != 0)
		abort();
	return 0;
}
