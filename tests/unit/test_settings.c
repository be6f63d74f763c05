/* SPDX-License-Identifier: MIT */
#include "agent/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "tests/unit/test.h"

#define READ(takes, ...)                                                              \
	({                                                                            \
		char *argv[] = { (char[]){ "probe" }, __VA_ARGS__ };                  \
		settings_read(&s, takes, sizeof(argv) / sizeof(argv[0]), argv, &rest, \
			      &err);                                                  \
	})
#define ARG(text) ((char[]){ text })

static int clean(void **state)
{
	(void)state;
	for (size_t i = 0; settings_option_name(i); i++) {
		char name[64] = "TASKPROBE_";
		size_t n = strlen(name);

		for (const char *c = settings_option_name(i); *c; c++)
			name[n++] = *c == '-' ? '_' : (char)(*c & ~0x20);
		name[n] = '\0';
		(void)unsetenv(name);
	}
	(void)unsetenv("TASKPROBE_TASK_DEFINITION_FILE");
	(void)unsetenv("ECS_CONTAINER_METADATA_URI_V4");
	return 0;
}

TEST(the_command_line_beats_the_environment)
{
	struct settings s;
	struct list rest = { 0 };
	struct err err = ERR_INIT;

	(void)setenv("TASKPROBE_FAIL_ON", "low", 1);
	(void)setenv("TASKPROBE_ONLY", "ECS.5,TP.1", 1);
	assert_int_equal(READ(TAKES_PROBE, ARG("--fail-on=critical")), 0);
	assert_int_equal(s.fail_on, SEVERITY_CRITICAL);
	assert_int_equal(s.only.len, 2);
	settings_done(&s);
	assert_int_equal(READ(TAKES_PROBE, ARG("--only"), ARG("ECS.20")), 0);
	assert_int_equal(s.fail_on, SEVERITY_LOW);
	assert_int_equal(s.only.len, 1);
	settings_done(&s);
	list_done(&rest);
}

TEST(what_is_wrong_is_named)
{
	static const struct {
		const char *args[3];
		const char *words;
	} cases[] = {
		{ { "--nonsense" }, "--nonsense" },
		{ { "--fail-on", "sometimes" }, "sometimes" },
		{ { "--timeout", "5 s" }, "5 s" },
		{ { "--timeout" }, "needs a value" },
		{ { "--include-self=yes" }, "takes no value" },
		{ { "-x" }, "-x" },
		{ { "--only", "ECS.5,ECS.99" }, "ECS.99" },
		{ { "--skip=none" }, "none" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(settings_done) struct settings s = { 0 };
		AUTO(list_done) struct list rest = { 0 };
		struct err err = ERR_INIT;
		char *argv[4] = { ARG("probe") };
		int argc = 1;

		while (argc < 4 && cases[i].args[argc - 1]) {
			argv[argc] = strdup(cases[i].args[argc - 1]);
			argc++;
		}
		assert_int_equal(settings_read(&s, TAKES_PROBE, argc, argv, &rest, &err),
				 -EINVAL);
		assert_non_null(strstr(err.msg, cases[i].words));
		while (argc > 1)
			free(argv[--argc]);
	}
}

TEST(a_bad_variable_is_named)
{
	struct settings s;
	struct list rest = { 0 };
	struct err err = ERR_INIT;

	(void)setenv("TASKPROBE_INCLUDE_SELF", "perhaps", 1);
	assert_int_equal(READ(TAKES_PROBE, ARG("--no-color")), -EINVAL);
	assert_non_null(strstr(err.msg, "TASKPROBE_INCLUDE_SELF"));
	settings_done(&s);
}

TEST(behind_two_dashes_nothing_is_an_option)
{
	struct settings s;
	struct list rest = { 0 };
	struct err err = ERR_INIT;

	char *argv[] = { ARG("probe"), ARG("--exec"), ARG("-oFILE"),
			 ARG("--"),    ARG("app"),    ARG("--fail-on") };

	assert_int_equal(settings_read(&s, TAKES_PROBE, 6, argv, &rest, &err), 0);
	assert_true(s.exec);
	assert_string_equal(s.output, "FILE");
	assert_int_equal(rest.len, 2);
	assert_string_equal(*LIST_AT(&rest, char *, 1), "--fail-on");
	settings_done(&s);
	list_done(&rest);
}

TEST(every_verb_has_help)
{
	AUTO(str_done) struct str out = STR_INIT(64 * 1024);

	settings_help(TAKES_PROBE, &out);
	assert_non_null(strstr(out.s, "--write-probe"));
	assert_non_null(strstr(out.s, "TASKPROBE_WRITE_PROBE"));
	assert_null(strstr(out.s, "--once"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_command_line_beats_the_environment, clean),
		cmocka_unit_test_setup(what_is_wrong_is_named, clean),
		cmocka_unit_test_setup(a_bad_variable_is_named, clean),
		cmocka_unit_test_setup(behind_two_dashes_nothing_is_an_option, clean),
		cmocka_unit_test_setup(every_verb_has_help, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
