/* SPDX-License-Identifier: MIT */
#include "probe/within/surface.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "core/cleanup.h"
#include "core/str.h"
#include "core/table.h"
#include "probe/monotonic.h"
#include "probe/sys.h"
#include "probe/within/child.h"

/* A call that is refused for its arguments takes microseconds. */
#define CALL_MS 200

/* An address that nothing is mapped at: EFAULT, and unlike NULL never a default. */
#define NOWHERE 1L
#define ALL	(-1L)
/* A bit that is no flag of any of the calls below. */
#define BAD_FLAG 0x40000000L

/* Every row was read in the kernel's source: nothing happens even with all
 * capabilities. The comment says what refuses it, and "cap first" where a missing
 * capability (or a sysctl) answers EPERM before the arguments are looked at: there
 * EPERM does not tell the filter from the kernel. Not here, because there is no
 * harmless way to ask: vhangup, and whatever acts without arguments. */
static const struct call {
	const char *name;
	long number;
	long args[6];
} calls[] = {
	{ "mount", SYS_mount, { 0 } },			 /* the target: EFAULT */
	{ "umount2", SYS_umount2, { 0, BAD_FLAG } },	 /* EINVAL */
	{ "pivot_root", SYS_pivot_root, { 0 } },	 /* cap first, EFAULT */
	{ "chroot", SYS_chroot, { 0 } },		 /* EFAULT */
	{ "unshare", SYS_unshare, { CLONE_NEWNS | 1 } }, /* EINVAL: 1 is no flag */
	{ "setns", SYS_setns, { ALL } },		 /* EBADF */
	/* Two flags that exclude each other: EINVAL before anything is copied. */
	{ "clone(CLONE_NEWUSER)", SYS_clone, { CLONE_NEWUSER | CLONE_FS | SIGCHLD } },
	{ "clone3", SYS_clone3, { 0 } },      /* size 0: EINVAL */
	{ "ptrace", SYS_ptrace, { 2, ALL } }, /* PEEKDATA of no process: ESRCH */
	{ "process_vm_readv", SYS_process_vm_readv, { ALL, 0, 0, 0, 0, 1 } },
	{ "process_vm_writev", SYS_process_vm_writev, { ALL, 0, 0, 0, 0, 1 } },
	{ "kcmp", SYS_kcmp, { ALL, ALL, ALL } },		    /* ESRCH */
	{ "pidfd_getfd", SYS_pidfd_getfd, { ALL, ALL, BAD_FLAG } }, /* EINVAL */
	{ "bpf", SYS_bpf, { 0x7fffffff } }, /* sysctl first; EINVAL */
	{ "perf_event_open", SYS_perf_event_open, { 0, 0, ALL, ALL, BAD_FLAG } },
	{ "userfaultfd", SYS_userfaultfd, { BAD_FLAG | 1 } }, /* 1: user faults only */
	{ "io_uring_setup", SYS_io_uring_setup, { 0, NOWHERE } }, /* sysctl first */
	{ "keyctl", SYS_keyctl, { 0x7fffffff } },		  /* EOPNOTSUPP */
	{ "add_key", SYS_add_key, { NOWHERE } },		  /* EFAULT */
	{ "request_key", SYS_request_key, { NOWHERE } },
	{ "open_by_handle_at", SYS_open_by_handle_at, { ALL, NOWHERE } }, /* cap first */
	{ "name_to_handle_at", SYS_name_to_handle_at, { ALL, 0, 0, 0, BAD_FLAG } },
	{ "fsopen", SYS_fsopen, { NOWHERE, BAD_FLAG } }, /* cap first */
	{ "fsmount", SYS_fsmount, { ALL, BAD_FLAG } },	 /* cap first */
	{ "move_mount", SYS_move_mount, { ALL, NOWHERE, ALL, NOWHERE, BAD_FLAG } },
	{ "open_tree", SYS_open_tree, { ALL, NOWHERE, BAD_FLAG } }, /* EINVAL */
#ifdef SYS_mount_setattr
	{ "mount_setattr", SYS_mount_setattr, { ALL, NOWHERE, BAD_FLAG } }, /* EINVAL */
#endif
	{ "fanotify_init", SYS_fanotify_init, { BAD_FLAG } }, /* cap first before 5.13 */
	{ "init_module", SYS_init_module, { NOWHERE, 0 } },   /* cap first, ENOEXEC */
	{ "finit_module", SYS_finit_module, { ALL, NOWHERE, BAD_FLAG } }, /* cap first */
	{ "delete_module", SYS_delete_module, { NOWHERE } }, /* cap first, EFAULT */
	/* No segments at all would unload: so too many, and flags that do not exist. */
	{ "kexec_load",
	  SYS_kexec_load,
	  { 0, 0xffff, NOWHERE, BAD_FLAG } },		 /* cap first */
	{ "reboot", SYS_reboot, { 0 } },		 /* cap first; no magic: EINVAL */
	{ "swapon", SYS_swapon, { NOWHERE, BAD_FLAG } }, /* EINVAL */
	{ "swapoff", SYS_swapoff, { NOWHERE } },	 /* cap first, EFAULT */
	{ "settimeofday", SYS_settimeofday, { NOWHERE, 0 } }, /* EFAULT */
	{ "clock_settime", SYS_clock_settime, { CLOCK_REALTIME, NOWHERE } },
	{ "sethostname", SYS_sethostname, { NOWHERE, ALL } }, /* cap first; length -1 */
	{ "syslog", SYS_syslog, { ALL } },	/* cap first; type -1: EINVAL */
	{ "quotactl", SYS_quotactl, { 0xff } }, /* type 255: EINVAL */
	{ "personality", SYS_personality, { 0xffffffffL } }, /* asks, sets nothing */
	{ "acct", SYS_acct, { NOWHERE } },	    /* cap first; NULL would act */
	{ "seccomp", SYS_seccomp, { 0x7fffffff } }, /* EINVAL */
	/* EOPNOTSUPP where the module is not enabled at boot. */
	{ "landlock_create_ruleset", 444, { 0, 0, BAD_FLAG } },
	{ "memfd_create", SYS_memfd_create, { NOWHERE, 0 } }, /* EFAULT */
#ifdef SYS_iopl
	{ "iopl", SYS_iopl, { 4 } },		 /* levels end at 3: EINVAL */
	{ "ioperm", SYS_ioperm, { ALL, 1, 0 } }, /* wraps around: EINVAL */
#endif
/* Gone from kernels since 3.1 and 6.7, which answer ENOSYS by themselves. */
#ifdef SYS_nfsservctl
	{ "nfsservctl", SYS_nfsservctl, { ALL, 0, 0 } },
#endif
#ifdef SYS_lookup_dcookie
	{ "lookup_dcookie", SYS_lookup_dcookie, { 0, NOWHERE, 0 } },
#endif
};

static void ask_from(int to, const void *arg)
{
	for (size_t i = *(const size_t *)arg; i < ARRAY_LEN(calls); i++) {
		errno = 0;
		child_say(to, (int32_t)i,
			  sys_call(calls[i].number, calls[i].args) < 0 ? errno : 0);
	}
}

static int add_answer(struct answers_facts *ret, const char *what, const char *answer,
		      bool allowed)
{
	AUTO_FREE char *name = strdup(what);
	AUTO_FREE char *words = strdup(answer);
	struct answer_fact *fact =
		name && words ? LIST_ADD(&ret->list, struct answer_fact) : NULL;

	if (!fact)
		return -ENOMEM;
	*fact = (struct answer_fact){ TAKE_PTR(name), TAKE_PTR(words), allowed };
	return 0;
}

/* No row is refused with one of these by the kernel for its arguments. EACCES is what
 * some filters answer instead of EPERM. */
static bool is_refusal(int code)
{
	return code == EPERM || code == ENOSYS || code == EACCES;
}

/* Hears one child out, from call *at on, and moves *at behind the last one answered,
 * be it by silence or death. 0 or -ENOMEM. */
static int hear(const struct child *child, size_t *at, struct answers_facts *ret)
{
	struct child_answer a;

	while (*at < ARRAY_LEN(calls)) {
		const char *name = calls[*at].name;
		enum child_end end = child_hear(child, monotonic_ms() + CALL_MS, &a);
		bool allowed = end == CHILD_SAID && !is_refusal(a.code);
		const char *words = end == CHILD_SILENT ? "no answer in time"
				    : end == CHILD_DIED ? "killed"
				    : allowed		? "allowed"
							: err_name(a.code);

		if (add_answer(ret, name, words, allowed) < 0)
			return -ENOMEM;
		++*at;
		if (end != CHILD_SAID)
			break;
	}
	return 0;
}

void surface_probe(struct answers_facts *ret, int64_t deadline_ms)
{
	size_t at = 0;

	(void)str_set(&ret->part.seen_by, "itself");
	while (at < ARRAY_LEN(calls)) {
		struct child child;

		if (deadline_ms && monotonic_ms() >= deadline_ms) {
			(void)str_set(
				&ret->part.why,
				"the time for it was over: not all calls were asked");
			break;
		}
		int r = child_start(ask_from, &at, &child);
		if (r < 0) {
			AUTO_FREE char *why =
				str_format("no process to ask with: %s", err_words(r));

			(void)str_set(&ret->part.why, why);
			break;
		}
		r = hear(&child, &at, ret);
		child_done(&child);
		if (r < 0) {
			part_unknown(&ret->part, "out of memory", NULL);
			return;
		}
	}
	ret->part.known = ret->list.len > 0;
}
