/* SPDX-License-Identifier: MIT */
#include "probe/fs/write.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "core/cleanup.h"
#include "core/str.h"
#include "core/table.h"
#include "core/text.h"
#include "probe/fs/access.h"
#include "probe/proc/mounts.h"
#include "probe/proc/patience.h"
#include "probe/sys.h"

/* 128 bits: nobody guesses it, and no file is called that. */
#define RANDOM_BYTES  16
#define NAME_PREFIX   ".taskprobe-"
#define FILE_NAME_MAX (sizeof(NAME_PREFIX) + 2 * (size_t)RANDOM_BYTES)

/* Room for the reasons of a part; more of them would not be read. */
#define WHY_MAX 2000

/* A volume over the network may take long, or for ever. */
#define MOUNT_MS 2000

static int random_name(char name[static FILE_NAME_MAX])
{
	unsigned char bytes[RANDOM_BYTES];
	size_t len = sizeof(NAME_PREFIX) - 1;

	if (getrandom(bytes, sizeof(bytes), GRND_NONBLOCK) != (ssize_t)sizeof(bytes))
		return -EAGAIN;
	memcpy(name, NAME_PREFIX, len);
	for (size_t i = 0; i < sizeof(bytes); i++, len += 2)
		(void)snprintf(name + len, 3, "%02x", bytes[i]);
	return 0;
}

/* --- creating --- */

/* The janitor outlives us by as long as it takes to remove what we left. */
struct janitor {
	pid_t pid;
	int line; /* our end: a byte means removed, its end without one that we died */
};

static void close_from(int first)
{
	if (sys_close_range((unsigned)first, ~0U) == 0)
		return;
	/* ENOSYS before 5.9, EPERM under older filters. */
	long max = sysconf(_SC_OPEN_MAX);

	for (int fd = first; fd < (max > 0 && max < 65536 ? max : 65536); fd++)
		(void)close(fd);
}

/* All signals are blocked since before the fork; only SIGKILL is left. */
static _Noreturn void janitor_run(int dirfd, int line, const char *name)
{
	char word;
	ssize_t n;

	/* Above 1, so that neither is overwritten by the other's move. */
	dirfd = fcntl(dirfd, F_DUPFD, 3);
	line = fcntl(line, F_DUPFD, 3);
	if (dirfd < 0 || line < 0 || dup2(dirfd, 0) < 0 || dup2(line, 1) < 0)
		_exit(1);
	close_from(2);
	(void)setsid();
	/* Only now does whoever kills our parent's group spare us. */
	if (write(1, "s", 1) != 1)
		_exit(1);
	do
		n = read(1, &word, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		(void)unlinkat(0, name, 0);
	_exit(0);
}

static void janitor_done(const struct janitor *janitor, bool removed)
{
	if (removed)
		(void)!send(janitor->line, "r", 1, MSG_NOSIGNAL);
	(void)close(janitor->line);
	while (waitpid(janitor->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static bool hears(int line)
{
	char word;
	ssize_t n;

	do
		n = read(line, &word, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

static int janitor_start(int dirfd, const char *name, struct janitor *ret)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	pid_t pid = fork();
	if (pid < 0) {
		int code = -errno;

		(void)close(ends[0]);
		(void)close(ends[1]);
		return code;
	}
	if (pid == 0) {
		(void)close(ends[1]);
		janitor_run(dirfd, ends[0], name);
	}
	(void)close(ends[0]);
	*ret = (struct janitor){ .pid = pid, .line = ends[1] };
	if (hears(ends[1]))
		return 0;
	janitor_done(ret, false);
	return -ECHILD;
}

/* One byte: an inode may be had where not even a block is left. */
static int write_byte(int fd)
{
	return write(fd, "t", 1) == 1 ? 0 : -errno;
}

static int create_unnamed(int dirfd)
{
	AUTO_CLOSE int fd = openat(dirfd, ".", O_TMPFILE | O_WRONLY | O_EXCL | O_CLOEXEC,
				   S_IRUSR | S_IWUSR);

	return fd < 0 ? -errno : write_byte(fd);
}

static bool lacks_tmpfile(int code)
{
	/* EISDIR, ENOENT: kernels that do not know the flag and see O_DIRECTORY. */
	return code == -EOPNOTSUPP || code == -EISDIR || code == -ENOENT ||
	       code == -EINVAL;
}

/* In an append-only directory a file can be made but never removed. */
static bool keeps_files(int dirfd)
{
	struct sys_statx st;

	return sys_statx(dirfd, "", AT_EMPTY_PATH, SYS_STATX_TYPE, &st) < 0 ||
	       (st.attributes & SYS_STATX_ATTR_APPEND);
}

/* *tried gets what creating answered; the result is about trying and removing. */
static int create_named(int dirfd, int *tried)
{
	char name[FILE_NAME_MAX];
	struct janitor janitor;

	if (keeps_files(dirfd))
		return -EPERM;
	int r = random_name(name);
	if (r == 0)
		r = janitor_start(dirfd, name, &janitor);
	if (r < 0)
		return r;
	int fd = openat(dirfd, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC,
			S_IRUSR | S_IWUSR);
	if (fd < 0) {
		*tried = -errno;
		janitor_done(&janitor, true);
		return 0;
	}
	*tried = write_byte(fd);
	(void)close(fd); /* first: NFS renames what is unlinked while open */
	r = unlinkat(dirfd, name, 0) < 0 ? -errno : 0;
	janitor_done(&janitor, r == 0);
	return r;
}

int write_create_probe(int dirfd, char answer[16])
{
	struct sigaction old_xfsz, ignore = { .sa_handler = SIG_IGN };
	sigset_t all, old;
	int r = 0;

	answer[0] = '\0';
	sigfillset(&all);
	/* With RLIMIT_FSIZE 0 the byte would kill us; so EFBIG. */
	(void)sigaction(SIGXFSZ, &ignore, &old_xfsz);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	int tried = create_unnamed(dirfd);
	if (lacks_tmpfile(tried))
		r = create_named(dirfd, &tried);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	(void)sigaction(SIGXFSZ, &old_xfsz, NULL);
	if (r < 0 && lacks_tmpfile(tried))
		return r;
	(void)snprintf(answer, 16, "%s", tried == 0 ? "created" : err_name(tried));
	return r;
}

/* --- judging what was answered: pure --- */

static const struct mount_fact *root_mount(const struct mounts_facts *mounts)
{
	struct mount_fact *mount = NULL;

	return mounts->part.known && mounts_root(mounts, &mount) ? mount : NULL;
}

static void add_why(struct part *part, const char *text)
{
	if (part->why && strlen(part->why) > WHY_MAX)
		return;
	AUTO_FREE char *both = part->why ? str_format("%s; %s", part->why, text) : NULL;

	(void)str_set(&part->why, both ? both : text);
}

static const struct {
	const char *name;
	unsigned magic;
} file_systems[] = {
	{ "overlay", OVERLAYFS_SUPER_MAGIC },
	{ "ext2", EXT4_SUPER_MAGIC },
	{ "ext3", EXT4_SUPER_MAGIC },
	{ "ext4", EXT4_SUPER_MAGIC },
	{ "tmpfs", TMPFS_MAGIC },
	{ "xfs", 0x58465342 },
	{ "btrfs", BTRFS_SUPER_MAGIC },
	{ "proc", PROC_SUPER_MAGIC },
	{ "sysfs", SYSFS_MAGIC },
	{ "squashfs", SQUASHFS_MAGIC },
};

static const char *magic_name(unsigned magic)
{
	for (size_t i = 0; i < ARRAY_LEN(file_systems); i++)
		if (file_systems[i].magic == magic)
			return file_systems[i].name;
	return NULL;
}

/* Is it what mountinfo calls "/"? Names that are not in the table cannot tell. */
static bool is_that(const struct mount_fact *mount, unsigned magic)
{
	for (size_t i = 0; mount && i < ARRAY_LEN(file_systems); i++)
		if (str_equal(file_systems[i].name, mount->fstype))
			return file_systems[i].magic == magic;
	return magic != PROC_SUPER_MAGIC && magic != SYSFS_MAGIC;
}

/* --- the root file system --- */

/* The root cannot be entered: the mount's flag is all there is. */
static void from_mountinfo(const struct target *target, const struct mount_fact *mount,
			   struct root_facts *ret)
{
	target_refused(target, &ret->part, "the root file system", target->root_errno);
	ret->part.known = false;
	if (!mount)
		return;
	ret->part.known = true;
	(void)str_set(&ret->part.seen_by, target->seen_by);
	ret->writable = !mount->readonly;
	ret->method = ROOT_MOUNTINFO;
	(void)str_set(&ret->fstype, mount->fstype);
	AUTO_FREE char *why =
		str_format("only mountinfo could be read%s%s", ret->part.why ? ": " : "",
			   ret->part.why ? ret->part.why : "");
	(void)str_set(&ret->part.why, why);
}

/* Asks the kernel too, where we are 'who'. TRI_UNKNOWN: no answer. EROFS is none:
 * on a read-only file system it comes before the mode is looked at. */
static enum tri ask_access(int fd)
{
	if (sys_faccessat2(fd, "", W_OK | X_OK, AT_EACCESS | AT_EMPTY_PATH) == 0)
		return TRI_YES;
	return errno == EACCES ? TRI_NO : TRI_UNKNOWN;
}

static void probe_access(int fd, const struct identity_facts *who, struct root_facts *ret)
{
	enum tri asked = access_is_us(who) ? ask_access(fd) : TRI_UNKNOWN;

	ret->access = access_may_write(who, fd);
	if (ret->access == TRI_UNKNOWN)
		ret->access = asked;
	if (asked == TRI_UNKNOWN || asked == ret->access)
		return;
	ret->access = TRI_UNKNOWN;
	add_why(&ret->part, asked == TRI_NO
				    ? "owner and mode of / grant writing, the kernel "
				      "refuses it (a security module?)"
				    : "owner and mode of / refuse writing, the kernel "
				      "grants it");
}

static void probe_unlink(int fd, const struct mount_fact *mount, struct root_facts *ret)
{
	char name[FILE_NAME_MAX];
	bool answered = false;

	if (random_name(name) < 0) {
		add_why(&ret->part, "no random name to try with");
	} else if (unlinkat(fd, name, 0) < 0 && (errno == EROFS || errno == ENOENT)) {
		ret->writable = errno == ENOENT;
		ret->method = ROOT_UNLINK;
		answered = true;
	} else {
		AUTO_FREE char *why =
			str_format("the attempt to unlink a missing name answered %s",
				   err_words(errno));

		add_why(&ret->part, why ? why : "the attempt was refused");
	}
	if (answered && mount && mount->readonly == ret->writable)
		add_why(&ret->part, ret->writable
					    ? "mountinfo says read-only, but unlinking "
					      "there is not refused with EROFS"
					    : "mountinfo says writable, but unlinking "
					      "there is refused with EROFS");
}

static void probe_create(int fd, const struct identity_facts *who, struct root_facts *ret)
{
	char answer[16];
	int r = write_create_probe(fd, answer);

	if (answer[0])
		(void)str_set(&ret->created, answer);
	if (r < 0) {
		AUTO_FREE char *why = str_format(
			answer[0] ? "the file created in / could not be removed: %s"
				  : "creating a file in / was not tried: %s",
			err_words(r));

		add_why(&ret->part, why ? why : "out of memory");
	}
	if (strcmp(answer, "created") == 0) {
		ret->method = ROOT_CREATE;
		if (access_is_us(who))
			ret->access = TRI_YES;
	} else if (strcmp(answer, "EROFS") == 0) {
		/* A file system that turned read-only after an error. */
		ret->method = ROOT_CREATE;
		ret->writable = false;
	}
}

static int check_root(int fd, const struct mount_fact *mount, struct statfs *st,
		      struct part *part)
{
	if (fstatfs(fd, st) < 0) {
		AUTO_FREE char *why =
			str_format("statfs of the root: %s", err_words(errno));

		part_unknown(part, why, NULL);
		return -EIO;
	}
	if (!is_that(mount, (unsigned)st->f_type)) {
		part_unknown(part, "the process's root is not what mountinfo calls /",
			     NULL);
		return -ESTALE;
	}
	return 0;
}

void write_probe(const struct target *target, enum write_mode mode,
		 const struct mounts_facts *mounts, const struct identity_facts *who,
		 struct root_facts *ret)
{
	const struct mount_fact *mount = root_mount(mounts);
	int fd = target->root.fd;
	struct statfs st;

	(void)str_set(&ret->part.seen_by, target->seen_by);
	if (fd < 0) {
		from_mountinfo(target, mount, ret);
		return;
	}
	if (!mount) {
		/* It may be any directory that the process chose since it started. */
		part_unknown(&ret->part,
			     mounts->part.why ? mounts->part.why
					      : "the process's root is not a mount",
			     mounts->part.grants);
		return;
	}
	if (check_root(fd, mount, &st, &ret->part) < 0)
		return;
	ret->part.known = true;
	(void)str_set(&ret->fstype, mount && mount->fstype
					    ? mount->fstype
					    : magic_name((unsigned)st.f_type));
	ret->method = ROOT_MOUNTINFO;
	ret->writable = mount ? !mount->readonly : !(st.f_flags & ST_RDONLY);
	probe_access(fd, who, ret);
	probe_unlink(fd, mount, ret);
	if (mode != WRITE_NONE && ret->method == ROOT_UNLINK && ret->writable)
		probe_create(fd, who, ret);
}

/* --- the other mounts --- */

static bool wants_file(const struct mount_fact *m)
{
	return !m->readonly && (m->kind == MOUNT_VOLUME || m->kind == MOUNT_TMPFS ||
				m->kind == MOUNT_OTHER);
}

static void mount_unanswered(struct mounts_facts *mounts, const char *path,
			     const char *text)
{
	AUTO(str_done) struct str why = STR_INIT(WHY_MAX);

	(void)str_puts(&why, "creating a file in ");
	text_escape(&why, path);
	(void)str_printf(&why, ": %s", text);
	add_why(&mounts->part, why.s);
}

struct question {
	const struct target *target;
	const char *path;
};

struct reply {
	int result;
	char answer[16];
};

static void ask_mount(const void *arg, void *answer, size_t size)
{
	const struct question *q = arg;
	struct reply *reply = answer;
	AUTO_CLOSE int fd =
		root_openat(&q->target->root, q->path, O_PATH | O_DIRECTORY | O_NOFOLLOW);

	(void)size;
	reply->result = fd < 0 ? fd : write_create_probe(fd, reply->answer);
}

static void probe_mount(const struct target *target, bool us, struct mounts_facts *mounts,
			struct mount_fact *m)
{
	const struct question q = { target, m->path };
	struct reply reply = { 0 };

	/* One that hung when it was asked for its size will hang again. */
	if (mounts_may_hang(m->fstype) && m->bytes_total < 0) {
		mount_unanswered(mounts, m->path, "not tried: it does not answer");
		return;
	}
	int r = patience_ask(ask_mount, &q, &reply, sizeof(reply), MOUNT_MS);
	if (r == 0)
		r = reply.result;
	if (r == -ENOTDIR)
		return; /* a file: opening it for writing is not ours to try */
	if (r < 0)
		mount_unanswered(mounts, m->path, err_words(r));
	else if (strcmp(reply.answer, "created") == 0)
		m->access = us ? TRI_YES : m->access;
	else if (strcmp(reply.answer, "EROFS") == 0)
		m->access = TRI_NO;
	else if (strcmp(reply.answer, "EACCES") == 0 ||
		 strcmp(reply.answer, "EPERM") == 0)
		m->access = us ? TRI_NO : m->access;
	else
		mount_unanswered(mounts, m->path, reply.answer);
}

void write_mounts_probe(const struct target *target, const struct identity_facts *who,
			struct mounts_facts *mounts)
{
	bool us = access_is_us(who);

	if (!mounts->part.known || target->root.fd < 0)
		return;
	LIST_EACH (struct mount_fact, it, &mounts->list)
		if (wants_file(it))
			probe_mount(target, us, mounts, it);
}
