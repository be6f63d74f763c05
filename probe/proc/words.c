/* SPDX-License-Identifier: MIT */
#include "probe/proc/words.h"

#include <errno.h>
#include <string.h>

int words_next(struct words *words, const char *blanks, char *word)
{
	size_t n = 0;

	while (words->at < words->end && *words->at && strchr(blanks, *words->at))
		words->at++;
	while (words->at < words->end && (!*words->at || !strchr(blanks, *words->at))) {
		if (!*words->at || n + 1 >= WORD_MAX)
			return -EINVAL;
		word[n++] = *words->at++;
	}
	word[n] = '\0';
	return n > 0;
}

bool lines_next(struct words *text, struct words *line)
{
	if (text->at >= text->end)
		return false;
	const char *nl = memchr(text->at, '\n', (size_t)(text->end - text->at));

	line->at = text->at;
	line->end = nl ? nl : text->end;
	text->at = nl ? nl + 1 : text->end;
	return true;
}

bool words_skip(struct words *line, const char *head)
{
	size_t n = strlen(head);

	if ((size_t)(line->end - line->at) < n || memcmp(line->at, head, n) != 0)
		return false;
	line->at += n;
	return true;
}
