/* SPDX-License-Identifier: MIT */
#include "probe/proc/cgroup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/table.h"
#include "probe/proc/words.h"

/* A line per hierarchy, at most 16 of them in v1, each up to PATH_MAX. */
#define CGROUP_MAX (128 * 1024)
/* Docker's short form. */
#define ID_MIN 12

static char *copy(const char *from, const char *end)
{
	return strndup(from, (size_t)(end - from));
}

/* The kernel's mark on a cgroup that was removed while a process is still in it. */
static const char *without_mark(const char *path, const char *end)
{
	static const char mark[] = " (deleted)";
	const size_t n = sizeof(mark) - 1;

	return (size_t)(end - path) > n && memcmp(end - n, mark, n) == 0 ? end - n : end;
}

/* "4:memory:/path": the path may hold colons, the controllers cannot. */
static int take_line(const struct words *line, struct cgroup_lines *lines)
{
	const size_t len = (size_t)(line->end - line->at);
	const char *one = memchr(line->at, ':', len);
	const char *two =
		one ? memchr(one + 1, ':', (size_t)(line->end - one - 1)) : NULL;

	if (!two || two + 1 == line->end || two[1] != '/' || memchr(line->at, '\0', len))
		return -EINVAL;
	struct cgroup_line *it = LIST_ADD(&lines->list, struct cgroup_line);
	if (!it)
		return -ENOMEM;
	it->controllers = copy(one + 1, two);
	it->path = copy(two + 1, without_mark(two + 1, line->end));
	it->v2 = two == one + 1 && one == line->at + 1 && line->at[0] == '0';
	return it->controllers && it->path ? 0 : -ENOMEM;
}

int cgroup_parse(const char *text, size_t len, struct cgroup_lines *ret, struct err *err)
{
	AUTO(cgroup_lines_done) struct cgroup_lines lines = { 0 };
	struct words all = { .at = text, .end = text + len }, line;

	while (lines_next(&all, &line)) {
		int r = take_line(&line, &lines);

		if (r < 0)
			return err_set(err, r, "cgroup: line %zu", lines.list.len + 1);
	}
	*ret = lines;
	lines = (struct cgroup_lines){ 0 };
	return 0;
}

int cgroup_read(const struct target *target, struct cgroup_lines *ret, struct err *err)
{
	AUTO(str_done) struct str text = STR_INIT(CGROUP_MAX);
	int r = root_read(&target->proc, "cgroup", &text, err);

	return r < 0 ? r : cgroup_parse(text.s, text.len, ret, err);
}

void cgroup_lines_done(struct cgroup_lines *lines)
{
	LIST_EACH (struct cgroup_line, it, &lines->list) {
		free(it->controllers);
		free(it->path);
	}
	list_done(&lines->list);
}

/* Does the component say this id, bare or as one of the runtimes writes it? */
static bool names(const char *component, size_t len, const char *id)
{
	static const char *const heads[] = { "", "docker-", "cri-containerd-", "libpod-",
					     "crio-" };
	static const char scope[] = ".scope";
	const size_t n = strlen(id);

	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		const size_t head = strlen(heads[i]);

		if (len < head + n || memcmp(component, heads[i], head) != 0 ||
		    memcmp(component + head, id, n) != 0)
			continue;
		const char *tail = component + head + n;
		const size_t rest = len - head - n;
		if (rest == 0 || (head > 0 && rest == sizeof(scope) - 1 &&
				  memcmp(tail, scope, rest) == 0))
			return true;
	}
	return false;
}

static const char *id_of(const char *component, size_t len, const struct list *ids)
{
	LIST_EACH (char *, id, ids)
		if (strlen(*id) >= ID_MIN && names(component, len, *id))
			return *id;
	return NULL;
}

const char *cgroup_container_id(const struct cgroup_lines *lines,
				const struct list *docker_ids, bool *ambiguous)
{
	const char *found = NULL;

	*ambiguous = false;
	LIST_EACH (struct cgroup_line, it, &lines->list) {
		for (const char *at = it->path; *at;) {
			const size_t n = strcspn(at, "/");
			const char *id = n ? id_of(at, n, docker_ids) : NULL;

			if (id && found && strcmp(id, found) != 0)
				*ambiguous = true;
			found = id ? id : found;
			at += n + (at[n] == '/');
		}
	}
	return *ambiguous ? NULL : found;
}
