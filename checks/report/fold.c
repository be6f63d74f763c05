/* SPDX-License-Identifier: MIT
 *
 * fold.c - see fold.h. Paths of one directory and below are neighbours in the list,
 * for they begin with the same bytes; its own entry need not be next to them ("/a",
 * "/a-b", "/a/c").
 */
#include "checks/report/fold.h"

#include <errno.h>
#include <string.h>

/* So many entries of a directory get a row each. */
#define ENTRIES_MAX 3
/* A directory of more rows becomes one. */
#define ROWS_MAX 8
/* Below so many directories all is one row: names are an app's to choose. */
#define DEPTH_MAX 64

struct fold {
	const struct list *paths;
	struct list *rows;
};

static const char *path_at(const struct fold *f, size_t i)
{
	return (*LIST_AT(f->paths, struct inventory_path *, i))->path;
}

/* Where the paths end that have the first 'len' bytes of path 'from'. */
static size_t range_end(const struct fold *f, size_t from, size_t to, size_t len)
{
	const char *prefix = path_at(f, from);
	size_t low = from + 1, high = to;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const bool in = strncmp(path_at(f, middle), prefix, len) == 0;

		low = in ? middle + 1 : low;
		high = in ? high : middle;
	}
	return low;
}

static int add_row(const struct fold *f, struct fold_row row)
{
	struct fold_row *slot = LIST_ADD(f->rows, struct fold_row);

	if (!slot)
		return -ENOMEM;
	*slot = row;
	return 0;
}

static bool is_direct(const struct fold *f, size_t i, size_t len)
{
	return !strchr(path_at(f, i) + len, '/');
}

/* The entries of the directory itself: a row for each, or one for all. */
static int fold_direct(const struct fold *f, size_t from, size_t to, size_t len)
{
	size_t n = 0;
	int r = 0;

	for (size_t i = from; i < to; i++)
		n += is_direct(f, i, len);
	if (n > ENTRIES_MAX)
		return add_row(f, (struct fold_row){ from, to, len, true });
	for (size_t i = from; i < to && r == 0; i++)
		if (is_direct(f, i, len))
			r = add_row(f, (struct fold_row){ i, i + 1, 0, false });
	return r;
}

/* The paths from..to begin with the same 'len' bytes, a directory. */
static int fold_dir(const struct fold *f, size_t from, size_t to, size_t len, int depth)
{
	const size_t rows = f->rows->len;

	if (depth == DEPTH_MAX)
		return add_row(f, (struct fold_row){ from, to, len, false });
	int r = fold_direct(f, from, to, len);
	for (size_t i = from, end; i < to && r == 0; i = end) {
		const char *slash = strchr(path_at(f, i) + len, '/');

		end = i + 1;
		if (!slash)
			continue;
		const size_t below = (size_t)(slash - path_at(f, i)) + 1;
		end = range_end(f, i, to, below);
		r = fold_dir(f, i, end, below, depth + 1);
	}
	/* The top is never one row: that would say nothing. */
	if (r == 0 && depth > 0 && f->rows->len - rows > ROWS_MAX) {
		f->rows->len = rows;
		r = add_row(f, (struct fold_row){ from, to, len, false });
	}
	return r;
}

int fold_paths(const struct list *paths, struct list *rows)
{
	const struct fold f = { paths, rows };

	return paths->len ? fold_dir(&f, 0, paths->len, 1, 0) : 0;
}

bool fold_has(const struct list *paths, const struct fold_row *row, size_t i)
{
	const struct fold f = { paths, NULL };

	return !row->direct || is_direct(&f, i, row->len);
}
