/* SPDX-License-Identifier: MIT
 *
 * main.c - pick the verb, read its options, run it.
 */
#include <stdio.h>
#include <string.h>

#include "agent/http.h"
#include "agent/verb.h"
#include "core/cleanup.h"

static int usage(FILE *out, int status)
{
	(void)fputs("usage: taskprobe VERB [OPTIONS]\n\n"
		    "What an Amazon ECS task really is: declared and observed, side by "
		    "side.\n\n",
		    out);
	for (size_t i = 0; verbs[i]; i++)
		(void)fprintf(out, "  %-9s %s\n", verbs[i]->name, verbs[i]->help);
	(void)fputs("\n`taskprobe VERB --help` says more.\n"
		    "Exit status: 0 clean, 1 findings, 2 usage, 3 could not look.\n",
		    out);
	return status;
}

static int verb_usage(const struct verb *verb)
{
	AUTO(str_done) struct str options = STR_INIT(64 * 1024);

	settings_help(verb->takes, &options);
	(void)printf("usage: taskprobe %s\n\n%s\n\noptions, and the variables that set "
		     "them too:\n%s",
		     verb->synopsis, verb->text, options.s);
	return EXIT_CLEAN;
}

static int run(const struct verb *verb, int argc, char *const *argv)
{
	AUTO(settings_done) struct settings settings = { 0 };
	AUTO(list_done) struct list rest = { 0 };
	struct err err = ERR_INIT;

	if (settings_read(&settings, verb->takes, argc, argv, &rest, &err) < 0) {
		complain("%s: %s; see taskprobe %s --help", verb->name, err.msg,
			 verb->name);
		return EXIT_USAGE;
	}
	if (settings.help)
		return verb_usage(verb);
	if (settings.ca_file)
		http_set_ca_file(settings.ca_file);
	return verb->run(&settings, &rest);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr, EXIT_USAGE);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0)
		return usage(stdout, EXIT_CLEAN);
	const char *name = strcmp(argv[1], "--version") == 0 ? "version" : argv[1];
	for (size_t i = 0; verbs[i]; i++)
		if (strcmp(verbs[i]->name, name) == 0)
			return run(verbs[i], argc - 1, argv + 1);
	complain("no verb '%s'; see taskprobe --help", name);
	return EXIT_USAGE;
}
