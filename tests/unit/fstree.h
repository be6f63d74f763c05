/* SPDX-License-Identifier: MIT
 *
 * fstree.h - throw-away trees for the tests that look at files.
 *
 * As root each test program gets a mount namespace of its own and a tmpfs in it:
 * whatever a test mounts or leaves is gone when the program ends.
 */
#ifndef TESTS_FSTREE_H
#define TESTS_FSTREE_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/facts.h"
#include "core/str.h"
#include "probe/target.h"
#include "tests/unit/test.h"

static char tree_base[PATH_MAX];
static bool tree_private; /* the base is a tmpfs that nobody else sees */

static int tree_setup(void **state)
{
	const char *dir = getenv("TMPDIR");

	(void)state;
	(void)umask(022);
	(void)snprintf(tree_base, sizeof(tree_base), "%s/taskprobe-test-XXXXXX",
		       dir ? dir : "/tmp");
	if (!mkdtemp(tree_base))
		return -1;
	tree_private = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
		       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		       mount("test", tree_base, "tmpfs", 0, "mode=0755") == 0;
	return chmod(tree_base, 0755);
}

static void tree_run(const char *const *argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
}

/* What root made is on a tmpfs; what others made may be closed to themselves. */
static void tree_remove(const char *path)
{
	tree_run((const char *const[]){ "chmod", "-R", "u+rwx", "--", path, NULL });
	tree_run((const char *const[]){ "rm", "-rf", "--", path, NULL });
}

static int tree_teardown(void **state)
{
	(void)state;
	if (tree_private)
		(void)umount2(tree_base, MNT_DETACH);
	tree_remove(tree_base);
	return 0;
}

/* Skips a test that needs root, saying so. */
#define NEEDS_ROOT()                                                     \
	do {                                                             \
		if (!tree_private) {                                     \
			print_message("skipped: needs root and a mount " \
				      "namespace of its own\n");         \
			skip();                                          \
		}                                                        \
	} while (0)

/* "BASE/rest"; static, the last four stay valid. */
static const char *at(const char *rest)
{
	static char paths[4][PATH_MAX * 2];
	static unsigned next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", tree_base, rest);
	return path;
}

static inline void make_dir(const char *path, mode_t mode, uid_t uid)
{
	assert_int_equal(mkdir(at(path), 0700), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(at(path), uid, uid), 0);
	assert_int_equal(chmod(at(path), mode), 0);
}

static inline void make_file(const char *path, mode_t mode, uid_t uid)
{
	int fd = open(at(path), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	if (geteuid() == 0)
		assert_int_equal(fchown(fd, uid, uid), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	(void)close(fd);
}

static inline struct target tree_target(const char *path)
{
	struct target t = TARGET_INIT;

	t.root.fd = open(at(path), O_PATH | O_DIRECTORY | O_CLOEXEC);
	t.root.chroot = true;
	t.seen_by = "itself";
	assert_true(t.root.fd >= 0);
	return t;
}

#define ROOT_CAPS CAPS_DOCKER_DEFAULT

static inline struct identity_facts tree_who(uid_t uid, uint64_t caps)
{
	return (struct identity_facts){
		.part = { .known = true },
		.uid = uid,
		.euid = uid,
		.suid = uid,
		.fsuid = uid,
		.gid = uid,
		.egid = uid,
		.sgid = uid,
		.fsgid = uid,
		.cap_effective = caps,
	};
}

/* Adds a mount; the caller adds them sorted by path. */
static inline struct mount_fact *tree_mount(struct mounts_facts *mounts, const char *path,
					    const char *fstype, bool readonly)
{
	struct mount_fact *m = LIST_ADD(&mounts->list, struct mount_fact);

	assert_non_null(m);
	m->path = strdup(path);
	m->fstype = strdup(fstype);
	m->readonly = readonly;
	m->kind = strcmp(path, "/") == 0 ? MOUNT_ROOT : MOUNT_VOLUME;
	mounts->part.known = true;
	return m;
}

static inline void tree_mounts_done(struct mounts_facts *mounts)
{
	LIST_EACH (struct mount_fact, m, &mounts->list) {
		free(m->path);
		free(m->fstype);
	}
	list_done(&mounts->list);
	free(mounts->part.why);
	free(mounts->part.grants);
	*mounts = (struct mounts_facts){ 0 };
}

#endif
