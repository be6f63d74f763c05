/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/cleanup.h"
#include "core/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Places count forwards, lie in the text, and numbers are what stands there. */
static void walk(const struct json_doc *doc, const struct json *v, struct place *last)
{
	struct place at = json_place(doc, v);
	int64_t number;

	if (at.line < last->line || (at.line == last->line && at.column < last->column))
		abort();
	*last = at;
	if (json_kind(v) == JSON_NUMBER && !json_number_text(v))
		abort();
	if (json_int(v, &number) == 0 && json_kind(v) != JSON_NUMBER)
		abort();
	for (const struct json *m = json_first(v); m; m = json_next(m)) {
		if (json_kind(v) == JSON_OBJECT && !json_name(m))
			abort();
		walk(doc, m, last);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	struct place last = { 1, 1 };
	struct err err = ERR_INIT;

	if (json_parse((const char *)data, size, &doc, &err) == 0)
		walk(&doc, doc.root, &last);
	else if (!err.code || !err.msg[0])
		abort();
	return 0;
}
