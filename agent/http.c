/* SPDX-License-Identifier: MIT */
#include "agent/http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "agent/roots.h"
#include "agent/version.h"
#include "core/cleanup.h"
#include "core/text.h"

/* All header lines of an answer: what AWS sends is below 2 KiB. Old versions of
 * libcurl bound a single line only, and keep them all. */
#define HEADERS_MAX (64 * 1024)

/* Made by the first request: starting the library takes longer than a probe. */
static CURL *easy;
static const char *ca_file;

/* One request on its way. */
struct transfer {
	struct str *body;
	size_t headers;
	bool headers_too_large;
};

void http_set_ca_file(const char *path)
{
	ca_file = path;
}

/* --- addresses --- */

static bool is_direct4(const struct in_addr *a)
{
	uint32_t v = ntohl(a->s_addr);

	return v >> 24 == 127 || v >> 16 == (169 << 8 | 254);
}

static bool is_direct6(const struct in6_addr *a)
{
	/* fd00:ec2::/32: what AWS gives its own services on an instance. */
	static const unsigned char aws[] = { 0xfd, 0x00, 0x0e, 0xc2 };
	struct in_addr mapped;

	if (IN6_IS_ADDR_V4MAPPED(a)) {
		memcpy(&mapped, a->s6_addr + 12, sizeof(mapped));
		return is_direct4(&mapped);
	}
	return IN6_IS_ADDR_LOOPBACK(a) || IN6_IS_ADDR_LINKLOCAL(a) ||
	       memcmp(a->s6_addr, aws, sizeof(aws)) == 0;
}

/* 'host' as libcurl normalises it: IPv6 in brackets, no zone. */
static bool is_direct(const char *host)
{
	char plain[INET6_ADDRSTRLEN + 1] = "";
	struct in6_addr a6;
	struct in_addr a4;
	size_t n = strlen(host);

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &a4) == 1)
		return is_direct4(&a4);
	if (n < 2 || n - 2 >= sizeof(plain) || host[0] != '[' || host[n - 1] != ']')
		return false;
	memcpy(plain, host + 1, n - 2);
	return inet_pton(AF_INET6, plain, &a6) == 1 && is_direct6(&a6);
}

static void url_done(CURLU **url)
{
	curl_url_cleanup(*url);
}

static void text_done(char **text)
{
	curl_free(*text);
}

/* Only http and https: neither file:// nor what else libcurl was built with. */
static int check_url(const char *text, bool *direct, bool *tls)
{
	AUTO(url_done) CURLU *url = curl_url();
	AUTO(text_done) char *scheme = NULL;
	AUTO(text_done) char *host = NULL;

	if (!url || curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return -EINVAL;
	*tls = strcmp(scheme, "https") == 0;
	*direct = is_direct(host);
	return *tls || strcmp(scheme, "http") == 0 ? 0 : -EINVAL;
}

bool http_is_direct(const char *url)
{
	bool direct = false, tls;

	return check_url(url, &direct, &tls) == 0 && direct;
}

/* --- callbacks --- */

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
	struct transfer *t = user;

	return str_add(t->body, data, size * n) == 0 ? size * n : 0;
}

static size_t on_header(char *data, size_t size, size_t n, void *user)
{
	struct transfer *t = user;

	(void)data;
	t->headers += size * n;
	t->headers_too_large = t->headers > HEADERS_MAX;
	return t->headers_too_large ? 0 : size * n;
}

/* libcurl leaves its sockets open across exec: `probe --exec` becomes the app. */
static curl_socket_t on_open(void *user, curlsocktype purpose, struct curl_sockaddr *a)
{
	(void)user;
	(void)purpose;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* --- one request --- */

static bool set_constant_options(void)
{
	bool ok = true;

#define SET(option, value) ok &= curl_easy_setopt(easy, option, value) == CURLE_OK
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_USERAGENT, "taskprobe/" TASKPROBE_VERSION);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_open);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* A resolver thread that hangs would keep us waiting past every limit. */
	SET(CURLOPT_QUICK_EXIT, 1L);
#endif
#undef SET
	return ok;
}

/* Of what the build of libcurl trusts by default, nothing stays. */
static bool set_roots(void)
{
	struct curl_blob blob = {
		.data = (void *)(uintptr_t)http_roots,
		.len = http_roots_len,
		.flags = CURL_BLOB_NOCOPY,
	};

	/* mbedTLS knows no such directory, and libcurl says so. */
	(void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	return curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, ca_file ? NULL : &blob) ==
		       CURLE_OK;
}

static int start(struct err *err)
{
	if (easy)
		return 0;
	/* Since 7.57 leaving TLS out of it makes no difference. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, -EIO, "libcurl does not start");
	easy = curl_easy_init();
	if (easy && set_constant_options())
		return 0;
	http_done();
	return err_set(err, -EIO, "libcurl lacks an option that we need, or memory");
}

static int prepare(const char *url, const struct http_limits *limits,
		   struct transfer *transfer, struct err *err)
{
	bool direct = false, tls = false, ok = true;
	int failed = check_url(url, &direct, &tls);

	if (failed)
		return err_set(err, failed, "not a URL of http or https");
	failed = start(err);
	if (failed)
		return failed;
#define SET(option, value) ok &= curl_easy_setopt(easy, option, value) == CURLE_OK
	SET(CURLOPT_URL, url);
	SET(CURLOPT_PROXY, limits->direct || direct ? "" : NULL);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)limits->connect_ms);
	SET(CURLOPT_TIMEOUT_MS, (long)limits->total_ms);
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)limits->max_bytes);
	SET(CURLOPT_WRITEDATA, transfer);
	SET(CURLOPT_HEADERDATA, transfer);
#undef SET
	if (tls)
		ok &= set_roots();
	return ok ? 0 : err_set(err, -EIO, "libcurl lacks an option that we need");
}

static bool is_too_large(CURLcode code)
{
#if LIBCURL_VERSION_NUM >= 0x080600
	if (code == CURLE_TOO_LARGE) /* "Too many response headers" */
		return true;
#endif
	return code == CURLE_FILESIZE_EXCEEDED;
}

static int to_errno(CURLcode code, const struct transfer *transfer)
{
	if (transfer->headers_too_large || transfer->body->error == -E2BIG ||
	    is_too_large(code))
		return -E2BIG;
	if (transfer->body->error == -ENOMEM || code == CURLE_OUT_OF_MEMORY)
		return -ENOMEM;
	if (code == CURLE_COULDNT_CONNECT)
		return -ECONNREFUSED;
	if (code == CURLE_OPERATION_TIMEDOUT)
		return -ETIMEDOUT;
	return code == CURLE_URL_MALFORMAT ? -EINVAL : -EIO;
}

static int perform(const struct http_limits *limits, const struct transfer *transfer,
		   long *status, struct err *err)
{
	char words[CURL_ERROR_SIZE] = "";

	/* Asked to leave signals alone, libcurl lets a TLS server that hangs up end us.
	 */
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction before;

	(void)sigaction(SIGPIPE, &ignore, &before);
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, words);
	CURLcode code = curl_easy_perform(easy);
	(void)sigaction(SIGPIPE, &before, NULL);
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, status);
	if (code == CURLE_OK)
		return 0;
	int failed = to_errno(code, transfer);
	if (transfer->headers_too_large)
		return err_set(err, failed, "more than %d bytes of headers", HEADERS_MAX);
	if (transfer->body->error == -E2BIG || code == CURLE_FILESIZE_EXCEEDED)
		return err_set(err, failed, "the answer is larger than %zu bytes",
			       limits->max_bytes);
	words[strcspn(words, "\n")] = '\0'; /* mbedTLS ends its own with one */
	return err_set(err, failed, "%s", words[0] ? words : curl_easy_strerror(code));
}

int http_get(const char *url, const struct http_limits *limits, struct http_answer *ret,
	     struct err *err)
{
	AUTO(str_done) struct str body = STR_INIT(limits->max_bytes);
	AUTO(str_done) struct str name = STR_INIT(200);
	struct transfer transfer = { .body = &body };
	long status = 0;

	int failed = prepare(url, limits, &transfer, err);
	if (!failed)
		failed = perform(limits, &transfer, &status, err);
	if (failed) {
		text_escape(&name, url);
		return err_wrap(err, "%s", name.s);
	}
	http_answer_done(ret);
	*ret = (struct http_answer){ .status = status, .body = body };
	body = (struct str)STR_INIT(0);
	return 0;
}

void http_answer_done(struct http_answer *answer)
{
	str_done(&answer->body);
	answer->status = 0;
}

void http_done(void)
{
	if (!easy)
		return;
	curl_easy_cleanup(easy);
	easy = NULL;
	curl_global_cleanup();
}
