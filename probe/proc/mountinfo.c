/* SPDX-License-Identifier: MIT */
#include "probe/proc/mountinfo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/num.h"
#include "core/str.h"
#include "probe/proc/words.h"

/* More is no container, but somebody who wants to keep us busy. */
#define MOUNTS_MAX 20000

static void line_done(struct mountinfo_line *line)
{
	free(line->root);
	free(line->path);
	free(line->fstype);
	free(line->source);
	free(line->super);
}

void mountinfo_done(struct mountinfo *info)
{
	LIST_EACH (struct mountinfo_line, it, &info->list)
		line_done(it);
	list_done(&info->list);
}

static bool is_octal(const char *p, const char *end)
{
	return end - p >= 4 && p[0] == '\\' && p[1] >= '0' && p[1] <= '3' &&
	       p[2] >= '0' && p[2] <= '7' && p[3] >= '0' && p[3] <= '7';
}

/* The next field, up to one blank (two in a row are an empty field: a source may
 * be empty), with the kernel's \040 turned back; NULL at the end or without memory. */
static char *field(struct words *line)
{
	const char *end = line->end;

	if (line->at > end)
		return NULL;
	const char *blank = memchr(line->at, ' ', (size_t)(end - line->at));
	const char *stop = blank ? blank : end;
	char *ret = malloc((size_t)(stop - line->at) + 1), *to = ret;
	if (!ret)
		return NULL;
	for (const char *p = line->at; p < stop;) {
		bool octal = is_octal(p, stop);

		*to++ = octal ? (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 + p[3] - '0')
			      : *p;
		p += octal ? 4 : 1;
	}
	*to = '\0';
	line->at = stop + 1;
	return ret;
}

static int number(struct words *line, int64_t *ret)
{
	AUTO_FREE char *text = field(line);

	return text ? num_i64(text, ret) : -EINVAL;
}

/* "8:1" */
static int device(struct words *line, struct mountinfo_line *m)
{
	AUTO_FREE char *text = field(line);
	char *colon = text ? strchr(text, ':') : NULL;
	uint64_t major, minor;

	if (!colon)
		return -EINVAL;
	*colon = '\0';
	if (num_u64(text, 10, &major) < 0 || num_u64(colon + 1, 10, &minor) < 0 ||
	    major > UINT32_MAX || minor > UINT32_MAX)
		return -EINVAL;
	m->major = (uint32_t)major;
	m->minor = (uint32_t)minor;
	return 0;
}

bool options_have(const char *options, const char *word)
{
	const size_t n = strlen(word);

	for (const char *at = options;; at++) {
		if (strncmp(at, word, n) == 0 && (at[n] == ',' || at[n] == '\0'))
			return true;
		at = strchr(at, ',');
		if (!at)
			return false;
	}
}

/* Both lists of options begin with the one word that matters most. Anything else
 * is not for us to guess. */
static int rw_or_ro(const char *options, bool *readonly)
{
	const size_t n = strcspn(options, ",");

	if (n != 2 || (memcmp(options, "ro", 2) != 0 && memcmp(options, "rw", 2) != 0))
		return -EINVAL;
	*readonly |= options[1] == 'o';
	return 0;
}

static int options(struct words *line, struct mountinfo_line *m)
{
	AUTO_FREE char *text = field(line);

	if (!text || rw_or_ro(text, &m->readonly) < 0)
		return -EINVAL;
	m->nosuid = options_have(text, "nosuid");
	m->nodev = options_have(text, "nodev");
	m->noexec = options_have(text, "noexec");
	return 0;
}

/* "shared:1 master:2 -": their end is a lone hyphen. */
static int skip_optional(struct words *line)
{
	for (;;) {
		AUTO_FREE char *text = field(line);

		if (!text)
			return -EINVAL;
		if (strcmp(text, "-") == 0)
			return 0;
	}
}

static int take_line(struct words line, struct mountinfo_line *m)
{
	if (memchr(line.at, '\0', (size_t)(line.end - line.at)))
		return -EINVAL;
	if (number(&line, &m->id) < 0 || number(&line, &m->parent) < 0)
		return -EINVAL;
	if (device(&line, m) < 0)
		return -EINVAL;
	m->root = field(&line);
	m->path = field(&line);
	if (!m->root || !m->path || options(&line, m) < 0 || skip_optional(&line) < 0)
		return -EINVAL;
	m->fstype = field(&line);
	m->source = field(&line);
	if (!m->fstype || !m->source || line.at > line.end)
		return -EINVAL;
	/* The rest of the line: some file systems write blanks into it. */
	m->super = strndup(line.at, (size_t)(line.end - line.at));
	return m->super ? rw_or_ro(m->super, &m->readonly) : -ENOMEM;
}

/* By path; of one path by parent, then id. The order in which the kernel lists the
 * mounts of one path says nothing since Linux 6.8: which is on top, parents say. */
static int by_path_parent(const void *a, const void *b)
{
	const struct mountinfo_line *x = a, *y = b;
	int r = strcmp(x->path, y->path);

	if (r == 0)
		r = (x->parent > y->parent) - (x->parent < y->parent);
	return r ? r : (x->id > y->id) - (x->id < y->id);
}

static int by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The parent of the root's mount, and of what else hangs outside. */
#define OUTSIDE INT64_MIN

static int mark_outside(struct list *lines)
{
	AUTO_FREE int64_t *ids = calloc(lines->len + 1, sizeof(*ids));
	size_t n = 0;

	if (!ids)
		return -ENOMEM;
	LIST_EACH (struct mountinfo_line, it, lines)
		ids[n++] = it->id;
	qsort(ids, n, sizeof(*ids), by_number);
	LIST_EACH (struct mountinfo_line, it, lines)
		if (it->parent == it->id ||
		    !bsearch(&it->parent, ids, n, sizeof(*ids), by_number))
			it->parent = OUTSIDE;
	return 0;
}

/* The walk down a path: lines sorted by_path_parent, and for each line the mount
 * that a walk to its path ends on, filled in from the front. */
struct tree {
	struct mountinfo_line *lines;
	size_t len;
	const struct mountinfo_line **ends;
};

/* The last line at the path of 'n' bytes with this parent; t->len: none. */
static size_t find(const struct tree *t, const char *path, size_t n, int64_t parent)
{
	size_t low = 0, high = t->len;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;
		const struct mountinfo_line *m = &t->lines[mid];
		const int r = strncmp(m->path, path, n);

		if (r < 0 || (r == 0 && !m->path[n] && m->parent <= parent))
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0)
		return t->len;
	const struct mountinfo_line *m = &t->lines[--low];
	const bool same = strncmp(m->path, path, n) == 0 && !m->path[n];
	return same && (parent == INT64_MAX || m->parent == parent) ? low : t->len;
}

/* From mount 'on' up through the 'count' mounts of the path, each on the one before. */
static const struct mountinfo_line *climb(const struct tree *t, const char *path,
					  size_t count, const struct mountinfo_line *on)
{
	const size_t n = strlen(path);
	size_t i = on ? find(t, path, n, on->id) : t->len;

	if (i == t->len)
		i = find(t, path, n, OUTSIDE);
	/* Counted: a listing that was forged may go in circles. */
	for (; i < t->len && count > 0; count--) {
		on = &t->lines[i];
		i = find(t, path, n, on->id);
	}
	return on;
}

/* Where a walk to the nearest listed path above 'path' ends; NULL: there is none. */
static const struct mountinfo_line *above(const struct tree *t, const char *path)
{
	for (size_t n = strlen(path); n > 1;) {
		do
			n--;
		while (n > 0 && path[n] != '/');
		const size_t i = find(t, path, n ? n : 1, INT64_MAX);

		if (i < t->len)
			return t->ends[i];
	}
	return NULL;
}

static int mark_hidden(struct mountinfo *info)
{
	const size_t len = info->list.len;
	AUTO_FREE const struct mountinfo_line **ends = calloc(len + 1, sizeof(*ends));
	const struct tree t = { .lines = info->list.items, .len = len, .ends = ends };

	if (!ends || mark_outside(&info->list) < 0)
		return -ENOMEM;
	if (len > 0)
		qsort(t.lines, len, sizeof(*t.lines), by_path_parent);
	for (size_t first = 0, next; first < len; first = next) {
		const char *path = t.lines[first].path;

		for (next = first; next < len && strcmp(t.lines[next].path, path) == 0;)
			next++;
		const struct mountinfo_line *end =
			climb(&t, path, next - first, above(&t, path));
		for (size_t i = first; i < next; i++) {
			t.ends[i] = end;
			t.lines[i].hidden = end != &t.lines[i];
		}
	}
	return 0;
}

static void drop_hidden(struct mountinfo *info)
{
	size_t kept = 0;

	LIST_EACH (struct mountinfo_line, it, &info->list) {
		if (it->hidden)
			line_done(it);
		else
			*LIST_AT(&info->list, struct mountinfo_line, kept++) = *it;
	}
	info->list.len = kept;
}

/* Paths that do not begin with a slash are outside the root of who asks. */
static void drop_outside(struct mountinfo *info)
{
	LIST_EACH (struct mountinfo_line, it, &info->list)
		it->hidden = it->path[0] != '/';
	drop_hidden(info);
}

static int parse(const char *text, size_t len, bool all_of_them, struct mountinfo *ret,
		 struct err *err)
{
	AUTO(mountinfo_done) struct mountinfo info = { 0 };
	struct words all = { .at = text, .end = text + len }, line;
	int r;

	while (lines_next(&all, &line)) {
		if (info.list.len == MOUNTS_MAX)
			return err_set(err, -E2BIG, "mountinfo: more than %d mounts",
				       MOUNTS_MAX);
		struct mountinfo_line *m = LIST_ADD(&info.list, struct mountinfo_line);

		r = m ? take_line(line, m) : -ENOMEM;
		if (r < 0)
			return err_set(err, r, "mountinfo: line %zu is malformed",
				       info.list.len);
	}
	drop_outside(&info);
	r = mark_hidden(&info);
	if (r < 0)
		return err_set(err, r, "mountinfo");
	if (!all_of_them)
		drop_hidden(&info);
	*ret = info;
	info = (struct mountinfo){ 0 };
	return 0;
}

int mountinfo_parse(const char *text, size_t len, struct mountinfo *ret, struct err *err)
{
	return parse(text, len, false, ret, err);
}

int mountinfo_parse_all(const char *text, size_t len, struct mountinfo *ret,
			struct err *err)
{
	return parse(text, len, true, ret, err);
}

int mountinfo_read(const struct target *target, struct mountinfo *ret, struct err *err)
{
	AUTO(str_done) struct str text = STR_INIT(MOUNTINFO_MAX);
	int r = root_read(&target->proc, "mountinfo", &text, err);

	return r < 0 ? r : mountinfo_parse(text.s, text.len, ret, err);
}

bool path_is_below(const char *path, const char *top)
{
	size_t n = strlen(top);

	while (n > 0 && top[n - 1] == '/')
		n--;
	return strncmp(path, top, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

const struct mountinfo_line *mountinfo_over(const struct mountinfo *info,
					    const char *path)
{
	const struct mountinfo_line *best = NULL;

	LIST_EACH (struct mountinfo_line, it, &info->list)
		if (path_is_below(path, it->path) &&
		    (!best || strlen(it->path) > strlen(best->path)))
			best = it;
	return best;
}
