/* SPDX-License-Identifier: MIT */
#include "probe/caps.h"

#include <errno.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "tests/unit/test.h"

static uint64_t bit(const char *name)
{
	return CAP_MASK((unsigned)cap_bit(name));
}

/* Capabilities are dropped for good: each test in a child of its own. */
static int in_child(int (*run)(void))
{
	int status;
	const pid_t pid = fork();

	if (pid == 0)
		_exit(run());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST(what_we_have_is_within_what_we_may)
{
	struct err err = ERR_INIT;
	struct caps caps;

	assert_int_equal(caps_get(&caps, &err), 0);
	assert_int_equal(caps.effective & ~caps.permitted, 0);
}

static int reduce(void)
{
	struct err err = ERR_INIT;
	struct caps caps;

	if (caps_get(&caps, &err) < 0 || caps.permitted == 0)
		return 77;
	const uint64_t one = caps.permitted & -caps.permitted;
	if (caps_set(&(struct caps){ .permitted = one }, &err) < 0 ||
	    caps_get(&caps, &err) < 0)
		return 1;
	if (caps.permitted != one || caps.effective != 0 || caps.inheritable != 0)
		return 2;
	if (caps_set(&(struct caps){ .permitted = one, .effective = one }, &err) < 0)
		return 3;
	/* Not within permitted, and more than permitted. */
	if (caps_set(&(struct caps){ .permitted = 0, .effective = one }, &err) != -EPERM)
		return 4;
	if (caps_set(&(struct caps){ .permitted = one | one << 1 }, &err) != -EPERM)
		return 5;
	return 0;
}

TEST(a_set_can_be_put_down_and_taken_up_within_permitted)
{
	const int r = in_child(reduce);

	if (r == 77)
		skip();
	assert_int_equal(r, 0);
}

static struct identity_facts somebody(void)
{
	struct identity_facts who = {
		.uid = 1, .euid = 4242, .suid = 2, .gid = 3, .egid = 4343
	};

	*LIST_ADD(&who.groups, int64_t) = 7;
	*LIST_ADD(&who.groups, int64_t) = 8;
	return who;
}

static int become(void)
{
	struct identity_facts who = somebody();
	struct err err = ERR_INIT;
	struct caps caps;
	uid_t r, e, s;
	gid_t groups[4];

	if (geteuid() != 0 || caps_get(&caps, &err) < 0 ||
	    (caps.permitted & (bit("SETUID") | bit("SETGID"))) !=
		    (bit("SETUID") | bit("SETGID")))
		return 77;
	const uint64_t keep = caps.permitted & bit("CHOWN");
	/* As with a file capability +p: permitted, and not effective. */
	caps.effective = 0;
	if (caps_set(&caps, &err) < 0 ||
	    caps_become(&who, keep | UINT64_C(1) << 63, &err) < 0)
		return 1;
	list_done(&who.groups);
	if (getresuid(&r, &e, &s) < 0 || r != 4242 || e != 4242 || s != 4242 ||
	    getegid() != 4343)
		return 2;
	if (getgroups(4, groups) != 2 || groups[0] != 7 || groups[1] != 8)
		return 3;
	if (caps_get(&caps, &err) < 0 || caps.permitted != keep ||
	    caps.effective != keep || caps.inheritable != 0)
		return 4;
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return 5;
	return setuid(0) == 0 ? 6 : 0;
}

TEST(becoming_somebody_is_for_good)
{
	const int r = in_child(become);

	if (r == 77)
		skip();
	assert_int_equal(r, 0);
}

static int become_ourselves(void)
{
	struct identity_facts who = { .euid = geteuid(), .egid = getegid() };
	struct err err = ERR_INIT;
	struct caps caps;

	if (caps_get(&caps, &err) < 0 || !(caps.permitted & bit("SETGID")))
		return 77;
	return caps_become(&who, caps.permitted, &err) == 0 &&
			       prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0
		       ? 0
		       : 1;
}

TEST(nobody_may_look_into_us_even_as_the_same_uid)
{
	const int r = in_child(become_ourselves);

	if (r == 77)
		skip();
	assert_int_equal(r, 0);
}

static int become_in_vain(void)
{
	struct identity_facts who = somebody();
	struct err err = ERR_INIT;

	if (geteuid() == 0 && (caps_set(&(struct caps){ 0 }, &err) < 0))
		return 77;
	const int r = caps_become(&who, 0, &err);
	list_done(&who.groups);
	return r == -EPERM && geteuid() != 4242 ? 0 : 1;
}

TEST(without_setuid_nobody_becomes_anybody)
{
	const int r = in_child(become_in_vain);

	if (r == 77)
		skip();
	assert_int_equal(r, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_we_have_is_within_what_we_may),
		cmocka_unit_test(a_set_can_be_put_down_and_taken_up_within_permitted),
		cmocka_unit_test(becoming_somebody_is_for_good),
		cmocka_unit_test(nobody_may_look_into_us_even_as_the_same_uid),
		cmocka_unit_test(without_setuid_nobody_becomes_anybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
