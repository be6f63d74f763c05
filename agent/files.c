/* SPDX-License-Identifier: MIT */
#include "agent/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/newfile.h"
#include "core/cleanup.h"

#define LISTED_MAX 256
/* A FIFO on a shared volume may have a reader who does not read, or none. */
#define WRITE_MS 2000

static int read_all(int fd, const char *path, struct str *out, struct err *err)
{
	for (;;) {
		char buf[16384];
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, -errno, "%s: %s", path, err_words(errno));
		int r = str_add(out, buf, (size_t)n);
		if (r < 0)
			return err_set(err, r, "%s: larger than the limit of %zu bytes",
				       path, out->max);
	}
}

int file_read(const char *path, struct str *out, struct err *err)
{
	if (strcmp(path, "-") == 0)
		return read_all(STDIN_FILENO, "standard input", out, err);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_set(err, -errno, "%s: %s", path, err_words(errno));
	return read_all(fd, path, out, err);
}

int file_read_untrusted(const char *path, struct str *out, struct err *err)
{
	AUTO_CLOSE int fd =
		open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	struct stat st;

	if (fd < 0)
		return err_set(err, -errno, "%s: %s", path, err_words(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, -EPROTO, "%s: not a regular file", path);
	if ((uint64_t)st.st_size > out->max) /* not even begun */
		return err_set(err, -E2BIG, "%s: larger than the limit of %zu bytes",
			       path, out->max);
	return read_all(fd, path, out, err);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_json_name(const char *name)
{
	size_t n = strlen(name);

	return name[0] != '.' && n > 5 && strcmp(name + n - 5, ".json") == 0;
}

int file_list_json(const char *path, struct list *ret, struct err *err)
{
	AUTO_CLOSEDIR DIR *dir = opendir(path);

	if (!dir && errno == ENOTDIR)
		return texts_add(ret, path) < 0 ? err_set(err, -ENOMEM, "out of memory")
						: 0;
	if (!dir)
		return err_set(err, -errno, "%s: %s", path, err_words(errno));
	for (struct dirent *d = readdir(dir); d; d = readdir(dir)) {
		if (!is_json_name(d->d_name))
			continue;
		if (ret->len >= LISTED_MAX)
			return err_set(err, -E2BIG, "%s: more than %d files", path,
				       LISTED_MAX);
		AUTO_FREE char *whole = str_format("%s/%s", path, d->d_name);
		if (!whole || texts_add(ret, whole) < 0)
			return err_set(err, -ENOMEM, "out of memory");
	}
	if (ret->len)
		qsort(ret->items, ret->len, sizeof(char *), by_text);
	return 0;
}

static bool (*stop_wanted)(void);

void files_stop_when(bool (*stop)(void))
{
	stop_wanted = stop;
}

/* Until there is room, in steps of 200 ms. A pipe that poll calls writable takes
 * PIPE_BUF bytes at once without blocking. */
static bool room_or_stop(int fd)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };

	while (poll(&room, 1, 200) == 0)
		if (stop_wanted())
			return false;
	return true;
}

int fd_write(int fd, const char *data, size_t len)
{
	while (len > 0) {
		size_t step = stop_wanted && len > PIPE_BUF ? PIPE_BUF : len;

		if (stop_wanted && !room_or_stop(fd))
			return -EINTR;
		ssize_t n = write(fd, data, step);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			struct pollfd room = { .fd = fd, .events = POLLOUT };

			if (poll(&room, 1, WRITE_MS) == 0)
				return -ETIMEDOUT;
			continue;
		}
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int file_write(const char *path, const char *data, size_t len, struct err *err)
{
	AUTO(newfile_done) struct newfile file;
	int r = newfile_open(path, &file, err);

	if (r < 0)
		return r;
	r = newfile_add(&file, data, len);
	if (r < 0)
		return err_set(err, r, "write %s: %s",
			       strcmp(path, "-") == 0 ? "standard output" : path,
			       err_words(r));
	return newfile_close(&file, err);
}
