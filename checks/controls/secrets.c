/* SPDX-License-Identifier: MIT
 *
 * secrets.c - secrets in the environment, by name: ECS.8, CIS.3.6, TP.16. Values
 * are never read.
 */

#include "checks/answer.h"
#include "checks/controls/all.h"
#include "checks/subject.h"
#include "core/table.h"

/* secretKeys of the Config rule: exact, and not to be changed. */
static bool is_aws_key(const char *name)
{
	static const char *const names[] = { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
					     "ECS_ENGINE_AUTH_DATA" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* What the platform itself puts there. */
static bool is_platform(const char *name)
{
	return strncmp(name, "AWS_CONTAINER_", 14) == 0 ||
	       strncmp(name, "ECS_CONTAINER_", 14) == 0;
}

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), e = strlen(end);

	return n >= e && strcasecmp(name + n - e, end) == 0;
}

/* Of a name in the definition; the probe has judged those in the environment. */
static bool looks_secret(const char *name)
{
	static const char *const words[] = { "PASSWORD",    "PASSWD",	  "SECRET",
					     "TOKEN",	    "APIKEY",	  "API_KEY",
					     "PRIVATE_KEY", "ACCESS_KEY", "CREDENTIAL" };
	static const char *const harmless[] = { "_FILE", "_PATH", "_DIR", "_ARN",
						"_NAME", "_URL",  "_URI", "_TTL" };

	for (size_t i = 0; i < ARRAY_LEN(harmless); i++)
		if (ends_in(name, harmless[i]))
			return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcasestr(name, words[i]))
			return !is_platform(name) && !is_aws_key(name);
	return false;
}

static const struct decl_name *find(const struct list *names, const char *name)
{
	LIST_EACH (const struct decl_name, n, names)
		if (str_equal(n->name, name))
			return n;
	return NULL;
}

static void names_declared(const struct subject *s, bool (*is_bad)(const char *name),
			   struct answer *ret)
{
	const struct container_definition *c = s->declared;
	size_t n = 0;

	LIST_EACH (const struct decl_name, e, &c->environment) {
		if (!e->name || !is_bad(e->name))
			continue;
		if (n++ == 0)
			answer_set(ret, VERDICT_FAIL, "environment has %s%s", e->name,
				   where(e->line).s);
		answer_evidence(ret, "environment has %s%s", e->name, where(e->line).s);
	}
	if (n > 1)
		answer_set(ret, VERDICT_FAIL, "environment has %zu such names", n);
	if (n > 0)
		return;
	if (c->environment_at.state == VALUE_UNKNOWN ||
	    c->unknown_parts.state == VALUE_UNKNOWN)
		answer_set(ret, VERDICT_UNKNOWN, "environment is unknown");
	else
		answer_set(ret, VERDICT_PASS, "no such name in environment");
}

/* A name found in a process: where can it come from? */
static void explain(const struct subject *s, const char *name, size_t *found,
		    size_t *open, struct answer *ret)
{
	const struct part *part = &s->facts->environ.part;
	const struct container_definition *c = s->declared;
	const struct decl_name *secret = c ? find(&c->secrets, name) : NULL;

	if (secret) {
		answer_seen(ret, s->facts, part, "%s is set, by `secrets`%s", name,
			    where(secret->line).s);
	} else if (!c || c->unknown_parts.state == VALUE_UNKNOWN) {
		(*open)++;
		answer_seen(ret, s->facts, part,
			    "%s is set; with no definition to compare it may come from "
			    "`secrets`, as it should",
			    name);
	} else {
		(*found)++;
		answer_seen(ret, s->facts, part, "%s is set, by %s", name,
			    find(&c->environment, name) ? "`environment`"
			    : c->environment_files.len > 0
				    ? "an environment file, an override or the image"
				    : "the image or an override");
	}
}

/* A bad name of the definition that the process does not show; NULL: none. */
static const char *taken_out(const struct container_definition *c,
			     bool (*is_bad)(const char *name))
{
	if (!c)
		return NULL;
	LIST_EACH (const struct decl_name, e, &c->environment)
		if (e->name && is_bad(e->name))
			return e->name;
	return NULL;
}

static void names_observed(const struct subject *s, const struct list *names,
			   bool (*is_bad)(const char *name), struct answer *ret)
{
	size_t found = 0, open = 0;

	LIST_EACH (char *const, name, names)
		if (is_bad(*name))
			explain(s, *name, &found, &open, ret);
	if (found > 0) {
		answer_set(ret, VERDICT_FAIL, "%zu such %s in its environment", found,
			   found == 1 ? "name" : "names");
		return;
	}
	if (open > 0) {
		answer_set(ret, VERDICT_UNKNOWN,
			   "such names are set, maybe by `secrets`");
		return;
	}
	if (subject_incomplete(&s->facts->environ.part, ret))
		return;
	const char *gone = taken_out(s->declared, is_bad);
	if (gone) {
		answer_set(ret, VERDICT_UNKNOWN, "declared, not in its environment now");
		answer_evidence(
			ret,
			"the process took %s out of its own environment: it was given "
			"it all the same",
			gone);
		return;
	}
	answer_set(ret, VERDICT_PASS, "no such name in its environment");
}

static void aws_declared(const struct subject *s, struct answer *ret)
{
	names_declared(s, is_aws_key, ret);
}

static void aws_observed(const struct subject *s, struct answer *ret)
{
	if (KNOWS(s, environ, ret))
		names_observed(s, &s->facts->environ.names, is_aws_key, ret);
}

#define SECRETS_REMEDY                                                                  \
	"Take the name out of `environment`: use the task role for AWS, and `secrets` " \
	"(Secrets Manager or Parameter Store) for the rest."
#define SECRETS_CONTRADICTED                                                     \
	"The definition does not set it: look for it in the image (ENV), in an " \
	"environment file and in the overrides of run-task."

const struct control control_ecs_8 = {
	.id = "ECS.8",
	.set = "security-hub",
	.title = "Secrets are not passed as container environment variables",
	.severity = SEVERITY_HIGH,
	.scope = SCOPE_CONTAINER,
	.declared = aws_declared,
	.observed = aws_observed,
	.requires = "the app's uid or SYS_PTRACE, or from within",
	.remedy = SECRETS_REMEDY,
	.contradicted = SECRETS_CONTRADICTED,
	.related = "NIST.800-53.r5 CA-9(1), CM-2; PCI DSS v4.0.1/8.6.2",
	.config_rule = "ecs-no-environment-secrets",
};

const struct control control_cis_3_6 = {
	.id = "CIS.3.6",
	.set = "cis",
	.title = "Secrets are not passed as container environment variables",
	.severity = SEVERITY_HIGH,
	.scope = SCOPE_CONTAINER,
	.declared = aws_declared,
	.observed = aws_observed,
	.requires = "as ECS.8",
	.remedy = SECRETS_REMEDY,
	.contradicted = SECRETS_CONTRADICTED,
};

static void looks_declared(const struct subject *s, struct answer *ret)
{
	names_declared(s, looks_secret, ret);
}

/* The probe listed it as looking like a secret: what is left to leave out is what
 * the platform sets, and what ECS.8 speaks of. */
static bool remains(const char *name)
{
	return !is_platform(name) && !is_aws_key(name);
}

static void looks_observed(const struct subject *s, struct answer *ret)
{
	if (KNOWS(s, environ, ret))
		names_observed(s, &s->facts->environ.secrets, remains, ret);
}

const struct control control_tp_16 = {
	.id = "TP.16",
	.set = "taskprobe",
	.title = "No name in the environment looks like a secret's, unless `secrets` set "
		 "it",
	.severity = SEVERITY_LOW,
	.scope = SCOPE_CONTAINER,
	.declared = looks_declared,
	.observed = looks_observed,
	.requires = "the app's uid or SYS_PTRACE, or from within",
	.remedy = "Pass it by `secrets`, so that its value is in no definition and no "
		  "image.",
};
