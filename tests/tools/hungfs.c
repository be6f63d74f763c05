/* SPDX-License-Identifier: MIT
 *
 * hungfs.c - a FUSE file system that hangs: it takes every request and answers none
 * but the first (FUSE_INIT). Whoever asks it something waits for ever, and SIGKILL
 * does not end that while the request is handed out. It ends with this program.
 *
 *   hungfs DIRECTORY...     prints "ready" once all are mounted
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define MOUNTS_MAX 16

static char request[1 << 20];

static int mount_at(const char *dir)
{
	char options[128];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -1;
	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
	return mount("hungfs", dir, "fuse.hung", MS_NOSUID | MS_NODEV, options) < 0 ? -1
										    : fd;
}

static void answer_init(int fd, const struct fuse_in_header *in)
{
	struct {
		struct fuse_out_header head;
		struct fuse_init_out body;
	} out = { .head = { .len = sizeof(out), .unique = in->unique },
		  .body = { .major = FUSE_KERNEL_VERSION,
			    .minor = FUSE_KERNEL_MINOR_VERSION,
			    .max_write = 4096 } };

	(void)!write(fd, &out, sizeof(out));
}

static void take(int fd)
{
	ssize_t n = read(fd, request, sizeof(request));
	struct fuse_in_header in;

	if (n < (ssize_t)sizeof(in))
		return;
	memcpy(&in, request, sizeof(in));
	if (in.opcode == FUSE_INIT)
		answer_init(fd, &in);
}

int main(int argc, char **argv)
{
	struct pollfd fds[MOUNTS_MAX];
	nfds_t count = 0;

	for (int i = 1; i < argc && count < MOUNTS_MAX; i++, count++) {
		fds[count] = (struct pollfd){ mount_at(argv[i]), POLLIN, 0 };
		if (fds[count].fd < 0) {
			(void)fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
			return 1;
		}
	}
	(void)puts("ready");
	(void)fflush(stdout);
	for (;;) {
		if (poll(fds, count, -1) <= 0)
			continue;
		for (nfds_t i = 0; i < count; i++)
			if (fds[i].revents)
				take(fds[i].fd);
	}
}
