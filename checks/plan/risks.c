/* SPDX-License-Identifier: MIT
 *
 * risks.c - what may go wrong with the plan all the same, and what to do to know more.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "checks/plan/needs.h"
#include "checks/report/words.h"
#include "core/cleanup.h"
#include "core/text.h"

#define RISK_MAX ((size_t)64 * 1024)

struct risk {
	struct planning *planning;
	struct str text;
};

static void risk_done(struct risk *risk)
{
	str_done(&risk->text);
}
#define RISK(name, p) AUTO(risk_done) struct risk name = { (p), STR_INIT(RISK_MAX) }

static int say(struct risk *risk)
{
	return risk->text.error ? risk->text.error
				: add_risk(risk->planning, str_take(&risk->text));
}

/* --- of the inventory --- */

static int risk_coverage(struct planning *p, const struct inventory_end *end)
{
	int r = 0;

	if (end && end->unresolved + end->lost > 0) {
		RISK(risk, p);

		words_many(&risk.text, end->unresolved, "operation", "operations");
		(void)str_puts(&risk.text, " could not be resolved to a path, and ");
		words_number(&risk.text, end->lost);
		(void)str_puts(&risk.text,
			       " got lost: they may need mounts that the plan "
			       "lacks");
		r = say(&risk);
	}
	if (!end)
		return r;
	LIST_EACH (char *const, spot, &end->blind_spots) {
		RISK(risk, p);

		(void)str_puts(&risk.text, "not seen: ");
		text_escape(&risk.text, *spot);
		if (r == 0)
			r = say(&risk);
	}
	return r;
}

static int risk_runs(struct planning *p)
{
	RISK(risk, p);

	if (p->runs < 2) {
		(void)str_puts(
			&risk.text,
			"it comes from one run: what that run did not do (a reload, "
			"an upgrade, an error, a cron job) is not in it; record more "
			"and give all inventories");
	} else if (p->some_runs > 0) {
		words_many(&risk.text, p->some_runs, "path was", "paths were");
		(void)str_puts(&risk.text, " written in some of the ");
		words_number(&risk.text, p->runs);
		(void)str_puts(&risk.text, " runs only: there may be more that none of "
					   "them came to; record more runs");
	} else {
		(void)str_puts(&risk.text, "code that no run exercised may write "
					   "elsewhere; rehearse the plan before it is "
					   "rolled out");
	}
	return say(&risk);
}

/* Nobody becomes root without being it, but by programs that are setuid. */
static int risk_user(struct planning *p)
{
	const int64_t user = p->options->user;
	const bool nobody = !p->root_wrote && p->uid < 0;
	RISK(risk, p);

	if (user <= 0 || nobody || (p->user_wrote && !p->root_wrote))
		return 0;
	(void)str_printf(&risk.text,
			 "the definition runs the app as uid %" PRId64
			 ", and what was recorded was written by uid %" PRId64
			 ": owners and modes may not fit, and another user may write "
			 "elsewhere; record it as that user",
			 user, p->root_wrote ? 0 : p->uid);
	return say(&risk);
}

/* --- of the mounts --- */

static int risk_site(struct planning *p, const char *before, const struct site *site,
		     const char *behind)
{
	AUTO_FREE char *path = slice_text(site->dir);
	RISK(risk, p);

	if (!path)
		return -ENOMEM;
	(void)str_puts(&risk.text, before);
	text_escape(&risk.text, path);
	(void)str_puts(&risk.text, behind);
	return say(&risk);
}

static int risk_of_site(struct planning *p, const struct site *site)
{
	int r = 0;

	if (site->flags & NEED_MADE)
		r = risk_site(
			p, "the app makes ", site,
			" itself, right below \"/\"; as a mount it is there before: "
			"mkdir answers EEXIST, which mkdir -p and the like take well");
	if (r == 0 && is_system(site->dir))
		r = risk_site(
			p, "all of ", site,
			" becomes writable, since entries are made or removed right "
			"in it: better let the app use a directory of its own");
	if (r == 0 && site->flags & NEED_MANY)
		r = risk_site(p, "a single mount at ", site,
			      " stands for too many directories below it: more of the "
			      "image becomes writable than is written");
	if (r == 0 && !site->held && !(site->flags & NEED_MADE))
		r = risk_site(p, "what the image has in ", site,
			      ", and whose that is, is not known: a Dockerfile's VOLUME "
			      "keeps it. The directory was closed to the recorder (root "
			      "would be "
			      "let in), or it was not recorded by `taskprobe trace`");
	if (r == 0 && site->foreign)
		r = risk_site(p, "where it was recorded, ", site,
			      " or a part of it was a mount of its own, whose content is "
			      "not the image's");
	return r;
}

static int risk_moved(struct planning *p)
{
	RISK(risk, p);

	if (p->moved.len == 0)
		return 0;
	words_many(&risk.text, (int64_t)p->moved.len, "file becomes a link",
		   "files become links");
	(void)str_puts(
		&risk.text,
		" into a volume (the Dockerfile lines): opening with O_NOFOLLOW or "
		"with O_CREAT and O_EXCL, renaming over it and unlink would fail; "
		"rehearse with the changed image");
	return say(&risk);
}

static int risk_joined(struct planning *p)
{
	bool any = false;
	RISK(risk, p);

	LIST_EACH (const struct site, site, &p->sites)
		any |= site->group > 0;
	if (!any)
		return 0;
	(void)str_puts(
		&risk.text,
		"directories become links into one volume (the Dockerfile lines): "
		"an app that compares resolved paths sees other names; rehearse with "
		"the changed image");
	return say(&risk);
}

static int risk_memory(struct planning *p)
{
	int64_t mib = 0;
	RISK(risk, p);

	LIST_EACH (const struct plan_mount, mount, &p->plan->mounts)
		if (mount->kind == PLAN_TMPFS &&
		    __builtin_add_overflow(mib, mount->size_mib, &mib))
			mib = INT64_MAX;
	if (mib == 0)
		return 0;
	(void)str_printf(&risk.text,
			 "the tmpfs may take up to %" PRId64 " MiB, which counts against "
			 "the memory of the task",
			 mib);
	if (p->options->memory_mib > 0)
		(void)str_printf(&risk.text, " (%" PRId64 " MiB%s)",
				 p->options->memory_mib,
				 mib > p->options->memory_mib / 4
					 ? ", of which that is more than a quarter"
					 : "");
	else
		(void)str_puts(&risk.text, " (its size was not given)");
	(void)str_puts(
		&risk.text,
		"; the sizes come from samples, which are lower bounds: write(2) is "
		"not seen. A full tmpfs answers ENOSPC, and each start finds it "
		"empty");
	return say(&risk);
}

static int risk_exec(struct planning *p)
{
	RISK(risk, p);

	if (!p->options->exec)
		return 0;
	(void)str_puts(
		&risk.text,
		"ECS Exec: AWS says that a read-only root \"isn't supported\" with "
		"it; with these paths writable it is known to work, and that may "
		"change with any version of its agent");
	return say(&risk);
}

static int risk_efs(struct planning *p)
{
	RISK(risk, p);

	LIST_EACH (const struct plan_mount, mount, &p->plan->mounts) {
		if (mount->kind != PLAN_EFS)
			continue;
		(void)str_puts(
			&risk.text,
			"EFS: owner and mode come from its access point, which has "
			"to be the writer's uid and gid; replicas see each other's "
			"files");
		return say(&risk);
	}
	return 0;
}

static int risk_rest(struct planning *p)
{
	if (p->more_by_hand > 0) {
		RISK(risk, p);

		(void)str_puts(&risk.text, "besides those that are listed, ");
		words_many(&risk.text, p->more_by_hand, "path needs", "paths need");
		(void)str_puts(&risk.text, " a change by hand: this plan is not enough");
		int r = say(&risk);
		if (r < 0)
			return r;
	}
	if (p->more_ignored > 0) {
		RISK(risk, p);

		(void)str_puts(&risk.text, "besides those that are listed, ");
		words_many(&risk.text, p->more_ignored, "path was", "paths were");
		(void)str_puts(&risk.text, " ignored for the same reasons");
		return say(&risk);
	}
	return 0;
}

/* Who started it is not in an inventory, but who wrote. */
static int risk_lines(struct planning *p)
{
	bool run = false;
	const char *user = NULL;
	RISK(risk, p);

	LIST_EACH (const struct plan_change, change, &p->plan->image_changes) {
		run |= strncmp(change->dockerfile, "RUN ", 4) == 0;
		if (strncmp(change->dockerfile, "USER ", 5) == 0)
			user = change->dockerfile;
	}
	if (!run)
		return 0;
	(void)str_puts(&risk.text, "the RUN lines need a shell in the image");
	if (user)
		(void)str_printf(
			&risk.text,
			"; behind them stands %s, since root wrote nothing: where "
			"the image starts as another user (as root, which the app "
			"drops then), its own USER line has to stand there",
			user);
	return say(&risk);
}

static int risk_other(struct planning *p)
{
	RISK(risk, p);

	if (p->other_answers == 0)
		return 0;
	words_many(&risk.text, p->other_answers, "path", "paths");
	(void)str_puts(&risk.text,
		       " that the app tries to remove or rename though nothing is there "
		       "(ENOENT and the like, among what needs nothing) will be answered "
		       "with EROFS: an app that expects the former alone fails; rehearse "
		       "it");
	return say(&risk);
}

static int set_bytecode(struct planning *p)
{
	struct plan_variable *slot;
	AUTO(str_done) struct str reason = STR_INIT(RISK_MAX);

	if (p->bytecode == 0)
		return 0;
	slot = LIST_ADD(&p->plan->environment, struct plan_variable);
	words_many(&reason, p->bytecode, "path", "paths");
	(void)str_puts(&reason,
		       " of Python's byte code cache are written beside the "
		       "modules; without the cache, modules are compiled at each "
		       "start (python -E and -I do not look at the variable)");
	if (!slot || reason.error ||
	    str_set(&slot->name, "PYTHONDONTWRITEBYTECODE") < 0 ||
	    str_set(&slot->value, "1") < 0 || str_set(&slot->reason, reason.s) < 0)
		return -ENOMEM;
	return 0;
}

int plan_risks(struct planning *p)
{
	const struct inventory_end *end = inventory_ended(p->inventory);
	int r = risk_coverage(p, end);

	if (r == 0)
		r = risk_user(p);
	if (r == 0)
		r = risk_rest(p);
	LIST_EACH (const struct site, site, &p->sites)
		if (r == 0)
			r = risk_of_site(p, site);
	if (r == 0)
		r = risk_moved(p);
	if (r == 0)
		r = risk_joined(p);
	if (r == 0)
		r = risk_memory(p);
	if (r == 0)
		r = risk_exec(p);
	if (r == 0)
		r = risk_efs(p);
	if (r == 0)
		r = risk_lines(p);
	if (r == 0)
		r = risk_other(p);
	if (r == 0)
		r = set_bytecode(p);
	return r == 0 ? risk_runs(p) : r;
}
