/* SPDX-License-Identifier: MIT */
#include "core/plan.h"

const char *const plan_kind_names[] = { "tmpfs", "volume", "efs", NULL };

#define S plan_mount
static const struct field mount_fields[] = {
	RECORD_PATH(S, path),	  RECORD_ENUM(S, kind, plan_kind_names),
	RECORD_TEXT(S, volume),	  RECORD_INT(S, uid),
	RECORD_INT(S, gid),	  RECORD_INT(S, mode),
	RECORD_INT(S, size_mib),  RECORD_INT(S, seen_bytes),
	RECORD_TEXTS(S, options), RECORD_BOOL(S, carries_image_content),
	RECORD_INT(S, entries),	  RECORD_TEXT(S, reason),
	RECORD_TEXTS(S, paths),	  RECORD_INT(S, path_count),
	RECORD_INT(S, writes),	  RECORD_END,
};
#undef S
const struct type plan_mount_type = { "plan_mount", sizeof(struct plan_mount),
				      mount_fields, false };

static const struct field change_fields[] = {
	RECORD_TEXT(plan_change, dockerfile),
	RECORD_TEXT(plan_change, reason),
	RECORD_END,
};
static const struct type change_type = { "plan_change", sizeof(struct plan_change),
					 change_fields, false };

static const struct field variable_fields[] = {
	RECORD_TEXT(plan_variable, name),
	RECORD_TEXT(plan_variable, value),
	RECORD_TEXT(plan_variable, reason),
	RECORD_END,
};
static const struct type variable_type = { "plan_variable", sizeof(struct plan_variable),
					   variable_fields, false };

static const struct field by_hand_fields[] = {
	RECORD_PATH(plan_by_hand, path),
	RECORD_TEXT(plan_by_hand, change),
	RECORD_TEXT(plan_by_hand, reason),
	RECORD_END,
};
static const struct type by_hand_type = { "plan_by_hand", sizeof(struct plan_by_hand),
					  by_hand_fields, false };

static const struct field ignored_fields[] = {
	RECORD_PATH(plan_ignored, path),
	RECORD_TEXT(plan_ignored, reason),
	RECORD_END,
};
static const struct type ignored_type = { "plan_ignored", sizeof(struct plan_ignored),
					  ignored_fields, false };

static const struct field advice_fields[] = {
	RECORD_TEXT(plan_advice, program),
	RECORD_TEXT(plan_advice, advice),
	RECORD_TEXT(plan_advice, source),
	RECORD_END,
};
static const struct type advice_type = { "plan_advice", sizeof(struct plan_advice),
					 advice_fields, false };

#define S plan
static const struct field plan_fields[] = {
	RECORD_TEXT(S, container),
	RECORD_LIST(S, mounts, &plan_mount_type),
	RECORD_LIST(S, image_changes, &change_type),
	RECORD_LIST(S, environment, &variable_type),
	RECORD_LIST(S, by_hand, &by_hand_type),
	RECORD_LIST(S, ignored, &ignored_type),
	RECORD_LIST(S, advice, &advice_type),
	RECORD_TEXTS(S, risks),
	RECORD_INT(S, runs),
	RECORD_INT(S, truncated),
	RECORD_INT(S, entries),
	RECORD_END,
};
#undef S
const struct type plan_type = { "plan", sizeof(struct plan), plan_fields, false };

void plan_done(struct plan *plan)
{
	record_done(&plan_type, plan);
}
