/* SPDX-License-Identifier: MIT
 *
 * calls.c - loops of system calls, for bench/trace.py:
 *
 *   calls read COUNT FILE     open for reading, close
 *   calls write COUNT FILE    open for writing (made anew), write, close, unlink
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void read_once(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail(path);
	(void)close(fd);
}

static void write_once(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, "x", 1) != 1)
		fail(path);
	(void)close(fd);
	if (unlink(path) < 0)
		fail(path);
}

int main(int argc, char **argv)
{
	if (argc != 4 || (strcmp(argv[1], "read") && strcmp(argv[1], "write"))) {
		(void)fputs("usage: calls read|write COUNT FILE\n", stderr);
		return 2;
	}
	void (*once)(const char *) = argv[1][0] == 'r' ? read_once : write_once;

	for (long n = strtol(argv[2], NULL, 10); n > 0; n--)
		once(argv[3]);
	return 0;
}
