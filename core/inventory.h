/* SPDX-License-Identifier: MIT
 *
 * inventory.h - the paths that an app writes: taskprobe.inventory/1.
 *
 * JSON Lines, one record a line, so that it survives a kill, can be split over
 * log lines and joined again. A 'run' record first; 'path', 'pair' and 'dir'
 * records as they are found; an 'end' record last: without it the inventory is
 * truncated, and says so. Counts are what came since the last record of that
 * path: they add up. Everything else in a later record replaces the earlier.
 */
#ifndef CORE_INVENTORY_H
#define CORE_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/facts.h" /* enum tri */
#include "core/list.h"
#include "core/str.h"

#define INVENTORY_SCHEMA "taskprobe.inventory/1"

/* A line that is longer is not read, and none such is written: what does not go in
 * (arguments of the command, processes of a path) is summed up. */
#define INVENTORY_LINE_MAX ((size_t)1 << 20)

enum inventory_op {
	OP_CREATE,
	OP_WRITE,
	OP_TRUNCATE,
	OP_MKDIR,
	OP_UNLINK,
	OP_RMDIR,
	OP_RENAME,
	OP_LINK,
	OP_SYMLINK,
	OP_MKNOD,
	OP_CHMOD,
	OP_CHOWN,
	OP_UTIME,
	OP_XATTR,
	OP_BIND,
	OP_ACCESS,
	OP_COUNT,
};
extern const char *const inventory_op_names[]; /* NULL-terminated */

/* As enum file_kind of the tracer; KIND_UNKNOWN is left out in JSON. */
enum inventory_kind {
	INVENTORY_UNKNOWN,
	INVENTORY_FILE,
	INVENTORY_DIRECTORY,
	INVENTORY_SYMLINK,
	INVENTORY_SOCKET,
	INVENTORY_FIFO,
	INVENTORY_DEVICE,
};
extern const char *const inventory_kind_names[];

/* How often an operation ended how. */
struct inventory_count {
	enum inventory_op op;
	int code; /* 0: written; else the errno that it got natively */
	int64_t count;
};

struct inventory_process {
	char *exe; /* NULL: not known */
	int64_t uid, gid, count;
};

struct inventory_run {
	char *id;			/* of this run: 32 hex digits; unique */
	char *tool;			/* "taskprobe 0.1.0" */
	char *method;			/* "trace", "watch", "snapshot" */
	struct list command;		/* char * */
	char *container, *image, *task; /* NULL: not known */
	char *started;			/* RFC 3339 */
	/* Of a merged inventory; NULL and 0 in a run's own: */
	char *ended;	 /* as its end record had it; "truncated": it had none */
	int64_t records; /* that came of it: of two copies the fuller one is taken */
	int64_t merged;	 /* how many runs the inventory has in all */
};

struct inventory_path {
	char *path; /* bytes, absolute */
	enum inventory_kind kind;
	struct list counts; /* struct inventory_count, one for each op and code */
	struct list
		processes;   /* struct inventory_process, one for each exe, uid and gid */
	int64_t first, last; /* ms since the epoch; RFC 3339 with milliseconds in JSON */
	int64_t size;	     /* bytes, the largest seen; -1: not known */
	enum tri in_image;   /* was it there before the app wrote it */
	enum tri exists;     /* was it there when last looked */
	char *mount;	     /* mount point that it lies on */
	bool executed;	     /* or mapped executable, after it was written */
	int64_t runs;	     /* of a merged inventory; 0 in a run's own */
};

struct inventory_pair {
	enum inventory_op op; /* OP_RENAME or OP_LINK */
	char *from, *to;
	int64_t count;
};

struct inventory_dir {
	char *path;
	int64_t entries; /* that it held before the app wrote into it, at most
			    DIR_ENTRIES_MOST */
	bool empty;
	int64_t uid, gid, mode;
	int64_t peak_bytes; /* of what the app wrote below it, at one time: a lower bound
			     */
};
/* A directory with more entries is not counted to its end. */
#define INVENTORY_ENTRIES_MOST 10000

struct inventory_end {
	char *ended;  /* "exit", "signal", "time", ... */
	int64_t exit; /* the app's status; 128 + n; -1: it still ran */
	int64_t events, unresolved, lost;
	struct list blind_spots; /* char * */
};

enum inventory_record_kind {
	RECORD_RUN,
	RECORD_PATH,
	RECORD_PAIR,
	RECORD_DIR,
	RECORD_ENDED,
};
extern const char *const inventory_record_names[]; /* "run", ... */

struct inventory_record {
	enum inventory_record_kind kind;
	union {
		struct inventory_run run;
		struct inventory_path path;
		struct inventory_pair pair;
		struct inventory_dir dir;
		struct inventory_end end;
	};
};

/* One line, with its newline; 'out' keeps its first error. Members that are not known
 * are left out. */
void inventory_write(struct str *out, const struct inventory_record *record);

/* Reads one line (without its newline). 0; -ENOMSG for what is JSON but no record that
 * we know, -EINVAL for a broken one, both with words; -ENOMEM, -E2BIG. */
int inventory_read(const char *line, size_t len, struct inventory_record *ret,
		   struct err *err);
void inventory_record_done(struct inventory_record *record);
void inventory_run_done(struct inventory_run *run);
void inventory_path_done(struct inventory_path *path);
void inventory_end_done(struct inventory_end *end);

/* Adds to the counts of a path. 0 or -ENOMEM. */
int inventory_path_count(struct inventory_path *path, enum inventory_op op, int code,
			 int64_t count);
int inventory_path_process(struct inventory_path *path, const char *exe, int64_t uid,
			   int64_t gid, int64_t count);
/* What 'more' says goes into 'into' (same path): counts and processes add up, first and
 * size to the outermost, the rest as the later one has it. 0 or -ENOMEM. */
int inventory_path_join(struct inventory_path *into, const struct inventory_path *more);

/* --- a set of them: what one run wrote, or many --- */

struct inventory; /* hashed by path */

struct inventory *inventory_new(void);
void inventory_done(struct inventory *inventory);

/* 0 or -ENOMEM; the record is copied. */
int inventory_add(struct inventory *inventory, const struct inventory_record *record);

/* The same for a path, whose content moves out of *path where there is none yet. */
int inventory_take_path(struct inventory *inventory, struct inventory_path *path);

struct inventory_path *inventory_find(struct inventory *inventory, const char *path);
/* The entry, made where there is none; NULL without memory. */
struct inventory_path *inventory_path(struct inventory *inventory, const char *path);
/* The next one in the order in which they came; the first one behind NULL, NULL behind
 * the last. */
struct inventory_path *inventory_next_path(const struct inventory *inventory,
					   const struct inventory_path *path);
struct inventory_dir *inventory_find_dir(struct inventory *inventory, const char *path);

size_t inventory_paths(const struct inventory *inventory);
/* Lists of pointers into it, sorted by bytes; the caller releases the list alone
 * (list_done). 0 or -ENOMEM. */
int inventory_list_paths(const struct inventory *inventory, struct list *ret);
int inventory_list_pairs(const struct inventory *inventory, struct list *ret);
int inventory_list_dirs(const struct inventory *inventory, struct list *ret);
int inventory_list_runs(const struct inventory *inventory, struct list *ret);
/* The end record; NULL: it has none, and is truncated. */
const struct inventory_end *inventory_ended(const struct inventory *inventory);

/* All of it as lines, sorted: the same inventory gives the same bytes. */
int inventory_write_all(const struct inventory *inventory, struct str *out);
/* The same, a line at a time, for a set that is larger than memory has room for twice.
 * 'put' returns 0 or a negative errno, which ends it and is returned. */
int inventory_write_each(const struct inventory *inventory,
			 int (*put)(void *arg, const char *line, size_t len), void *arg);

#endif
