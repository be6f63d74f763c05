/* SPDX-License-Identifier: MIT */
#include "agent/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/files.h"
#include "core/cleanup.h"

/* A file without a name, on disk where there is one to write to. */
static int open_copy(void)
{
	const char *const places[] = { getenv("TMPDIR"), "/tmp", "/var/tmp" };

	for (size_t i = 0; i < 3; i++) {
		const int fd =
			places[i] ? open(places[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)
				  : -1;

		if (fd >= 0)
			return fd;
	}
	const int fd = memfd_create("taskprobe", MFD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int copy_input(int from, const char *name, struct err *err)
{
	char block[64 * 1024];
	AUTO_CLOSE int to = open_copy();

	if (to < 0)
		return err_set(err, to, "a copy of %s: %s", name, err_words(to));
	for (;;) {
		const ssize_t n = read(from, block, sizeof(block));

		if (n == 0)
			return TAKE_FD(to);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, -errno, "%s: %s", name, err_words(errno));
		const int r = fd_write(to, block, (size_t)n);
		if (r < 0)
			return err_set(err, r, "a copy of %s: %s", name, err_words(r));
	}
}

int input_open(const char *path, bool *once, struct err *err)
{
	const bool input = strcmp(path, "-") == 0;
	AUTO_CLOSE int fd = input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
				  : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	const char *name = input ? "standard input" : path;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(err, -errno, "%s: %s", name, err_words(errno));
	/* Standard input may stand somewhere within its file. */
	*once = input || !S_ISREG(st.st_mode);
	if (!*once)
		return TAKE_FD(fd);
	return copy_input(fd, name, err);
}

void input_start(struct input *lines, int fd, const char *name, char *buffer, size_t size)
{
	*lines = (struct input){
		.fd = fd, .name = name, .buffer = buffer, .size = size, .end = -1
	};
}

void input_range(struct input *lines, int64_t from, int64_t to, size_t number)
{
	lines->from = lines->to = 0;
	lines->at = from;
	lines->end = to;
	lines->number = number - 1;
	lines->over = lines->dropping = false;
}

/* Reads on, behind what is there. */
static int fill(struct input *l, struct err *err)
{
	size_t room = l->size - l->to;
	const int64_t at = l->at + (int64_t)(l->to - l->from);

	if (l->end >= 0 && (int64_t)room > l->end - at)
		room = (size_t)(l->end - at);
	while (room > 0) {
		const ssize_t n = pread(l->fd, l->buffer + l->to, room, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, -errno, "%s: %s", l->name, err_words(errno));
		l->over = n == 0;
		l->to += (size_t)n;
		return 0;
	}
	l->over = true;
	return 0;
}

/* Makes a whole line stand in the buffer, or as much as it takes. */
static int gather(struct input *l, const char **newline, struct err *err)
{
	size_t searched = 0;

	for (;;) {
		const char *from = l->buffer + l->from;

		*newline = memchr(from + searched, '\n', l->to - l->from - searched);
		searched = l->to - l->from;
		if (*newline || l->over || searched == l->size)
			return 0;
		if (l->to == l->size) {
			memmove(l->buffer, from, searched);
			l->to = searched;
			l->from = 0;
		}
		const int r = fill(l, err);
		if (r < 0)
			return r;
	}
}

static void take(struct input *l, size_t n)
{
	l->from += n;
	l->at += (int64_t)n;
}

/* The rest of a line that did not fit. */
static int drop_rest(struct input *l, struct err *err)
{
	while (l->dropping) {
		const char *from = l->buffer + l->from;
		const char *newline = memchr(from, '\n', l->to - l->from);

		take(l, newline ? (size_t)(newline - from) + 1 : l->to - l->from);
		l->dropping = !newline && !l->over;
		if (!l->dropping)
			break;
		l->from = l->to = 0;
		const int r = fill(l, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int input_next(struct input *l, struct input_line *ret, struct err *err)
{
	const char *newline = NULL;
	int r = drop_rest(l, err);

	if (r == 0)
		r = gather(l, &newline, err);
	if (r < 0)
		return r;
	char *from = l->buffer + l->from;
	const size_t len = newline ? (size_t)(newline - from) : l->to - l->from;
	if (len == 0 && !newline)
		return 0;
	l->dropping = !newline && !l->over;
	*ret = (struct input_line){ .text = from,
				    .len = len,
				    .at = l->at,
				    .number = ++l->number,
				    .cut = !newline && l->over };
	take(l, len + (newline != NULL));
	return 1;
}
