/* SPDX-License-Identifier: MIT */
#include "core/text.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static const struct utf8_form {
	unsigned char mask, lead;
	size_t len;
	uint32_t least; /* anything below is an overlong form */
} forms[] = {
	{ 0x80, 0x00, 1, 0 },
	{ 0xe0, 0xc0, 2, 0x80 },
	{ 0xf0, 0xe0, 3, 0x800 },
	{ 0xf8, 0xf0, 4, 0x10000 },
};

static size_t decode(const char *p, const char *end, uint32_t *ret)
{
	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
		unsigned char c = (unsigned char)*p;

		if ((c & forms[f].mask) != forms[f].lead)
			continue;
		if ((size_t)(end - p) < forms[f].len)
			return 0;
		uint32_t v = c & (unsigned char)~forms[f].mask;
		for (size_t i = 1; i < forms[f].len; i++) {
			unsigned char next = (unsigned char)p[i];

			if ((next & 0xc0) != 0x80)
				return 0;
			v = v << 6 | (next & 0x3f);
		}
		if (v < forms[f].least || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
			return 0;
		*ret = v;
		return forms[f].len;
	}
	return 0;
}

size_t text_utf8(const char *p, const char *end)
{
	uint32_t v;

	return p < end ? decode(p, end, &v) : 0;
}

bool text_is_utf8(const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		size_t n = text_utf8(text, end);

		if (n == 0)
			return false;
		text += n;
	}
	return true;
}

/* What a terminal or a log viewer acts upon instead of showing it. */
static bool acts(uint32_t v)
{
	return v < 0x20 || (v >= 0x7f && v < 0xa0) || v == 0x61c ||
	       (v >= 0x200b && v <= 0x200f) || (v >= 0x2028 && v <= 0x202e) ||
	       (v >= 0x2060 && v <= 0x206f) || v == 0xfeff;
}

void text_escape(struct str *out, const char *text)
{
	const char *end = text + strlen(text);

	while (text < end) {
		uint32_t v;
		size_t n = decode(text, end, &v);

		if (n == 0)
			(void)str_printf(out, "\\x%02x", (unsigned char)*text);
		else if (v == '\n')
			(void)str_puts(out, "\\n");
		else if (v == '\t')
			(void)str_puts(out, "\\t");
		else if (v == 0x1b)
			(void)str_puts(out, "\\e");
		else if (v == '\\')
			(void)str_puts(out, "\\\\");
		else if (acts(v))
			(void)str_printf(out, v < 0x80 ? "\\x%02x" : "\\u{%04x}", v);
		else
			(void)str_add(out, text, n);
		text += n ? n : 1;
	}
}

struct place text_place(const char *text, size_t len, size_t offset)
{
	struct place at = { 1, 1 };

	for (size_t i = 0; i < len && i < offset; i++) {
		if (text[i] == '\n') {
			at.line++;
			at.column = 1;
		} else {
			at.column++;
		}
	}
	return at;
}

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_encode(struct str *out, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		unsigned char b[3] = { 0 };
		char quad[4];

		memcpy(b, data + i, n);
		quad[0] = alphabet[b[0] >> 2];
		quad[1] = alphabet[(b[0] & 3) << 4 | b[1] >> 4];
		quad[2] = n > 1 ? alphabet[(b[1] & 15) << 2 | b[2] >> 6] : '=';
		quad[3] = n > 2 ? alphabet[b[2] & 63] : '=';
		(void)str_add(out, quad, sizeof(quad));
	}
	return out->error;
}

static int base64_value(char c)
{
	const char *p = c ? strchr(alphabet, c) : NULL;

	return p ? (int)(p - alphabet) : -1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int base64_decode(struct str *out, const char *text, size_t len)
{
	uint32_t bits = 0;
	size_t have = 0, pad = 0; /* characters and '=' of the current group of four */

	for (size_t i = 0; i < len; i++) {
		int v = base64_value(text[i]);

		if (is_blank(text[i]))
			continue;
		if (have + pad == 4 || (v >= 0 && pad > 0))
			return -EINVAL; /* something after the padding */
		if (text[i] == '=' && have >= 2)
			pad++;
		else if (v >= 0)
			have++;
		else
			return -EINVAL;
		bits = bits << 6 | (uint32_t)(v >= 0 ? v : 0);
		if (have + pad < 4)
			continue;
		const char b[3] = { (char)(bits >> 16), (char)(bits >> 8), (char)bits };
		if (str_add(out, b, 3 - pad) < 0)
			return out->error;
		if (pad == 0)
			have = 0;
		bits = 0;
	}
	return have + pad == 0 || have + pad == 4 ? 0 : -EINVAL;
}
