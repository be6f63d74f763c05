/* SPDX-License-Identifier: MIT
 *
 * schema.c - see schema.h. As a program of its own: "schema report", "schema facts",
 * "schema plan" or "schema rehearsal" prints one (SCHEMA_MAIN). test_generated.c compares
 * them with the committed ones, and writes those with UPDATE=1.
 *
 * What core/record.c writes always is required; texts may be missing, except for
 * the ones in the table below. A part that is not known has its head alone.
 */
#include "tests/tools/schema.h"

#include "core/plan.h"
#include "core/rehearsal.h"
#include "core/report.h"
#include "core/table.h"

/* Texts that every document has. */
static const struct {
	const char *type, *member;
} always[] = {
	{ "report", "schema" },
	{ "facts", "container" },
	{ "finding", "control" },
	{ "finding", "title" },
	{ "finding", "declared_text" },
	{ "finding", "observed_text" },
	{ "resource", "type" },
	{ "resource", "name" },
	{ "tool", "name" },
	{ "tool", "version" },
	{ "coverage", "container" },
	{ "coverage", "what" },
	{ "coverage", "why" },
	{ "writable_place", "container" },
	{ "writable_place", "path" },
	{ "writable_place", "kind" },
	{ "summary", "worst" },
	{ "plan_mount", "path" },
	{ "plan_mount", "reason" },
	{ "plan_change", "dockerfile" },
	{ "plan_change", "reason" },
	{ "plan_variable", "name" },
	{ "plan_variable", "value" },
	{ "plan_variable", "reason" },
	{ "plan_by_hand", "path" },
	{ "plan_by_hand", "change" },
	{ "plan_by_hand", "reason" },
	{ "plan_ignored", "path" },
	{ "plan_ignored", "reason" },
	{ "plan_advice", "program" },
	{ "plan_advice", "advice" },
	{ "plan_advice", "source" },
	{ "refusal", "path" },
	{ "refusal", "call" },
	{ "refusal", "error" },
	{ "refusal", "first" },
	{ "refusal", "last" },
	{ "rehearsal", "started" },
	{ "rehearsal", "ended" },
};

/* Types met, so that each is defined once. Their names are unique: two of one
 * name would hide one (test_generated.c asks). */
#define TYPES_MAX 100
struct types {
	const struct type *met[TYPES_MAX];
	size_t n;
};

static void meet(struct types *types, const struct type *type)
{
	for (size_t i = 0; i < types->n; i++)
		if (types->met[i] == type)
			return;
	if (types->n == TYPES_MAX)
		return;
	types->met[types->n++] = type;
	for (const struct field *f = type->fields; f->name; f++)
		if (f->type)
			meet(types, f->type);
}

static bool is_required(const struct type *type, const struct field *f)
{
	if (f->kind != FIELD_TEXT && f->kind != FIELD_PATH)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		if (strcmp(always[i].type, type->name) == 0 &&
		    strcmp(always[i].member, f->name) == 0)
			return true;
	return false;
}

static void put_ref(struct json_out *o, const char *key, const struct type *type)
{
	char ref[80];

	(void)snprintf(ref, sizeof(ref), "#/$defs/%s", type->name);
	json_open(o, key, '{');
	json_put_text(o, "$ref", ref);
	json_close(o, '}');
}

static void put_simple(struct json_out *o, const char *key, const char *kind)
{
	json_open(o, key, '{');
	json_put_text(o, "type", kind);
	json_close(o, '}');
}

static void put_list(struct json_out *o, const struct field *f)
{
	json_open(o, f->name, '{');
	json_put_text(o, "type", "array");
	if (f->kind == FIELD_LIST)
		put_ref(o, "items", f->type);
	else
		put_simple(o, "items", f->kind == FIELD_TEXTS ? "string" : "integer");
	json_close(o, '}');
}

static void put_enum(struct json_out *o, const struct field *f)
{
	json_open(o, f->name, '{');
	json_open(o, "enum", '[');
	for (size_t i = 0; f->names[i]; i++)
		json_put_text(o, NULL, f->names[i]);
	json_close(o, ']');
	json_close(o, '}');
}

static void put_mask(struct json_out *o, const struct field *f)
{
	json_open(o, f->name, '{');
	json_put_text(o, "type", "string");
	json_put_text(o, "pattern", "^0x[0-9a-f]{16}$");
	json_close(o, '}');
}

static void put_path(struct json_out *o, const struct field *f)
{
	char name[80];

	(void)snprintf(name, sizeof(name), "%s_b64", f->name);
	put_simple(o, f->name, "string");
	json_open(o, name, '{');
	json_put_text(o, "type", "string");
	json_put_text(o, "description", "its bytes, where they are not UTF-8");
	json_close(o, '}');
}

static void put_properties(struct json_out *o, const struct type *type)
{
	for (const struct field *f = type->fields; f->name; f++)
		switch (f->kind) {
		case FIELD_BOOL:
			put_simple(o, f->name, "boolean");
			break;
		case FIELD_INT:
			put_simple(o, f->name, "integer");
			break;
		case FIELD_MASK:
			put_mask(o, f);
			break;
		case FIELD_TEXT:
			put_simple(o, f->name, "string");
			break;
		case FIELD_PATH:
			put_path(o, f);
			break;
		case FIELD_ENUM:
			put_enum(o, f);
			break;
		case FIELD_TEXTS:
		case FIELD_INTS:
		case FIELD_LIST:
			put_list(o, f);
			break;
		case FIELD_STRUCT:
			put_ref(o, f->name, f->type);
			break;
		case FIELD_INLINE:
			put_properties(o, f->type);
			break;
		}
}

static void put_names(struct json_out *o, const struct type *type, bool head)
{
	for (const struct field *f = type->fields; f->name; f++) {
		if (f->kind == FIELD_INLINE)
			put_names(o, f->type, false);
		else if (is_required(type, f))
			json_put_text(o, NULL, f->name);
		if (head)
			return;
	}
}

/* Known parts have all of their members, the others the head alone. */
static void put_required(struct json_out *o, const struct type *type)
{
	json_open(o, "required", '[');
	put_names(o, type, type->part);
	json_close(o, ']');
	if (!type->part)
		return;
	json_open(o, "if", '{');
	json_open(o, "properties", '{');
	json_open(o, "known", '{');
	json_put_bool(o, "const", true);
	json_close(o, '}');
	json_close(o, '}');
	json_close(o, '}');
	json_open(o, "then", '{');
	json_open(o, "required", '[');
	put_names(o, type, false);
	json_close(o, ']');
	json_close(o, '}');
}

static void put_object(struct json_out *o, const struct type *type)
{
	json_put_text(o, "type", "object");
	json_open(o, "properties", '{');
	put_properties(o, type);
	json_close(o, '}');
	put_required(o, type);
	json_put_bool(o, "additionalProperties", true);
}

static void put_head(struct json_out *o, const char *id, const char *title)
{
	json_open(o, NULL, '{');
	json_put_text(o, "$schema", "https://json-schema.org/draft/2020-12/schema");
	json_put_text(o, "title", id);
	json_put_text(o, "description", title);
}

static void put_definitions(struct json_out *o, const struct types *types)
{
	json_open(o, "$defs", '{');
	for (size_t i = 0; i < types->n; i++) {
		json_open(o, types->met[i]->name, '{');
		put_object(o, types->met[i]);
		json_close(o, '}');
	}
	json_close(o, '}');
	json_close(o, '}');
	(void)str_puts(o->out, "\n");
}

/* The word that names the document and its version. */
static void put_word(struct json_out *o, const char *word)
{
	json_open(o, "schema", '{');
	json_put_text(o, "const", word);
	json_close(o, '}');
}

void schema_report(struct str *out)
{
	struct json_out o = JSON_OUT_INIT(out, true);
	struct types types = { .n = 0 };

	meet(&types, &report_type);
	put_head(&o, REPORT_SCHEMA,
		 "What an ECS task declares, what it is, and the verdicts.");
	/* Beside other keywords since draft 2019-09. */
	json_put_text(&o, "$ref", "#/$defs/report");
	json_open(&o, "properties", '{');
	put_word(&o, REPORT_SCHEMA);
	json_close(&o, '}');
	put_definitions(&o, &types);
}

void schema_facts(struct str *out)
{
	struct json_out o = JSON_OUT_INIT(out, true);
	static const char *const members[] = { "schema", "tool", "facts" };
	struct types types = { .n = 0 };

	meet(&types, &facts_type);
	put_head(&o, "taskprobe.facts/1", "What was observed of containers.");
	json_put_text(&o, "type", "object");
	json_open(&o, "properties", '{');
	put_word(&o, "taskprobe.facts/1");
	put_simple(&o, "tool", "object");
	json_open(&o, "facts", '{');
	json_put_text(&o, "type", "array");
	put_ref(&o, "items", &facts_type);
	json_close(&o, '}');
	json_close(&o, '}');
	json_open(&o, "required", '[');
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		json_put_text(&o, NULL, members[i]);
	json_close(&o, ']');
	put_definitions(&o, &types);
}

/* Of one container, or of several with a list of them. */
static void put_plans(struct json_out *o)
{
	json_open(o, "if", '{');
	json_open(o, "required", '[');
	json_put_text(o, NULL, "containers");
	json_close(o, ']');
	json_close(o, '}');
	json_open(o, "else", '{');
	json_put_text(o, "$ref", "#/$defs/plan");
	json_close(o, '}');
}

void schema_plan(struct str *out)
{
	struct json_out o = JSON_OUT_INIT(out, true);
	struct types types = { .n = 0 };

	meet(&types, &plan_type);
	put_head(&o, PLAN_SCHEMA, "What a container needs under a read-only root.");
	json_put_text(&o, "type", "object");
	json_open(&o, "properties", '{');
	put_word(&o, PLAN_SCHEMA);
	json_open(&o, "containers", '{');
	json_put_text(&o, "type", "array");
	put_ref(&o, "items", &plan_type);
	json_close(&o, '}');
	json_open(&o, "task_definition", '{');
	json_put_text(&o, "type", "object");
	json_put_text(&o, "description", "as RegisterTaskDefinition takes it");
	json_close(&o, '}');
	json_close(&o, '}');
	json_open(&o, "required", '[');
	json_put_text(&o, NULL, "schema");
	json_close(&o, ']');
	put_plans(&o);
	put_definitions(&o, &types);
}

void schema_rehearsal(struct str *out)
{
	struct json_out o = JSON_OUT_INIT(out, true);
	struct types types = { .n = 0 };

	meet(&types, &rehearsal_type);
	put_head(&o, REHEARSAL_SCHEMA,
		 "What a read-only root with a plan's mounts refused an app.");
	json_put_text(&o, "$ref", "#/$defs/rehearsal");
	json_open(&o, "properties", '{');
	put_word(&o, REHEARSAL_SCHEMA);
	json_close(&o, '}');
	json_open(&o, "required", '[');
	json_put_text(&o, NULL, "schema");
	json_close(&o, ']');
	put_definitions(&o, &types);
}

#ifdef SCHEMA_MAIN
int main(int argc, char **argv)
{
	struct str out = STR_INIT(8 << 20);

	if (argc == 2 && strcmp(argv[1], "facts") == 0)
		schema_facts(&out);
	else if (argc == 2 && strcmp(argv[1], "plan") == 0)
		schema_plan(&out);
	else if (argc == 2 && strcmp(argv[1], "rehearsal") == 0)
		schema_rehearsal(&out);
	else
		schema_report(&out);
	(void)fputs(out.s, stdout);
	int failed = out.error;
	str_done(&out);
	return failed ? 1 : 0;
}
#endif
