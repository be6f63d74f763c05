/* SPDX-License-Identifier: MIT
 *
 * envelope.c - a definition that was packed to fit into a secret or parameter.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>

#include "checks/input/taskdef.h"
#include "core/cleanup.h"
#include "core/text.h"

/* zlib: 15 is the largest window, 16 asks for gzip's frame and nothing else. */
#define GZIP_WINDOW (15 + 16)

static const char *skip_blanks(const char *text, const char *end)
{
	while (text < end &&
	       (*text == ' ' || *text == '\t' || *text == '\r' || *text == '\n'))
		text++;
	return text;
}

static bool is_object(const char *text, size_t len)
{
	const char *end = text + len;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	text = skip_blanks(text, end);
	return text < end && *text == '{';
}

static bool is_gzip(const char *data, size_t len)
{
	return len >= 2 && memcmp(data, "\x1f\x8b", 2) == 0;
}

static int too_large(const struct str *out, struct err *err)
{
	if (out->error == -E2BIG)
		return err_set(err, -E2BIG,
			       "it is, or unpacks to, more than the %zu bytes that are "
			       "read of a task definition",
			       out->max);
	return err_set(err, -ENOMEM, "out of memory");
}

/* One step of inflate() into 'out'; its answer in *status. */
static int inflate_some(z_stream *z, struct str *out, int *status, struct err *err)
{
	unsigned char chunk[8 * 1024];

	z->next_out = chunk;
	z->avail_out = sizeof(chunk);
	*status = inflate(z, Z_NO_FLUSH);
	size_t n = sizeof(chunk) - z->avail_out;
	if (n > 0 && str_add(out, (const char *)chunk, n) < 0)
		return too_large(out, err);
	if (*status == Z_OK || *status == Z_STREAM_END)
		return 0;
	if (*status == Z_MEM_ERROR)
		return err_set(err, -ENOMEM, "out of memory");
	if (*status == Z_BUF_ERROR)
		return err_set(err, -EINVAL, "the gzip in the base64 is cut short");
	return err_set(err, -EINVAL, "the gzip in the base64 is damaged: %s",
		       z->msg ? z->msg : "not what it should be");
}

static int unpack(const struct str *packed, struct str *out, struct err *err)
{
	z_stream z = { .next_in = (unsigned char *)packed->s,
		       .avail_in = (unsigned)packed->len };
	int status = Z_OK, failed = 0;

	if (packed->len > UINT32_MAX)
		return err_set(err, -E2BIG, "larger than 4 GiB");
	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return err_set(err, -ENOMEM, "out of memory");
	while (status != Z_STREAM_END && !failed)
		failed = inflate_some(&z, out, &status, err);
	unsigned left = z.avail_in;
	(void)inflateEnd(&z);
	/* A second member is legal gzip, but nothing makes one of a definition. */
	if (!failed && left > 0)
		return err_set(err, -EINVAL, "%u bytes follow the gzip in the base64",
			       left);
	return failed;
}

static int open_base64(const char *text, size_t len, struct str *out, struct err *err)
{
	AUTO(str_done) struct str decoded = STR_INIT(len);
	size_t before = out->len;

	int failed = base64_decode(&decoded, text, len);
	if (failed == -ENOMEM)
		return err_set(err, -ENOMEM, "out of memory");
	if (failed || decoded.len == 0)
		return err_set(
			err, -EINVAL,
			"neither a JSON object, nor base64 of one, nor base64 of gzip "
			"of one");
	if (is_gzip(decoded.s, decoded.len)) {
		failed = unpack(&decoded, out, err);
		if (failed)
			return failed;
	} else if (str_add(out, decoded.s, decoded.len) < 0) {
		return too_large(out, err);
	}
	if (!is_object(out->s + before, out->len - before))
		return err_set(err, -EINVAL,
			       "the base64 holds neither a JSON object nor gzip "
			       "of one");
	return 0;
}

int envelope_open(const char *text, size_t len, struct str *out, struct err *err)
{
	if (is_object(text, len))
		return str_add(out, text, len) < 0 ? too_large(out, err) : 0;
	if (skip_blanks(text, text + len) == text + len)
		return err_set(err, -EINVAL, "it is empty");
	return open_base64(text, len, out, err);
}
