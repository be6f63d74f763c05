/* SPDX-License-Identifier: MIT */
#include "probe/trace/life/listener.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "core/cleanup.h"
#include "probe/sys.h"
#include "probe/trace/life/wire.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif
#ifndef SECCOMP_USER_NOTIF_FLAG_CONTINUE
#define SECCOMP_USER_NOTIF_FLAG_CONTINUE (1UL << 0)
#endif

/* A flag that the kernel knows gets as far as the missing program (EFAULT). */
static bool knows_flags(unsigned long flags)
{
	return sys_seccomp(SECCOMP_SET_MODE_FILTER, (unsigned)flags, NULL) < 0 &&
	       errno == EFAULT;
}

bool listener_killable(void)
{
	return knows_flags(SECCOMP_FILTER_FLAG_NEW_LISTENER |
			   SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
}

/* Of a listener alone can it be asked. So a child makes one. */
static _Noreturn void ask_sync_wake_up(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct sock_fprog program = { .len = 1, .filter = &allow };
	const struct listener_features none = { 0 };
	struct err err = ERR_INIT;
	int fd = listener_install(&program, &none, &err);

	_exit(fd >= 0 && listener_sync_wake_up(fd) == 0 ? 0 : 1);
}

void listener_features(struct listener_features *ret)
{
	int status = -1;

	ret->killable = listener_killable();
	pid_t pid = fork();
	if (pid == 0)
		ask_sync_wake_up();
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	ret->sync_wake_up = status == 0;
}

static int install(const struct sock_fprog *program, unsigned long flags)
{
	int fd = sys_seccomp(SECCOMP_SET_MODE_FILTER, (unsigned)flags, program);

	return fd < 0 ? -errno : fd;
}

int listener_install(const struct sock_fprog *program,
		     const struct listener_features *features, struct err *err)
{
	/* Kernels before 5.16 take a filter for a reason to turn off speculation (SSBD)
	 * in the whole process. Ours protects nothing, and the app shall be as it is. */
	unsigned long flags =
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;

	if (features->killable)
		flags |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	int fd = install(program, flags);
	/* The kernel's own check: CAP_SYS_ADMIN in our user namespace, or this. */
	if (fd == -EACCES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		fd = install(program, flags);
	if (fd == -EBUSY)
		return err_set(
			err, fd,
			"seccomp: another supervisor listens to our calls already, "
			"and the kernel allows one");
	if (fd < 0)
		return err_set(err, fd, "seccomp notification: %s", err_words(fd));
	return fd; /* the kernel made it close-on-exec */
}

int listener_sync_wake_up(int fd)
{
	return ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC) < 0
		       ? -errno
		       : 0;
}

int listener_sizes(size_t *notif, size_t *answer)
{
	struct seccomp_notif_sizes sizes = { 0 };

	if (sys_seccomp(SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
		return -errno;
	*notif = sizes.seccomp_notif > sizeof(struct seccomp_notif)
			 ? sizes.seccomp_notif
			 : sizeof(struct seccomp_notif);
	*answer = sizes.seccomp_notif_resp > sizeof(struct seccomp_notif_resp)
			  ? sizes.seccomp_notif_resp
			  : sizeof(struct seccomp_notif_resp);
	return 0;
}

int listener_send_fd(int socket, int fd)
{
	const struct wire message = { .kind = WIRE_LISTENER };

	return wire_send(socket, &message, fd);
}

int listener_receive_fd(int socket)
{
	struct wire message;
	int fd = -1;
	int r = wire_receive(socket, &message, &fd);

	if (r < 0)
		return r;
	if (message.kind == WIRE_LISTENER && fd >= 0)
		return fd;
	cleanup_close(&fd);
	return -EPROTO;
}

int listener_receive(int fd, struct seccomp_notif *ret)
{
	return ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, ret) < 0 ? -errno : 0;
}

static int answer(int fd, const struct seccomp_notif_resp *what)
{
	/* The kernel reads what its own struct has; room for one that has grown. */
	union {
		struct seccomp_notif_resp answer;
		char room[128];
	} all;

	memset(&all, 0, sizeof(all));
	all.answer = *what;
	return ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &all) < 0 ? -errno : 0;
}

int listener_continue(int fd, uint64_t id)
{
	const struct seccomp_notif_resp what = {
		.id = id,
		.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};

	return answer(fd, &what);
}

int listener_refuse(int fd, uint64_t id, int code)
{
	const struct seccomp_notif_resp what = { .id = id, .error = -code };

	return answer(fd, &what);
}
