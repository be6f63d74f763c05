/* SPDX-License-Identifier: MIT */
#include "probe/proc/limits.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/num.h"
#include "core/table.h"
#include "probe/proc/cgroup_limit.h"
#include "probe/proc/words.h"

/* 17 lines of 80 bytes. */
#define LIMITS_MAX (16 * 1024)

static const struct line {
	const char *head;
	size_t soft, hard;
} lines[] = {
	{ "Max open files ", offsetof(struct limits_facts, nofile_soft),
	  offsetof(struct limits_facts, nofile_hard) },
	{ "Max processes ", offsetof(struct limits_facts, nproc_soft),
	  offsetof(struct limits_facts, nproc_hard) },
	{ "Max core file size ", offsetof(struct limits_facts, core_soft), 0 },
};

static int take_number(struct words *line, int64_t *ret)
{
	char word[WORD_MAX];
	uint64_t v;

	if (words_next(line, " ", word) <= 0)
		return -EINVAL;
	if (strcmp(word, "unlimited") == 0) {
		*ret = -1;
		return 0;
	}
	int r = num_u64(word, 10, &v);
	/* 2^63 and more: as good as unlimited, and no int64_t. */
	if (r == 0)
		*ret = v > INT64_MAX ? INT64_MAX : (int64_t)v;
	return r;
}

static int take_line(struct words *at, unsigned *seen, struct limits_facts *facts,
		     struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct words rest = *at;
		int64_t soft, hard;

		if (!words_skip(&rest, lines[i].head))
			continue;
		if (*seen & (1u << i))
			return err_set(err, -EINVAL, "limits: two lines '%s'",
				       lines[i].head);
		*seen |= 1u << i;
		if (take_number(&rest, &soft) < 0 || take_number(&rest, &hard) < 0)
			return err_set(err, -EINVAL, "limits: '%s' is malformed",
				       lines[i].head);
		*(int64_t *)(void *)((char *)facts + lines[i].soft) = soft;
		if (lines[i].hard)
			*(int64_t *)(void *)((char *)facts + lines[i].hard) = hard;
	}
	return 0;
}

int limits_parse(const char *text, size_t len, struct limits_facts *ret, struct err *err)
{
	struct words all = { .at = text, .end = text + len }, line;
	struct limits_facts facts = *ret;
	unsigned seen = 0;

	while (lines_next(&all, &line)) {
		int r = take_line(&line, &seen, &facts, err);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (!(seen & (1u << i)))
			return err_set(err, -ENODATA, "limits: no line '%s'",
				       lines[i].head);
	*ret = facts;
	return 0;
}

static enum tri cgroup_side(const struct target *target,
			    const struct cgroup_limit_kind *kind, int64_t *max,
			    struct part *part)
{
	AUTO_FREE char *why = NULL;
	const enum tri ret = cgroup_limit_find(target, kind, max, &why);

	if (ret == TRI_UNKNOWN) {
		AUTO_FREE char *both = str_format(
			"%s%s%s limit: %s", part->why ? part->why : "",
			part->why ? "; " : "", kind->controller, why ? why : "not known");

		(void)str_set(&part->why, both);
	}
	return ret;
}

void limits_probe(const struct target *target, struct limits_facts *ret)
{
	AUTO(str_done) struct str text = STR_INIT(LIMITS_MAX);
	struct err err = ERR_INIT;
	int r = root_read(&target->proc, "limits", &text, &err);

	if (r == 0)
		r = limits_parse(text.s, text.len, ret, &err);
	if (r == -EINVAL || r == -ENODATA || r == -E2BIG) {
		part_unknown(&ret->part, err.msg, NULL);
		return;
	}
	if (r < 0) {
		target_refused(target, &ret->part, "the limits",
			       r == -ENOENT ? ESRCH : r);
		return;
	}
	target_seen(target, &ret->part);
	ret->pids_limited =
		cgroup_side(target, &cgroup_limit_pids, &ret->pids_max, &ret->part);
	ret->memory_limited =
		cgroup_side(target, &cgroup_limit_memory, &ret->memory_max, &ret->part);
	if (target->root.fd < 0) {
		struct part part = { 0 };

		target_refused(target, &part, "the root file system", target->root_errno);
		(void)str_set(&ret->part.grants, part.grants);
		free(part.why);
		free(part.grants);
	}
}
