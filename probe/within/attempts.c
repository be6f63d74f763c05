/* SPDX-License-Identifier: MIT */
#include "probe/within/attempts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "core/cleanup.h"
#include "core/str.h"
#include "core/table.h"
#include "probe/monotonic.h"
#include "probe/within/child.h"

/* A namespace takes milliseconds, on a machine with many mounts tens of them. */
#define ATTEMPT_MS 500

/* SYSLOG_ACTION_SIZE_BUFFER: reads nothing, clears nothing. */
#define KLOG_SIZE_BUFFER 10

/* What an attempt says its answer about: itself, or what it needs first. */
enum step { STEP_ATTEMPT, STEP_MOUNTS, STEP_UTS, STEP_ROOT_ALREADY, STEP_PROCESS };

struct outcome {
	enum step step;
	int code;
};

static struct outcome answered(int result)
{
	return (struct outcome){ STEP_ATTEMPT, result < 0 ? errno : 0 };
}

static struct outcome user_namespace(void)
{
	return answered(unshare(CLONE_NEWUSER));
}

static struct outcome mount_namespace(void)
{
	return answered(unshare(CLONE_NEWNS));
}

/* Mounts of our own, which reach nobody else. */
static int own_mounts(void)
{
	if (unshare(CLONE_NEWNS) < 0)
		return -1;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

/* Over /proc, which is there in every container; ours alone, and gone with us. */
static int mount_over_proc(void)
{
	return mount("taskprobe", "/proc", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		     "size=16k,mode=0700");
}

static struct outcome mount_tmpfs(void)
{
	if (own_mounts() < 0)
		return (struct outcome){ STEP_MOUNTS, errno };
	return answered(mount_over_proc());
}

/* Only a file system of our own will do: the kernel asks for the right to write the
 * directory before it asks for CAP_MKNOD. */
static struct outcome make_device(void)
{
	if (own_mounts() < 0 || mount_over_proc() < 0)
		return (struct outcome){ STEP_MOUNTS, errno };
	return answered(mknod("/proc/null", S_IFCHR | S_IRUSR, makedev(1, 3)));
}

/* Of a process of our own, which ends with us. Taking another uid had made us
 * undumpable, which is another reason to be refused. */
static struct outcome trace_process(void)
{
	(void)prctl(PR_SET_DUMPABLE, 1);
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return (struct outcome){ STEP_PROCESS, errno };
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == parent)
			(void)pause();
		_exit(0);
	}
	struct outcome o = answered((int)ptrace(PTRACE_SEIZE, pid, NULL, NULL));
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return o;
}

/* Both are closed by the end of the child, and nothing is sent. */
static struct outcome raw_socket(void)
{
	return answered(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
}

/* Protocol 0: it receives nothing. */
static struct outcome packet_socket(void)
{
	return answered(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static struct outcome change_root(void)
{
	return answered(chroot("/"));
}

static struct outcome become_root(void)
{
	uid_t ruid, euid, suid;

	if (getresuid(&ruid, &euid, &suid) < 0 || ruid == 0 || euid == 0 || suid == 0)
		return (struct outcome){ STEP_ROOT_ALREADY, 0 };
	return answered(setresuid(0, 0, 0));
}

static struct outcome set_hostname(void)
{
	struct utsname name;

	if (uname(&name) < 0 || unshare(CLONE_NEWUTS) < 0)
		return (struct outcome){ STEP_UTS, errno };
	return answered(sethostname(name.nodename, strlen(name.nodename)));
}

static struct outcome kernel_log(void)
{
	return answered(klogctl(KLOG_SIZE_BUFFER, NULL, 0));
}

static const struct attempt {
	const char *what;
	struct outcome (*run)(void);
} attempts[] = {
	{ "create a user namespace", user_namespace },
	{ "create a mount namespace", mount_namespace },
	{ "mount a tmpfs", mount_tmpfs },
	{ "make a device node", make_device },
	{ "trace a process", trace_process },
	{ "open a raw socket", raw_socket },
	{ "open a packet socket", packet_socket },
	{ "change the root directory", change_root },
	{ "become uid 0", become_root },
	{ "set the host name", set_hostname },
	{ "ask for the kernel log", kernel_log },
};

static void run_attempt(int to, const void *arg)
{
	struct outcome o = ((const struct attempt *)arg)->run();

	child_say(to, (int32_t)o.step, o.code);
}

/* The caller frees it; NULL without memory. */
static char *answer_words(enum child_end end, const struct child_answer *a)
{
	if (end == CHILD_SILENT)
		return str_format("no answer in time");
	if (end == CHILD_DIED)
		return str_format("killed");
	switch ((enum step)a->about) {
	case STEP_ATTEMPT:
		return str_format("%s", a->code == 0 ? "allowed" : err_name(a->code));
	case STEP_MOUNTS:
		return str_format("not tried: no mounts of its own (%s)",
				  err_name(a->code));
	case STEP_UTS:
		return str_format("not tried: no host name of its own (%s)",
				  err_name(a->code));
	case STEP_ROOT_ALREADY:
		return str_format("not tried: uid 0 already");
	case STEP_PROCESS:
		break;
	}
	return str_format("not tried: no process to trace (%s)", err_name(a->code));
}

static int try_one(const struct attempt *attempt, int64_t deadline_ms,
		   struct answers_facts *ret)
{
	struct child_answer a = { 0 };
	struct child child;
	int64_t until = monotonic_ms() + ATTEMPT_MS;
	int r = child_start(run_attempt, attempt, &child);

	if (r < 0)
		return r;
	if (deadline_ms && until > deadline_ms)
		until = deadline_ms;
	enum child_end end = child_hear(&child, until, &a);
	child_done(&child);
	AUTO_FREE char *words = answer_words(end, &a);
	AUTO_FREE char *what = strdup(attempt->what);
	struct answer_fact *fact =
		words && what ? LIST_ADD(&ret->list, struct answer_fact) : NULL;
	if (!fact)
		return -ENOMEM;
	fact->allowed = end == CHILD_SAID && a.about == STEP_ATTEMPT && a.code == 0;
	fact->what = TAKE_PTR(what);
	fact->answer = TAKE_PTR(words);
	return 0;
}

void attempts_probe(struct answers_facts *ret, int64_t deadline_ms)
{
	(void)str_set(&ret->part.seen_by, "itself");
	for (size_t i = 0; i < ARRAY_LEN(attempts); i++) {
		if (deadline_ms && monotonic_ms() >= deadline_ms) {
			(void)str_set(&ret->part.why,
				      "the time for it was over: not all was tried");
			break;
		}
		int r = try_one(&attempts[i], deadline_ms, ret);

		if (r < 0) {
			AUTO_FREE char *why =
				str_format("no process to try with: %s", err_words(r));

			(void)str_set(&ret->part.why, why);
			break;
		}
	}
	ret->part.known = ret->list.len > 0;
}
