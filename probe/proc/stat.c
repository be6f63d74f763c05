/* SPDX-License-Identifier: MIT */
#include "probe/proc/stat.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "core/num.h"
#include "probe/proc/words.h"

/* Numbers of the fields that follow the name, as proc(5) counts. */
enum { STATE = 3, PPID = 4, PGRP = 5, SESSION = 6, FLAGS = 9, STARTTIME = 22 };

static int take(int field, const char *word, struct stat_line *ret)
{
	switch (field) {
	case STATE:
		ret->state = word[0];
		return word[0] && !word[1] ? 0 : -EINVAL;
	case PPID:
		return num_i64(word, &ret->ppid);
	case PGRP:
		return num_i64(word, &ret->pgrp);
	case SESSION:
		return num_i64(word, &ret->session);
	case FLAGS:
		return num_u64(word, 10, &ret->flags);
	case STARTTIME:
		return num_i64(word, &ret->start_ticks);
	default:
		return 0;
	}
}

int stat_parse(const char *text, size_t len, struct stat_line *ret, struct err *err)
{
	struct stat_line stat = { 0 };
	const char *open = memchr(text, '(', len);
	/* The last one: the name may hold brackets, what follows it cannot. */
	const char *close = memrchr(text, ')', len);
	int field = STATE;

	if (!open || !close || close < open || text + len - close < 2 || close[1] != ' ')
		return err_set(err, -EINVAL, "stat: no name in brackets");
	size_t n = (size_t)(close - open) - 1;
	if (n >= sizeof(stat.comm))
		return err_set(err, -EINVAL, "stat: the name is too long");
	memcpy(stat.comm, open + 1, n);
	struct words words = { .at = close + 2, .end = text + len };
	char word[WORD_MAX];
	for (int r; (r = words_next(&words, " \n", word)) != 0; field++) {
		if (r < 0 || take(field, word, &stat) < 0)
			return err_set(err, -EINVAL, "stat: field %d is malformed",
				       field);
	}
	if (field <= STARTTIME)
		return err_set(err, -EINVAL, "stat: ends after %d fields", field - 1);
	*ret = stat;
	return 0;
}
