/* SPDX-License-Identifier: MIT */
#include "checks/plan/kind.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "checks/plan/needs.h"
#include "core/cleanup.h"
#include "core/table.h"

#define MIB ((int64_t)1 << 20)
/* More than that is nothing for memory, unless it was asked for. */
#define TMPFS_PEAK_MOST (64 * MIB)
#define TMPFS_LEAST_MIB 16
/* Uploads and the like come in sizes that no run has seen. */
#define TMPFS_TMP_MIB 64
/* Of the memory, one part of so many; what a task has at least where we do not know. */
#define MEMORY_SHARE	   4
#define MEMORY_UNKNOWN_MIB 1024

struct budget budget_of(const struct plan_options *options)
{
	const int64_t memory =
		options->memory_mib > 0 ? options->memory_mib : MEMORY_UNKNOWN_MIB;

	return (struct budget){ memory / MEMORY_SHARE };
}

/* What is not known holds something. */
bool kind_carries(const struct site *site)
{
	/* The others of its group move into it (mounts.c). */
	return site->group ||
	       (!(site->flags & NEED_MADE) && !(site->held && site->held->empty));
}

/* --- what the names say --- */

static bool is_below(struct slice dir, const char *const *these, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_covers(slice_of(these[i]), dir))
			return true;
	return false;
}

/* Is one of these in the last part of the name? */
static bool has_word(struct slice dir, const char *const *words, size_t n)
{
	const size_t from = slice_parent(dir).len;

	for (size_t i = 0; i < n; i++)
		if (memmem(dir.s + from, dir.len - from, words[i], strlen(words[i])))
			return true;
	return false;
}

/* "client_temp", but not "templates". */
static bool ends_in(struct slice dir, const char *word)
{
	const size_t n = strlen(word);

	return dir.len > n && memcmp(dir.s + dir.len - n, word, n) == 0;
}

/* What comes there is as large as it comes. */
static bool is_for_any_size(struct slice dir)
{
	static const char *const words[] = { "tmp", "cache" };

	return has_word(dir, words, ARRAY_LEN(words)) || ends_in(dir, "temp");
}

static bool is_short_lived(const struct site *site)
{
	static const char *const lasting[] = { "/var/lib", "/var/log", "/var/spool",
					       "/var/mail" };
	static const char *const passing[] = { "/run",	    "/tmp",	  "/var/run",
					       "/var/lock", "/var/cache", "/var/tmp" };
	static const char *const words[] = { "tmp", "cache", "sock" };

	if (is_below(site->dir, passing, ARRAY_LEN(passing)) || site->lasting == 0)
		return true;
	if (is_below(site->dir, lasting, ARRAY_LEN(lasting)))
		return false;
	return has_word(site->dir, words, ARRAY_LEN(words)) ||
	       ends_in(site->dir, "temp") || ends_in(site->dir, "/run") ||
	       ends_in(site->dir, "/lock");
}

/* --- size --- */

/* Twice what was seen, rounded up to a power of two. */
static int64_t size_of(const struct site *site)
{
	const int64_t seen = site->held ? site->held->peak_bytes : 0;
	int64_t mib = is_for_any_size(site->dir) ? TMPFS_TMP_MIB : TMPFS_LEAST_MIB;

	while (mib < INT64_MAX / MIB / 4 && mib * MIB / 2 < seen)
		mib *= 2;
	return mib;
}

/* --- choosing --- */

static struct kind_choice volume(const char *why)
{
	return (struct kind_choice){ PLAN_VOLUME, 0, why };
}

static struct kind_choice in_memory(const struct site *site, struct budget *budget,
				    const char *why)
{
	const struct kind_choice choice = { PLAN_TMPFS, size_of(site), why };

	budget->left_mib -= choice.size_mib;
	return choice;
}

static struct kind_choice choose_freely(const struct site *site, struct budget *budget)
{
	const int64_t seen = site->held ? site->held->peak_bytes : 0;

	if (!is_short_lived(site))
		return volume("what is written there may have to last over a restart");
	if (seen > TMPFS_PEAK_MOST)
		return volume("it takes too much for memory");
	if (size_of(site) > budget->left_mib)
		return volume("together with the others it would take more than a "
			      "quarter of the memory");
	return in_memory(site, budget, "it is small and short-lived: in memory");
}

struct kind_choice kind_choose(const struct site *site,
			       const struct plan_options *options, struct budget *budget)
{
	if (kind_carries(site))
		return volume("a volume is what takes a copy of it");
	if (site->devices)
		return volume(
			"device files are made there, which a tmpfs would not open");
	if (site->attributes)
		return volume("files get extended attributes there, which a tmpfs has "
			      "from Linux 6.6 on");
	switch (options->prefer) {
	case PREFER_TMPFS:
		return in_memory(site, budget, "in memory, as was asked for");
	case PREFER_VOLUME:
		return volume("a volume, as was asked for");
	case PREFER_EFS:
		if (!is_short_lived(site))
			return (struct kind_choice){ PLAN_EFS, 0,
						     "on EFS, as was asked for" };
		break;
	case PREFER_AUTO:
		break;
	}
	return choose_freely(site, budget);
}

/* Takes the text. */
static int add_option(struct list *options, char *text)
{
	AUTO_FREE char *own = text;

	return own ? texts_add(options, own) : -ENOMEM;
}

int kind_options(const struct site *site, struct plan_mount *mount)
{
	struct list *options = &mount->options;
	int r = texts_add(options, "nosuid");

	if (r == 0)
		r = texts_add(options, "nodev");
	if (r == 0)
		r = texts_add(options, site->executed ? "exec" : "noexec");
	if (r == 0 && mount->uid >= 0)
		r = add_option(options, str_format("uid=%" PRId64, mount->uid));
	if (r == 0 && mount->gid >= 0)
		r = add_option(options, str_format("gid=%" PRId64, mount->gid));
	if (r == 0 && mount->mode >= 0)
		r = add_option(options,
			       str_format("mode=%04" PRIo64, (uint64_t)mount->mode));
	return r;
}
