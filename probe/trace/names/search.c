/* SPDX-License-Identifier: MIT
 *
 * The tracee's permission to search directories, where its credentials are not ours.
 * Computed for each directory of a stride; that it was granted is remembered for a
 * moment (a refusal never: a path that is wrongly believed closed would be missed).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "core/cleanup.h"
#include "probe/fs/access.h"
#include "probe/trace/names/walk.h"

#define REMEMBER_NS 1000000000
#define SLOTS	    256 /* a power of two */

static struct {
	uint64_t key;
	int64_t until;
} granted[SLOTS];

void walk_search_forget(void)
{
	memset(granted, 0, sizeof(granted));
}

/* FNV-1a. A collision would only predict that a search is granted. */
static uint64_t mix(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len-- > 0)
		hash = (hash ^ *p++) * 0x100000001b3;
	return hash;
}

static uint64_t key_of_who(const struct identity_facts *who)
{
	const int64_t ids[] = { who->fsuid, who->fsgid, (int64_t)who->cap_effective };
	uint64_t hash = mix(0xcbf29ce484222325, ids, sizeof(ids));

	LIST_EACH (const int64_t, it, &who->groups)
		hash = mix(hash, it, sizeof(*it));
	return hash;
}

/* To ask each time would cost five system calls. */
bool walk_is_us(const struct identity_facts *who)
{
	static struct {
		uint64_t key;
		bool asked, answer;
	} answers[16];
	const uint64_t key = key_of_who(who);
	const size_t slot = (key ^ key >> 32) % 16;

	if (!who->part.known)
		return false;
	if (!answers[slot].asked || answers[slot].key != key) {
		answers[slot].answer = access_is_us(who);
		answers[slot].key = key;
		answers[slot].asked = true;
	}
	return answers[slot].answer;
}

/* Of the directories from the one whose text has 'from' bytes to the one at 'text'. */
static uint64_t key_of(const struct walk *w, const char *text, size_t len, size_t from)
{
	const uint64_t where[] = { from, w->tracee->own_view };

	return mix(mix(key_of_who(w->who), where, sizeof(where)), text, len);
}

static int64_t coarse_ns(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool may(struct walk *w, int fd, const struct sys_statx *st)
{
	if (!S_ISDIR(st->mode))
		return walk_error(w, ENOTDIR);
	return access_check_at(w->who, fd, "", st, X_OK) == TRI_NO ? walk_error(w, EACCES)
								   : true;
}

static bool is_granted(uint64_t key)
{
	const size_t slot = (key ^ key >> 32) & (SLOTS - 1);

	return granted[slot].key == key && granted[slot].until > coarse_ns();
}

static void grant(uint64_t key)
{
	const size_t slot = (key ^ key >> 32) & (SLOTS - 1);

	granted[slot].key = key;
	granted[slot].until = coarse_ns() + REMEMBER_NS;
}

bool walk_search(struct walk *w)
{
	struct sys_statx st;

	if (w->us || w->searched)
		return true;
	/* Its own number tells the one directory from the way to it. */
	const uint64_t key = key_of(w, w->text, w->len, SIZE_MAX);
	if (!is_granted(key)) {
		if (sys_statx(w->dir, "", AT_EMPTY_PATH, WALK_STAT, &st) < 0)
			return walk_failed(w);
		if (!may(w, w->dir, &st))
			return false;
		grant(key);
	}
	w->searched = true;
	return true;
}

static bool search_path(struct walk *w, const char *path)
{
	const int dir = w->dir < 0 ? AT_FDCWD : w->dir;
	struct sys_statx st;

	if (sys_statx(dir, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, WALK_STAT, &st) <
	    0)
		return walk_failed(w);
	const struct access_object o = access_object(&st);
	if (!S_ISDIR(st.mode) || !access_needs_acl(w->who, &o, X_OK))
		return may(w, -1, &st);
	AUTO_CLOSE int fd = openat(dir, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? walk_failed(w) : may(w, fd, &st);
}

bool walk_search_all(struct walk *w, char *path, const char *text, size_t len)
{
	const uint64_t key = key_of(w, text, len, w->base_len);
	/* "a/.." takes permission in "a", which the text does not tell. */
	const bool remember = !strstr(path, "..");

	if (remember && is_granted(key))
		return true;
	if (w->dir < 0 && !search_path(w, "/"))
		return false;
	for (char *p = path; *p;) {
		p += strspn(p, "/");
		const size_t n = strcspn(p, "/");
		/* The same directory again: a path of 4,095 bytes can say so 2,000 times.
		 */
		const bool same = n == 1 && *p == '.';

		p += n;
		if (same)
			continue;
		const char was = *p;

		*p = '\0';
		const bool more = search_path(w, path);
		*p = was;
		if (!more)
			return false;
	}
	if (remember)
		grant(key);
	return true;
}
