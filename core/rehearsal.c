/* SPDX-License-Identifier: MIT */
#include "core/rehearsal.h"

#include "core/plan.h"

const char *const rehearsal_how_names[] = { "answered", "permissive", "real", NULL };

#define S refusal
static const struct field refusal_fields[] = {
	RECORD_PATH(S, path),  RECORD_PATH(S, to),	 RECORD_TEXT(S, call),
	RECORD_TEXT(S, error), RECORD_TEXT(S, natively), RECORD_PATH(S, exe),
	RECORD_INT(S, uid),    RECORD_INT(S, gid),	 RECORD_INT(S, count),
	RECORD_TEXT(S, first), RECORD_TEXT(S, last),	 RECORD_END,
};
#undef S
static const struct type refusal_type = { "refusal", sizeof(struct refusal),
					  refusal_fields, false };

#define S rehearsal
static const struct field rehearsal_fields[] = {
	RECORD_ENUM(S, how, rehearsal_how_names),
	RECORD_BOOL(S, valid),
	RECORD_TEXTS(S, invalid),
	RECORD_TEXTS(S, command),
	RECORD_TEXT(S, container),
	RECORD_TEXT(S, started),
	RECORD_TEXT(S, ended),
	RECORD_INT(S, exit),
	RECORD_INT(S, events),
	RECORD_INT(S, unresolved),
	RECORD_INT(S, lost),
	RECORD_INT(S, broken),
	RECORD_INT(S, failing),
	RECORD_INT(S, asked),
	RECORD_LIST(S, refused, &refusal_type),
	RECORD_LIST(S, before_the_end, &refusal_type),
	RECORD_TEXTS(S, blind_spots),
	RECORD_LIST(S, mounts, &plan_mount_type),
	RECORD_END,
};
#undef S
const struct type rehearsal_type = { "rehearsal", sizeof(struct rehearsal),
				     rehearsal_fields, false };

void rehearsal_done(struct rehearsal *rehearsal)
{
	record_done(&rehearsal_type, rehearsal);
}
