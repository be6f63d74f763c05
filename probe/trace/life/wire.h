/* SPDX-License-Identifier: MIT
 *
 * wire.h - what the three processes say to each other, over socket pairs that keep
 * messages apart (SOCK_SEQPACKET); a descriptor may come with one.
 */
#ifndef PROBE_TRACE_LIFE_WIRE_H
#define PROBE_TRACE_LIFE_WIRE_H

#include <stdint.h>
#include <sys/signalfd.h>

enum wire_kind {
	WIRE_READY = 1, /* supervisor to app: make the listener */
	WIRE_LISTENER,	/* app to supervisor to standby: here it is */
	WIRE_GO,	/* supervisor to app: calls are answered from now on */
	WIRE_FAILED,	/* app to supervisor to standby: 'code', 'status' and words */
	WIRE_APP,	/* supervisor to standby: the pidfd of the app */
	WIRE_SIGNAL, /* standby to supervisor: I got this one, the 'number'-th, 'at_ms' */
	WIRE_STOPPED, /* supervisor to standby: the app was stopped by signal 'code' */
	WIRE_ENDED,   /* supervisor to standby: all is written; 'code' is 1 where what
		       * the app left running goes on being recorded */
};

struct wire {
	int32_t kind, code, status;
	uint32_t number;
	int64_t at_ms; /* monotonic_ms() */
	union {
		struct signalfd_siginfo signal;
		char words[400]; /* as struct err has */
	};
};

/* A pair whose ends close on exec. 0 or a negative errno. */
int wire_pair(int ends[2]);

/* 'fd' is sent along unless negative. Never waits: what has no room is -EAGAIN. */
int wire_send(int socket, const struct wire *message, int fd);

/* Waits for one. *fd is a descriptor that came along, or -1 ('fd' may be NULL: it is
 * closed). 0; -EPIPE: the other side is gone; another negative errno. */
int wire_receive(int socket, struct wire *message, int *fd);

#endif
