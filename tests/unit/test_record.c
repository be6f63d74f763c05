/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/cleanup.h"
#include "core/report.h"
#include "core/table.h"
#include "tests/unit/test.h"

/* Everything that has a JSON form hangs below these. */
static const struct type *const roots[] = { &report_type, &facts_type, &task_type };

#define AT(type, record, f) ((type *)(void *)((char *)(record) + (f)->offset))

/* --- distinct values for every member, by the tables --- */

static void fill(const struct type *type, void *record, int64_t *n);

static char *distinct_text(enum field_kind kind, int64_t n)
{
	return str_format(kind == FIELD_PATH && n % 2 ? "p%" PRId64 "\xff\x1b\n"
						      : "t%" PRId64 " \"\\\xc3\xa9\n",
			  n);
}

static void fill_list(const struct field *f, struct list *list, int64_t *n)
{
	for (int i = 0; i < 2; i++) {
		AUTO_FREE char *text = distinct_text(FIELD_TEXT, ++*n);

		if (f->kind == FIELD_TEXTS)
			assert_int_equal(texts_add(list, text), 0);
		else if (f->kind == FIELD_INTS)
			*LIST_ADD(list, int64_t) = INT64_MAX - *n;
		else
			fill(f->type, list_add(list, f->type->size), n);
	}
}

static int last_name(const struct field *f)
{
	int i = 0;

	while (f->names[i + 1])
		i++;
	return i;
}

static void fill(const struct type *type, void *record, int64_t *n)
{
	for (const struct field *f = type->fields; f->name; f++) {
		++*n;
		switch (f->kind) {
		case FIELD_BOOL:
			*AT(bool, record, f) = true;
			break;
		case FIELD_INT:
			*AT(int64_t, record, f) =
				*n % 2 ? INT64_MIN + *n : INT64_MAX - *n;
			break;
		case FIELD_MASK:
			*AT(uint64_t, record, f) = UINT64_MAX - (uint64_t)*n;
			break;
		case FIELD_TEXT:
		case FIELD_PATH:
			*AT(char *, record, f) = distinct_text(f->kind, *n);
			break;
		case FIELD_ENUM:
			*AT(int, record, f) = last_name(f);
			break;
		case FIELD_TEXTS:
		case FIELD_INTS:
		case FIELD_LIST:
			fill_list(f, AT(struct list, record, f), n);
			break;
		case FIELD_STRUCT:
		case FIELD_INLINE:
			fill(f->type, AT(char, record, f), n);
			break;
		}
	}
}

static bool same(const struct type *type, const void *a, const void *b);

static bool same_list(const struct field *f, const struct list *a, const struct list *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++) {
		if (f->kind == FIELD_TEXTS) {
			if (!str_equal(*LIST_AT(a, char *, i), *LIST_AT(b, char *, i)))
				return false;
		} else if (f->kind == FIELD_INTS) {
			if (*LIST_AT(a, int64_t, i) != *LIST_AT(b, int64_t, i))
				return false;
		} else if (!same(f->type, (char *)a->items + i * f->type->size,
				 (char *)b->items + i * f->type->size)) {
			return false;
		}
	}
	return true;
}

#define CONST_AT(type, record, f) \
	((__typeof__(type) const *)(const void *)((const char *)(record) + (f)->offset))

static bool same_field(const struct field *f, const void *a, const void *b)
{
	switch (f->kind) {
	case FIELD_BOOL:
		return *CONST_AT(bool, a, f) == *CONST_AT(bool, b, f);
	case FIELD_INT:
		return *CONST_AT(int64_t, a, f) == *CONST_AT(int64_t, b, f);
	case FIELD_MASK:
		return *CONST_AT(uint64_t, a, f) == *CONST_AT(uint64_t, b, f);
	case FIELD_TEXT:
	case FIELD_PATH:
		return str_equal(*CONST_AT(char *, a, f), *CONST_AT(char *, b, f));
	case FIELD_ENUM:
		return *CONST_AT(int, a, f) == *CONST_AT(int, b, f);
	case FIELD_TEXTS:
	case FIELD_INTS:
	case FIELD_LIST:
		return same_list(f, CONST_AT(struct list, a, f),
				 CONST_AT(struct list, b, f));
	case FIELD_STRUCT:
	case FIELD_INLINE:
		return same(f->type, CONST_AT(char, a, f), CONST_AT(char, b, f));
	}
	return false;
}

static bool same(const struct type *type, const void *a, const void *b)
{
	for (const struct field *f = type->fields; f->name; f++)
		if (!same_field(f, a, b)) {
			print_message("%s.%s differs\n", type->name, f->name);
			return false;
		}
	return true;
}

static void write_text(const struct type *type, const void *record, struct str *out)
{
	struct json_out o = JSON_OUT_INIT(out, true);

	record_write(&o, NULL, type, record);
	assert_int_equal(out->error, 0);
}

static int read_text(const char *text, const struct type *type, void *record,
		     struct err *err)
{
	AUTO(json_doc_done) struct json_doc doc = JSON_DOC_INIT;

	assert_int_equal(json_parse(text, strlen(text), &doc, err), 0);
	return record_read(&doc, doc.root, type, record, err);
}

TEST(record_round_trips_every_type)
{
	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		AUTO(str_done)
		struct str first = STR_INIT(1 << 20), second = STR_INIT(1 << 20);
		AUTO_FREE void *a = calloc(1, roots[i]->size);
		AUTO_FREE void *b = calloc(1, roots[i]->size);
		struct err err = ERR_INIT;
		int64_t n = 0;

		fill(roots[i], a, &n);
		write_text(roots[i], a, &first);
		if (read_text(first.s, roots[i], b, &err) != 0)
			fail_msg("%s: %s", roots[i]->name, err.msg);
		assert_true(same(roots[i], a, b));
		write_text(roots[i], b, &second);
		assert_string_equal(first.s, second.s);
		record_done(roots[i], a);
		record_done(roots[i], b);
	}
}

TEST(record_round_trips_zero)
{
	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		AUTO(str_done) struct str text = STR_INIT(1 << 20);
		AUTO_FREE void *a = calloc(1, roots[i]->size);
		AUTO_FREE void *b = calloc(1, roots[i]->size);
		struct err err = ERR_INIT;

		write_text(roots[i], a, &text);
		assert_int_equal(read_text(text.s, roots[i], b, &err), 0);
		assert_true(same(roots[i], a, b));
		record_done(roots[i], b);
	}
}

TEST(record_copies_are_deep)
{
	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		AUTO(str_done)
		struct str first = STR_INIT(1 << 20), second = STR_INIT(1 << 20);
		AUTO_FREE void *a = calloc(1, roots[i]->size);
		AUTO_FREE void *b = calloc(1, roots[i]->size);
		int64_t n = 0;

		fill(roots[i], a, &n);
		write_text(roots[i], a, &first);
		assert_int_equal(record_copy(roots[i], b, a), 0);
		record_done(roots[i], a); /* what they shared would be freed now */
		write_text(roots[i], b, &second);
		assert_string_equal(first.s, second.s);
		record_done(roots[i], b);
		for (size_t k = 0; k < roots[i]->size; k++)
			assert_int_equal(((char *)b)[k], 0);
	}
}

/* --- wrong kinds, for every member of every type --- */

static const char *const values[] = {
	"null",	    "true",	"7",	"1.5",	"9223372036854775808",
	"\"text\"", "\"0x2f\"", "[]",	"[7]",	"[1.5]",
	"[\"x\"]",  "[null]",	"[{}]", "[[]]", "{}",
};

static bool accepts(const struct field *f, const char *v)
{
	bool empty = strcmp(v, "[]") == 0;

	if (strcmp(v, "null") == 0)
		return true;
	switch (f->kind) {
	case FIELD_BOOL:
		return strcmp(v, "true") == 0;
	case FIELD_INT:
		return strcmp(v, "7") == 0;
	case FIELD_MASK:
		return strcmp(v, "\"0x2f\"") == 0;
	case FIELD_TEXT:
	case FIELD_PATH:
		return v[0] == '"';
	case FIELD_ENUM:
		return false; /* none of these is one of its words */
	case FIELD_TEXTS:
		return empty || strcmp(v, "[\"x\"]") == 0;
	case FIELD_INTS:
		return empty || strcmp(v, "[7]") == 0;
	case FIELD_LIST:
		return empty || strcmp(v, "[{}]") == 0;
	case FIELD_STRUCT:
	case FIELD_INLINE:
		return strcmp(v, "{}") == 0;
	}
	return false;
}

static size_t checked;

static void check_field(const struct type *type, const struct field *f)
{
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		AUTO_FREE char *text = str_format("{\n \"%s\": %s}", f->name, values[i]);
		AUTO_FREE void *record = calloc(1, type->size);
		struct err err = ERR_INIT;
		int r = read_text(text, type, record, &err);

		checked++;
		if (r != (accepts(f, values[i]) ? 0 : -EINVAL))
			fail_msg("%s.%s = %s: %d %s", type->name, f->name, values[i], r,
				 err.msg);
		if (r < 0) {
			assert_memory_equal(err.msg, "line 2, column ", 15);
			assert_true(strstr(err.msg, f->name) || f->type);
		}
		record_done(type, record);
	}
}

static void check_type(const struct type *type, struct list *seen)
{
	LIST_EACH (const struct type *, t, seen)
		if (*t == type)
			return;
	*LIST_ADD(seen, const struct type *) = type;
	for (const struct field *f = type->fields; f->name; f++) {
		if (f->kind != FIELD_INLINE) /* its members are checked as a type */
			check_field(type, f);
		if (f->type)
			check_type(f->type, seen);
	}
}

TEST(record_wrong_kinds_are_errors_for_every_member)
{
	struct list seen = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(roots); i++)
		check_type(roots[i], &seen);
	list_done(&seen);
	assert_true(checked > 3000);
}

TEST(record_wants_an_object)
{
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct report report = { 0 };
		struct err err = ERR_INIT;

		if (values[i][0] != '{')
			assert_int_equal(
				read_text(values[i], &report_type, &report, &err),
				-EINVAL);
	}
}

TEST(record_enums_take_their_words_alone)
{
	static const char *const words[] = { "\"pass\"", "\"fail\"",
					     "\"not-applicable\"" };
	struct finding finding = { 0 };
	struct err err = ERR_INIT;

	for (int i = 0; i < 3; i++) {
		AUTO_FREE char *text = str_format("{\"declared\":%s}", words[i]);

		assert_int_equal(read_text(text, &finding_type, &finding, &err), 0);
		assert_int_equal(finding.declared, VERDICT_PASS + i);
	}
	assert_int_equal(
		read_text("{\"declared\":\"Pass\"}", &finding_type, &finding, &err),
		-EINVAL);
	assert_int_equal(read_text("{\"declared\":1}", &finding_type, &finding, &err),
			 -EINVAL);
}

/* --- parts --- */

/* Zero of a member that is not there would be a statement: "cap_bounding": nothing. */
TEST(record_a_known_part_that_leaves_something_out_is_not_known)
{
	for (const struct facts_part *p = facts_parts; p->name; p++)
		for (const struct field *f = p->type->fields + 1; f->name; f++) {
			AUTO(str_done) struct str text = STR_INIT(1 << 16);
			struct json_out o = JSON_OUT_INIT(&text, false);
			AUTO_FREE void *a = calloc(1, p->type->size);
			AUTO_FREE void *b = calloc(1, p->type->size);
			struct err err = ERR_INIT;
			bool needed = f->kind != FIELD_TEXT && f->kind != FIELD_PATH &&
				      f->kind != FIELD_ENUM;
			int64_t n = 0;

			fill(p->type, a, &n);
			json_open(&o, NULL, '{');
			for (const struct field *g = p->type->fields; g->name; g++) {
				const struct field one[] = { *g, RECORD_END };
				const struct type t = { p->name, p->type->size, one,
							false };

				if (g != f)
					record_write_members(&o, &t, a);
			}
			json_close(&o, '}');
			assert_int_equal(read_text(text.s, p->type, b, &err), 0);
			assert_int_equal(((struct part *)b)->known, !needed);
			if (needed)
				assert_non_null(strstr(((struct part *)b)->why, f->name));
			record_done(p->type, a);
			record_done(p->type, b);
		}
}

TEST(record_an_unknown_part_writes_nothing_else)
{
	AUTO(str_done) struct str text = STR_INIT(1 << 16);
	struct facts facts = { .root = { .writable = true, .method = ROOT_CREATE } };

	part_unknown(&facts.root.part, "no permission", "SYS_PTRACE");
	write_text(&facts_type, &facts, &text);
	assert_null(strstr(text.s, "\"writable\": true"));
	assert_non_null(strstr(text.s, "\"why\": \"no permission\""));
	record_done(&facts_type, &facts);
}

/* --- paths --- */

TEST(record_paths_are_bytes)
{
	AUTO(str_done) struct str text = STR_INIT(1 << 16);
	struct facts a = { .container = strdup("a\xff\nb") }, b = { 0 };
	struct err err = ERR_INIT;

	write_text(&facts_type, &a, &text);
	assert_non_null(strstr(text.s, "\"container\": \"a\xef\xbf\xbd\\nb\""));
	assert_non_null(strstr(text.s, "\"container_b64\": \"Yf8KYg==\""));
	assert_int_equal(read_text(text.s, &facts_type, &b, &err), 0);
	assert_string_equal(b.container, "a\xff\nb");
	record_done(&facts_type, &a);
	record_done(&facts_type, &b);
}

TEST(record_paths_refuse_bad_base64)
{
	static const char *const bad[] = { "7", "\"!\"", "\"YQBi\"" /* a NUL inside */ };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_FREE char *text =
			str_format("{\"container\":\"x\",\"container_b64\":%s}", bad[i]);
		struct facts facts = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(read_text(text, &facts_type, &facts, &err), -EINVAL);
		assert_non_null(strstr(err.msg, "container_b64"));
		record_done(&facts_type, &facts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_round_trips_every_type),
		cmocka_unit_test(record_round_trips_zero),
		cmocka_unit_test(record_copies_are_deep),
		cmocka_unit_test(record_wrong_kinds_are_errors_for_every_member),
		cmocka_unit_test(record_wants_an_object),
		cmocka_unit_test(record_enums_take_their_words_alone),
		cmocka_unit_test(
			record_a_known_part_that_leaves_something_out_is_not_known),
		cmocka_unit_test(record_an_unknown_part_writes_nothing_else),
		cmocka_unit_test(record_paths_are_bytes),
		cmocka_unit_test(record_paths_refuse_bad_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
