/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/http.h"
#include "core/cleanup.h"
#include "core/table.h"
#include "tests/unit/test.h"

static pid_t server;
static unsigned port;

/* --- a server of one connection at a time, in a child --- */

static void say(int fd, const char *text)
{
	(void)send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void say_much(int fd, const char *text, int times)
{
	for (int i = 0; i < times; i++)
		if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
			return;
}

static void say_slowly(int fd)
{
	const struct timespec nap = { .tv_nsec = 20 * 1000 * 1000 };

	say(fd, "HTTP/1.1 200 OK\r\n\r\n");
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		(void)nanosleep(&nap, NULL);
}

static void wait_for_end(int fd)
{
	char c;

	while (read(fd, &c, 1) > 0)
		;
}

static void answer(int fd, const char *request)
{
	static const char ok[] = "HTTP/1.1 200 OK\r\n\r\n";
	static const char ten[] = "0123456789";
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };
	const char *path = strchr(request, '/');

	if (!path)
		return;
	if (strncmp(path, "/echo", 5) == 0 || strncmp(path, "//0", 3) == 0) {
		say(fd, ok);
		say(fd, request);
	} else if (strncmp(path, "/404", 4) == 0) {
		say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\n\"x\"");
	} else if (strncmp(path, "/hundred", 8) == 0) {
		say(fd, ok);
		say_much(fd, ten, 10);
	} else if (strncmp(path, "/length", 7) == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n");
		say_much(fd, ten, 10);
		say(fd, "0");
	} else if (strncmp(path, "/endless", 8) == 0) {
		say(fd, ok);
		say_much(fd, ten, 100 * 1000 * 1000);
	} else if (strncmp(path, "/redirect", 9) == 0) {
		say(fd, "HTTP/1.1 302 Found\r\nLocation: /echo\r\n\r\n");
	} else if (strncmp(path, "/headers", 8) == 0) {
		say(fd, "HTTP/1.1 200 OK\r\n");
		say_much(fd, "X-0123456789: 0123456789012345\r\n", 100 * 1000);
	} else if (strncmp(path, "/garbage", 8) == 0) {
		say(fd, "what is HTTP\n");
	} else if (strncmp(path, "/stall", 6) == 0) {
		wait_for_end(fd);
	} else if (strncmp(path, "/middle", 7) == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
		wait_for_end(fd);
	} else if (strncmp(path, "/drip", 5) == 0) {
		say_slowly(fd);
	} else if (strncmp(path, "/short", 6) == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
	} else if (strncmp(path, "/reset", 6) == 0) {
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	}
}

static void serve(int listener)
{
	for (;;) {
		AUTO_CLOSE int fd = accept(listener, NULL, NULL);
		char request[4096];
		size_t n = 0;
		ssize_t got = 1;

		while (fd >= 0 && got > 0 && n < sizeof(request) - 1) {
			got = read(fd, request + n, sizeof(request) - 1 - n);
			n += got > 0 ? (size_t)got : 0;
			request[n] = '\0';
			if (strstr(request, "\r\n\r\n"))
				break;
		}
		if (n > 0)
			answer(fd, request);
	}
}

static int set_up(void **state __attribute__((unused)))
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t parent = getpid();

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) < 0 || listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		return -1;
	port = ntohs(a.sin_port);
	server = fork();
	if (server == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			serve(fd);
		_exit(0);
	}
	return server > 0 ? 0 : -1;
}

static int tear_down(void **state __attribute__((unused)))
{
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	http_done();
	return 0;
}

/* Long enough never to matter, but where a test is about them. */
static const struct http_limits patient = { 60000, 60000, 1 << 20, false };
static const struct http_limits hasty = { 300, 300, 1 << 20, false };

static int get(const char *path, const struct http_limits *limits,
	       struct http_answer *ret, struct err *err)
{
	AUTO_FREE char *url = str_format("http://127.0.0.1:%u%s", port, path);

	return http_get(url, limits, ret, err);
}

TEST(http_brings_status_and_body)
{
	AUTO(http_answer_done) struct http_answer a = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(get("/404", &patient, &a, &err), 0);
	assert_int_equal(a.status, 404);
	assert_string_equal(a.body.s, "\"x\"");
	assert_int_equal(get("/hundred", &patient, &a, &err), 0); /* overwritten */
	assert_int_equal(a.status, 200);
	assert_int_equal(a.body.len, 100);
}

TEST(http_says_who_we_are_and_little_else)
{
	AUTO(http_answer_done) struct http_answer a = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(get("/echo", &patient, &a, &err), 0);
	assert_memory_equal(a.body.s, "GET /echo HTTP/1.1\r\n", 20);
	assert_non_null(strstr(a.body.s, "User-Agent: taskprobe/"));
	assert_null(strcasestr(a.body.s, "accept-encoding"));
	assert_null(strcasestr(a.body.s, "authorization"));
	assert_null(strcasestr(a.body.s, "cookie"));
	assert_null(strcasestr(a.body.s, "upgrade"));
}

TEST(http_bounds_the_body)
{
	static const char *const paths[] = { "/hundred", "/length", "/endless" };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		const struct http_limits small = { 60000, 60000, 99, false };
		AUTO(http_answer_done) struct http_answer a = { .status = 7 };
		struct err err = ERR_INIT;

		assert_int_equal(get(paths[i], &small, &a, &err), -E2BIG);
		assert_non_null(strstr(err.msg, "larger than 99 bytes"));
		assert_int_equal(a.status, 7); /* left alone */
	}
}

TEST(http_a_body_of_the_limit_is_fine)
{
	const struct http_limits exact = { 60000, 60000, 100, false };
	AUTO(http_answer_done) struct http_answer a = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(get("/hundred", &exact, &a, &err), 0);
	assert_int_equal(a.body.len, 100);
}

TEST(http_bounds_the_headers)
{
	AUTO(http_answer_done) struct http_answer a = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(get("/headers", &patient, &a, &err), -E2BIG);
	assert_non_null(strstr(err.msg, "headers"));
}

TEST(http_follows_nobody)
{
	AUTO(http_answer_done) struct http_answer a = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(get("/redirect", &patient, &a, &err), 0);
	assert_int_equal(a.status, 302);
	assert_int_equal(a.body.len, 0);
}

TEST(http_gives_up_in_time)
{
	static const char *const paths[] = { "/stall", "/middle", "/drip" };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		AUTO(http_answer_done) struct http_answer a = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(get(paths[i], &hasty, &a, &err), -ETIMEDOUT);
		assert_non_null(strstr(err.msg, paths[i]));
	}
}

TEST(http_broken_connections_are_errors)
{
	static const char *const paths[] = { "/garbage", "/short", "/reset", "/nothing" };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		AUTO(http_answer_done) struct http_answer a = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(get(paths[i], &patient, &a, &err), -EIO);
		assert_non_null(strstr(err.msg, paths[i]));
		assert_int_equal(a.status, 0);
	}
}

TEST(http_works_after_every_failure)
{
	AUTO(http_answer_done) struct http_answer a = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(get("/garbage", &patient, &a, &err), -EIO);
	assert_int_equal(http_get("file:///etc/passwd", &patient, &a, &err), -EINVAL);
	assert_int_equal(get("/404", &patient, &a, &err), 0);
	http_done();
	http_done();
	assert_int_equal(get("/404", &patient, &a, &err), 0);
}

TEST(http_a_port_that_nobody_listens_on)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	AUTO(http_answer_done) struct http_answer answer = { 0 };
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct err err = ERR_INIT;

	/* Bound, so that it is ours, but not listening. */
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	AUTO_FREE char *url = str_format("http://127.0.0.1:%u/", ntohs(a.sin_port));
	assert_int_equal(http_get(url, &patient, &answer, &err), -ECONNREFUSED);
}

TEST(http_only_http)
{
	static const char *const bad[] = {
		"file:///etc/passwd",
		"ftp://127.0.0.1/",
		"gopher://127.0.0.1:70/_x",
		"dict://127.0.0.1:1/",
		"unix:///run/x",
		"127.0.0.1",
		"",
		"http://",
		"http://a b/",
		"http://127.0.0.1:99999/",
		"x",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(http_answer_done) struct http_answer a = { 0 };
		struct err err = ERR_INIT;

		if (http_get(bad[i], &patient, &a, &err) != -EINVAL)
			fail_msg("%s: %s", bad[i], err.msg);
	}
}

/* Nobody listens at this proxy: what works goes past it. */
TEST(http_no_proxy_for_ourselves_and_link_local)
{
	AUTO(http_answer_done) struct http_answer a = { 0 };
	struct err err = ERR_INIT;

	(void)setenv("http_proxy", "http://127.0.0.1:1", 1);
	(void)setenv("all_proxy", "http://127.0.0.1:1", 1);
	assert_int_equal(get("/404", &patient, &a, &err), 0);
	(void)unsetenv("http_proxy");
	(void)unsetenv("all_proxy");
}

/* Our server is the proxy, and 0.0.0.0 a way to it that is not in the list: the
 * request line tells which way was taken. */
TEST(http_proxy_for_others_but_not_where_forbidden)
{
	AUTO_FREE char *proxy = str_format("http://127.0.0.1:%u", port);
	AUTO_FREE char *url = str_format("http://0.0.0.0:%u/echo", port);
	AUTO(http_answer_done) struct http_answer a = { 0 };
	struct http_limits limits = patient;
	struct err err = ERR_INIT;

	(void)setenv("http_proxy", proxy, 1);
	assert_int_equal(http_get(url, &limits, &a, &err), 0);
	assert_memory_equal(a.body.s, "GET http://0.0.0.0:", 19);
	limits.direct = true;
	assert_int_equal(http_get(url, &limits, &a, &err), 0);
	assert_memory_equal(a.body.s, "GET /echo ", 10);
	(void)unsetenv("http_proxy");
}

TEST(http_direct_addresses)
{
	static const char *const direct[] = {
		"http://127.0.0.1/",
		"http://127.8.9.10:80/x",
		"http://169.254.170.2/v4/x",
		"http://169.254.0.0/",
		"https://169.254.255.255/",
		"http://localhost:1/",
		"http://LOCALHOST/",
		"http://[::1]/",
		"http://[fe80::1]/",
		"http://[febf::1]:8/",
		"http://[fd00:ec2::23]/",
		"http://[FD00:EC2::254]/",
		"http://[::ffff:127.0.0.1]/",
		"http://[::ffff:169.254.169.254]/",
		"http://127.1/",
		"http://0x7f000001/",
		"http://2130706433/",
	};
	static const char *const others[] = {
		"http://128.0.0.1/",
		"http://126.255.255.255/",
		"http://169.253.1.1/",
		"http://169.255.0.1/",
		"http://10.0.0.1/",
		"http://0.0.0.0/",
		"http://[fd00:ec3::1]/",
		"http://[fec0::1]/",
		"http://[::2]/",
		"http://[::ffff:10.0.0.1]/",
		"http://127.0.0.1.example/",
		"http://localhost.example/",
		"http://169.254.170.2@example/",
		"http://example/169.254.170.2",
		"127.0.0.1",
		"",
	};

	for (size_t i = 0; i < ARRAY_LEN(direct); i++)
		if (!http_is_direct(direct[i]))
			fail_msg("%s would go through a proxy", direct[i]);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (http_is_direct(others[i]))
			fail_msg("%s would go past the proxy", others[i]);
}

static int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* `probe --exec` becomes the app: nothing of ours may stay open in it. */
TEST(http_leaves_nothing_open)
{
	AUTO(http_answer_done) struct http_answer a = { 0 };
	struct err err = ERR_INIT;

	http_done();
	int before = open_descriptors();
	assert_int_equal(get("/404", &patient, &a, &err), 0); /* kept alive */
	assert_true(open_descriptors() > before);
	for (int fd = 3; fd < 1024; fd++) {
		struct sockaddr_in peer;
		socklen_t len = sizeof(peer);

		if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0 &&
		    peer.sin_family == AF_INET)
			assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	}
	http_done();
	assert_int_equal(open_descriptors(), before);
}

TEST(http_https_trusts_the_embedded_roots_alone)
{
	AUTO_FREE char *url = str_format("https://127.0.0.1:%u/404", port);
	AUTO(http_answer_done) struct http_answer a = { 0 };
	struct err err = ERR_INIT;

	/* The server does not speak TLS; but the roots must load. */
	assert_true(http_get(url, &hasty, &a, &err) < 0);
	assert_null(strstr(err.msg, "lacks an option"));
	http_set_ca_file("/nonexistent/roots.pem");
	assert_true(http_get(url, &hasty, &a, &err) < 0);
	http_set_ca_file(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(http_brings_status_and_body),
		cmocka_unit_test(http_says_who_we_are_and_little_else),
		cmocka_unit_test(http_bounds_the_body),
		cmocka_unit_test(http_a_body_of_the_limit_is_fine),
		cmocka_unit_test(http_bounds_the_headers),
		cmocka_unit_test(http_follows_nobody),
		cmocka_unit_test(http_gives_up_in_time),
		cmocka_unit_test(http_broken_connections_are_errors),
		cmocka_unit_test(http_works_after_every_failure),
		cmocka_unit_test(http_a_port_that_nobody_listens_on),
		cmocka_unit_test(http_only_http),
		cmocka_unit_test(http_no_proxy_for_ourselves_and_link_local),
		cmocka_unit_test(http_proxy_for_others_but_not_where_forbidden),
		cmocka_unit_test(http_direct_addresses),
		cmocka_unit_test(http_leaves_nothing_open),
		cmocka_unit_test(http_https_trusts_the_embedded_roots_alone),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
