/* SPDX-License-Identifier: MIT */
#include "probe/proc/environ.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "tests/unit/test.h"

#define PARSED(facts, text) assert_int_equal(parse(text, sizeof(text), &(facts)), 0)

static int parse(const char *text, size_t size, struct environ_facts *ret)
{
	struct err err = ERR_INIT;

	return environ_parse(text, size - 1, ret, &err);
}

static void assert_texts(const struct list *texts, const char *want)
{
	AUTO(str_done) struct str s = STR_INIT(4096);

	LIST_EACH (char *, it, texts)
		(void)str_printf(&s, "%s ", *it);
	assert_string_equal(s.s, want);
}

TEST(names_are_sorted_and_listed_once)
{
	AUTO(environ_facts_done) struct environ_facts facts = { 0 };

	PARSED(facts, "PATH=/bin\0HOME=/\0EMPTY=\0PATH=/sbin\0A=b=c\0last=x");
	assert_texts(&facts.names, "A EMPTY HOME PATH last ");
	assert_int_equal(facts.secrets.len, 0);
}

TEST(secrets_count_only_with_a_value)
{
	AUTO(environ_facts_done) struct environ_facts facts = { 0 };

	PARSED(facts,
	       "DB_PASSWORD=x\0OTHER_PASSWORD=\0AWS_SECRET_ACCESS_KEY=y\0DB_PASSWORD=\0");
	assert_texts(&facts.secrets, "AWS_SECRET_ACCESS_KEY DB_PASSWORD ");
	assert_texts(&facts.names, "AWS_SECRET_ACCESS_KEY DB_PASSWORD OTHER_PASSWORD ");
}

TEST(names_that_promise_a_secret)
{
	static const char *const secret[] = {
		"AWS_ACCESS_KEY_ID",
		"AWS_SECRET_ACCESS_KEY",
		"AWS_SESSION_TOKEN",
		"ECS_ENGINE_AUTH_DATA",
		"PASSWORD",
		"db_password",
		"MYSQL_ROOT_PASSWORD",
		"PASSWD",
		"SECRET",
		"JWT_SECRET_V2",
		"GITHUB_TOKEN",
		"TOKEN_GITHUB",
		"STRIPE_API_KEY",
		"APIKEY",
		"MY_PRIVATE_KEY",
		"PRIVATE_KEY_PEM",
		"X_CREDENTIAL",
	};
	static const char *const harmless[] = {
		"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
		"DB_PASSWORD_FILE",
		"SECRET_ARN",
		"TOKEN_PATH",
		"token_uri",
		"PASSWORDS",
		"TOKENIZER",
		"NOTOKEN",
		"SECRETARY",
		"RAPI_KEY",
		"API_KEYS",
		"API",
		"KEY",
		"PATH",
		"PUBLIC_KEY",
		"AWS_REGION",
		"_",
		"",
	};

	for (size_t i = 0; i < ARRAY_LEN(secret); i++)
		if (!environ_is_secret(secret[i]))
			fail_msg("%s is a secret", secret[i]);
	for (size_t i = 0; i < ARRAY_LEN(harmless); i++)
		if (environ_is_secret(harmless[i]))
			fail_msg("%s is no secret", harmless[i]);
}

/* A process may write its title over its environment, and cut a value in two. */
TEST(no_part_of_a_value_passes_for_a_name)
{
	AUTO(environ_facts_done) struct environ_facts facts = { 0 };

	PARSED(facts,
	       "nginx: "
	       "worker=1\0c2VjcmV0dmFsdWU==\0GOOD=1\0also=1\0\0\0dGFpbA==\0=x\0NEXT=1\0"
	       "\x1b[31m=1\0A\nB=1\0");
	assert_texts(&facts.names, "GOOD NEXT also ");
}

TEST(a_name_has_a_limit)
{
	AUTO(environ_facts_done) struct environ_facts facts = { 0 };
	char text[600];

	memset(text, 'A', sizeof(text));
	text[256] = '=';
	assert_int_equal(parse(text, 300, &facts), 0);
	assert_int_equal(facts.names.len, 0);
	text[255] = '=';
	assert_int_equal(parse(text, 300, &facts), 0);
	assert_int_equal(facts.names.len, 1);
}

TEST(nothing_is_nothing)
{
	AUTO(environ_facts_done) struct environ_facts facts = { 0 };

	PARSED(facts, "");
	assert_int_equal(facts.names.len, 0);
}

#define WHOLE(text) environ_is_whole(text, sizeof(text) - 1)

TEST(what_was_written_over_is_not_whole)
{
	assert_true(WHOLE("A=1\0B=\0"));
	assert_true(WHOLE("A=1\0B=cut"));
	assert_false(WHOLE(""));
	assert_false(WHOLE("\0\0\0\0"));
	assert_false(WHOLE("r process\0B=2\0"));
	assert_false(WHOLE("A=1\0\0\0\0C=3\0"));
}

/* Opens a process that has this environment, and only this. */
static pid_t start(char *const envp[], struct target *target)
{
	AUTO(root_done) struct root proc = ROOT_INIT;
	struct err err = ERR_INIT;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	const pid_t pid = fork();
	if (pid == 0) {
		char *const argv[] = { (char[]){ "cat" }, NULL };

		(void)dup2(ends[0], 0);
		(void)close(ends[0]);
		(void)close(ends[1]);
		(void)execve("/bin/cat", argv, envp);
		_exit(127);
	}
	(void)close(ends[0]);
	assert_int_equal(root_open("/proc", &proc, &err), 0);
	/* Until the exec its environment is ours. */
	for (;;) {
		AUTO(str_done) struct str value = STR_INIT(64);

		assert_int_equal(target_open(&proc, pid, target, &err), 0);
		if (environ_get(target, "TASKPROBE_STARTED", &value, &err) == 0)
			return pid;
		target_done(target);
		(void)usleep(1000);
	}
}

TEST(a_process_is_read_without_its_values)
{
	char *const envp[] = { (char[]){ "TASKPROBE_STARTED=1" },
			       (char[]){ "A_TOKEN=hunter2" },
			       (char[]){ "URI=http://x/v4/y" }, NULL };
	AUTO(target_done) struct target target = TARGET_INIT;
	AUTO(environ_facts_done) struct environ_facts facts = { 0 };
	AUTO(str_done) struct str value = STR_INIT(64), small = STR_INIT(3);
	struct err err = ERR_INIT;
	const pid_t pid = start(envp, &target);

	environ_probe(&target, &facts);
	assert_true(facts.part.known);
	assert_texts(&facts.names, "A_TOKEN TASKPROBE_STARTED URI ");
	assert_texts(&facts.secrets, "A_TOKEN ");
	assert_int_equal(environ_get(&target, "URI", &value, &err), 0);
	assert_string_equal(value.s, "http://x/v4/y");
	assert_int_equal(environ_get(&target, "UR", &value, &err), -ENOENT);
	assert_int_equal(environ_get(&target, "URI", &small, &err), -E2BIG);
	str_done(&small);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	environ_facts_done(&facts);
	environ_probe(&target, &facts);
	assert_false(facts.part.known);
	assert_non_null(strstr(facts.part.why, "ended"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_sorted_and_listed_once),
		cmocka_unit_test(secrets_count_only_with_a_value),
		cmocka_unit_test(names_that_promise_a_secret),
		cmocka_unit_test(no_part_of_a_value_passes_for_a_name),
		cmocka_unit_test(a_name_has_a_limit),
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(what_was_written_over_is_not_whole),
		cmocka_unit_test(a_process_is_read_without_its_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
