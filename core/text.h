/* SPDX-License-Identifier: MIT
 *
 * text.h - bytes that people or programs are to read.
 *
 * Paths and names come from containers we do not trust: they may hold
 * newlines, terminal escapes and what is no UTF-8. Nothing of that reaches a
 * terminal or a JSON document raw.
 */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/str.h"

struct place {
	size_t line, column; /* from 1; columns count bytes */
};

/* Length of the well-formed UTF-8 sequence at 'p' (no surrogates, no overlong
 * forms, at most U+10FFFF), or 0. 'end' bounds the reading. */
size_t text_utf8(const char *p, const char *end);
bool text_is_utf8(const char *text, size_t len);

/* Appends 'text' for a terminal or log line: control characters, DEL, the C1
 * set and bidirectional overrides as \n, \e, \xNN or \u{NNNN}, a backslash as
 * \\, bytes that are not UTF-8 as \xNN. */
void text_escape(struct str *out, const char *text);

/* Where byte 'offset' of 'text' is. */
struct place text_place(const char *text, size_t len, size_t offset);

/* Base64 (RFC 4648). Decoding skips white space, refuses what else is not of the
 * alphabet, and wants the padding right. 0, -EINVAL, -E2BIG or -ENOMEM. */
int base64_encode(struct str *out, const char *data, size_t len);
int base64_decode(struct str *out, const char *text, size_t len);

#endif
