/* SPDX-License-Identifier: MIT */
#include "agent/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/clock.h"
#include "core/cleanup.h"
#include "core/text.h"

/* More is not asked for while so much waits. */
#define WAITING_READY ((size_t)1 << 20)
/* At the end all comes that was kept. */
#define WAITING_MOST ((size_t)64 << 20)

/* A FIFO without a reader cannot be opened for writing alone without waiting for one;
 * for both it can, on Linux, and its reader may come later. */
static int open_fifo(const char *path)
{
	const int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	int fd = open(path, O_RDWR | flags);

	if (fd < 0 && errno == EACCES)
		fd = open(path, O_WRONLY | flags);
	return fd;
}

/* Where we were started with one of the first three closed, ours would take its place,
 * and what we complain about go in there. */
static int above_standard(int fd)
{
	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	int other = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int code = errno;
	(void)close(fd);
	errno = code;
	return other;
}

int outlet_open(const char *path, struct outlet *ret, struct err *err)
{
	struct stat st;

	*ret = (struct outlet){ .name = path, .waiting = STR_INIT(WAITING_MOST) };
	if (stat(path, &st) == 0 && S_ISFIFO(st.st_mode))
		ret->fd = open_fifo(path);
	else
		ret->fd = open(path,
			       O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC |
				       O_NONBLOCK | O_NOCTTY,
			       0644);
	ret->fd = above_standard(ret->fd);
	if (ret->fd < 0)
		return err_set(err, -errno, "%s: %s", path, err_words(errno));
	ret->whole_blocks = fstat(ret->fd, &st) == 0 && S_ISREG(st.st_mode);
	return 0;
}

/* Its open file is the app's too: that stays as it is, blocking or not. */
void outlet_stderr(struct outlet *ret)
{
	*ret = (struct outlet){
		.fd = STDERR_FILENO,
		.name = "standard error",
		.waiting = STR_INIT(WAITING_MOST),
	};
}

void outlet_done(struct outlet *o)
{
	str_done(&o->waiting);
	if (o->fd > STDERR_FILENO)
		(void)close(o->fd);
	o->fd = -1;
}

/* Signals that a write may raise: nobody reads; the app's own limit of file sizes, which
 * is ours too; a terminal that is another job's. They are nobody else's concern. */
static const int raised[] = { SIGPIPE, SIGXFSZ, SIGTTOU };

static ssize_t write_quietly(int fd, const char *data, size_t len)
{
	const struct timespec no_time = { 0 };
	sigset_t set, before;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(raised) / sizeof(*raised); i++)
		(void)sigaddset(&set, raised[i]);
	(void)sigprocmask(SIG_BLOCK, &set, &before);
	ssize_t n = write(fd, data, len);
	int code = errno;
	(void)sigdelset(&set, SIGTTOU);
	if (n < 0 && (code == EPIPE || code == EFBIG))
		(void)sigtimedwait(&set, NULL, &no_time);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	errno = code;
	return n;
}

static bool has_room(int fd, int ms)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };

	return poll(&room, 1, ms) > 0;
}

/* What poll calls writable takes PIPE_BUF bytes at once, even where it would block for
 * more. */
static ssize_t write_some(const struct outlet *o, const char *data, size_t len)
{
	if (o->whole_blocks)
		return write_quietly(o->fd, data, len);
	if (!has_room(o->fd, 0)) {
		errno = EAGAIN;
		return -1;
	}
	return write_quietly(o->fd, data, len < PIPE_BUF ? len : PIPE_BUF);
}

static void failed(struct outlet *o, int code)
{
	if (code == EAGAIN)
		return;
	o->gone = code == EPIPE || code == EBADF;
	if (o->failing)
		return;
	o->failing = true;
	if (o->fd != STDERR_FILENO)
		outlet_complain("%s: %s: %s", o->name, err_words(code),
				o->gone ? "nothing more is written there"
					: "what was recorded is kept and tried again");
}

void outlet_write(struct outlet *o)
{
	size_t done = 0;

	while (o->fd >= 0 && !o->gone && done < o->waiting.len) {
		ssize_t n = write_some(o, o->waiting.s + done, o->waiting.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			failed(o, n < 0 ? errno : EIO);
			break;
		}
		done += (size_t)n;
	}
	if (o->gone)
		done = o->waiting.len;
	if (done == 0)
		return;
	if (done < o->waiting.len)
		memmove(o->waiting.s, o->waiting.s + done, o->waiting.len - done);
	else
		o->failing = o->gone;
	o->waiting.len -= done;
	o->waiting.s[o->waiting.len] = '\0';
}

bool outlet_finish(struct outlet *o, int64_t ms)
{
	size_t left = o->waiting.len;
	int64_t end = clock_ms() + ms;

	outlet_write(o);
	while (o->waiting.len && !o->gone && !o->failing && clock_ms() < end) {
		if (o->waiting.len < left)
			end = clock_ms() + ms;
		left = o->waiting.len;
		(void)has_room(o->fd, 100);
		outlet_write(o);
	}
	return o->waiting.len == 0 && !o->gone;
}

/* A line that does not go in leaves the others whole. */
void outlet_add(struct outlet *o, const char *lines, size_t len)
{
	if (o->fd < 0 || o->gone)
		return;
	if (o->waiting.error || o->waiting.len + len > WAITING_MOST ||
	    str_add(&o->waiting, lines, len) < 0) {
		o->waiting.error = 0;
		o->dropped++;
		return;
	}
	if (o->waiting.len >= WAITING_READY)
		outlet_write(o);
}

bool outlet_ready(const struct outlet *o)
{
	return o->fd < 0 || o->gone || o->waiting.len < WAITING_READY;
}

void outlet_flash(const char *text, size_t len)
{
	if (len <= PIPE_BUF && has_room(STDERR_FILENO, 0))
		(void)write_quietly(STDERR_FILENO, text, len);
}

void outlet_complain(const char *fmt, ...)
{
	AUTO(str_done) struct str line = STR_INIT(PIPE_BUF);
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)str_puts(&line, "taskprobe: ");
	text_escape(&line, text);
	(void)str_puts(&line, "\n");
	outlet_flash(line.s, line.len);
}
