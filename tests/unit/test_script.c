/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <string.h>

#include "probe/trace/names/script.h"
#include "tests/unit/fstree.h"

static const char *parsed(const char *text)
{
	static char name[SCRIPT_MAX];

	return script_parse(text, strlen(text), name) > 0 ? name : "none";
}

TEST(first_line_names_the_interpreter)
{
	assert_string_equal(parsed("#!/bin/sh\nexit 0\n"), "/bin/sh");
	assert_string_equal(parsed("#! \t/usr/bin/env\tnode\n"), "/usr/bin/env");
	assert_string_equal(parsed("#!sh"), "sh");
	assert_string_equal(parsed("#!/bin/sh -e\n"), "/bin/sh");
	assert_string_equal(parsed("\177ELF"), "none");
	assert_string_equal(parsed("#"), "none");
	assert_string_equal(parsed(""), "none");
	assert_string_equal(parsed("#!\n/bin/sh\n"), "none");
	assert_string_equal(parsed(" #!/bin/sh\n"), "none");
}

TEST(name_that_is_cut_off_is_none)
{
	char text[SCRIPT_MAX + 10], name[SCRIPT_MAX];

	memset(text, 'a', sizeof(text));
	memcpy(text, "#!/", 3);
	assert_int_equal(script_parse(text, sizeof(text), name), 0);
	text[SCRIPT_MAX - 1] = '\n';
	assert_int_equal(script_parse(text, sizeof(text), name), SCRIPT_MAX - 3);
	assert_int_equal(strlen(name), SCRIPT_MAX - 3);
}

TEST(file_is_read_and_a_fifo_not_waited_for)
{
	static struct place_found place = PLACE_FOUND_INIT;
	char name[SCRIPT_MAX];

	assert_int_equal(script_interpreter(&place, name), 0);
	make_file("script", 0755, geteuid());
	int fd = open(at("script"), O_WRONLY);
	assert_int_equal(write(fd, "#!/bin/sh\n", 10), 10);
	(void)close(fd);
	assert_int_equal(mkfifo(at("fifo"), 0700), 0);
	place.parent = open(tree_base, O_PATH | O_DIRECTORY);
	place.name = "script";
	assert_int_equal(script_interpreter(&place, name), 7);
	assert_string_equal(name, "/bin/sh");
	place.name = "fifo";
	assert_int_equal(script_interpreter(&place, name), 0);
	place_found_done(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_line_names_the_interpreter),
		cmocka_unit_test(name_that_is_cut_off_is_none),
		cmocka_unit_test(file_is_read_and_a_fifo_not_waited_for),
	};

	return cmocka_run_group_tests(tests, tree_setup, tree_teardown);
}
