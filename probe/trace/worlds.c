/* SPDX-License-Identifier: MIT */
#include "probe/trace/worlds.h"

#include <errno.h>

int worlds_answer(struct oracle_call *call, const struct event *event, enum world world)
{
	for (int i = 0; i < (event->pair ? 2 : 1); i++) {
		const struct place_found *place = &event->place[i];
		struct oracle_name *name = &call->name[i];

		*name = world == WORLD_PLANNED && place->other ? place->then
							       : place->facts;
		if (world == WORLD_PLANNED && !place->other) {
			name->readonly = place->planned;
			name->parent_readonly = place->parent_planned;
		} else if (world == WORLD_WRITABLE) {
			name->readonly = name->parent_readonly = false;
		}
	}
	return oracle_answer(call);
}

static bool is_planned(const struct event *event)
{
	for (int i = 0; i < (event->pair ? 2 : 1); i++)
		if (event->place[i].on || event->place[i].in)
			return true;
	return false;
}

/* On real mounts the kernel refuses, and what it would say without them is asked. */
static void rehearse_real(struct oracle_call *call, struct event *ret)
{
	const bool across = ret->now == EXDEV && is_planned(ret);

	if (ret->now != EROFS && !across)
		return;
	ret->refuse = ret->now;
	ret->natively = across ? 0 : worlds_answer(call, ret, WORLD_WRITABLE);
}

/* Where both worlds refuse, the kernel does so by itself, but for EROFS, which is what
 * this is about. */
void worlds_rehearse(struct oracle_call *call, bool real, struct event *ret)
{
	ret->asks = call->op == ORACLE_ACCESS;
	if (real)
		return rehearse_real(call, ret);
	ret->beyond = ret->planned == 0 && ret->now != 0;
	if (ret->planned == 0 || (ret->planned == ret->now && ret->now != EROFS))
		return;
	ret->refuse = ret->planned;
	ret->natively =
		ret->now != EROFS ? ret->now : worlds_answer(call, ret, WORLD_WRITABLE);
}

/* An entrypoint gives its volume to the user that it runs as. */
void worlds_keep_up(struct planned *planned, const struct request *request,
		    const struct event *event)
{
	const struct place_found *place = &event->place[0];

	if (event->refuse || event->planned || !place->on || place->nameless ||
	    place->len != place->on->len)
		return;
	if (request->kind == CALL_CHMOD)
		planned_change(planned, place->on, -1, -1, request->mode & 07777);
	else if (request->kind == CALL_CHOWN)
		planned_change(planned, place->on,
			       request->uid == UINT32_MAX ? -1 : (int64_t)request->uid,
			       request->gid == UINT32_MAX ? -1 : (int64_t)request->gid,
			       -1);
}
