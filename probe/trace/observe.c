/* SPDX-License-Identifier: MIT */
#include "probe/trace/observe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "core/cleanup.h"
#include "core/num.h"
#include "core/table.h"
#include "probe/fs/access.h"
#include "probe/proc/mountinfo.h"
#include "probe/trace/names/script.h"
#include "probe/trace/worlds.h"

/* A server with a thread for each connection has a few hundred; each entry holds one
 * descriptor, and 1024 of them is what a process has by default. */
#define TRACEES_MOST 512

struct observer {
	int proc; /* /proc */
	struct names_view view;
	unsigned kernel;	 /* ORACLE_KERNEL() */
	bool privileged_before;	 /* the app could have gained privileges without us */
	struct planned *planned; /* NULL: no rehearsal */
	bool real;
	struct request request;
};

/* "6.1.0-56-cloud-amd64"; 0, which means one of today, where it reads otherwise. */
static unsigned running_kernel(void)
{
	struct utsname name;
	unsigned part[2] = { 0 };
	const char *at = name.release;

	if (uname(&name) < 0)
		return 0;
	for (int i = 0; i < 2; i++) {
		while (*at >= '0' && *at <= '9' && part[i] < 1000)
			part[i] = part[i] * 10 + (unsigned)(*at++ - '0');
		at += *at == '.';
	}
	return ORACLE_KERNEL(part[0], part[1]);
}

int observer_new(const struct observer_options *options, struct observer **ret,
		 struct err *err)
{
	struct observer *o = calloc(1, sizeof(*o));

	if (!o)
		return err_set(err, -ENOMEM, "out of memory");
	o->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (o->proc < 0) {
		int code = -errno;

		free(o);
		return err_set(err, code, "/proc: %s", err_words(code));
	}
	int r = surface_new(-1, options->every_mount, &o->view.surface, err);
	if (r == 0 && options->mounts)
		r = planned_new(options->mounts, &o->planned, err);
	if (r == 0) {
		o->view.tracees = tracees_new(o->proc, TRACEES_MOST);
		if (!o->view.tracees)
			r = err_set(err, -ENOMEM, "out of memory");
	}
	if (r < 0) {
		observer_done(o);
		return r;
	}
	o->view.planned = o->planned;
	o->real = options->real;
	o->kernel = running_kernel();
	o->privileged_before = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
	*ret = o;
	return 0;
}

void observer_done(struct observer *o)
{
	if (!o)
		return;
	if (o->view.tracees)
		tracees_done(o->view.tracees);
	if (o->view.surface)
		surface_done(o->view.surface);
	planned_done(o->planned);
	if (o->proc >= 0)
		(void)close(o->proc);
	free(o);
}

struct surface *observer_surface(struct observer *o)
{
	return o->view.surface;
}

void event_init(struct event *event)
{
	memset(event, 0, sizeof(*event));
	event->place[0].parent = event->place[1].parent = -1;
}

void event_done(struct event *event)
{
	place_found_done(&event->place[0]);
	place_found_done(&event->place[1]);
}

/* All but the places, which are large and released after each event. */
static void event_clear(struct event *ret)
{
	ret->counts = ret->unresolved = ret->pair = ret->executed = false;
	ret->why = ret->note = NULL;
	ret->now = ret->planned = 0;
	ret->open_flags = 0;
	ret->tracee = NULL;
	ret->call = NULL;
	ret->refuse = ret->natively = 0;
	ret->beyond = ret->apart = ret->asks = ret->voids = false;
}

static void unresolved(struct event *ret, const char *why)
{
	ret->unresolved = true;
	ret->why = why;
}

/* --- what an operation is called in the inventory --- */

struct operation {
	enum oracle_op oracle;
	enum inventory_op op;
};

static const struct operation operations[] = {
	[CALL_OPEN] = { ORACLE_OPEN, OP_WRITE },
	[CALL_MKDIR] = { ORACLE_MKDIR, OP_MKDIR },
	[CALL_MKNOD] = { ORACLE_MKNOD, OP_MKNOD },
	[CALL_SYMLINK] = { ORACLE_SYMLINK, OP_SYMLINK },
	[CALL_LINK] = { ORACLE_LINK, OP_LINK },
	[CALL_RENAME] = { ORACLE_RENAME, OP_RENAME },
	[CALL_UNLINK] = { ORACLE_UNLINK, OP_UNLINK },
	[CALL_RMDIR] = { ORACLE_RMDIR, OP_RMDIR },
	[CALL_TRUNCATE] = { ORACLE_TRUNCATE, OP_TRUNCATE },
	[CALL_CHMOD] = { ORACLE_CHMOD, OP_CHMOD },
	[CALL_CHOWN] = { ORACLE_CHOWN, OP_CHOWN },
	[CALL_UTIME] = { ORACLE_UTIME, OP_UTIME },
	[CALL_XATTR] = { ORACLE_XATTR, OP_XATTR },
	[CALL_ACCESS] = { ORACLE_ACCESS, OP_ACCESS },
	[CALL_BIND] = { ORACLE_BIND, OP_BIND },
};

static enum inventory_op op_of(const struct request *request,
			       const struct place_found *place)
{
	if (request->kind != CALL_OPEN)
		return operations[request->kind].op;
	if (place->facts.kind == KIND_NONE || (request->flags & O_TMPFILE) == O_TMPFILE)
		return OP_CREATE;
	return request->flags & O_TRUNC ? OP_TRUNCATE : OP_WRITE;
}

/* --- asking the oracle --- */

static bool may_mknod(const struct tracee *tracee, const struct request *request)
{
	unsigned type = request->mode & S_IFMT;

	/* A 0/0 character device is overlayfs's whiteout, which anybody may make. */
	if (type != S_IFCHR && type != S_IFBLK)
		return true;
	return (type == S_IFCHR && request->args[request->call->mode + 1] == 0) ||
	       (tracee->who.cap_effective & CAP_MASK(CAP_MKNOD));
}

static enum oracle_attr attr_of(const char *name)
{
	static const struct {
		const char *prefix;
		enum oracle_attr attr;
	} all[] = { { "user.", ATTR_USER },
		    { "trusted.", ATTR_TRUSTED },
		    { "security.", ATTR_SECURITY },
		    { "system.", ATTR_SYSTEM } };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (strncmp(name, all[i].prefix, strlen(all[i].prefix)) == 0)
			return all[i].attr;
	return ATTR_UNKNOWN;
}

/* cap_inode_setxattr(), xattr_permission() */
static bool may_set_attr(const struct tracee *tracee, const char *name)
{
	int cap = strcmp(name, "security.capability") == 0 ? CAP_SETFCAP : CAP_SYS_ADMIN;

	return !tracee->who.part.known || (tracee->who.cap_effective & CAP_MASK(cap));
}

/* Has the tracee opened it with O_PATH? The link's mode says how it can be used; one that
 * can neither be read nor written is such a one, or was opened with access mode 3. */
static bool is_path_only(const struct observer *o, const struct tracee *tracee,
			 const struct request *request)
{
	char name[64], text[256];
	struct stat st;

	if (request->call->fd < 0)
		return false;
	(void)snprintf(name, sizeof(name), "%d/fd/%d", (int)request->tid,
		       request->name[0].dirfd);
	if (fstatat(o->proc, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_mode & 0700)
		return false;
	AUTO_CLOSE int fd =
		tracee_open_fdinfo(o->view.tracees, tracee, request->name[0].dirfd);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	const char *flags = strstr(text, "flags:");
	uint64_t bits = 0;
	char *end = flags ? strchr(flags, '\n') : NULL;
	if (!end)
		return false;
	*end = '\0';
	flags += strlen("flags:");
	flags += strspn(flags, " \t");
	return num_u64(flags, 8, &bits) == 0 && bits & O_PATH;
}

/* Is 'path' below the directory 'top'? */
static bool is_below(const struct place_found *path, const struct place_found *top)
{
	return path->len > top->len && path_is_below(path->path, top->path);
}

static void judge(const struct observer *o, const struct tracee *tracee,
		  struct event *ret)
{
	const struct request *request = &o->request;
	struct oracle_call call = {
		.op = operations[request->kind].oracle,
		.flags = request->flags,
		.at = request->at,
		.mode = request->mode,
		.now = request->now,
		.omit = request->omit,
		.early = request->early,
		.empty = request->empty,
		.strict = strcmp(request->call->name, "openat2") == 0,
		.kernel = o->kernel,
		.path_only = is_path_only(o, tracee, request),
	};

	if (request->kind == CALL_MKNOD)
		call.privileged = may_mknod(tracee, request);
	if (request->kind == CALL_XATTR) {
		call.attr = attr_of(request->attr);
		call.privileged = may_set_attr(tracee, request->attr);
	}
	if (request->kind == CALL_RENAME) {
		call.beneath = is_below(&ret->place[1], &ret->place[0]);
		call.above = is_below(&ret->place[0], &ret->place[1]);
	}
	ret->op = op_of(request, &ret->place[0]);
	ret->now = worlds_answer(&call, ret, WORLD_NOW);
	ret->planned = worlds_answer(&call, ret, WORLD_PLANNED);
	if (o->planned)
		worlds_rehearse(&call, o->real, ret);
	/* EROFS is counted also where the root is read-only already. An error that comes
	 * first in both worlds is no concern of a read-only root. */
	ret->counts = ret->planned == EROFS || ret->planned != ret->now;
}

/* There "/etc" may be anything, and only the names that are used there are known. */
static bool is_elsewhere(const struct observer *o, const struct tracee *tracee,
			 const struct event *event)
{
	for (int i = 0; i < (event->pair ? 2 : 1) && !tracee->own_view; i++) {
		const struct surface_mount *mount = event->place[i].mount;

		if (mount && !surface_find(o->view.surface, mount->id))
			return true;
	}
	return false;
}

static void operation(struct observer *o, const struct tracee *tracee, struct event *ret)
{
	const struct request *request = &o->request;

	if (request->other)
		return;
	ret->pair = request->kind == CALL_LINK || request->kind == CALL_RENAME;
	ret->open_flags = request->kind == CALL_OPEN ? request->flags : 0;
	for (int i = 0; i < (ret->pair ? 2 : 1) && request->early == 0; i++) {
		names_find(&o->view, tracee, request, i, &ret->place[i]);
		if (ret->place[i].unresolved)
			return unresolved(ret, ret->place[i].unresolved);
	}
	if (request->early)
		return;
	judge(o, tracee, ret);
	if (o->planned)
		worlds_keep_up(o->planned, &o->request, ret);
	/* What has no name there (a pipe, a memfd, a deleted file) has no path to record.
	 */
	if (ret->place[0].nameless && !(ret->pair && !ret->place[1].nameless))
		ret->counts = false;
	if (o->planned && is_elsewhere(o, tracee, ret)) {
		ret->apart = ret->counts || ret->refuse;
		ret->refuse = 0;
	} else if (ret->counts && is_elsewhere(o, tracee, ret))
		ret->note = "a process with mounts of its own (a mount namespace) wrote: "
			    "its paths are recorded as they are called there";
}

/* --- what is no operation, and told to others --- */

static bool has_file_capabilities(const struct place_found *place)
{
	return place->parent >= 0 && access_xattr(place->parent, place->name,
						  "security.capability", NULL, 0) > 0;
}

/* no_new_privs, which we had to set, makes these run without what they are for. */
static const char *lost_privilege(const struct observer *o, const struct tracee *tracee,
				  const struct place_found *place)
{
	const struct sys_statx *st = &place->st;

	if (!o->privileged_before || !tracee->who.no_new_privs ||
	    place->facts.kind != KIND_FILE)
		return NULL;
	if ((st->mode & S_ISUID && st->uid != tracee->who.euid) ||
	    ((st->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
	     st->gid != tracee->who.egid) ||
	    (tracee->who.euid != 0 && has_file_capabilities(place)))
		return "a setuid or setgid program, or one with file capabilities, was "
		       "executed and got no privileges: under the tracer there are none "
		       "to gain (no_new_privs)";
	return NULL;
}

/* The interpreter of a script may be a script: so often, as exec_binprm() has it. */
#define INTERPRETERS_MOST 5

/* Is the interpreter of this script, or that one's, on a planned mount with noexec? */
static bool is_interpreted_there(const struct observer *o, const struct tracee *tracee,
				 struct event *ret)
{
	static struct request request; /* large */
	struct request_name *name = &request.name[0];

	for (int i = 0; i < INTERPRETERS_MOST; i++) {
		const struct place_found *place = &ret->place[i > 0];

		if (place->unresolved || place->facts.kind != KIND_FILE)
			return false;
		if (i == 0)
			request = o->request;
		name->len = script_interpreter(place, name->path);
		if (name->len == 0)
			return false;
		name->by_fd = false;
		name->dirfd = AT_FDCWD;
		request.follow = true;
		names_find(&o->view, tracee, &request, 0, &ret->place[1]);
		if (ret->place[1].on && ret->place[1].on->noexec)
			return true;
	}
	return false;
}

static void executed(struct observer *o, const struct tracee *tracee, struct event *ret)
{
	struct place_found *place = &ret->place[0];

	if (o->request.early || !o->request.name[0].given)
		return;
	names_find(&o->view, tracee, &o->request, 0, place);
	if (place->unresolved) { /* a mark that is missing, no path */
		if (o->planned && !o->real)
			ret->note = "a process that is closed to us executed or mapped "
				    "something: nobody could tell whether a mount with "
				    "noexec would have refused it";
		return;
	}
	ret->executed = place->facts.kind == KIND_FILE && !place->nameless;
	if (o->request.kind == CALL_EXEC)
		ret->note = lost_privilege(o, tracee, place);
	/* What it may not because of its mode it may not anyway. */
	if (ret->executed && place->on && place->on->noexec && !o->real)
		ret->refuse = o->request.kind == CALL_EXEC ? EACCES : EPERM;
	else if (ret->executed && o->request.kind == CALL_EXEC && !o->real &&
		 o->planned && is_interpreted_there(o, tracee, ret))
		ret->refuse = EACCES;
}

/* Where a chdir or chroot leads: -1 where it will fail. */
static int open_directory(const struct tracee *tracee, const struct place_found *place)
{
	const struct oracle_name *facts = &place->facts;
	int fd = -1;

	if (place->unresolved)
		return TRACEE_TO_UNKNOWN;
	if (facts->walk || facts->kind != KIND_DIRECTORY)
		return -1;
	if (place->parent >= 0 && facts->last == LAST_NAME)
		fd = openat(place->parent, place->name,
			    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	else if (tracee->own_view)
		fd = open(place->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? TRACEE_TO_UNKNOWN : fd;
}

/* Only of a process whose /proc links are closed to us is it kept where it goes. */
static void directory(struct observer *o, const struct tracee *tracee, struct event *ret)
{
	struct place_found *place = &ret->place[0];
	int to = -1;

	if (tracee->closed && o->request.name[0].given && !o->request.early) {
		names_find(&o->view, tracee, &o->request, 0, place);
		to = open_directory(tracee, place);
	} else if (o->request.unread)
		to = TRACEE_TO_UNKNOWN;
	tracee_before(o->view.tracees, tracee, &o->request, to);
	if (to >= 0)
		(void)close(to);
}

static void other(struct observer *o, const struct tracee *tracee, struct event *ret)
{
	switch ((int)o->request.kind) { /* those of operations do not come here */
	case CALL_EXEC:
		executed(o, tracee, ret);
		break;
	case CALL_MMAP:
		executed(o, tracee, ret);
		return;
	case CALL_CHDIR:
	case CALL_FCHDIR:
	case CALL_CHROOT:
		return directory(o, tracee, ret);
	case CALL_MOUNT:
		surface_changed(o->view.surface);
		break;
	case CALL_IO_URING:
		ret->note = "io_uring was set up: what goes through a ring is not seen "
			    "(--refuse-io-uring answers ENOSYS instead)";
		ret->voids = true;
		return;
	case CALL_BLIND:
		return unresolved(ret, "files opened by handle, which have no name to "
				       "record (open_by_handle_at)");
	case CALL_LISTENER:
		if (!o->request.args[2]) /* a library asking whether the kernel can */
			return;
		ret->note = "the app asked for a seccomp listener of its own and got "
			    "EBUSY: there can be but one";
		return;
	default:
		break;
	}
	tracee_before(o->view.tracees, tracee, &o->request, -1);
}

void observe(struct observer *o, const struct seccomp_notif *notif, struct event *ret)
{
	event_clear(ret);
	const struct tracee *tracee = tracees_get(o->view.tracees, (pid_t)notif->pid);

	if (!tracee)
		return unresolved(ret, "processes that could not be looked at in /proc");
	ret->tracee = tracee;
	if (request_read(o->view.tracees, tracee, notif, &o->request) < 0)
		return unresolved(ret, "calls of an ABI that taskprobe has no table of");
	ret->call = o->request.call->name;
	if ((size_t)o->request.kind >= ARRAY_LEN(operations))
		return other(o, tracee, ret);
	if (o->request.unread)
		return unresolved(ret, "calls of processes that gave up their uid, whose "
				       "memory is closed: add SYS_PTRACE to "
				       "linuxParameters.capabilities.add");
	operation(o, tracee, ret);
}

void observe_unsent(struct observer *o, const struct seccomp_notif *notif)
{
	tracee_unsent(o->view.tracees, (pid_t)notif->pid);
}
