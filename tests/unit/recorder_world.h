/* SPDX-License-Identifier: MIT
 *
 * recorder_world.h - a recorder, and events made by hand, of real files in a directory
 * of our own, as the tracer makes them: what is seen while the app waits, then the
 * operation itself.
 */
#ifndef TESTS_RECORDER_WORLD_H
#define TESTS_RECORDER_WORLD_H

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "probe/trace/recorder.h"
#include "tests/unit/test.h"

struct world {
	char dir[64];
	struct recorder *recorder;
	struct inventory *inventory; /* all records, added up */
	struct str lines;
	size_t records, flushes;
	bool full;
	struct surface_mount mount;
	struct tracee tracee;
	struct event event;
};

static int64_t now = 1000; /* what the recorder takes for the time */

static inline int64_t test_now(void)
{
	return now;
}

static inline void take(void *arg, const struct inventory_record *record)
{
	struct world *w = arg;

	w->records++;
	inventory_write(&w->lines, record);
	assert_int_equal(inventory_add(w->inventory, record), 0);
}

static inline void flushed(void *arg)
{
	((struct world *)arg)->flushes++;
}

static inline bool ready(void *arg)
{
	return !((struct world *)arg)->full;
}

static inline void start(struct world *w, size_t most)
{
	const struct recorder_options options = { .most_paths = most,
						  .now_ms = test_now };
	const struct recorder_sink sink = { take, flushed, ready, w };
	struct err err = ERR_INIT;

	memset(w, 0, sizeof(*w));
	w->lines = (struct str)STR_INIT((size_t)64 << 20);
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/test_recorder.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	assert_non_null(w->inventory = inventory_new());
	assert_int_equal(recorder_new(&options, &sink, &w->recorder, &err), 0);
	w->mount = (struct surface_mount){ .path = "/", .planned = true };
	w->tracee = (struct tracee){ .tid = 1, .exe = "/bin/app" };
	w->tracee.who.part.known = true;
	w->tracee.who.euid = 1000;
	w->tracee.who.egid = 1001;
	event_init(&w->event);
	now = 1000;
}

static inline void finish(struct world *w)
{
	char command[128];

	for (int i = 0; i < 2; i++)
		if (w->event.place[i].parent >= 0)
			(void)close(w->event.place[i].parent);
	recorder_done(w->recorder);
	inventory_done(w->inventory);
	str_done(&w->lines);
	(void)snprintf(command, sizeof(command), "%s", w->dir);
	char *argv[] = { (char[]){ "rm" }, (char[]){ "-rf" }, command, NULL };
	pid_t pid = fork();
	if (pid == 0) {
		(void)execvp(argv[0], argv);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
}

static inline enum file_kind kind_of(unsigned mode)
{
	return S_ISREG(mode) ? KIND_FILE : S_ISDIR(mode) ? KIND_DIRECTORY : KIND_SYMLINK;
}

/* What names_find() would find. */
static inline void place(struct world *w, struct place_found *p, const char *name)
{
	char parent[512];

	if (p->parent >= 0)
		(void)close(p->parent);
	p->len = (size_t)snprintf(p->path, sizeof(p->path), "%s/%s", w->dir, name);
	p->name = strrchr(p->path, '/') + 1;
	(void)snprintf(parent, sizeof(parent), "%.*s", (int)(p->name - p->path), p->path);
	p->parent = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	memset(&p->facts, 0, sizeof(p->facts));
	memset(&p->st, 0, sizeof(p->st));
	if (sys_statx(AT_FDCWD, p->path, AT_SYMLINK_NOFOLLOW,
		      SYS_STATX_BASIC | SYS_STATX_MNT_ID, &p->st) == 0)
		p->facts.kind = kind_of(p->st.mode);
	struct sys_statx st;
	assert_int_equal(sys_statx(AT_FDCWD, parent, 0, SYS_STATX_MNT_ID, &st), 0);
	w->mount.id = st.mnt_id;
	p->mount = &w->mount;
	p->nameless = false;
}

static inline void happens(struct world *w, enum inventory_op op, const char *from,
			   const char *to, int code)
{
	w->event.counts = true;
	w->event.executed = w->event.unresolved = false;
	w->event.note = NULL;
	w->event.op = op;
	w->event.now = code;
	w->event.pair = to != NULL;
	w->event.tracee = &w->tracee;
	place(w, &w->event.place[0], from);
	if (to)
		place(w, &w->event.place[1], to);
	recorder_count(w->recorder);
	recorder_before(w->recorder, &w->event);
}

static inline void answered(struct world *w)
{
	recorder_add(w->recorder, &w->event);
}

static inline char *in(struct world *w, const char *name)
{
	static char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	return path;
}

static inline void fill(struct world *w, const char *name, size_t size)
{
	AUTO_CLOSE int fd = open(in(w, name), O_WRONLY | O_CREAT | O_TRUNC, 0644);
	AUTO_FREE char *data = calloc(1, size + 1);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
}

/* The call, with what it does. */
static inline void writes(struct world *w, const char *name, size_t size)
{
	bool new = access(in(w, name), F_OK) < 0;

	happens(w, new ? OP_CREATE : OP_TRUNCATE, name, NULL, 0);
	answered(w);
	fill(w, name, size);
}

static inline void makes_directory(struct world *w, const char *name)
{
	happens(w, OP_MKDIR, name, NULL, 0);
	answered(w);
	assert_int_equal(mkdir(in(w, name), 0750), 0);
}

static inline void unlinks(struct world *w, const char *name)
{
	happens(w, OP_UNLINK, name, NULL, 0);
	answered(w);
	assert_int_equal(unlink(in(w, name)), 0);
}

static inline void renames(struct world *w, const char *from, const char *to)
{
	AUTO_FREE char *old = strdup(in(w, from));

	happens(w, OP_RENAME, from, to, 0);
	answered(w);
	assert_int_equal(rename(old, in(w, to)), 0);
}

static inline void executes(struct world *w, const char *name)
{
	w->event.counts = w->event.pair = w->event.unresolved = false;
	w->event.executed = true;
	place(w, &w->event.place[0], name);
	recorder_before(w->recorder, &w->event);
	recorder_add(w->recorder, &w->event);
}

static inline const struct inventory_path *path(struct world *w, const char *name)
{
	const struct inventory_path *p = inventory_find(w->inventory, in(w, name));

	if (!p)
		fail_msg("no record of %s", name);
	return p;
}

static inline const struct inventory_dir *dir(struct world *w, const char *name)
{
	const struct inventory_dir *d =
		inventory_find_dir(w->inventory, *name == '/' ? name
						 : *name      ? in(w, name)
							      : w->dir);

	if (!d)
		fail_msg("no record of the directory %s", name);
	return d;
}

static inline int64_t times(const struct inventory_path *p, enum inventory_op op,
			    int code)
{
	LIST_EACH (const struct inventory_count, c, &p->counts)
		if (c->op == op && c->code == code)
			return c->count;
	return 0;
}

#define WORLD(w, most)               \
	AUTO(finish) struct world w; \
	start(&(w), most)

#endif
