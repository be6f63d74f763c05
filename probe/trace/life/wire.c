/* SPDX-License-Identifier: MIT */
#include "probe/trace/life/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "core/cleanup.h"

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int))];
};

int wire_pair(int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	return 0;
}

static void attach(struct msghdr *header, union control *control, int fd)
{
	header->msg_control = control->room;
	header->msg_controllen = sizeof(control->room);
	struct cmsghdr *c = CMSG_FIRSTHDR(header);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
}

int wire_send(int socket, const struct wire *message, int fd)
{
	struct wire copy = *message;
	struct iovec piece = { &copy, sizeof(copy) };
	struct msghdr header = { .msg_iov = &piece, .msg_iovlen = 1 };
	union control control = { 0 };
	ssize_t r;

	if (fd >= 0)
		attach(&header, &control, fd);
	do
		r = sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

static int attached(struct msghdr *header)
{
	int fd = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

int wire_receive(int socket, struct wire *message, int *fd)
{
	struct iovec piece = { message, sizeof(*message) };
	union control control = { 0 };
	struct msghdr header = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};
	ssize_t r;

	do
		r = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	AUTO_CLOSE int came = attached(&header);
	if (r == 0)
		return -EPIPE;
	if (r != sizeof(*message))
		return -EPROTO;
	if (fd)
		*fd = TAKE_FD(came);
	return 0;
}
