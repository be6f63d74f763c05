/* SPDX-License-Identifier: MIT */
#include "probe/trace/names/script.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"

static size_t blanks(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && (text[n] == ' ' || text[n] == '\t'))
		n++;
	return n;
}

size_t script_parse(const char *text, size_t len, char ret[SCRIPT_MAX])
{
	size_t n = 0;

	if (len > SCRIPT_MAX)
		len = SCRIPT_MAX;
	if (len < 2 || text[0] != '#' || text[1] != '!')
		return 0;
	text += 2;
	len -= 2;
	const size_t skip = blanks(text, len);
	text += skip;
	len -= skip;
	while (n < len && text[n] && !strchr(" \t\n", text[n]))
		n++;
	/* Longer than the kernel reads: it refuses to guess where the name ends. */
	if (n == len && skip + 2 + n == SCRIPT_MAX)
		return 0;
	memcpy(ret, text, n);
	ret[n] = '\0';
	return n;
}

size_t script_interpreter(const struct place_found *place, char ret[SCRIPT_MAX])
{
	char text[SCRIPT_MAX];

	if (place->parent < 0 || (place->mount && place->mount->may_hang))
		return 0;
	AUTO_CLOSE int fd =
		openat(place->parent, place->name,
		       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text), 0);
	return n < 0 ? 0 : script_parse(text, (size_t)n, ret);
}
