/* SPDX-License-Identifier: MIT */
#include "probe/proc/environ.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/table.h"

/* The kernel's own limit for arguments and environment of one exec, by default. */
#define ENVIRON_MAX (2 * 1024 * 1024)
#define NAME_LIMIT  255

static const char *const secret_names[] = { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
					    "AWS_SESSION_TOKEN", "ECS_ENGINE_AUTH_DATA" };
static const char *const secret_words[] = { "PASSWORD",	   "PASSWD",	"SECRET",
					    "TOKEN",	   "API_KEY",	"APIKEY",
					    "PRIVATE_KEY", "CREDENTIAL" };
/* Where the secret is, not what it is. */
static const char *const place_words[] = { "FILE", "PATH", "URI", "ARN" };

static const char *last_word(const char *name)
{
	const char *sep = strrchr(name, '_');

	return sep ? sep + 1 : name;
}

/* "API_KEY" in "MY_API_KEY_2", not in "RAPI_KEY". */
static bool has_words(const char *name, const char *words)
{
	const size_t n = strlen(words);

	for (const char *at = name;; at++) {
		if (strncasecmp(at, words, n) == 0 && (at[n] == '_' || at[n] == '\0'))
			return true;
		at = strchr(at, '_');
		if (!at)
			return false;
	}
}

bool environ_is_secret(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(secret_names); i++)
		if (strcmp(name, secret_names[i]) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_LEN(place_words); i++)
		if (strchr(name, '_') && strcasecmp(last_word(name), place_words[i]) == 0)
			return false;
	for (size_t i = 0; i < ARRAY_LEN(secret_words); i++)
		if (has_words(name, secret_words[i]))
			return true;
	return false;
}

struct entry {
	const char *name, *value; /* value ends with a NUL, or at the end of the text */
	size_t name_len, value_len;
};

static bool is_plain(const struct entry *e)
{
	for (size_t i = 0; i < e->name_len; i++)
		if (!isupper((unsigned char)e->name[i]) &&
		    !isdigit((unsigned char)e->name[i]) && e->name[i] != '_')
			return false;
	return true;
}

static bool is_name(const char *name, size_t len)
{
	if (len == 0 || len > NAME_LIMIT)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] <= ' ' || (unsigned char)name[i] >= 0x7f)
			return false;
	return true;
}

struct reader {
	const char *at, *end;
	bool torn; /* what came before was no entry: the next may be the rest of a value
		    */
};

static bool next_entry(struct reader *r, struct entry *ret)
{
	while (r->at < r->end) {
		const char *nul = memchr(r->at, '\0', (size_t)(r->end - r->at));
		const char *stop = nul ? nul : r->end;
		const char *equals = memchr(r->at, '=', (size_t)(stop - r->at));
		const bool torn = r->torn;

		*ret = (struct entry){ .name = r->at };
		r->at = nul ? nul + 1 : r->end;
		ret->name_len = equals ? (size_t)(equals - ret->name) : 0;
		r->torn = !is_name(ret->name, ret->name_len);
		if (r->torn)
			continue;
		ret->value = equals + 1;
		ret->value_len = (size_t)(stop - ret->value);
		/* Base64 ends in "=" as well: a part of a value must not pass for a name.
		 */
		if (!torn || is_plain(ret))
			return true;
	}
	return false;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_unique(struct list *texts)
{
	size_t kept = 0;

	if (texts->len == 0)
		return;
	qsort(texts->items, texts->len, sizeof(char *), by_text);
	for (size_t i = 0; i < texts->len; i++) {
		char *text = *LIST_AT(texts, char *, i);

		if (kept > 0 && strcmp(*LIST_AT(texts, char *, kept - 1), text) == 0)
			free(text);
		else
			*LIST_AT(texts, char *, kept++) = text;
	}
	texts->len = kept;
}

int environ_parse(const char *text, size_t len, struct environ_facts *ret,
		  struct err *err)
{
	AUTO(environ_facts_done) struct environ_facts facts = { 0 };
	struct reader reader = { .at = text, .end = text + len };
	struct entry e;

	while (next_entry(&reader, &e)) {
		char name[NAME_LIMIT + 1];

		memcpy(name, e.name, e.name_len);
		name[e.name_len] = '\0';
		if (texts_add(&facts.names, name) < 0 ||
		    (e.value_len > 0 && environ_is_secret(name) &&
		     texts_add(&facts.secrets, name) < 0))
			return err_set(err, -ENOMEM, "environ");
	}
	sort_unique(&facts.names);
	sort_unique(&facts.secrets);
	*ret = facts;
	facts = (struct environ_facts){ 0 };
	return 0;
}

void environ_facts_done(struct environ_facts *ret)
{
	texts_done(&ret->names);
	texts_done(&ret->secrets);
	free(ret->part.seen_by);
	free(ret->part.why);
	free(ret->part.grants);
	*ret = (struct environ_facts){ 0 };
}

static void wipe(struct str *text)
{
	if (text->cap)
		explicit_bzero(text->s,
			       text->cap < text->len + 1 ? text->cap : text->len + 1);
	str_done(text);
}

/* All of its memory at once: a string that grows would leave copies behind. Pages that
 * stay untouched cost nothing. */
static int read_environ(const struct target *target, struct str *text, struct err *err)
{
	char *memory = malloc(ENVIRON_MAX + 1);

	if (!memory)
		return err_set(err, -ENOMEM, "environ");
	memory[0] = '\0';
	*text = (struct str){ .s = memory, .cap = ENVIRON_MAX + 1, .max = ENVIRON_MAX };
	return root_read(&target->proc, "environ", text, err);
}

bool environ_is_whole(const char *text, size_t len)
{
	for (const char *at = text, *end = text + len; at < end;) {
		const char *nul = memchr(at, '\0', (size_t)(end - at));
		const char *stop = nul ? nul : end;

		if (!memchr(at, '=', (size_t)(stop - at)))
			return false;
		at = stop + 1;
	}
	return len > 0;
}

void environ_probe(const struct target *target, struct environ_facts *ret)
{
	AUTO(wipe) struct str text = STR_INIT(0);
	struct err err = ERR_INIT;
	int r = read_environ(target, &text, &err);

	if (r == 0)
		r = environ_parse(text.s, text.len, ret, &err);
	if (r == -E2BIG || r == -ENOMEM)
		part_unknown(&ret->part, err.msg, NULL);
	else if (r < 0 || (text.len == 0 && !target_is_same(target)))
		target_refused(target, &ret->part, "the environment",
			       r == 0 || r == -ENOENT ? ESRCH : r);
	else
		target_seen(target, &ret->part);
	if (ret->part.known && !environ_is_whole(text.s, text.len))
		(void)str_set(&ret->part.why,
			      "the process overwrote or emptied its own environment (as "
			      "programs do that set their title): what it was given "
			      "cannot be seen any more");
}

int environ_get(const struct target *target, const char *name, struct str *value,
		struct err *err)
{
	AUTO(wipe) struct str text = STR_INIT(0);
	struct entry e;
	int r = read_environ(target, &text, err);

	if (r < 0)
		return r;
	struct reader reader = { .at = text.s, .end = text.s + text.len };
	while (next_entry(&reader, &e))
		if (e.name_len == strlen(name) && memcmp(e.name, name, e.name_len) == 0)
			return str_add(value, e.value, e.value_len);
	return err_set(err, -ENOENT, "%s is not in the environment", name);
}
