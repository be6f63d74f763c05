/* SPDX-License-Identifier: MIT */
#include "core/report.h"

#include <assert.h>

#include "core/table.h"

const char *const verdict_names[] = { "unknown", "pass", "fail", "not-applicable", NULL };
static_assert(ARRAY_LEN(verdict_names) == VERDICT_COUNT + 1, "one name per verdict");

const char *const standing_names[] = {
	"unknown",	 "not-applicable", "confirmed",
	"observed-only", "declared-only",  "undeclared",
	"failed",	 "contradicted",   NULL,
};
static_assert(ARRAY_LEN(standing_names) == STANDING_COUNT + 1, "one name per standing");

const char *const severity_names[] = {
	"none", "low", "medium", "high", "critical", NULL
};
static_assert(ARRAY_LEN(severity_names) == SEVERITY_CRITICAL + 2,
	      "one name per severity");

/* docs/ARCHITECTURE.md shows the same table to people. */
static const enum standing standings[VERDICT_COUNT][VERDICT_COUNT] = {
	[VERDICT_PASS] = {
		[VERDICT_PASS] = STANDING_CONFIRMED,
		[VERDICT_FAIL] = STANDING_CONTRADICTED,
		[VERDICT_UNKNOWN] = STANDING_DECLARED_ONLY,
		[VERDICT_NOT_APPLICABLE] = STANDING_DECLARED_ONLY,
	},
	[VERDICT_FAIL] = {
		[VERDICT_PASS] = STANDING_UNDECLARED,
		[VERDICT_FAIL] = STANDING_FAILED,
		[VERDICT_UNKNOWN] = STANDING_DECLARED_ONLY,
		[VERDICT_NOT_APPLICABLE] = STANDING_DECLARED_ONLY,
	},
	[VERDICT_UNKNOWN] = {
		[VERDICT_PASS] = STANDING_OBSERVED_ONLY,
		[VERDICT_FAIL] = STANDING_OBSERVED_ONLY,
		[VERDICT_UNKNOWN] = STANDING_UNKNOWN,
		[VERDICT_NOT_APPLICABLE] = STANDING_UNKNOWN,
	},
	[VERDICT_NOT_APPLICABLE] = {
		[VERDICT_PASS] = STANDING_OBSERVED_ONLY,
		[VERDICT_FAIL] = STANDING_OBSERVED_ONLY,
		[VERDICT_UNKNOWN] = STANDING_NOT_APPLICABLE,
		[VERDICT_NOT_APPLICABLE] = STANDING_NOT_APPLICABLE,
	},
};

enum standing standing_of(enum verdict declared, enum verdict observed)
{
	return standings[declared][observed];
}

static const struct field resource_fields[] = {
	RECORD_TEXT(resource, type),
	RECORD_PATH(resource, name),
	RECORD_END,
};
static const struct type resource_type = { "resource", sizeof(struct resource),
					   resource_fields, false };

#define S finding
static const struct field finding_fields[] = {
	RECORD_TEXT(S, control),
	RECORD_TEXT(S, title),
	RECORD_ENUM(S, severity, severity_names),
	RECORD_STRUCT(S, resource, &resource_type),
	RECORD_ENUM(S, declared, verdict_names),
	RECORD_ENUM(S, observed, verdict_names),
	RECORD_ENUM(S, standing, standing_names),
	RECORD_TEXT(S, declared_text),
	RECORD_TEXT(S, observed_text),
	RECORD_TEXTS(S, evidence),
	RECORD_TEXT(S, remedy),
	RECORD_BOOL(S, self),
	RECORD_BOOL(S, counts),
	RECORD_END,
};
#undef S
const struct type finding_type = { "finding", sizeof(struct finding), finding_fields,
				   false };

static const struct field place_fields[] = {
	RECORD_PATH(writable_place, container),	 RECORD_PATH(writable_place, path),
	RECORD_TEXT(writable_place, kind),	 RECORD_TEXT(writable_place, fstype),
	RECORD_INT(writable_place, bytes_total), RECORD_INT(writable_place, bytes_free),
	RECORD_INT(writable_place, entries),	 RECORD_END,
};
static const struct type place_type = { "writable_place", sizeof(struct writable_place),
					place_fields, false };

static const struct field coverage_fields[] = {
	RECORD_PATH(coverage, container),
	RECORD_TEXT(coverage, what),
	RECORD_TEXT(coverage, why),
	RECORD_TEXT(coverage, grants),
	RECORD_END,
};
static const struct type coverage_type = { "coverage", sizeof(struct coverage),
					   coverage_fields, false };

#define S summary
static const struct field summary_fields[] = {
	RECORD_INT(S, findings),
	RECORD_INT(S, contradicted),
	RECORD_INT(S, failed),
	RECORD_INT(S, undeclared),
	RECORD_INT(S, declared_only),
	RECORD_INT(S, observed_only),
	RECORD_INT(S, confirmed),
	RECORD_INT(S, not_applicable),
	RECORD_INT(S, unknown),
	RECORD_INT(S, counting),
	RECORD_INT(S, containers),
	RECORD_INT(S, containers_observed),
	RECORD_INT(S, exit_status),
	RECORD_TEXT(S, worst),
	RECORD_END,
};
#undef S
static const struct type summary_type = { "summary", sizeof(struct summary),
					  summary_fields, false };

static const struct field tool_fields[] = {
	RECORD_TEXT(tool, name),
	RECORD_TEXT(tool, version),
	RECORD_END,
};
static const struct type tool_type = { "tool", sizeof(struct tool), tool_fields, false };

static const struct field report_fields[] = {
	RECORD_TEXT(report, schema),
	RECORD_STRUCT(report, tool, &tool_type),
	RECORD_TEXT(report, created),
	RECORD_STRUCT(report, task, &task_type),
	RECORD_LIST(report, facts, &facts_type),
	RECORD_LIST(report, findings, &finding_type),
	RECORD_LIST(report, writable, &place_type),
	RECORD_LIST(report, coverage, &coverage_type),
	RECORD_STRUCT(report, summary, &summary_type),
	RECORD_END,
};
const struct type report_type = { "report", sizeof(struct report), report_fields, false };

void report_done(struct report *report)
{
	record_done(&report_type, report);
}
