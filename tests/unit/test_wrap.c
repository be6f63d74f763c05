/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/plan/wrap.h"
#include "core/cleanup.h"
#include "core/json.h"
#include "core/table.h"
#include "tests/unit/test.h"

static const char docker[] =
	"[{\"Id\":\"sha256:1\",\"Config\":{\"Entrypoint\":[\"/entry.sh\",\"a b\"],"
	"\"Cmd\":[\"serve\",\"--port=80\"],\"User\":\"1000\"}}]";
static const char oci[] =
	"{\"created\":\"x\",\"config\":{\"Entrypoint\":null,\"Cmd\":[\"/bin/app\"]}}";

static const char definition[] =
	"{\"taskDefinition\":{\"taskDefinitionArn\":\"arn:x\",\"family\":\"f\","
	"\"revision\":3,"
	"\"unheardOf\":{\"z\":1.50,\"a\":[null,true]},"
	"\"containerDefinitions\":[{\"name\":\"web\",\"image\":\"w\",\"mountPoints\":[],"
	"\"newField\":12345678901234567890},"
	"{\"name\":\"other\",\"image\":\"o\",\"entryPoint\":[\"own\"],\"command\":[],"
	"\"dockerLabels\":{\"k\":\"v\"},\"dependsOn\":[{\"containerName\":\"web\","
	"\"condition\":\"START\"}]}],\"status\":\"ACTIVE\",\"requiresAttributes\":[],"
	"\"compatibilities\":[],\"registeredAt\":1,\"registeredBy\":\"r\",\"cpu\":"
	"\"256\"},"
	"\"tags\":[{\"key\":\"team\",\"value\":\"x\"}]}";

/* The same, ready to be registered: what the way back must give. */
static const char plain[] =
	"{\"family\":\"f\",\"unheardOf\":{\"z\":1.50,\"a\":[null,true]},"
	"\"containerDefinitions\":[{\"name\":\"web\",\"image\":\"w\",\"mountPoints\":[],"
	"\"newField\":12345678901234567890},"
	"{\"name\":\"other\",\"image\":\"o\",\"entryPoint\":[\"own\"],\"command\":[],"
	"\"dockerLabels\":{\"k\":\"v\"},\"dependsOn\":[{\"containerName\":\"web\","
	"\"condition\":\"START\"}]}],\"cpu\":\"256\","
	"\"tags\":[{\"key\":\"team\",\"value\":\"x\"}]}";

static char *compact(const char *json)
{
	struct json_doc doc = JSON_DOC_INIT;
	struct str out = STR_INIT(1 << 20);
	struct json_out o = JSON_OUT_INIT(&out, false);
	struct err err = ERR_INIT;

	if (json_parse(json, strlen(json), &doc, &err) < 0)
		fail_msg("%s in %s", err.msg, json);
	json_copy(&o, NULL, doc.root);
	json_doc_done(&doc);
	return str_take(&out);
}

static struct image_config config(const char *text)
{
	struct image_config c = { 0 };
	struct err err = ERR_INIT;

	if (image_config_parse(text, strlen(text), &c, &err) < 0)
		fail_msg("%s", err.msg);
	return c;
}

/* Wraps, and hands out the result without blanks. */
static char *wrapped(const char *text, const char *image, const char *container,
		     bool probe)
{
	struct image_config c = config(image);
	const struct wrap_options options = { container, "taskprobe:1", probe };
	struct str out = STR_INIT(1 << 20);
	struct err err = ERR_INIT;

	if (wrap_definition(text, strlen(text), &c, &options, &out, &err) < 0)
		fail_msg("%s", err.msg);
	char *ret = compact(out.s);
	str_done(&out);
	image_config_done(&c);
	return ret;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no %s in %s", part, text);
}

static void assert_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("%s in %s", part, text);
}

TEST(wrap_keeps_what_the_image_starts)
{
	AUTO_FREE char *web = wrapped(definition, docker, "web", false);

	assert_has(web, "\"entryPoint\":[\"/opt/taskprobe/taskprobe\",\"trace\",\"-o\","
			"\"/opt/taskprobe/inventory/web.jsonl\",\"--\",\"/entry.sh\",\"a "
			"b\"]");
	assert_has(web, "\"command\":[\"serve\",\"--port=80\"]");
	assert_has(web, "\"mountPoints\":[{\"sourceVolume\":\"taskprobe\"");
	assert_has(web, "\"newField\":12345678901234567890");
	assert_has(web, "\"z\":1.50");
	assert_has(web, "\"volumes\":[{\"name\":\"taskprobe\"}]");
	assert_has(web,
		   "{\"containerName\":\"taskprobe-install\",\"condition\":\"SUCCESS\"}");
	assert_has(web, "\"tags\":[{\"key\":\"team\"");
	assert_has(web, "\"memoryReservation\":32");
	assert_not(web, "requiresAttributes");
	assert_not(web, "registeredAt");
	assert_not(web, "revision");
}

/* A container that overrides its entry point has lost the image's CMD. */
TEST(wrap_of_an_own_entry_point_has_no_cmd_of_the_image)
{
	AUTO_FREE char *other = wrapped(definition, docker, "other", true);

	assert_has(other,
		   "\"entryPoint\":[\"/opt/taskprobe/taskprobe\",\"probe\",\"--exec\","
		   "\"--self\",\"other\",\"-o\",\"/opt/taskprobe/facts/other.json\","
		   "\"--\",\"own\"]");
	assert_not(other, "serve");
	assert_has(other,
		   "\"condition\":\"START\"},{\"containerName\":\"taskprobe-install\"");
}

TEST(wrap_knows_which_half_is_overridden)
{
	AUTO_FREE char *a = wrapped("{\"family\":\"f\",\"memory\":\"512\","
				    "\"containerDefinitions\":[{\"name\":\"a\","
				    "\"command\":[\"x\"]}]}",
				    docker, "a", false);
	AUTO_FREE char *b =
		wrapped("{\"family\":\"f\",\"containerDefinitions\":[{\"name\":\"a\","
			"\"entryPoint\":[\"\"],\"command\":[\"x\"]}]}",
			docker, "a", false);
	AUTO_FREE char *c =
		wrapped("{\"family\":\"f\",\"containerDefinitions\":[{\"name\":\"a\"}]}",
			oci, "a", false);

	assert_has(a, "\"/entry.sh\",\"a b\"]");
	assert_has(a, "\"command\":[\"x\"]");
	assert_not(a, "memoryReservation");
	assert_has(b, "\"--\"],\"command\":[\"x\"]");
	assert_has(c, "\"--\"],\"command\":[\"/bin/app\"]");
}

TEST(unwrap_gives_the_definition_back)
{
	static const char *const names[] = { "web", "other" };
	AUTO_FREE char *expected = compact(plain);

	for (size_t i = 0; i < 2; i++) {
		AUTO(str_done) struct str out = STR_INIT(1 << 20);
		AUTO_FREE char *once = wrapped(definition, docker, names[i], i == 1);
		struct err err = ERR_INIT;

		if (unwrap_definition(once, strlen(once), names[i], &out, &err) < 0)
			fail_msg("%s", err.msg);
		AUTO_FREE char *back = compact(out.s);
		assert_string_equal(back, expected);
	}
}

TEST(wrap_installs_once_for_two)
{
	AUTO_FREE char *expected = compact(plain);
	AUTO_FREE char *one = wrapped(definition, docker, "web", false);
	AUTO_FREE char *two = wrapped(one, docker, "other", false);
	AUTO(str_done) struct str half = STR_INIT(1 << 20), out = STR_INIT(1 << 20);
	struct err err = ERR_INIT;
	const char *installer = strstr(two, "\"name\":\"taskprobe-install\"");

	assert_non_null(installer);
	assert_null(strstr(installer + 1, "\"name\":\"taskprobe-install\""));
	assert_int_equal(unwrap_definition(two, strlen(two), "web", &half, &err), 0);
	assert_has(half.s, "taskprobe-install");
	assert_int_equal(unwrap_definition(half.s, half.len, "other", &out, &err), 0);
	AUTO_FREE char *back = compact(out.s);
	assert_string_equal(back, expected);
}

static void refused(const char *text, const char *image, const char *words)
{
	struct image_config c = config(image);
	const struct wrap_options options = { "a", "taskprobe:1", false };
	AUTO(str_done) struct str out = STR_INIT(1 << 20);
	struct err err = ERR_INIT;

	assert_true(wrap_definition(text, strlen(text), &c, &options, &out, &err) < 0);
	assert_has(err.msg, words);
	image_config_done(&c);
}

TEST(wrap_refuses_in_words)
{
	AUTO_FREE char *twice =
		wrapped("{\"family\":\"f\",\"containerDefinitions\":[{\"name\":\"a\"}]}",
			oci, "a", false);

	refused(twice, oci, "wrapped already");
	refused("{\"family\":\"f\",\"containerDefinitions\":[{\"name\":\"b\"}]}", oci,
		"no container 'a'");
	refused("{\"family\":\"f\",\"containerDefinitions\":[{\"name\":\"a\"}]}",
		"{\"config\":{}}", "what to start");
	refused("{\"family\":\"f\",\"runtimePlatform\":{\"operatingSystemFamily\":"
		"\"WINDOWS_SERVER_2022_CORE\"},\"containerDefinitions\":[{\"name\":\"a\"}"
		"]}",
		oci, "WINDOWS");
	refused("{\"family\":\"f\",\"volumes\":[{\"name\":\"taskprobe\"}],"
		"\"containerDefinitions\":[{\"name\":\"a\"}]}",
		oci, "none of ours");
	refused("[]", oci, "no task definition");
}

TEST(unwrap_refuses_in_words)
{
	static const char *const texts[][2] = {
		{ "{\"family\":\"f\",\"containerDefinitions\":[{\"name\":\"a\"}]}",
		  "is not wrapped" },
		{ "{\"family\":\"f\",\"containerDefinitions\":[{\"name\":\"a\","
		  "\"dockerLabels\":{\"taskprobe.wrapped\":\"{\"}}]}",
		  "label taskprobe.wrapped" },
		{ "{\"family\":\"f\",\"containerDefinitions\":[{\"name\":\"a\","
		  "\"dockerLabels\":{\"taskprobe.wrapped\":\"[]\"}}]}",
		  "is not ours" },
		{ "{\"family\":\"f\",\"containerDefinitions\":[{\"name\":\"b\"}]}",
		  "no container 'a'" },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(str_done) struct str out = STR_INIT(1 << 20);
		struct err err = ERR_INIT;

		assert_true(unwrap_definition(texts[i][0], strlen(texts[i][0]), "a", &out,
					      &err) < 0);
		assert_has(err.msg, texts[i][1]);
	}
}

TEST(image_config_refuses_in_words)
{
	static const char *const texts[][2] = {
		{ "[{\"Config\":{}},{\"Config\":{}}]", "several images" },
		{ "[]", "no image configuration" },
		{ "{\"Name\":\"x\",\"Digest\":\"y\"}", "skopeo inspect --config" },
		{ "{\"Config\":{\"Entrypoint\":\"sh\"}}", "is no list" },
		{ "{\"Config\":{\"Cmd\":[1]}}", "no string" },
		{ "7", "no image configuration" },
		{ "{", "line 1" },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct image_config c = { 0 };
		struct err err = ERR_INIT;

		assert_true(image_config_parse(texts[i][0], strlen(texts[i][0]), &c,
					       &err) < 0);
		assert_has(err.msg, texts[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrap_keeps_what_the_image_starts),
		cmocka_unit_test(wrap_of_an_own_entry_point_has_no_cmd_of_the_image),
		cmocka_unit_test(wrap_knows_which_half_is_overridden),
		cmocka_unit_test(unwrap_gives_the_definition_back),
		cmocka_unit_test(wrap_installs_once_for_two),
		cmocka_unit_test(wrap_refuses_in_words),
		cmocka_unit_test(unwrap_refuses_in_words),
		cmocka_unit_test(image_config_refuses_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
