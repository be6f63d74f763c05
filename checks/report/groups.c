/* SPDX-License-Identifier: MIT */
#include "checks/report/groups.h"

#include <errno.h>

#include "core/text.h"

/* 255 bytes of a name, four times as long when escaped, of 120 containers. */
#define NAMES_MAX (128 * 1024)

enum finding_class finding_class(const struct finding *f)
{
	switch (f->standing) {
	case STANDING_CONTRADICTED:
	case STANDING_FAILED:
		return CLASS_BAD;
	case STANDING_UNDECLARED:
		return CLASS_UNDECLARED;
	case STANDING_DECLARED_ONLY:
		return f->declared == VERDICT_FAIL ? CLASS_BAD : CLASS_PASSED;
	case STANDING_OBSERVED_ONLY:
		return f->observed == VERDICT_FAIL ? CLASS_BAD : CLASS_PASSED;
	case STANDING_CONFIRMED:
		return CLASS_PASSED;
	case STANDING_UNKNOWN:
		return CLASS_UNKNOWN;
	case STANDING_NOT_APPLICABLE:
	case STANDING_COUNT:
		break;
	}
	return CLASS_NONE;
}

const struct finding *group_first(const struct finding_group *g)
{
	return *LIST_AT(&g->findings, const struct finding *, 0);
}

static bool belongs(const struct finding_group *g, const struct finding *f)
{
	const struct finding *first = group_first(g);

	if (!str_equal(first->control, f->control) || first->standing != f->standing ||
	    finding_class(first) != finding_class(f))
		return false;
	if (finding_class(f) != CLASS_BAD && finding_class(f) != CLASS_UNDECLARED)
		return true;
	return str_equal(first->declared_text, f->declared_text) &&
	       str_equal(first->observed_text, f->observed_text);
}

static struct finding_group *find(const struct list *groups, const struct finding *f)
{
	LIST_EACH (struct finding_group, g, groups)
		if (belongs(g, f))
			return g;
	return NULL;
}

static int join(struct finding_group *g, const struct finding *f)
{
	const struct finding **slot = LIST_ADD(&g->findings, const struct finding *);

	if (!slot)
		return -ENOMEM;
	*slot = f;
	if (g->names.len > 0)
		(void)str_puts(&g->names, ", ");
	if (str_equal(f->resource.type, "task"))
		(void)str_puts(&g->names, "task");
	else
		text_escape(&g->names, f->resource.name ? f->resource.name : "?");
	return g->names.error;
}

int groups_make(const struct report *report, bool self, struct list *groups)
{
	LIST_EACH (const struct finding, f, &report->findings) {
		struct finding_group *g = f->self == self ? find(groups, f) : NULL;

		if (f->self != self)
			continue;
		if (!g) {
			g = LIST_ADD(groups, struct finding_group);
			if (!g)
				return -ENOMEM;
			g->names = (struct str)STR_INIT(NAMES_MAX);
		}
		if (join(g, f) < 0)
			return -ENOMEM;
	}
	return 0;
}

void groups_done(struct list *groups)
{
	LIST_EACH (struct finding_group, g, groups) {
		list_done(&g->findings);
		str_done(&g->names);
	}
	list_done(groups);
}

bool texts_equal(const struct list *a, const struct list *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (strcmp(*LIST_AT(a, char *, i), *LIST_AT(b, char *, i)) != 0)
			return false;
	return true;
}

bool group_is_twin(const struct finding_group *a, const struct finding_group *b)
{
	const struct finding *x = group_first(a), *y = group_first(b);

	if (x->standing != y->standing || a->findings.len != b->findings.len ||
	    strcmp(a->names.s, b->names.s) != 0 ||
	    !str_equal(x->declared_text, y->declared_text) ||
	    !str_equal(x->observed_text, y->observed_text))
		return false;
	for (size_t i = 0; i < a->findings.len; i++)
		if (!texts_equal(
			    &(*LIST_AT(&a->findings, struct finding *, i))->evidence,
			    &(*LIST_AT(&b->findings, struct finding *, i))->evidence))
			return false;
	return true;
}
