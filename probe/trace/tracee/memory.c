/* SPDX-License-Identifier: MIT
 *
 * Memory of a tracee. process_vm_readv needs no descriptor and can never be another
 * program's; /proc/TID/mem serves where it is refused: to another uid (it asks for our
 * real one), by a filter, and for a process that closed itself after that file was
 * opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/err.h"
#include "core/str.h"
#include "probe/proc/stat.h"
#include "probe/trace/tracee/state.h"

#define PAGE	      UINT64_C(4096) /* the smallest: also right where pages are larger */
#define PAGES_MOST    8		     /* in one call */
#define TEXT_FIRST    512	     /* few paths are longer */
#define PF_FORKNOEXEC UINT64_C(0x40)

/* A name with a tag in its upper byte, which arm64 processors ignore. */
static uint64_t untagged(uint64_t address)
{
#ifdef __aarch64__
	return address & UINT64_C(1) << 55 ? address
					   : address & UINT64_C(0x00ffffffffffffff);
#else
	return address;
#endif
}

static void mem_close(struct process *p)
{
	cleanup_close(&p->mem);
	p->mem = -1;
}

/* Does 'e' have its process's memory open, after this? */
static bool mem_open(struct tracees *all, struct entry *e)
{
	if (e->process->mem < 0) {
		int fd = look_open(all, e, "mem", O_RDONLY);

		e->process->mem = fd < 0 ? -1 : fd;
	}
	return e->process->mem >= 0;
}

void memory_open(struct tracees *all, struct entry *e)
{
	(void)mem_open(all, e);
}

/* Cut at page boundaries: the kernel copies whole pieces, or nothing of one. */
static ssize_t readv_once(pid_t tid, uint64_t address, char *ret, size_t size)
{
	struct iovec remote[PAGES_MOST], local = { .iov_base = ret };
	size_t n = 0;

	while (local.iov_len < size && n < PAGES_MOST) {
		uint64_t at = address + local.iov_len;
		size_t len = (size_t)(PAGE - at % PAGE);

		if (len > size - local.iov_len)
			len = size - local.iov_len;
		remote[n++] = (struct iovec){ .iov_base = (void *)(uintptr_t)at,
					      .iov_len = len };
		local.iov_len += len;
	}
	ssize_t r = process_vm_readv(tid, &local, 1, remote, n, 0);

	return r < 0 ? -errno : r;
}

/* 0: that memory is gone, after an exec or at the end. */
static ssize_t mem_once(int fd, uint64_t address, char *ret, size_t size)
{
	if (address > INT64_MAX)
		return -EFAULT;
	ssize_t r = pread(fd, ret, size, (off_t)address);

	if (r >= 0)
		return r;
	return errno == EIO || errno == EINVAL || errno == EOVERFLOW ? -EFAULT : -EPERM;
}

static ssize_t read_mem(struct tracees *all, struct entry *e, uint64_t address, char *ret,
			size_t size)
{
	for (int again = 0; again < 2; again++) {
		if (!mem_open(all, e))
			return -EPERM;
		ssize_t r = mem_once(e->process->mem, address, ret, size);

		if (r != 0)
			return r;
		mem_close(e->process);
	}
	return -EPERM;
}

/* 65,530 mappings, of some 100 bytes. */
#define MAPS_MAX (8 * 1024 * 1024)

static int read_maps(struct tracees *all, struct entry *e, struct str *out)
{
	AUTO_CLOSE int fd = look_open(all, e, "maps", O_RDONLY);
	char buf[4096];
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
		if (str_add(out, buf, (size_t)n) < 0)
			return out->error;
	return n < 0 ? -EACCES : 0;
}

/* Could it read there itself? Of the lines of its maps, the one with that address. */
static bool is_mapped(struct tracees *all, struct entry *e, uint64_t address)
{
	AUTO(str_done) struct str text = STR_INIT(MAPS_MAX);
	uint64_t first, end;
	char head[64], may[3];

	if (read_maps(all, e, &text) < 0)
		return false;
	for (const char *line = text.s; line && *line; line += *line == '\n') {
		/* sscanf() would measure all that follows, each time. */
		(void)snprintf(head, sizeof(head), "%.60s", line);
		if (sscanf(head, "%" SCNx64 "-%" SCNx64 " %2s", &first, &end, may) == 3 &&
		    address >= first && address < end)
			return may[0] == 'r' || may[1] == 'w';
		line += strcspn(line, "\n");
	}
	return false;
}

/* What is mapped for writing alone the processor reads all the same, and so does the
 * kernel for its caller, but not for us; /proc/TID/mem asks for no permission at all.
 * Secret memory (memfd_secret) is its owner's alone: then the call is not known. */
static ssize_t read_forced(struct tracees *all, struct entry *e, uint64_t address,
			   char *ret, size_t size)
{
	const uint64_t left = PAGE - address % PAGE;

	/* The usual NULL. */
	if (address < PAGE || !is_mapped(all, e, address))
		return -EFAULT;
	ssize_t r = read_mem(all, e, address, ret, size < left ? size : (size_t)left);
	return r > 0 ? r : -EPERM;
}

static ssize_t read_once(struct tracees *all, struct entry *e, uint64_t address,
			 char *ret, size_t size)
{
	if (!e->process->readv_refused) {
		ssize_t r = readv_once(e->tracee.tid, address, ret, size);

		if (r > 0)
			return r;
		if (r == 0 || r == -EFAULT)
			return read_forced(all, e, address, ret, size);
		if (r == -ESRCH)
			return -EPERM;
		e->process->readv_refused = true;
	}
	return read_mem(all, e, address, ret, size);
}

ssize_t tracee_read(struct tracees *all, const struct tracee *tracee, uint64_t address,
		    void *ret, size_t size)
{
	struct entry *e = entry_find(all, tracee->tid);
	size_t done = 0;

	if (!e)
		return -EPERM;
	address = untagged(address);
	while (done < size) {
		ssize_t r = read_once(all, e, address + done, (char *)ret + done,
				      size - done);

		if (r < 0)
			return done > 0 ? (ssize_t)done : r;
		done += (size_t)r;
	}
	return (ssize_t)done;
}

/* Up to the next page: what lies behind it may not be there. */
static size_t text_piece(uint64_t address, size_t done, size_t size)
{
	uint64_t len = PAGE - (address + done) % PAGE;

	if (done == 0 && len > TEXT_FIRST)
		len = TEXT_FIRST;
	return len < size - done ? (size_t)len : size - done;
}

ssize_t tracee_read_text(struct tracees *all, const struct tracee *tracee,
			 uint64_t address, char *ret, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t r = tracee_read(all, tracee, address + done, ret + done,
					text_piece(address, done, size));

		if (r < 0)
			return r;
		const char *end = memchr(ret + done, '\0', (size_t)r);
		if (end)
			return end - ret;
		done += (size_t)r;
	}
	return -ENAMETOOLONG;
}

/* --- exec --- */

/* World-readable, of closed processes too. 1, 0, or -1: not known. */
static int forked_only(struct entry *e)
{
	struct stat_line stat;
	struct err err = ERR_INIT;
	char text[1024];
	AUTO_CLOSE int fd = openat(entry_proc(e), "stat", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (n <= 0 || stat_parse(text, (size_t)n, &stat, &err) < 0)
		return -1;
	return (stat.flags & PF_FORKNOEXEC) != 0;
}

void memory_before_exec(struct entry *e)
{
	if (e->process->mem >= 0 || e->process->closed)
		e->process->forked = forked_only(e) == 1;
}

/* What was forked and has not executed anything carries a mark of that. What has is alone
 * with its memory, so that if that is still there, it did not execute anything else. */
static bool did_exec(struct entry *e)
{
	const struct process *p = e->process;
	char c;

	if (p->forked)
		return forked_only(e) != 1;
	return p->mem < 0 || mem_once(p->mem, 0, &c, 1) == 0;
}

bool memory_settle(struct entry *e)
{
	struct process *p = e->process;

	p->readv_refused = false;
	if (!p->may_exec || (p->closed && !did_exec(e)))
		return false;
	mem_close(p);
	return p->closed;
}
