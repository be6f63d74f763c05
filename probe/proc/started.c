/* SPDX-License-Identifier: MIT */
#include "probe/proc/started.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "core/cleanup.h"
#include "core/str.h"
#include "probe/proc/namespaces.h"
#include "probe/proc/status.h"

static const char *const stream_names[3] = { "stdin", "stdout", "stderr" };

/* What stat shows of an owner who has no number in our user namespace. */
#define OVERFLOW_UID 65534
/* Unix98 terminals, and the console's. */
#define PTS_MAJOR_FIRST 136
#define PTS_MAJOR_LAST	143
#define TTY_MAJOR	4
#define TTYAUX_MAJOR	5

#define STARTED_GRANTS                                             \
	"declare `user` in the task definition, or start the app " \
	"under `taskprobe probe --exec`"

static char *evidence_of(const struct started_stream streams[static 3], int64_t uid)
{
	AUTO(str_done) struct str s = STR_INIT(512);

	for (int i = 0; i < 3; i++)
		if (streams[i].kind && streams[i].uid == uid)
			(void)str_printf(&s, "%s%s is %s", s.len ? ", " : "",
					 stream_names[i], streams[i].kind);
	(void)str_printf(&s, " owned by uid %lld", (long long)uid);
	return s.error ? NULL : str_take(&s);
}

/* The uid that the streams agree on: a root entry point may have given some of them
 * away (chown --dereference /dev/stdout), so that one of root's outweighs the others. */
static int64_t agree(const struct started_stream streams[static 3], const char **why)
{
	int64_t uid = -1;
	bool differ = false;

	*why = "none of stdin, stdout and stderr is a pipe, socket or terminal";
	for (int i = 0; i < 3; i++) {
		if (!streams[i].kind)
			continue;
		if (streams[i].uid == 0)
			return 0;
		differ |= uid >= 0 && uid != streams[i].uid;
		uid = streams[i].uid;
	}
	if (!differ)
		return uid;
	*why = "stdin, stdout and stderr have different owners, none of them root";
	return -1;
}

/* runc changes the owner alone; `chown app:app /dev/stdout` in an entry point changes the
 * group too. So does crun, so that this proves nothing: it is a doubt. */
static bool group_was_changed(const struct started_stream streams[static 3])
{
	for (int i = 0; i < 3; i++)
		if (streams[i].kind && strcmp(streams[i].kind, "a terminal") != 0 &&
		    streams[i].uid != 0 && streams[i].gid != 0)
			return true;
	return false;
}

bool started_judge(const struct started_stream streams[static 3], int64_t euid,
		   struct started_facts *ret, const char **why)
{
	*why = NULL;
	if (euid == 0) {
		ret->uid = 0;
		ret->evidence = strdup("its first process runs as uid 0 now");
		return ret->evidence != NULL;
	}
	const int64_t uid = agree(streams, why);
	if (uid < 0)
		return false;
	ret->uid = uid;
	ret->evidence = evidence_of(streams, uid);
	*why = group_was_changed(streams)
		       ? "the group of its streams is not root's: an entry point that "
			 "started as root may have given them away"
		       : NULL;
	return ret->evidence != NULL;
}

/* From the text of the link, before anything is asked of the file itself: one on a
 * FUSE mount could keep us waiting. Only the kernel writes "pipe:[1234]": the names of
 * files begin with a slash. */
static const char *kind_of(const char *link)
{
	if (strncmp(link, "pipe:[", 6) == 0)
		return "a pipe";
	if (strncmp(link, "socket:[", 8) == 0)
		return "a socket";
	if (strncmp(link, "/dev/pts/", 9) == 0 || strncmp(link, "/dev/tty", 8) == 0 ||
	    strcmp(link, "/dev/console") == 0)
		return "a terminal";
	return NULL;
}

static bool is_terminal(const struct stat *st)
{
	const unsigned major_nr = major(st->st_rdev);

	return S_ISCHR(st->st_mode) &&
	       ((major_nr >= PTS_MAJOR_FIRST && major_nr <= PTS_MAJOR_LAST) ||
		major_nr == TTY_MAJOR || major_nr == TTYAUX_MAJOR);
}

/* Opens nothing: fstatat through the magic link. 0, also for one that is closed. */
static int look(const struct target *target, int n, struct started_stream *ret)
{
	char path[16], link[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "fd/%d", n);
	int r = root_readlink(&target->proc, path, link, sizeof(link));
	if (r == -ENAMETOOLONG || (r == -ENOENT && target_is_same(target)))
		return 0;
	if (r < 0)
		return r;
	const char *kind = kind_of(link);
	if (!kind)
		return 0;
	if (fstatat(target->proc.fd, path, &st, 0) < 0)
		return -errno;
	if (!S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode) && !is_terminal(&st))
		return 0;
	*ret = (struct started_stream){ .kind = kind,
					.uid = (int64_t)st.st_uid,
					.gid = (int64_t)st.st_gid };
	return 0;
}

/* In a user namespace other than the host's, the overflow uid is nobody in particular. */
static bool is_mapped(const struct target *target, int64_t uid)
{
	const struct namespaces_host host = { 0 };
	const char *evidence;
	char link[64];
	int64_t inode;

	if (uid != OVERFLOW_UID)
		return true;
	return root_readlink(&target->proc, "ns/user", link, sizeof(link)) == 0 &&
	       namespaces_parse(link, "user", &inode) == 0 &&
	       namespaces_judge("user", inode, &host, &evidence) == TRI_YES;
}

static int look_at_streams(const struct target *target,
			   struct started_stream streams[static 3])
{
	for (int i = 0; i < 3; i++) {
		int r = look(target, i, &streams[i]);

		if (r < 0)
			return r;
		if (streams[i].kind && !is_mapped(target, streams[i].uid))
			streams[i].kind = NULL;
	}
	return 0;
}

void started_probe(const struct target *target, struct started_facts *ret)
{
	AUTO(identity_done) struct identity_facts who = { 0 };
	struct started_stream streams[3] = { { 0 } };
	struct err err = ERR_INIT;
	const char *why = NULL;
	const int64_t euid = status_read(target, &who, &err) < 0 ? -1 : who.euid;
	const int r = euid == 0 ? 0 : look_at_streams(target, streams);

	if (r < 0)
		target_refused(target, &ret->part, "the standard streams",
			       r == -ENOENT ? ESRCH : r);
	else if (started_judge(streams, euid, ret, &why)) {
		target_seen(target, &ret->part);
		if (why)
			part_doubt(&ret->part, why, STARTED_GRANTS);
	} else
		part_unknown(&ret->part, why, STARTED_GRANTS);
}
