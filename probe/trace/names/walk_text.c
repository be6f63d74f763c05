/* SPDX-License-Identifier: MIT
 *
 * The text of where a walk is: a path without links, kept beside the descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe/trace/names/walk.h"

/* Kept open: through "/proc/self" it would take half as long again. */
static int own_fds(bool again)
{
	static int fd = -1;
	static pid_t pid;

	/* After a fork it is the parent's; after a mass close another file, perhaps. */
	if (fd < 0 || again || pid != getpid()) {
		fd = open("/proc/self/fd", WALK_DIRECTORY);
		pid = getpid();
	}
	return fd;
}

ssize_t walk_fd_text(int fd, char *ret, size_t size)
{
	char number[sizeof("-2147483648")];

	(void)snprintf(number, sizeof(number), "%d", fd);
	ssize_t n = readlinkat(own_fds(false), number, ret, size);
	if (n < 0 && errno != ENAMETOOLONG)
		n = readlinkat(own_fds(true), number, ret, size);
	if (n < 0)
		return -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	ret[n] = '\0';
	return n;
}

bool walk_retext(struct walk *w, int fd)
{
	ssize_t n = walk_fd_text(fd, w->text, WALK_TEXT);

	if (n == -ENAMETOOLONG)
		return walk_unresolved(w, "paths below a directory whose own path has "
					  "more than 4,095 bytes");
	if (n < 0)
		return walk_unresolved(w, "relative paths, for which /proc is needed and "
					  "not there");
	w->len = (size_t)n;
	if (n == 1 && w->text[0] == '/')
		w->text[w->len = 0] = '\0';
	return true;
}

bool walk_push(struct walk *w, const char *name, size_t n)
{
	if (w->len + n + 2 > WALK_TEXT)
		return walk_unresolved(w, "paths of more than 8,191 bytes");
	w->text[w->len++] = '/';
	memcpy(w->text + w->len, name, n);
	w->len += n;
	w->text[w->len] = '\0';
	return true;
}

void walk_cut(struct walk *w, size_t len)
{
	w->text[w->len = len] = '\0';
}

void walk_pop(struct walk *w)
{
	size_t n = w->len;

	while (n > 0 && w->text[n - 1] != '/')
		n--;
	walk_cut(w, n > 0 ? n - 1 : 0);
}

bool walk_is_dot(const char *name, size_t n)
{
	return n == 1 && name[0] == '.';
}

bool walk_is_dotdot(const char *name, size_t n)
{
	return n == 2 && name[0] == '.' && name[1] == '.';
}

bool walk_has_dotdot(const char *path)
{
	for (const char *p = path; (p = strstr(p, "..")); p += 2)
		if ((p == path || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
			return true;
	return false;
}

/* Adds 'path' of 'n' bytes to the text. Where it met no link ".." is what it says. */
bool walk_push_path(struct walk *w, const char *path, size_t n)
{
	for (const char *end = path + n; path < end;) {
		const char *slash = memchr(path, '/', (size_t)(end - path));
		const size_t len = (size_t)((slash ? slash : end) - path);

		if (walk_is_dotdot(path, len))
			walk_pop(w);
		else if (len > 0 && !walk_is_dot(path, len) && !walk_push(w, path, len))
			return false;
		path += len + 1;
	}
	return true;
}
