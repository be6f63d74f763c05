/* SPDX-License-Identifier: MIT */
#include "tests/tools/oracle/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/tools/oracle/describe.h"
#include "tests/tools/oracle/names.h"

/* What a call on a descriptor, or bind(), is given. */
#define FD_NUMBER 100

static const char *skip_mark(const char *name)
{
	return name + (name[0] == '!');
}

const char *question_name(const struct question *q, int which)
{
	if (!form_pairs(&forms[q->form]))
		return which ? "" : names[q->a];
	return pair_names[which ? q->b : q->a];
}

/* --- as the caller --- */

static int replace_fd(int fd)
{
	int r = fd < 0 ? -1 : dup2(fd, FD_NUMBER);

	if (fd >= 0)
		(void)close(fd);
	return r;
}

static bool prepare(const struct caller *caller, const struct question *q)
{
	const struct form *form = &forms[q->form];
	const char *a = question_name(q, 0), *b = question_name(q, 1);
	struct raw raw;

	/* Both names count from the same directory. */
	if (form_pairs(form) && (a[0] == '!') != (b[0] == '!'))
		return false;
	if (fchdir(a[0] == '!' ? caller->gone : caller->home) < 0)
		fail("fchdir for %s", a);
	a = skip_mark(a);
	if (form_by_fd(form) &&
	    replace_fd(open(a, form->by | O_NONBLOCK | O_CLOEXEC)) < 0)
		return false;
	if (form->op == ORACLE_BIND &&
	    replace_fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return false;
	return form_raw(form, a, skip_mark(b), FD_NUMBER, &raw);
}

static struct described describe(const struct form *form, const char *path)
{
	int owner = form->op == ORACLE_CHOWN ? form->owner : -1;
	size_t len = strlen(path);
	bool slash = len > 0 && path[len - 1] == '/';
	enum at_end end = form_end(form);

	if (form_by_fd(form))
		return describe_fd(FD_NUMBER, owner);
	/* O_CREAT refuses "link/" before it looks at the link. */
	if (slash && form->op == ORACLE_OPEN && (form->flags & O_CREAT) &&
	    end == END_FOLLOW && !(form->flags & O_PATH))
		end = END_NAME;
	return describe_path(path, end, owner);
}

static struct answer predict(const struct caller *caller, const struct form *form,
			     const char *a, const char *b)
{
	struct answer ret = { .said = -1 };
	struct described first = describe(form, a), second = { .on = 0 };

	if (form_pairs(form))
		second = describe_path(b, END_NAME, -1);
	struct oracle_call call = form_call(form, first.on, caller->kernel);

	call.name[0] = first.facts;
	call.name[1] = second.facts;
	if (form->op == ORACLE_RENAME) {
		call.beneath = describe_below(a, b);
		call.above = describe_below(b, a);
	}
	if (form->op == ORACLE_XATTR && !form->value && call.late == 0 &&
	    !describe_attr(a, form_end(form), form_by_fd(form) ? FD_NUMBER : -1,
			   form->attr))
		call.late = ENODATA;
	ret.oracle = oracle_answer(&call);
	for (int i = 0; i < 2; i++)
		call.name[i].readonly = call.name[i].parent_readonly = true;
	ret.planned = oracle_answer(&call);
	return ret;
}

static struct answer ask(const struct caller *caller, const struct question *q)
{
	const struct form *form = &forms[q->form];
	const char *a = skip_mark(question_name(q, 0)),
		   *b = skip_mark(question_name(q, 1));
	struct answer ret = predict(caller, form, a, b);
	struct raw raw = question_raw(q);

	ret.said = raw_do(&raw);
	(void)close(FD_NUMBER);
	return ret;
}

static void become(uid_t uid)
{
	/* root's saved uid stays, to look into directories; it gives no permission. */
	if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
	    setresuid(uid, uid, 0) < 0)
		fail("becoming %u", uid);
	/* Or its /proc is closed even to its own uid. */
	(void)prctl(PR_SET_DUMPABLE, 1);
}

/* Two steps for each question: prepared, asked. */
static _Noreturn void run(struct caller *caller)
{
	struct question q;

	while (read(caller->socket, &q, sizeof(q)) == (ssize_t)sizeof(q)) {
		bool ready = prepare(caller, &q);
		struct answer answer;
		char go;

		(void)!write(caller->socket, &ready, sizeof(ready));
		if (!ready)
			continue;
		if (read(caller->socket, &go, 1) != 1)
			break;
		answer = ask(caller, &q);
		(void)!write(caller->socket, &answer, sizeof(answer));
	}
	_exit(0);
}

static _Noreturn void begin(struct caller *caller)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGPIPE, SIG_IGN);
	if (caller->chroot && chroot(tree_root(caller->world)) < 0)
		fail("chroot %s", tree_root(caller->world));
	caller->home = open("/c", O_PATH | O_DIRECTORY | O_CLOEXEC);
	caller->gone = open("/c/gone", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (caller->home < 0 || caller->gone < 0)
		fail("the tree");
	become(caller->uid);
	(void)umask(0);
	(void)!write(caller->socket, "", 1);
	run(caller);
}

/* --- as the one that asks --- */

void caller_start(struct caller *caller)
{
	int pair[2];
	char ready;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		fail("socketpair");
	pid_t pid = fork();
	if (pid < 0)
		fail("fork");
	caller->pid = pid;
	caller->socket = pair[pid == 0];
	(void)close(pair[pid != 0]);
	if (pid == 0)
		begin(caller);
	if (read(caller->socket, &ready, 1) != 1)
		fail("a caller did not start");
}

void caller_end(struct caller *caller)
{
	(void)close(caller->socket);
	(void)kill(caller->pid, SIGKILL); /* others may hold the other end */
	(void)waitpid(caller->pid, NULL, 0);
}

bool caller_prepare(const struct caller *caller, const struct question *q)
{
	bool ready;

	if (write(caller->socket, q, sizeof(*q)) != (ssize_t)sizeof(*q) ||
	    read(caller->socket, &ready, sizeof(ready)) != (ssize_t)sizeof(ready))
		fail("a caller ended at %s", forms[q->form].text);
	return ready;
}

struct raw question_raw(const struct question *q)
{
	struct raw ret;

	if (!form_raw(&forms[q->form], skip_mark(question_name(q, 0)),
		      skip_mark(question_name(q, 1)), FD_NUMBER, &ret))
		fail("%s is no call", forms[q->form].text);
	return ret;
}

struct answer caller_ask(const struct caller *caller)
{
	struct answer ret;

	if (write(caller->socket, "", 1) != 1 ||
	    read(caller->socket, &ret, sizeof(ret)) != (ssize_t)sizeof(ret))
		fail("a caller ended at its call");
	return ret;
}
