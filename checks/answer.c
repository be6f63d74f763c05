/* SPDX-License-Identifier: MIT */
#include "checks/answer.h"

#include <errno.h>
#include <stdarg.h>

#include "core/cleanup.h"

/* Cuts 'text' to 'max' bytes, never inside a UTF-8 sequence. */
static void cut(char *text, size_t max)
{
	static const char dots[] = "...";
	size_t len = strlen(text);

	if (len <= max)
		return;
	len = max - (sizeof(dots) - 1);
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	memcpy(text + len, dots, sizeof(dots));
}

__attribute__((format(printf, 1, 0))) static char *format(const char *fmt, va_list ap,
							  size_t max)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		return NULL;
	cut(text, max);
	return text;
}

static void fail_memory(struct answer *ret)
{
	ret->verdict = VERDICT_UNKNOWN;
	ret->text.error = -ENOMEM;
}

void answer_set(struct answer *ret, enum verdict verdict, const char *fmt, ...)
{
	va_list ap;

	if (ret->text.error)
		return;
	va_start(ap, fmt);
	AUTO_FREE char *text = format(fmt, ap, ANSWER_TEXT_MAX);
	va_end(ap);
	str_reset(&ret->text);
	ret->verdict = verdict;
	if (!text || str_puts(&ret->text, text) < 0)
		fail_memory(ret);
}

static void add_evidence(struct answer *ret, const char *text)
{
	if (!text || texts_add(&ret->evidence, text) < 0)
		fail_memory(ret);
}

void answer_evidence(struct answer *ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	AUTO_FREE char *text = format(fmt, ap, ANSWER_EVIDENCE_MAX);
	va_end(ap);
	add_evidence(ret, text);
}

void answer_seen(struct answer *ret, const struct facts *facts, const struct part *part,
		 const char *fmt, ...)
{
	const char *by = part->seen_by ? part->seen_by : facts->seen_by;
	va_list ap;

	va_start(ap, fmt);
	AUTO_FREE char *text = format(fmt, ap, ANSWER_EVIDENCE_MAX);
	va_end(ap);
	if (!text || !by) {
		add_evidence(ret, text);
		return;
	}
	AUTO_FREE char *full = str_format("%s (seen by %s)", text, by);
	add_evidence(ret, full);
}

void answer_done(struct answer *ret)
{
	str_done(&ret->text);
	texts_done(&ret->evidence);
	*ret = (struct answer)ANSWER_INIT;
}

void answer_enumerate(struct str *list, const char *item)
{
	if (list->len > 0)
		(void)str_puts(list, ", ");
	(void)str_puts(list, item);
}
