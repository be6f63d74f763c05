/* SPDX-License-Identifier: MIT */
#include "tests/tools/oracle/compare.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/num.h"
#include "tests/tools/oracle/describe.h"
#include "tests/tools/oracle/names.h"

#define SHOWN	 50 /* for each world and uid */
#define COUNT(a) ((int)(sizeof(a) / sizeof(*(a))))

struct count {
	int passed, failed, known, skipped, readonly;
};

struct run {
	enum tree_on on;
	bool verbose;
	int every;
	const char *only; /* in a form's text */
	unsigned kernel;
	const struct predictor *predictor; /* NULL: the oracle, told by describe.h */
};

static const char *error_name(int error)
{
	static const struct {
		int error;
		const char *name;
	} known[] = {
#define E(name) { name, #name }
		E(EPERM),
		E(ENOENT),
		E(ENXIO),
		E(EBADF),
		E(EACCES),
		E(EBUSY),
		E(EEXIST),
		E(EXDEV),
		E(ENOTDIR),
		E(EISDIR),
		E(EINVAL),
		E(ETXTBSY),
		E(EROFS),
		E(ENAMETOOLONG),
		E(ENOTEMPTY),
		E(ELOOP),
		E(ERANGE),
		E(ENODATA),
		E(EFAULT),
		E(EADDRINUSE),
		E(EOPNOTSUPP),
		E(EAGAIN),
		{ -1, "unresolved" },
		{ 0, "0" },
#undef E
	};

	for (int i = 0; i < COUNT(known); i++)
		if (known[i].error == error)
			return known[i].name;
	return "another error";
}

static void show(const struct caller *caller, const struct question *q, const char *what,
		 int is, int predicted)
{
	const struct form *form = &forms[q->form];

	(void)printf("%s uid %u: %s '%s'%s%s%s: %s %s, predicted %s\n",
		     caller->world == WRITABLE ? "writable" : "readonly", caller->uid,
		     form->text, question_name(q, 0), form_pairs(form) ? " '" : "",
		     question_name(q, 1), form_pairs(form) ? "'" : "", what,
		     error_name(is), error_name(predicted));
}

/* Where the kernel is wrong, and nobody's read-only root depends on it. */
static bool is_known(const struct run *run, const struct form *form, int is,
		     int predicted)
{
	/* Before 6.9 the BPF security module, where it was built in, spoke for all:
	 * anybody may set security.*. */
	if (form->attr && strcmp(form->attr, "security.t") == 0 && is == 0 &&
	    predicted == EPERM && run->kernel < ORACLE_KERNEL(6, 9))
		return true;
	return run->predictor && run->predictor->known(form, is, predicted);
}

static void judge(const struct run *run, const struct caller *caller,
		  const struct question *q, const char *what, int is, int predicted,
		  struct count *count)
{
	if (is == predicted) {
		count->passed++;
		if (run->verbose)
			show(caller, q, what, is, predicted);
	} else if (is_known(run, &forms[q->form], is, predicted)) {
		count->known++;
		if (run->verbose)
			show(caller, q, "(known)", is, predicted);
	} else if (count->failed++ < SHOWN || run->verbose) {
		show(caller, q, what, is, predicted);
	}
}

static void compare(const struct run *run, const struct caller *caller,
		    const struct question *q, struct count *count)
{
	int now = -1, planned = -1;

	if (!caller_prepare(caller, q)) {
		count->skipped++;
		return;
	}
	if (run->predictor) {
		struct raw raw = question_raw(q);

		run->predictor->predict(caller, &raw, &now, &planned);
	}
	struct answer a = caller_ask(caller);

	if (a.said < 0) {
		count->skipped++;
		return;
	}
	count->readonly += a.said == EROFS;
	judge(run, caller, q, "kernel", a.said, run->predictor ? now : a.oracle, count);
	if (run->predictor)
		judge(run, caller, q, "all read-only", a.planned, planned, count);
	if (form_changes(&forms[q->form], a.said))
		tree_build();
}

static void compare_form(const struct run *run, const struct caller *caller, int form,
			 struct count *count)
{
	bool pairs = form_pairs(&forms[form]);
	int total = pairs ? pair_names_count : names_count;
	/* The flags change little: every fourth pair with them. */
	int thin = pairs && forms[form].flags ? 4 * run->every : run->every;

	for (int a = 0; a < total; a++)
		for (int b = 0; b < (pairs ? total : 1); b++) {
			const struct question q = { form, a, b };

			if ((a + 7 * b + form) % thin == 0)
				compare(run, caller, &q, count);
		}
}

static void compare_caller(const struct run *run, struct caller *caller,
			   struct count *total)
{
	struct count count = { 0 };

	for (int form = 0; form < forms_count; form++)
		if (!run->only || strstr(forms[form].text, run->only))
			compare_form(run, caller, form, &count);
	(void)printf(
		"%s%s, %s, uid %u: %d equal, %d different, %d known to differ, %d not "
		"asked, %d EROFS\n",
		run->predictor ? run->predictor->inside ? "inside, " : "outside, " : "",
		run->on == ON_TMPFS ? "tmpfs" : "overlay",
		caller->world == WRITABLE ? "writable" : "read-only", caller->uid,
		count.passed, count.failed, count.known, count.skipped, count.readonly);
	(void)fflush(stdout);
	caller_end(caller);
	total->passed += count.passed;
	total->failed += count.failed;
}

/* One world: a process of its own, which may change its root. */
static void compare_world(const struct run *run, enum world world, struct count *total)
{
	static const uid_t uids[] = { 0, STRANGER };
	struct caller callers[COUNT(uids)];
	bool inside = run->predictor && run->predictor->inside;

	if (inside && (chroot(tree_root(world)) < 0 || chdir("/") < 0))
		fail("chroot %s", tree_root(world));
	for (int i = 0; i < COUNT(uids); i++) {
		callers[i] = (struct caller){ .world = world,
					      .uid = uids[i],
					      .chroot = !inside,
					      .kernel = run->kernel };
		caller_start(&callers[i]);
	}
	tree_remove_gone();
	if (run->predictor)
		run->predictor->start();
	for (int i = 0; i < COUNT(uids); i++)
		compare_caller(run, &callers[i], total);
}

/* In a child, which takes its mount namespace with it. 0, or 2 where it broke. */
static int run_world(const struct run *run, enum world world, struct count *total)
{
	int pair[2], status;
	struct count count = { 0 };

	if (pipe(pair) < 0)
		fail("pipe");
	(void)fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		describe_prepare();
		if (tree_mount(run->on))
			compare_world(run, world, &count);
		else
			(void)printf("no overlay here: %s\n", strerror(errno));
		(void)fflush(stdout);
		(void)!write(pair[1], &count, sizeof(count));
		_exit(0);
	}
	(void)close(pair[1]);
	ssize_t n = read(pair[0], &count, sizeof(count));
	(void)close(pair[0]);
	(void)waitpid(pid, &status, 0);
	total->passed += count.passed;
	total->failed += count.failed;
	return n == (ssize_t)sizeof(count) ? 0 : 2;
}

static int run_both(const struct run *run, struct count *total)
{
	for (int world = 0; world < WORLDS; world++)
		if (run_world(run, (enum world)world, total) != 0)
			return 2;
	return 0;
}

static unsigned release(void)
{
	struct utsname name;
	unsigned major, minor;

	if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		fail("uname");
	return ORACLE_KERNEL(major, minor);
}

/* ON_TMPFS, ON_OVERLAY, or -1 for both. */
static int parse(int argc, char **argv, struct run *ret)
{
	int on = -1;

	*ret = (struct run){ .every = 1, .kernel = release() };
	for (int i = 2; i < argc; i++) {
		uint64_t n;

		if (strcmp(argv[i], "tmpfs") == 0)
			on = ON_TMPFS;
		else if (strcmp(argv[i], "overlay") == 0)
			on = ON_OVERLAY;
		else if (strcmp(argv[i], "-v") == 0)
			ret->verbose = true;
		else if (num_u64(argv[i], 10, &n) == 0 && n > 0 && n < 1000)
			ret->every = (int)n;
		else
			ret->only = argv[i];
	}
	return on;
}

int compare_main(int argc, char **argv, const struct predictor *predictors, int count)
{
	struct count total = { 0 };
	struct run run;

	if (argc > 1 && strcmp(argv[1], "pause") == 0)
		for (;;)
			(void)pause();
	if (argc < 2 || strcmp(argv[1], "all") != 0) {
		(void)fprintf(stderr, "usage: %s all [tmpfs|overlay] [N] [-v] [TEXT]\n",
			      argv[0]);
		return 2;
	}
	if (geteuid() != 0) {
		(void)puts("mounts and other uids: needs root");
		return 77;
	}
	int which = parse(argc, argv, &run);

	for (int on = ON_TMPFS; on <= ON_OVERLAY; on++)
		for (int i = 0; (which < 0 || on == which) && i < (count ? count : 1);
		     i++) {
			run.on = (enum tree_on)on;
			run.predictor = count ? &predictors[i] : NULL;
			if (run_both(&run, &total) != 0)
				return 2;
		}
	(void)printf("%d passed, %d failed\n", total.passed, total.failed);
	return total.failed != 0;
}
