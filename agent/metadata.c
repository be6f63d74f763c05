/* SPDX-License-Identifier: MIT */
#include "agent/metadata.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "agent/clock.h"
#include "agent/http.h"
#include "checks/input/metadata.h"
#include "core/cleanup.h"

/* The endpoint allows 40 requests a second to all tasks of an instance together. */
#define BACKOFF_BASE_MS 100
#define BACKOFF_CAP_MS	5000

/* A signal must not wait for a back-off to end. */
#define SLICE_MS 100

/* A container of the largest task takes about 4 KiB, its statistics 16. */
#define TASK_MAX  ((size_t)4 << 20)
#define STATS_MAX ((size_t)16 << 20)

/* How long what we could do without is waited for. */
#define EXTRA_WINDOW_MS 2000

#define ID_MAX 255

/* --- the real world --- */

static int64_t jitter_ms(int64_t most)
{
	uint64_t v = 0;

	/* Early in a machine's life there may be none: a clock spreads tasks, too. */
	if (getrandom(&v, sizeof(v), GRND_NONBLOCK) != (ssize_t)sizeof(v))
		v = (uint64_t)clock_ms() * UINT64_C(0x9e3779b97f4a7c15);
	return (int64_t)(v % ((uint64_t)most + 1));
}

static const struct metadata_world real = {
	.now_ms = clock_ms,
	.sleep_ms = clock_sleep_ms,
	.jitter_ms = jitter_ms,
	.get = http_get,
};

static const struct metadata_world *world_of(const struct metadata_source *source)
{
	return source->world ? source->world : &real;
}

/* --- patience --- */

/* One document: where it is, and what reads it into 'to'. */
struct request {
	const char *url;
	size_t max_bytes;
	bool missing_is_final; /* 404 */
	int (*parse)(const char *text, size_t len, void *to, struct err *err);
	void *to;
};

/* Connections that fail, servers that are busy, and answers cut in the middle. */
static bool is_transient(int code)
{
	return code == -ECONNREFUSED || code == -ETIMEDOUT || code == -EIO;
}

/* One request. *again: it may go better later. */
static int attempt(const struct metadata_source *source, const struct request *request,
		   bool *again, struct err *err)
{
	const struct http_limits limits = { .connect_ms = source->connect_ms,
					    .total_ms = source->total_ms,
					    .max_bytes = request->max_bytes,
					    .direct = true };
	AUTO(http_answer_done) struct http_answer answer = { 0 };

	int failed = world_of(source)->get(request->url, &limits, &answer, err);
	*again = is_transient(failed);
	if (failed)
		return failed;
	if (answer.status / 100 == 2) {
		failed = request->parse(answer.body.s, answer.body.len, request->to, err);
		*again = failed == -EINVAL;
		return failed ? err_wrap(err, "%s", request->url) : 0;
	}
	bool missing = answer.status == 404;
	*again = (missing && !request->missing_is_final) || answer.status == 429 ||
		 answer.status / 100 == 5;
	return err_set(err, missing ? -ENOENT : -EIO, "%s answers with status %ld",
		       request->url, answer.status);
}

/* Full jitter: containers that start together do not come back together. */
static int64_t backoff_ms(const struct metadata_world *world, unsigned tries)
{
	int64_t most = BACKOFF_CAP_MS;

	if (tries < 6 && BACKOFF_BASE_MS << tries < BACKOFF_CAP_MS)
		most = BACKOFF_BASE_MS << tries;
	return world->jitter_ms(most);
}

static bool is_stopped(const struct metadata_source *source)
{
	return source->stop && source->stop();
}

static void sleep_until(const struct metadata_source *source, int64_t until)
{
	const struct metadata_world *world = world_of(source);

	for (int64_t now = world->now_ms(); now < until && !is_stopped(source);
	     now = world->now_ms())
		world->sleep_ms(until - now < SLICE_MS ? until - now : SLICE_MS);
}

static int fetch(const struct metadata_source *source, int64_t window_ms,
		 const struct request *request, struct err *err)
{
	const struct metadata_world *world = world_of(source);
	const int64_t end = world->now_ms() + window_ms;

	for (unsigned tries = 0;; tries++) {
		bool again = false;
		int failed = attempt(source, request, &again, err);
		int64_t now = world->now_ms();

		if (!failed)
			return 0;
		if (!again || now >= end)
			return tries ? err_wrap(err, "after %u attempts", tries + 1)
				     : failed;
		int64_t until = now + backoff_ms(world, tries);
		sleep_until(source, until < end ? until : end);
		if (is_stopped(source))
			return err_set(err, -EINTR, "%s: stopped while waiting for it",
				       request->url);
	}
}

/* --- the endpoint's documents --- */

static int parse_task(const char *text, size_t len, void *to, struct err *err)
{
	return metadata_parse_task(text, len, to, err);
}

static int parse_container(const char *text, size_t len, void *to, struct err *err)
{
	return metadata_parse_container(text, len, to, err);
}

static int parse_stats(const char *text, size_t len, void *to, struct err *err)
{
	return metadata_parse_stats(text, len, to, err);
}

static void container_done(struct running_container *c)
{
	record_done(&running_container_type, c);
}

/* The base without slashes at its end, and 'path' behind it. */
static char *url_of(const struct metadata_source *source, const char *path)
{
	size_t n = strlen(source->base);

	while (n > 0 && source->base[n - 1] == '/')
		n--;
	return str_format("%.*s%s", (int)n, source->base, path);
}

static int require_base(const struct metadata_source *source, struct err *err)
{
	if (source->base && *source->base && strlen(source->base) < 4096)
		return 0;
	return err_set(err, -EINVAL,
		       "no URI of a task metadata endpoint: "
		       "ECS_CONTAINER_METADATA_URI_V4 is not set");
}

static int read_document(const struct metadata_source *source, int64_t window_ms,
			 const char *path, struct request *request, struct err *err)
{
	int failed = require_base(source, err);

	if (failed)
		return failed;
	AUTO_FREE char *url = url_of(source, path);
	if (!url)
		return err_set(err, -ENOMEM, "out of memory");
	request->url = url;
	return fetch(source, window_ms, request, err);
}

static bool is_same(const struct running_container *a, const struct running_container *b)
{
	if (a->docker_id && b->docker_id)
		return strcmp(a->docker_id, b->docker_id) == 0;
	return str_equal(a->name, b->name);
}

/* Which of them we are. Not knowing it is no failure, but is said. */
static int mark_self(const struct metadata_source *source, int64_t window_ms,
		     struct task *task, struct err *err)
{
	AUTO(container_done) struct running_container own = { 0 };
	struct request request = { .max_bytes = TASK_MAX,
				   .parse = parse_container,
				   .to = &own };
	struct err why = ERR_INIT;
	bool found = false;

	int failed = read_document(source, window_ms, "", &request, &why);
	if (failed == -EINTR || failed == -ENOMEM) {
		*err = why;
		return failed;
	}
	if (!failed)
		LIST_EACH (struct running_container, c, &task->containers)
			found |= c->self = is_same(c, &own);
	if (found)
		return 0;
	AUTO_FREE char *text = str_format(
		"which of the containers is ours is not known: %s",
		failed ? why.msg : "the endpoint lists it under no other name");
	if (!task->containers_part.why && text)
		(void)str_set(&task->containers_part.why, text);
	return 0;
}

static void say_unknown(struct task *task, const struct err *err)
{
	if (task->metadata.known)
		return;
	part_unknown(
		&task->metadata, err->msg,
		"run it in an ECS task (EC2 agent 1.39.0, Fargate platform 1.4.0, or "
		"later), or name the endpoint with --metadata");
	part_unknown(&task->containers_part, "the metadata endpoint could not be read",
		     NULL);
}

int metadata_read(const struct metadata_source *source, struct task *task,
		  struct err *err)
{
	struct request request = { .max_bytes = TASK_MAX,
				   .parse = parse_task,
				   .to = task };
	int64_t extra =
		source->window_ms < EXTRA_WINDOW_MS ? source->window_ms : EXTRA_WINDOW_MS;

	int failed = read_document(source, source->window_ms, "/task", &request, err);
	if (!failed)
		return mark_self(source, extra, task, err);
	say_unknown(task, err);
	return failed;
}

int metadata_read_stats(const struct metadata_source *source, struct list *ret,
			struct err *err)
{
	struct request request = { .max_bytes = STATS_MAX,
				   .parse = parse_stats,
				   .to = ret };

	return read_document(source, source->window_ms, "/task/stats", &request, err);
}

/* --- whose endpoint --- */

static bool is_id(const char *id)
{
	size_t n = strspn(id, "0123456789-"
			      "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return n > 0 && n <= ID_MAX && id[n] == '\0';
}

int metadata_resolve(const struct metadata_source *source, const char *id,
		     struct running_container *ret, struct err *err)
{
	struct request request = { .max_bytes = TASK_MAX,
				   .missing_is_final = true,
				   .parse = parse_container,
				   .to = ret };
	int64_t window =
		source->window_ms < EXTRA_WINDOW_MS ? source->window_ms : EXTRA_WINDOW_MS;
	int failed = require_base(source, err);

	if (failed)
		return failed;
	if (!is_id(id))
		return err_set(err, -EINVAL, "not the id of a metadata endpoint");
	AUTO_FREE char *own = url_of(source, "");
	const char *own_id = own ? metadata_uri_id(own, own) : NULL;
	if (own && !own_id)
		return err_set(err, -EINVAL, "%s does not end in an id", own);
	AUTO_FREE char *url =
		own ? str_format("%.*s%s", (int)(own_id - own), own, id) : NULL;
	if (!url)
		return err_set(err, -ENOMEM, "out of memory");
	request.url = url;
	return fetch(source, window, &request, err);
}

/* Scheme, host and port of a URI, as they stand in it. */
struct authority {
	const char *scheme, *host, *path; /* 'path': its slash */
	size_t scheme_len, host_len;
};

static bool split(const char *uri, struct authority *ret)
{
	const char *colon = strstr(uri, "://");

	if (!colon)
		return false;
	ret->scheme = uri;
	ret->scheme_len = (size_t)(colon - uri);
	ret->host = colon + 3;
	ret->host_len = strcspn(ret->host, "/?#");
	ret->path = ret->host + ret->host_len;
	if (ret->host_len == 0 || memchr(ret->host, '@', ret->host_len))
		return false;
	/* What everybody leaves out says the same as what somebody writes. */
	const char *port = strncasecmp(uri, "https:", 6) == 0 ? ":443" : ":80";
	size_t n = strlen(port);
	if (ret->host_len > n && memcmp(ret->path - n, port, n) == 0)
		ret->host_len -= n;
	return true;
}

const char *metadata_uri_id(const char *base, const char *uri)
{
	struct authority ours, theirs;

	if (!base || !uri || !split(base, &ours) || !split(uri, &theirs))
		return NULL;
	if (ours.scheme_len != theirs.scheme_len || ours.host_len != theirs.host_len ||
	    strncasecmp(ours.scheme, theirs.scheme, ours.scheme_len) != 0 ||
	    strncasecmp(ours.host, theirs.host, ours.host_len) != 0)
		return NULL;
	if (strpbrk(theirs.path, "?#"))
		return NULL;
	const char *slash = strrchr(theirs.path, '/');
	return slash && is_id(slash + 1) ? slash + 1 : NULL;
}
