/* SPDX-License-Identifier: MIT
 *
 * writer.c - an app for install.py: prints its arguments, one a line, writes a byte to
 * the file in $WRITES, ends with the status in $STATUS.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *path = getenv("WRITES"), *status = getenv("STATUS");

	for (int i = 0; i < argc; i++)
		(void)puts(argv[i]);
	int fd = path ? open(path, O_WRONLY | O_CREAT, 0644) : -1;
	if (fd < 0 || write(fd, "x", 1) != 1) {
		perror(path ? path : "WRITES");
		return 99;
	}
	(void)close(fd);
	return status ? atoi(status) : 0;
}
