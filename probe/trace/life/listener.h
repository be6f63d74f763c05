/* SPDX-License-Identifier: MIT
 *
 * listener.h - the kernel's side of seccomp notification (seccomp_unotify(2)):
 * one thin function each, and what this kernel offers of it.
 */
#ifndef PROBE_TRACE_LIFE_LISTENER_H
#define PROBE_TRACE_LIFE_LISTENER_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct listener_features {
	bool killable; /* WAIT_KILLABLE_RECV, 5.19: handlers do not interrupt the wait */
	bool sync_wake_up; /* 6.6: the supervisor runs on the caller's processor */
};

/* Of the kernel, by asking it; installs nothing. A child of ours asks the second. */
void listener_features(struct listener_features *ret);
bool listener_killable(void); /* the first alone */

/* In the app, single-threaded and just before its exec: sets no_new_privs where we lack
 * CAP_SYS_ADMIN, installs the program. The listener's descriptor (close-on-exec), or a
 * negative errno with words: -EBUSY where there is a listener above us already. */
int listener_install(const struct sock_fprog *program,
		     const struct listener_features *features, struct err *err);

/* Sizes of the kernel's structs may exceed ours. */
int listener_sizes(size_t *notif, size_t *answer);

/* The kernel runs who answers on the processor of who calls, from now on: 0, or a
 * negative errno before 6.6. */
#define SECCOMP_USER_NOTIF_FD_SYNC (1UL << 0) /* ..._SYNC_WAKE_UP of later headers */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
int listener_sync_wake_up(int fd);

/* A descriptor to and from another process (SCM_RIGHTS). 0 or a negative errno; the
 * descriptor that came. */
int listener_send_fd(int socket, int fd);
int listener_receive_fd(int socket);

/* 0; -ENOENT: the target is gone; -EINTR; -EAGAIN. 'ret' must be zeroed. */
int listener_receive(int fd, struct seccomp_notif *ret);
/* Lets the call through. 0, or -ENOENT: it is gone, or was answered. */
int listener_continue(int fd, uint64_t id);
/* Answers instead of the kernel: 'code' is a positive errno. */
int listener_refuse(int fd, uint64_t id, int code);

#endif
