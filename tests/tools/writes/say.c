/* SPDX-License-Identifier: MIT */
#include "say.h"

#include "sys.h"

const char *say_context = "";
int say_after, say_hidden;

/* Of two paths in base64 and some words. */
static char line[16384];
static char *at;
#define END (line + sizeof(line))

static void add(const char *text)
{
	at = text_copy(at, END, text);
}

static void add_base64(const char *text)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)text;
	size_t len = text_len(text);

	for (size_t i = 0; i < len; i += 3) {
		unsigned bits = (unsigned)p[i] << 16;
		char four[5] = "";

		bits |= i + 1 < len ? (unsigned)p[i + 1] << 8 : 0;
		bits |= i + 2 < len ? p[i + 2] : 0;
		for (int j = 0; j < 4; j++)
			four[j] = letters[bits >> (18 - 6 * j) & 63];
		if (i + 1 >= len)
			four[2] = '=';
		if (i + 2 >= len)
			four[3] = '=';
		add(four);
	}
}

static void begin(const char *key, const char *text)
{
	at = line;
	add("{\"");
	add(key);
	add("\":\"");
	add(text);
}

static void add_key(const char *key, const char *value)
{
	add("\",\"");
	add(key);
	add("\":\"");
	add(value);
}

static void add_path(const char *key, const char *path)
{
	add_key(key, "");
	add_base64(path);
}

static void end(long result)
{
	add("\",\"errno\":");
	at = text_number(at, END, result < 0 ? -result : 0);
	add(",\"uid\":");
	at = text_number(at, END, SYS0(__NR_geteuid));
	if (say_after)
		add(",\"after\":true");
	add("}\n");
	/* Lines of one process are in order; there is but one at a time. */
	for (const char *from = line; from < at;) {
		long n = SYS3(__NR_write, 1, from, at - from);

		if (n < 0 && n != -EINTR_)
			sys_exit(3);
		from += n > 0 ? n : 0;
	}
}

static void begin_call(const char *call)
{
	begin(say_hidden ? "hidden" : "what", say_context);
	add("/");
	add(call);
}

long say_effect(const char *call, const char *op, const char *path, long result)
{
	begin_call(call);
	add_key("op", op);
	add_path("path", path);
	end(result);
	return result;
}

long say_pair(const char *call, const char *op, const char *from, const char *path,
	      long result)
{
	begin_call(call);
	add_key("op", op);
	add_path("path", path);
	add_path("from", from);
	end(result);
	return result;
}

long say_nothing(const char *call, long result)
{
	begin_call(call);
	end(result);
	return result;
}

void say_executed(const char *path)
{
	begin("executed", "");
	add_base64(path);
	end(0);
}

void say_skipped(const char *what, const char *why)
{
	begin("skipped", say_context);
	add("/");
	add(what);
	add_key("why", why);
	end(0);
}

void say_broken(const char *what, long result)
{
	char text[256];
	char *t = text_copy(text, text + sizeof(text), "writes: ");

	t = text_copy(t, text + sizeof(text), say_context);
	t = text_copy(t, text + sizeof(text), ": ");
	t = text_copy(t, text + sizeof(text), what);
	t = text_copy(t, text + sizeof(text), ": ");
	t = text_number(t, text + sizeof(text), result);
	t = text_copy(t, text + sizeof(text), "\n");
	(void)SYS3(__NR_write, 2, text, t - text);
	sys_exit(3);
}
