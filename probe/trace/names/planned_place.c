/* SPDX-License-Identifier: MIT */
#include "probe/trace/names/planned_place.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "probe/fs/access.h"
#include "probe/proc/mountinfo.h"

/* What is mounted below it, too, stays on top of it. */
static bool is_over(const struct planned_mount *planned,
		    const struct surface_mount *native)
{
	return planned && !(native && strlen(native->path) > planned->len &&
			    path_is_below(native->path, planned->path));
}

/* At the mount's own directory the plan's owner and mode decide. */
static void on_it(struct place_found *p, const struct judge *judge)
{
	struct sys_statx st;

	p->then.mount = p->on->id;
	p->then.readonly = p->on->readonly;
	if (p->nameless || p->len != p->on->len)
		return;
	p->then.mount_point = true;
	if (!(p->st.mask & SYS_STATX_MODE))
		return;
	planned_stat(p->on, &p->st, &st);
	judge_object(judge, JUDGE_NOWHERE, "", &st, &p->then);
	p->then.full = p->facts.full;
	p->then.mount_point = true;
}

static void in_it(struct place_found *p, const struct judge *judge)
{
	struct sys_statx st, below;

	p->then.parent_mount = p->in->id;
	p->then.parent_readonly = p->in->readonly;
	if (p->nameless || (size_t)(p->name - p->path) != p->in->len + 1 ||
	    !(p->parent_st.mask & SYS_STATX_MODE))
		return;
	planned_stat(p->in, &p->parent_st, &st);
	/* Below a mount point in it lies what the runtime made there: root's. */
	below = p->st;
	if (p->then.mount_point)
		below.uid = 0;
	judge_parent(judge, JUDGE_NOWHERE, &st,
		     p->facts.kind == KIND_NONE ? NULL : &below, &p->then);
	if (p->then.mount_point)
		p->then.enter = p->then.remove;
}

/* May one not pass through the mount's directory to what is below? */
static bool is_closed(const struct planned_mount *m, const struct identity_facts *who)
{
	const struct sys_statx nothing = { .mode = S_IFDIR | 0755 };
	struct sys_statx st;

	if (m->mode < 0 || m->uid < 0 || m->gid < 0)
		return false;
	planned_stat(m, &nothing, &st);
	const struct access_object top = access_object(&st);

	return access_check(who, &top, X_OK) == TRI_NO;
}

void planned_place(struct place_found *p, const struct judge *judge,
		   const struct surface_mount *parents)
{
	/* Of an object by descriptor, or called "." or "/", the parent is its own. */
	const bool alone = p->facts.by_fd || p->facts.last != LAST_NAME;

	p->other = true;
	p->then = p->facts;
	p->then.readonly = p->planned;
	p->then.parent_readonly = p->parent_planned;
	if (!is_over(p->on, p->mount))
		p->on = NULL;
	if (alone)
		p->in = p->on;
	else if (!is_over(p->in, parents))
		p->in = NULL;
	if (p->crosses)
		p->then.walk = EXDEV;
	if (p->then.walk)
		return;
	if (p->on)
		on_it(p, judge);
	if (p->in && alone) {
		p->then.parent_mount = p->in->id;
		p->then.parent_readonly = p->in->readonly;
	} else if (p->in) {
		in_it(p, judge);
		if (is_closed(p->in, judge->who))
			p->then.walk = EACCES;
	}
}
