/* SPDX-License-Identifier: MIT */
#include "agent/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct text_style terminal_style(const struct settings *settings, int fd)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	struct text_style style = { .color = false };
	struct winsize w;

	if (!isatty(fd))
		return style;
	style.color = !settings->no_color && !(no_color && *no_color) && term &&
		      strcmp(term, "dumb") != 0;
	if (ioctl(fd, TIOCGWINSZ, &w) == 0)
		style.width = w.ws_col;
	return style;
}
