/* SPDX-License-Identifier: MIT
 *
 * json.c - see json.h. The scanner notes where each value stands. cJSON keeps
 * members in their order, so the n-th value of the text is the n-th node of the
 * tree that cJSON makes of it.
 *
 * Two fields of cJSON's node are put to another use: 'valueint' (which cJSON
 * keeps for numbers only, as a copy of the double) holds the value's offset,
 * and 'valuestring' of a number its text. cJSON_Delete() frees the latter.
 */
#include "core/json.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/json_scan.h"
#include "core/num.h"

/* Distance of the marks from which places are counted. */
#define MARK_EVERY 1024

/* What cJSON's tree is compared with. */
struct build {
	const struct json_doc *doc;
	const struct json_scan *scan;
	size_t nodes; /* that were met */
	struct err *err;
};

static int by_name(const void *a, const void *b)
{
	const cJSON *const *x = a, *const *y = b;

	return strcmp((*x)->string, (*y)->string);
}

static int refuse_twice(const struct build *b, const cJSON *one, const cJSON *other)
{
	const int at = (one->valueint > other->valueint ? one : other)->valueint;
	const struct place p = text_place(b->doc->text, b->doc->len, (size_t)at);

	return err_set(b->err, -EINVAL, "line %zu, column %zu: a key stands twice",
		       p.line, p.column);
}

/* Two members of one name: which of them counts differs between parsers. */
static int refuse_duplicates(const struct build *b, const cJSON *object)
{
	size_t n = 0;

	for (const cJSON *m = object->child; m; m = m->next)
		n++;
	if (n < 2)
		return 0;
	const cJSON **members = malloc(n * sizeof(*members));
	if (!members)
		return err_set(b->err, -ENOMEM, "out of memory");
	n = 0;
	for (const cJSON *m = object->child; m; m = m->next)
		members[n++] = m;
	qsort(members, n, sizeof(*members), by_name);
	int r = 0;
	for (size_t i = 1; i < n && r == 0; i++)
		if (strcmp(members[i - 1]->string, members[i]->string) == 0)
			r = refuse_twice(b, members[i - 1], members[i]);
	free(members);
	return r;
}

/* Where each value stands, and numbers as they are spelt. */
static int annotate(struct build *b, cJSON *node)
{
	const struct json_token *token = &b->scan->tokens[b->nodes++];

	node->valueint = (int)token->at;
	for (cJSON *c = node->child; c; c = c->next) {
		int r = annotate(b, c);

		if (r < 0)
			return r;
	}
	if (cJSON_IsObject(node))
		return refuse_duplicates(b, node);
	if (!cJSON_IsNumber(node))
		return 0;
	node->valuestring = strndup(b->doc->text + token->at, token->end - token->at);
	return node->valuestring ? 0 : err_set(b->err, -ENOMEM, "out of memory");
}

static struct place place_from(struct place p, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		p.column++;
		if (text[i] == '\n')
			p = (struct place){ p.line + 1, 1 };
	}
	return p;
}

/* Counting from the start for every value of a large document takes minutes. */
static int set_marks(struct json_doc *doc)
{
	size_t n = doc->len / MARK_EVERY + 1;

	doc->marks = malloc(n * sizeof(*doc->marks));
	if (!doc->marks)
		return -ENOMEM;
	doc->marks[0] = (struct place){ 1, 1 };
	for (size_t i = 1; i < n; i++)
		doc->marks[i] = place_from(doc->marks[i - 1],
					   doc->text + (i - 1) * MARK_EVERY, MARK_EVERY);
	return 0;
}

/* The tree of a text that the scan has accepted. */
static int build(const struct json_scan *scan, struct json_doc *doc, struct err *err)
{
	struct build b = { .doc = doc, .scan = scan, .err = err };

	doc->len = scan->len;
	doc->text = malloc(scan->len + 1);
	if (!doc->text)
		return err_set(err, -ENOMEM, "out of memory");
	memcpy(doc->text, scan->text, scan->len);
	doc->text[scan->len] = '\0';
	cJSON *root = cJSON_ParseWithLengthOpts(doc->text, scan->len + 1, NULL, 1);
	doc->root = (struct json *)root;
	if (!root)
		return err_set(err, -EINVAL, "cJSON refuses it, or memory is short");
	if (set_marks(doc) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	return annotate(&b, root);
}

int json_parse_most(const char *text, size_t len, size_t most, struct json_doc *ret,
		    struct err *err)
{
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;
	AUTO(json_scan_done) struct json_scan scan = JSON_SCAN_INIT;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	int r = json_scan(text, len, most, &scan, err);
	if (r == 0)
		r = build(&scan, &doc, err);
	if (r < 0)
		return r;
	*ret = doc;
	doc = (struct json_doc)JSON_DOC_INIT;
	return 0;
}

int json_parse(const char *text, size_t len, struct json_doc *ret, struct err *err)
{
	return json_parse_most(text, len, JSON_VALUES_MAX, ret, err);
}

void json_doc_done(struct json_doc *doc)
{
	cJSON_Delete((cJSON *)doc->root);
	free(doc->text);
	free(doc->marks);
	*doc = (struct json_doc)JSON_DOC_INIT;
}

enum json_kind json_kind(const struct json *value)
{
	const cJSON *node = (const cJSON *)value;

	if (cJSON_IsObject(node))
		return JSON_OBJECT;
	if (cJSON_IsArray(node))
		return JSON_LIST;
	if (cJSON_IsString(node))
		return JSON_TEXT;
	if (cJSON_IsNumber(node))
		return JSON_NUMBER;
	return cJSON_IsBool(node) ? JSON_BOOL : JSON_NULL;
}

const char *json_kind_name(enum json_kind kind)
{
	static const char *const names[] = {
		[JSON_NULL] = "null",	  [JSON_BOOL] = "true or false",
		[JSON_NUMBER] = "number", [JSON_TEXT] = "string",
		[JSON_LIST] = "list",	  [JSON_OBJECT] = "object",
	};

	return names[kind];
}

struct place json_place(const struct json_doc *doc, const struct json *value)
{
	size_t at = (size_t)((const cJSON *)value)->valueint;
	size_t mark = at / MARK_EVERY;

	return place_from(doc->marks[mark], doc->text + mark * MARK_EVERY,
			  at - mark * MARK_EVERY);
}

const struct json *json_get(const struct json *value, const char *key)
{
	const cJSON *m = cJSON_GetObjectItemCaseSensitive((const cJSON *)value, key);

	return m && !cJSON_IsNull(m) ? (const struct json *)m : NULL;
}

const struct json *json_first(const struct json *value)
{
	return value ? (const struct json *)((const cJSON *)value)->child : NULL;
}

const struct json *json_next(const struct json *value)
{
	return (const struct json *)((const cJSON *)value)->next;
}

const char *json_name(const struct json *value)
{
	return ((const cJSON *)value)->string;
}

const char *json_text(const struct json *value)
{
	return cJSON_IsString((const cJSON *)value) ? ((const cJSON *)value)->valuestring
						    : NULL;
}

bool json_is_true(const struct json *value)
{
	return cJSON_IsTrue((const cJSON *)value);
}

const char *json_number_text(const struct json *value)
{
	return cJSON_IsNumber((const cJSON *)value) ? ((const cJSON *)value)->valuestring
						    : NULL;
}

int json_int(const struct json *value, int64_t *ret)
{
	const char *text = json_number_text(value);

	return text ? num_i64(text, ret) : -EINVAL;
}
