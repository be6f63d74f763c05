/* SPDX-License-Identifier: MIT
 *
 * oracle_rows.h - calls as they are answered on a writable mount and on a read-only
 * one. That these are the kernel's own answers is what tests/live/oracle.py proves.
 */
#ifndef TESTS_ORACLE_ROWS_H
#define TESTS_ORACLE_ROWS_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#include "core/table.h"
#include "probe/trace/oracle.h"
#include "tests/unit/test.h"

struct row {
	const char *what;
	unsigned flags;
	struct oracle_name a, b;
	int writable, readonly;
	struct oracle_call more;
};

#define ON	  .mount = 1, .parent_mount = 1
#define ELSEWHERE .mount = 2, .parent_mount = 2
#define FREE	  ON, .kind = KIND_NONE
#define FILE_ON	  ON, .kind = KIND_FILE
#define DIR_ON	  ON, .kind = KIND_DIRECTORY
#define LINK_ON	  ON, .kind = KIND_SYMLINK
#define SOCK_ON	  ON, .kind = KIND_SOCKET
#define FIFO_ON	  ON, .kind = KIND_FIFO
#define DEVICE_ON ON, .kind = KIND_DEVICE

static inline int ask(enum oracle_op op, const struct row *row, bool readonly)
{
	struct oracle_call call = row->more;

	call.op = op;
	call.flags = row->flags;
	call.name[0] = row->a;
	call.name[1] = row->b;
	for (int i = 0; readonly && i < 2; i++) {
		call.name[i].readonly |= call.name[i].mount == 1;
		call.name[i].parent_readonly |= call.name[i].parent_mount == 1;
	}
	return oracle_answer(&call);
}

static inline void check(enum oracle_op op, const struct row *rows, size_t len)
{
	int wrong = 0;

	for (size_t i = 0; i < len; i++) {
		const struct row *row = &rows[i];
		int writable = ask(op, row, false), readonly = ask(op, row, true);

		if (writable == row->writable && readonly == row->readonly)
			continue;
		print_message("%s: %d and %d, not %d and %d\n", row->what, writable,
			      readonly, row->writable, row->readonly);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

#define CHECK(op, rows) check(op, rows, ARRAY_LEN(rows))

/* A row of one name, or of two; then members of the call. */
#define N(...)              \
	{                   \
		__VA_ARGS__ \
	}
#define ONE(what, flags, a, writable, readonly, ...)       \
	{                                                  \
		what, flags, a, { 0 }, writable, readonly, \
		{                                          \
			__VA_ARGS__                        \
		}                                          \
	}
#define TWO(what, flags, a, b, writable, readonly, ...) \
	{                                               \
		what, flags, a, b, writable, readonly,  \
		{                                       \
			__VA_ARGS__                     \
		}                                       \
	}

#endif
