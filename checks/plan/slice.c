/* SPDX-License-Identifier: MIT */
#include "checks/plan/slice.h"

#include <string.h>

#include "core/text.h"

struct slice slice_of(const char *path)
{
	return (struct slice){ path, strlen(path) };
}

bool slice_is_root(struct slice a)
{
	return a.len == 1;
}

struct slice slice_parent(struct slice path)
{
	while (path.len > 1 && path.s[path.len - 1] != '/')
		path.len--;
	if (path.len > 1)
		path.len--;
	return path;
}

struct slice slice_common(struct slice a, struct slice b)
{
	size_t n = 0, end = 1;

	if (a.len > b.len) {
		const struct slice longer = a;

		a = b;
		b = longer;
	}
	for (; n < a.len && a.s[n] == b.s[n]; n++)
		if (n > 0 && a.s[n] == '/')
			end = n;
	if (n == a.len && (n == b.len || b.s[n] == '/'))
		end = n;
	return (struct slice){ a.s, end };
}

bool slice_covers(struct slice dir, struct slice path)
{
	if (slice_is_root(dir))
		return true;
	return dir.len <= path.len && memcmp(dir.s, path.s, dir.len) == 0 &&
	       (dir.len == path.len || path.s[dir.len] == '/');
}

bool slice_same(struct slice a, struct slice b)
{
	return a.len == b.len && memcmp(a.s, b.s, a.len) == 0;
}

bool slice_is(struct slice a, const char *text)
{
	return slice_same(a, slice_of(text));
}

size_t slice_depth(struct slice a)
{
	size_t depth = 0;

	for (size_t i = 0; i < a.len; i++)
		depth += a.s[i] == '/';
	return slice_is_root(a) ? 0 : depth;
}

struct slice slice_top(struct slice a, size_t depth)
{
	for (size_t i = 0; i < a.len; i++)
		if (a.s[i] == '/' && depth-- == 0)
			return (struct slice){ a.s, i ? i : 1 };
	return a;
}

/* The slash sorts before all other bytes, but behind the end. */
int slice_order(struct slice a, struct slice b)
{
	const size_t n = a.len < b.len ? a.len : b.len;

	for (size_t i = 0; i < n; i++) {
		const unsigned char x = (unsigned char)a.s[i], y = (unsigned char)b.s[i];

		if (x != y)
			return (x == '/' ? 0 : x) - (y == '/' ? 0 : y);
	}
	return (a.len > b.len) - (a.len < b.len);
}

bool slice_is_plain(const char *path)
{
	if (*path != '/')
		return false;
	if (path[1] == '\0')
		return true;
	for (const char *p = path; *p;) {
		const size_t len = strcspn(++p, "/");

		if (len == 0 || (len == 1 && p[0] == '.') ||
		    (len == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		p += len;
	}
	return true;
}

/* A colon parts the fields of a bind, a comma those of a mount option; the dollar and
 * the backslash mean something in a Dockerfile. */
bool slice_is_writable_down(struct slice a)
{
	for (size_t i = 0; i < a.len; i++) {
		const unsigned char c = (unsigned char)a.s[i];

		if (c < ' ' || c == 0x7f || strchr(":,$\\\"'`", c))
			return false;
	}
	return text_is_utf8(a.s, a.len);
}

char *slice_text(struct slice a)
{
	return strndup(a.s, a.len);
}
