/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/files.h"
#include "agent/verb.h"
#include "checks/plan/wrap.h"
#include "core/cleanup.h"

#define PROGRAM_MAX    ((size_t)256 << 20)
#define DEFINITION_MAX ((size_t)4 << 20)

/* --- into a directory --- */

/* Apps of any uid write there; sticky, so that none removes another's. */
static int make_open_directory(int dir, const char *name, struct err *err)
{
	if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
		return err_set(err, -errno, "%s: %s", name, err_words(errno));
	AUTO_CLOSE int fd =
		openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, 01777) < 0)
		return err_set(err, -errno, "%s: %s", name, err_words(errno));
	return 0;
}

/* What a static program of ELF lacks: a name for the loader. */
static bool is_dynamic(const struct str *program)
{
	return memmem(program->s, program->len < 4096 ? program->len : 4096, "/ld-",
		      strlen("/ld-")) != NULL;
}

static int copy_program(const char *directory, bool *dynamic, struct err *err)
{
	AUTO(str_done) struct str program = STR_INIT(PROGRAM_MAX);
	AUTO_FREE char *path = str_format("%s/taskprobe", directory);
	int r;

	if (!path)
		return err_set(err, -ENOMEM, "out of memory");
	if ((r = file_read("/proc/self/exe", &program, err)) < 0 ||
	    (r = file_write(path, program.s, program.len, err)) < 0)
		return r;
	*dynamic = is_dynamic(&program);
	if (chmod(path, 0755) < 0)
		return err_set(err, -errno, "%s: %s", path, err_words(errno));
	return 0;
}

static int install(const char *directory, struct err *err)
{
	static const char *const open_to_all[] = { "inventory", "facts" };
	bool dynamic = false;

	if (mkdir(directory, 0755) < 0 && errno != EEXIST)
		return err_set(err, -errno, "%s: %s", directory, err_words(errno));
	AUTO_CLOSE int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, -errno, "%s: %s", directory, err_words(errno));
	int r = copy_program(directory, &dynamic, err);
	for (size_t i = 0; i < 2 && r == 0; i++)
		r = make_open_directory(fd, open_to_all[i], err);
	if (r == 0 && dynamic)
		complain("install: this build needs its libraries: it will not start in "
			 "an image that lacks them; the one of the container image does");
	return r;
}

/* --- into a definition --- */

static int wrap(const struct settings *s, struct str *out, struct err *err)
{
	AUTO(str_done) struct str text = STR_INIT(DEFINITION_MAX);
	AUTO(str_done) struct str image = STR_INIT(DEFINITION_MAX);
	AUTO(image_config_done) struct image_config config = { 0 };
	const struct wrap_options options = { .container = s->container,
					      .image = s->image,
					      .probe = s->probe };
	int r;

	if ((r = file_read(s->wrap, &text, err)) < 0 ||
	    (r = file_read(s->image_config, &image, err)) < 0)
		return r;
	if ((r = image_config_parse(image.s, image.len, &config, err)) < 0)
		return err_wrap(err, "%s", s->image_config);
	r = wrap_definition(text.s, text.len, &config, &options, out, err);
	return r < 0 ? err_wrap(err, "%s", s->wrap) : 0;
}

static int unwrap(const struct settings *s, struct str *out, struct err *err)
{
	AUTO(str_done) struct str text = STR_INIT(DEFINITION_MAX);
	int r = file_read(s->unwrap, &text, err);

	if (r < 0)
		return r;
	r = unwrap_definition(text.s, text.len, s->container, out, err);
	return r < 0 ? err_wrap(err, "%s", s->unwrap) : 0;
}

static int rewrite(const struct settings *s, struct err *err)
{
	AUTO(str_done) struct str out = STR_INIT(2 * DEFINITION_MAX);
	int r = s->wrap ? wrap(s, &out, err) : unwrap(s, &out, err);

	return r < 0 ? r : file_write(s->output ? s->output : "-", out.s, out.len, err);
}

/* What is missing, in words; NULL where nothing is. */
static const char *misused(const struct settings *s, const struct list *rest)
{
	if (!s->wrap && !s->unwrap)
		return rest->len == 1 ? NULL
				      : "a directory is needed, or --wrap or --unwrap";
	if (rest->len || (s->wrap && s->unwrap))
		return "a directory, --wrap and --unwrap are three different things";
	if (!s->container)
		return "--container NAME says whose app it is";
	if (s->wrap && !s->image_config)
		return "--image-config FILE is needed: what `docker inspect IMAGE` "
		       "prints, for the ENTRYPOINT and CMD that would be lost";
	if (s->wrap && !s->image)
		return "--image IMAGE says where the task gets taskprobe from";
	return NULL;
}

static int run(struct settings *settings, const struct list *rest)
{
	const char *words = misused(settings, rest);
	struct err err = ERR_INIT;
	int r;

	if (words) {
		complain("install: %s; see taskprobe install --help", words);
		return EXIT_USAGE;
	}
	if (settings->wrap || settings->unwrap)
		r = rewrite(settings, &err);
	else
		r = install(*LIST_AT(rest, char *, 0), &err);
	if (r == 0)
		return EXIT_CLEAN;
	complain("install: %s", err.msg);
	return r == -EINVAL ? EXIT_USAGE : EXIT_BLIND;
}

const struct verb verb_install = {
	.name = "install",
	.synopsis =
		"install DIR\n"
		"       taskprobe install --wrap TASKDEF --container NAME "
		"--image-config FILE --image IMAGE\n"
		"                         [--probe] [-o FILE]\n"
		"       taskprobe install --unwrap TASKDEF --container NAME [-o FILE]",
	.help = "put taskprobe into a volume, or a definition, for an image one does not "
		"build",
	.text = "Copies the running program to DIR/taskprobe, a volume that another "
		"container mounts, and\n"
		"makes DIR/inventory and DIR/facts, where any uid may write.\n\n"
		"With --wrap it prints the task definition in which the container NAME "
		"starts under\n"
		"`taskprobe trace` (or `probe --exec`): a container that runs first "
		"installs the program\n"
		"from IMAGE into a volume, and the app starts with its image's own "
		"ENTRYPOINT and CMD,\n"
		"read from what `docker inspect`, `podman inspect` or `skopeo inspect "
		"--config` print.\n"
		"All else stays as it is, ready for register-task-definition. --unwrap "
		"is the way back.\n\n"
		"Exit status: 0; 2 if what was given cannot be used; 3 if a file could "
		"not be read or written.",
	.takes = TAKES_INSTALL,
	.run = run,
};
