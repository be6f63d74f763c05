/* SPDX-License-Identifier: MIT
 *
 * logging.c - does the container log anywhere: ECS.9, CIS.3.7.
 */
#include "checks/answer.h"
#include "checks/controls/all.h"
#include "checks/subject.h"

static void logging_declared(const struct subject *s, struct answer *ret)
{
	const struct decl_text *driver = &s->declared->log_driver;

	if (driver->at.state == VALUE_ABSENT)
		answer_set(ret, VERDICT_FAIL, "logConfiguration or logDriver is absent");
	else if (driver->at.state == VALUE_UNKNOWN || !driver->value)
		answer_set(ret, VERDICT_UNKNOWN, "logDriver is unknown");
	else
		answer_set(ret, VERDICT_PASS, "logDriver is %s%s", driver->value,
			   where(driver->at.line).s);
}

static void logging_observed(const struct subject *s, struct answer *ret)
{
	const char *driver = s->running ? s->running->log_driver : NULL;

	if (!s->running)
		answer_set(ret, VERDICT_UNKNOWN, "the task metadata does not list it");
	else if (!driver || *driver == '\0')
		answer_set(ret, VERDICT_UNKNOWN, "the task metadata names no log driver");
	else if (strcmp(driver, "none") == 0)
		answer_set(ret, VERDICT_FAIL, "its log driver is none");
	else
		answer_set(ret, VERDICT_PASS, "its log driver is %s", driver);
	if (driver && *driver)
		answer_evidence(ret, "the task metadata says LogDriver %s", driver);
}

#define LOGGING_REMEDY "Set logConfiguration with a logDriver, for instance awslogs."

const struct control control_ecs_9 = {
	.id = "ECS.9",
	.set = "security-hub",
	.title = "Task definitions have a logging configuration",
	.severity = SEVERITY_HIGH,
	.scope = SCOPE_CONTAINER,
	.declared = logging_declared,
	.observed = logging_observed,
	.requires = "the task metadata endpoint",
	.remedy = LOGGING_REMEDY,
	.related = "NIST.800-53.r5 AC-4(26), AU-10, AU-12, AU-2, AU-3, AU-6(3), AU-6(4), "
		   "CA-7, SC-7(9), SI-7(8)",
	.config_rule = "ecs-task-definition-log-configuration",
};

const struct control control_cis_3_7 = {
	.id = "CIS.3.7",
	.set = "cis",
	.title = "Logging is configured for task definitions",
	.severity = SEVERITY_HIGH,
	.scope = SCOPE_CONTAINER,
	.declared = logging_declared,
	.observed = logging_observed,
	.requires = "the task metadata endpoint",
	.remedy = LOGGING_REMEDY,
};
