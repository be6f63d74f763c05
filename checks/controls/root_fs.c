/* SPDX-License-Identifier: MIT
 *
 * root_fs.c - the read-only root file system: ECS.5, CIS.3.5.
 */
#include <inttypes.h>

#include "checks/answer.h"
#include "checks/controls/all.h"
#include "checks/subject.h"
#include "core/cleanup.h"

static void readonly_declared(const struct subject *s, struct answer *ret)
{
	const struct decl_bool *ro = &s->declared->readonly_root;

	if (!subject_on_linux(s, ret))
		return;
	if (ro->at.state == VALUE_ABSENT)
		answer_set(ret, VERDICT_FAIL, "readonlyRootFilesystem is absent");
	else if (ro->at.state == VALUE_UNKNOWN)
		answer_set(ret, VERDICT_UNKNOWN, "readonlyRootFilesystem is unknown");
	else
		answer_set(ret, ro->value ? VERDICT_PASS : VERDICT_FAIL,
			   "readonlyRootFilesystem is %s%s", ro->value ? "true" : "false",
			   where(ro->at.line).s);
}

/* Only where the mount is writable: what the app's own credentials can do there. */
static void say_reach(const struct facts *f, struct answer *ret)
{
	const struct writable_facts *w = &f->writable;
	AUTO_FREE char *uid = str_format("uid %" PRId64, f->identity.fsuid);
	const char *who = f->identity.part.known && uid ? uid : "the app";

	if (!w->part.known) {
		answer_evidence(ret, "what %s can write in it could not be looked at: %s",
				who, w->part.why ? w->part.why : "it was not tried");
		return;
	}
	LIST_EACH (const struct writable_fact, t, &w->list)
		if (t->kind == WRITABLE_TREE && str_equal(t->path, "/")) {
			answer_seen(ret, f, &w->part, "%s can write everything in it",
				    who);
			return;
		}
	if (w->directories == 0 && w->files == 0)
		answer_seen(
			ret, f, &w->part,
			"%s can write nothing in it, by owner and mode alone: the mount "
			"is writable all the same",
			who);
	else
		answer_seen(ret, f, &w->part,
			    "%s can write %s%" PRId64 " %s and %" PRId64 " %s in it", who,
			    w->truncated ? "at least " : "", w->directories,
			    w->directories == 1 ? "directory" : "directories", w->files,
			    w->files == 1 ? "file" : "files");
}

static void say_method(const struct facts *f, struct answer *ret)
{
	static const char *const tried[] = {
		[ROOT_UNTRIED] = "nothing was tried",
		[ROOT_MOUNTINFO] = "only mountinfo could be read; nothing was tried",
		[ROOT_UNLINK] = "tried by removing a name that is not there",
		[ROOT_CREATE] = "tried by creating a file, removed at once",
	};
	const struct root_facts *r = &f->root;

	answer_seen(ret, f, &r->part, "/ is mounted %s (%s): %s",
		    r->writable ? "rw" : "ro", r->fstype ? r->fstype : "unknown type",
		    tried[r->method]);
	if (r->created)
		answer_evidence(ret, "creating a file in / answered: %s", r->created);
	if (r->writable && r->access != TRI_UNKNOWN)
		answer_evidence(ret, "the app's user %s create entries in / itself",
				r->access == TRI_YES ? "can" : "cannot");
}

static void readonly_observed(const struct subject *s, struct answer *ret)
{
	const struct facts *f = s->facts;

	if (!KNOWS(s, root, ret))
		return;
	const struct root_facts *r = &f->root;
	const char *fstype = r->fstype ? r->fstype : "unknown type";
	const char *how = r->method == ROOT_MOUNTINFO ? ", by mountinfo" : "";

	/* A file that could be made outweighs all else. */
	if (str_equal(r->created, "created") && !r->writable)
		answer_set(ret, VERDICT_FAIL, "a file could be created in /");
	else if (r->writable)
		answer_set(ret, VERDICT_FAIL, "/ is mounted rw (%s%s)", fstype, how);
	else if (r->method == ROOT_UNTRIED)
		answer_set(ret, VERDICT_UNKNOWN, "could not look: nothing was tried");
	else
		answer_set(ret, VERDICT_PASS, "/ is mounted ro (%s%s)", fstype, how);
	say_method(f, ret);
	if (ret->verdict == VERDICT_FAIL)
		say_reach(f, ret);
}

#define READONLY_REMEDY                                                            \
	"Set readonlyRootFilesystem to true, and mount a volume or tmpfs on each " \
	"path that the app writes."
#define READONLY_CONTRADICTED                                                          \
	"The definition says true and / is writable: what runs was not started by it " \
	"(another revision, another runtime, a remount from inside). Deploy it anew."

const struct control control_ecs_5 = {
	.id = "ECS.5",
	.set = "security-hub",
	.title = "Containers have read-only access to their root file system",
	.severity = SEVERITY_HIGH,
	.scope = SCOPE_CONTAINER,
	.declared = readonly_declared,
	.observed = readonly_observed,
	.requires = "pidMode task, or from within; the app's uid or SYS_PTRACE to try it "
		    "out, "
		    "else mountinfo alone",
	.remedy = READONLY_REMEDY,
	.undeclared =
		"Write readonlyRootFilesystem: true into the definition: Security Hub "
		"goes on failing ECS.5 until it is there.",
	.contradicted = READONLY_CONTRADICTED,
	.related = "NIST.800-53.r5 AC-2(1), AC-3, AC-3(15), AC-3(7), AC-5, AC-6",
	.config_rule = "ecs-containers-readonly-access",
};

const struct control control_cis_3_5 = {
	.id = "CIS.3.5",
	.set = "cis",
	.title = "Containers have readonlyRootFilesystem set to true",
	.severity = SEVERITY_HIGH,
	.scope = SCOPE_CONTAINER,
	.declared = readonly_declared,
	.observed = readonly_observed,
	.requires = "as ECS.5",
	.remedy = READONLY_REMEDY,
	.contradicted = READONLY_CONTRADICTED,
};
