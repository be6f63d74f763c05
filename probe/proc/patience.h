/* SPDX-License-Identifier: MIT
 *
 * patience.h - a question that may never be answered: asked in a child, with a
 * time limit. A FUSE or network file system that hangs cannot be interrupted,
 * and what the child wrote before it got stuck is kept.
 */
#ifndef PROBE_PROC_PATIENCE_H
#define PROBE_PROC_PATIENCE_H

#include <stddef.h>
#include <sys/types.h>

/* Runs ask(arg, answer, size) in a child, where 'answer' is memory that both see; a
 * copy of it is in 'answer' afterwards, also after -ETIMEDOUT. 'ask' must not
 * allocate in vain: the child ends without clean-up. 0, -ETIMEDOUT, or another
 * negative errno where no child could be had ('answer' is then left alone). */
int patience_ask(void (*ask)(const void *arg, void *answer, size_t size), const void *arg,
		 void *answer, size_t size, int timeout_ms);

/* For a child that may hang where not even SIGKILL ends it: lets go of standard
 * input and output, and of every pipe but 'keep' (-1: none). Whoever reads the other end
 * of one would wait for this child as well. */
void patience_let_go(int keep);

/* Reaps a child that ends or was killed: asks 'tries' times, most of them 2 ms apart.
 * One that waits for a request which FUSE has handed out does not even notice SIGKILL;
 * it is then left to the kernel. */
void patience_reap(pid_t pid, int tries);

#endif
