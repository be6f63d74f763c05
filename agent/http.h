/* SPDX-License-Identifier: MIT
 *
 * http.h - the one door to libcurl. One request at a time, bounded in time and
 * size, no proxy for link-local and loopback addresses, no redirects followed,
 * only http and https.
 */
#ifndef AGENT_HTTP_H
#define AGENT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/str.h"

struct http_limits {
	int64_t connect_ms, total_ms;
	size_t max_bytes; /* of the body */
	bool direct; /* never through a proxy, whatever the environment says; loopback
		      * and link-local addresses never are */
};

struct http_answer {
	long status; /* 200, 404 ... */
	struct str body;
};

/* GET. 0 where an answer came, whatever its status; -ECONNREFUSED (nobody took the
 * connection), -ETIMEDOUT, -E2BIG (body or headers over the limit; the transfer is
 * stopped), -EINVAL (no such URL, or neither http nor https), -EIO otherwise; err in
 * words with the URL. *ret is zeroed before, or an answer to be overwritten. */
int http_get(const char *url, const struct http_limits *limits, struct http_answer *ret,
	     struct err *err);
void http_answer_done(struct http_answer *answer);

/* Is this a URL that never goes through a proxy: loopback, link-local (169.254/16,
 * fe80::/10), or AWS's own fd00:ec2::/32? Names are not looked up. Pure. */
bool http_is_direct(const char *url);

/* A file of root certificates in PEM instead of the embedded ones (roots.h), from the
 * next request on; NULL goes back to those. Borrowed: it must outlive the requests. */
void http_set_ca_file(const char *path);

/* Closes everything; http_get() starts by itself, and again after this. To be called
 * before an exec: libcurl has descriptors of its own that stay open across it. */
void http_done(void);

#endif
