/* SPDX-License-Identifier: MIT */
#include "agent/rehearsing.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/files.h"
#include "agent/outlet.h"
#include "agent/targets.h"
#include "agent/terminal.h"
#include "checks/report/rehearsal.h"
#include "core/cleanup.h"

/* 100,000 refusals with long paths; what an outlet takes at once. */
#define DOCUMENT_MAX ((size_t)256 << 20)
#define PAGE_MAX     ((size_t)8 << 20)
#define WAIT_MS	     500
/* A tenth of the time may go into writing what is not the end. */
#define SHARE 10

struct rehearsing {
	struct target targets[TARGET_COUNT];
	const struct rehearsal *head;
	struct text_style style;
	/* Its directory as it was at the start: with --real the root is read-only to us,
	 * too, and this still leads to the mount that is not. */
	int directory;
	char *path; /* of the document, by that descriptor; NULL: none */
	bool regular;
	bool failing; /* it was said that it cannot be written */
	int64_t next_ms;
};

/* --- what was asked for --- */

static int choose(const struct settings *settings, struct target ret[TARGET_COUNT],
		  struct err *err)
{
	const int r = targets_read(settings, ret, err);

	if (r < 0)
		return r;
	/* The page is always there: who sees nothing believes that it passed. */
	if (settings->output && !ret[TARGET_JSON].wanted &&
	    ret[TARGET_TEXT].file != settings->output)
		ret[TARGET_JSON] =
			(struct target){ .wanted = true, .file = settings->output };
	if (!ret[TARGET_TEXT].wanted &&
	    !(ret[TARGET_JSON].wanted && !ret[TARGET_JSON].file))
		ret[TARGET_TEXT] = (struct target){ .wanted = true };
	return targets_check(ret, err);
}

int rehearsing_check(const struct settings *settings, struct err *err)
{
	struct target targets[TARGET_COUNT];

	return choose(settings, targets, err);
}

/* "/proc/self/fd/5/name" */
static int find_document(struct rehearsing *r, const char *file, struct err *err)
{
	AUTO_FREE char *copy = strdup(file);
	AUTO_FREE char *other = strdup(file);
	struct stat st;

	if (!copy || !other)
		return err_set(err, -ENOMEM, "out of memory");
	r->regular = stat(file, &st) < 0 || S_ISREG(st.st_mode);
	if (!r->regular && S_ISDIR(st.st_mode))
		return err_set(err, -EISDIR, "%s: %s", file, err_words(-EISDIR));
	r->directory = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->directory < 0)
		return err_set(err, -errno, "%s: %s", file, err_words(errno));
	r->path = str_format("/proc/self/fd/%d/%s", r->directory, basename(other));
	return r->path ? 0 : err_set(err, -ENOMEM, "out of memory");
}

/* --- writing --- */

static void complain_once(struct rehearsing *r, const struct err *err)
{
	if (!r->failing)
		outlet_complain("rehearse: the document: %s", err->msg);
	r->failing = true;
}

static int put_document(struct rehearsing *r, const struct rehearsal *all, bool last,
			struct err *err)
{
	AUTO(str_done) struct str text = STR_INIT(DOCUMENT_MAX);
	struct outlet to;

	/* Who reads a FIFO gets one document: the last. */
	if (!r->path || (!r->regular && !last))
		return 0;
	report_rehearsal_json(all, &text);
	if (text.error)
		return err_set(err, text.error, "%s", err_words(text.error));
	if (r->regular)
		return file_write(r->path, text.s, text.len, err);
	int failed = outlet_open(r->path, &to, err);
	if (failed < 0)
		return failed;
	outlet_add(&to, text.s, text.len);
	if (!outlet_finish(&to, WAIT_MS) || to.dropped)
		failed = err_set(err, -EPIPE, "it was not read to its end");
	outlet_done(&to);
	return failed;
}

static void put_page(struct rehearsing *r, const struct rehearsal *all)
{
	AUTO(str_done) struct str page = STR_INIT(PAGE_MAX);
	const struct target *target = &r->targets[TARGET_TEXT];
	struct err err = ERR_INIT;
	struct outlet to;

	if (!target->wanted)
		return;
	report_rehearsal_text(all, &r->style, &page);
	if (page.error) {
		outlet_complain("rehearse: the page: %s", err_words(page.error));
		return;
	}
	if (!target->file)
		outlet_stderr(&to);
	else if (outlet_open(target->file, &to, &err) < 0) {
		outlet_complain("rehearse: %s", err.msg);
		return;
	}
	outlet_add(&to, page.s, page.len);
	if (!outlet_finish(&to, WAIT_MS) || to.dropped)
		outlet_complain("rehearse: the page could not be written whole to %s",
				to.name);
	outlet_done(&to);
}

/* The head's own stay the head's. */
static int read_all(const struct rehearsing *r, struct refusals *refusals,
		    const char *ended, int exit, struct rehearsal *ret)
{
	int failed = record_copy(&rehearsal_type, ret, r->head);

	return failed ? failed : refusals_read(refusals, ended, exit, ret);
}

void rehearsing_tick(void *arg, struct refusals *refusals, const char *ended, int exit,
		     bool speak)
{
	AUTO(rehearsal_done) struct rehearsal all = { 0 };
	struct rehearsing *r = arg;
	struct err err = ERR_INIT;
	const int64_t begin = clock_ms();

	if (!ended && (begin < r->next_ms || !r->path || !r->regular))
		return;
	if (read_all(r, refusals, ended, exit, &all) < 0) {
		outlet_complain("rehearse: out of memory: what was refused is not told");
		return;
	}
	if (put_document(r, &all, ended && strcmp(ended, "background") != 0, &err) < 0)
		complain_once(r, &err);
	if (speak)
		put_page(r, &all);
	r->next_ms = clock_ms() + SHARE * (clock_ms() - begin);
}

/* --- opening --- */

static int write_first(struct rehearsing *r, struct err *err)
{
	AUTO(rehearsal_done) struct rehearsal all = { 0 };

	if (record_copy(&rehearsal_type, &all, r->head) < 0 ||
	    str_set(&all.ended, "running") < 0 ||
	    texts_add(&all.invalid, "it has not come to its end: nothing is known yet") <
		    0)
		return err_set(err, -ENOMEM, "out of memory");
	all.exit = -1;
	return put_document(r, &all, false, err);
}

int rehearsing_open(const struct settings *settings, const struct rehearsal *head,
		    struct rehearsing **ret, struct err *err)
{
	struct rehearsing *r = calloc(1, sizeof(*r));
	int failed = r ? 0 : err_set(err, -ENOMEM, "out of memory");

	if (failed)
		return failed;
	r->directory = -1;
	r->head = head;
	failed = choose(settings, r->targets, err);
	if (failed == 0 && r->targets[TARGET_JSON].file)
		failed = find_document(r, r->targets[TARGET_JSON].file, err);
	if (failed == 0 && !r->targets[TARGET_JSON].file &&
	    r->targets[TARGET_JSON].wanted)
		r->path = strdup("/dev/stderr");
	if (failed == 0 && !r->targets[TARGET_TEXT].file)
		r->style = terminal_style(settings, STDERR_FILENO);
	if (failed == 0)
		failed = write_first(r, err);
	if (failed < 0) {
		rehearsing_done(r);
		return failed;
	}
	*ret = r;
	return 0;
}

void rehearsing_done(struct rehearsing *r)
{
	if (!r)
		return;
	cleanup_close(&r->directory);
	free(r->path);
	free(r);
}
