/* SPDX-License-Identifier: MIT */
#include "agent/newfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/files.h"
#include "core/cleanup.h"

#define BLOCK ((size_t)1 << 18)

static int open_temporary(struct newfile *file, struct err *err)
{
	unsigned long long suffix = 0;

	if (getrandom(&suffix, sizeof(suffix), 0) < 0)
		return err_set(err, -errno, "getrandom: %s", err_words(errno));
	file->temporary = str_format("%s.%016llx.tmp", file->path, suffix);
	if (!file->temporary)
		return err_set(err, -ENOMEM, "out of memory");
	file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (file->fd < 0) {
		const int code = -errno;

		err_set(err, code, "create %s: %s", file->temporary, err_words(code));
		free(file->temporary);
		file->temporary = NULL;
		return code;
	}
	return 0;
}

int newfile_open(const char *path, struct newfile *ret, struct err *err)
{
	const bool out = strcmp(path, "-") == 0;
	struct stat st;

	*ret = (struct newfile){ .path = path, .fd = -1, .waiting = STR_INIT(4 * BLOCK) };
	if (!out && (stat(path, &st) < 0 || S_ISREG(st.st_mode)))
		return open_temporary(ret, err);
	ret->fd = out ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
		      : open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (ret->fd < 0)
		return err_set(err, -errno, "write %s: %s",
			       out ? "standard output" : path, err_words(errno));
	return 0;
}

static int flush(struct newfile *file)
{
	const int r = fd_write(file->fd, file->waiting.s, file->waiting.len);

	str_reset(&file->waiting);
	return r;
}

int newfile_add(struct newfile *file, const char *data, size_t len)
{
	if (file->waiting.len + len > BLOCK) {
		const int r = flush(file);

		if (r < 0 || len > BLOCK)
			return r < 0 ? r : fd_write(file->fd, data, len);
	}
	return str_add(&file->waiting, data, len);
}

int newfile_close(struct newfile *file, struct err *err)
{
	int r = flush(file);

	if (r == 0 && file->temporary && rename(file->temporary, file->path) < 0)
		r = -errno;
	if (r < 0)
		return err_set(err, r, "write %s: %s",
			       strcmp(file->path, "-") == 0 ? "standard output"
							    : file->path,
			       err_words(r));
	free(file->temporary);
	file->temporary = NULL;
	return 0;
}

void newfile_done(struct newfile *file)
{
	if (file->temporary)
		(void)unlink(file->temporary);
	free(file->temporary);
	file->temporary = NULL;
	cleanup_close(&file->fd);
	file->fd = -1;
	str_done(&file->waiting);
}
