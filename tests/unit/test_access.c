/* SPDX-License-Identifier: MIT */
#include <grp.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/xattr.h>

#include "core/table.h"
#include "probe/fs/access.h"
#include "tests/unit/fstree.h"

#define DAC	  CAP_MASK(CAP_DAC_OVERRIDE)
#define DAC_READ  CAP_MASK(CAP_DAC_READ_SEARCH)
#define GROUP	  3000 /* a supplementary one of 'who' */
#define ACL_FILES 3000

/* --- the ACL --- */

static size_t put_acl(unsigned char *buf, const struct acl_entry *entries, size_t len)
{
	unsigned char *p = buf;

	memcpy(p, "\2\0\0\0", 4);
	p += 4;
	for (size_t i = 0; i < len; i++, p += 8) {
		p[0] = (unsigned char)entries[i].tag;
		p[1] = 0;
		p[2] = (unsigned char)entries[i].perm;
		p[3] = 0;
		for (int b = 0; b < 4; b++)
			p[4 + b] = (unsigned char)(entries[i].id >> 8 * b);
	}
	return (size_t)(p - buf);
}

TEST(acl_is_parsed)
{
	const struct acl_entry entries[] = {
		{ ACL_TAG_USER_OBJ, 6, UINT32_MAX },
		{ ACL_TAG_USER, 7, 70000 },
		{ ACL_TAG_MASK, 2, UINT32_MAX },
	};
	unsigned char buf[64];
	struct acl acl;
	struct err err = ERR_INIT;

	assert_int_equal(acl_parse(buf, put_acl(buf, entries, 3), &acl, &err), 0);
	assert_int_equal(acl.len, 3);
	assert_int_equal(acl.entries[1].tag, ACL_TAG_USER);
	assert_int_equal(acl.entries[1].perm, 7);
	assert_int_equal(acl.entries[1].id, 70000);
}

TEST(a_broken_acl_is_an_error)
{
	const struct acl_entry good = { ACL_TAG_USER_OBJ, 6, 0 };
	const struct acl_entry tag = { 0x40, 6, 0 }, perm = { ACL_TAG_OTHER, 8, 0 };
	unsigned char buf[4 + 8 * (ACL_ENTRIES_MAX + 1)] = { 2 };
	struct acl acl = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(acl_parse(buf, 0, &acl, &err), -EINVAL);
	assert_int_equal(acl_parse(buf, 3, &acl, &err), -EINVAL);
	assert_int_equal(acl_parse(buf, put_acl(buf, &good, 1) - 1, &acl, &err), -EINVAL);
	assert_int_equal(acl_parse(buf, put_acl(buf, &tag, 1), &acl, &err), -EINVAL);
	assert_int_equal(acl_parse(buf, put_acl(buf, &perm, 1), &acl, &err), -EINVAL);
	assert_int_equal(acl_parse(buf, sizeof(buf), &acl, &err), -E2BIG);
	(void)put_acl(buf, &good, 1);
	buf[0] = 3;
	assert_int_equal(acl_parse(buf, 12, &acl, &err), -EINVAL);
	assert_int_equal(acl.len, 0);
}

/* --- what cannot be known --- */

TEST(unknown_stays_unknown)
{
	struct identity_facts nobody = { .fsuid = 0 };
	struct identity_facts who = tree_who(1000, 0), root = tree_who(0, ROOT_CAPS);
	const struct access_object o = { .mode = S_IFREG | 0666, .acl_unknown = true };
	const struct access_object u = { .mode = S_IFREG | 0666, .unmapped = true };
	const struct access_object i = { .mode = S_IFREG | 0666, .immutable = true };

	assert_int_equal(access_check(&nobody, &o, W_OK), TRI_UNKNOWN);
	assert_int_equal(access_check(&who, &o, W_OK), TRI_UNKNOWN);
	assert_int_equal(access_check(&root, &o, W_OK), TRI_YES);
	assert_int_equal(access_check(&root, &u, W_OK), TRI_UNKNOWN);
	assert_int_equal(access_check(&root, &i, W_OK), TRI_NO);
	assert_int_equal(access_check(&root, &i, R_OK), TRI_YES);
}

TEST(acl_is_asked_for_only_where_it_matters)
{
	struct identity_facts who = tree_who(1000, 0), root = tree_who(0, ROOT_CAPS);
	struct access_object o = { .mode = S_IFREG | 0644 };

	assert_false(access_needs_acl(&who, &o, W_OK));
	assert_true(access_needs_acl(&who, &o, R_OK));
	o.mode = S_IFREG | 0664;
	assert_true(access_needs_acl(&who, &o, W_OK));
	assert_false(access_needs_acl(&root, &o, W_OK));
	o.uid = 1000;
	assert_false(access_needs_acl(&who, &o, W_OK));
	o = (struct access_object){ .mode = S_IFREG | 0606 };
	assert_false(access_needs_acl(&who, &o, W_OK)); /* no group bits: not read */
}

/* --- against the kernel --- */

/* Every mode, owner in {1000, 2000}, group in {1000, GROUP, 4000}. */
static void make_modes(const char *dir, bool directories)
{
	static const gid_t groups[] = { 1000, GROUP, 4000 };
	char name[64];

	make_dir(dir, 0755, 0);
	for (unsigned mode = 0; mode < 01000; mode++)
		for (unsigned k = 0; k < 6; k++) {
			(void)snprintf(name, sizeof(name), "%s/%03o.%u", dir, mode, k);
			if (directories)
				assert_int_equal(mkdir(at(name), 0700), 0);
			else
				make_file(name, 0600, 0);
			assert_int_equal(
				chown(at(name), k < 3 ? 1000 : 2000, groups[k % 3]), 0);
			assert_int_equal(chmod(at(name), mode), 0);
		}
}

static unsigned random_below(unsigned n)
{
	static uint32_t x = 2463534242; /* always the same ACLs */

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x % n;
}

static size_t random_acl(struct acl_entry *e)
{
	static const uint32_t users[] = { 1000, 2000 }, groups[] = { 1000, GROUP, 4000 };
	size_t n = 0;
	bool named = false;

	e[n++] = (struct acl_entry){ ACL_TAG_USER_OBJ, (uint16_t)random_below(8), ~0U };
	for (size_t i = 0; i < ARRAY_LEN(users); i++)
		if (random_below(3) == 0) {
			e[n++] =
				(struct acl_entry){ ACL_TAG_USER,
						    (uint16_t)random_below(8), users[i] };
			named = true;
		}
	e[n++] = (struct acl_entry){ ACL_TAG_GROUP_OBJ, (uint16_t)random_below(8), ~0U };
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (random_below(3) == 0) {
			e[n++] = (struct acl_entry){ ACL_TAG_GROUP,
						     (uint16_t)random_below(8),
						     groups[i] };
			named = true;
		}
	if (named || random_below(2))
		e[n++] = (struct acl_entry){ ACL_TAG_MASK, (uint16_t)random_below(8),
					     ~0U };
	e[n++] = (struct acl_entry){ ACL_TAG_OTHER, (uint16_t)random_below(8), ~0U };
	return n;
}

static bool make_acls(const char *dir)
{
	unsigned char buf[200];
	struct acl_entry entries[10];
	char name[64];

	make_dir(dir, 0755, 0);
	for (unsigned i = 0; i < ACL_FILES; i++) {
		size_t n = random_acl(entries);

		(void)snprintf(name, sizeof(name), "%s/%u", dir, i);
		if (i % 2)
			assert_int_equal(mkdir(at(name), 0700), 0);
		else
			make_file(name, 0600, 0);
		assert_int_equal(chown(at(name), i % 5 == 0 ? 1000 : 5000,
				       i % 3 == 0 ? GROUP : 5000),
				 0);
		if (setxattr(at(name), "system.posix_acl_access", buf,
			     put_acl(buf, entries, n), 0) < 0)
			return false;
	}
	return true;
}

static void take_credentials(const struct identity_facts *who)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { 0 }, { 0 } };
	const gid_t group = GROUP;

	data[0].effective = data[0].permitted = (uint32_t)who->cap_effective;
	data[1].effective = data[1].permitted = (uint32_t)(who->cap_effective >> 32);
	if (prctl(PR_SET_KEEPCAPS, 1) < 0 || setgroups(1, &group) < 0 ||
	    setresgid((gid_t)who->gid, (gid_t)who->gid, (gid_t)who->gid) < 0 ||
	    setresuid((uid_t)who->uid, (uid_t)who->uid, (uid_t)who->uid) < 0 ||
	    syscall(SYS_capset, &header, data) < 0)
		_exit(100);
}

/* Counts the entries of a directory where the computed answer is not the kernel's. */
static int compare(const struct identity_facts *who, const char *dir)
{
	static char buf[65536] __attribute__((aligned(8)));
	int fd = open(at(dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC), wrong = 0, seen = 0;
	ssize_t n;

	while ((n = sys_getdents(fd, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + n;) {
			const struct sys_dirent *e = (const void *)p;
			struct sys_statx st;

			p += e->reclen;
			if (e->name[0] == '.')
				continue;
			if (sys_statx(fd, e->name, AT_SYMLINK_NOFOLLOW, 0xfff, &st) < 0)
				return 101;
			for (unsigned want = 1; want < 8; want++, seen++) {
				bool kernel = sys_faccessat2(fd, e->name, (int)want,
							     AT_EACCESS) == 0;
				enum tri ours =
					access_check_at(who, fd, e->name, &st, want);

				if (ours == (kernel ? TRI_YES : TRI_NO))
					continue;
				if (wrong++ < 5)
					print_message("%s/%s mode %o owner %u:%u want "
						      "%u: kernel %d, ours %d\n",
						      dir, e->name, st.mode, st.uid,
						      st.gid, want, kernel, (int)ours);
			}
		}
	(void)close(fd);
	if (!access_is_us(who))
		return 102;
	return seen == 0 ? 103 : wrong > 99 ? 99 : wrong;
}

static int compare_as(uid_t uid, uint64_t caps, const char *dir)
{
	struct identity_facts who = tree_who(uid, caps);
	int64_t *group = LIST_ADD(&who.groups, int64_t);
	int status;

	*group = GROUP;
	pid_t pid = fork();
	if (pid == 0) {
		take_credentials(&who);
		_exit(compare(&who, dir));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	list_done(&who.groups);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 104;
}

static void compare_all(const char *dir)
{
	static const uint64_t caps[] = { 0, DAC, DAC_READ, DAC | DAC_READ, ROOT_CAPS };
	static const uid_t uids[] = { 1000, 0, 7777 };

	for (size_t u = 0; u < ARRAY_LEN(uids); u++)
		for (size_t c = 0; c < ARRAY_LEN(caps); c++)
			assert_int_equal(compare_as(uids[u], caps[c], dir), 0);
}

TEST(modes_are_the_kernels)
{
	NEEDS_ROOT();
	make_modes("files", false);
	make_modes("directories", true);
	compare_all("files");
	compare_all("directories");
}

TEST(acls_are_the_kernels)
{
	NEEDS_ROOT();
	if (!make_acls("acls")) {
		print_message("skipped: no ACLs on this tmpfs\n");
		skip();
	}
	compare_all("acls");
}

TEST(immutable_is_the_kernels)
{
	struct identity_facts root = tree_who(0, ROOT_CAPS);
	int flags = FS_IMMUTABLE_FL;

	NEEDS_ROOT();
	make_dir("immutable", 0777, 0);
	int fd = open(at("immutable"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ioctl(fd, FS_IOC_SETFLAGS, &flags) < 0) {
		print_message("skipped: no file attributes on this tmpfs\n");
		(void)close(fd);
		skip();
	}
	assert_int_equal(sys_faccessat2(fd, "", W_OK, AT_EACCESS | AT_EMPTY_PATH), -1);
	assert_int_equal(access_may_write(&root, fd), TRI_NO);
	flags = FS_APPEND_FL;
	assert_int_equal(ioctl(fd, FS_IOC_SETFLAGS, &flags), 0);
	assert_int_equal(sys_faccessat2(fd, "", W_OK, AT_EACCESS | AT_EMPTY_PATH), 0);
	assert_int_equal(access_may_write(&root, fd), TRI_YES);
	flags = 0;
	assert_int_equal(ioctl(fd, FS_IOC_SETFLAGS, &flags), 0);
	(void)close(fd);
}

TEST(may_write_wants_both_of_a_directory)
{
	struct identity_facts who = tree_who(geteuid(), 0);
	int fd;

	make_dir("wx", 0300, geteuid());
	make_dir("w", 0200, geteuid());
	make_file("file", 0200, geteuid());
	assert_int_equal(symlink("file", at("link")), 0);
	fd = open(at("wx"), O_PATH | O_CLOEXEC);
	assert_int_equal(access_may_write(&who, fd), TRI_YES);
	(void)close(fd);
	fd = open(at("w"), O_PATH | O_CLOEXEC);
	assert_int_equal(access_may_write(&who, fd), TRI_NO);
	(void)close(fd);
	fd = open(at("file"), O_PATH | O_CLOEXEC);
	assert_int_equal(access_may_write(&who, fd), TRI_YES);
	(void)close(fd);
	fd = open(at("link"), O_PATH | O_NOFOLLOW | O_CLOEXEC);
	assert_int_equal(access_may_write(&who, fd), TRI_NO);
	(void)close(fd);
	assert_int_equal(access_may_write(&who, -1), TRI_UNKNOWN);
}

TEST(others_are_not_us)
{
	struct identity_facts other = tree_who(geteuid() + 1, 0);

	assert_false(access_is_us(&other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acl_is_parsed),
		cmocka_unit_test(a_broken_acl_is_an_error),
		cmocka_unit_test(unknown_stays_unknown),
		cmocka_unit_test(acl_is_asked_for_only_where_it_matters),
		cmocka_unit_test(modes_are_the_kernels),
		cmocka_unit_test(acls_are_the_kernels),
		cmocka_unit_test(immutable_is_the_kernels),
		cmocka_unit_test(may_write_wants_both_of_a_directory),
		cmocka_unit_test(others_are_not_us),
	};

	return cmocka_run_group_tests(tests, tree_setup, tree_teardown);
}
