/* SPDX-License-Identifier: MIT */
#include "probe/proc/status.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/num.h"
#include "core/table.h"
#include "probe/proc/words.h"

/* About 1.5 KiB; at most 65,536 groups of up to 11 bytes come on top. */
#define STATUS_MAX (1024 * 1024)
/* An AppArmor profile's name or SELinux context: one page at most. */
#define LABEL_MAX 4096

enum line_kind { LINE_IDS, LINE_GROUPS, LINE_MASK, LINE_INT, LINE_FLAG };

/* The names are the kernel's; that of the process is escaped in this file, so that
 * it cannot forge a line. */
static const struct line {
	const char *head;
	enum line_kind kind;
	size_t offset;
	bool optional;
} lines[] = {
	{ "Uid:", LINE_IDS, offsetof(struct identity_facts, uid), false },
	{ "Gid:", LINE_IDS, offsetof(struct identity_facts, gid), false },
	{ "Groups:", LINE_GROUPS, offsetof(struct identity_facts, groups), false },
	{ "CapInh:", LINE_MASK, offsetof(struct identity_facts, cap_inheritable), false },
	{ "CapPrm:", LINE_MASK, offsetof(struct identity_facts, cap_permitted), false },
	{ "CapEff:", LINE_MASK, offsetof(struct identity_facts, cap_effective), false },
	{ "CapBnd:", LINE_MASK, offsetof(struct identity_facts, cap_bounding), false },
	{ "CapAmb:", LINE_MASK, offsetof(struct identity_facts, cap_ambient), false },
	{ "NoNewPrivs:", LINE_FLAG, offsetof(struct identity_facts, no_new_privs),
	  false },
	{ "Seccomp:", LINE_INT, offsetof(struct identity_facts, seccomp_mode), false },
	/* Linux 5.9 */
	{ "Seccomp_filters:", LINE_INT, offsetof(struct identity_facts, seccomp_filters),
	  true },
};

static_assert(offsetof(struct identity_facts, fsuid) ==
		      offsetof(struct identity_facts, uid) + 3 * sizeof(int64_t),
	      "the four uids lie side by side");
static_assert(offsetof(struct identity_facts, fsgid) ==
		      offsetof(struct identity_facts, gid) + 3 * sizeof(int64_t),
	      "the four gids lie side by side");

/* Exactly 'n' ids: one of 2^32 and more is not one. */
static int take_ids(struct words *rest, int64_t *slot, int n)
{
	char word[WORD_MAX];
	int r;

	for (int i = 0; i < n; i++) {
		if (words_next(rest, " \t", word) <= 0 || num_i64(word, &slot[i]) < 0 ||
		    slot[i] < 0 || slot[i] > UINT32_MAX)
			return -EINVAL;
	}
	r = words_next(rest, " \t", word);
	return r == 0 ? 0 : -EINVAL;
}

static int take_groups(struct words *rest, struct list *groups)
{
	char word[WORD_MAX];
	int r;

	while ((r = words_next(rest, " \t", word)) > 0) {
		struct words one = { .at = word, .end = word + strlen(word) };
		int64_t gid;

		if (take_ids(&one, &gid, 1) < 0)
			return -EINVAL;
		int64_t *slot = LIST_ADD(groups, int64_t);
		if (!slot)
			return -ENOMEM;
		*slot = gid;
	}
	return r;
}

static int take(const struct line *line, struct words *rest, struct identity_facts *who)
{
	void *slot = (char *)who + line->offset;
	char word[WORD_MAX];
	int64_t n;

	switch (line->kind) {
	case LINE_IDS:
		return take_ids(rest, slot, 4);
	case LINE_GROUPS:
		return take_groups(rest, slot);
	case LINE_MASK:
		/* Always 16 digits: a shorter one was cut off. */
		if (words_next(rest, " \t", word) <= 0 || strlen(word) != 16 ||
		    num_u64(word, 16, slot) < 0)
			return -EINVAL;
		break;
	case LINE_INT:
		if (words_next(rest, " \t", word) <= 0 || num_i64(word, slot) < 0)
			return -EINVAL;
		break;
	case LINE_FLAG:
		if (words_next(rest, " \t", word) <= 0 || num_i64(word, &n) < 0 ||
		    n < 0 || n > 1)
			return -EINVAL;
		*(bool *)slot = n == 1;
		break;
	}
	return words_next(rest, " \t", word) == 0 ? 0 : -EINVAL;
}

static int take_line(struct words *at, unsigned *seen, struct identity_facts *who,
		     struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct words rest = *at;

		if (!words_skip(&rest, lines[i].head))
			continue;
		if (*seen & (1u << i))
			return err_set(err, -EINVAL, "status: two lines %s",
				       lines[i].head);
		*seen |= 1u << i;
		int r = take(&lines[i], &rest, who);
		if (r < 0)
			return err_set(err, r, "status: the line %s is malformed",
				       lines[i].head);
	}
	return 0;
}

static int parse(const char *text, struct identity_facts *who, struct err *err)
{
	struct words all = { .at = text, .end = text + strlen(text) }, line;
	unsigned seen = 0;

	who->seccomp_filters = -1;
	while (lines_next(&all, &line)) {
		int r = take_line(&line, &seen, who, err);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (!lines[i].optional && !(seen & (1u << i)))
			return err_set(err, -ENODATA, "status: no line %s",
				       lines[i].head);
	if (who->seccomp_mode < 0 || who->seccomp_mode > 2)
		return err_set(err, -EINVAL, "status: seccomp mode %lld is not known",
			       (long long)who->seccomp_mode);
	return 0;
}

int status_parse(const char *text, struct identity_facts *ret, struct err *err)
{
	AUTO(identity_done) struct identity_facts who = { 0 };
	int r = parse(text, &who, err);

	if (r < 0)
		return r;
	*ret = who;
	who = (struct identity_facts){ 0 };
	return 0;
}

int status_read(const struct target *target, struct identity_facts *ret, struct err *err)
{
	AUTO(str_done) struct str text = STR_INIT(STATUS_MAX);
	int r = root_read(&target->proc, "status", &text, err);

	if (r < 0)
		return r;
	/* A NUL would hide what follows it from a parser of C strings. */
	if (strlen(text.s) != text.len)
		return err_set(err, -EINVAL, "status: a NUL in it");
	return status_parse(text.s, ret, err);
}

/* Where several modules are active, attr/current is the one that was asked for most;
 * AppArmor's own file is there from Linux 5.1 on. */
static char *label(const struct target *target)
{
	static const char *const files[] = { "attr/apparmor/current", "attr/current" };

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO(str_done) struct str text = STR_INIT(LABEL_MAX);
		struct err err = ERR_INIT;

		if (root_read(&target->proc, files[i], &text, &err) < 0)
			continue;
		/* SELinux counts a NUL in, AppArmor ends with a newline. */
		text.s[strcspn(text.s, "\n")] = '\0';
		if (text.s[0])
			return str_format("%s", text.s);
	}
	return NULL;
}

void status_probe(const struct target *target, struct identity_facts *ret)
{
	struct err err = ERR_INIT;
	int r = status_read(target, ret, &err);

	if (r == -ENOENT || r == -ESRCH || r == -EACCES || r == -EPERM) {
		target_refused(target, &ret->part, "the status",
			       r == -ENOENT ? ESRCH : r);
		return;
	}
	if (r < 0) {
		part_unknown(&ret->part, err.msg, NULL);
		return;
	}
	ret->lsm_label = label(target);
	target_seen(target, &ret->part);
}

void identity_done(struct identity_facts *who)
{
	list_done(&who->groups);
	free(who->lsm_label);
	free(who->part.seen_by);
	free(who->part.why);
	free(who->part.grants);
	*who = (struct identity_facts){ 0 };
}
