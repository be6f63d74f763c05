/* SPDX-License-Identifier: MIT
 *
 * names_jail.h - for what is done at random: it must not get out of the tree, which is
 * the root of the whole test program, where it may.
 */
#ifndef TESTS_NAMES_JAIL_H
#define TESTS_NAMES_JAIL_H

#include "tests/unit/names_child.h"

static int outside = -1;
static char jail[PATH_MAX];

static inline int setup_jail(void **state)
{
	if (tree_setup(state) < 0)
		return -1;
	if (!tree_private)
		return setup_here();
	outside = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	make_dir("proc", 0755, 0);
	if (outside < 0 || mount("proc", at("proc"), "proc", 0, NULL) < 0 ||
	    chroot(tree_base) < 0 || chdir("/") < 0)
		return -1;
	(void)snprintf(jail, sizeof(jail), "%s", tree_base);
	tree_base[0] = '\0';
	return setup_here();
}

/* Without root there is no jail, but so many levels that no random ".." gets out. */
static inline const char *in_nest(const char *name)
{
	static char path[128];
	size_t n = (size_t)snprintf(path, sizeof(path), "%s.n", name);

	for (int i = 0; i < 16; i++) {
		(void)mkdir(at(path), 0777);
		n += (size_t)snprintf(path + n, sizeof(path) - n, "/n");
	}
	(void)mkdir(at(path), 0777);
	(void)snprintf(path + n, sizeof(path) - n, "/%s", name);
	return path;
}

static inline int teardown_jail(void **state)
{
	if (!tree_private)
		return teardown(state);
	tracees_done(tracees);
	surface_done(surface);
	(void)close(proc);
	if (fchdir(outside) < 0 || chroot(".") < 0)
		return -1;
	(void)snprintf(tree_base, sizeof(tree_base), "%s", jail);
	(void)umount2(at("proc"), MNT_DETACH);
	return tree_teardown(state);
}

#endif
