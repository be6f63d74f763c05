/* SPDX-License-Identifier: MIT
 *
 * observed.c - the tracer's whole sight against the kernel that runs: as peer.c, but
 * the prediction is observe()'s, which reads the call out of the caller's memory and
 * resolves its names. From within the callers' root, and from outside.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "probe/trace/calls/filter.h"
#include "probe/trace/observe.h"
#include "tests/tools/oracle/compare.h"

static struct observer *observer;
static struct event event;

static void start(void)
{
	const struct observer_options options = { .every_mount = true };
	struct err err = ERR_INIT;

	if (observer_new(&options, &observer, &err) < 0)
		fail("%s", err.msg);
	event_init(&event);
}

static void predict(const struct caller *caller, const struct raw *raw, int *now,
		    int *planned)
{
	struct seccomp_notif notif = { .id = 1, .pid = (uint32_t)caller->pid };

	notif.data.nr = (int)raw->number;
	notif.data.arch = abi_arch(abi_native());
	for (int i = 0; i < 6; i++)
		notif.data.args[i] = (uint64_t)raw->args[i];
	observe(observer, &notif, &event);
	if (event.unresolved)
		(void)printf("unresolved: %s\n", event.why);
	*now = event.unresolved ? -1 : event.now;
	*planned = event.unresolved ? -1 : event.planned;
}

/* What it does not ask, because nobody would thank it for the time. */
static bool known(const struct form *form, int is, int predicted)
{
	/* What ends before its names are looked at is no event. */
	if (!event.counts && predicted == 0 &&
	    (is == EINVAL || is == ERANGE || form->times == WRONG))
		return true;
	/* Is it a program that runs? Is the descriptor O_PATH? */
	if (is == ETXTBSY || is == EBADF)
		return true;
	/* Whiteouts, which overlayfs keeps to itself. */
	if (strstr(form->text, "hiteout") || strstr(form->text, "WHITEOUT"))
		return is != EROFS && predicted != EROFS;
	/* Does this kernel refuse it? Where nobody asked, it is taken for an old one. */
	if (form->op == ORACLE_OPEN && (form->flags & O_CREAT) &&
	    (form->flags & O_DIRECTORY) && is == EINVAL)
		return true;
	/* overlayfs learned O_TMPFILE late. */
	if (form->op == ORACLE_OPEN && is == EOPNOTSUPP)
		return true;
	/* Before 6.12 these end after EROFS: in EINVAL and ERANGE on any mount. */
	if (form->op == ORACLE_XATTR && (form->mode & 8 || form->attr[0] == '\0'))
		return true;
	/* Whose attribute it is, and whether it is there. */
	return form->op == ORACLE_XATTR && is != EROFS && predicted != EROFS;
}

int main(int argc, char **argv)
{
	static const struct predictor predictors[] = {
		{ true, start, predict, known },
		{ false, start, predict, known },
	};

	return compare_main(argc, argv, predictors, 2);
}
